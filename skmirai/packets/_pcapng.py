"""Decoder of pcapng files."""

import struct
from typing import Self

import numpy as np

from skmirai.packets._decoder import MAX_RECORD, CaptureDecoder, begins_with, room_for
from skmirai.packets._links import LINK_TYPES, UNKNOWN, unreadable
from skmirai.packets._packets import PACKET
from skmirai.packets._protocols import wire_tables

#: More are taken for corrupt: each takes more memory than bytes of the capture.
MAX_INTERFACES = 1 << 16


class PcapngDecoder(CaptureDecoder):
    """Decoder of pcapng files: any number of sections, interfaces and block types."""

    MAGIC = b"\x0a\x0d\x0d\x0a"

    def __init__(self) -> None:
        super().__init__()
        self._swapped = False
        self._interfaces = _Interfaces()
        self._section = False
        self._last_time = 0.0
        self._unread = np.zeros(1 << 16, bool)  # link types of packets left closed

    @staticmethod
    def fits(head: bytes) -> bool | None:
        """Whether a source that begins so is such a file."""
        return begins_with(head, (PcapngDecoder.MAGIC,), 4)

    @classmethod
    def begin(cls, head: bytes, name: str) -> Self:
        """Decoder for a source that fits."""
        return cls()

    def _problems(self) -> list[str]:
        unread = np.flatnonzero(self._unread).tolist()
        return [unreadable(unread)] if unread else []

    def _decode(self) -> np.ndarray:
        from skmirai.packets._frames import read_frames
        from skmirai.packets._scan import CORRUPT, MORE, scan_pcapng

        view, place = np.frombuffer(self._rest, np.uint8), 0
        found = [np.empty(0, PACKET)]
        while True:
            while used := self._open(place):
                place += used
            if self.broken or not self._section:
                break
            # The smallest block with a packet has 12 bytes.
            records, starts, ends = room_for((len(view) - place) // 12)
            links = np.empty(len(records), np.uint8)
            n, used, reason = scan_pcapng(
                view[place:],
                self._swapped,
                self._interfaces.columns(),
                self._last_time,
                records,
                starts,
                ends,
                links,
            )
            if n:
                found_here = starts[:n], ends[:n], links[:n], records[:n]
                read_frames(view[place:], *found_here, wire_tables())
                self._last_time = float(records["time"][n - 1])
                self._unread[self._interfaces.unread(links[:n])] = True
                found.append(records[:n].copy())
            place += used
            if reason == CORRUPT:
                self.broken = "a block has an impossible size"
            # Stopped before a section or an interface that is not yet whole?
            if reason in (CORRUPT, MORE) or not used:
                break
        self._rest = self._rest[place:]
        return np.concatenate(found)

    def _open(self, start: int) -> int:
        """Read a block of a section or interface; its size, 0 if none is whole here."""
        data = self._rest
        if len(data) < start + 12:
            return 0
        if data[start : start + 4] == self.MAGIC:
            order = data[start + 8 : start + 12]
            if order not in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"):
                self.broken = "a section has an unknown byte order"
                return 0
            self._swapped = order == b"\x1a\x2b\x3c\x4d"
        elif not self._section:
            self.broken = "it does not begin with a section"
            return 0
        end = ">" if self._swapped else "<"
        kind, size = struct.unpack_from(f"{end}II", data, start)
        if kind not in (1, 0x0A0D0D0A):
            return 0
        if size < (20 if kind == 1 else 28) or size % 4 or size > MAX_RECORD:
            self.broken = "a block has an impossible size"
            return 0
        if len(data) < start + size:
            return 0
        if kind == 1 and len(self._interfaces) == MAX_INTERFACES:
            self.broken = f"a section has more than {MAX_INTERFACES:,} interfaces"
            return 0
        if kind == 1:
            self._interfaces.add(data[start + 8 : start + size - 4], end)
        else:
            self._interfaces, self._section = _Interfaces(), True
        return int(size)


class _Interfaces:
    """Interfaces of a section, in columns that grow."""

    TYPES = (np.uint8, np.uint64, np.float64, np.float64, np.int64)

    def __init__(self) -> None:
        self._n = 0
        self._unknown: dict[int, int] = {}
        self._columns = tuple(np.empty(4, dtype) for dtype in self.TYPES)

    def __len__(self) -> int:
        return self._n

    def columns(self) -> tuple[np.ndarray, ...]:
        """Link, units per second, step, seconds to add, bytes kept of a frame."""
        return tuple(column[: self._n] for column in self._columns)

    def add(self, body: bytes, end: str) -> None:
        """Add the interface of a block."""
        if self._n == len(self._columns[0]):
            self._columns = tuple(np.resize(c, 2 * self._n) for c in self._columns)
        number, *values = _interface(body, end)
        link = LINK_TYPES.get(number)
        if link is None:
            # A number of its own tells what the packets of a scan were sent on.
            place = self._unknown.setdefault(number, len(self._unknown))
            link = min(UNKNOWN + 1 + place, 255)
        for column, value in zip(self._columns, (link, *values), strict=True):
            column[self._n] = value
        self._n += 1

    def unread(self, links: np.ndarray) -> list[int]:
        """Link types of the packets that cannot be read."""
        if not self._unknown:
            return []
        found = np.unique(links[links > UNKNOWN]).tolist()
        numbers = list(self._unknown)
        return [numbers[link - UNKNOWN - 1] for link in found]


def _interface(body: bytes, end: str) -> tuple[int, int, float, float, int]:
    """Link type, units per second, step, seconds to add and bytes kept."""
    link, _, kept = struct.unpack_from(f"{end}HHI", body)
    units, step, offset = 10**6, 1e-6, 0.0
    place = 8
    while place + 4 <= len(body):
        code, size = struct.unpack_from(f"{end}HH", body, place)
        value = body[place + 4 : place + 4 + size]
        if code == 0:
            break
        if code == 9 and len(value) == 1:  # if_tsresol
            base, power = (2, value[0] & 127) if value[0] & 128 else (10, value[0])
            units, step = base**power, float(base) ** -power
            if units >= 1 << 64:
                units = 0
        if code == 14 and len(value) == 8:  # if_tsoffset
            offset = float(struct.unpack(f"{end}q", value)[0])
        place += 4 + size + (-size) % 4
    return link, units, step, offset, kept
