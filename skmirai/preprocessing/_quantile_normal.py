"""Ranks mapped to a normal distribution, then standardised."""

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtri
from sklearn.base import OneToOneFeatureMixin
from sklearn.utils import gen_batches

from skmirai.preprocessing._distinct import distinct, edges_of_bins, some_rows
from skmirai.preprocessing._floats import FloatTransformer
from skmirai.preprocessing._inverse import check_scaled
from skmirai.utils._sklearn import Interval, fit_context

#: Below this, the slope between two quantiles can overflow: 1e-3 / 1e-306.
_SMALLEST = 1e-290

#: Ranks this near to 0 and 1 are the last that are told apart, as in scikit-learn.
_LEAST_RANK = 1e-7

#: Scores are not divided by less: the few ones of a rare flag would lie far out.
_LEAST_STD = 0.5

#: Rows that are looked up at once: their columns stay in the cache.
_BLOCK_ROWS = 2**12


def moderate(X: np.ndarray) -> np.ndarray:
    """Return numbers whose differences can be divided by each other.

    Parameters
    ----------
    X : ndarray of float64 or float32
        Finite numbers, of any shape.

    Returns
    -------
    X : ndarray of the shape and dtype of X
        Those of a size below 1e-290 are 0, and those beyond half the largest number
        are that half; X itself where there are none.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._quantile_normal import moderate
    >>> moderate(np.array([-6e-319, 1.0, 1.5e308]))
    array([0.00000000e+000, 1.00000000e+000, 8.98846567e+307])
    """
    largest = np.finfo(X.dtype).max / 2
    size = np.abs(X)
    if (size > largest).any():
        X = np.clip(X, -largest, largest)
    tiny = (size < _SMALLEST) & (X != 0)
    return np.where(tiny, 0, X) if tiny.any() else X


def normal_scores(
    values: np.ndarray, weights: np.ndarray, n_quantiles: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return some values of a sample, and the standardised normal score of each.

    Parameters
    ----------
    values : ndarray of shape (n_distinct,)
        Distinct values, ascending.
    weights : ndarray of shape (n_distinct,)
        Their positive weights.
    n_quantiles : int
        Most values to return, at least 2.

    Returns
    -------
    quantiles : ndarray of shape (n_chosen,)
        All values, or some of about equal weight in between.
    scores : ndarray of shape (n_chosen,)
        Quantiles of the normal distribution at the middle of the ranks of each value,
        less their mean over the sample, and over their standard deviation there or
        1/2, whichever is larger. Between the chosen values they are interpolated.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._quantile_normal import normal_scores
    >>> normal_scores(np.array([0.0, 1.0]), np.array([3.0, 1.0]), 10)
    (array([0., 1.]), array([-0.57735027,  1.73205081]))
    """
    quantiles = edges_of_bins(values, weights, n_quantiles - 1)
    cumulative = np.cumsum(weights)
    middle = (cumulative - weights / 2) / cumulative[-1]
    ranks = middle[np.searchsorted(values, quantiles)]
    scores = ndtri(np.clip(ranks, _LEAST_RANK, 1 - _LEAST_RANK))
    of_sample = np.interp(values, quantiles, scores)
    mean = np.average(of_sample, weights=weights)
    std = np.sqrt(np.average((of_sample - mean) ** 2, weights=weights))
    return quantiles, (scores - mean) / max(std, _LEAST_STD)


class QuantileNormalScaler(OneToOneFeatureMixin, FloatTransformer):
    """Map the ranks of every column to a normal distribution, then standardise.

    A value becomes the quantile of the normal distribution at its rank, the share of
    rows below it and half of those that hold it: rows with equal values share the
    middle of their ranks [1]_. Of a column that is 0 in 60 % of its rows, the zeros
    map to the normal quantile of .3. The outcome is centred and divided by its
    standard deviation, so that a column of two values is standardised and no more.
    Rare values stay near: what is divided by is 1/2 at least.

    Values between those of ``fit`` are interpolated; those beyond them map to the
    ends. All lie between -21 and 21, and those of smooth columns within 5.2.

    Parameters
    ----------
    n_quantiles : int, default=1000
        Most values of a column that are kept to look others up.
    subsample : int or None, default=200_000
        Rows that are drawn to find the ranks where there are more; None takes all.
    random_state : int, RandomState instance or None, default=None
        Draws them.

    Attributes
    ----------
    quantiles_ : list of ndarray, of length n_features
        Values that are looked up, ascending, in the unit of the column.
    scores_ : list of ndarray, of length n_features
        What they map to.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of str, shape (n_features_in_,)
        Names of the columns seen by ``fit``, where they are all strings.

    Notes
    -----
    NOTE[DIFF]: :class:`sklearn.preprocessing.QuantileTransformer` sends the smallest
    and the largest value of a column to -5.2 and 5.2, however many rows hold them:
    the two values of a flag, and the zeros of a column that is mostly 0. It knows no
    weights.

    References
    ----------
    .. [1] Beasley, T. M., Erickson, S., & Allison, D. B. (2009). Rank-Based Inverse
       Normal Transformations Are Increasingly Used, But Are They Merited? Behavior
       Genetics 39(5).

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing import QuantileNormalScaler
    >>> X = np.array([[0.0], [0.0], [0.0], [7.0], [1e9]])
    >>> QuantileNormalScaler().fit_transform(X).round(2).ravel()
    array([-0.77, -0.77, -0.77,  0.65,  1.67])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_quantiles": [Interval(Integral, 2, None, closed="left")],
        "subsample": [None, Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_quantiles: int = 1000,
        *,
        subsample: int | None = 200_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_quantiles = n_quantiles
        self.subsample = subsample
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: Any, y: Any = None, sample_weight: Any = None
    ) -> "QuantileNormalScaler":
        """Learn the ranks of every column.

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
        self : QuantileNormalScaler
            The fitted scaler.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, or a weight is negative, or all are 0.
        """
        X, sample_weight = self._rows_to_learn(X, sample_weight)
        X, weight = some_rows(X, sample_weight, self.subsample, self.random_state)
        columns = [
            normal_scores(
                *distinct(moderate(X[:, j]).astype(float), weight), self.n_quantiles
            )
            for j in range(X.shape[1])
        ]
        self.quantiles_ = [quantiles for quantiles, _ in columns]
        self.scores_ = [scores for _, scores in columns]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Look the values up.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_features)
            Scores; float32 for float32, else float64.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, or its columns differ from ``fit``.
        """
        X = self._rows_to_transform(X)
        return _interpolated(moderate(X), self.quantiles_, self.scores_)

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return to the unit of the columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Scores.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features)
            Within the values of ``fit``; the constant itself for a constant column.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, or has another number of columns.
        """
        return _interpolated(check_scaled(self, X), self.scores_, self.quantiles_)


def _interpolated(
    X: np.ndarray, places: list[np.ndarray], values: list[np.ndarray]
) -> np.ndarray:
    """Interpolate each column of X, given values at places of that column."""
    out = np.empty_like(X)
    with np.errstate(over="ignore"):  # numbers of float64 in float32
        for rows in gen_batches(len(X), _BLOCK_ROWS):
            for j, (x, f) in enumerate(zip(places, values, strict=True)):
                out[rows, j] = np.interp(X[rows, j], x, f)
    return out
