"""Tell what a source is by its first bytes; unpack gzip."""

import zlib
from collections.abc import Iterator
from typing import Any

from skmirai.feature_extraction._captures import Decoder, PcapDecoder, PcapngDecoder
from skmirai.feature_extraction._tsv import TsvDecoder

#: Bytes to read or unpack at a time, and bytes to unpack from.
PIECE, SIP = 1 << 22, 1 << 12


class Gzip:
    """Unpacks pieces of a gzip file, which may have several members."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self.ended = False
        self.problem = ""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Unpacked pieces, none much larger than those that are read."""
        ready: list[bytes] = []
        # zlib keeps back what it has unpacked before it meets damage: the less is
        # given at a time, the less is lost.
        for start in range(0, len(data), SIP):
            ready.extend(self._unpack(data[start : start + SIP]))
            if sum(map(len, ready)) >= PIECE:
                yield b"".join(ready)
                ready = []
        if ready:
            yield b"".join(ready)

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        while data and not self.problem:
            if self._inner.eof:
                data = data.lstrip(b"\0")  # padding behind a member
                if not data:
                    return
                if data[:1] != b"\x1f":
                    self.problem = "bytes that are not packed follow the packed data"
                    self.ended = False
                    return
                self._inner = zlib.decompressobj(wbits=31)
            try:
                yield self._inner.decompress(data, PIECE)
            except zlib.error as error:
                self.problem = f"the packed data are damaged: {error}"
                self.ended = False
                return
            data = self._inner.unconsumed_tail or self._inner.unused_data
            self.ended = self._inner.eof


def decoder_for(head: bytes, name: str, *, whole: bool) -> Any:
    """Decoder for the first bytes of a source.

    Parameters
    ----------
    head : bytes
        What has arrived so far.
    name : str
        Name of the source, for messages.
    whole : bool
        Whether nothing will follow.

    Returns
    -------
    Decoder or None
        None if it takes more bytes to tell.

    Raises
    ------
    ValueError
        If the type is unknown, or the source is empty.
    """
    if head[:4] in PcapDecoder.MAGIC and len(head) >= PcapDecoder.HEADER:
        return PcapDecoder(head[: PcapDecoder.HEADER])
    if head[:4] == PcapngDecoder.MAGIC:
        return PcapngDecoder()
    if TsvDecoder.fits(head):
        return TsvDecoder(name)
    begins = head[:4] in PcapDecoder.MAGIC or TsvDecoder.may_fit(head)
    if not whole and (len(head) < 4 or begins):
        return None
    if not head:
        raise ValueError(f"{name} is empty: expected packets")
    raise ValueError(
        f"{name} begins with {head[:8]!r}: expected a pcap or pcapng capture, or "
        "tshark's fields parted by tabs, from frame.time_epoch on; convert other "
        "captures with 'editcap -F pcap'"
    )


def body_of(decoder: Decoder, head: bytes) -> bytes:
    """First bytes of a source without those that its decoder has read."""
    return head[PcapDecoder.HEADER :] if isinstance(decoder, PcapDecoder) else head
