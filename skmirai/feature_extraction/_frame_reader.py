"""Packets from a DataFrame: tshark's columns, or those of a packet table."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from skmirai.feature_extraction._addresses import MAC, address_to_ints, mac_to_int
from skmirai.feature_extraction._packets import (
    ARP,
    COLUMNS,
    ICMP,
    ICMPV6,
    OTHER,
    PACKET,
    PROTOCOLS,
    TCP,
    UDP,
    check_packets,
)
from skmirai.feature_extraction._report import MALFORMED

#: Fields of tshark that are read; files of Kitsune hold a few more.
TSHARK_COLUMNS = (
    "frame.time_epoch",
    "frame.len",
    "eth.src",
    "eth.dst",
    "ip.src",
    "ip.dst",
    "tcp.srcport",
    "tcp.dstport",
    "udp.srcport",
    "udp.dstport",
    "icmp.type",
    "arp.opcode",
    "arp.src.proto_ipv4",
    "arp.dst.proto_ipv4",
    "ipv6.src",
    "ipv6.dst",
)

_ADDRESS = np.dtype([("family", np.int64), ("high", np.uint64), ("low", np.uint64)])
_NO_ADDRESS = (-1, 0, 0)
_BAD_ADDRESS = (-2, 0, 0)


def packets_from_frame(frame: pd.DataFrame) -> np.ndarray:
    """Records of the packets of a DataFrame.

    Parameters
    ----------
    frame : DataFrame of shape (n_packets, n_columns)
        With the columns ``COLUMNS`` or ``TSHARK_COLUMNS``, others are ignored. Empty
        and missing texts are no address or port.

    Returns
    -------
    ndarray of dtype ``PACKET``, shape (n_packets,)
        The packets. Those with an address that is none, or with addresses of two
        families, are marked as malformed; their MACs serve as addresses.

    Raises
    ------
    ValueError
        If columns are missing, a time is not finite, a length negative or no whole
        number, or a port or protocol is none.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.feature_extraction import read_packets
    >>> read_packets(pd.DataFrame({"time": [1.0], "length": [60]}))
    Traceback (most recent call last):
    ValueError: the DataFrame lacks the columns ['source_mac', 'destination_mac', ...
    """
    tshark = TSHARK_COLUMNS[0] in frame.columns
    expected = TSHARK_COLUMNS if tshark else COLUMNS
    check_columns(list(frame.columns), expected, "the DataFrame")
    return _from_tshark(frame) if tshark else _from_table(frame)


def check_columns(given: list[Any], expected: tuple[str, ...], source: str) -> None:
    """Raise where columns are missing or have one name.

    Parameters
    ----------
    given : list
        Names of the columns.
    expected : tuple of str
        Names that must be among them.
    source : str
        What has these columns, for messages.

    Raises
    ------
    ValueError
        Naming the source and what is missing.
    """
    if len(set(given)) < len(given):
        raise ValueError(f"{source} has two columns of one name: drop one of them")
    missing = [name for name in expected if name not in given]
    if missing:
        raise ValueError(
            f"{source} lacks the columns {missing}: expected {list(expected)}, or "
            "the fields that tshark writes, from frame.time_epoch on"
        )


def _from_table(frame: pd.DataFrame) -> np.ndarray:
    names = {name: number for number, name in enumerate(PROTOCOLS)}

    def protocol(value: Any) -> int:
        return names[_text(value).lower() or "other"]

    records = _common(frame, *COLUMNS[:4])
    for end in ("source", "destination"):
        records[f"{end}_port"] = _each(frame[f"{end}_port"], _port, np.int64)
    try:
        records["protocol"] = _each(frame["protocol"], protocol, np.uint8)
    except KeyError as error:
        raise ValueError(
            f"protocol={error.args[0]!r} must be one of {PROTOCOLS}: write 'other' "
            "for other protocols"
        ) from error
    ends = (_addresses(frame[end]) for end in ("source", "destination"))
    _enter_addresses(records, *ends)
    return records


def _from_tshark(frame: pd.DataFrame) -> np.ndarray:
    records = _common(frame, *TSHARK_COLUMNS[:4])
    tcp, udp, icmp, arp = (
        _each(frame[name], lambda value: bool(_text(value)), bool)
        for name in ("tcp.srcport", "udp.srcport", "icmp.type", "arp.opcode")
    )
    # The ports beside an ICMP type, or behind a second IPv6 header, are of the packet
    # that is quoted. The fields do not tell an ICMPv6 error from a tunnel of IPv6 in
    # IPv6; both have no ports, and features do not depend on which it is.
    # NOTE[DIFF]: the reference takes them for the ports of the ICMP packet where it
    # reads tshark's fields, and not where it reads frames.
    quoting = _each(frame["ipv6.src"], lambda value: "," in str(value), bool)
    quoting &= ~_each(frame["ip.src"], lambda value: bool(_text(value)), bool)
    protocol = np.select(
        [icmp, quoting, tcp, udp, arp], [ICMP, ICMPV6, TCP, UDP, ARP], OTHER
    )
    records["protocol"] = protocol
    for end, name in (("source", "srcport"), ("destination", "dstport")):
        of_tcp = _each(frame[f"tcp.{name}"], _port, np.int64)
        of_udp = _each(frame[f"udp.{name}"], _port, np.int64)
        records[f"{end}_port"] = np.select(
            [protocol == TCP, protocol == UDP], [of_tcp, of_udp], -1
        )
    ends = []
    for name in ("src", "dst"):
        addresses = _addresses(frame[f"ip.{name}"])
        for other in (f"ipv6.{name}", f"arp.{name}.proto_ipv4"):
            addresses = np.where(
                addresses["family"] == _NO_ADDRESS[0],
                _addresses(frame[other]),
                addresses,
            )
        ends.append(addresses)
    _enter_addresses(records, *ends)
    return records


def _common(
    frame: pd.DataFrame, time: str, length: str, source: str, destination: str
) -> np.ndarray:
    """Records with times, lengths and MACs."""
    records = np.zeros(len(frame), PACKET)
    # NumPy reads text to the nearest double, which pandas does not promise.
    records["time"] = _numbers(frame[time], "finite Unix seconds")
    lengths = _numbers(frame[length], "bytes, a whole number, 0 or more")
    # Others would be cut to a number that passes for a length.
    bad = ~(np.abs(lengths) < 1 << 62) | (lengths != np.floor(lengths))
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"{length}={lengths[row]} of packet {row} must be bytes, a whole number, 0 "
            "or more: drop the packet or mend its length"
        )
    records["length"] = lengths
    bad = np.zeros(len(frame), bool)
    for field, name in (("source_mac", source), ("destination_mac", destination)):
        numbers = _each(frame[name], _mac, np.int64)
        bad |= numbers < 0
        records[field] = np.maximum(numbers, 0)
    records["flags"][bad] = MALFORMED
    check_packets(records)
    return records


def _numbers(column: pd.Series, expected: str) -> np.ndarray:
    if column.dtype.kind in "iufb":
        return column.to_numpy(np.float64)
    values = column.to_numpy(object)
    try:
        return values.astype(str).astype(np.float64)
    except ValueError:
        for row, value in enumerate(values):
            try:
                float(str(value))
            except ValueError:
                raise ValueError(
                    f"{column.name}={value!r} of packet {row} must be {expected}: "
                    "drop the packet or mend it"
                ) from None
        raise


def _enter_addresses(
    records: np.ndarray, source: np.ndarray, destination: np.ndarray
) -> None:
    """Write addresses where both ends have one of the same family, else the MACs."""
    family = source["family"]
    bad = (family != destination["family"]) | (family == _BAD_ADDRESS[0])
    given = ~bad & (family != _NO_ADDRESS[0])
    records["flags"][bad] |= MALFORMED
    records["family"] = np.where(given, family, MAC)
    for end, address in (("source", source), ("destination", destination)):
        records[f"{end}_high"] = np.where(given, address["high"], 0)
        records[f"{end}_low"] = np.where(given, address["low"], records[f"{end}_mac"])


def _addresses(column: pd.Series) -> np.ndarray:
    """Family and two halves of the addresses."""
    places, unique = pd.factorize(column, use_na_sentinel=False)
    return np.array([_address(value) for value in unique], _ADDRESS)[places]


def _each(column: pd.Series, read: Callable[[Any], Any], dtype: Any) -> np.ndarray:
    """A function of the values, called once for each different one."""
    places, unique = pd.factorize(column, use_na_sentinel=False)
    return np.array([read(value) for value in unique], dtype)[places]


def _text(value: Any) -> str:
    """The first of the occurrences that tshark parts by commas; '' where missing."""
    if value is None or value is pd.NA or value != value:
        return ""
    return str(value).partition(",")[0].strip()


def _address(value: Any) -> tuple[int, int, int]:
    text = _text(value)
    if not text:
        return _NO_ADDRESS
    try:
        return address_to_ints(text)
    except ValueError:
        return _BAD_ADDRESS


def _mac(value: Any) -> int:
    try:
        return mac_to_int(_text(value))
    except ValueError:
        return -1


def _port(value: Any) -> int:
    text = _text(value)
    try:
        number = float(text) if text else -1.0
        if number.is_integer() and -1 <= number < 65_536:
            return int(number)
    except (ValueError, OverflowError):
        pass
    raise ValueError(
        f"port={value!r} must be a whole number from 0 to 65535, or -1 or missing "
        "where there is none"
    )
