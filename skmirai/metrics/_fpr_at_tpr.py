"""False alarms at a given share of finds."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from skmirai.metrics._checks import check_labels, check_lengths, check_numbers


def fpr_at_tpr(
    y_true: ArrayLike, y_score: ArrayLike, *, tpr: float = 0.95, pos_label: Any = None
) -> float:
    """Smallest false positive rate at which so many positive rows are found.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels, of two classes.
    y_score : array-like of shape (n_samples,)
        Large for the positive class.
    tpr : float, default=0.95
        Least share of the positive rows to be found, in (0, 1].
    pos_label : int, float, bool or str, default=None
        The positive class. None takes 1, where labels are 0 or -1 and 1.

    Returns
    -------
    float
        Share of the negative rows whose score reaches the threshold.

    Raises
    ------
    ValueError
        If there are no rows, lengths differ, a value is NaN, the labels are not of two
        classes, ``pos_label`` is none of them, or ``tpr`` is out of range.

    See Also
    --------
    sklearn.metrics.roc_curve : Both rates at every threshold.

    Notes
    -----
    The usual figure of detectors of the unknown [1]_. Rows of equal score are found
    together.

    References
    ----------
    .. [1] S. Liang, Y. Li, R. Srikant: Enhancing the reliability of out-of-distribution
       image detection in neural networks. ICLR 2018.

    Examples
    --------
    >>> from skmirai.metrics import fpr_at_tpr
    >>> fpr_at_tpr([0, 0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.8, 0.3, 0.9])
    0.5
    >>> fpr_at_tpr([0, 0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.8, 0.3, 0.9], tpr=0.5)
    0.0
    """
    if not 0 < tpr <= 1:
        raise ValueError(f"tpr={tpr} must lie in (0, 1]")
    y = check_labels("y_true", y_true)
    score = check_numbers("y_score", y_score, infinite=True)
    check_lengths(y_true=y, y_score=score)
    classes = np.unique(y).tolist()
    if len(classes) != 2:
        raise ValueError(
            f"y_true holds the classes {classes}; expected two: both rates need rows"
        )
    if pos_label is None:
        if classes not in ([0, 1], [-1, 1]):
            raise ValueError(
                f"y_true holds {classes}: say by pos_label= which of them is positive"
            )
        pos_label = 1
    if pos_label not in classes:
        raise ValueError(f"pos_label={pos_label!r} must be one of {classes}")
    positive = y == pos_label
    found = np.sort(score[positive])[::-1]
    least = np.searchsorted(np.arange(1, len(found) + 1) / len(found), tpr)
    return float(np.mean(score[~positive] >= found[least]))
