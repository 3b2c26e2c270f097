"""Arrays whose rows are made when they are asked for."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

#: Rows that are read at once: their columns then stay in the processor's cache.
ROWS_AT_ONCE = 2**13


def row_slices(n_rows: int) -> Iterator[slice]:
    """Cut rows into parts that are read one after the other."""
    for start in range(0, n_rows, ROWS_AT_ONCE):
        yield slice(start, min(start + ROWS_AT_ONCE, n_rows))


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
        Turns some of the table's rows into an array with as many rows.

    Attributes
    ----------
    shape : tuple of int
        Number of rows and of columns that ``make`` returns.
    dtype : numpy.dtype
        Type that ``make`` returns.
    """

    def __init__(self, rows: Source, make: Callable[[Any], np.ndarray]) -> None:
        self.rows = rows
        self.make = make
        first = self.read(slice(0, 1))
        self.shape = (len(rows), first.shape[1])
        self.dtype = first.dtype

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def size(self) -> int:
        """Number of values."""
        return self.shape[0] * self.shape[1]

    def read(self, rows: np.ndarray | slice) -> np.ndarray:
        """Make some rows, in the order of their numbers in an array."""
        return self.make(self.rows.read(rows))

    __getitem__ = read

    def slices(self) -> Iterator[slice]:
        """Places of parts that are read one after the other."""
        return row_slices(len(self))
