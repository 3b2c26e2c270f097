"""How far apart in time training and test rows must lie."""

import math
from numbers import Real
from typing import Any

import numpy as np

from skmirai.feature_extraction import DECAYS

#: Name of the gap that follows from the memory of AfterImage's features.
AFTERIMAGE = "afterimage"


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
