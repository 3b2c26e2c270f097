"""The total uncertainty."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmirai.metrics._uncertainty._measure import PassStatistics
from skmirai.utils._probabilities import check_probabilities, entropy


def predictive_entropy(proba: ArrayLike) -> NDArray[np.float64]:
    """Entropy of class probabilities: the total uncertainty of a prediction.

    Parameters
    ----------
    proba : array-like of shape (..., n_classes)
        Class probabilities on the last axis. For Monte Carlo dropout, their mean
        over passes.

    Returns
    -------
    ndarray of shape (...), in nats
        ``-sum(p * log(p))`` with ``0 log 0 = 0``; from 0 (certain) to
        ``log(n_classes)`` (uniform).

    Raises
    ------
    ValueError
        If a value is negative or not finite, or a row does not sum to 1
        (within 1e-4, which float32 rounding does not reach).

    References
    ----------
    .. [1] Y. Gal and Z. Ghahramani, "Dropout as a Bayesian approximation:
       representing model uncertainty in deep learning", ICML 2016.

    Examples
    --------
    >>> from skmirai.metrics import predictive_entropy
    >>> predictive_entropy([[1.0, 0.0], [0.5, 0.5]]).round(4)
    array([0.    , 0.6931])
    """
    return entropy(check_probabilities("proba", proba, ndim=None))


def of_statistics(passes: PassStatistics) -> NDArray[np.float64]:
    """Entropy of the mean over passes."""
    return entropy(passes.proba)
