"""Blocks and groups of rows: how long they must be, and draws of them."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

#: Blocks as long as is best for a variance are too short for an interval.
_LONGER = 3


def length_for_interval(errors: np.ndarray) -> int:
    """Length of blocks for an interval.

    Parameters
    ----------
    errors : ndarray of shape (n_rows,) or (n_rows, n_figures)
        Figures of each row, in order: how wrong it is, in one way or several.

    Returns
    -------
    int
        Rows of a block, between 1 and a quarter of the rows: as many as the figure
        asks for that resembles its neighbours longest.
    """
    n_rows = len(errors)
    longest = max(best_block_length(own) for own in errors.reshape(n_rows, -1).T)
    return max(1, min(math.ceil(_LONGER * longest), n_rows // 4))


def best_block_length(errors: np.ndarray) -> float:
    """Length of blocks that is best for the variance of a mean.

    Parameters
    ----------
    errors : ndarray of shape (n_rows,)
        A figure of each row, in order.

    Returns
    -------
    float
        Rows of a block of the circular bootstrap, at least 1.
    """
    n_rows = len(errors)
    n_small = max(5, math.ceil(math.sqrt(math.log10(n_rows))))
    most = min(math.ceil(math.sqrt(n_rows)) + n_small, n_rows - 1)
    centred = errors - errors.mean()
    spectrum = np.fft.rfft(centred, 2 * n_rows)
    products = np.fft.irfft(spectrum * np.conj(spectrum), 2 * n_rows)
    covariances = products[: most + 1] / n_rows
    if covariances[0] <= np.finfo(float).eps * np.abs(errors).max(initial=0.0) ** 2:
        return 1.0
    bound = 2 * math.sqrt(math.log10(n_rows) / n_rows)
    large = np.abs(covariances[1:] / covariances[0]) >= bound
    # the lag behind which so many correlations are small
    runs = np.convolve(large, np.ones(n_small), "full")[n_small - 1 :]
    none_large = np.flatnonzero(runs == 0)
    lag = int(none_large[0]) if len(none_large) else most
    width = min(2 * max(lag, 1), most)
    lags = np.arange(-width, width + 1)
    taper = np.minimum(1.0, 2 * (1 - np.abs(lags) / width))
    weighted = taper * covariances[np.abs(lags)]
    long_run, slope = weighted.sum(), (weighted * np.abs(lags)).sum()
    if long_run == 0:
        return 1.0
    best = (1.5 * (slope / long_run) ** 2 * n_rows) ** (1 / 3)
    return float(np.clip(best, 1, math.ceil(min(3 * math.sqrt(n_rows), n_rows / 3))))


def blocks(
    n_rows: int, length: int, rng: np.random.RandomState
) -> Iterator[np.ndarray]:
    """Draw blocks of a circle.

    Parameters
    ----------
    n_rows, length : int
        Rows of the circle, and of a block.
    rng : RandomState
        The source.

    Yields
    ------
    ndarray of shape (n_rows,)
        Numbers of the rows of draw after draw; the last block may be cut.
    """
    n_blocks = -(-n_rows // length)
    within = np.arange(length)
    while True:
        starts = rng.randint(n_rows, size=n_blocks)
        rows = (starts[:, np.newaxis] + within).ravel()[:n_rows]
        yield rows % n_rows


def groups_drawn(
    groups: Any, n_rows: int, rng: np.random.RandomState
) -> tuple[Iterator[np.ndarray], np.ndarray]:
    """Draw whole groups.

    Parameters
    ----------
    groups : array-like of shape (n_rows,)
        Group of each row.
    n_rows : int
        Number of rows.
    rng : RandomState
        The source.

    Returns
    -------
    draws : iterator of ndarray
        Numbers of the rows of draw after draw.
    number : ndarray of int, shape (n_rows,)
        Group of each row, numbered from 0; a draw has as many groups as there are.

    Raises
    ------
    ValueError
        If there are fewer than two groups, or not one for each row.
    """
    from sklearn.utils import check_consistent_length, column_or_1d

    names = column_or_1d(groups)
    check_consistent_length(np.empty(n_rows), names)
    number = np.unique(names, return_inverse=True)[1]
    n_groups = int(number.max()) + 1
    if n_groups < 2:
        raise ValueError("groups holds one group: an interval needs at least two")
    order = np.argsort(number, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(number))[:-1])

    def draws() -> Iterator[np.ndarray]:
        while True:
            drawn = rng.randint(n_groups, size=n_groups)
            yield np.concatenate([members[group] for group in drawn])

    return draws(), number
