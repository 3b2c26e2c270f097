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
    if n_rows < 2:
        one_a_row("y", y, n_rows)
        raise ValueError(f"X has {n_rows} rows: a classifier needs two classes of them")
    labels = _classes("y", y, n_rows)
    if len(np.unique(labels)) < 2:
        raise ValueError(
            f"all rows are of class {labels.tolist()[0]!r}: a classifier needs two"
        )
    return labels


def labels_like(name: str, values: Any, n_rows: int, known: np.ndarray) -> np.ndarray:
    """Return labels of other rows, which may be of one class or of new ones.

    Parameters
    ----------
    name : str
        What they are called.
    values : array-like of shape (n_rows,)
        The labels.
    n_rows : int
        Number of rows that they belong to.
    known : ndarray
        Labels of the training rows.

    Returns
    -------
    ndarray of shape (n_rows,)
        The labels.

    Raises
    ------
    ValueError
        If they are no classes, of another number, missing, or text where the known ones
        are numbers, or the other way round.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._labels import labels_like
    >>> labels_like("y_test", [0, 2], 2, np.array([0, 1]))
    array([0, 2])
    """
    labels = _classes(name, values, n_rows)
    one, other = (labels_of.tolist()[0] for labels_of in (known, labels))
    if isinstance(one, str) != isinstance(other, str):
        raise ValueError(
            f"{name} holds labels like {other!r}, y labels like {one!r}: give both "
            f"one type"
        )
    return labels


def _classes(name: str, values: Any, n_rows: int) -> np.ndarray:
    labels = one_a_row(name, values, n_rows)
    if labels.dtype == object:
        labels = pd.Series(labels).infer_objects().to_numpy()
    missing = np.flatnonzero(pd.isna(labels))
    if len(missing):
        raise ValueError(
            f"{name} has a missing label in row {missing[0]} (counted from 0): leave "
            f"such rows out"
        )
    kind = type_of_target(labels, input_name=name)
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"{name} must hold class labels, got a target that is {kind}: cut numbers "
            f"into classes first, as by y > threshold or pandas.cut"
        )
    return labels
