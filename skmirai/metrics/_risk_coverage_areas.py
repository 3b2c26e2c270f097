"""Areas under curves of risk by coverage."""

import numpy as np
from numpy.typing import ArrayLike

from skmirai.metrics._checks import Floats
from skmirai.metrics._risk_coverage_curve import check_losses


def aurc_score(
    losses: ArrayLike, uncertainty: ArrayLike, *, excess: bool = False
) -> float:
    """Area under the risk-coverage curve: how well uncertainty ranks the losses.

    Parameters
    ----------
    losses : array-like of shape (n_samples,)
        Loss of each row, such as ``y_true != y_pred``.
    uncertainty : array-like of shape (n_samples,)
        Large where the prediction is in doubt. Of a confidence, pass the negative.
    excess : bool, default=False
        Take off the area of the best order of the same losses [2]_.

    Returns
    -------
    float
        Mean, over all numbers of rows, of the mean loss of so many least uncertain
        rows: small is good. With ``excess`` 0 is perfect.

    Raises
    ------
    ValueError
        If there are no rows, lengths differ, or a value is NaN.

    See Also
    --------
    augrc_score : Area that does not weigh the most certain rows most.
    risk_coverage_curve : The curve.

    Notes
    -----
    For rows of equal uncertainty, it is the expectation over their orders. An
    uncertainty that knows nothing has the mean loss as its area. [2]_ approximate the
    best area by a formula for many rows; here it is that of the losses at hand.

    References
    ----------
    .. [1] Y. Geifman, R. El-Yaniv: Selective classification for deep neural networks.
       NeurIPS 2017.
    .. [2] Y. Geifman, G. Uziel, R. El-Yaniv: Bias-reduced uncertainty estimation for
       deep neural classifiers. ICLR 2019.

    Examples
    --------
    The one wrong row is the second most uncertain one:

    >>> from skmirai.metrics import aurc_score
    >>> round(aurc_score([0, 0, 1, 0], [0.1, 0.2, 0.3, 0.4]), 4)
    0.1458
    >>> round(aurc_score([0, 0, 1, 0], [0.1, 0.2, 0.3, 0.4], excess=True), 4)
    0.0833
    """
    losses, uncertainty = check_losses(losses, uncertainty)
    best = _mean_risk(losses, losses) if excess else 0.0
    return _mean_risk(losses, uncertainty) - best


def augrc_score(losses: ArrayLike, uncertainty: ArrayLike) -> float:
    """Area under the generalised risk-coverage curve.

    Parameters
    ----------
    losses : array-like of shape (n_samples,)
        Loss of each row, such as ``y_true != y_pred``.
    uncertainty : array-like of shape (n_samples,)
        Large where the prediction is in doubt. Of a confidence, pass the negative.

    Returns
    -------
    float
        Mean loss of the verdicts that are kept, those not kept counted as 0, averaged
        over all coverages: small is good, and half the mean loss is what an
        uncertainty that knows nothing has.

    Raises
    ------
    ValueError
        If there are no rows, lengths differ, or a value is NaN.

    See Also
    --------
    aurc_score : The area of the mean loss among the kept.

    Notes
    -----
    The generalised risk is the share of all rows that are kept and wrong [1]_. Few
    certain mistakes weigh little in it, while they decide ``aurc_score``. Between its
    points the curve is a straight line, rows of equal uncertainty among them. For a
    share e of wrong rows the area is ``(1 - AUC) * e * (1 - e) + e**2 / 2``, where AUC
    is how well uncertainty tells wrong from right.

    References
    ----------
    .. [1] J. Traub, T. J. Bungert, C. T. Lueth, M. Baumgartner, K. H. Maier-Hein,
       L. Maier-Hein, P. F. Jaeger: Overcoming common flaws in the evaluation of
       selective classification systems. NeurIPS 2024.

    Examples
    --------
    >>> from skmirai.metrics import augrc_score
    >>> augrc_score([0, 0, 1, 0], [0.1, 0.2, 0.3, 0.4])
    0.09375
    """
    kept = np.cumsum(_expected_losses(*check_losses(losses, uncertainty)))
    return float((kept.sum() - kept[-1] / 2) / len(kept) ** 2)


def _mean_risk(losses: Floats, uncertainty: Floats) -> float:
    kept = np.cumsum(_expected_losses(losses, uncertainty))
    return float(np.mean(kept / np.arange(1, len(kept) + 1)))


def _expected_losses(losses: Floats, uncertainty: Floats) -> Floats:
    """Losses by growing uncertainty; among equal ones, each has the mean of them."""
    _, place, rows = np.unique(uncertainty, return_inverse=True, return_counts=True)
    return np.repeat(np.bincount(place, losses) / rows, rows)
