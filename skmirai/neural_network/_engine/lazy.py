"""Arrays whose rows are made when they are asked for."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

#: Rows that are read at once: their columns then stay in the processor's cache.
ROWS_AT_ONCE = 2**13

#: Values that are made at once: 64 MB in double precision.
VALUES_AT_ONCE = 2**23


def rows_at_once(n_columns: int) -> int:
    """Rows of a part: fewer where they are wide."""
    return max(1, min(ROWS_AT_ONCE, VALUES_AT_ONCE // n_columns))


def row_slices(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Cut rows into parts that are read one after the other."""
    step = rows_at_once(n_columns)
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))


class Source(Protocol):
    """Some rows that can be read by their numbers."""

    def __len__(self) -> int: ...

    def read(self, rows: np.ndarray | slice) -> Any:
        """Copy rows into memory."""


class LazyArray:
    """An array whose rows are made from those of a table when they are asked for.

    Parameters
    ----------
    rows : Source
        The table.
    make : callable
        Turns some of the table's rows into an array with as many rows, each by
        itself.
    n_read : int, default=0
        Columns on the way to that array, where they are more than its own.

    Attributes
    ----------
    width : int
        Largest number of columns on the way.
    shape : tuple of int
        Number of rows and of columns that ``make`` returns.
    dtype : numpy.dtype
        Type that ``make`` returns.
    """

    def __init__(
        self, rows: Source, make: Callable[[Any], np.ndarray], n_read: int = 0
    ) -> None:
        self.rows = rows
        self.make = make
        first = make(rows.read(slice(0, 1)))
        self.shape = (len(rows), first.shape[1])
        self.width = max(n_read, first.shape[1])
        self.dtype = first.dtype

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def size(self) -> int:
        """Number of values."""
        return self.shape[0] * self.shape[1]

    def read(self, rows: np.ndarray | slice) -> np.ndarray:
        """Make some rows, in the order of their numbers in an array.

        Many and wide ones are made in parts, so that what lies between the table
        and the array takes little memory.
        """
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self))
            n_rows = stop - start
        else:
            n_rows = len(rows)
        if n_rows * self.width <= VALUES_AT_ONCE:
            return self.make(self.rows.read(rows))
        if isinstance(rows, slice):
            rows = np.arange(start, stop)
        order = np.argsort(rows, kind="stable")  # near rows are read together
        made = np.empty((n_rows, self.shape[1]), self.dtype)
        for part in row_slices(n_rows, self.width):
            places = order[part]
            made[places] = self.make(self.rows.read(rows[places]))
        return made

    __getitem__ = read

    def slices(self) -> Iterator[slice]:
        """Places of parts that are read one after the other."""
        return row_slices(len(self), self.width)
