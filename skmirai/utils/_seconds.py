"""Times of rows as numbers of seconds."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length


def in_seconds(times: Any, n_rows: int) -> np.ndarray:
    """Times of rows as numbers of seconds.

    Parameters
    ----------
    times : array-like of shape (n_rows,)
        Numbers of seconds, dates, or spans of time.
    n_rows : int
        Number of rows that they belong to.

    Returns
    -------
    ndarray of shape (n_rows,), float64
        Seconds since 1970, or since whatever the numbers count from.

    Raises
    ------
    ValueError
        If they are no times, not finite, or of another number of rows.
    """
    if np.ndim(times) != 1:
        raise ValueError(f"times must hold one value a row, got {np.ndim(times)} axes")
    series = pd.Series(times)
    check_consistent_length(np.empty(n_rows), series)
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        seconds = series.dt.total_seconds().to_numpy()
    elif pd.api.types.is_datetime64_any_dtype(series.dtype):
        start = pd.Timestamp(0, tz=series.dt.tz)
        seconds = (series - start).dt.total_seconds().to_numpy()
    else:
        try:
            seconds = series.to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"times must be numbers of seconds or dates, got {series.iloc[0]!r}: "
                f"parse them with pandas.to_datetime first"
            ) from error
    faulty = np.flatnonzero(~np.isfinite(seconds))
    if len(faulty):
        raise ValueError(
            f"times has {seconds[faulty[0]]} in row {faulty[0]} (counted from 0), but "
            f"every row needs a time; leave the row out"
        )
    return seconds
