"""Tables whose rows are read, checked and scaled when they are asked for."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn import get_config

from skmirai.utils._sklearn import safe_indexing

#: Rows that are read at once: their columns then stay in the processor's cache.
ROWS_AT_ONCE = 2**13


def row_slices(n_rows: int) -> Iterator[slice]:
    """Cut rows into parts that are read one after the other."""
    for start in range(0, n_rows, ROWS_AT_ONCE):
        yield slice(start, min(start + ROWS_AT_ONCE, n_rows))


class RowsOf:
    """Some rows of a table, in some order, without a copy of them.

    Parameters
    ----------
    table : DataFrame or ndarray of shape (n_rows, n_columns)
        The whole table; a memory-mapped array stays where it is.
    chosen : ndarray of int or None, default=None
        Row numbers; None stands for all rows as they lie.
    """

    def __init__(self, table: Any, chosen: np.ndarray | None = None) -> None:
        self.table = table
        self._chosen = chosen

    @property
    def shape(self) -> tuple[int, int]:
        """Number of chosen rows and of columns."""
        n_rows = len(self.table) if self._chosen is None else len(self._chosen)
        return n_rows, self.table.shape[1]

    def __len__(self) -> int:
        return self.shape[0]

    def take(self, rows: np.ndarray) -> "RowsOf":
        """Choose among the chosen rows."""
        return RowsOf(self.table, rows if self._chosen is None else self._chosen[rows])

    def read(self, rows: np.ndarray | slice) -> Any:
        """Copy rows into memory, near ones together."""
        if self._chosen is not None:
            rows = self._chosen[rows]
        if isinstance(rows, slice):
            return safe_indexing(self.table, rows)
        order = np.argsort(rows, kind="stable")
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return safe_indexing(safe_indexing(self.table, rows[order]), back)


class LazyArray:
    """An array whose rows are made from those of a table when they are asked for.

    Parameters
    ----------
    rows : RowsOf
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

    def __init__(self, rows: RowsOf, make: Callable[[Any], np.ndarray]) -> None:
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


def is_too_large(X: Any) -> bool:
    """Tell whether a table stays on the disk: memory-mapped, and large.

    Large is what takes more than scikit-learn's ``working_memory``, 1 GiB unless
    it is set, as numbers of single precision.
    """
    limit = get_config()["working_memory"] * 2**20
    # a copy in memory is a memmap too, but without a file behind it
    return getattr(X, "_mmap", None) is not None and 4 * X.size > limit
