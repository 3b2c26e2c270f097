"""One split of a table into training, validation and test rows."""

from numbers import Real
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import (
    check_consistent_length,
    check_random_state,
    column_or_1d,
    indexable,
)

from skmirai.utils._seconds import in_seconds
from skmirai.utils._sklearn import num_samples, safe_indexing

#: Names of the sides, in their order.
SIDES = ("training", "validation", "test")


def train_val_test_split(
    *arrays: Any,
    val_size: float = 0.15,
    test_size: float = 0.15,
    stratify: Any = None,
    groups: Any = None,
    times: Any = None,
    random_state: int | np.random.RandomState | None = None,
) -> list[Any]:
    """Split tables into training, validation and test rows.

    Choose on the validation rows, and score the test rows once.

    Parameters
    ----------
    *arrays : array-like, DataFrame or sparse matrix of shape (n_samples, ...)
        Tables and targets of the same length.
    val_size, test_size : float, default=0.15
        Shares of the rows, in (0, 1) and together below 1.
    stratify : array-like of shape (n_samples,), default=None
        Class labels. Every side gets its share of each class, as far as ``groups``
        allow; in time nothing is balanced, but every side must have every class.
    groups : array-like of shape (n_samples,), default=None
        Recording, device, day or group of duplicates of each row; no group is parted.
        See :func:`duplicate_groups`.
    times : array-like of shape (n_samples,), default=None
        Seconds or dates. The first rows in time train, the last ones test; rows of the
        same time are on one side.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw of the rows, or of the groups. In time nothing is drawn.

    Returns
    -------
    list of length 3 * len(arrays)
        Training, validation and test rows of the first array, then of the next.

    Raises
    ------
    ValueError
        If a side would have no row, or lack a class of ``stratify``; the message names
        both.

    See Also
    --------
    sklearn.model_selection.train_test_split : Two sides, at random.
    BlockedStratifiedKFold : Folds of contiguous blocks.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection import train_val_test_split
    >>> X, y = np.arange(20).reshape(20, 1), np.tile([0, 1], 10)
    >>> parts = train_val_test_split(X, y, times=np.arange(20), stratify=y)
    >>> [len(part) for part in parts]
    [14, 3, 3, 14, 3, 3]
    >>> parts[2].ravel()
    array([17, 18, 19])
    """
    if not arrays:
        raise ValueError("at least one array is needed: train_val_test_split(X, y)")
    arrays = tuple(indexable(*arrays))
    n_rows = num_samples(arrays[0])
    shares = _shares(val_size, test_size)
    labels = None if stratify is None else column_or_1d(stratify)
    if labels is not None:
        check_consistent_length(arrays[0], labels)
    if times is not None and groups is not None:
        raise ValueError(
            "groups and times are two ways to split: give times alone, after leaving "
            "out the rows of groups that lie on both sides of a border"
        )
    if times is not None:
        side = _in_time(in_seconds(times, n_rows), shares)
    elif groups is not None:
        side = _by_groups(groups, n_rows, shares, labels, random_state)
    else:
        side = _at_random(n_rows, shares, labels, random_state)
    _check_sides(side, labels)
    rows = [np.flatnonzero(side == k) for k in range(len(SIDES))]
    return [safe_indexing(array, own) for array in arrays for own in rows]


def _shares(val_size: Any, test_size: Any) -> np.ndarray:
    """Shares of the three sides."""
    for name, size in (("val_size", val_size), ("test_size", test_size)):
        if isinstance(size, bool) or not isinstance(size, Real):
            raise TypeError(f"{name}={size!r} must be a share of the rows in (0, 1)")
        if not 0 < float(size) < 1:
            raise ValueError(f"{name}={size!r} must be a share of the rows in (0, 1)")
    if val_size + test_size >= 1:
        raise ValueError(
            f"val_size={val_size!r} and test_size={test_size!r} leave nothing to train "
            f"on: together they must be below 1"
        )
    return np.array([1 - val_size - test_size, val_size, test_size])


def _in_time(seconds: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Side of each row, by time; a border goes behind rows of the same time."""
    order = np.sort(seconds)
    ends = np.round(np.cumsum(shares)[:2] * len(order)).astype(int)
    borders = order[np.clip(ends, 1, len(order)) - 1]
    return np.searchsorted(borders, seconds, side="left")


def _at_random(
    n_rows: int, shares: np.ndarray, labels: np.ndarray | None, random_state: Any
) -> np.ndarray:
    """Side of each row, drawn row by row."""
    rng = check_random_state(random_state)
    side = np.zeros(n_rows, np.intp)
    rest = np.arange(n_rows)
    for k in (2, 1):
        rest, drawn = train_test_split(
            rest,
            test_size=max(1, round(n_rows * shares[k])),
            random_state=rng,
            stratify=None if labels is None else labels[rest],
        )
        side[drawn] = k
    return side


def _by_groups(
    groups: Any,
    n_rows: int,
    shares: np.ndarray,
    labels: np.ndarray | None,
    random_state: Any,
) -> np.ndarray:
    """Side of each row; the groups, in random order, go where most is lacking."""
    names = column_or_1d(groups)
    check_consistent_length(np.empty(n_rows), names)
    known, number = np.unique(names, return_inverse=True)
    if len(known) < len(SIDES):
        raise ValueError(
            f"groups holds {len(known)} groups: three sides need at least three"
        )
    codes = np.zeros(n_rows, np.intp)
    if labels is not None:
        codes = np.unique(labels, return_inverse=True)[1]
    counts = np.zeros((len(known), codes.max() + 1))
    np.add.at(counts, (number, codes), 1)
    totals = counts.sum(axis=0)
    wanted = shares[:, np.newaxis] * totals
    held = np.zeros_like(wanted)
    side_of = np.empty(len(known), np.intp)
    # large groups first, while there is room; equal ones in random order
    order = check_random_state(random_state).permutation(len(known))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    for n_placed, group in enumerate(order):
        after = ((held + counts[group] - wanted) / totals) ** 2
        before = ((held - wanted) / totals) ** 2
        cost = (after - before).sum(axis=1)
        empty = held.sum(axis=1) == 0
        if empty.sum() >= len(order) - n_placed:  # the last groups fill empty sides
            cost[~empty] = np.inf
        side = int(cost.argmin())
        held[side] += counts[group]
        side_of[group] = side
    return side_of[number]


def _check_sides(side: np.ndarray, labels: np.ndarray | None) -> None:
    """Insist on rows, and on every class, on each side."""
    for k, name in enumerate(SIDES):
        if not (side == k).any():
            raise ValueError(
                f"the {name} side has no row: {len(side)} rows are too few, or too "
                f"many of them have the same time or group"
            )
        if labels is None:
            continue
        lacking = np.setdiff1d(labels, labels[side == k]).astype(object)
        if len(lacking):
            raise ValueError(
                f"the {name} side lacks class {lacking[0]!r}: give other sizes, groups "
                f"that hold several classes, or split blocks of each class with "
                f"BlockedStratifiedKFold"
            )
