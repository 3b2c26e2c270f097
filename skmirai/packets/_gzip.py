"""Unpack what gzip has packed, piece by piece."""

import zlib
from collections.abc import Iterator

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
