"""Labels of rows, and other values of which there is one a row."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target


def one_a_row(name: str, values: Any, n_rows: int) -> np.ndarray:
    """Return values as an array, or say that they are too few or too many.

    Parameters
    ----------
    name : str
        What they are called.
    values : array-like of shape (n_rows,)
        The values.
    n_rows : int
        Number of rows that they belong to.

    Returns
    -------
    ndarray of shape (n_rows,)
        The values.

    Raises
    ------
    ValueError
        If their number is another one.
    """
    values = column_or_1d(values)
    if len(values) != n_rows:
        raise ValueError(
            f"{name} has {len(values)} values, but X has {n_rows} rows: give one a row"
        )
    return values


def class_labels(y: Any, n_rows: int) -> np.ndarray:
    """Return labels of two classes or more, one a row.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        The labels.
    n_rows : int
        Number of rows that they belong to.

    Returns
    -------
    ndarray of shape (n_rows,)
        The labels.

    Raises
    ------
    ValueError
        If they are no classes, all of one class, of another number, of one row, or
        missing.

    Examples
    --------
    >>> from skmirai.model_selection._labels import class_labels
    >>> class_labels(["benign", "scan"], 2)
    array(['benign', 'scan'], dtype='<U6')
    """
    labels = one_a_row("y", y, n_rows)
    if n_rows < 2:
        raise ValueError(f"X has {n_rows} rows: a classifier needs two classes of them")
    missing = np.flatnonzero(pd.isna(labels))
    if len(missing):
        raise ValueError(
            f"y has a missing label in row {missing[0]} (counted from 0): leave such "
            f"rows out"
        )
    kind = type_of_target(labels, input_name="y")
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"y must hold class labels, got a target that is {kind}: cut numbers into "
            f"classes first, as by y > threshold or pandas.cut"
        )
    if len(np.unique(labels)) < 2:
        raise ValueError(
            f"all rows are of class {labels.tolist()[0]!r}: a classifier needs two"
        )
    return labels
