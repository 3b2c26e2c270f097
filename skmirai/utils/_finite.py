"""Find values that are NaN or infinite, and compute them without a warning."""

import numpy as np

#: Decorator: what is not finite comes without NumPy's warnings, since it is looked
#: for afterwards.
quiet = np.errstate(all="ignore")


def first_not_finite(values: np.ndarray, axis: int) -> int | None:
    """Number of the first row or column that holds NaN or an infinite value.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Values of a floating-point type.
    axis : {0, 1}
        0 looks for a row, 1 for a column.

    Returns
    -------
    int or None
        The number, counted from 0; None where all values are finite.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.utils._finite import first_not_finite
    >>> first_not_finite(np.array([[1.0, 2.0], [np.inf, 3.0]]), axis=0)
    1
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum()):  # quick, and true of nearly every table
            return None
    found = np.flatnonzero(~np.isfinite(values).all(axis=1 - axis))
    return int(found[0]) if len(found) else None
