"""What a Brier score is made of."""

from numbers import Integral
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmirai.metrics._bins import equal_mass_bins
from skmirai.metrics._checks import Floats, check_forecasts


class BrierDecomposition(NamedTuple):
    """Parts of a Brier score.

    Attributes
    ----------
    reliability : float
        Mean squared distance between forecast and frequency: small is good.
    resolution : float
        How far the frequencies differ from that of all rows: large is good.
    uncertainty : float
        Score of the one forecast that is the frequency of all rows.
    within_bin_variance : float
        Variance of the forecasts within the bins; 0 without bins.
    within_bin_covariance : float
        Twice their covariance with the outcomes; 0 without bins.
    """

    reliability: float
    resolution: float
    uncertainty: float
    within_bin_variance: float
    within_bin_covariance: float

    @property
    def brier_score(self) -> float:
        """The score: the sum of the parts, resolution and covariance taken off."""
        return (
            self.reliability
            - self.resolution
            + self.uncertainty
            + self.within_bin_variance
            - self.within_bin_covariance
        )


def brier_score_decomposition(
    y_true: ArrayLike,
    y_proba: ArrayLike,
    *,
    n_bins: int | None = None,
    labels: ArrayLike | None = None,
) -> BrierDecomposition:
    """Reliability, resolution and uncertainty, which add up to the Brier score.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_proba : array-like of shape (n_samples,) or (n_samples, n_classes)
        Probabilities of the classes in sorted order, as ``predict_proba`` returns
        them. Of two classes the second one's count, and may be given alone; of more,
        the parts of all classes are summed.
    n_bins : int or None, default=None
        Number of bins of equal mass, at most half the number of rows. None takes equal
        forecasts together only, which suits forecasts of few values: where each is
        another, reliability is the whole score.
    labels : array-like of shape (n_classes,), default=None
        All classes, where ``y_true`` may lack one.

    Returns
    -------
    BrierDecomposition
        Named tuple of the parts, whose ``brier_score`` is that of
        :func:`sklearn.metrics.brier_score_loss`.

    Raises
    ------
    ValueError
        If the rows do not fit together, ``y_proba`` holds no probabilities or has
        another number of columns than there are classes, or ``n_bins`` is out of range.

    See Also
    --------
    expected_calibration_error : Distance to the frequencies, without what chance adds.

    Notes
    -----
    Score = reliability - resolution + uncertainty [1]_ holds where forecasts are equal
    in a bin. Where they are not, variance within bins comes on top and covariance with
    the outcomes goes off [2]_. With few rows in a bin chance raises reliability and
    resolution alike.

    References
    ----------
    .. [1] A. H. Murphy: A new vector partition of the probability score. Journal of
       Applied Meteorology 12 (1973).
    .. [2] D. B. Stephenson, C. A. S. Coelho, I. T. Jolliffe: Two extra components in
       the Brier score decomposition. Weather and Forecasting 23 (2008).

    Examples
    --------
    >>> from skmirai.metrics import brier_score_decomposition
    >>> parts = brier_score_decomposition([0, 0, 0, 1], [0.2, 0.2, 0.6, 0.6])
    >>> print(f"{parts.reliability:.3f} - {parts.resolution:.4f}")
    0.025 - 0.0625
    >>> print(f"+ {parts.uncertainty:.4f} = {parts.brier_score:.2f}")
    + 0.1875 = 0.15
    """
    if n_bins is not None and (
        not isinstance(n_bins, Integral) or isinstance(n_bins, bool)
    ):
        raise ValueError(f"n_bins={n_bins!r} must be an integer or None")
    codes, proba = check_forecasts(y_true, y_proba, labels)
    columns = [1] if proba.shape[1] == 2 else range(proba.shape[1])
    parts = [_parts(proba[:, c], codes == c, n_bins) for c in columns]
    return BrierDecomposition(*np.sum(parts, axis=0).tolist())


def _parts(
    forecast: Floats, happened: NDArray[np.bool_], n_bins: int | None
) -> tuple[float, ...]:
    """Parts of the score of one class."""
    if n_bins is None:
        bins = np.unique(forecast, return_inverse=True)[1]
    else:
        bins = equal_mass_bins(forecast, np.ones_like(forecast), int(n_bins))
    rows, base = np.bincount(bins), happened.mean()
    share = rows / len(bins)
    said = np.bincount(bins, forecast) / rows
    seen = np.bincount(bins, happened) / rows
    apart = forecast - said[bins]
    return (
        float(share @ (said - seen) ** 2),
        float(share @ (seen - base) ** 2),
        float(base * (1 - base)),
        float(np.mean(apart**2)),
        float(2 * np.mean(apart * (happened - seen[bins]))),
    )
