"""Median and robust width of weighted columns."""

import numpy as np

_QUARTERS = np.array([1, 2, 3])


def quartiles(x: np.ndarray, sample_weight: np.ndarray | None = None) -> np.ndarray:
    """Return the three quartiles of a sample.

    A quartile is the value where the cumulative weight reaches that share of the
    whole, or the middle of two neighbours where the share falls exactly between
    them ("averaged inverted CDF"). So an integer weight equals repeated values, and
    multiplying all weights by a constant changes nothing.

    Parameters
    ----------
    x : ndarray of shape (n_samples,)
        The sample.
    sample_weight : ndarray of shape (n_samples,) or None, default=None
        Positive weights. None is a weight of 1 each.

    Returns
    -------
    quartiles : ndarray of shape (3,)
        Lower quartile, median and upper quartile.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._quartiles import quartiles
    >>> quartiles(np.array([1.0, 2.0, 3.0, 4.0]))
    array([1.5, 2.5, 3.5])
    """
    if sample_weight is None:
        share = _QUARTERS * len(x)
        low, high = (share + 3) // 4 - 1, share // 4
        x = np.partition(x, np.concatenate([low, high]))
    else:
        order = np.argsort(x)
        x = x[order]
        cumulative = np.cumsum(sample_weight[order])
        share = _QUARTERS / 4 * cumulative[-1]
        # Sums of fractions are rounded: what is equal to rounding counts as equal.
        rounding = np.finfo(float).eps * np.sqrt(len(x)) * cumulative[-1]
        low = np.searchsorted(cumulative, share - rounding, side="left")
        high = np.searchsorted(cumulative, share + rounding, side="right")
    below, above = x[low], x[high]
    return np.where(below == above, below, 0.5 * below + 0.5 * above)


def robust_center_scale(
    X: np.ndarray, sample_weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the median and a robust width of every column.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Finite values.
    sample_weight : ndarray of shape (n_samples,) or None, default=None
        Weights >= 0, not all 0. None is a weight of 1 each.

    Returns
    -------
    center : ndarray of shape (n_features,)
        The medians.
    scale : ndarray of shape (n_features,)
        The interquartile range; where that is 0, half the range; where that is 0
        too, 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._quartiles import robust_center_scale
    >>> X = np.array([[1.0, 0.0, 7.0], [2.0, 0.0, 7.0], [3.0, 0.0, 7.0],
    ...               [4.0, 0.0, 7.0], [5.0, 8.0, 7.0]])
    >>> robust_center_scale(X)
    (array([3., 0., 7.]), array([2., 4., 0.]))
    """
    if sample_weight is not None:
        heavy = sample_weight > 0
        if not heavy.all():
            X, sample_weight = X[heavy], sample_weight[heavy]
        if sample_weight.min() == sample_weight.max():
            sample_weight = None
    columns = [quartiles(X[:, j], sample_weight) for j in range(X.shape[1])]
    lower, center, upper = np.stack(columns, axis=1)
    with np.errstate(over="ignore"):
        scale = np.minimum(upper - lower, np.finfo(X.dtype).max)
    flat = scale == 0
    if flat.any():
        scale[flat] = 0.5 * X[:, flat].max(axis=0) - 0.5 * X[:, flat].min(axis=0)
    return center, scale
