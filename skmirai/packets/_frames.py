# numba infers the types of what it compiles.
# mypy: allow-untyped-defs
"""Compiled reading of frames: link, VLAN, ARP, IPv4, IPv6 and the ports.

Read are only the fields that name a stream. Measured on one core, dpkt's parser alone
takes 100,000 to 160,000 frames a second, before a field is copied out of its objects,
which left no room for 100,000 packets a second in all; this one takes some millions.

Needs numba: import it late.
"""

import numpy as np

from skmirai.packets._addresses import IPV4, IPV6
from skmirai.packets._links import COOKED, COOKED_2, ETHERNET, LOOPBACK, RAW_IP
from skmirai.packets._report import MALFORMED, TRUNCATED
from skmirai.utils._compiled import compiled

_TYPE_IPV4, _TYPE_ARP, _TYPE_IPV6, _TYPE_NONE = 0x0800, 0x0806, 0x86DD, 0


@compiled
def _number(data, start, n_bytes):
    """Big-endian number of some bytes."""
    out = np.uint64(0)
    for k in range(start, start + n_bytes):
        out = (out << np.uint64(8)) | np.uint64(data[k])
    return out


@compiled
def _small(data, start, n_bytes):
    return np.int64(_number(data, start, n_bytes))


@compiled
def _version(data, start, end):
    """Type of a packet that begins with its IP header."""
    version = data[start] >> 4 if start < end else 0
    if version == 4:
        return _TYPE_IPV4
    return _TYPE_IPV6 if version == 6 else _TYPE_NONE


@compiled
def _read_link(data, start, end, link, record):
    """MACs of a frame; flags, type of its payload, and where that begins."""
    if link == ETHERNET:
        if start + 6 <= end:
            record.destination_mac = _number(data, start, 6)
        if start + 12 <= end:
            record.source_mac = _number(data, start + 6, 6)
        if start + 14 > end:
            return TRUNCATED, _TYPE_NONE, end
        kind, start = _small(data, start + 12, 2), start + 14
    elif link == RAW_IP:
        kind = _version(data, start, end)
        return (0 if start < end else TRUNCATED), kind, start
    elif link == LOOPBACK:  # four bytes of a family that differs between systems
        kind = _version(data, start + 4, end)
        return (0 if start + 4 < end else TRUNCATED), kind, start + 4
    elif link == COOKED:
        if start + 16 > end:
            return TRUNCATED, _TYPE_NONE, end
        if _small(data, start + 4, 2) == 6:
            record.source_mac = _number(data, start + 6, 6)
        kind, start = _small(data, start + 14, 2), start + 16
    elif link == COOKED_2:
        if start + 20 > end:
            return TRUNCATED, _TYPE_NONE, end
        if data[start + 11] == 6:
            record.source_mac = _number(data, start + 12, 6)
        kind, start = _small(data, start, 2), start + 20
    else:
        return MALFORMED, _TYPE_NONE, end
    while kind == 0x8100 or kind == 0x88A8 or kind == 0x9100:  # VLAN tags
        if start + 4 > end:
            return TRUNCATED, _TYPE_NONE, end
        kind, start = _small(data, start + 2, 2), start + 4
    if kind <= 1500:  # a length in place of a type
        if start + min(kind, 8) > end:
            return TRUNCATED, _TYPE_NONE, end
        # With this header (SNAP), the type stands behind it.
        if kind >= 8 and _number(data, start, 6) == np.uint64(0xAAAA03000000):
            kind, start = _small(data, start + 6, 2), start + 8
    return 0, kind, start


@compiled
def _read_ports(data, start, end, number, record, codes, ports_at):
    """Protocol and ports of an IP packet that is no later fragment; flags."""
    record.protocol = codes[number]
    place = ports_at[number]
    if place < 0:
        return 0
    start += place
    if start + 4 > end:
        return TRUNCATED
    record.source_port = _small(data, start, 2)
    record.destination_port = _small(data, start + 2, 2)
    return 0


@compiled
def _read_ipv4(data, start, end, record, codes, ports_at):
    if start + 20 > end:
        return TRUNCATED
    size = 4 * np.int64(data[start] & 15)
    if data[start] >> 4 != 4 or size < 20:
        return MALFORMED
    record.family = IPV4
    record.source_high = record.destination_high = 0
    record.source_low = _number(data, start + 12, 4)
    record.destination_low = _number(data, start + 16, 4)
    protocol = data[start + 9]
    if _small(data, start + 6, 2) & 0x1FFF:  # a later fragment has no ports
        return 0
    # What stands behind the packet is padding; 0 is left to the network card.
    total = _small(data, start + 2, 2)
    if 0 < total < size:
        return MALFORMED
    if total > 0:
        end = min(end, start + total)
    return _read_ports(data, start + size, end, protocol, record, codes, ports_at)


@compiled
def _read_ipv6(data, start, end, record, codes, ports_at):
    if start + 40 > end:
        return TRUNCATED
    if data[start] >> 4 != 6:
        return MALFORMED
    record.family = IPV6
    record.source_high = _number(data, start + 8, 8)
    record.source_low = _number(data, start + 16, 8)
    record.destination_high = _number(data, start + 24, 8)
    record.destination_low = _number(data, start + 32, 8)
    total = _small(data, start + 4, 2)
    if total > 0:
        end = min(end, start + 40 + total)
    kind, start = data[start + 6], start + 40
    # Extension headers: hop by hop, routing, fragment, options, authentication.
    while kind == 0 or kind == 43 or kind == 44 or kind == 60 or kind == 51:
        if start + 8 > end:
            return TRUNCATED
        if kind == 44:
            if _small(data, start + 2, 2) & 0xFFF8:
                return 0
            size = 8
        elif kind == 51:
            size = 4 * (np.int64(data[start + 1]) + 2)
        else:
            size = 8 * (np.int64(data[start + 1]) + 1)
        kind, start = data[start], start + size
    return _read_ports(data, start, end, kind, record, codes, ports_at)


@compiled
def _read_arp(data, start, end, record, code):
    if start + 8 > end:
        return TRUNCATED
    record.protocol = code
    hardware, protocol = np.int64(data[start + 4]), np.int64(data[start + 5])
    if _small(data, start + 2, 2) != _TYPE_IPV4:
        return 0  # not of IPv4: the MACs stay its addresses
    if protocol != 4:
        return MALFORMED
    source = start + 8 + hardware
    destination = source + 4 + hardware
    if destination + 4 > end:
        return TRUNCATED
    record.family = IPV4
    record.source_low = _number(data, source, 4)
    record.destination_low = _number(data, destination, 4)
    return 0


@compiled
def _code_of_type(kind, types, type_codes):
    """Protocol of a frame without IP by its type; 0 is any other."""
    for k in range(len(types)):
        if types[k] == kind:
            return type_codes[k]
    return np.uint8(0)


@compiled
def read_frames(data, starts, ends, links, records, tables):
    """Fill addresses, ports, protocol and flags of records from their frames.

    Parameters
    ----------
    data : ndarray of uint8
        Bytes of the capture.
    starts, ends : ndarray of int64, shape (n_packets,)
        Where each frame begins and ends in data.
    links : ndarray of uint8, shape (n_packets,)
        How each frame begins.
    records : ndarray of dtype ``PACKET``, shape (n_packets,)
        Times, lengths and flags are there; the other fields are overwritten.
    tables : tuple of ndarray
        From ``wire_tables``.
    """
    codes, ports_at, types, type_codes = tables
    for p in range(len(starts)):
        record, end = records[p], ends[p]
        record.source_mac = record.destination_mac = 0
        record.source_high = record.destination_high = 0
        record.source_port = record.destination_port = -1
        record.family, record.protocol = 0, 0
        flags, kind, start = _read_link(data, starts[p], end, links[p], record)
        record.source_low = record.source_mac
        record.destination_low = record.destination_mac
        if kind == _TYPE_IPV4:
            flags |= _read_ipv4(data, start, end, record, codes, ports_at)
        elif kind == _TYPE_IPV6:
            flags |= _read_ipv6(data, start, end, record, codes, ports_at)
        else:
            code = _code_of_type(kind, types, type_codes)
            if kind == _TYPE_ARP:
                flags |= _read_arp(data, start, end, record, code)
            else:
                record.protocol = code
        record.flags |= np.uint8(flags)
