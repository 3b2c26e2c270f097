"""Piecewise-linear encoding of numbers by the bins that they lie in."""

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.base import OneToOneFeatureMixin
from sklearn.utils import gen_batches

from skmirai.preprocessing._distinct import distinct, edges_of_bins, some_rows
from skmirai.preprocessing._floats import FloatTransformer
from skmirai.preprocessing._quartiles import robust_center_scale
from skmirai.preprocessing._robust_clip import robust_clip
from skmirai.utils._sklearn import Interval, fit_context

#: Encoded values that are made at once: they stay in the cache.
_BLOCK_ELEMENTS = 2**16

#: The bound of the scaled values.
_MAX_ABS_VALUE = 3.0


def piecewise_linear(
    X: np.ndarray, edges: list[np.ndarray], out: np.ndarray | None = None
) -> np.ndarray:
    """Return how far each value has come in each bin of its column.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Finite numbers.
    edges : list of ndarray, of length n_features
        Ascending edges of the bins of each column, one more than bins.
    out : ndarray of shape (n_samples, n_bins), of the dtype of X, or None, default=None
        Where the result goes; None makes an array.

    Returns
    -------
    out : ndarray of shape (n_samples, n_bins), of the dtype of X
        All bins of column 0, then those of column 1, and so on: 0 for a value below
        the bin, 1 above it, and its place in the bin in between.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._piecewise_linear import piecewise_linear
    >>> piecewise_linear(np.array([[1.0], [6.0]]), [np.array([0.0, 2.0, 10.0])])
    array([[0.5, 0. ],
           [1. , 0.5]])
    """
    numbers = np.finfo(X.dtype)
    largest = numbers.max / 4  # the difference of two values must be a number
    column = np.repeat(np.arange(len(edges)), [len(e) - 1 for e in edges])
    left, right = (
        np.clip(np.concatenate([e[part] for e in edges]), -largest, largest).astype(
            X.dtype
        )
        for part in (slice(-1), slice(1, None))
    )
    # edges of float64 may be one number in float32: then the bin is a step
    width = np.maximum(right - left, numbers.smallest_subnormal)
    out = np.empty((len(X), len(column)), X.dtype) if out is None else out
    block = max(1, _BLOCK_ELEMENTS // max(1, len(column)))
    for rows in gen_batches(len(X), block):
        part = np.clip(X[rows], -largest, largest)[:, column]
        part -= left
        with np.errstate(over="ignore"):  # far above a narrow bin
            part /= width
        np.clip(part, 0, 1, out=out[rows])
    return out


class PiecewiseLinearEncoder(FloatTransformer):
    r"""Encode every number by its place among the quantiles of its column.

    The training rows cut a column into bins with edges :math:`b_0 < \dots < b_T`. A
    value :math:`x` becomes :math:`T` numbers [1]_,

    .. math:: e_t = \min(1, \max(0, (x - b_{t-1}) / (b_t - b_{t-1}))),

    which are 1 for the bins below it, 0 for those above, and in between where it lies
    in its bin. The first layer of a network then has a slope of its own for each bin,
    and outliers have no leverage.

    Beside its encoding stands the value itself, scaled by median and interquartile
    range and clipped smoothly as :class:`RobustClipScaler` does: it tells apart what
    lies beyond the edges.

    A column with at most ``n_bins + 1`` values has each of them as an edge. So a
    column of two values has one bin, in which they are 0 and 1, and a constant column
    has none. A value that is in more rows than a bin would hold, such as the zeros of
    most byte counts, is an edge, and the bins that are left are shared by the other
    rows.

    Parameters
    ----------
    n_bins : int, default=32
        Largest number of bins of a column, at least 1.
    with_scaled : bool, default=True
        Whether the scaled values come too, in front of the encodings.
    subsample : int or None, default=200_000
        Rows that are drawn to find the edges where there are more; None takes all.
    random_state : int, RandomState instance or None, default=None
        Draws them.

    Attributes
    ----------
    bin_edges_ : list of ndarray, of length n_features
        Edges of the bins of each column, ascending, in the unit of the column.
    n_bins_ : ndarray of int, shape (n_features,)
        Number of bins of each column, at most ``n_bins``.
    center_, scale_ : ndarray of shape (n_features,)
        Medians and interquartile ranges, as of :class:`RobustClipScaler`.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of str, shape (n_features_in_,)
        Names of the columns seen by ``fit``, where they are all strings.

    Notes
    -----
    NOTE[DIFF]: the published encoding goes on linearly below the first edge and above
    the last. Here it stays at 0 and 1, so that a value far outside of what was seen in
    training, which one packet may bring about, cannot blow up a prediction.

    NOTE[DIFF]: the published bins are those of all quantiles that differ. Where most
    rows hold one value there would be a bin or two left for all the others.

    References
    ----------
    .. [1] Gorishniy, Y., Rubachev, I., & Babenko, A. (2022). On Embeddings for
       Numerical Features in Tabular Deep Learning. Advances in Neural Information
       Processing Systems 35 (NeurIPS 2022).

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing import PiecewiseLinearEncoder
    >>> X = np.array([[0.0], [1.0], [2.0], [10.0], [1000.0]])
    >>> encoder = PiecewiseLinearEncoder(n_bins=2, with_scaled=False).fit(X)
    >>> encoder.bin_edges_
    [array([   0.,    2., 1000.])]
    >>> encoder.transform([[1.0], [501.0], [1e9]])
    array([[0.5, 0. ],
           [1. , 0.5],
           [1. , 1. ]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_bins": [Interval(Integral, 1, None, closed="left")],
        "with_scaled": ["boolean"],
        "subsample": [None, Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_bins: int = 32,
        *,
        with_scaled: bool = True,
        subsample: int | None = 200_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_bins = n_bins
        self.with_scaled = with_scaled
        self.subsample = subsample
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: Any, y: Any = None, sample_weight: Any = None
    ) -> "PiecewiseLinearEncoder":
        """Learn the bins of every column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights >= 0. An integer weight equals that many copies of the row, and
            0 equals its absence. None is a weight of 1 each. Rows are drawn for
            ``subsample`` whatever they weigh.

        Returns
        -------
        self : PiecewiseLinearEncoder
            The fitted encoder.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, or a weight is negative, or all are 0; or if
            no column has two values and there would be nothing to return.
        """
        X, sample_weight = self._rows_to_learn(X, sample_weight)
        center, scale = robust_center_scale(X, sample_weight)
        X, weight = some_rows(X, sample_weight, self.subsample, self.random_state)
        edges = [
            edges_of_bins(*distinct(X[:, j], weight), self.n_bins)
            for j in range(X.shape[1])
        ]
        n_bins = np.array([len(e) - 1 for e in edges])
        if not (self.with_scaled or n_bins.any()):
            raise ValueError(
                f"no column of X has two values in its {len(X)} rows (n_samples = "
                f"{len(X)}), so that there are no bins; fit it to more rows, or set "
                f"with_scaled=True"
            )
        self.center_, self.scale_ = center, scale
        self.bin_edges_, self.n_bins_ = edges, n_bins
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Encode.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_features_out)
            The scaled values of all columns if ``with_scaled``, within 3 of 0; then
            the encoding of each, from 0 to 1. float32 for float32, else float64.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, or its columns differ from ``fit``.
        """
        X = self._rows_to_transform(X)
        if not self.with_scaled:
            return piecewise_linear(X, self.bin_edges_)
        n_columns = X.shape[1]
        out = np.empty((len(X), n_columns + self.n_bins_.sum()), X.dtype)
        robust_clip(X, self.center_, self.scale_, _MAX_ABS_VALUE, out[:, :n_columns])
        piecewise_linear(X, self.bin_edges_, out[:, n_columns:])
        return out

    @property
    def column_groups_(self) -> np.ndarray:
        """Input column that each output column stems from."""
        columns = np.arange(len(self.n_bins_))
        bins = np.repeat(columns, self.n_bins_)
        return np.concatenate([columns, bins]) if self.with_scaled else bins

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of what ``transform`` returns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns; must equal ``feature_names_in_`` where it
            is defined. None takes those, or else "x0", "x1" and so on.

        Returns
        -------
        names : ndarray of str objects, shape (n_features_out,)
            The names of the columns if ``with_scaled``; then "x0_bin0", "x0_bin1" and
            so on for each.
        """
        # Borrowed for its checks of the input names.
        names = OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        bins = [
            f"{name}_bin{k}"
            for name, n in zip(names, self.n_bins_, strict=True)
            for k in range(n)
        ]
        return np.array([*names, *bins] if self.with_scaled else bins, dtype=object)
