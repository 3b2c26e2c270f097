"""Scores with their intervals, by blocks of neighbouring rows or by whole groups."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from skmirai.metrics import bootstrap_intervals

_DRAWS: dict[str, Any] = {"n_resamples": 200, "random_state": 0}

#: Ends of an interval that nobody can tell.
_NONE = (math.nan, math.nan)


def intervals(
    scores: Callable[[np.ndarray], Mapping[str, float]],
    errors: np.ndarray,
    groups: np.ndarray | None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> dict[str, tuple[float, float, float]]:
    """Scores and 95 % around them, NaN where there is nothing to tell them from.

    Parameters
    ----------
    scores, errors, bounds
        As :func:`~skmirai.metrics.bootstrap_intervals` has them.
    groups : ndarray of shape (n_rows,) or None
        Whole groups are drawn; None draws blocks of neighbouring rows.

    Returns
    -------
    dict of str to (float, float, float)
        Value, low and high. These are NaN where there is one row or group, and where
        those of :func:`~skmirai.metrics.bootstrap_intervals` are.
    """
    errors = np.asarray(errors, dtype=np.float64)
    n_units = len(errors) if groups is None else len(np.unique(groups))
    if n_units < 2:
        found = scores(np.arange(len(errors)))
        return {name: (float(s), *_NONE) for name, s in found.items()}
    drawn = bootstrap_intervals(scores, errors, groups=groups, bounds=bounds, **_DRAWS)
    return {name: (one.score, one.low, one.high) for name, one in drawn.items()}


def share_of(
    values: np.ndarray, own: np.ndarray, groups: np.ndarray | None
) -> tuple[float, float, float]:
    """Share of some rows of which something is so, by blocks or groups of these alone.

    Parameters
    ----------
    values, own : ndarray of bool, shape (n_rows,)
        What is so of each row, and which rows count.
    groups : ndarray of shape (n_rows,) or None
        As :func:`intervals` has them.

    Returns
    -------
    value, low, high : float
        NaN of no rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.cli._evaluating.intervals import share_of
    >>> so, own = np.array([True, False, True]), np.array([True, True, False])
    >>> share_of(so, own, np.array([0, 0, 1]))
    (0.5, nan, nan)
    """
    if not own.any():
        return (math.nan,) * 3
    so = values[own].astype(np.float64)
    of = None if groups is None else groups[own]
    return intervals(lambda drawn: {"share": so[drawn].mean()}, so, of)["share"]


def share(weight: np.ndarray, values: np.ndarray) -> float:
    """Mean of values by their weights, NaN where these add up to nothing."""
    total = weight.sum()
    return float(weight @ values / total) if total else math.nan
