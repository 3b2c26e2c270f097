"""Rows that a threshold is learned on, not trained on, and their labels."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets


def class_labels(y: Any) -> NDArray:
    """Labels as an array of one dimension, checked."""
    y = column_or_1d(y, warn=True)
    assert_all_finite(y, input_name="y")
    check_classification_targets(y)
    return y


def split_rows(
    y: NDArray, groups: Any, fraction: float, rng: np.random.RandomState
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the rows that train, and of those that calibrate.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.
    groups : array-like of shape (n_samples,) or None
        What is not torn apart.
    fraction : float
        Share of rows or groups that calibrate.
    rng : RandomState
        Draws them.

    Returns
    -------
    train, rows : ndarray of int

    Raises
    ------
    ValueError
        If there is one class only, or one has no group that trains.
    """
    places, classes = np.arange(len(y)), np.unique(y).tolist()
    if len(classes) < 2:
        raise ValueError(f"y holds one class, {classes}: a classifier needs two")
    if groups is None:
        train, rows = train_test_split(
            places, test_size=fraction, stratify=y, random_state=rng
        )
        return train, rows
    split = GroupShuffleSplit(1, test_size=fraction, random_state=rng)
    train, rows = next(split.split(places, y, groups))
    if lost := sorted(set(classes) - set(y[train].tolist())):
        raise ValueError(
            f"classes {lost} are in no group that trains: give more groups of them, a "
            "smaller calibration_fraction or another random_state, or train the "
            "classifier yourself and freeze it (FrozenEstimator)"
        )
    return train, rows


def one_of_each(rows: NDArray, groups: NDArray, rng: np.random.RandomState) -> NDArray:
    """One of the rows of each group, drawn at random."""
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
