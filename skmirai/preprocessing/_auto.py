"""The scaler that the training rows choose."""

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skmirai.preprocessing._distinct import some_rows
from skmirai.preprocessing._floats import FloatTransformer
from skmirai.preprocessing._piecewise_linear import PiecewiseLinearEncoder
from skmirai.preprocessing._quiet import QuietStandardScaler
from skmirai.utils._sklearn import Interval, fit_context

#: Correlation from which two columns count as twins.
_TWINS = 0.95


def twin_share(X: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return the share of columns that have a twin among the others.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Finite numbers.
    weight : ndarray of shape (n_samples,) or None, default=None
        Weights of the rows.

    Returns
    -------
    float
        Share of the columns that vary and whose correlation with another column is
        above .95 in size; 0 if none varies.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._auto import twin_share
    >>> X = np.array([[1.0, 2.0, 5.0], [2.0, 4.1, 1.0], [3.0, 5.9, 2.0]])
    >>> round(twin_share(X), 2)
    0.67
    """
    size = np.abs(X).max(axis=0)
    Z = X.astype(np.float64) / np.where(size > 0, size, 1)
    Z -= np.average(Z, axis=0, weights=weight)
    root = np.ones(len(Z)) if weight is None else np.sqrt(weight)
    Z *= root[:, None]
    norm = np.sqrt((Z * Z).sum(axis=0))
    varies = norm > 1e-7 * np.sqrt((root * root).sum())
    if not varies.any():
        return 0.0
    Z = Z[:, varies] / norm[varies]
    alike = np.abs(Z.T @ Z)
    np.fill_diagonal(alike, 0)
    return float((alike.max(axis=0) > _TWINS).mean())


class AutoScaler(FloatTransformer):
    """Choose between standard scaling and piecewise-linear encoding.

    The rule: where more than half of the columns have a twin, a column whose
    correlation with theirs is above .95 in size, they are standardised; other tables
    get :class:`PiecewiseLinearEncoder`. Rows that come in parts, by ``partial_fit``,
    are standardised.

    Columns with twins are those of statistics of streams, which repeat a measurement
    over several windows of time, as the 115 features of
    :class:`~skmirai.feature_extraction.AfterImageExtractor` do. Of them a detector
    should learn what carries over to another network, and places among the quantiles
    of one network do not. The page on accuracy has the figures that the rule was
    chosen by.

    Parameters
    ----------
    max_twin_share : float, default=0.5
        Share of columns with a twin above which columns are standardised.
    subsample : int or None, default=20_000
        Rows that are drawn to look for twins where there are more; None takes all.
    random_state : int, RandomState instance or None, default=None
        Draws them, and the rows by which the encoder finds its bins.

    Attributes
    ----------
    scaler_ : transformer
        What was chosen, fitted.
    twin_share_ : float
        Share of columns with a twin; NaN after ``partial_fit``.
    n_features_in_ : int
        Number of columns seen by ``fit``.
    feature_names_in_ : ndarray of str, shape (n_features_in_,)
        Names of the columns seen by ``fit``, where they are all strings.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing import AutoScaler
    >>> X = np.random.default_rng(0).lognormal(size=(100, 3))
    >>> AutoScaler().fit(X).scaler_
    PiecewiseLinearEncoder()
    >>> AutoScaler().fit(np.hstack([X, 1.01 * X])).scaler_
    QuietStandardScaler()
    """

    scaler_: Any

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "max_twin_share": [Interval(Real, 0, 1, closed="both")],
        "subsample": [None, Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        max_twin_share: float = 0.5,
        *,
        subsample: int | None = 20_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.max_twin_share = max_twin_share
        self.subsample = subsample
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> "AutoScaler":
        """Choose, and fit what was chosen.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights >= 0, of the rows in correlations, means and bins.

        Returns
        -------
        self : AutoScaler
            The fitted scaler.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, or a weight is negative, or all are 0.
        """
        rows, sample_weight = self._rows_to_learn(X, sample_weight)
        drawn = some_rows(rows, sample_weight, self.subsample, self.random_state)
        self.twin_share_ = twin_share(*drawn)
        if self.twin_share_ > self.max_twin_share:
            chosen: Any = QuietStandardScaler()
        else:
            chosen = PiecewiseLinearEncoder(random_state=self.random_state)
        self.scaler_ = chosen.set_output(transform="default")
        self.scaler_.fit(X, sample_weight=sample_weight)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: Any, y: Any = None, sample_weight: Any = None
    ) -> "AutoScaler":
        """Update means and standard deviations with more rows.

        An encoding that ``fit`` has chosen stays as it is.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers, in the columns of the first call.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights. None is a weight of 1 each.

        Returns
        -------
        self : AutoScaler
            The fitted scaler.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, or its columns differ from the first call.
        """
        first = not hasattr(self, "scaler_")
        self._rows_to_learn(X, sample_weight, reset=first)
        if first:
            self.twin_share_ = np.nan
            self.scaler_ = QuietStandardScaler().set_output(transform="default")
        if hasattr(self.scaler_, "partial_fit"):
            self.scaler_.partial_fit(X, sample_weight=sample_weight)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Scale.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_features_out)
            What the chosen scaler makes of it; float32 for float32, else float64.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, or its columns differ from ``fit``.
        """
        check_is_fitted(self)
        return self.scaler_.transform(X)

    @property
    def scale_(self) -> np.ndarray:
        """What the chosen scaler divides each column by."""
        return self.scaler_.scale_

    @property
    def column_groups_(self) -> np.ndarray:
        """Input column that each output column stems from."""
        groups = getattr(self.scaler_, "column_groups_", None)
        return np.arange(self.n_features_in_) if groups is None else groups

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
            Those of the chosen scaler.
        """
        check_is_fitted(self)
        return self.scaler_.get_feature_names_out(input_features)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "scaler_")
