"""Distinct values of weighted columns, and the values that cut them into bins."""

from typing import Any

import numpy as np
from sklearn.utils import check_random_state


def some_rows(
    X: np.ndarray,
    sample_weight: np.ndarray | None,
    limit: int | None,
    random_state: Any,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the rows that weigh something, or as many of them drawn at random.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The rows.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights >= 0.
    limit : int or None
        Most rows to return; None returns all.
    random_state : int, RandomState instance or None
        Draws them, all equally likely, without replacement.

    Returns
    -------
    X : ndarray of shape (n_rows, n_features)
        Rows in their order; not copied where all are taken.
    sample_weight : ndarray of shape (n_rows,) or None
        Their weights.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._distinct import some_rows
    >>> some_rows(np.array([[5.0], [6.0]]), np.array([0, 2]), None, None)
    (array([[6.]]), array([2]))
    """
    if sample_weight is not None and not sample_weight.all():
        heavy = sample_weight > 0
        X, sample_weight = X[heavy], sample_weight[heavy]
    if limit is not None and len(X) > limit:
        drawn = check_random_state(random_state).permutation(len(X))[:limit]
        drawn.sort()
        X = X[drawn]
        sample_weight = None if sample_weight is None else sample_weight[drawn]
    return X, sample_weight


def distinct(
    x: np.ndarray, sample_weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct values of a sample and the weight of each.

    Parameters
    ----------
    x : ndarray of shape (n_samples,)
        The sample.
    sample_weight : ndarray of shape (n_samples,) or None, default=None
        Positive weights. None is a weight of 1 each.

    Returns
    -------
    values : ndarray of shape (n_distinct,)
        Ascending.
    weights : ndarray of float64, shape (n_distinct,)
        Sum of the weights of the rows that hold the value.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._distinct import distinct
    >>> distinct(np.array([4.0, 1.0, 4.0]))
    (array([1., 4.]), array([1., 2.]))
    """
    if sample_weight is None:
        x = np.sort(x)
    else:
        order = np.argsort(x, kind="stable")
        x, sample_weight = x[order], sample_weight[order]
    starts = np.flatnonzero(np.r_[True, x[1:] != x[:-1]])
    if sample_weight is None:
        weights = np.diff(np.r_[starts, len(x)]).astype(float)
    else:
        weights = np.add.reduceat(sample_weight.astype(float), starts)
    return x[starts], weights


def edges_of_bins(values: np.ndarray, weights: np.ndarray, n_bins: int) -> np.ndarray:
    """Return values that cut a sample into bins of about equal weight.

    A value that holds the weight of a bin or more is an edge by itself, and the bins
    that are left share the other values, until none of these is so heavy. Between
    heavy values the edges are quantiles of the others, each the smallest value at
    which the cumulative weight reaches its share ("inverted CDF"). The smallest and
    the largest value are edges.

    Parameters
    ----------
    values : ndarray of shape (n_distinct,)
        Distinct values, ascending.
    weights : ndarray of shape (n_distinct,)
        Their positive weights.
    n_bins : int
        Largest number of bins.

    Returns
    -------
    edges : ndarray of shape (n_edges,)
        Some of the values, ascending: all where there are at most ``n_bins + 1``,
        else at most that many.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._distinct import distinct, edges_of_bins
    >>> mostly_zero = np.r_[np.zeros(900), np.arange(1, 101)]
    >>> edges_of_bins(*distinct(mostly_zero), n_bins=5)
    array([  0.,   1.,  25.,  50.,  75., 100.])
    """
    if len(values) <= n_bins + 1:
        return values
    # Sums of fractions are rounded: what is equal to rounding counts as equal.
    rounding = np.finfo(float).eps * np.sqrt(len(values)) * weights.sum()
    heavy = np.zeros(len(values), bool)
    left = n_bins
    while True:
        total = weights[~heavy].sum()
        more = ~heavy & (weights * left >= total - rounding)
        if not more.any() or more.sum() >= left:
            break
        heavy |= more
        left -= int(more.sum())
    others = values[~heavy]
    cumulative = np.cumsum(weights[~heavy])
    shares = np.arange(left + 1) / left * cumulative[-1]
    places = np.searchsorted(cumulative, shares - rounding, side="left")
    chosen = np.minimum(places, len(others) - 1)
    return np.union1d(values[heavy], others[chosen])
