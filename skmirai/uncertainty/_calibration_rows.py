"""Rows that a threshold is learned on, not trained on, and their labels."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted


def class_labels(y: Any) -> NDArray:
    """Labels as an array of one dimension, checked."""
    y = column_or_1d(y, warn=True)
    assert_all_finite(y, input_name="y")
    check_classification_targets(y)
    return y


def group_numbers(groups: Any) -> NDArray[np.int64] | None:
    """Groups as numbers, equal where they are.

    Parameters
    ----------
    groups : array-like of shape (n_samples,) or None
        Of whatever type.

    Raises
    ------
    ValueError
        If one is missing, or they have more than one dimension.
    """
    import pandas as pd

    if groups is None:
        return None
    values = np.asarray(groups)
    if values.ndim != 1:
        raise ValueError(f"groups have the shape {values.shape}; expected (n_samples,)")
    numbers = pd.factorize(values)[0]
    if (numbers < 0).any():
        row = int((numbers < 0).argmax())
        raise ValueError(
            f"groups[{row}] is missing, {values[row]!r}: give the group of every row, "
            "of one that belongs to none a group of its own"
        )
    return numbers.astype(np.int64)


def split_rows(
    estimator: Any,
    y: NDArray,
    groups: NDArray | None,
    fraction: float,
    rng: np.random.RandomState,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray]:
    """Places of the rows that train and of those that calibrate, and the classes.

    Parameters
    ----------
    estimator : classifier
        A frozen one takes all rows to calibrate, and has its classes.
    y : ndarray of shape (n_samples,)
        Labels.
    groups : ndarray of int of shape (n_samples,) or None
        What is not torn apart.
    fraction : float
        Share of rows or groups that calibrate.
    rng : RandomState
        Draws them.

    Returns
    -------
    train, rows : ndarray of int
    classes : ndarray of shape (n_classes,)

    Raises
    ------
    NotFittedError
        If a frozen classifier is not fitted.
    ValueError
        If there is one class or group only, or a class has no group that trains.
    """
    places, classes = np.arange(len(y)), np.unique(y)
    if isinstance(estimator, FrozenEstimator):
        check_is_fitted(estimator)
        return places[:0], places, estimator.classes_
    if len(classes) < 2:
        raise ValueError(
            f"y holds one class, {classes.tolist()}: a classifier needs two"
        )
    if groups is None:
        train, rows = train_test_split(
            places, test_size=fraction, stratify=y, random_state=rng
        )
        return train, rows, classes
    if len(np.unique(groups)) < 2:
        raise ValueError(
            "groups holds one group: give at least two, one to train and one to "
            "calibrate, or train the classifier yourself and freeze it "
            "(FrozenEstimator)"
        )
    split = GroupShuffleSplit(1, test_size=fraction, random_state=rng)
    train, rows = next(split.split(places, y, groups))
    if lost := sorted(set(classes.tolist()) - set(y[train].tolist())):
        raise ValueError(
            f"classes {lost} are in no group that trains: give more groups of them, a "
            "smaller calibration_fraction or another random_state, or train the "
            "classifier yourself and freeze it (FrozenEstimator)"
        )
    return train, rows, classes


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
        If it is a class, no single label, or text beside numbers or the other way
        round.

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
    if np.ndim(label):
        raise ValueError(f"abstain_label={label!r} must be one label, text or a number")
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
