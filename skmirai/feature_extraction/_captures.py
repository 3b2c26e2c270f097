"""Decoders: bytes in as they come, packets out as soon as they are whole."""

import struct
from typing import ClassVar, Protocol

import numpy as np

from skmirai.feature_extraction._packets import PACKET

#: Larger records and blocks are taken for corrupt: no link has frames of this size.
MAX_RECORD = 1 << 24


class Decoder(Protocol):
    """Turns the bytes of one format into packets."""

    #: Why the rest of the source cannot be read; None while it can.
    broken: str | None

    def feed(self, data: bytes) -> np.ndarray:
        """Packets that are whole now; what is left is kept for the next call."""
        ...

    def finish(self) -> tuple[np.ndarray, int, str | None]:
        """Last packets, bytes left over, and what is wrong with these."""
        ...


class _CaptureDecoder:
    """What the two formats share: bytes that wait, bytes that are lost."""

    def __init__(self) -> None:
        self.broken: str | None = None
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

    def _decode(self) -> np.ndarray:
        raise NotImplementedError


class PcapDecoder(_CaptureDecoder):
    """Decoder of pcap files.

    Parameters
    ----------
    header : bytes of length 24
        The beginning of the file.

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
    HEADER = 24

    def __init__(self, header: bytes) -> None:
        from skmirai.feature_extraction._frames import LINK_TYPES

        super().__init__()
        self._swapped, self._units = self.MAGIC[header[:4]]
        order = ">II" if self._swapped else "<II"
        kept, link = struct.unpack_from(order, header, 16)
        link &= 0x03FFFFFF  # above: length of a check sum
        if link not in LINK_TYPES:
            raise ValueError(_unreadable([link]))
        self._link = LINK_TYPES[link]
        # No program writes more than this of a frame, unless it says so.
        self._largest = max(1 << 18, min(kept, MAX_RECORD))

    def _decode(self) -> np.ndarray:
        from skmirai.feature_extraction._frames import read_frames
        from skmirai.feature_extraction._scan import CORRUPT, scan_pcap

        view = np.frombuffer(self._rest, np.uint8)
        records, starts, ends = _room(len(view) // 16)
        n, place, reason = scan_pcap(
            view, self._swapped, self._units, self._largest, records, starts, ends
        )
        links = np.full(n, self._link, np.uint8)
        read_frames(view, starts[:n], ends[:n], links, records[:n])
        self._rest = self._rest[place:]
        if reason == CORRUPT:
            self.broken = "a packet has an impossible size"
        return records[:n].copy()


class PcapngDecoder(_CaptureDecoder):
    """Decoder of pcapng files: any number of sections, interfaces and block types."""

    MAGIC = b"\x0a\x0d\x0d\x0a"

    def __init__(self) -> None:
        super().__init__()
        self._swapped = False
        self._interfaces = _Interfaces()
        self._section = False
        self._last_time = 0.0
        self._unread = np.zeros(1 << 16, bool)  # link types of packets left closed

    def _problems(self) -> list[str]:
        unread = np.flatnonzero(self._unread).tolist()
        return [_unreadable(unread)] if unread else []

    def _decode(self) -> np.ndarray:
        from skmirai.feature_extraction._frames import read_frames
        from skmirai.feature_extraction._scan import CORRUPT, MORE, scan_pcapng

        view, place = np.frombuffer(self._rest, np.uint8), 0
        found = [np.empty(0, PACKET)]
        while True:
            while used := self._open(place):
                place += used
            if self.broken or not self._section:
                break
            # The smallest block with a packet has 12 bytes.
            records, starts, ends = _room((len(view) - place) // 12)
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
                read_frames(view[place:], starts[:n], ends[:n], links[:n], records[:n])
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

    def columns(self) -> tuple[np.ndarray, ...]:
        """Link, units per second, step, seconds to add, bytes kept of a frame."""
        return tuple(column[: self._n] for column in self._columns)

    def add(self, body: bytes, end: str) -> None:
        """Add the interface of a block."""
        from skmirai.feature_extraction._frames import LINK_TYPES, UNKNOWN

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
        from skmirai.feature_extraction._frames import UNKNOWN

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


def _unreadable(links: list[int]) -> str:
    """What to do about link types that cannot be read."""
    return (
        f"link type {', '.join(map(str, links))} cannot be read: expected Ethernet "
        "(1), raw IP (101, 12, 14, 228, 229), Linux cooked (113, 276) or loopback "
        "(0, 108); capture on such an interface, or convert the file with tshark"
    )


def _room(n_packets: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Space for packets, of which only the part that is written takes memory."""
    starts, ends = np.empty((2, n_packets), np.int64)
    return np.empty(n_packets, PACKET), starts, ends
