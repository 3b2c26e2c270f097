"""Tables as arrays of numbers."""

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils import check_array

from skmirai.utils._finite import quiet

#: What to do about a column of text, where there is nothing else to say.
_REMEDY = (
    "Name such a column in categorical_features, encode it, for example with "
    "OneHotEncoder in a ColumnTransformer, or name it in drop_columns"
)


def dense(X: Any) -> Any:
    """Turn what is sparse, a matrix or columns of pandas, into what is not."""
    if sparse.issparse(X):
        return X.toarray(order="C")
    if any(type(kind).__name__ == "SparseDtype" for kind in getattr(X, "dtypes", ())):
        return X.apply(lambda x: x.sparse.to_dense() if hasattr(x, "sparse") else x)
    return X


@quiet
def as_numbers(
    X: Any,
    owner: str,
    name: str = "X",
    *,
    missing: bool = False,
    remedy: str = _REMEDY,
) -> np.ndarray:
    """Return a table as an array of float64 or float32 without infinite values.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix of shape (n_rows, n_columns)
        The table.
    owner : str
        Name of the estimator that error messages speak of.
    name : str, default="X"
        What error messages call the table.
    missing : bool, default=False
        Whether values may be missing; they become NaN.
    remedy : str, default=that of the estimators
        What to do about a column of text.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        The numbers. It may share memory with ``X``.

    Raises
    ------
    ValueError
        If a value is no number, is infinite, or is missing and may not be.

    Examples
    --------
    >>> from skmirai.utils._numbers import as_numbers
    >>> as_numbers([[1, None]], "Example", missing=True)
    array([[ 1., nan]])
    """
    try:
        return check_array(
            _with_nan(dense(X)),
            dtype=(np.float64, np.float32),
            ensure_all_finite="allow-nan" if missing else True,
            estimator=owner,
            input_name=name,
        )
    except ValueError as error:
        if "contains NaN" in str(error):
            raise ValueError(
                f"Input {name} contains NaN{_where(X)}; {owner} takes missing numbers "
                f"with missing='impute' only. Set that, repair the rows, or leave "
                f"the column out."
            ) from error
        if "could not convert string" not in str(error):
            raise
        raise ValueError(f"{name} must hold numbers, but {error}. {remedy}.") from error


def _with_nan(X: Any) -> Any:
    """Replace pandas' missing values among objects by NaN."""
    if isinstance(X, np.ndarray) and X.dtype == object:
        import pandas as pd

        return np.where(pd.isna(X), np.nan, X)
    if not hasattr(X, "isetitem"):
        return X
    objects = [i for i, kind in enumerate(X.dtypes) if kind == np.dtype(object)]
    X = X.copy(deep=False) if objects else X
    for position in objects:
        values = X.iloc[:, position].to_numpy(dtype=object, na_value=np.nan)
        X.isetitem(position, values.astype(np.float64))
    return X


def _where(X: Any) -> str:
    """Tell the first column of a pandas DataFrame that lacks a value."""
    if not hasattr(X, "isna"):
        return ""
    lacking = [name for name, any_ in X.isna().any().items() if any_]
    return f" in column {lacking[0]!r}" if lacking else ""
