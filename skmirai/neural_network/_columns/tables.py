"""Some rows of a table, without a copy of them; what is too large for memory."""

from typing import Any

import numpy as np
from scipy import sparse
from sklearn import get_config

from skmirai.utils._sklearn import safe_indexing


class RowsOf:
    """Some rows of a table, in some order, without a copy of them.

    Parameters
    ----------
    table : DataFrame, ndarray or CSR matrix of shape (n_rows, n_columns)
        The whole table; a memory-mapped array stays where it is.
    chosen : ndarray of int or None, default=None
        Row numbers; None stands for all rows as they lie.
    always : bool, default=True
        Whether the rows are read in parts however few they are. Otherwise they are
        if their kept columns are too large for memory.
    """

    def __init__(
        self, table: Any, chosen: np.ndarray | None = None, *, always: bool = True
    ) -> None:
        self.table = table
        self._chosen = chosen
        self._always = always

    @property
    def shape(self) -> tuple[int, int]:
        """Number of chosen rows and of columns."""
        n_rows = self.table.shape[0] if self._chosen is None else len(self._chosen)
        return n_rows, self.table.shape[1]

    @property
    def kind(self) -> str:
        """What the table is, for messages."""
        return "sparse" if sparse.issparse(self.table) else "memory-mapped"

    def __len__(self) -> int:
        return self.shape[0]

    def in_parts(self, n_columns: int) -> bool:
        """Tell whether so many columns are read in parts, not all rows at once."""
        return self._always or _takes_too_much(len(self), n_columns)

    def take(self, rows: np.ndarray) -> "RowsOf":
        """Choose among the chosen rows."""
        chosen = rows if self._chosen is None else self._chosen[rows]
        return RowsOf(self.table, chosen, always=self._always)

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
    """Tell whether a table stays on the disk: memory-mapped, and large."""
    # a copy in memory is a memmap too, but without a file behind it
    return getattr(X, "_mmap", None) is not None and _takes_too_much(*X.shape)


def _takes_too_much(n_rows: int, n_columns: int) -> bool:
    """Tell whether an array takes more than scikit-learn's ``working_memory``.

    That is 1 GiB unless it is set; numbers are counted in single precision.
    """
    return 4 * n_rows * n_columns > get_config()["working_memory"] * 2**20


def out_of_memory(error: MemoryError, batch_size: int) -> MemoryError:
    """Say what to do about a fit that needs more memory than there is."""
    return MemoryError(
        f"fitting with batch_size={batch_size} ran out of memory ({error}); take a "
        f"smaller batch_size, or pass the table as np.load(path, mmap_mode='r'): it "
        f"is read in parts if it exceeds sklearn.get_config()['working_memory'] MiB"
    )
