"""Two ways to split the same rows: honestly, and at random."""

from collections.abc import Iterable
from inspect import signature
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, check_cv

from skmirai.model_selection._blocks import BlockedStratifiedKFold

#: Share of the mean block of the class with the shortest ones that is left out between
#: training and test rows, where nobody chose a gap.
GAP = 0.1

Folds = list[tuple[np.ndarray, np.ndarray]]

#: Difference of a class's share of the training rows between folds that is told.
_MIXED = 0.1


class Split(NamedTuple):
    """Folds, and what they are in words.

    Attributes
    ----------
    folds : list of (ndarray, ndarray)
        Numbers of the training rows and of the test rows.
    about : str
        How the rows were split.
    """

    folds: Folds
    about: str


def honest_split(
    X: Any,
    y: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
    cv: Any = None,
) -> Split:
    """Split so that no row is tested whose neighbours or twins were trained on.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_features)
        Rows.
    y : ndarray of shape (n_rows,)
        Labels.
    groups : ndarray of shape (n_rows,) or None, default=None
        Groups of which none is parted.
    times : ndarray of shape (n_rows,) or None, default=None
        Seconds.
    cv : int, splitter, iterable or None, default=None
        Number of folds, or the split itself.

    Returns
    -------
    Split
        The folds.

    Raises
    ------
    ValueError
        If a row is tested twice or trained on by its own fold, or a class cannot be
        trained on in some fold; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._baseline_splits import honest_split
    >>> split = honest_split(np.zeros((200, 1)), np.repeat([0, 1], 100), cv=2)
    >>> split.about
    '2 blocks of each class in the order of the rows, with a gap of 5 rows'
    >>> split.folds[0][1][[0, 49, 50, 99]]
    array([  0,  49, 100, 149])
    """
    classes, codes = np.unique(y, return_inverse=True)
    n_splits = 5 if cv is None else cv
    if not isinstance(n_splits, Integral) or isinstance(n_splits, bool):
        split = _given(cv, X, y, groups, times)
    elif n_splits < 2:
        raise ValueError(f"cv={cv!r} must be at least 2 folds")
    elif groups is not None:
        n_splits = min(n_splits, _check_groups(codes, classes, groups))
        folds = [*StratifiedGroupKFold(n_splits).split(X, y, groups)]
        mix = _mix(folds, codes, classes)
        n_groups = len(np.unique(groups))
        split = Split(folds, f"{n_splits} folds of {n_groups:,} whole groups{mix}")
    else:
        split = _blocks(X, y, codes, times, int(n_splits))
    _check_folds(split.folds, codes, classes)
    return split


def _mix(folds: Folds, codes: np.ndarray, classes: np.ndarray) -> str:
    """Say how much the classes' shares differ, where few groups leave no choice."""
    shares = np.array(
        [
            np.bincount(codes[train], minlength=len(classes)) / len(train)
            for train, _ in folds
        ]
    )
    low, high = shares.min(axis=0), shares.max(axis=0)
    worst = int((high - low).argmax())
    if high[worst] - low[worst] < _MIXED:
        return ""
    return (
        f" (few groups: between {low[worst]:.0%} and {high[worst]:.0%} of the training "
        f"rows are of class {classes.tolist()[worst]!r}; in the random split, too)"
    )


def random_split(y: np.ndarray, honest: Folds, seed: int) -> Split:
    """Deal rows at random into folds like those of an honest split.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Labels.
    honest : list of (ndarray, ndarray)
        Training and test rows of the honest split.
    seed : int
        Of the draw.

    Returns
    -------
    Split
        As many folds, which train and test on as many rows of each class: a gap between
        scores must be one of neither sizes nor shares. Several folds test the same
        rows, each in another fold; training rows come from the whole table.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._baseline_splits import random_split
    >>> y, rows = np.tile([0, 1], 4), np.arange(8)
    >>> split = random_split(y, [(rows[:3], rows[4:]), (rows[5:], rows[:4])], seed=0)
    >>> [(len(train), len(test)) for train, test in split.folds]
    [(3, 4), (3, 4)]
    """
    rng, rows = np.random.RandomState(seed), np.arange(len(y))
    codes = np.unique(y, return_inverse=True)[1]
    tests = [test for _, test in honest]
    dealt, shuffled = np.concatenate(tests) if len(tests) > 1 else rows, rows.copy()
    for code in np.unique(codes):
        own = np.sort(dealt[codes[dealt] == code])
        shuffled[own] = rng.permutation(own)
    folds = []
    for train, test in honest:
        others = rng.permutation(np.setdiff1d(rows, shuffled[test]))
        place = pd.Series(others).groupby(codes[others]).cumcount()
        wanted = np.bincount(codes[train], minlength=codes.max() + 1)
        drawn = others[place < wanted[codes[others]]]
        folds.append((np.sort(drawn), np.sort(shuffled[test])))
    if len(folds) == 1:
        return Split(folds, "rows drawn one by one")
    return Split(folds, f"{len(folds)} folds, to which rows are dealt one by one")


def _given(
    cv: Any, X: Any, y: np.ndarray, groups: np.ndarray | None, times: np.ndarray | None
) -> Split:
    """Folds of a splitter, or those that somebody made."""
    if isinstance(cv, str) or not (hasattr(cv, "split") or isinstance(cv, Iterable)):
        raise TypeError(
            f"cv={cv!r} must be a number of folds, a splitter, or folds (train, test)"
        )
    if not hasattr(cv, "split"):
        folds = [
            (np.asarray(train), np.asarray(test))
            for train, test in check_cv(cv).split()
        ]
        return Split(folds, "the folds that were given")
    extra: dict[str, Any] = {"groups": groups}
    if times is not None and "times" in signature(cv.split).parameters:
        extra["times"] = times
    return Split([*cv.split(X, y, **extra)], repr(cv))


def _blocks(
    X: Any, y: np.ndarray, codes: np.ndarray, times: np.ndarray | None, n_splits: int
) -> Split:
    """Blocks of each class with a gap, in rows or in seconds."""
    places = np.arange(len(y)) if times is None else times
    shortest = min(np.ptp(places[codes == k]) for k in range(codes.max() + 1))
    gap = GAP * shortest / n_splits
    unit, order = "seconds", "time"
    if times is None:
        gap, unit, order = round(gap), "rows", "the order of the rows"
    folds = BlockedStratifiedKFold(n_splits, purge=float(gap)).split(X, y, times=times)
    return Split(
        [*folds],
        f"{n_splits} blocks of each class in {order}, with a gap of {gap:,.4g} {unit}",
    )


def _check_groups(codes: np.ndarray, classes: np.ndarray, groups: np.ndarray) -> int:
    """Insist on every class in two groups; count those of the class in fewest."""
    if len(np.unique(groups)) < 2:
        raise ValueError(
            f"groups holds one group, {groups.tolist()[0]!r}: a split needs two or more"
        )
    for k, name in enumerate(classes.tolist()):
        own = np.unique(groups[codes == k])
        if len(own) == 1:
            raise ValueError(
                f"all rows of class {name!r} are in group {own.tolist()[0]!r}: they "
                f"would be tested or trained on, but never both. Leave the class out, "
                f"give it groups of its own parts, or give cv a split within groups, "
                f"such as BlockedStratifiedKFold()"
            )
    return min(len(np.unique(groups[codes == k])) for k in range(len(classes)))


def _check_folds(folds: Folds, codes: np.ndarray, classes: np.ndarray) -> None:
    """Insist on rows of every class to train on, and on rows tested once."""
    n_tests = np.zeros(len(codes), int)
    for k, (train, test) in enumerate(folds):
        both = np.intersect1d(train, test)
        if len(both):
            raise ValueError(
                f"cv trains and tests on row {both[0]} in fold {k} (counted from 0)"
            )
        lacking = np.setdiff1d(np.arange(len(classes)), codes[train])
        if len(lacking):
            raise ValueError(
                f"fold {k} (counted from 0) has no row of class "
                f"{classes.tolist()[lacking[0]]!r} to train on: give cv a split that "
                f"has every class in every training part, such as "
                f"BlockedStratifiedKFold()"
            )
        n_tests[test] += 1
    if n_tests.max(initial=0) > 1:
        raise ValueError(
            f"cv tests row {n_tests.argmax()} in {n_tests.max()} folds, but answers "
            f"are pooled: give a splitter that tests each row at most once"
        )
    if not n_tests.any():
        raise ValueError("cv tests no row: give a splitter with at least one fold")
