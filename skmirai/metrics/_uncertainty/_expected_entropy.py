"""The aleatoric part of the uncertainty."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmirai.utils._probabilities import (
    check_probabilities,
    entropy,
    mean_over_passes,
)


def expected_entropy(proba_samples: ArrayLike) -> NDArray[np.float64]:
    """Mean entropy of the single passes: the aleatoric part of the uncertainty.

    It is what remains when every pass is sure of its model: noise in the data,
    which more training data does not remove.

    Parameters
    ----------
    proba_samples : array-like of shape (n_passes, n_samples, n_classes)
        Class probabilities of each pass.

    Returns
    -------
    ndarray of shape (n_samples,), in nats

    Raises
    ------
    ValueError
        If the shape is another one, a value is negative or not finite, or a row
        does not sum to 1.

    References
    ----------
    .. [1] S. Depeweg, J. M. Hernandez-Lobato, F. Doshi-Velez and S. Udluft,
       "Decomposition of uncertainty in Bayesian deep learning for efficient and
       risk-sensitive learning", ICML 2018.

    Examples
    --------
    Two passes that contradict each other, and two that agree on a coin toss:

    >>> from skmirai.metrics import expected_entropy
    >>> passes = [[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]]
    >>> expected_entropy(passes).round(4)
    array([0.    , 0.6931])
    """
    samples = check_probabilities("proba_samples", proba_samples, ndim=3)
    return mean_over_passes(entropy(samples))
