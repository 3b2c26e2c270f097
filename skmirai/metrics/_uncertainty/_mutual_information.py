"""The epistemic part of the uncertainty."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmirai.metrics._uncertainty._measure import PassStatistics
from skmirai.utils._probabilities import (
    check_probabilities,
    entropy,
    mean_over_passes,
)


def mutual_information(proba_samples: ArrayLike) -> NDArray[np.float64]:
    """Entropy of the mean less mean of the entropies: the epistemic part.

    It is the information that the label would give about the model: large where
    the passes are sure and contradict each other. Also known as BALD.

    Parameters
    ----------
    proba_samples : array-like of shape (n_passes, n_samples, n_classes)
        Class probabilities of each pass.

    Returns
    -------
    ndarray of shape (n_samples,), in nats
        The plug-in estimate, so that ``predictive_entropy(mean over passes) ==
        expected_entropy + mutual_information`` up to float rounding. Rounding
        below zero is cut off, and equal passes give exactly 0.

    Raises
    ------
    ValueError
        If the shape is another one, a value is negative or not finite, or a row
        does not sum to 1.

    Notes
    -----
    The plug-in is low by about ``1 / n_passes`` of its value, because the mean
    over few passes lies nearer to each of them than the true mean does.

    References
    ----------
    .. [1] N. Houlsby, F. Huszar, Z. Ghahramani and M. Lengyel, "Bayesian active
       learning for classification and preference learning", arXiv:1112.5745, 2011.
    .. [2] S. Depeweg, J. M. Hernandez-Lobato, F. Doshi-Velez and S. Udluft,
       "Decomposition of uncertainty in Bayesian deep learning for efficient and
       risk-sensitive learning", ICML 2018.

    Examples
    --------
    Two passes that contradict each other, and two that agree on a coin toss:

    >>> from skmirai.metrics import mutual_information
    >>> passes = [[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]]
    >>> mutual_information(passes).round(4)
    array([0.6931, 0.    ])
    """
    samples = check_probabilities("proba_samples", proba_samples, ndim=3)
    samples = samples.astype(np.float64, copy=False)
    total = entropy(np.minimum(mean_over_passes(samples), 1.0))
    epistemic = np.maximum(total - mean_over_passes(entropy(samples)), 0.0)
    # Equal entropies of equal rows are only as sure as the machine's log.
    epistemic[(samples == samples[0]).all(axis=(0, 2))] = 0.0
    return epistemic


def of_statistics(passes: PassStatistics) -> NDArray[np.float64]:
    """Total less aleatoric part, in nats."""
    return passes.predictive_entropy - passes.expected_entropy


def corrected(passes: PassStatistics) -> NDArray[np.float64]:
    """Mutual information with the bias of few passes undone, in nats."""
    # T / (T - 1); for a single pass there is no spread to judge by.
    n_passes = passes.n_passes
    factor = n_passes / (n_passes - 1) if n_passes > 1 else np.nan
    return of_statistics(passes) * factor
