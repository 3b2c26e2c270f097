"""Scale the columns of numbers, and leave codes beside them as they are."""

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from scipy import sparse
from sklearn import config_context, get_config
from sklearn.base import BaseEstimator, TransformerMixin, clone

from skmirai.neural_network._checks.scalers import useless_scaler
from skmirai.neural_network._columns.kept import KeptColumns
from skmirai.neural_network._columns.tables import RowsOf
from skmirai.neural_network._engine.lazy import ROWS_AT_ONCE, LazyArray
from skmirai.preprocessing import scaler_value
from skmirai.utils._finite import first_not_finite, quiet


def plain_output() -> AbstractContextManager[Any]:
    """Context in which transformers return arrays, whatever is set globally."""
    if get_config()["transform_output"] == "default":
        return nullcontext()  # a context of scikit-learn's takes ten times as long
    return config_context(transform_output="default")


def scaler_beside_codes(scaler: Any, drop: KeptColumns) -> Any:
    """Return what scales the kept columns: the scaler, or one of their numbers only.

    This is where indicators and one-hot codes are left as 0 and 1; returning the scaler
    itself would scale them as well.
    """
    if not drop.n_codes_:
        return scaler
    # pipeline_ passes arrays on, whatever is set globally
    return NumberScaler(scaler, drop.n_numbers_).set_output(transform="default")


def restored_scaler(scaler: Any, fitted: Any, drop: KeptColumns) -> Any:
    """Return what `scaler_beside_codes` became, from the fitted scaler within it.

    Its first argument is what was not fitted, and stands where nothing could be.
    """
    found = scaler_beside_codes(scaler, drop)
    if not isinstance(found, NumberScaler):
        return fitted
    found.scaler = scaler if fitted is None else clone(fitted)
    found.scaler_ = fitted
    return found


class NumberScaler(TransformerMixin, BaseEstimator):
    """Scale the first columns, and pass those behind them on.

    Parameters
    ----------
    scaler : transformer
        Scaler of the first columns; it is cloned.
    n_numbers : int
        Number of them; 0 needs no scaler.

    Attributes
    ----------
    scaler_ : transformer or None
        The fitted scaler.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skmirai.neural_network._columns.scaled import NumberScaler
    >>> X = np.array([[1.0, 0], [3.0, 1]])
    >>> NumberScaler(StandardScaler(), 1).fit_transform(X)
    array([[-1.,  0.],
           [ 1.,  1.]])
    """

    scaler_: Any

    def __init__(self, scaler: Any, n_numbers: int) -> None:
        self.scaler = scaler
        self.n_numbers = n_numbers

    def fit(self, X: np.ndarray, y: Any = None) -> "NumberScaler":
        """Fit the scaler to the first columns."""
        fitted = self.fitted_by(lambda scaler, numbers: scaler.fit(numbers, y), X)
        self.scaler_ = fitted.scaler_
        return self

    def fitted_by(
        self, fit: Callable[[Any, Any], Any], X: np.ndarray | LazyArray
    ) -> "NumberScaler":
        """Return a copy whose scaler a function has fitted, or fitted on.

        Parameters
        ----------
        fit : callable
            Takes a scaler and the columns of numbers, and returns the fitted one.
        X : ndarray or LazyArray of shape (n_rows, n_columns)
            All columns.

        Returns
        -------
        NumberScaler
            Fitted.
        """
        fitted = copy.copy(self)
        fitted.scaler_ = None
        if self.n_numbers:
            scaler = getattr(self, "scaler_", None) or clone(self.scaler)
            fitted.scaler_ = fit(scaler, self._numbers_of(X))
        return fitted

    def _numbers_of(self, X: np.ndarray | LazyArray) -> np.ndarray | LazyArray:
        n = self.n_numbers
        if isinstance(X, LazyArray):
            return LazyArray(X.rows, lambda rows: X.make(rows)[:, :n], X.width)
        return X[:, :n]

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Scale the first columns."""
        codes = X[:, self.n_numbers :]
        if self.scaler_ is None:
            return codes
        numbers = self.scaler_.transform(X[:, : self.n_numbers])
        return np.concatenate([_dense(self.scaler_, numbers), codes], axis=1)

    def get_feature_names_out(self, input_features: np.ndarray) -> np.ndarray:
        """Return the names that the scaler gives its columns, then the others.

        Parameters
        ----------
        input_features : ndarray of str, shape (n_columns,)
            Names of all columns.

        Returns
        -------
        names : ndarray of str objects
            The names.
        """
        numbers, codes = np.split(np.asarray(input_features), [self.n_numbers])
        if self.scaler_ is None:
            return codes
        return np.concatenate([self.scaler_.get_feature_names_out(numbers), codes])


def scaled(
    scaler: Any, kept: np.ndarray | LazyArray, dtype: str
) -> np.ndarray | LazyArray:
    """Scale the kept columns and cast them to the network's precision."""
    if isinstance(kept, np.ndarray) and _widens_too_much(scaler, kept):
        kept = LazyArray(RowsOf(kept), np.asarray)
    if isinstance(kept, LazyArray):
        drop = kept.make
        # NaN is looked for before; settings are of a thread, and rows may be read
        # in another one
        settings = {
            **get_config(),
            "transform_output": "default",
            "assume_finite": True,
        }

        def scaled_part(rows: Any) -> np.ndarray:
            return _scaled(scaler, drop(rows), dtype, config_context(**settings))

        return LazyArray(kept.rows, scaled_part, kept.width)
    return _scaled(scaler, kept, dtype, plain_output())


def _widens_too_much(scaler: Any, kept: np.ndarray) -> bool:
    """Tell whether a scaler makes a table too large for memory of one that is not."""
    # a transformer of the user's may look at all rows together
    if len(kept) <= ROWS_AT_ONCE or not isinstance(scaler_value(_inner(scaler)), str):
        return False
    with plain_output():
        width = scaler.transform(kept[:1]).shape[1]
    return width > kept.shape[1] and RowsOf(kept, always=False).in_parts(width)


def column_groups(scaler: Any, n_columns: int) -> np.ndarray | None:
    """Tell which of the scaled columns stem from one column of the table.

    Parameters
    ----------
    scaler : transformer
        What scales, fitted.
    n_columns : int
        Number of scaled columns, codes among them.

    Returns
    -------
    ndarray of int, shape (n_columns,), or None
        The same number for columns that stem from one; each code has its own. None
        if all columns have theirs.
    """
    groups = getattr(_inner(scaler), "column_groups_", None)
    if groups is None:
        return None
    first = int(groups.max()) + 1
    return np.concatenate([groups, first + np.arange(n_columns - len(groups))])


def _inner(scaler: Any) -> Any:
    return scaler.scaler_ if isinstance(scaler, NumberScaler) else scaler


@quiet
def _scaled(
    scaler: Any, kept: np.ndarray, dtype: str, context: AbstractContextManager[Any]
) -> np.ndarray:
    with context:
        values = _dense(scaler, scaler.transform(kept))
    values = np.asarray(values, dtype=dtype)
    column = first_not_finite(values, axis=1)
    if column is not None:
        what = f"returned NaN or values too large for {dtype}"
        raise useless_scaler(_inner(scaler), what, column)
    return values


def _dense(scaler: Any, values: Any) -> Any:
    if sparse.issparse(values):
        raise TypeError(
            f"scaler={scaler!r} returned a sparse matrix, but the network "
            f"needs a dense one; set the scaler's sparse_output=False"
        )
    return values
