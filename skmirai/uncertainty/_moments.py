"""What both results share: moments over passes, selection of rows, merging."""

import math
from dataclasses import fields
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray


def combine_moments(
    count_a: NDArray | int,
    mean_a: NDArray,
    m2_a: NDArray,
    count_b: NDArray | int,
    mean_b: NDArray,
    m2_b: NDArray,
) -> tuple[NDArray, NDArray]:
    """Mean and sum of squared deviations of two groups taken together.

    Exact (to the bit) for the mean where both means are equal, and where one
    count is zero and its mean and ``m2`` are too.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating formulae and a
       pairwise algorithm for computing sample variances", COMPSTAT 1982.
    """
    weight = count_b / (count_a + count_b)
    delta = mean_b - mean_a
    return mean_a + delta * weight, m2_a + m2_b + delta**2 * (count_a * weight)


class StreamingMoments:
    """Mean and population standard deviation over passes that come in blocks.

    Only sums are held. Deviations are taken from the first value seen in each
    place before anything is summed, so that equal passes have a deviation of
    exactly zero and values packed closely near 1 lose no digits.

    Parameters
    ----------
    shape : tuple of int
        Shape of one pass, rows first.

    Attributes
    ----------
    count : ndarray of shape (shape[0],)
        Passes seen by each row.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.uncertainty._moments import StreamingMoments
    >>> moments = StreamingMoments((2,))
    >>> moments.update(slice(0, 2), np.array([[0.1, 1.0], [0.1, 3.0]]))
    >>> moments.mean(), moments.std()
    (array([0.1, 2. ]), array([0., 1.]))
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.count = np.zeros(shape[0], dtype=np.int64)
        self._first = np.zeros(shape)
        self._mean = np.zeros(shape)  # of the deviations from _first
        self._m2 = np.zeros(shape)

    def update(self, rows: slice, block: NDArray) -> None:
        """Take in ``block`` of shape (t, rows, ...) for the rows of a slice."""
        count, first = self.count[rows], self._first[rows]
        new = count == 0
        first[new] = block[0][new]
        deviation = np.subtract(block, first, dtype=np.float64)
        mean = deviation.mean(axis=0)
        deviation -= mean
        m2 = np.einsum("t...,t...->...", deviation, deviation)
        seen = count.reshape(count.shape + (1,) * (first.ndim - 1))
        self._mean[rows], self._m2[rows] = combine_moments(
            seen, self._mean[rows], self._m2[rows], len(block), mean, m2
        )
        count += len(block)

    def mean(self) -> NDArray[np.float64]:
        """Return the mean over passes."""
        return self._first + self._mean

    def std(self) -> NDArray[np.float64]:
        """Return the population standard deviation over passes (``ddof=0``)."""
        count = self.count.reshape(self.count.shape + (1,) * (self._m2.ndim - 1))
        return np.sqrt(self._m2 / count)


def standard_error(std: NDArray, n_passes: int) -> NDArray[np.float64]:
    """Monte Carlo standard error of a mean over passes; NaN for one pass."""
    if n_passes == 1:
        return np.full(std.shape, np.nan)
    return std / np.sqrt(n_passes - 1)


def check_finite(name: str, values: ArrayLike) -> NDArray:
    """Return ``values`` as an array of finite real numbers, its type kept."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} has dtype {array.dtype}; expected real numbers: "
            "pass the output of predict"
        )
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(np.argwhere(~finite)[0].tolist())
        raise ValueError(
            f"{name}[{', '.join(map(str, where))}]={array[where]} must be finite: "
            "if the network diverged, fit it with a smaller learning_rate"
        )
    return array


def read_only(values: ArrayLike, dtype: DTypeLike | None = None) -> NDArray:
    """Return ``values`` as an array that cannot be written to.

    What is writeable is copied, so that the caller's array stays as it was and
    later changes to it do not reach the result.
    """
    array = np.asarray(values, dtype=dtype)
    if array.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    return array


def select_rows(
    values: NDArray,
    *,
    coverage: float | None,
    threshold: float | None,
    keep_high: bool = False,
) -> NDArray[np.bool_]:
    """Mask of the rows with low (or high) values, by their share or by a limit."""
    if (coverage is None) == (threshold is None):
        raise ValueError(
            f"coverage={coverage} and threshold={threshold}: give exactly one, "
            "the share of rows to keep or the limit of their uncertainty"
        )
    if threshold is not None:
        if math.isnan(threshold):
            raise ValueError(
                f"threshold={threshold} must be a number: a quantile of the measure "
                "on held-out rows is a usual choice"
            )
        return values >= threshold if keep_high else values <= threshold
    assert coverage is not None
    if not 0 < coverage <= 1:
        raise ValueError(
            f"coverage={coverage} must be in (0, 1]: it is the share of rows to keep, "
            "0.9 for 90 %"
        )
    # 0.07 * 100 is 7.000000000000001, and 7 rows are meant.
    n_keep = math.ceil(float(coverage) * len(values) * (1 - 1e-12))
    order = np.argsort(-values if keep_high else values, kind="stable")
    keep = np.zeros(len(values), dtype=bool)
    keep[order[:n_keep]] = True
    return keep


class PassesResult:
    """Base of the frozen results: length, pickling, the checks that both need."""

    std: NDArray[np.float64]
    n_passes: int
    samples: NDArray | None

    def _store(self, values: dict[str, Any]) -> None:
        """Replace the given fields by their checked forms, in a frozen dataclass."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _check_mergeable(self, other: "PassesResult", parts: tuple[str, ...]) -> None:
        if not isinstance(other, type(self)):
            raise TypeError(
                f"other is of type {type(other).__name__}; expected another "
                f"{type(self).__name__} of the same rows"
            )
        if self.std.shape != other.std.shape:
            raise ValueError(
                f"results of shape {self.std.shape} and {other.std.shape} do not cover "
                "the same rows: merge results of the same X"
            )
        if self.samples is not None and other.samples is not None:
            parts = ("samples",)  # few passes in another order have equal moments
        if self.std.any() and all(
            np.array_equal(getattr(self, part), getattr(other, part)) for part in parts
        ):
            raise ValueError(
                f"both results hold the same {self.n_passes} passes, which adds no "
                "information (the same random_state?): use another random_state"
            )

    def _merged_samples(self, other: "PassesResult") -> NDArray | None:
        if self.samples is None or other.samples is None:
            return None
        samples = np.concatenate([self.samples, other.samples])
        samples.flags.writeable = False
        return samples

    def __len__(self) -> int:
        return len(self.std)

    def __reduce__(self) -> tuple[Any, ...]:
        # NumPy forgets the read-only flag in pickles: rebuild from the parameters.
        names = [f.name for f in fields(self) if f.init]  # type: ignore[arg-type]
        return partial(type(self), **{name: getattr(self, name) for name in names}), ()


def frame_index(index: Any, n_samples: int) -> Any:
    """Return ``index`` for a frame of so many rows, checked."""
    if index is not None and len(index) != n_samples:
        raise ValueError(
            f"index has {len(index)} entries; expected {n_samples}, one for each row: "
            "pass the index of the rows that were predicted"
        )
    return index
