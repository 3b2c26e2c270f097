"""What a command reads: a capture, or a table of features, piece by piece."""

import errno
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from skmirai.cli._live import LiveInput

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from skmirai.feature_extraction import AfterImageExtractor, PacketReport

#: Most rows of a piece: what is in memory at a time, whatever the size of the input.
ROWS = 4096

#: Columns that say which packet a row is of, in the order in which they are written.
PACKET_COLUMNS = (
    "time",
    "source",
    "destination",
    "source_port",
    "destination_port",
    "protocol",
)

_HEAD = 1 << 16


class Piece(NamedTuple):
    """Some rows of a source.

    Attributes
    ----------
    features : ndarray or DataFrame of shape (n_rows, n_columns)
        At most `ROWS` of them.
    packets : DataFrame of n_rows rows, or None
        Those of `PACKET_COLUMNS` that the source has.
    """

    features: "np.ndarray | pd.DataFrame"
    packets: "pd.DataFrame | None"


def kind_of(path: Path) -> str:
    """Tell a capture from a table by the first bytes.

    Parameters
    ----------
    path : Path
        A file; ``-`` is standard input.

    Returns
    -------
    {"capture", "parquet", "npy", "csv"}
        What cannot be read twice, a pipe for instance, is called a capture, as is
        what ends too early to tell.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    ValueError
        If the type of the file is unknown, or it is a capture of a link type that
        cannot be read.
    """
    from skmirai.packets import may_be_packets

    if str(path) == "-" or not stat.S_ISREG(path.stat().st_mode):
        if path.is_dir():
            raise IsADirectoryError(
                errno.EISDIR, "is a folder: expected a file", str(path)
            )
        return "capture"
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    if head[:2] == b"\x1f\x8b":
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, _HEAD)
        except zlib.error:
            return "capture"  # its reader says what is wrong
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\x93NUMPY"):
        return "npy"
    line = head.partition(b"\n")[0].strip()
    is_text = b"\0" not in line and b"\t" not in line
    is_text = is_text and (b"," in line or _is_one_column(line, path))
    if is_text or head.startswith(b"PK\3\4"):
        return "csv"
    if not may_be_packets(head, str(path)):
        raise ValueError(
            f"{path} is of an unknown type, it begins with {head[:8]!r}: expected a "
            "pcap or pcapng capture, tshark's fields parted by tabs, or a Parquet, "
            "NumPy or CSV file, its fields parted by commas from the first line on"
        )
    return "capture"


def _is_one_column(line: bytes, path: Path) -> bool:
    """Tell a CSV file of one column, by its name and its first line, from others."""
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    named = path.name.lower().removesuffix(".gz").endswith(".csv")
    return named and text.isprintable() and text != "" and not {*text} & {*";#|"}


class Capture:
    """The features of the packets of a capture, as they can be read.

    Parameters
    ----------
    path : Path
        A pcap or pcapng file, or tshark's fields, gzipped or not; ``-`` is standard
        input.
    extractor : AfterImageExtractor or None
        Makes the features; its stream is begun here. None leaves them out: pieces then
        have features of shape (n_rows, 0).
    follow : bool, default=False
        Whether to wait at the end of the file for more, until SIGINT.
    with_packets : bool, default=False
        Whether pieces have the columns of `PACKET_COLUMNS`.
    with_times : bool, default=False
        Whether pieces have the column "time" at least: it takes a tenth of the time of
        all columns, whose addresses are text.
    needs_packets : bool, default=True
        Whether a capture without any is an error.

    Attributes
    ----------
    name : str
        Name of the source, for messages.
    n_columns : int
        115; 0 without an extractor.
    live : bool
        Whether packets are read as they arrive: from a pipe, or of a growing file.
    stopped : bool
        Whether SIGINT has ended the input.
    """

    unit = "B"

    def __init__(
        self,
        path: Path,
        extractor: "AfterImageExtractor | None",
        *,
        follow: bool = False,
        with_packets: bool = False,
        with_times: bool = False,
        needs_packets: bool = True,
    ) -> None:
        from skmirai.feature_extraction import FEATURE_NAMES, PacketReader

        names: tuple[str, ...] = () if extractor is None else FEATURE_NAMES
        self.names: tuple[str, ...] | None = names
        self.n_columns = len(names)
        self._extractor = None if extractor is None else extractor.reset()
        self._with_packets, self._with_times = with_packets, with_times
        self._needs_packets = needs_packets
        self._stack = ExitStack()
        self._live: LiveInput | None = None
        source, self.total = self._open(path, follow)
        self._reader = self._stack.enter_context(PacketReader(source))
        self.name = self._reader.name

    def _open(self, path: Path, follow: bool) -> tuple[Any, int | None]:
        """Source of the bytes, and their number where that is known."""
        is_standard = str(path) == "-"
        if is_standard and sys.stdin is None:
            raise ValueError("standard input is closed: give a file, or use a pipe")
        facts = os.fstat(sys.stdin.fileno()) if is_standard else path.stat()
        if is_standard and sys.stdin.isatty():
            raise ValueError(
                "standard input is a terminal: expected a capture from a pipe, such "
                "as 'tcpdump -w - | skmirai ... -'"
            )
        if stat.S_ISREG(facts.st_mode) and not (follow and not is_standard):
            return (sys.stdin.buffer if is_standard else path), facts.st_size
        source = sys.stdin.fileno() if is_standard else path
        self._live = LiveInput(source, follow=follow and not is_standard)
        return self._stack.enter_context(self._live), None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def done(self) -> int:
        """Bytes read so far."""
        return self._reader.n_bytes

    @property
    def report(self) -> "PacketReport":
        """Counts of the packets so far."""
        return self._reader.report

    @property
    def live(self) -> bool:
        """Whether packets are read as they arrive."""
        return self._live is not None

    @property
    def stopped(self) -> bool:
        """Whether SIGINT has ended the input."""
        return self._live is not None and self._live.stopped

    def __iter__(self) -> Iterator[Piece]:
        import pandas as pd

        for table in self._reader:
            for start in range(0, len(table), ROWS):
                packets = table[start : start + ROWS]
                features = self._features(packets)
                frame = None
                if self._with_packets:
                    frame = packets.to_frame()[list(PACKET_COLUMNS)]
                elif self._with_times:
                    frame = pd.DataFrame({"time": packets.records["time"]})
                yield Piece(features, frame)
        if self._needs_packets and not self.report.n_packets:
            raise ValueError(
                f"{self.name} holds no packets: {self.report}; expected at least one"
            )

    def _features(self, packets: Any) -> "np.ndarray":
        import numpy as np

        if self._extractor is None:
            return np.empty((len(packets), 0))
        return self._extractor.partial_transform(packets)
