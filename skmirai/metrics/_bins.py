"""Bins of forecasts that hold as much weight each."""

import numpy as np
from numpy.typing import NDArray

from skmirai.metrics._checks import Floats


def equal_mass_bins(forecast: Floats, weight: Floats, n_bins: int) -> NDArray[np.intp]:
    """Return the bin of each row, from 0 on, in the order of the forecasts.

    Equal forecasts share the bin in which the middle of their weight lies. Every bin
    has two rows or more: one that would have fewer joins a neighbour.
    """
    n_rows = len(forecast)
    if not 1 <= n_bins <= n_rows / 2:
        raise ValueError(
            f"n_bins={n_bins} must be at least 1, and at most half of the {n_rows} "
            "rows of positive weight"
        )
    _, place = np.unique(forecast, return_inverse=True)
    mass = np.bincount(place, weight)
    middle = (np.cumsum(mass) - mass / 2) / mass.sum()
    bins = np.minimum((middle * n_bins).astype(np.intp), n_bins - 1)[place]
    return _joined(np.bincount(bins))[bins]


def _joined(sizes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the new number of each bin, where too small ones join the next."""
    numbers, number, size = [], -1, 2
    for rows in sizes.tolist():
        if size >= 2:
            number, size = number + 1, 0
        size += rows
        numbers.append(number)
    joined = np.array(numbers, dtype=np.intp)
    if size < 2:  # the last has no next one
        joined[joined == number] = number - 1
    return joined
