"""Tables as arrays of numbers."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils import check_array

from skmirai.utils._finite import quiet
from skmirai.utils._not_numbers import error_about, first_fault, first_time, title_of

#: What to do about a column of text, where there is nothing else to say.
REMEDY = (
    "Name such a column in categorical_features, encode it, for example with "
    "OneHotEncoder in a ColumnTransformer, or name it in drop_columns"
)


def text_for_numbers(*, imputes: bool) -> str:
    """Return what to do about text in a column that held numbers at fit.

    Parameters
    ----------
    imputes : bool
        Whether the fitted estimator takes missing numbers.
    """
    head = "The column held numbers at fit: "
    if imputes:
        return (
            f"{head}turn it into numbers, NaN where there is none, in pandas by "
            f"pd.to_numeric(column, errors='coerce')"
        )
    return (
        f"{head}repair the rows; or fit anew, with missing='impute' if some are no "
        f"numbers (NaN, in pandas by pd.to_numeric(column, errors='coerce')), or with "
        f"the column among the categorical_features"
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
    remedy: str | Callable[[int], str] = REMEDY,
    columns: Sequence[int] | np.ndarray | None = None,
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
    remedy : str or callable, default=that of the estimators
        What to do about a column of text, or what returns it for its position.
    columns : sequence or ndarray of int, or None, default=None
        What error messages call the columns of an array that holds some of a larger
        one; None is their positions.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        The numbers. It may share memory with ``X``.

    Raises
    ------
    ValueError
        If a value is no number, is infinite, or is missing and may not be.
    TypeError
        If a value can be nothing in a table.

    Examples
    --------
    >>> from skmirai.utils._numbers import as_numbers
    >>> as_numbers([[1, None]], "Example", missing=True)
    array([[ 1., nan]])
    """
    raised = None
    fault = first_time(X)
    if fault is None:
        try:
            return check_array(
                _with_nan(dense(X)),
                dtype=(np.float64, np.float32),
                ensure_all_finite="allow-nan" if missing else True,
                estimator=owner,
                input_name=name,
            )
        except (TypeError, ValueError) as error:
            fault, raised = first_fault(X, missing=missing), error
            if fault is None:  # nothing about values, too few rows for instance
                raise
    title = title_of(X, fault.position, columns)
    text = remedy(fault.position) if callable(remedy) else remedy
    raise error_about(fault, title, name, owner, text, raised) from raised


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
