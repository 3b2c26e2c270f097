"""The risk that is left among the rows that keep a verdict."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from skmirai.metrics._checks import Floats, check_lengths, check_numbers, check_weight


class RiskCoverageCurve(NamedTuple):
    """Risks by coverage, one point for each threshold.

    Attributes
    ----------
    coverages : ndarray of shape (n_thresholds,)
        Share of the rows that keep a verdict, increasing to 1.
    risks : ndarray of shape (n_thresholds,)
        Mean loss of these rows.
    thresholds : ndarray of shape (n_thresholds,)
        Rows whose uncertainty is at most this keep a verdict.
    """

    coverages: Floats
    risks: Floats
    thresholds: Floats


def risk_coverage_curve(
    losses: ArrayLike,
    uncertainty: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
) -> RiskCoverageCurve:
    """Mean loss of the least uncertain rows, for every share of them.

    Parameters
    ----------
    losses : array-like of shape (n_samples,)
        Loss of each row, such as ``y_true != y_pred``.
    uncertainty : array-like of shape (n_samples,)
        Large where the prediction is in doubt. Of a confidence, pass the negative.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows. Rows of weight 0 count for nothing.

    Returns
    -------
    RiskCoverageCurve
        Named tuple of coverages, risks and thresholds, all of shape (n_thresholds,).
        Rows of equal uncertainty enter together.

    Raises
    ------
    ValueError
        If there are no rows, lengths differ, or a value is NaN.

    See Also
    --------
    aurc_score : Area under the curve.
    skmirai.inspection.RiskCoverageDisplay : Draws it.

    References
    ----------
    .. [1] R. El-Yaniv, Y. Wiener: On the foundations of noise-free selective
       classification. Journal of Machine Learning Research 11 (2010).

    Examples
    --------
    >>> from skmirai.metrics import risk_coverage_curve
    >>> curve = risk_coverage_curve([0, 0, 1, 1], [0.1, 0.2, 0.2, 0.9])
    >>> curve.coverages
    array([0.25, 0.75, 1.  ])
    >>> curve.risks.round(3)
    array([0.   , 0.333, 0.5  ])
    >>> curve.thresholds
    array([0.1, 0.2, 0.9])
    """
    losses, uncertainty = check_losses(losses, uncertainty)
    weight = check_weight(sample_weight, len(losses))
    counts = weight > 0
    losses, uncertainty, weight = losses[counts], uncertainty[counts], weight[counts]
    thresholds, place = np.unique(uncertainty, return_inverse=True)
    mass = np.cumsum(np.bincount(place, weight))
    loss = np.cumsum(np.bincount(place, weight * losses))
    return RiskCoverageCurve(mass / mass[-1], loss / mass, thresholds)


def check_losses(losses: ArrayLike, uncertainty: ArrayLike) -> tuple[Floats, Floats]:
    """Return losses and uncertainties as numbers, as many of each."""
    losses = check_numbers("losses", losses)
    uncertainty = check_numbers("uncertainty", uncertainty, infinite=True)
    check_lengths(losses=losses, uncertainty=uncertainty)
    return losses, uncertainty
