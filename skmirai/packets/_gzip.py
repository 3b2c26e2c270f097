"""Unpack what gzip has packed, piece by piece."""

import zlib
from collections.abc import Iterator

#: Bytes to read at a time, bytes to unpack to at a time, and bytes to unpack from.
PIECE, UNPACKED_PIECE, SIP = 1 << 22, 1 << 20, 1 << 12

#: Packets that packed data may hold, beside one for each of their bytes.
FREE_PACKETS = 1 << 16


def check_packed(name: str, n_packets: int, n_bytes: int) -> None:
    """Refuse packed data that hold more packets than a capture can.

    A record of zeros takes 16 bytes, packed a sixtieth of one, and in memory 80.
    Measured on equal frames of 60 bytes, of which only the time differs, gzip needs
    two bytes and more for each.

    Parameters
    ----------
    name : str
        Name of the source.
    n_packets : int
        Packets that came out of it so far.
    n_bytes : int
        Packed bytes that were read of it so far.

    Raises
    ------
    ValueError
        If there are more than ``FREE_PACKETS`` and one for each byte.
    """
    if n_packets > FREE_PACKETS + n_bytes:
        raise ValueError(
            f"{name}: {n_packets:,} packets have come out of {n_bytes:,} packed bytes, "
            f"expected at most {FREE_PACKETS:,} and one for each byte: the capture is "
            "forged or damaged; if you trust it, unpack it with gunzip and read that"
        )


class Gzip:
    """Unpacks pieces of a gzip file, which may have several members."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self.ended = False
        self.problem = ""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Unpacked pieces, none larger than 2 MB."""
        ready, size = [], 0
        # zlib keeps back what it has unpacked before it meets damage: the less is
        # given at a time, the less is lost.
        for start in range(0, len(data), SIP):
            for part in self._unpack(data[start : start + SIP]):
                ready.append(part)
                size += len(part)
                if size >= UNPACKED_PIECE:
                    yield b"".join(ready)
                    ready, size = [], 0
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
                yield self._inner.decompress(data, UNPACKED_PIECE)
            except zlib.error as error:
                self.problem = f"the packed data are damaged: {error}"
                self.ended = False
                return
            data = self._inner.unconsumed_tail or self._inner.unused_data
            self.ended = self._inner.eof
