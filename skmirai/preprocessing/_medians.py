"""Medians of columns that may lack values, of tables of any size."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from sklearn import get_config

from skmirai.preprocessing._quartiles import quartiles


class Medians(NamedTuple):
    """What is known of columns of numbers.

    Attributes
    ----------
    values : ndarray of shape (n_columns,)
        Median of the values that are there; 0 where there are none.
    n_missing : ndarray of int, shape (n_columns,)
        Number of those that are not.
    n_rows : int
        Number of rows.
    """

    values: np.ndarray
    n_missing: np.ndarray
    n_rows: int


def column_medians(
    parts: Callable[[], Iterable[np.ndarray]],
    n_columns: int,
    sample_weight: np.ndarray | None = None,
    *,
    n_rows_on_disk: int = 0,
) -> Medians:
    """Return the medians of a table that comes in parts.

    Parameters
    ----------
    parts : callable
        Returns the rows, in parts of shape (n_rows, n_columns), NaN where a value is
        missing. It is called once for each group of columns.
    n_columns : int
        Number of columns.
    sample_weight : ndarray of shape (n_rows,) or None, default=None
        Positive weights of the rows.
    n_rows_on_disk : int, default=0
        Number of rows of a table that is too large for memory. As many columns are
        held at once as fit in scikit-learn's ``working_memory``.

    Returns
    -------
    Medians
        Medians and numbers of missing values.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._medians import column_medians
    >>> table = np.array([[1.0, np.nan], [3.0, np.nan]])
    >>> column_medians(lambda: [table], 2).values
    array([2., 0.])
    """
    values, n_missing, n_rows = np.zeros(n_columns), np.zeros(n_columns, dtype=int), 0
    n_at_once = n_columns
    if n_rows_on_disk:
        n_values = get_config()["working_memory"] * 2**20 // 8
        n_at_once = max(1, int(n_values // n_rows_on_disk))
    for start in range(0, n_columns, n_at_once):
        group = slice(start, start + n_at_once)
        read = [np.array(part[:, group].T, order="C") for part in parts()]
        columns = read[0] if len(read) == 1 else np.concatenate(read, axis=1)
        n_rows = columns.shape[1]
        for place, column in enumerate(columns, start):
            present = ~np.isnan(column)
            n_missing[place] = n_rows - present.sum()
            if present.any():
                weight = None if sample_weight is None else sample_weight[present]
                values[place] = quartiles(column[present], weight)[1]
    return Medians(values, n_missing, n_rows)
