"""Decoder of tshark's fields, one packet a line, parted by tabs."""

import io
from typing import Self

import numpy as np
import pandas as pd

from skmirai.packets._columns import check_columns
from skmirai.packets._decoder import Decoder, begins_with
from skmirai.packets._packets import PACKET
from skmirai.packets._report import MALFORMED
from skmirai.packets._tshark import (
    TSHARK_COLUMNS,
    packets_from_tshark,
    tshark_columns,
)

_FIRST = b"frame.time_epoch"
_LONGEST_LINE = 1 << 20

#: Bytes that are parsed at a time.
_PART = 1 << 20


class TsvDecoder(Decoder):
    """Decoder of the tables that ``tshark -T fields -E header=y`` writes.

    Parameters
    ----------
    name : str
        Name of the source, for messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._columns: list[str] | None = None
        self._rest = b""
        self._n_lines = 0

    @staticmethod
    def fits(head: bytes) -> bool | None:
        """Whether a source that begins so is such a table."""
        return begins_with(head, (_FIRST,), len(_FIRST))

    @classmethod
    def begin(cls, head: bytes, name: str) -> Self:
        """Decoder for a source that fits."""
        return cls(name)

    def feed(self, data: bytes) -> np.ndarray:
        """Packets of the lines that are whole now."""
        # A line may have four bytes, and takes a thousand while it is parsed.
        parts = [self._feed(data[k : k + _PART]) for k in range(0, len(data), _PART)]
        return np.concatenate([np.empty(0, PACKET), *parts])

    def _feed(self, data: bytes) -> np.ndarray:
        lines, newline, self._rest = (self._rest + data).rpartition(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            raise ValueError(
                f"{self._name} has a line of more than {_LONGEST_LINE} bytes: expected "
                "tshark's fields, one packet a line"
            )
        return self._parse(lines) if newline else np.empty(0, PACKET)

    def finish(self) -> tuple[np.ndarray, int, str | None]:
        """The packet of a last line without an end, if that has all its fields."""
        rest, self._rest = self._rest, b""
        if self._columns is None:
            records = self._parse(rest)  # checks the header
            return records, 0, None
        if not rest.strip():
            return np.empty(0, PACKET), 0, None
        if rest.count(b"\t") + 1 < len(self._columns):
            return np.empty(0, PACKET), len(rest), "the last line lacks fields"
        return self._parse(rest), 0, None

    def _parse(self, lines: bytes) -> np.ndarray:
        if self._columns is None:
            header, _, lines = lines.partition(b"\n")
            self._columns = header.decode("latin-1").strip("\r\n").split("\t")
            self._n_lines = 1
            check_columns(self._columns, TSHARK_COLUMNS, self._name)
        n_lines = lines.count(b"\n") + 1
        rows = [row for row in lines.split(b"\n") if row.strip(b" \r")]
        if not rows:
            return np.empty(0, PACKET)
        read = [name for name in tshark_columns() if name in self._columns]
        n_fields = np.array([row.count(b"\t") + 1 for row in rows])
        # Where all lines lack fields, pandas would take the names to be too many.
        for k in np.flatnonzero(n_fields < len(self._columns)):
            rows[k] += b"\t" * (len(self._columns) - n_fields[k])
        try:
            frame = pd.read_csv(
                io.BytesIO(b"\n".join(rows)),
                sep="\t",
                lineterminator="\n",
                names=self._columns,
                usecols=read,
                dtype=str,
                encoding="latin-1",
                keep_default_na=False,
                na_filter=False,
                quoting=3,
                index_col=False,
            )
            records = packets_from_tshark(frame)
            records["flags"][n_fields != len(self._columns)] |= MALFORMED
        except ValueError as error:
            first = self._n_lines + 1
            raise ValueError(
                f"{self._name}, in the lines from {first} on: {error}"
            ) from error
        self._n_lines += n_lines
        return records
