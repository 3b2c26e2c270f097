"""Rows that a threshold is learned on, not trained on, and their labels."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from skmirai.utils._sklearn import safe_indexing


def class_labels(y: Any) -> NDArray:
    """Labels as an array of one dimension, checked."""
    y = column_or_1d(y, warn=True)
    assert_all_finite(y, input_name="y")
    check_classification_targets(y)
    return y


def fitted_and_rows(
    estimator: Any,
    X: Any,
    y: NDArray,
    groups: Any,
    fraction: float,
    rng: np.random.RandomState,
) -> tuple[Any, NDArray[np.int64]]:
    """Train a classifier, unless it is frozen, and say what rows are left.

    Parameters
    ----------
    estimator : classifier
        A clone of it is trained; a frozen one has all rows left.
    X : array-like of shape (n_samples, n_features)
        Rows.
    y : ndarray of shape (n_samples,)
        Labels.
    groups : array-like of shape (n_samples,) or None
        What is not torn apart.
    fraction : float
        Share of rows or groups to leave.
    rng : RandomState
        Draws them.

    Returns
    -------
    estimator : classifier
        Fitted.
    rows : ndarray of int
        Places of the rows that are left.

    Raises
    ------
    ValueError
        If there is one class only, or one has no group that trains.
    """
    places, classes = np.arange(len(y)), np.unique(y).tolist()
    if isinstance(estimator, FrozenEstimator):
        check_is_fitted(estimator)
        return estimator, places
    if len(classes) < 2:
        raise ValueError(f"y holds one class, {classes}: a classifier needs two")
    if groups is None:
        train, rows = train_test_split(
            places, test_size=fraction, stratify=y, random_state=rng
        )
    else:
        split = GroupShuffleSplit(1, test_size=fraction, random_state=rng)
        train, rows = next(split.split(places, y, groups))
        if lost := sorted(set(classes) - set(y[train].tolist())):
            raise ValueError(
                f"classes {lost} are in no group that trains: give more groups of "
                "them, a smaller calibration_fraction or another random_state, or "
                "train the classifier yourself and freeze it (FrozenEstimator)"
            )
    return clone(estimator).fit(safe_indexing(X, train), y[train]), rows


def one_of_each(
    rows: NDArray, groups: NDArray | None, rng: np.random.RandomState
) -> NDArray:
    """One of the rows of each group, drawn at random; without groups all of them."""
    if groups is None:
        return rows
    shuffled = rng.permutation(rows)
    return shuffled[np.unique(groups[shuffled], return_index=True)[1]]


def check_labels(y: NDArray, classes: NDArray, *, both: bool) -> None:
    """Refuse calibration rows whose labels tell nothing about a classifier.

    Raises
    ------
    ValueError
        If there is no label, none is a class, or, where ``both`` sides are needed,
        all are one.
    """
    found = set(y.tolist())
    if not found:
        raise ValueError("y is empty: give rows to calibrate on")
    if not found & set(classes.tolist()):
        raise ValueError(
            f"y holds none of the classes {classes.tolist()} of the classifier, but "
            f"{np.unique(y)[:5].tolist()}: give the labels that it was trained on"
        )
    if both and len(found) < 2:
        raise ValueError(
            f"the {len(y):,} calibration rows are all of one class, {found.pop()!r}: "
            "give rows of each, as they come in traffic"
        )


def abstention(label: Any, classes: NDArray) -> Any:
    """Label of rows without an answer: the one given, or one that is no class.

    Raises
    ------
    ValueError
        If it is a class, or text beside numbers or the other way round.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.uncertainty._calibration_rows import abstention
    >>> [abstention(None, np.array(c)) for c in ([0, 1], [-1, 1], ["a", "b"])]
    [-1, -2, 'abstain']
    """
    of_numbers = classes.dtype.kind in "biuf"
    if label is None:
        label = min(-1, math.floor(classes[0]) - 1) if of_numbers else "abstain"
    if label in classes.tolist():
        raise ValueError(
            f"abstain_label={label!r} is a class, among {classes.tolist()}: take a "
            "label that is none"
        )
    if of_numbers != (np.asarray(label).dtype.kind in "biuf"):
        raise ValueError(
            f"abstain_label={label!r} stands beside the classes {classes.tolist()}: "
            f"take {'a number' if of_numbers else 'text'}, as they are"
        )
    return label
