"""An axis of seconds or dates, on which long gaps between captures take little room."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmirai.utils import import_optional
from skmirai.utils._seconds import in_seconds

Floats = NDArray[np.float64]

_DAY = 86_400.0

#: Units of an axis that counts from the first row on: up to so many seconds.
_UNITS = (
    (600.0, 1.0, "seconds"),
    (4 * 3_600.0, 60.0, "minutes"),
    (4 * _DAY, 3_600.0, "hours"),
    (np.inf, _DAY, "days"),
)

#: All gaps together fill this part of a shortened axis, and each at most the other.
_GAPS, _GAP = 0.3, 0.05

#: Ticks of a shortened axis, about, and the seconds that may lie between them.
_TICKS = 8
_STEPS = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30),
    *(60.0 * np.array([1, 2, 5, 10, 20, 30])),
    *(3_600.0 * np.array([1, 2, 3, 6, 12, 24, 48, 120, 240])),
)


def captures_of(start: Floats, end: Floats) -> Floats:
    """Return where captures begin and end, from the bins in them: (n_captures, 2)."""
    apart = np.flatnonzero(start[1:] > end[:-1])
    return np.column_stack(
        [start[np.r_[0, apart + 1]], end[np.r_[apart, len(end) - 1]]]
    )


def duration_text(seconds: float) -> str:
    """Return a span of time, rounded.

    Examples
    --------
    >>> from skmirai.inspection._timeline._axis import duration_text
    >>> [duration_text(s) for s in (0.25, 90, 119, 7_300, 2e6)]
    ['0.25 s', '90 s', '119 s', '2 h', '23 days']
    """
    if seconds < 120:
        return f"{seconds:.3g} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds / 3_600:.0f} h"
    return f"{seconds / _DAY:.0f} days"


class TimeAxis:
    """Where times stand on the axis.

    Parameters
    ----------
    times : Series
        Some times, from the first one to the last: dates or numbers of seconds.
    captures : ndarray of shape (n_captures, 2)
        Seconds in which each begins and ends, ascending.

    Attributes
    ----------
    label : str
        What the axis says.
    shortened : bool
        Whether gaps are drawn shorter than they are, because they fill more than half
        of the time.
    """

    def __init__(self, times: pd.Series, captures: Floats) -> None:
        self.captures = captures
        self._zone: Any = None
        self._dates = pd.api.types.is_datetime64_any_dtype(times.dtype)
        self._origin = captures[0, 0]
        lengths = captures[:, 1] - captures[:, 0]
        span = captures[-1, 1] - captures[0, 0]
        self.shortened = bool(span > 2 * lengths.sum())
        if self._dates:
            self._zone = times.dt.tz
            dates = import_optional("matplotlib.dates", extra="plot", purpose="plots")
            self._unit = _DAY
            self._origin = -_DAY * float(dates.date2num(np.datetime64(0, "s")))
            self.label = "time" if self._zone is None else f"time ({self._zone})"
        else:
            counted = lengths.max() if self.shortened else span
            self._unit, unit = next((u, n) for most, u, n in _UNITS if counted <= most)
            whose = " of each capture" if self.shortened else ""
            self.label = f"{unit} from the first row{whose} on"

    def x(self, times: Any) -> Floats:
        """Places of times, or of seconds, on the axis."""
        return (in_seconds(times, len(times)) - self._origin) / self._unit

    def set_up(self, ax: Any) -> None:
        """Give an axis its scale, ticks and label."""
        ends = self.x(self.captures.ravel())
        if self.shortened:
            ax.set_xscale("function", functions=_shortened(ends))
            self._fix_ticks(ax)
        elif self._dates:
            dates = import_optional("matplotlib.dates", extra="plot", purpose="plots")
            locator = dates.AutoDateLocator(maxticks=7, tz=self._zone)
            ax.xaxis.set_major_locator(locator)
            formatter = dates.ConciseDateFormatter(locator, tz=self._zone)
            ax.xaxis.set_major_formatter(formatter)
        ax.set_xlabel(self.label)
        ax.set_xlim(ends[0], ends[-1])

    def _fix_ticks(self, ax: Any) -> None:
        """Put ticks at the beginnings of captures, then within the long ones."""
        ticker = import_optional("matplotlib.ticker", extra="plot", purpose="plots")
        transform = ax.xaxis.get_transform()
        whole = transform.transform(self.x(self.captures[-1:, 1]))[0]
        lengths = self.captures[:, 1] - self.captures[:, 0]
        begins = [(begin, begin) for begin in self.captures[:, 0]]
        inner = [
            (begin, seconds)
            for begin, length in zip(self.captures[:, 0], lengths, strict=True)
            for seconds in _round_times(
                *(begin, length, round(_TICKS * length / lengths.sum())),
                by_the_clock=self._dates,
            )
        ]
        ticks: dict[float, str] = {}
        taken = np.empty(0)
        for begin, seconds in [*begins, *inner]:
            (x,) = self.x(np.array([seconds]))
            place = transform.transform(np.array([x])) / whole
            if (np.abs(taken - place) > 0.8 / _TICKS).all():
                taken = np.r_[taken, place]
                ticks[float(x)] = self._text(seconds, begin, lengths.max())
        places = sorted(ticks)
        ax.xaxis.set_major_locator(ticker.FixedLocator(places))
        labels = [ticks[place] for place in places]
        ax.xaxis.set_major_formatter(ticker.FixedFormatter(labels))

    def _text(self, seconds: float, begin: float, longest: float) -> str:
        """Label of a tick; that of a beginning tells the day."""
        if not self._dates:
            return f"{(seconds - begin) / self._unit:.6g}"
        stamp = pd.Timestamp(seconds, unit="s", tz="UTC").tz_convert(
            self._zone or "UTC"
        )
        clock = f"{stamp:%H:%M}" if longest > 1_800 else f"{stamp:%H:%M:%S}"
        return f"{clock}\n{stamp:%d %b %Y}" if seconds == begin else clock


def _round_times(
    begin: float, length: float, n_ticks: int, *, by_the_clock: bool
) -> Floats:
    """Return about so many seconds within a capture, round as a clock or it counts."""
    if n_ticks < 2:
        return np.empty(0)
    least = length / n_ticks
    step = next((step for step in _STEPS if step >= least), least)
    first = np.ceil(begin / step) * step if by_the_clock else begin + step
    return np.arange(first, begin + length, step)


def _shortened(ends: Floats) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Functions to places with short gaps, and back, for the ends of captures."""
    lengths = np.diff(ends)
    recorded = lengths[::2].sum() or 1.0
    n_gaps = len(lengths) // 2
    share = min(_GAP, _GAPS / n_gaps)
    lengths[1::2] = recorded * share / (1 - share * n_gaps)
    places = np.r_[0, np.cumsum(lengths)]
    # captures of a single time have no length, and functions there no way back
    keep = np.r_[True, (np.diff(ends) > 0) & (lengths > 0)]
    ends, places = ends[keep], places[keep]

    def interpolated(known: Floats, targets: Floats) -> Callable[[Any], Any]:
        first = (targets[1] - targets[0]) / (known[1] - known[0])
        last = (targets[-1] - targets[-2]) / (known[-1] - known[-2])

        def function(values: Any) -> Any:
            values = np.asarray(values, dtype=np.float64)
            inner = np.interp(values, known, targets)
            below = np.minimum(values - known[0], 0) * first
            return inner + below + np.maximum(values - known[-1], 0) * last

        return function

    return interpolated(ends, places), interpolated(places, ends)
