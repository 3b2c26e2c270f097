"""Two scikit-learn scalers that cope with what traffic tables hold."""

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.preprocessing import QuantileTransformer, StandardScaler


class QuietStandardScaler(StandardScaler):
    """A StandardScaler that copes with weights.

    Rounding may leave the weighted variance of a constant column just below 0. The
    plain scaler then warns of the root of a negative number, although it goes on to
    treat the column as constant. Here such a variance is 0. In parts, rows with and
    without weights may follow each other in any order.

    Parameters
    ----------
    copy, with_mean, with_std : bool, default=True
        As in :class:`sklearn.preprocessing.StandardScaler`.

    Examples
    --------
    >>> from skmirai.preprocessing._quiet import QuietStandardScaler
    >>> scaler = QuietStandardScaler().fit([[0.3]] * 3, sample_weight=[0.6, 3.1, 0.6])
    >>> float(scaler.scale_[0])
    1.0
    """

    var_: Any

    def partial_fit(
        self, X: Any, y: Any = None, sample_weight: Any = None
    ) -> "QuietStandardScaler":
        """Update means and variances with more rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights. None is a weight of 1 each.

        Returns
        -------
        self : QuietStandardScaler
            The fitted scaler.
        """
        # After weighted rows a row without weight must be told to weigh 1: the plain
        # scaler would round its sum of weights down to an integer count.
        seen = np.asarray(getattr(self, "n_samples_seen_", 0))
        if sample_weight is None and seen.dtype.kind == "f":
            sample_weight = 1.0
        with np.errstate(invalid="ignore"):
            super().partial_fit(X, y, sample_weight)
        if isinstance(self.var_, np.ndarray):
            self.var_ = np.maximum(self.var_, 0)
        return self


#: Below this, the slope between two quantiles can overflow: 1e-3 / 1e-306.
_SMALLEST = 1e-290


class QuietQuantileTransformer(QuantileTransformer):
    """A QuantileTransformer for which ``n_quantiles`` is an upper limit.

    The plain one warns at every fit on fewer rows than quantiles, although it then
    does the right thing. It also returns NaN for values such as -6e-319, which the
    decayed covariances of real traffic do hold; here they count as 0. Values beyond
    half the largest number of their precision count as that half.

    ``scaler="quantile"`` made it before there was :class:`QuantileNormalScaler`:
    files and pickles of then hold it, and predict with it as they did.

    Parameters
    ----------
    n_quantiles, output_distribution, ignore_implicit_zeros, subsample, random_state, \
    copy : object
        As in :class:`sklearn.preprocessing.QuantileTransformer`.

    Examples
    --------
    >>> from skmirai.preprocessing._quiet import QuietQuantileTransformer
    >>> QuietQuantileTransformer().fit_transform([[5.0], [1.0], [2.0]]).ravel()
    array([1. , 0. , 0.5])
    """

    n_quantiles: int

    def fit(self, X: Any, y: Any = None) -> "QuietQuantileTransformer":
        """Compute the quantiles, no more of them than rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.
        y : None
            Ignored.

        Returns
        -------
        self : QuietQuantileTransformer
            The fitted transformer.
        """
        limit = self.n_quantiles
        shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
        try:
            if len(shape) == 2:
                self.n_quantiles = max(1, min(limit, shape[0]))
            return super().fit(X, y)
        finally:
            self.n_quantiles = limit

    def _check_inputs(self, *args: Any, **kwargs: Any) -> Any:
        # scikit-learn's hook between validating a table and using it
        X = super()._check_inputs(*args, **kwargs)
        if sparse.issparse(X):
            return X
        # the difference of two quantiles must be a number
        largest = np.finfo(X.dtype).max / 2
        size = np.abs(X)
        if (size > largest).any():
            X = np.clip(X, -largest, largest)
        tiny = size < _SMALLEST
        return np.where(tiny, 0, X) if (tiny & (X != 0)).any() else X
