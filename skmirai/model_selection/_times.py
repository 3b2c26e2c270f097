"""Times of rows, and how far apart training and test rows must lie."""

import math
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length

from skmirai.feature_extraction import DECAYS

#: Name of the gap that follows from the memory of AfterImage's features.
AFTERIMAGE = "afterimage"


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


def afterimage_memory(residual: float) -> float:
    """Seconds after which a stream's slowest statistic has forgotten all but a share.

    Parameters
    ----------
    residual : float
        Share of its weight that a packet may still have, in (0, 1).

    Returns
    -------
    float
        Seconds.

    Examples
    --------
    >>> from skmirai.model_selection._times import afterimage_memory
    >>> round(afterimage_memory(0.01))
    664
    """
    return -math.log2(residual) / min(DECAYS)


def afterimage_residual(seconds: float) -> float:
    """Share of its weight that a packet has after some seconds, where it is largest."""
    return 2.0 ** (-min(DECAYS) * seconds)


def check_purge(purge: Any, residual: Any) -> None:
    """Insist on a gap, and on a share that may be left."""
    if isinstance(residual, bool) or not isinstance(residual, Real):
        raise TypeError(f"residual={residual!r} must be a number in (0, 1)")
    if not 0 < float(residual) < 1:
        raise ValueError(f"residual={residual!r} must lie in (0, 1)")
    if isinstance(purge, str):
        if purge != AFTERIMAGE:
            raise ValueError(
                f"purge={purge!r} must be a number of rows or seconds, or "
                f"{AFTERIMAGE!r}"
            )
    elif isinstance(purge, bool) or not isinstance(purge, Real):
        raise TypeError(
            f"purge={purge!r} must be a number of rows or seconds, or {AFTERIMAGE!r}"
        )
    elif not 0 <= float(purge) < math.inf:
        raise ValueError(f"purge={purge!r} must be finite and at least 0")


def distance_to(places: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Distance of each place to the nearest of the others, on a line."""
    others = np.sort(others)
    after = np.searchsorted(others, places)
    before = np.where(after > 0, places - others[after - 1], np.inf)
    beyond = others[np.minimum(after, len(others) - 1)] - places
    return np.minimum(before, np.where(after < len(others), beyond, np.inf))
