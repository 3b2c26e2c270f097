"""Some rows of a table, without a copy of them; what is too large for memory."""

from typing import Any

import numpy as np
from sklearn import get_config

from skmirai.utils._sklearn import safe_indexing


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


def is_too_large(X: Any) -> bool:
    """Tell whether a table stays on the disk: memory-mapped, and large.

    Large is what takes more than scikit-learn's ``working_memory``, 1 GiB unless
    it is set, as numbers of single precision.
    """
    limit = get_config()["working_memory"] * 2**20
    # a copy in memory is a memmap too, but without a file behind it
    return getattr(X, "_mmap", None) is not None and 4 * X.size > limit
