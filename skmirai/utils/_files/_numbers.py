"""Read tables of numbers from text, block by block, without trusting them."""

import math
from collections.abc import Callable, Collection, Generator
from pathlib import Path

import numpy as np

from skmirai.utils._files._errors import InvalidDatasetError
from skmirai.utils._files._header import is_header
from skmirai.utils._files._text import escaped, open_text
from skmirai.utils._finite import first_not_finite

#: Characters that are parsed at a time: memory stays near ten times as much.
BLOCK = 8 * 2**20

_LONGEST = 2**20


def read_numbers(
    path: Path,
    n_columns: Collection[int],
    *,
    check_header: Callable[[list[str]], None] | None = None,
    ensure_all_finite: bool = True,
    progress: bool = False,
    block: int = BLOCK,
) -> Generator[np.ndarray, None, None]:
    """Yield the rows of a comma-separated file, as many as `block` characters hold.

    Values are those of ``float(text)``, bit for bit. Blank lines are left out, and
    so is a header row, see `is_header`.

    Parameters
    ----------
    path : Path
        Plain, gzipped or zipped text.
    n_columns : collection of int
        Numbers of columns that are right; the first line chooses among them.
    check_header : callable, default=None
        Called with the names of a header row; raises where they are wrong.
    ensure_all_finite : bool, default=True
        Whether values that are not finite numbers are an error at the end.
    progress : bool, default=False
        Whether to show a bar on standard error; only where it is a terminal.
    block : int, default=8 MiB
        Characters per block.

    Yields
    ------
    rows : ndarray of float64 of shape (n, k)
        k is one of `n_columns`, the same in all blocks; values that are not finite
        numbers are NaN.

    Raises
    ------
    InvalidDatasetError
        If the file holds no rows, a line has another number of columns (at once), or
        values are not finite numbers (at the end, with their count) unless they
        may be.
    """
    from tqdm import tqdm

    bad = _BadValues(path)
    n_rows = 0
    with (
        open_text(path) as (text, position),
        tqdm(
            desc=escaped(path.name),
            total=path.stat().st_size,
            unit="B",
            unit_scale=True,
            delay=1.0,
            disable=None if progress else True,
        ) as bar,
    ):
        expected: tuple[int, ...] = tuple(sorted(n_columns))
        line_number, first = 1, True
        # A file without line ends must not be read into memory as one line.
        start = text.readline(_LONGEST)
        if len(start) == _LONGEST:
            raise InvalidDatasetError(
                f"{path}: the first line has no end within {_LONGEST} characters, "
                "expected lines of comma-separated numbers: this is another file"
            )
        while lines := [*([start] if start else []), *text.readlines(block)]:
            start = ""
            n_lines = len(lines)
            if first:
                lines, n_skipped = _without_blank_start(lines)
                if not lines:
                    line_number += n_lines
                    continue
                first = False
                names = _fields(lines[0])
                _check_width(path, line_number + n_skipped, len(names), expected)
                expected = (len(names),)
                if is_header(names):
                    if check_header is not None:
                        check_header(names)
                    lines, n_skipped = lines[1:], n_skipped + 1
                line_number, n_lines = line_number + n_skipped, n_lines - n_skipped
            rows = _parse(lines, line_number, expected[0], bad)
            line_number += n_lines
            n_rows += len(rows)
            if len(rows):
                yield rows
            bar.update(position() - bar.n)
    if ensure_all_finite:
        bad.raise_if_any()
    if not n_rows:
        raise InvalidDatasetError(f"{path} has no rows of data: get the file again")


class _BadValues:
    """Count of values that are not finite numbers, and where the first one is."""

    def __init__(self, path: Path):
        self.path = path
        self.n_bad = 0
        self.first = ""

    def add(self, line: int, column: int, value: str) -> None:
        self.first = self.first or f"{value[:40]!r} in line {line}, column {column}"
        self.n_bad += 1

    def raise_if_any(self) -> None:
        if self.n_bad:
            raise InvalidDatasetError(
                f"{self.path}: {self.n_bad} "
                f"{'value is not a finite number' if self.n_bad == 1 else ''}"
                f"{'values are not finite numbers' if self.n_bad > 1 else ''}, "
                f"the first {self.first} (lines from 1, columns from 0): "
                "get the file again, or repair these rows"
            )


def _parse(
    lines: list[str], first_line: int, n_columns: int, bad: _BadValues
) -> np.ndarray:
    """Parse lines at NumPy's speed, and one by one where that finds a fault."""
    if not any(not line.isspace() for line in lines):
        return np.empty((0, n_columns))
    n_rows = sum(not line.isspace() for line in lines)
    try:
        # Quotes go the slow way: in a damaged file they could join fields and lines.
        rows = np.loadtxt(lines, delimiter=",", comments=None, ndmin=2)
    except ValueError:
        rows = None
    if (
        rows is not None
        and rows.shape == (n_rows, n_columns)
        and first_not_finite(rows, axis=0) is None
    ):
        return rows
    slowly = []
    for number, line in enumerate(lines, first_line):
        if line.isspace():
            continue
        fields = _fields(line)
        _check_width(bad.path, number, len(fields), (n_columns,))
        try:
            values = [float(field) for field in fields]
        except ValueError:
            values = [_number(field) for field in fields]
        for column, value in enumerate(values):
            if not math.isfinite(value):
                bad.add(number, column, fields[column])
                values[column] = math.nan
        slowly.append(values)
    return np.array(slowly)


def _fields(line: str) -> list[str]:
    """Fields of a line, without blanks around them and then a pair of quotes."""
    fields = [field.strip() for field in line.split(",")]
    if '"' not in line:
        return fields
    return [x[1:-1] if x[:1] == x[-1:] == '"' and len(x) > 1 else x for x in fields]


def _number(field: str) -> float:
    try:
        return float(field)
    except ValueError:
        return math.nan


def _without_blank_start(lines: list[str]) -> tuple[list[str], int]:
    n_blank = next((i for i, x in enumerate(lines) if not x.isspace()), len(lines))
    return lines[n_blank:], n_blank


def _check_width(path: Path, line: int, found: int, expected: tuple[int, ...]) -> None:
    if found not in expected:
        raise InvalidDatasetError(
            f"{path}, line {line}: {found} comma-separated "
            f"{'column' if found == 1 else 'columns'}, expected "
            f"{' or '.join(map(str, expected))}: this is another file, or one that is "
            "cut off or damaged; get it again"
        )
