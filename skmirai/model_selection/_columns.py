"""Columns of any table as plain arrays."""

from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from skmirai.utils._frames import (
    as_pandas,
    column_names,
    column_values,
    is_frame,
    refuse_lazy,
)


def as_table(X: Any) -> Any:
    """Return a table that is one of pandas, an array, or a sparse matrix by rows."""
    if isinstance(X, pd.DataFrame):
        return X
    if is_frame(X):
        check_names_differ(X)
        return as_pandas(X)
    refuse_lazy(X)
    if issparse(X):
        return X.tocsr()
    X = np.asarray(X)
    if X.ndim != 2:
        raise ValueError(
            f"X must be a table of rows and columns, got an array of shape {X.shape}"
        )
    return X


def check_names_differ(X: Any, called: str = "X") -> None:
    """Insist on a name of its own for each column, where columns have names.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        The table.
    called : str, default="X"
        What it is called.

    Raises
    ------
    ValueError
        If a name is there twice.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.model_selection._columns import check_names_differ
    >>> check_names_differ(pd.DataFrame([[80, 443]], columns=["port", "port"]))
    Traceback (most recent call last):
      ...
    ValueError: X has more than one column 'port': rename all but one
    """
    # narwhals refuses tables of pyarrow whose names are there twice
    names = pd.Index(getattr(X, "column_names", None) or column_names(X) or [])
    repeated = names[names.duplicated()].tolist()
    if repeated:
        raise ValueError(
            f"{called} has more than one column {repeated[0]!r}: rename all but one"
        )


def plain_columns(X: Any) -> list[np.ndarray]:
    """Return the columns of a table.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        The table.

    Returns
    -------
    list of ndarray of shape (n_samples,)
        Numbers where a column holds numbers, missing ones NaN; else objects, in
        which missing values are NaN.

    Raises
    ------
    ValueError
        If it is no table.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.model_selection._columns import plain_columns
    >>> port = pd.array([80, None], dtype="Int64")
    >>> plain_columns(pd.DataFrame({"port": port, "flag": ["S", None]}))
    [array([80., nan]), array(['S', nan], dtype=object)]
    """
    X = as_table(X)
    if issparse(X):
        X = X.tocsc()
    elif isinstance(X, np.ndarray) and X.dtype == object:
        X = pd.DataFrame(X).infer_objects()
    return [_plain(X, position) for position in range(X.shape[1])]


def _plain(X: Any, position: int) -> np.ndarray:
    if not isinstance(X, pd.DataFrame):
        return column_values(X, position)
    column = X.iloc[:, position]
    if pd.api.types.is_timedelta64_dtype(column.dtype):
        column = column.dt.total_seconds()
    elif column.dtype == object:
        column = column.infer_objects()
        known = column.dropna() if column.dtype == object else ()
        if len(known) and all(isinstance(value, Number) for value in known):
            column = pd.to_numeric(column)  # such as Decimal
    if not pd.api.types.is_numeric_dtype(column.dtype):
        values = column_values(X, position)
        return np.where(pd.isna(values), np.nan, values)
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    return column.to_numpy(dtype=np.float64, na_value=np.nan)
