"""Scores in bins of time, captures and the gaps between them: functions of arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Most captures in a picture; gaps "auto" finds one less at most.
MOST_CAPTURES = 50

#: Bins of "auto", and the rows that each should have on the average at least.
_BINS, _ROWS = 240, 5

#: A gap of "auto" is so many times as long as the longest pause that is none, as the
#: usual time between rows, and at least this part of the time with rows.
_LONGER, _THAN_USUAL, _PART = 5, 20, 0.02


def gap_limit(pauses: Floats) -> float:
    """Longest pause that is no gap between captures.

    Parameters
    ----------
    pauses : ndarray of shape (n_rows - 1,)
        Seconds between rows, at least 0.

    Returns
    -------
    float
        In seconds; infinite where no pause stands out.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.inspection._timeline._bins import gap_limit
    >>> gap_limit(np.r_[np.full(100, 0.5), 3600, np.full(100, 0.4)])
    0.5
    >>> gap_limit(np.full(100, 0.5))
    inf
    """
    pauses = np.sort(pauses[pauses > 0])[::-1]
    longest = pauses[:MOST_CAPTURES]
    if len(longest) < 2:
        return np.inf
    recorded = pauses.sum() - np.cumsum(longest[:-1])
    is_gap = (
        (longest[:-1] >= _LONGER * longest[1:])
        & (longest[:-1] > _THAN_USUAL * np.median(pauses))
        & (longest[:-1] > _PART * recorded)
    )
    last = np.flatnonzero(is_gap)
    return float(longest[last[-1] + 1]) if len(last) else np.inf


def capture_starts(seconds: Floats, gap: float | str | None) -> NDArray[np.intp]:
    """Return the places of the first rows of captures.

    Parameters
    ----------
    seconds : ndarray of shape (n_rows,)
        Ascending.
    gap : float, "auto" or None
        Captures are parted by pauses that are longer than this. None is never.

    Returns
    -------
    ndarray of shape (n_captures,)

    Raises
    ------
    ValueError
        If ``gap`` is no such value, or parts more captures than a picture can show.
    """
    if gap is None:
        return np.zeros(1, dtype=np.intp)
    pauses = np.diff(seconds)
    if isinstance(gap, str):
        if gap != "auto":
            raise ValueError(f"gap={gap!r} must be a number of seconds, 'auto' or None")
        limit = gap_limit(pauses)
    else:
        limit = float(gap)
        if not limit > 0:
            raise ValueError(f"gap={gap!r} must be a positive number of seconds")
    starts = np.r_[0, np.flatnonzero(pauses > limit) + 1]
    if len(starts) > MOST_CAPTURES:
        raise ValueError(
            f"gap={gap!r} parts {len(starts):,} captures; a picture shows at most "
            f"{MOST_CAPTURES}: give a longer one"
        )
    return starts


def bin_edges(
    seconds: Floats, starts: NDArray[np.intp], n_bins: int | str
) -> tuple[Floats, Floats]:
    """Part the captures into bins of nearly equal length.

    Parameters
    ----------
    seconds : ndarray of shape (n_rows,)
        Ascending.
    starts : ndarray of shape (n_captures,)
        Places of the first rows of captures.
    n_bins : int or "auto"
        Bins of all captures together, about; each capture has one at least.

    Returns
    -------
    start, end : ndarray of shape (n_bins,)
        Seconds. A capture of a single time has a bin that is as long as others.
    """
    if n_bins == "auto":
        n_bins = max(1, min(_BINS, len(seconds) // _ROWS))
    elif isinstance(n_bins, str) or int(n_bins) != n_bins or n_bins < 1:
        raise ValueError(
            f"n_bins={n_bins!r} must be an integer of 1 or more, or 'auto'"
        )
    n_bins = int(n_bins)
    first, last = seconds[starts], seconds[np.r_[starts[1:] - 1, len(seconds) - 1]]
    recorded = (last - first).sum()
    # a moment is as wide as other bins, else a second, but no wider than half a gap
    alone = min([recorded / n_bins or 1.0, *((first[1:] - last[:-1]) / 2)])
    edges = []
    for begin, end in zip(first, last, strict=True):
        count = max(1, round(n_bins * (end - begin) / recorded)) if recorded else 1
        edges.append(np.linspace(begin, end if end > begin else end + alone, count + 1))
    return (
        np.concatenate([own[:-1] for own in edges]),
        np.concatenate([own[1:] for own in edges]),
    )


def binned_scores(
    seconds: Floats,
    score: Floats,
    *,
    abstained: Bools | None = None,
    n_bins: int | str = "auto",
    gap: float | str | None = "auto",
    quantiles: Sequence[float] = (0.05, 0.95),
) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Say what the scores of each bin of time are.

    Parameters
    ----------
    seconds, score : ndarray of shape (n_rows,)
        Ascending times, and the score of each row.
    abstained : ndarray of bool of shape (n_rows,) or None, default=None
        Rows without an answer.
    n_bins, gap
        As :func:`bin_edges` and :func:`capture_starts` have them.
    quantiles : pair of float, default=(0.05, 0.95)
        Ends of the band.

    Returns
    -------
    bins : DataFrame
        ``start``, ``end`` (seconds), ``n_rows``, ``low``, ``median``, ``high``,
        ``maximum`` (NaN without a row), and ``abstained``, the share. A row belongs to
        the bin that it begins, but the last row of a capture to the last bin.
    places : ndarray of shape (n_rows,)
        Bin of each row.
    """
    low, high = checked_quantiles(quantiles)
    starts = capture_starts(seconds, gap)
    start, end = bin_edges(seconds, starts, n_bins)
    places = np.searchsorted(start, seconds, side="right") - 1
    counts = np.bincount(places, minlength=len(start))
    ordered = score[np.lexsort((score, places))]
    shares = {"low": low, "median": 0.5, "high": high, "maximum": 1.0}
    found = {k: _quantile_of_each(ordered, counts, v) for k, v in shares.items()}
    withheld = np.zeros(len(start))
    if abstained is not None:
        withheld = np.bincount(places, abstained, len(start)) / np.maximum(counts, 1)
    table = {"start": start, "end": end, "n_rows": counts, **found}
    return pd.DataFrame(table | {"abstained": withheld}), places


def checked_quantiles(quantiles: Any) -> tuple[float, float]:
    """Return the ends of the band."""
    ends = np.atleast_1d(np.asarray(quantiles, dtype=object))
    try:
        low, high = (float(end) for end in ends)
        if 0 <= low <= high <= 1:
            return low, high
    except (TypeError, ValueError):
        pass  # another number of ends, or no numbers
    raise ValueError(
        f"quantiles={quantiles!r} must be two shares in [0, 1], the lower one first"
    )


def _quantile_of_each(
    ordered: Floats, counts: NDArray[np.intp], share: float
) -> Floats:
    """Quantile of each group of values that lie together, ascending; NaN of none."""
    found = np.full(len(counts), np.nan)
    some = counts > 0
    first = (np.cumsum(counts) - counts)[some]
    place = share * (counts[some] - 1)
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, counts[some] - 1)
    a, b = ordered[first + below], ordered[first + above]
    found[some] = a + (b - a) * (place - below)
    return found


def episodes(
    seconds: Floats, attack: Bools, places: NDArray[np.intp], bins: pd.DataFrame
) -> pd.DataFrame:
    """Stretches of bins with attacks, which only a bin of other rows or a gap ends.

    Parameters
    ----------
    seconds : ndarray of shape (n_rows,)
        Ascending.
    attack : ndarray of bool of shape (n_rows,)
        Rows that are attacks.
    places : ndarray of shape (n_rows,)
        Bin of each row.
    bins : DataFrame
        Of :func:`binned_scores`.

    Returns
    -------
    DataFrame
        ``start`` and ``end``, the times of the first and the last attack of each, in
        seconds. No gap between captures lies within one.
    """
    times, own = seconds[attack], places[attack]
    if not len(times):
        return pd.DataFrame({"start": [], "end": []}, dtype=np.float64)
    number = np.cumsum(bins["n_rows"].to_numpy() > 0)  # bins without rows end none
    begins = np.flatnonzero(np.diff(number[own]) > 1) + 1
    # bins of different captures are neighbours by number only
    apart = np.flatnonzero(bins["start"].to_numpy()[1:] > bins["end"].to_numpy()[:-1])
    captures = np.searchsorted(apart, own - 1, side="right")
    begins = np.union1d(begins, np.flatnonzero(np.diff(captures)) + 1)
    first = np.r_[0, begins].astype(np.intp)
    last = np.r_[begins - 1, len(times) - 1].astype(np.intp)
    return pd.DataFrame({"start": times[first], "end": times[last]})
