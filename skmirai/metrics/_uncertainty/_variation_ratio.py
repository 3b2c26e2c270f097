"""How far the passes disagree in their votes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmirai.metrics._uncertainty._measure import PassStatistics
from skmirai.utils._probabilities import check_probabilities, count_votes


def variation_ratio(proba_samples: ArrayLike) -> NDArray[np.float64]:
    """Share of the passes that do not vote for the most voted class.

    Parameters
    ----------
    proba_samples : array-like of shape (n_passes, n_samples, n_classes)
        Class probabilities of each pass. A pass votes for its most probable
        class; ties within a pass go to the first class.

    Returns
    -------
    ndarray of shape (n_samples,)
        From 0 (all passes agree) to ``1 - 1 / n_classes``.

    Raises
    ------
    ValueError
        If the shape is another one, a value is negative or not finite, or a row
        does not sum to 1.

    References
    ----------
    .. [1] Y. Gal, "Uncertainty in deep learning", PhD thesis, University of
       Cambridge, 2016, section 3.3.1.

    Examples
    --------
    >>> from skmirai.metrics import variation_ratio
    >>> passes = [[[0.9, 0.1]], [[0.8, 0.2]], [[0.6, 0.4]], [[0.3, 0.7]]]
    >>> variation_ratio(passes)
    array([0.25])
    """
    samples = check_probabilities("proba_samples", proba_samples, ndim=3)
    n_passes = len(samples)
    return (n_passes - count_votes(samples).max(axis=1)) / n_passes


def of_statistics(passes: PassStatistics) -> NDArray[np.float64]:
    """Share of the passes against the most voted class."""
    return (passes.n_passes - passes.votes.max(axis=1)) / passes.n_passes
