"""Standard scaling of signed logarithms."""

from typing import Any

import numpy as np
from sklearn.base import OneToOneFeatureMixin

from skmirai.preprocessing._floats import FloatTransformer
from skmirai.preprocessing._inverse import check_scaled
from skmirai.preprocessing._quiet import QuietStandardScaler


def signed_log(X: np.ndarray) -> np.ndarray:
    """Return ``sign(x) * log(1 + |x|)``, element by element.

    Parameters
    ----------
    X : ndarray of float
        Any shape.

    Returns
    -------
    out : ndarray of the shape and dtype of X
        Natural logarithms with the sign of X.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._signed_log import signed_log
    >>> signed_log(np.array([0.0, np.e - 1, 1 - np.e]))
    array([ 0.,  1., -1.])
    """
    out = np.abs(X)
    np.log1p(out, out=out)
    return np.copysign(out, X, out=out)


class SignedLogScaler(OneToOneFeatureMixin, FloatTransformer):
    """Standardise the signed logarithm of every column.

    A value becomes ``sign(x) * log(1 + |x|)``, which keeps 0 and the sign and turns
    decades into equal steps, and is then centred and divided by the standard
    deviation of the column.

    Attributes
    ----------
    mean_ : ndarray of shape (n_features,)
        Weighted means of the signed logarithms.
    var_ : ndarray of shape (n_features,)
        Weighted variances of the signed logarithms.
    scale_ : ndarray of shape (n_features,)
        Their square roots; 1 for a constant column.
    n_samples_seen_ : int or float
        Number of rows seen so far, or the sum of their weights.
    scaler_ : StandardScaler
        The inner scaler, fitted on the signed logarithms.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of str, shape (n_features_in_,)
        Names of the columns seen by ``fit``, where they are all strings.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing import SignedLogScaler
    >>> X = np.array([[-1e6], [0.0], [1e6]])
    >>> SignedLogScaler().fit_transform(X).round(3).ravel()
    array([-1.225,  0.   ,  1.225])
    """

    scaler_: QuietStandardScaler
    n_samples_seen_: int | np.floating

    def fit(
        self, X: Any, y: Any = None, sample_weight: Any = None
    ) -> "SignedLogScaler":
        """Learn means and standard deviations, forgetting earlier data.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights >= 0. None is a weight of 1 each.

        Returns
        -------
        self : SignedLogScaler
            The fitted scaler.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, or a weight is negative, or all are 0.
        """
        if hasattr(self, "scaler_"):
            del self.scaler_
        return self.partial_fit(X, y, sample_weight)

    def partial_fit(
        self, X: Any, y: Any = None, sample_weight: Any = None
    ) -> "SignedLogScaler":
        """Update means and standard deviations with more rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers, in the columns of the first call.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights >= 0. None is a weight of 1 each. Calls with and without
            weights may be mixed.

        Returns
        -------
        self : SignedLogScaler
            The fitted scaler.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, its columns differ from the first call, or a
            weight is negative, or all are 0.
        """
        first = not hasattr(self, "scaler_")
        X, sample_weight = self._rows_to_learn(X, sample_weight, reset=first)
        # The inner scaler works in place on an array of ours, whatever the container
        # that a global setting asks of transformers.
        scaler = (
            QuietStandardScaler(copy=False).set_output(transform="default")
            if first
            else self.scaler_
        )
        self.scaler_ = scaler.partial_fit(signed_log(X), sample_weight=sample_weight)
        self.mean_, self.var_ = scaler.mean_, scaler.var_
        self.scale_, self.n_samples_seen_ = scaler.scale_, scaler.n_samples_seen_
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Standardise the signed logarithms.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_features)
            In standard deviations; float32 for float32, else float64.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, or its columns differ from ``fit``.
        """
        X = self._rows_to_transform(X)
        return self.scaler_.transform(signed_log(X))

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return to the unit of the columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Scaled values.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features)
            Infinite where the value is too large for its dtype.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, or has another number of columns.
        """
        X = check_scaled(self, X)
        X = self.scaler_.inverse_transform(X, copy=True)
        out = np.abs(X)
        with np.errstate(over="ignore"):
            np.expm1(out, out=out)
        return np.copysign(out, X, out=out)
