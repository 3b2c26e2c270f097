"""Class probabilities: checked, their entropy, the votes of passes."""

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


def mean_over_passes(values: NDArray) -> NDArray:
    """Mean over the first axis, exact where all passes are equal."""
    return values[0] + (values - values[0]).mean(axis=0)
