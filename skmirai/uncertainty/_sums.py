"""Sums over blocks of passes, from which results are made: no pass is held."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmirai.metrics import UNCERTAINTY_MEASURES
from skmirai.uncertainty._moments import StreamingMoments, check_finite
from skmirai.utils._probabilities import check_probabilities, count_votes

# Values worked on at once: 2 MiB in float64, so that the temporaries of one
# chunk stay in the cache however large a block is.
_CHUNK = 2**18

#: Largest size of values whose squared differences can be summed.
_LARGEST = 1e150

# One thread at a time lays out samples; not an attribute, which could not be copied.
_STORING = threading.Lock()

#: Measures that are means over passes, taken while the passes come in.
MEANS = {
    name: measure.of_passes
    for name, measure in UNCERTAINTY_MEASURES.items()
    if measure.of_passes is not None
}


class _Sums:
    """What both kinds share: where a block belongs, and the kept samples.

    Threads may update different rows at the same time.
    """

    def __init__(
        self,
        n_samples: int,
        width: tuple[int, ...],
        keep_samples: bool,
        n_passes: int | None,
    ) -> None:
        if n_samples < 1:
            raise ValueError(
                f"n_samples={n_samples} must be >= 1: pass the number of rows"
            )
        if n_passes is not None and n_passes < 1:
            raise ValueError(f"n_passes={n_passes} must be >= 1: use 100 if in doubt")
        if keep_samples and n_passes is None:
            raise ValueError(
                "keep_samples=True needs n_passes: the array that holds the samples "
                "is laid out beforehand"
            )
        self.n_samples = n_samples
        self.n_passes = n_passes
        self.keep_samples = keep_samples
        self._shape = (n_samples, *width)
        self._moments = StreamingMoments(self._shape)
        self._samples: NDArray | None = None

    def _bounds(self, rows: slice, block: NDArray, name: str) -> tuple[int, int]:
        """First row and end of the slice, after checking that the block fits."""
        if not isinstance(rows, slice):
            raise TypeError(
                f"rows={rows!r} must be a slice of consecutive rows: slice(0, 10)"
            )
        start, stop, step = rows.indices(self.n_samples)
        n_rows = max(stop - start, 0)
        if step != 1:
            raise ValueError(f"{rows} must have step 1: update row by row instead")
        if block.ndim == 0 or block.shape[1:] != (n_rows, *self._shape[1:]):
            width = "".join(f", {size}" for size in self._shape[1:])
            raise ValueError(
                f"{name} has shape {block.shape}; {rows} of {self.n_samples} rows "
                f"expects (t, {n_rows}{width}): pass exactly the rows of the slice"
            )
        if len(block) == 0:
            raise ValueError(f"{name} has shape {block.shape}: it holds no pass")
        return start, stop

    def _store(self, rows: slice, block: NDArray, first_pass: int, name: str) -> None:
        assert self.n_passes is not None
        last_pass = first_pass + len(block)
        if not 0 <= first_pass < last_pass <= self.n_passes:
            raise ValueError(
                f"first_pass={first_pass} with {len(block)} passes in {name} must lie "
                f"within n_passes={self.n_passes}: number the passes from 0"
            )
        dtype = np.result_type(block.dtype, np.float32)
        with _STORING:
            if self._samples is None:
                # NaN marks what has not arrived yet.
                self._samples = np.full((self.n_passes, *self._shape), np.nan, dtype)
            elif self._samples.dtype != np.result_type(self._samples, dtype):
                self._samples = self._samples.astype(dtype)
            place = self._samples[first_pass:last_pass, rows]
            if not np.isnan(place).all():
                raise ValueError(
                    f"passes {first_pass} to {last_pass - 1} of {rows} were given "
                    "before: first_pass says where a block of passes belongs"
                )
            place[...] = block

    @staticmethod
    def _chunks(
        start: int, stop: int, block: NDArray
    ) -> Iterator[tuple[slice, NDArray]]:
        """Slices of rows, in the whole and in the block, of bounded size."""
        step = max(1, _CHUNK // max(1, block[:, :1].size))
        for low in range(start, stop, step):
            high = min(low + step, stop)
            yield slice(low, high), block[:, low - start : high - start]

    def _finished(self) -> tuple[int, NDArray | None]:
        """Return the number of passes and the samples, once all rows have as many."""
        low, high = int(self._moments.count.min()), int(self._moments.count.max())
        expected = high if self.n_passes is None else self.n_passes
        if low != high or high != expected or high == 0:
            row = int(np.argmax(self._moments.count != max(expected, 1)))
            raise ValueError(
                f"row {row} received {self._moments.count[row]} passes; expected "
                f"{max(expected, 1)} in every row: update the rows that are missing"
            )
        if self._samples is not None:
            self._samples.flags.writeable = False
        return high, self._samples


class ProbabilitySums(_Sums):
    """Gather class probabilities; see ``UncertaintyAccumulator`` for the parameters."""

    def __init__(
        self,
        n_samples: int,
        classes: ArrayLike,
        *,
        keep_samples: bool = False,
        n_passes: int | None = None,
    ) -> None:
        self.classes = np.asarray(classes)
        super().__init__(n_samples, (self.classes.size,), keep_samples, n_passes)
        self._means = {name: StreamingMoments((n_samples,)) for name in MEANS}
        self._votes = np.zeros((n_samples, self.classes.size), dtype=np.int64)

    def update(self, rows: slice, proba_block: ArrayLike, first_pass: int = 0) -> None:
        """Take in a block of passes over consecutive rows.

        A block that is refused leaves the accumulator as it was.

        Parameters
        ----------
        rows : slice
            The rows, within ``0..n_samples``.
        proba_block : array-like of shape (t, rows, n_classes)
            Class probabilities of ``t`` passes over these rows.
        first_pass : int, default=0
            Number of the block's first pass. Used with ``keep_samples`` only.

        Raises
        ------
        TypeError
            If ``rows`` is not a slice.
        ValueError
            If the block does not fit the rows, does not hold probabilities, or
            (with ``keep_samples``) its passes were given before.
        """
        block = check_probabilities("proba_block", proba_block, ndim=3)
        self.update_checked(rows, block, first_pass)

    def update_checked(self, rows: slice, block: NDArray, first_pass: int = 0) -> None:
        """Do as ``update`` with what is known to hold probabilities."""
        start, stop = self._bounds(rows, block, "proba_block")
        if self.keep_samples:
            self._store(slice(start, stop), block, first_pass, "proba_block")
        for chunk_rows, chunk in self._chunks(start, stop, block):
            values = np.ascontiguousarray(chunk, dtype=np.float64)
            self._moments.update(chunk_rows, values)
            for name, of_passes in MEANS.items():
                self._means[name].update(chunk_rows, of_passes(values))
            self._votes[chunk_rows] += count_votes(values)

    def statistics(self) -> dict[str, Any]:
        """Return the parameters of a ``PredictiveUncertainty`` of all passes.

        Returns
        -------
        dict of str to object

        Raises
        ------
        ValueError
            If rows received different numbers of passes, or not ``n_passes``.
        """
        n_passes, samples = self._finished()
        means = {name: moments.mean() for name, moments in self._means.items()}
        return {
            "classes": self.classes,
            "proba": self._moments.mean(),
            "std": self._moments.std(),
            "votes": self._votes,
            "expected_entropy": means.pop("expected_entropy"),
            "n_passes": n_passes,
            "samples": samples,
            "pass_means": means,
        }


class ValueSums(_Sums):
    """Gather predicted values; see ``RegressionAccumulator`` for the parameters."""

    def __init__(
        self,
        n_samples: int,
        n_outputs: int | None = None,
        *,
        keep_samples: bool = False,
        n_passes: int | None = None,
    ) -> None:
        if n_outputs is not None and n_outputs < 1:
            raise ValueError(
                f"n_outputs={n_outputs} must be >= 1, or None for passes without an "
                "axis of outputs"
            )
        width = () if n_outputs is None else (n_outputs,)
        super().__init__(n_samples, width, keep_samples, n_passes)

    def update(self, rows: slice, block: ArrayLike, first_pass: int = 0) -> None:
        """Take in a block of passes over consecutive rows.

        A block that is refused leaves the accumulator as it was.

        Parameters
        ----------
        rows : slice
            The rows, within ``0..n_samples``.
        block : array-like of shape (t, rows) or (t, rows, n_outputs)
            Predicted values of ``t`` passes over these rows.
        first_pass : int, default=0
            Number of the block's first pass. Used with ``keep_samples`` only.

        Raises
        ------
        TypeError
            If ``rows`` is not a slice.
        ValueError
            If the block does not fit the rows, is not finite, or (with
            ``keep_samples``) its passes were given before.
        """
        block = check_finite("block", block)
        if block.size and (largest := float(np.abs(block).max())) > _LARGEST:
            raise ValueError(
                f"a pass predicted a value of size {largest:g}, whose square is too "
                "large for the spread over passes: bound the columns of X with a "
                "scaler such as 'robust_clip', or fit on a scaled target"
            )
        start, stop = self._bounds(rows, block, "block")
        if self.keep_samples:
            self._store(slice(start, stop), block, first_pass, "block")
        for chunk_rows, chunk in self._chunks(start, stop, block):
            self._moments.update(chunk_rows, chunk)

    def statistics(self) -> dict[str, Any]:
        """Return the parameters of a ``RegressionUncertainty`` of all passes.

        Returns
        -------
        dict of str to object

        Raises
        ------
        ValueError
            If rows received different numbers of passes, or not ``n_passes``.
        """
        n_passes, samples = self._finished()
        return {
            "mean": self._moments.mean(),
            "std": self._moments.std(),
            "n_passes": n_passes,
            "samples": samples,
        }
