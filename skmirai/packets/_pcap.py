"""Decoder of pcap files."""

import struct
from typing import ClassVar, Self

import numpy as np

from skmirai.packets._decoder import MAX_RECORD, CaptureDecoder, begins_with, room_for
from skmirai.packets._links import LINK_TYPES, unreadable
from skmirai.packets._protocols import wire_tables


class PcapDecoder(CaptureDecoder):
    """Decoder of pcap files.

    Parameters
    ----------
    header : bytes of length 24
        The beginning of the file.
    name : str
        Name of the source, for messages.

    Raises
    ------
    ValueError
        If frames of its link type cannot be read.
    """

    MAGIC: ClassVar[dict[bytes, tuple[bool, int]]] = {
        b"\xd4\xc3\xb2\xa1": (False, 10**6),
        b"\xa1\xb2\xc3\xd4": (True, 10**6),
        b"\x4d\x3c\xb2\xa1": (False, 10**9),
        b"\xa1\xb2\x3c\x4d": (True, 10**9),
    }
    header_size = 24

    def __init__(self, header: bytes, name: str) -> None:
        super().__init__()
        self._swapped, self._units = self.MAGIC[header[:4]]
        order = ">II" if self._swapped else "<II"
        kept, link = struct.unpack_from(order, header, 16)
        link &= 0x03FFFFFF  # above: length of a check sum
        if link not in LINK_TYPES:
            raise ValueError(f"{name}: {unreadable([link])}")
        self._link = LINK_TYPES[link]
        # No program writes more than this of a frame, unless it says so.
        self._largest = max(1 << 18, min(kept, MAX_RECORD))

    @staticmethod
    def fits(head: bytes) -> bool | None:
        """Whether a source that begins so is such a file."""
        return begins_with(head, tuple(PcapDecoder.MAGIC), PcapDecoder.header_size)

    @classmethod
    def begin(cls, head: bytes, name: str) -> Self:
        """Decoder for a source that fits."""
        return cls(head[: cls.header_size], name)

    def _decode(self) -> np.ndarray:
        from skmirai.packets._frames import read_frames
        from skmirai.packets._scan import CORRUPT, scan_pcap

        view = np.frombuffer(self._rest, np.uint8)
        records, starts, ends = room_for(len(view) // 16)
        n, place, reason = scan_pcap(
            view, self._swapped, self._units, self._largest, records, starts, ends
        )
        links = np.full(n, self._link, np.uint8)
        read_frames(view, starts[:n], ends[:n], links, records[:n], wire_tables())
        self._rest = self._rest[place:]
        if reason == CORRUPT:
            self.broken = "a packet has an impossible size"
        return records[:n].copy()
