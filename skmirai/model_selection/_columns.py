"""Columns of any table as plain arrays."""

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from scipy.sparse import issparse

from skmirai.utils._frames import is_frame


def plain_columns(X: Any) -> tuple[list[str], list[np.ndarray]]:
    """Names and values of the columns of a table.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        The table.

    Returns
    -------
    names : list of str
        Names of the columns; "column 0" and so on where they have none.
    columns : list of ndarray of shape (n_samples,)
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
    (['port', 'flag'], [array([80., nan]), array(['S', nan], dtype=object)])
    """
    if is_frame(X):
        frame = X if isinstance(X, pd.DataFrame) else nw.from_native(X).to_pandas()
        names = [str(name) for name in frame.columns]
        series = [frame.iloc[:, place] for place in range(frame.shape[1])]
        return names, [_plain(column) for column in series]
    if issparse(X):
        by_column = X.tocsc()
        columns = [by_column[:, [k]].toarray().ravel() for k in range(X.shape[1])]
    else:
        table = np.asarray(X)
        if table.ndim != 2:
            raise ValueError(
                f"X must be a table of rows and columns, got an array of shape "
                f"{table.shape}"
            )
        columns = [table[:, k] for k in range(table.shape[1])]
        if table.dtype == object:
            columns = [_plain(pd.Series(column).infer_objects()) for column in columns]
    return [f"column {k}" for k in range(len(columns))], columns


def _plain(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column.dtype):
        if isinstance(column.dtype, np.dtype):
            return column.to_numpy()
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    values = column.to_numpy(dtype=object, na_value=np.nan)
    return np.where(pd.isna(values), np.nan, values)
