"""How far probabilities are from the frequencies of what they forecast."""

from numbers import Integral
from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from skmirai.metrics._bins import equal_mass_bins
from skmirai.metrics._checks import Floats, check_forecasts, check_weight

_NORMS = ("l1", "l2", "l2_squared")

#: Places and weights that stand for a standard normal distribution.
_NODES, _NODE_WEIGHT = np.polynomial.hermite_e.hermegauss(64)
_NODE_WEIGHT = _NODE_WEIGHT / _NODE_WEIGHT.sum()


@overload
def expected_calibration_error(
    y_true: ArrayLike,
    y_proba: ArrayLike,
    *,
    n_bins: int = ...,
    norm: str = ...,
    debias: bool = ...,
    labels: ArrayLike | None = ...,
    sample_weight: ArrayLike | None = ...,
    return_std: Literal[False] = ...,
) -> float: ...
@overload
def expected_calibration_error(
    y_true: ArrayLike,
    y_proba: ArrayLike,
    *,
    n_bins: int = ...,
    norm: str = ...,
    debias: bool = ...,
    labels: ArrayLike | None = ...,
    sample_weight: ArrayLike | None = ...,
    return_std: Literal[True],
) -> tuple[float, float]: ...
def expected_calibration_error(
    y_true: ArrayLike,
    y_proba: ArrayLike,
    *,
    n_bins: int = 15,
    norm: str = "l1",
    debias: bool = True,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    return_std: bool = False,
) -> float | tuple[float, float]:
    """Mean distance between forecast and frequency, in bins of equal mass.

    The usual estimate is too large, the more so the fewer rows a bin has: chance alone
    sets frequencies apart from perfect forecasts. Here that is taken off.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_proba : array-like of shape (n_samples,) or (n_samples, n_classes)
        Probabilities of the classes in sorted order, as ``predict_proba`` returns
        them. Of two classes the second one's count, and may be given alone. Of more,
        the probability of the most probable class counts, beside whether it was right.
    n_bins : int, default=15
        Number of bins, at most half the number of rows. Equal forecasts are never
        parted, so that there may be fewer.
    norm : {"l1", "l2", "l2_squared"}, default="l1"
        What is averaged: the distance, its square with the root taken of the mean, or
        its square.
    debias : bool, default=True
        Take off what chance adds. ``False`` is the plug-in estimate of most papers.
    labels : array-like of shape (n_classes,), default=None
        All classes, where ``y_true`` may lack one.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows. Rows of weight 0 count for nothing.
    return_std : bool, default=False
        Return the standard error too.

    Returns
    -------
    error : float
        Calibration error, 0 for perfect forecasts. With ``debias`` "l1" and
        "l2_squared" can fall below 0, as estimates around 0 must; of several folds,
        average these.
    std : float
        Its standard error. Only with ``return_std``.

    Raises
    ------
    ValueError
        If the rows do not fit together, ``y_proba`` holds no probabilities or has
        another number of columns than there are classes, or a setting is out of range.

    See Also
    --------
    sklearn.calibration.CalibrationDisplay : Draws forecasts and frequencies.
    brier_score_decomposition : Parts of the Brier score, calibration among them.

    Notes
    -----
    The squared distance in a bin exceeds its expectation by the variance of the mean of
    ``outcome - forecast``, which is estimated and subtracted [1]_ [2]_ [3]_: without
    bias, also where bins are small. For "l1" the excess is that of a normal
    distribution of that variance around the distance [3]_, by its formula in place of
    draws; for perfect forecasts three fifths of the excess are left, so that
    "l2_squared" is the one to ask whether there is any error. All of it concerns the
    bins: what rises and falls within one remains unseen.

    NOTE[DIFF]: [3]_ subtract the variance of the outcomes, for forecasts that are
    constant in a bin. Where they are not, the variance of ``outcome - forecast`` is
    what makes the estimate unbiased; where they are, the two are the same.

    The standard error takes the distances in the bins as independent and normal, around
    distances that are shrunk by the share that chance has in them, and adds the spread
    between bins. It is a tenth too large for perfect forecasts. Rows are taken as
    independent: for packets of one stream see :func:`bootstrap_interval`.

    References
    ----------
    .. [1] J. Broecker: Estimating reliability and resolution of probability forecasts
       through decomposition of the empirical score. Climate Dynamics 39 (2012).
    .. [2] C. A. T. Ferro, T. E. Fricker: A bias-corrected decomposition of the Brier
       score. Quarterly Journal of the Royal Meteorological Society 138 (2012).
    .. [3] A. Kumar, P. Liang, T. Ma: Verified uncertainty calibration. NeurIPS 2019.

    Examples
    --------
    Forecasts that are right on average, and the same, drawn towards 0 and 1:

    >>> import numpy as np
    >>> from skmirai.metrics import expected_calibration_error
    >>> rng = np.random.default_rng(0)
    >>> proba = rng.random(5000)
    >>> y = (rng.random(5000) < proba).astype(int)
    >>> sure = proba**3 / (proba**3 + (1 - proba) ** 3)
    >>> for forecast in (proba, sure):
    ...     error, std = expected_calibration_error(y, forecast, return_std=True)
    ...     plug_in = expected_calibration_error(y, forecast, debias=False)
    ...     print(f"{error:.3f} +- {std:.3f}, plug-in {plug_in:.3f}")
    0.005 +- 0.005, plug-in 0.013
    0.138 +- 0.006, plug-in 0.138

    Whether there is any error at all is for the squares to say:

    >>> for forecast in (proba, sure):
    ...     error, std = expected_calibration_error(
    ...         y, forecast, norm="l2_squared", return_std=True
    ...     )
    ...     print(f"{error / std:.1f} standard errors from 0")
    -1.2 standard errors from 0
    12.2 standard errors from 0
    """
    if norm not in _NORMS:
        raise ValueError(f"norm={norm!r} must be one of {_NORMS}")
    if not isinstance(n_bins, Integral) or isinstance(n_bins, bool):
        raise ValueError(f"n_bins={n_bins!r} must be an integer")
    codes, proba = check_forecasts(y_true, y_proba, labels)
    weight = check_weight(sample_weight, len(codes))
    counts = weight > 0
    codes, proba, weight = codes[counts], proba[counts], weight[counts]
    column = np.ones_like(codes) if proba.shape[1] == 2 else proba.argmax(axis=1)
    forecast = proba[np.arange(len(codes)), column]
    bins = equal_mass_bins(forecast, weight, int(n_bins))
    mass, distance, error = _bin_means((codes == column) - forecast, weight, bins)

    terms = _terms(distance, error, norm, debias)
    found = float(mass @ terms)
    result = max(found, 0.0) ** 0.5 if norm == "l2" else found
    if not return_std:
        return result
    square = mass @ distance**2
    real = max(square - mass @ error**2, 0) / square if square else 0.0
    drawn = real**0.5 * distance[:, np.newaxis] + error[:, np.newaxis] * _NODES
    within = _variance(_terms(drawn, error[:, np.newaxis], norm, debias))
    between = mass @ (terms - found) ** 2 * (weight @ weight) / weight.sum() ** 2
    std = float(mass**2 @ within + between) ** 0.5
    if norm == "l2":
        std = float(_variance(np.sqrt(np.maximum(found + std * _NODES, 0)))) ** 0.5
    return result, std


def _bin_means(
    values: Floats, weight: Floats, bins: np.ndarray
) -> tuple[Floats, Floats, Floats]:
    """Share of each bin in the weight, its mean, and the standard error of that."""
    total = np.bincount(bins, weight)
    mean = np.bincount(bins, weight * values) / total
    square = np.bincount(bins, weight * (values - mean[bins]) ** 2) / total
    share = np.bincount(bins, weight**2) / total**2  # 1 / n_rows for equal weights
    # of a row that outweighs all others of its bin beyond rounding, nothing is known
    factor = np.divide(share, 1 - share, out=np.zeros_like(share), where=share < 1)
    return total / total.sum(), mean, np.sqrt(square * factor)


def _terms(distance: Floats, error: Floats, norm: str, debias: bool) -> Floats:
    """What each bin adds to the calibration error."""
    if norm != "l1":
        return distance**2 - error**2 if debias else distance**2
    size = np.abs(distance)
    if not debias:
        return size
    z = np.divide(size, error, out=np.full_like(size, np.inf), where=error > 0)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    # the mean size of a normal variable around the distance, less the distance
    return size - 2 * (error * density - size * ndtr(-z))


def _variance(values: Floats) -> Floats:
    """Variance over the nodes, the last axis."""
    mean = values @ _NODE_WEIGHT
    return (values - mean[..., np.newaxis]) ** 2 @ _NODE_WEIGHT
