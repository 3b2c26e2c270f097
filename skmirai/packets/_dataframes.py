"""Packets from a DataFrame: tshark's columns, or those of a packet table."""

import numpy as np
import pandas as pd

from skmirai.packets._columns import (
    addresses,
    begin_records,
    check_columns,
    enter_addresses,
    ports,
)
from skmirai.packets._packets import COLUMNS
from skmirai.packets._protocols import protocol_code
from skmirai.packets._texts import each, text_of
from skmirai.packets._tshark import TSHARK_COLUMNS, packets_from_tshark


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
    >>> from skmirai.packets import read_packets
    >>> read_packets(pd.DataFrame({"time": [1.0], "length": [60]}))
    Traceback (most recent call last):
    ValueError: the DataFrame lacks the columns ['source_mac', 'destination_mac', ...
    """
    tshark = TSHARK_COLUMNS[0] in frame.columns
    expected = TSHARK_COLUMNS if tshark else COLUMNS
    check_columns(list(frame.columns), expected, "the DataFrame")
    return packets_from_tshark(frame) if tshark else _from_table(frame)


def _from_table(frame: pd.DataFrame) -> np.ndarray:
    records = begin_records(frame, *COLUMNS[:4])
    for end in ("source", "destination"):
        records[f"{end}_port"] = ports(frame[f"{end}_port"])
    records["protocol"] = each(
        frame["protocol"],
        lambda value: protocol_code(text_of(value).lower() or "other"),
        np.uint8,
    )
    enter_addresses(
        records, addresses(frame["source"]), addresses(frame["destination"])
    )
    return records
