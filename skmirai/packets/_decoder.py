"""What the decoders of all formats have in common."""

from abc import ABC, abstractmethod
from typing import ClassVar, Self

import numpy as np

from skmirai.packets._packets import PACKET

#: Larger records and blocks are taken for corrupt: no link has frames of this size.
MAX_RECORD = 1 << 24


class Decoder(ABC):
    """Turns the bytes of one format into packets, as soon as they are whole.

    Attributes
    ----------
    header_size : int
        Bytes at the beginning of a source that :meth:`begin` reads; those behind
        them are for :meth:`feed`.
    broken : str or None
        Why the rest of the source cannot be read; None while it can.
    """

    header_size: ClassVar[int] = 0
    broken: str | None = None

    @staticmethod
    @abstractmethod
    def fits(head: bytes) -> bool | None:
        """Whether a source that begins so is of this format.

        Parameters
        ----------
        head : bytes
            What has arrived so far.

        Returns
        -------
        bool or None
            None if it takes more bytes to tell.
        """

    @classmethod
    @abstractmethod
    def begin(cls, head: bytes, name: str) -> Self:
        """Decoder for a source.

        Parameters
        ----------
        head : bytes
            Its first bytes, which fit.
        name : str
            Its name, for messages.

        Returns
        -------
        Decoder
            Of this class.

        Raises
        ------
        ValueError
            If it is of this format and cannot be read all the same.
        """

    @abstractmethod
    def feed(self, data: bytes) -> np.ndarray:
        """Packets that are whole now; what is left is kept for the next call."""

    @abstractmethod
    def finish(self) -> tuple[np.ndarray, int, str | None]:
        """Last packets, bytes left over, and what is wrong with these."""


class CaptureDecoder(Decoder):
    """What the two capture formats share: bytes that wait, bytes that are lost."""

    def __init__(self) -> None:
        self._rest = b""
        self._lost = 0

    def feed(self, data: bytes) -> np.ndarray:
        """Packets that are whole now."""
        if self.broken:  # nothing is kept of what cannot be read
            self._lost += len(self._rest) + len(data)
            self._rest = b""
            return np.empty(0, PACKET)
        self._rest += data
        return self._decode()

    def finish(self) -> tuple[np.ndarray, int, str | None]:
        """No packets; bytes left over, and what is wrong with them."""
        problems = self._problems()
        if self.broken:
            problems.append(f"the capture cannot be read to its end: {self.broken}")
        elif self._rest:
            problems.append("the capture ends within a packet")
        n_bytes = self._lost + len(self._rest)
        return np.empty(0, PACKET), n_bytes, "; ".join(problems) or None

    def _problems(self) -> list[str]:
        """What is wrong with packets that were read."""
        return []

    @abstractmethod
    def _decode(self) -> np.ndarray:
        """Packets of the bytes that wait."""


def begins_with(head: bytes, marks: tuple[bytes, ...], size: int) -> bool | None:
    """Whether a source begins with one of some marks.

    Parameters
    ----------
    head : bytes
        What has arrived so far.
    marks : tuple of bytes
        The marks.
    size : int
        Bytes that must have arrived.

    Returns
    -------
    bool or None
        None if it takes more bytes to tell.
    """
    if head.startswith(marks):
        return True if len(head) >= size else None
    return None if any(mark.startswith(head) for mark in marks) else False


def room_for(n_packets: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Space for packets, of which only the part that is written takes memory.

    Parameters
    ----------
    n_packets : int
        Most packets that the bytes can hold.

    Returns
    -------
    records : ndarray of dtype ``PACKET``, shape (n_packets,)
        For the packets.
    starts, ends : ndarray of int64, shape (n_packets,)
        For the places of their frames.
    """
    starts, ends = np.empty((2, n_packets), np.int64)
    return np.empty(n_packets, PACKET), starts, ends
