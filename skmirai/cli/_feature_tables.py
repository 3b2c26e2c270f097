"""Tables of features in Parquet, NumPy and CSV files, read piece by piece."""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from skmirai.cli._sources import PACKET_COLUMNS, ROWS, Piece

if TYPE_CHECKING:
    import pandas as pd

#: What Zeek writes where there is no value.
DASH = "-"

#: What pandas takes for a missing value in CSV; in a column that knows such a word as
#: a category it is one.
MISSING = {"", "NA", "N/A", "n/a", "<NA>", "NULL", "null", "None", "NaN", "-NaN", "nan"}
MISSING |= {"-nan", "#N/A", "#N/A N/A", "#NA", "1.#IND", "-1.#IND", "1.#QNAN"}
MISSING |= {"-1.#QNAN"}

#: What it takes for a switch, 0 or 1.
_SWITCHES = {"True", "TRUE", "true", "False", "FALSE", "false"}


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
    text : collection of int
        Columns of a CSV file that are read as text, whatever they hold; set it before
        the first piece.
    gaps : collection of int
        Columns of a CSV or Parquet file in which a dash stands for a missing value, as
        an empty field does everywhere; set it before the first row is checked.
    known : mapping of int to collection of str
        Words that are categories of columns of a CSV file, and thus no missing values
        there; set it before the first piece.
    total, done : int
        Size of the file, and how far it has been read, in `unit`.
    live, stopped : bool
        False: all of it is there, and SIGINT interrupts.

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
    live = stopped = False

    def __init__(self, path: Path, kind: str) -> None:
        self.name = str(path)
        self.done = 0
        self.text: Collection[int] = ()
        self.gaps: Collection[int] = ()
        self.known: Mapping[int, Collection[str]] = {}
        self._first_line: list[str] = []
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

    def check_header(
        self, names: Collection[str] | None, known: Mapping[int, Collection[str]]
    ) -> None:
        """Take the first line of a CSV file for a row if it is one of the model's.

        Where all columns hold text, a row looks like names of columns.

        Parameters
        ----------
        names : collection of str or None
            Names of the columns that the model was fitted on.
        known : mapping of int to collection of str
            The categories of each column that it uses; of one that is no category,
            none.
        """
        fields = self._first_line
        if (
            not fields
            or self.names is None
            or (names is not None and {*names} <= {*fields})
        ):
            return
        pairs = [(fields[column], words) for column, words in known.items()]
        if any(field for field, _ in pairs) and all(
            field in words or (not field and len(words)) for field, words in pairs
        ):
            self.names = None

    def check_first_row(self, columns: Iterable[int]) -> None:
        """Raise an error if the first line of a CSV file is neither names nor numbers.

        Parameters
        ----------
        columns : iterable of int
            Columns that matter.

        Raises
        ------
        ValueError
            If the file has no header, and one of these fields is no number.
        """
        first_row = self._first_line if self.names is None else []
        for column in columns if first_row else ():
            field = first_row[column]
            if field in MISSING | _SWITCHES or (field == DASH and column in self.gaps):
                continue
            try:
                float(field)
            except ValueError:
                raise ValueError(
                    f"{self.name}, line 1: {field!r} is no number, and the line is no "
                    "header, of which all fields would be names: repair or remove it"
                ) from None

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
            yield self._named(_with_nan(batch.to_pandas(), self.gaps))
            self.done += batch.num_rows

    def _npy(self, path: Path) -> Iterator[Piece]:
        from skmirai.utils._files import open_npy

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
        from skmirai.utils._files import is_header, open_text

        with open_text(path) as (text, _):
            fields = _fields(text.readline())
        self.n_columns = len(fields)
        self.names = tuple(fields) if is_header(fields) else None
        self._first_line = fields
        self.total, self.unit = path.stat().st_size, "B"
        text, self._position = self._stack.enter_context(open_text(path))
        return self._chunks(path, text)

    def _chunks(self, path: Path, text: TextIO) -> Iterator[Piece]:
        import pandas as pd

        # Before pandas 3.1 the last bit of a number was not certain.
        release = tuple(int(part) for part in pd.__version__.split(".")[:2])
        exact: dict[str, Any] = (
            {} if release >= (3, 1) else {"float_precision": "round_trip"}
        )
        gaps = dict.fromkeys(self.gaps, MISSING | {DASH})
        missing: Any = {
            place: gaps.get(place, MISSING) - {*self.known.get(place, ())}
            for place in range(self.n_columns)
        }
        lines: Any = _EvenLines(path, text, self.n_columns)
        chunks = pd.read_csv(
            lines,
            header=None if self.names is None else 0,
            names=None if self.names is None else list(range(self.n_columns)),
            chunksize=ROWS,
            index_col=False,
            dtype=dict.fromkeys(self.text, str),
            na_values=missing,
            keep_default_na=False,
            skipinitialspace=not self.text,  # a space may belong to the text
            **exact,
        )
        for chunk in self._tokenized(chunks):
            if self.names is not None:
                chunk.columns = list(self.names)
            yield self._named(chunk)
            self.done = self._position()

    def _tokenized(self, chunks: Any) -> Iterator[Any]:
        from pandas.errors import ParserError

        try:
            yield from chunks
        except ParserError as error:
            raise ValueError(
                f"{self.name}: {error}: repair the row or leave it out"
            ) from error

    def _named(self, frame: "pd.DataFrame") -> Piece:
        packets = [name for name in PACKET_COLUMNS if name in frame.columns]
        return Piece(frame, frame[packets] if packets else None)


def _with_nan(table: "pd.DataFrame", gaps: Collection[int]) -> "pd.DataFrame":
    """Write NaN for missing text, as in CSV: before pandas 3 it would be None."""
    import pandas as pd

    found = {}
    for place, (name, column) in enumerate(table.items()):
        if not pd.api.types.is_object_dtype(column) and not (
            place in gaps and pd.api.types.is_string_dtype(column)
        ):
            continue
        present = column.notna()
        found[str(name)] = column.where(
            present & (column != DASH) if place in gaps else present
        )
    return table.assign(**found) if found else table


class _EvenLines:
    """Lines of a CSV file, handed to pandas once their width has been checked.

    Pandas fills up short rows and, where the first one is too long, cuts all of them.
    """

    def __init__(self, path: Path, text: TextIO, n_columns: int) -> None:
        self._path, self._text, self._n_columns = path, text, n_columns
        self._n_lines = 0

    def __iter__(self) -> Iterator[str]:
        return iter(self._text)

    def read(self, size: int = -1) -> str:
        lines = self._text.readlines(size)
        for line in lines:
            self._n_lines += 1
            if '"' not in line and line.count(",") + 1 == self._n_columns:
                continue
            if not line.isspace() and len(_fields(line)) != self._n_columns:
                raise ValueError(
                    f"{self._path}, line {self._n_lines}: {len(_fields(line))} "
                    f"comma-separated values, expected {self._n_columns} as in the "
                    "first line: repair the line or leave it out"
                )
        return "".join(lines)


def _fields(line: str) -> list[str]:
    (fields,) = csv.reader([line], skipinitialspace=True)  # as pandas is told to
    return [field.strip() for field in fields]
