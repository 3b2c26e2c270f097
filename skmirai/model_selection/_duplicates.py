"""Rows that are the same, or nearly: groups that a split must not part."""

from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from skmirai.model_selection._columns import plain_columns

#: Pairs of rows that are compared at once.
_PAIRS_AT_ONCE = 2**16


def duplicate_groups(
    X: Any, *, tolerance: float = 0.0, digits: int | None = None
) -> np.ndarray:
    """Number the groups of equal or nearly equal rows.

    A row whose twin was trained on tests memory. Given as ``groups`` to
    :class:`~sklearn.model_selection.StratifiedGroupKFold`, to
    :func:`train_val_test_split` or to any other splitter of groups, these numbers keep
    twins on one side.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        Rows. Text and other values that are no numbers must be equal; missing values
        equal each other.
    tolerance : float, default=0.0
        Two rows are nearly equal if they differ in no column of numbers by more than
        this share of the column's standard deviation. Rows that are linked by others
        are one group. With 0, rows are equal or not.
    digits : int or None, default=None
        Numbers are rounded to so many significant digits before they are compared,
        whatever the spread of their column: 1234.5 and 1230 agree to three. Takes
        time in proportion to the rows, which a tolerance may not. None rounds nothing.

    Returns
    -------
    ndarray of shape (n_samples,), int
        Number of the group of each row, in the order in which the groups begin.

    Raises
    ------
    ValueError
        If ``tolerance`` is negative or not finite; if ``digits`` is less than 1.

    Notes
    -----
    Equal rows are found by hashing. Near ones are sorted along a random direction on
    which they must be neighbours, and compared with all who are; a tolerance that is
    large beside the distances of unrelated rows takes time quadratic in their number.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection import duplicate_groups
    >>> X = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0], [3.0, 4.001], [9.0, 9.0]])
    >>> duplicate_groups(X)
    array([0, 1, 0, 2, 3])
    >>> duplicate_groups(X, tolerance=0.01)
    array([0, 1, 0, 1, 2])
    >>> duplicate_groups(X, digits=4)
    array([0, 1, 0, 2, 3])
    >>> duplicate_groups(X, digits=3)
    array([0, 1, 0, 1, 2])
    """
    if isinstance(tolerance, bool) or not isinstance(tolerance, Real):
        raise TypeError(f"tolerance={tolerance!r} must be a number of at least 0")
    if not 0 <= float(tolerance) < np.inf:
        raise ValueError(f"tolerance={tolerance!r} must be finite and at least 0")
    if digits is not None and (
        isinstance(digits, bool) or not isinstance(digits, Integral)
    ):
        raise TypeError(f"digits={digits!r} must be an integer of at least 1, or None")
    if digits is not None and digits < 1:
        raise ValueError(f"digits={digits!r} must be at least 1")
    columns = plain_columns(X)
    if not columns:
        raise ValueError("X has no column to compare rows by")
    if digits is not None:
        columns = [_rounded(values, int(digits)) for values in columns]
    exact = _numbered(columns)
    if tolerance == 0:
        return exact
    first = np.unique(exact, return_index=True)[1]
    steps, rest = _in_steps(columns, float(tolerance))
    near = _linked(steps[first], _numbered([values[first] for values in rest]))
    return pd.factorize(near[exact])[0]


def _rounded(values: np.ndarray, digits: int) -> np.ndarray:
    """Numbers to so many significant digits; what is no number as it is."""
    if values.dtype.kind not in "iuf":
        return values
    numbers = values.astype(np.float64)
    some = np.isfinite(numbers) & (numbers != 0)
    exponents = np.floor(np.log10(np.abs(numbers[some]))).astype(int)
    scale = np.power(10.0, exponents - digits + 1)
    scale = np.maximum(scale, np.finfo(float).tiny)
    numbers[some] = np.round(numbers[some] / scale) * scale
    return numbers


def _numbered(columns: list[np.ndarray]) -> np.ndarray:
    """Number rows that are equal in all columns, in the order of their first ones."""
    numbers = np.zeros(len(columns[0]), np.int64)
    active = np.arange(len(numbers))
    for values in columns:
        codes, known = pd.factorize(values[active], use_na_sentinel=False)
        found = pd.factorize(numbers[active] * len(known) + codes)[0]
        numbers[active] = found
        alone = np.bincount(found)[found] == 1  # no other column finds it a twin
        numbers[active[alone]] = -1 - active[alone]
        active = active[~alone]
    return pd.factorize(numbers)[0]


def _linked(steps: np.ndarray, equal: np.ndarray) -> np.ndarray:
    """Number rows that are nearly equal, or linked by others that are.

    Parameters
    ----------
    steps : ndarray of shape (n_rows, n_numbers)
        Numbers that may differ by 1.
    equal : ndarray of int, shape (n_rows,)
        Number of what must be equal.
    """
    n_rows = len(steps)
    if not steps.shape[1]:
        return equal
    directions = np.random.default_rng(0).normal(size=(steps.shape[1], 4))
    # rows that differ by one step in every column differ by one at most along them
    directions /= np.abs(directions).sum(axis=0)
    found = [*_near_pairs(steps, steps @ directions, equal)]
    pairs = np.concatenate([np.empty((0, 2), np.intp), *found])
    links = coo_array((np.ones(len(pairs)), pairs.T), shape=(n_rows, n_rows))
    return connected_components(links, directed=False)[1]


def _in_steps(
    columns: list[np.ndarray], tolerance: float
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Numbers in units of what they may differ by, and what must be equal."""
    steps, rest = [], [np.zeros(len(columns[0]))]
    for values in columns:
        if values.dtype.kind not in "iuf":
            rest.append(values)
            continue
        numbers = values.astype(np.float64)
        known = np.isfinite(numbers)
        spread = numbers[known].std() if known.any() else 0.0
        if not known.all():
            rest.append(np.where(known, 0.0, numbers))
        if spread > 0 and np.isfinite(spread):
            centre = numbers[known].mean()
            steps.append(np.where(known, numbers - centre, 0.0) / (spread * tolerance))
    table = np.column_stack(steps) if steps else np.empty((len(columns[0]), 0))
    return table, rest


def _near_pairs(
    steps: np.ndarray, along: np.ndarray, equal: np.ndarray
) -> Iterator[np.ndarray]:
    """Pairs of rows that are near, compared with those next to them in order."""
    order = np.lexsort((along[:, 0], equal))
    along, equal = along[order], equal[order]
    slack = 1 + 1e-9 * np.abs(along).max(initial=0.0)
    starts = np.arange(len(order))
    for shift in range(1, len(order)):
        starts = starts[starts + shift < len(order)]
        ends = starts + shift
        within = (equal[starts] == equal[ends]) & (
            along[ends, 0] - along[starts, 0] <= slack
        )
        starts, ends = starts[within], ends[within]
        if not len(starts):
            return
        maybe = (np.abs(along[ends] - along[starts]) <= slack).all(axis=1)
        for at in range(0, int(maybe.sum()), _PAIRS_AT_ONCE):
            one, other = (
                order[rows[maybe][at : at + _PAIRS_AT_ONCE]] for rows in (starts, ends)
            )
            near = (np.abs(steps[one] - steps[other]) <= 1 + 1e-9).all(axis=1)
            yield np.column_stack([one[near], other[near]])
