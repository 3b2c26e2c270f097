"""The uncertainty of predicted values from stochastic passes."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmirai.uncertainty._checks import checked_passes
from skmirai.uncertainty._moments import (
    PassesResult,
    check_finite,
    combine_moments,
    frame_index,
    read_only,
    select_rows,
    standard_error,
)
from skmirai.uncertainty._summary import summary_of_values
from skmirai.uncertainty._sums import ValueSums

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class RegressionUncertainty(PassesResult):
    """Predicted values of ``n_passes`` stochastic passes, and their spread.

    All values are in the units of the target, all arrays are read-only.

    Parameters
    ----------
    mean : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Mean prediction over passes.
    std : array-like, of the shape of mean
        Population standard deviation over passes (``ddof=0``): the epistemic part
        of the uncertainty. It does not contain the noise of the target.
    n_passes : int
        Number of passes.
    samples : array-like of shape (n_passes, n_samples[, n_outputs]), default=None
        The passes themselves, where they were kept.

    Attributes
    ----------
    mc_error : ndarray, of the shape of mean
        Monte Carlo standard error of ``mean``, ``std / sqrt(n_passes - 1)``; NaN
        for one pass.

    Raises
    ------
    ValueError
        If shapes disagree, ``n_passes`` is below 1, ``mean`` is not finite, or
        ``std`` is negative or not finite.

    References
    ----------
    .. [1] Y. Gal and Z. Ghahramani, "Dropout as a Bayesian approximation:
       representing model uncertainty in deep learning", ICML 2016.

    Examples
    --------
    >>> from skmirai.uncertainty import RegressionUncertainty
    >>> result = RegressionUncertainty.from_samples([[1.0, 5.0], [3.0, 5.0]])
    >>> result
    RegressionUncertainty(n_samples=2, n_passes=2)
    >>> result.mean, result.std
    (array([2., 5.]), array([1., 0.]))
    """

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    n_passes: int
    samples: NDArray | None = None

    def __post_init__(self) -> None:
        mean = read_only(check_finite("mean", self.mean), np.float64)
        if mean.ndim not in (1, 2):
            raise ValueError(
                f"mean has shape {mean.shape}; expected (n_samples,) or "
                "(n_samples, n_outputs): RegressionUncertainty.from_samples computes "
                "it from the passes"
            )
        self._store({"mean": mean, **checked_passes(self, mean.shape)})

    @classmethod
    def from_samples(
        cls, samples: ArrayLike, *, keep_samples: bool = False
    ) -> "RegressionUncertainty":
        """Compute the result from all passes at once.

        Parameters
        ----------
        samples : array-like of shape (n_passes, n_samples[, n_outputs])
            Predicted values of each pass.
        keep_samples : bool, default=False
            Keep a copy of the passes in ``samples``.

        Returns
        -------
        RegressionUncertainty

        Raises
        ------
        ValueError
            If the shape is another one, or a value is not finite.

        Examples
        --------
        >>> from skmirai.uncertainty import RegressionUncertainty
        >>> RegressionUncertainty.from_samples([[1.0, 5.0], [3.0, 5.0]]).mean
        array([2., 5.])
        """
        values = check_finite("samples", samples)
        if values.ndim not in (2, 3) or 0 in values.shape:
            raise ValueError(
                f"samples has shape {values.shape}; expected (n_passes, n_samples) or "
                "(n_passes, n_samples, n_outputs), none of them 0: a single pass is "
                "values[np.newaxis]"
            )
        n_passes, n_samples = values.shape[:2]
        sums = ValueSums(
            n_samples,
            values.shape[2] if values.ndim == 3 else None,
            keep_samples=keep_samples,
            n_passes=n_passes,
        )
        sums.update(slice(0, n_samples), values)
        return cls(**sums.statistics())

    @cached_property
    def mc_error(self) -> NDArray[np.float64]:
        """Return the standard error of ``mean``, of its shape."""
        return read_only(standard_error(self.std, self.n_passes))

    def to_frame(self, *, index: Any = None) -> "pd.DataFrame":
        """Return one row per sample as a DataFrame.

        Parameters
        ----------
        index : array-like of shape (n_samples,), default=None
            Index of the frame, as that of the rows predicted. None numbers them.

        Returns
        -------
        DataFrame
            Columns ``mean``, ``std`` and ``mc_error``; with an axis of outputs
            ``mean_0``, ``std_0``, ``mc_error_0``, ``mean_1`` and so on.

        Raises
        ------
        ValueError
            If ``index`` has another length.

        Examples
        --------
        >>> from skmirai.uncertainty import RegressionUncertainty
        >>> passes = [[1.0, 5.0], [3.0, 5.0]]
        >>> RegressionUncertainty.from_samples(passes).to_frame(index=["a", "b"])
           mean  std  mc_error
        a   2.0  1.0       1.0
        b   5.0  0.0       0.0
        """
        import pandas as pd

        names = ("mean", "std", "mc_error")
        if self.mean.ndim == 1:
            columns = {name: getattr(self, name) for name in names}
        else:
            columns = {
                f"{name}_{output}": getattr(self, name)[:, output]
                for output in range(self.mean.shape[1])
                for name in names
            }
        return pd.DataFrame(columns, index=frame_index(index, len(self)))

    def select(
        self, *, coverage: float | None = None, threshold: float | None = None
    ) -> NDArray[np.bool_]:
        """Mask of the rows to keep, those with the smallest ``std``.

        With several outputs a row is as uncertain as its largest ``std``.

        Parameters
        ----------
        coverage : float, default=None
            Share of rows to keep, in (0, 1]: the ``ceil(coverage * n_samples)``
            rows with the smallest ``std``. Ties go to the earlier row, so that the
            count is exact and a smaller coverage keeps a subset.
        threshold : float, default=None
            Keep rows whose ``std`` is at most this, in units of the target.

        Returns
        -------
        ndarray of bool of shape (n_samples,)

        Raises
        ------
        ValueError
            If not exactly one of the two is given, or one is out of range.

        Examples
        --------
        >>> from skmirai.uncertainty import RegressionUncertainty
        >>> result = RegressionUncertainty.from_samples([[1.0, 5.0], [3.0, 5.0]])
        >>> result.select(coverage=0.5)
        array([False,  True])
        """
        spread = self.std if self.std.ndim == 1 else self.std.max(axis=1)
        return select_rows(spread, coverage=coverage, threshold=threshold)

    def merge(self, other: "RegressionUncertainty") -> "RegressionUncertainty":
        """Return the result over the passes of both, of the same rows.

        Equal, up to rounding, to computing all passes at once.

        Parameters
        ----------
        other : RegressionUncertainty
            Other passes over the same rows, in the same order.

        Returns
        -------
        RegressionUncertainty
            ``samples`` are concatenated where both have them, None otherwise.

        Raises
        ------
        TypeError
            If ``other`` is not a RegressionUncertainty.
        ValueError
            If the shapes differ, or ``other`` holds the same passes again.

        Examples
        --------
        >>> from skmirai.uncertainty import RegressionUncertainty
        >>> a = RegressionUncertainty.from_samples([[1.0, 5.0]])
        >>> b = RegressionUncertainty.from_samples([[3.0, 5.0]])
        >>> a.merge(b).std
        array([1., 0.])
        """
        self._check_mergeable(other, ("mean", "std"))
        mean, m2 = combine_moments(
            *(self.n_passes, self.mean, self.n_passes * self.std**2),
            *(other.n_passes, other.mean, other.n_passes * other.std**2),
        )
        n_passes = self.n_passes + other.n_passes
        return RegressionUncertainty(
            mean=mean,
            std=np.sqrt(m2 / n_passes),
            n_passes=n_passes,
            samples=self._merged_samples(other),
        )

    def __repr__(self) -> str:
        kept = "" if self.samples is None else ", samples kept"
        return (
            f"RegressionUncertainty(n_samples={len(self)}, n_passes={self.n_passes}"
            f"{kept})"
        )

    def _repr_html_(self) -> str:
        return summary_of_values(self)
