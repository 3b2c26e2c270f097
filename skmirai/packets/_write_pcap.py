"""Packets written as a capture: a frame for each, as far as records tell of it."""

import os
import struct
from typing import Any, BinaryIO

import numpy as np

from skmirai.packets._addresses import IPV4, IPV6
from skmirai.packets._packets import PacketTable
from skmirai.packets._protocols import ARP, PROTOCOLS, TCP, UDP

#: Most bytes of a frame.
_LARGEST = 1 << 18

#: Of a file: mark of times in microseconds, version, that number, Ethernet.
_FILE_HEADER = struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, _LARGEST, 1)

#: Packets that are made at a time.
_BLOCK = 16_384

_ETHERNET, _RECORD = 14, 16
_ENDS = ("source", "destination")
_BROADCAST = (1 << 48) - 1

#: For protocols without a number: types of frames (IEEE 802, local experiments) and
#: numbers of protocols of IP (RFC 3692) that are set aside.
_LOCAL_TYPE, _LOCAL_NUMBER = 0x88B5, 253

#: Bytes of the headers above IP; of any other protocol none.
_HEADER_BYTES = {"tcp": 20, "udp": 8, "icmp": 8, "icmpv6": 8}

#: Where the checksum stands in them. UDP may do without one on IPv4, not on IPv6.
_SUM_AT = {"tcp": 16, "udp": 6, "icmp": 2, "icmpv6": 2}


def write_pcap(packets: PacketTable, path: str | os.PathLike[str] | BinaryIO) -> None:
    """Write packets as a pcap file, which reads back as the same packets.

    Frames are made up: they have the addresses, ports, protocol and length of the
    records, and zeros for all that records do not tell, such as sequence numbers and
    payload. Segments of TCP are acknowledgements, messages of ICMP echo replies.
    Checksums are right.

    Parameters
    ----------
    packets : PacketTable
        Of Ethernet frames. Times are rounded to microseconds.
    path : str, path-like or binary file
        The file. One of that name is replaced once the new one is complete.

    Raises
    ------
    ValueError
        If a packet cannot be a frame: it is too short for its headers, longer than
        262,144 bytes, before 1970 or after 2106, or has ports or a protocol that
        needs an IP address without one.

    See Also
    --------
    read_packets : Reads such a file.

    Examples
    --------
    >>> import tempfile
    >>> from skmirai.datasets import make_mirai_packets
    >>> from skmirai.packets import read_packets, write_pcap
    >>> packets = make_mirai_packets(1_000, random_state=0).packets
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_pcap(packets, f"{folder}/mirai.pcap")
    ...     again = read_packets(f"{folder}/mirai.pcap")
    >>> bool((again.records == packets.records).all())
    True
    """
    from skmirai.utils._files import replaced

    if not isinstance(path, str | os.PathLike):
        _write(packets.records, path)
        return
    with replaced(path) as file:
        _write(packets.records, file)


def _write(records: np.ndarray, file: Any) -> None:
    file.write(_FILE_HEADER)
    for start in range(0, len(records), _BLOCK):
        part = records[start : start + _BLOCK]
        _check(part, start)
        file.write(_frames(part).tobytes())


def _check(records: np.ndarray, first: int) -> None:
    """Raise an error where a record cannot become a frame that reads back."""
    family, code = records["family"], records["protocol"]
    names = np.array([*PROTOCOLS])[code]
    length, time = records["length"], records["time"]
    with_ip = np.isin(family, (IPV4, IPV6))
    n_ports = np.sum([records[f"{end}_port"] >= 0 for end in _ENDS], axis=0)
    numbered = [protocol.ip_number is not None for protocol in PROTOCOLS.values()]
    faults: tuple[tuple[Any, str], ...] = (
        (length < _least(records), "is too short for its headers"),
        (length > _LARGEST, f"is longer than {_LARGEST:,} bytes"),
        ((time < 0) | (time >= 2**32 - 1), "is not of a time between 1970 and 2106"),
        (n_ports != 2 * np.isin(code, (TCP, UDP)), "must have ports as TCP and UDP do"),
        (np.array(numbered)[code] & ~with_ip, "needs IP addresses for its protocol"),
        ((code == ARP) & (family == IPV6), "is ARP, which has no IPv6 addresses"),
        (records["flags"] != 0, "was not read in full"),
    )
    for bad, what in faults:
        if bad.any():
            row = int(bad.argmax())
            raise ValueError(
                f"packet {first + row} ({names[row]}, {length[row]} bytes, time "
                f"{time[row]}) {what}: leave it out or mend it"
            )


def _least(records: np.ndarray) -> np.ndarray:
    """Bytes of the headers of each frame."""
    above = np.array([_HEADER_BYTES.get(name, 0) for name in PROTOCOLS])
    sizes = _ETHERNET + above[records["protocol"]]
    sizes += np.choose(np.searchsorted((0, IPV4, IPV6), records["family"]), (0, 20, 40))
    sizes[records["protocol"] == ARP] = _ETHERNET + 28
    return sizes


def _frames(records: np.ndarray) -> np.ndarray:
    """Bytes of the frames, each behind the header of its record in the file."""
    length = records["length"]
    ends = np.cumsum(length + _RECORD)
    starts = ends - length
    data = np.zeros(ends[-1] if len(ends) else 0, np.uint8)
    seconds = np.floor(records["time"])
    micros = np.rint((records["time"] - seconds) * 1e6)
    seconds, micros = seconds + (micros == 1e6), micros % 1e6
    for k, values in enumerate((seconds, micros, length, length)):
        _put(data, starts - _RECORD + 4 * k, values, 4)
    _put(data, starts, records["destination_mac"], 6)
    _put(data, starts + 6, records["source_mac"], 6)
    _put(data, starts + 12, _types(records), 2)
    family, is_arp = records["family"], records["protocol"] == ARP
    for rows, header in (
        (is_arp, _put_arp),
        (~is_arp & (family == IPV4), _put_ipv4),
        (~is_arp & (family == IPV6), _put_ipv6),
    ):
        header(data, starts[rows] + _ETHERNET, records[rows])
    return data


def _types(records: np.ndarray) -> np.ndarray:
    """Types of the frames."""
    kinds = np.choose(
        np.searchsorted((0, IPV4, IPV6), records["family"]),
        (_LOCAL_TYPE, 0x0800, 0x86DD),
    )
    for code, protocol in enumerate(PROTOCOLS.values()):
        if protocol.ether_type is not None:
            kinds[records["protocol"] == code] = protocol.ether_type
    return kinds


def _put_arp(data: np.ndarray, at: np.ndarray, records: np.ndarray) -> None:
    """Requests where the frame goes to all, answers elsewhere."""
    of_all = records["destination_mac"] == _BROADCAST
    of_ip = records["family"] == IPV4
    fields = (
        (0, 1, 2),
        (2, np.where(of_ip, 0x0800, _LOCAL_TYPE), 2),
        (4, 6, 1),
        (5, 4, 1),
        (6, np.where(of_all, 1, 2), 2),
        (8, records["source_mac"], 6),
        (14, np.where(of_ip, records["source_low"], 0), 4),
        (18, np.where(of_all, 0, records["destination_mac"]), 6),
        (24, np.where(of_ip, records["destination_low"], 0), 4),
    )
    for place, values, n_bytes in fields:
        _put(data, at + place, values, n_bytes)


def _put_ipv4(data: np.ndarray, at: np.ndarray, records: np.ndarray) -> None:
    total = records["length"] - _ETHERNET
    fields = (
        (0, 0x45, 1),
        # what no header can say is left to the network card
        (2, np.where(total < 1 << 16, total, 0), 2),
        (8, 64, 1),
        (9, _numbers(records), 1),
        (12, records["source_low"], 4),
        (16, records["destination_low"], 4),
    )
    for place, values, n_bytes in fields:
        _put(data, at + place, values, n_bytes)
    _put(data, at + 10, _checksum(_sum(data, at, 20)), 2)
    _put_above(data, at + 20, records, total - 20, _sum(data, at + 12, 8))


def _put_ipv6(data: np.ndarray, at: np.ndarray, records: np.ndarray) -> None:
    total = records["length"] - _ETHERNET - 40
    fields = (
        (0, 0x60, 1),
        (4, np.where(total < 1 << 16, total, 0), 2),
        (6, _numbers(records), 1),
        (7, 64, 1),
        (8, records["source_high"], 8),
        (16, records["source_low"], 8),
        (24, records["destination_high"], 8),
        (32, records["destination_low"], 8),
    )
    for place, values, n_bytes in fields:
        _put(data, at + place, values, n_bytes)
    _put_above(data, at + 40, records, total, _sum(data, at + 8, 32))


def _numbers(records: np.ndarray) -> np.ndarray:
    """Numbers of the protocols in headers of IP."""
    known = [p.ip_number or _LOCAL_NUMBER for p in PROTOCOLS.values()]
    return np.array(known)[records["protocol"]]


def _put_above(
    data: np.ndarray,
    at: np.ndarray,
    records: np.ndarray,
    size: np.ndarray,
    addresses: np.ndarray,
) -> None:
    """Write the headers above IP.

    Parameters
    ----------
    data : ndarray of uint8
        Is written to.
    at : ndarray of shape (n_packets,)
        Where these headers begin.
    records : ndarray of dtype ``PACKET``, shape (n_packets,)
        The packets.
    size : ndarray of shape (n_packets,)
        Bytes above IP.
    addresses : ndarray of shape (n_packets,)
        Sums of the addresses, for checksums.
    """
    code, number = records["protocol"], _numbers(records)
    for name, n_bytes in _HEADER_BYTES.items():
        rows = code == [*PROTOCOLS].index(name)
        own, start, there = records[rows], at[rows], size[rows]
        if PROTOCOLS[name].ports_at is not None:
            _put(data, start, own["source_port"], 2)
            _put(data, start + 2, own["destination_port"], 2)
        if name == "tcp":
            _put(data, start + 12, 0x5010, 2)  # five words of header; ACK
            _put(data, start + 14, 0xFFFF, 2)  # window
        elif name == "udp":
            _put(data, start + 4, np.where(there < 1 << 16, there, 0), 2)
        elif name == "icmpv6":
            _put(data, start, 129, 1)  # echo reply, which ICMP has as 0
        total = _sum(data, start, n_bytes)
        if name != "icmp":  # the payload is zero, and adds nothing
            total += addresses[rows] + number[rows] + (there >> 16) + (there & 0xFFFF)
        check = _checksum(total)
        if name == "udp":
            check[check == 0] = 0xFFFF  # 0 says that there is none
        _put(data, start + _SUM_AT[name], check, 2)


def _put(data: np.ndarray, at: np.ndarray, values: Any, n_bytes: int) -> None:
    """Write numbers of some bytes, the highest first."""
    values = np.broadcast_to(np.asarray(values).astype(np.uint64), at.shape)
    for k in range(n_bytes):
        shift = np.uint64(8 * (n_bytes - 1 - k))
        data[at + k] = (values >> shift & np.uint64(0xFF)).astype(np.uint8)


def _sum(data: np.ndarray, at: np.ndarray, n_bytes: int) -> np.ndarray:
    """Sum of the words of two bytes."""
    total = np.zeros(at.shape, np.int64)
    for k in range(0, n_bytes, 2):
        total += (data[at + k].astype(np.int64) << 8) + data[at + k + 1]
    return total


def _checksum(total: np.ndarray) -> np.ndarray:
    """Checksum of the Internet (RFC 1071) from sums of words."""
    while (total >> 16).any():
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total
