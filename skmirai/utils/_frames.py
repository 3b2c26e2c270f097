"""Tables with named columns, of whatever library."""

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from skmirai.utils._sklearn import safe_indexing

if TYPE_CHECKING:
    import pandas as pd


def is_frame(X: Any) -> bool:
    """Tell whether X is a table with named columns.

    Parameters
    ----------
    X : object
        A DataFrame of pandas or polars, a ``pyarrow.Table``, anything else that
        narwhals reads, or any other object.

    Returns
    -------
    bool
        Whether it is such a table.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skmirai.utils._frames import is_frame
    >>> is_frame(pd.DataFrame({"size": [60]})), is_frame(np.zeros((1, 1)))
    (True, False)
    """
    if isinstance(X, np.ndarray):  # 12 us less, which single rows feel
        return False
    return bool(nw.dependencies.is_into_dataframe(X))


def refuse_lazy(X: Any, name: str = "X") -> None:
    """Refuse a table of polars whose rows are not there yet.

    Parameters
    ----------
    X : object
        What was given as a table.
    name : str, default="X"
        What it is called.

    Raises
    ------
    TypeError
        If it is a LazyFrame.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.utils._frames import refuse_lazy
    >>> refuse_lazy(np.zeros((1, 1)))
    """
    if nw.dependencies.is_polars_lazyframe(X):
        raise TypeError(
            f"{name} is a LazyFrame, a plan for rows that are not there yet; pass "
            f"{name}.collect()"
        )


def as_pandas(X: Any) -> "pd.DataFrame":
    """Return a table with named columns as one of pandas.

    Parameters
    ----------
    X : DataFrame or Table of shape (n_rows, n_columns)
        What `is_frame` says is one.

    Returns
    -------
    pandas.DataFrame of shape (n_rows, n_columns)
        The table itself if it is one of pandas. Those of polars need no pyarrow.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.utils._frames import as_pandas
    >>> frame = pd.DataFrame({"size": [60]})
    >>> as_pandas(frame) is frame
    True
    """
    import pandas as pd

    if isinstance(X, pd.DataFrame):
        return X
    if nw.dependencies.is_polars_dataframe(X):  # its to_pandas would need pyarrow
        return pd.DataFrame({column.name: column.to_numpy() for column in X})
    return nw.from_native(X, eager_only=True).to_pandas()


def select_columns(X: Any, positions: np.ndarray) -> Any:
    """Return some columns of a table.

    Parameters
    ----------
    X : DataFrame, ndarray or sparse matrix of shape (n_rows, n_columns)
        The table.
    positions : ndarray of int, shape (n_chosen,)
        Positions of the columns, ascending.

    Returns
    -------
    DataFrame, ndarray or sparse matrix of shape (n_rows, n_chosen)
        The columns. Neighbours in an ndarray share its memory.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.utils._frames import select_columns
    >>> select_columns(np.eye(3), np.array([0, 2]))[2]
    array([0., 1.])
    """
    neighbours = len(positions) and positions[-1] - positions[0] + 1 == len(positions)
    columns: Any = positions
    if neighbours:
        columns = slice(int(positions[0]), int(positions[-1]) + 1)
    if _is_pandas(X):
        return X.iloc[:, columns]
    if is_frame(X):
        return safe_indexing(X, positions, axis=1)
    if isinstance(X, np.ndarray) and not neighbours:
        # X[:, positions] would come out column-major, which is slow to batch by rows.
        return np.take(X, positions, axis=1)
    return X[:, columns]


def column_values(X: Any, position: int) -> np.ndarray:
    """Return the values of a column, Python's own where it has types of a library.

    Parameters
    ----------
    X : DataFrame, ndarray or sparse matrix of shape (n_rows, n_columns)
        The table.
    position : int
        Position of the column.

    Returns
    -------
    ndarray of shape (n_rows,)
        The values; a missing one of a DataFrame is None or NaN.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.utils._frames import column_values
    >>> frame = pd.DataFrame({"port": pd.array([80, None], dtype="Int64")})
    >>> column_values(frame, 0)
    array([80, nan], dtype=object)
    """
    if _is_pandas(X):
        return X.iloc[:, position].to_numpy(dtype=object, na_value=np.nan)
    if is_frame(X):
        values = np.empty(len(X), dtype=object)
        values[:] = _column(X, position).to_list()
        return values
    if isinstance(X, np.ndarray):
        return X[:, position]
    return X[:, [position]].toarray().ravel()


def column_names(X: Any) -> list[Any] | None:
    """Return the names of the columns of a DataFrame, None for other tables."""
    if _is_pandas(X):
        return list(X.columns)
    return list(nw.from_native(X, eager_only=True).columns) if is_frame(X) else None


def column_types(X: Any) -> list[Any]:
    """Return the types of the columns of a DataFrame that is not one of pandas."""
    return list(nw.from_native(X, eager_only=True).schema.values())


def is_categorical(X: Any, position: int) -> bool:
    """Tell whether the type of a column is that of text or of categories.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        The table.
    position : int
        Position of the column.

    Returns
    -------
    bool
        Whether it is. A column of Python objects is if it holds text, beside other
        things perhaps.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.utils._frames import is_categorical
    >>> frame = pd.DataFrame({"protocol": ["tcp", None], "port": [80, 53]})
    >>> is_categorical(frame, 0), is_categorical(frame, 1)
    (True, False)
    """
    if _is_pandas(X) and isinstance(X.iloc[:, position].dtype, np.dtype):
        values = X.iloc[:, position].to_numpy()
        is_object = values.dtype == object
        return is_object and any(isinstance(value, str) for value in values)
    kind = _column(X, position).dtype
    return isinstance(kind, nw.String | nw.Categorical | nw.Enum)


def is_text(X: Any, position: int) -> bool:
    """Tell whether a column that `is_categorical` has not the type of categories."""
    kind = _column(X, position).dtype
    return not isinstance(kind, nw.Categorical | nw.Enum)


def _column(X: Any, position: int) -> Any:
    if _is_pandas(X):  # names may be there twice
        return nw.from_native(X.iloc[:, position], series_only=True)
    return nw.from_native(X, eager_only=True)[:, int(position)]


def _is_pandas(X: Any) -> bool:
    return hasattr(X, "iloc") and hasattr(X, "columns")
