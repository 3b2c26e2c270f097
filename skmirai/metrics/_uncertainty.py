"""How uncertain are predicted class probabilities, and for which reason.

All entropies are in nats. They are computed in float64, whatever the input,
from the probabilities as given: rows are checked to sum to one but are not
renormalised. A value that rounding put above 1 is taken as 1.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

# A softmax in float32 sums to one within about 1e-6; probabilities written with
# five decimals also pass, logits, percentages and transposed arrays do not.
SUM_TOLERANCE = 1e-4

_CHUNK = 2**18
_TINY = np.finfo(np.float64).smallest_subnormal


def sum_over_classes(values: NDArray) -> NDArray:
    """Sum over a short last axis, much faster than ``sum(axis=-1)`` there."""
    total = np.zeros(values.shape[:-1], dtype=np.float64)
    for column in range(values.shape[-1]):
        total += values[..., column]
    return total


def check_probabilities(name: str, values: ArrayLike, *, ndim: int | None) -> NDArray:
    """Return ``values`` as an array whose last axis holds distributions.

    The data type is kept. ``ndim=3`` stands for (n_passes, n_samples, n_classes),
    ``ndim=None`` for any number of leading axes.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} has dtype {array.dtype}; expected real numbers: "
            "pass the output of predict_proba"
        )
    if ndim is None and (array.ndim == 0 or array.shape[-1] == 0):
        raise ValueError(
            f"{name} has shape {array.shape}; expected (..., n_classes) with at least "
            "one class: put the class probabilities on the last axis"
        )
    if ndim == 3 and (array.ndim != 3 or 0 in (array.shape[0], array.shape[2])):
        raise ValueError(
            f"{name} has shape {array.shape}; expected (n_passes, n_samples, n_classes)"
            " with at least one pass and one class: a single pass is proba[np.newaxis]"
        )
    with np.errstate(invalid="ignore", over="ignore"):  # infinities are reported
        if array.size and not _fits(array):
            _explain(name, array)
    if array.size and array.max() > 1:
        array = np.minimum(array, array.dtype.type(1))
    return array


def _fits(array: NDArray) -> bool:
    if array.size > _CHUNK and array.ndim > 1:  # keep the temporaries small
        low, high = np.array_split(array, 2, axis=int(np.argmax(array.shape[:-1])))
        if low.size and high.size:
            return _fits(low) and _fits(high)
    # Written so that a NaN fails both comparisons.
    sums = sum_over_classes(array)
    return bool(array.min() >= 0 and (np.abs(sums - 1.0) <= SUM_TOLERANCE).all())


def _explain(name: str, array: NDArray) -> None:
    sums = sum_over_classes(array)
    for bad, expected in (
        (~np.isfinite(array), "finite: drop or repair the row that it comes from"),
        (array < 0, ">= 0: pass probabilities, not logits or scores"),
    ):
        if bad.any():
            where = tuple(np.argwhere(bad)[0].tolist())
            place = f"{name}[{', '.join(map(str, where))}]"
            raise ValueError(f"{place}={array[where]} must be {expected}")
    where = tuple(np.argwhere(np.abs(sums - 1.0) > SUM_TOLERANCE)[0].tolist())
    place = f"{name}[{', '.join(map(str, where))}]" if where else name
    raise ValueError(
        f"{place} sums to {sums[where]:.6g}; the class probabilities on the last axis "
        f"must sum to 1 (within {SUM_TOLERANCE:g}): divide by their sum, or apply "
        "softmax to logits"
    )


def entropy(proba: NDArray) -> NDArray:
    """Entropy over the last axis, in nats, of probabilities known to be valid."""
    # Contiguous float64 first: NumPy's log may differ in the last bit between
    # memory layouts, and equal rows must get equal entropies.
    proba = np.ascontiguousarray(proba, dtype=np.float64)
    terms = np.maximum(proba, _TINY)  # 0 log 0 = 0
    np.log(terms, out=terms)
    terms *= proba
    return 0.0 - sum_over_classes(terms)


def count_votes(proba_samples: NDArray) -> NDArray[np.int64]:
    """Count the votes for each class: (T, n, C) -> (n, C), ties to the first."""
    n_classes = proba_samples.shape[-1]
    votes = np.zeros(proba_samples.shape[1:], dtype=np.int64)
    if n_classes == 2:  # the same rule, five times as fast as argmax
        votes[:, 1] = (proba_samples[..., 1] > proba_samples[..., 0]).sum(axis=0)
        votes[:, 0] = len(proba_samples) - votes[:, 1]
        return votes
    winner = proba_samples.argmax(axis=-1)
    for column in range(n_classes):
        votes[:, column] = (winner == column).sum(axis=0)
    return votes


def _mean_over_passes(values: NDArray) -> NDArray:
    """Mean over the first axis, exact where all passes are equal."""
    return values[0] + (values - values[0]).mean(axis=0)


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
    return _mean_over_passes(entropy(samples))


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
    total = entropy(np.minimum(_mean_over_passes(samples), 1.0))
    epistemic = np.maximum(total - _mean_over_passes(entropy(samples)), 0.0)
    # Equal entropies of equal rows are only as sure as the machine's log.
    epistemic[(samples == samples[0]).all(axis=(0, 2))] = 0.0
    return epistemic


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
