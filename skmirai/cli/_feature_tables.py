"""Tables of features in Parquet, NumPy and CSV files, read piece by piece."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from skmirai.cli._sources import PACKET_COLUMNS, ROWS, Piece

if TYPE_CHECKING:
    import pandas as pd


class FeatureTable:
    """A table of features.

    Parameters
    ----------
    path : Path
        The file.
    kind : {"parquet", "npy", "csv"}
        Its type. A CSV file, gzipped, zipped or not, may have a header row.

    Attributes
    ----------
    name : str
        The path.
    names : tuple of str or None
        Names of the columns, where the file has them.
    n_columns : int
        Number of columns.
    total, done : int
        Size of the file, and how far it has been read, in `unit`.
    stopped : bool
        False: SIGINT interrupts.

    Raises
    ------
    ValueError
        If the file is damaged or has no rows.
    ImportError
        If it is a Parquet file and PyArrow is not installed.
    """

    names: tuple[str, ...] | None
    n_columns: int
    total: int | None
    unit: str
    stopped = False

    def __init__(self, path: Path, kind: str) -> None:
        self.name = str(path)
        self.done = 0
        self._stack = ExitStack()
        try:
            open_it = {"parquet": self._parquet, "npy": self._npy, "csv": self._csv}
            self._pieces: Iterator[Piece] = open_it[kind](path)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)  # which may say what a file lacks

    def __iter__(self) -> Iterator[Piece]:
        n_rows = 0
        for piece in self._pieces:
            if len(piece.features):  # there may be a header and nothing below it
                n_rows += len(piece.features)
                yield piece
        if not n_rows:
            raise ValueError(f"{self.name} holds no rows: expected at least one")

    def _parquet(self, path: Path) -> Iterator[Piece]:
        from skmirai.utils import import_optional

        parquet = import_optional(
            "pyarrow.parquet", extra="pcap", purpose="Parquet files"
        )
        try:
            file = self._stack.enter_context(parquet.ParquetFile(path))
        except ValueError as error:
            raise ValueError(f"{path} cannot be read: {error}") from error
        self.names = tuple(file.schema_arrow.names)
        self.n_columns = len(self.names)
        self.total, self.unit = file.metadata.num_rows, "rows"
        return self._batches(file)

    def _batches(self, file: Any) -> Iterator[Piece]:
        for batch in file.iter_batches(batch_size=ROWS):
            yield self._named(batch.to_pandas())
            self.done += batch.num_rows

    def _npy(self, path: Path) -> Iterator[Piece]:
        from skmirai.datasets._npy import open_npy

        array = open_npy(path)
        if array.ndim != 2:
            raise ValueError(
                f"{path} has shape {array.shape}: expected (n_rows, n_columns)"
            )
        self.names = None
        self.total, self.unit = len(array), "rows"
        self.n_columns = array.shape[1]
        return self._slices(array)

    def _slices(self, array: Any) -> Iterator[Piece]:
        for start in range(0, len(array), ROWS):
            yield Piece(array[start : start + ROWS], None)
            self.done = min(start + ROWS, len(array))

    def _csv(self, path: Path) -> Iterator[Piece]:
        import pandas as pd

        from skmirai.datasets._text import open_text

        with open_text(path) as (text, _):
            first = text.readline()
        fields = [field.strip().strip('"') for field in first.split(",")]
        self.n_columns = len(fields)
        self.names = tuple(fields) if _is_header(fields) else None
        self.total, self.unit = path.stat().st_size, "B"
        text, self._position = self._stack.enter_context(open_text(path))
        # Before pandas 3.1 the last bit of a number was not certain.
        release = tuple(int(part) for part in pd.__version__.split(".")[:2])
        exact: dict[str, Any] = (
            {} if release >= (3, 1) else {"float_precision": "round_trip"}
        )
        chunks = pd.read_csv(
            text,
            header=None if self.names is None else 0,
            names=None if self.names is None else list(range(self.n_columns)),
            chunksize=ROWS,
            index_col=False,
            **exact,
        )
        return self._chunks(chunks)

    def _chunks(self, chunks: Any) -> Iterator[Piece]:
        for chunk in chunks:
            if self.names is not None:
                chunk.columns = list(self.names)
            yield self._named(chunk)
            self.done = self._position()

    def _named(self, frame: "pd.DataFrame") -> Piece:
        packets = [name for name in PACKET_COLUMNS if name in frame.columns]
        return Piece(frame, frame[packets] if packets else None)


def _is_header(fields: list[str]) -> bool:
    """Whether a first line holds names, or counts the columns as pandas does."""
    counted = [str(i) for i in range(len(fields))]
    return fields == counted or not any(map(_is_number, fields))


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
