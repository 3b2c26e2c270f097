# numba infers the types of what it compiles.
# mypy: allow-untyped-defs
"""Compiled division of capture files into packets: pcap records, pcapng blocks.

Needs numba: import it late.
"""

import numpy as np

from skmirai.packets._decoder import MAX_RECORD
from skmirai.packets._links import UNKNOWN
from skmirai.packets._report import MALFORMED, SNAPPED, UNTIMED
from skmirai.utils._compiled import compiled

#: Why a scan stopped: more bytes are needed, the bytes make no sense, or a block
#: that opens a section or an interface is next.
MORE, CORRUPT, CONTROL = range(3)

_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6


@compiled
def _word(data, start, swapped):
    """Unsigned number of four bytes, little-endian unless swapped."""
    a, b = np.int64(data[start]), np.int64(data[start + 1])
    c, d = np.int64(data[start + 2]), np.int64(data[start + 3])
    if swapped:
        return (a << 24) | (b << 16) | (c << 8) | d
    return (d << 24) | (c << 16) | (b << 8) | a


@compiled
def _enter(records, starts, ends, n, time, sent, start, held, flags):
    """Write what the container says of a frame."""
    if held > sent:
        flags |= MALFORMED
        sent = held
    elif held < sent:
        flags |= SNAPPED
    records[n].time = time
    records[n].length = sent
    records[n].flags = flags
    starts[n], ends[n] = start, start + held


@compiled
def scan_pcap(data, swapped, units, largest, records, starts, ends):
    """Find the records of a pcap file.

    Parameters
    ----------
    data : ndarray of uint8
        Bytes from the beginning of a record on.
    swapped : bool
        Whether numbers are big-endian.
    units : int
        Parts of a second in the second word of a time: 10**6 or 10**9.
    largest : int
        Most bytes that a frame may have.
    records, starts, ends : ndarray
        Written: time, length and flags, and the place in data, of each packet.

    Returns
    -------
    n : int
        Packets found.
    place : int
        Where the first byte that was not used stands.
    reason : int
        ``MORE`` or ``CORRUPT``.
    """
    n, place = 0, 0
    while place + 16 <= len(data):
        held = _word(data, place + 8, swapped)
        if held > largest:
            return n, place, CORRUPT
        if place + 16 + held > len(data):
            break
        seconds = np.float64(_word(data, place, swapped))
        time = seconds + _word(data, place + 4, swapped) / units
        sent = _word(data, place + 12, swapped)
        _enter(records, starts, ends, n, time, sent, place + 16, held, 0)
        place, n = place + 16 + held, n + 1
    return n, place, MORE


@compiled
def scan_pcapng(data, swapped, interfaces, last_time, records, starts, ends, links):
    """Find the packets of a pcapng file, up to the next block that opens something.

    Parameters
    ----------
    data : ndarray of uint8
        Bytes from the beginning of a block on.
    swapped : bool
        Whether numbers of this section are big-endian.
    interfaces : tuple of ndarray
        For each interface of the section: link (uint8), units of time per second
        (uint64; 0 where the step is no such part), step of time (float64), seconds to
        add (float64), bytes kept of a frame (int64; 0 for all).
    last_time : float
        Time of the packet before, for packets without one.
    records, starts, ends, links : ndarray
        Written, as by ``scan_pcap``; links of each packet as well.

    Returns
    -------
    n, place, reason : int
        As from ``scan_pcap``; ``reason`` may be ``CONTROL`` as well.
    """
    kinds, units, steps, offsets, kept = interfaces
    n, place = 0, 0
    while place + 12 <= len(data):
        kind = _word(data, place, swapped)
        if kind in (_SECTION, _INTERFACE):
            return n, place, CONTROL
        size = _word(data, place + 4, swapped)
        if size < 12 or size % 4 or size > MAX_RECORD:
            return n, place, CORRUPT
        if place + size > len(data):
            break
        if _word(data, place + size - 4, swapped) != size:
            return n, place, CORRUPT
        body, room = place + 8, size - 12
        time, flags, number, head = last_time, 0, -1, -1
        held, sent = np.int64(0), np.int64(0)
        if kind in (_ENHANCED, _OLD_PACKET) and room >= 20:
            head = 20
            number = _word(data, body, swapped)
            if kind == _OLD_PACKET:  # two bytes of drops share the word
                number = number >> 16 if swapped else number & 0xFFFF
            held = _word(data, body + 12, swapped)
            sent = _word(data, body + 16, swapped)
        elif kind == _SIMPLE and room >= 4:
            head, number = 4, 0
            sent = _word(data, body, swapped)
            held = min(sent, room - 4)
            if len(kinds) and kept[0] > 0:
                held = min(held, kept[0])
            flags = UNTIMED
        if head >= 0:
            if held > room - head:
                held, flags = room - head, flags | MALFORMED
            if number >= len(kinds):
                flags |= MALFORMED | UNTIMED
                links[n] = UNKNOWN
            else:
                links[n] = kinds[number]
                if head == 20:
                    high = np.uint64(_word(data, body + 4, swapped))
                    ticks = (high << np.uint64(32)) | np.uint64(
                        _word(data, body + 8, swapped)
                    )
                    if units[number] > 0:
                        whole = np.float64(ticks // units[number]) + offsets[number]
                        part = np.float64(ticks % units[number])
                        time = whole + part / np.float64(units[number])
                    else:
                        time = np.float64(ticks) * steps[number] + offsets[number]
            _enter(records, starts, ends, n, time, sent, body + head, held, flags)
            last_time = time
            n += 1
        elif kind in (_ENHANCED, _OLD_PACKET, _SIMPLE):
            # Too small to hold the fields of a packet: a packet of which nothing
            # is known.
            links[n] = UNKNOWN
            _enter(records, starts, ends, n, time, 0, body, 0, MALFORMED | UNTIMED)
            n += 1
        place += size
    return n, place, MORE
