"""Columns of times, lengths, MACs, addresses and ports, made into records."""

from typing import Any

import numpy as np
import pandas as pd

from skmirai.packets._addresses import MAC, address_to_ints, mac_to_int
from skmirai.packets._packets import PACKET, check_packets
from skmirai.packets._report import MALFORMED
from skmirai.packets._texts import each, text_of

_ADDRESS = np.dtype([("family", np.int64), ("high", np.uint64), ("low", np.uint64)])
_NO_ADDRESS = (-1, 0, 0)
_BAD_ADDRESS = (-2, 0, 0)


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


def begin_records(
    frame: pd.DataFrame, time: str, length: str, source: str, destination: str
) -> np.ndarray:
    """Records with times, lengths and MACs.

    Parameters
    ----------
    frame : DataFrame of shape (n_packets, n_columns)
        The packets.
    time, length, source, destination : str
        Names of the columns of times, lengths and the MACs of both ends.

    Returns
    -------
    ndarray of dtype ``PACKET``, shape (n_packets,)
        Packets with a MAC that is none are marked as malformed.

    Raises
    ------
    ValueError
        If a time or a length cannot be one.
    """
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
        numbers = each(frame[name], _mac, np.int64)
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


def enter_addresses(
    records: np.ndarray, source: np.ndarray, destination: np.ndarray
) -> None:
    """Write addresses where both ends have one of the same family, else the MACs.

    Parameters
    ----------
    records : ndarray of dtype ``PACKET``, shape (n_packets,)
        With MACs; packets with a bad address are marked as malformed.
    source, destination : ndarray, shape (n_packets,)
        Of both ends, from :func:`addresses`.
    """
    family = source["family"]
    bad = (family != destination["family"]) | (family == _BAD_ADDRESS[0])
    given = ~bad & (family != _NO_ADDRESS[0])
    records["flags"][bad] |= MALFORMED
    records["family"] = np.where(given, family, MAC)
    for end, address in (("source", source), ("destination", destination)):
        records[f"{end}_high"] = np.where(given, address["high"], 0)
        records[f"{end}_low"] = np.where(given, address["low"], records[f"{end}_mac"])


def addresses(*columns: pd.Series) -> np.ndarray:
    """Family and two halves of the addresses, from the first column that has one.

    Parameters
    ----------
    *columns : Series of shape (n_packets,)
        Texts, one column at least.

    Returns
    -------
    ndarray of shape (n_packets,)
        With the fields family, high and low; the family is negative where there is
        no address, or a text that is none.
    """
    found = each(columns[0], _address, _ADDRESS)
    for column in columns[1:]:
        missing = found["family"] == _NO_ADDRESS[0]
        found = np.where(missing, each(column, _address, _ADDRESS), found)
    return found


def ports(column: pd.Series) -> np.ndarray:
    """Numbers of ports, -1 where there is none.

    Parameters
    ----------
    column : Series of shape (n_packets,)
        Texts or numbers.

    Returns
    -------
    ndarray of int64, shape (n_packets,)
        -1 to 65,535.

    Raises
    ------
    ValueError
        If one is no port.
    """
    return each(column, _port, np.int64)


def _address(value: Any) -> tuple[int, int, int]:
    text = text_of(value)
    if not text:
        return _NO_ADDRESS
    try:
        return address_to_ints(text)
    except ValueError:
        return _BAD_ADDRESS


def _mac(value: Any) -> int:
    try:
        return mac_to_int(text_of(value))
    except ValueError:
        return -1


def _port(value: Any) -> int:
    text = text_of(value)
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
