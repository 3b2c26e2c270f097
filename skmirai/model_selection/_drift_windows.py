"""The past that a model is trained on, and the windows of time behind it."""

import math
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np

from skmirai.model_selection._times import afterimage_memory, check_purge

#: Windows of equal length that a table may be cut into, empty ones included.
_MOST_WINDOWS = 100_000

#: Share that "afterimage" leaves of the weight of a packet.
_RESIDUAL = 0.01


class Timeline(NamedTuple):
    """Rows in the order of time: a past, and windows.

    Attributes
    ----------
    order : ndarray of int, shape (n_rows,)
        Row numbers in the order of time; rows of the same time in their own order.
    seconds : ndarray of shape (n_rows,)
        Times in that order.
    n_past : int
        How many rows are the past.
    windows : list of (int, int)
        First place in ``order`` of each window, and the one behind its last.
    n_empty : int
        Windows without a row, which are left out.
    gap : float
        Seconds before a window from which no row is trained on.
    """

    order: np.ndarray
    seconds: np.ndarray
    n_past: int
    windows: list[tuple[int, int]]
    n_empty: int
    gap: float

    def train_end(self, window: int, *, expanding: bool) -> int:
        """Place behind the last training row for a window, the gap left out."""
        start = self.windows[window][0] if expanding else self.n_past
        return _before(self.seconds, start, self.gap)


def timeline(
    seconds: np.ndarray,
    *,
    n_windows: int,
    window: float | None,
    train_size: float,
    purge: float | str,
) -> Timeline:
    """Cut rows by their times; rows of the same time stay together.

    Parameters
    ----------
    seconds : ndarray of shape (n_rows,)
        Times, in any order.
    n_windows : int
        Number of windows of as many rows each.
    window : float or None
        Seconds of a window, in place of a number of windows.
    train_size : float
        Share of the rows that is the past.
    purge : float or "afterimage"
        Seconds before a window from which no row is trained on.

    Returns
    -------
    Timeline
        The past and its windows.

    Raises
    ------
    ValueError
        If a setting is out of range, all times are equal, or too few rows are left.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._drift_windows import timeline
    >>> line = timeline(
    ...     np.arange(10.0), n_windows=3, window=None, train_size=0.4, purge=2
    ... )
    >>> line.n_past, line.windows, line.train_end(1, expanding=True)
    (4, [(4, 6), (6, 8), (8, 10)], 4)
    """
    _check(n_windows, window, train_size)
    check_purge(purge, _RESIDUAL)
    gap = afterimage_memory(_RESIDUAL) if isinstance(purge, str) else float(purge)
    n_rows = len(seconds)
    if n_rows < 2:
        raise ValueError(f"X has {n_rows} rows: a past and a window need two or more")
    order = np.argsort(seconds, kind="stable")
    seconds = seconds[order]
    if seconds[0] == seconds[-1]:
        raise ValueError(
            f"all times are {seconds[0]:g}: without a past there is no drift to see; "
            f"give the time of each row"
        )
    n_past = _end(seconds, max(1, round(train_size * n_rows)))
    if n_past == n_rows:
        raise ValueError(
            f"train_size={train_size!r} leaves no row behind the past: take less, at "
            f"most {_floor(_before(seconds, n_rows - 1, 0) / n_rows)}"
        )
    if not _before(seconds, n_past, gap):
        raise ValueError(
            f"purge={purge!r} leaves no row of the past to train on: it must be less "
            f"than {seconds[n_past] - seconds[0]:g} seconds for this train_size"
        )
    if window is None:
        ends = _ends_by_rows(seconds, n_past, n_windows)
    else:
        ends = _ends_by_seconds(seconds, n_past, float(window))
    starts = [n_past, *ends[:-1]]
    filled = [pair for pair in zip(starts, ends, strict=True) if pair[0] < pair[1]]
    return Timeline(order, seconds, n_past, filled, len(ends) - len(filled), gap)


def earliest_train_size(line: Timeline, labels: np.ndarray) -> float | None:
    """Least share of the rows whose past holds two classes, with its gap.

    Parameters
    ----------
    line : Timeline
        Rows in the order of time.
    labels : ndarray of shape (n_rows,)
        Their labels, in that order.

    Returns
    -------
    float or None
        The share, rounded up; None if no past does that leaves a row behind it.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._drift_windows import (
    ...     earliest_train_size,
    ...     timeline,
    ... )
    >>> line = timeline(
    ...     np.arange(10.0), n_windows=3, window=None, train_size=0.4, purge=0
    ... )
    >>> earliest_train_size(line, np.repeat([0, 1], [7, 3]))
    0.8
    """
    first = int(np.argmax(labels != labels[0]))
    n_rows = len(labels)
    # that row must lie more than the gap before the first window
    until = line.seconds[first] + line.gap
    n_past = int(np.searchsorted(line.seconds, until, side="right"))
    # the first row of a time brings the others of it along
    n_past = _before(line.seconds, n_past - 1, 0) + 1
    share = math.ceil(n_past / n_rows * 1e4) / 1e4
    later = _end(line.seconds, max(1, round(share * n_rows)))
    return share if share < 1 and later < n_rows else None


def _check(n_windows: Any, window: Any, train_size: Any) -> None:
    if not isinstance(n_windows, Integral) or isinstance(n_windows, bool):
        raise TypeError(f"n_windows={n_windows!r} must be an integer")
    if n_windows < 1:
        raise ValueError(f"n_windows={n_windows!r} must be at least 1")
    for name, value in (("window", window), ("train_size", train_size)):
        if isinstance(value, bool) or not isinstance(value, Real | None):
            raise TypeError(f"{name}={value!r} must be a number")
    if window is not None and not 0 < float(window) < math.inf:
        raise ValueError(f"window={window!r} must be a positive number of seconds")
    if train_size is None or not 0 < float(train_size) < 1:
        raise ValueError(f"train_size={train_size!r} must be a share in (0, 1)")


def _end(seconds: np.ndarray, n_rows: int) -> int:
    """Place behind the rows that are no later than the last of the first n."""
    return int(np.searchsorted(seconds, seconds[n_rows - 1], side="right"))


def _before(seconds: np.ndarray, start: int, gap: float) -> int:
    """How many rows lie more than the gap before the one at a place."""
    if gap == 0:
        return int(np.searchsorted(seconds, seconds[start], side="left"))
    return int(np.sum(seconds[start] - seconds[:start] > gap))


def _floor(share: float) -> float:
    return math.floor(share * 1e4) / 1e4


def _ends_by_rows(seconds: np.ndarray, n_past: int, n_windows: int) -> list[int]:
    """Place behind each of the windows of equally many rows."""
    n_rows = len(seconds)
    if n_windows > n_rows - n_past:
        raise ValueError(
            f"n_windows={n_windows!r} is more than the {n_rows - n_past} rows behind "
            f"the past: take at most so many"
        )
    ends = np.linspace(n_past, n_rows, n_windows + 1).round().astype(int)[1:]
    return [_end(seconds, end) for end in ends]


def _ends_by_seconds(seconds: np.ndarray, n_past: int, window: float) -> list[int]:
    """Place behind each of the windows of equal length."""
    start = seconds[n_past]
    n_windows = math.floor((seconds[-1] - start) / window) + 1
    if n_windows > _MOST_WINDOWS:
        raise ValueError(
            f"window={window!r} seconds cut the {seconds[-1] - start:g} seconds behind "
            f"the past into {n_windows:,} windows: take longer ones"
        )
    borders = start + window * np.arange(1, n_windows)
    inner = np.searchsorted(seconds, borders, side="left")
    return [*inner.tolist(), len(seconds)]
