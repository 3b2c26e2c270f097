"""The packet table: what the readers produce and the features are made from."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from skmirai.packets._addresses import int_to_mac, ints_to_address
from skmirai.packets._protocols import PROTOCOLS
from skmirai.packets._report import PacketReport

#: One packet. Addresses are numbers in two halves of 64 bits, of the family 4 (IPv4),
#: 6 (IPv6) or 0 (no network layer: the MACs serve as addresses). Ports are -1 where a
#: packet has none. ``protocol`` is a place in PROTOCOLS.
PACKET = np.dtype(
    [
        ("time", np.float64),
        ("length", np.int64),
        ("source_mac", np.uint64),
        ("destination_mac", np.uint64),
        ("source_high", np.uint64),
        ("source_low", np.uint64),
        ("destination_high", np.uint64),
        ("destination_low", np.uint64),
        ("source_port", np.int32),
        ("destination_port", np.int32),
        ("family", np.uint8),
        ("protocol", np.uint8),
        ("flags", np.uint8),
    ],
    align=True,
)

#: Columns of the table as a DataFrame.
COLUMNS = (
    "time",
    "length",
    "source_mac",
    "destination_mac",
    "source",
    "destination",
    "source_port",
    "destination_port",
    "protocol",
)

#: Seconds: no gap between two times may overflow when it is squared twice.
_LONGEST_TIME = 1e20


class PacketTable:
    """Packets in the order of the capture, as columns of numbers.

    Parameters
    ----------
    records : ndarray of shape (n_packets,), of dtype ``PACKET``
        One record per packet.
    report : PacketReport or None, default=None
        What was read. None counts the flags of the records.

    Attributes
    ----------
    records : ndarray of shape (n_packets,), of dtype ``PACKET``
        The records; ``records["time"]`` is a column.
    report : PacketReport
        What was read, and what was wrong with it.

    Raises
    ------
    ValueError
        If a time is not finite or a length is negative.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.packets import PACKET, PacketTable
    >>> records = np.zeros(2, PACKET)
    >>> records["length"] = 60, 98
    >>> table = PacketTable(records)
    >>> len(table), table.to_frame()["length"].tolist()
    (2, [60, 98])
    """

    def __init__(self, records: np.ndarray, report: PacketReport | None = None):
        if records.dtype != PACKET or records.ndim != 1:
            raise ValueError(
                f"records of dtype {records.dtype} and shape {records.shape} are no "
                "packets: use read_packets, or give it a DataFrame"
            )
        check_packets(records)
        self.records = records
        if report is None:
            report = PacketReport()
            report.count(records["flags"])
        self.report = report

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, rows: slice | np.ndarray) -> "PacketTable":
        return PacketTable(np.atleast_1d(self.records[rows]))

    def __iter__(self) -> Iterator["PacketTable"]:
        raise TypeError("a PacketTable is not iterable: use records or to_frame()")

    def __repr__(self) -> str:
        return f"<PacketTable: {self.report}>"

    @classmethod
    def concatenate(
        cls, tables: Iterable["PacketTable"], report: PacketReport | None = None
    ) -> "PacketTable":
        """Join tables, one after the other.

        Parameters
        ----------
        tables : iterable of PacketTable
            May be empty.
        report : PacketReport or None, default=None
            Of the whole. None adds the reports of the tables.

        Returns
        -------
        PacketTable
            All packets.
        """
        tables = list(tables)
        if report is None:
            report = PacketReport()
            for table in tables:
                report.add(table.report)
        if len(tables) == 1:
            return cls(tables[0].records, report)
        parts = [np.empty(0, PACKET), *(table.records for table in tables)]
        return cls(np.concatenate(parts), report)

    def to_frame(self) -> pd.DataFrame:
        """The packets as text and numbers.

        Returns
        -------
        DataFrame of shape (n_packets, 9)
            The columns time (Unix seconds), length (bytes on the wire), source_mac,
            destination_mac, source, destination (IP addresses, or MACs where there is
            no network layer), source_port, destination_port (-1 where there is none)
            and protocol. :func:`read_packets` takes such a frame back.
        """
        records = self.records
        columns = {
            "time": records["time"],
            "length": records["length"],
            "source_mac": _texts(records, "source_mac"),
            "destination_mac": _texts(records, "destination_mac"),
            "source": _address_texts(records, "source"),
            "destination": _address_texts(records, "destination"),
            "source_port": records["source_port"],
            "destination_port": records["destination_port"],
            "protocol": np.array(list(PROTOCOLS), object)[records["protocol"]],
        }
        return pd.DataFrame(columns)


def check_packets(records: np.ndarray) -> None:
    """Raise where a time or a length cannot be one.

    Parameters
    ----------
    records : ndarray of dtype ``PACKET``
        The packets.

    Raises
    ------
    ValueError
        Naming the first packet with such a value.
    """
    bad = ~(np.abs(records["time"]) <= _LONGEST_TIME)  # NaN is bad too
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"time={records['time'][row]} of packet {row} must be finite Unix seconds: "
            "drop the packet or mend its time"
        )
    bad = (records["length"] < 0) | (records["length"] > 1 << 40)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"length={records['length'][row]} of packet {row} must be bytes, 0 or "
            "more: drop the packet or mend its length"
        )


def _texts(records: np.ndarray, column: str) -> np.ndarray:
    """MAC addresses as text, made once for each."""
    numbers, places = np.unique(records[column], return_inverse=True)
    return np.array([int_to_mac(number) for number in numbers], object)[places]


def _address_texts(records: np.ndarray, end: str) -> np.ndarray:
    """Addresses of one end as text, made once for each."""
    frame = pd.DataFrame(
        {name: records[name] for name in ("family", f"{end}_high", f"{end}_low")}
    )
    places = frame.groupby(list(frame.columns), sort=False).ngroup().to_numpy()
    first = np.unique(places, return_index=True)[1]
    unique = frame.iloc[first].itertuples(index=False, name=None)
    return np.array([ints_to_address(*map(int, u)) for u in unique], object)[places]
