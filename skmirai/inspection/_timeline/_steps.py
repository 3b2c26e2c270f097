"""How scores over time are drawn: steps of a few hundred bins."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmirai.inspection._style import COLOURS, legend_outside, own_figure
from skmirai.inspection._timeline._axis import TimeAxis, captures_of, duration_text
from skmirai.utils import import_optional
from skmirai.utils._seconds import in_seconds

_BLUE, _VERMILION, _PURPLE, _ORANGE = (COLOURS[k] for k in (0, 1, 3, 4))

COLUMNS = ("start", "end", "low", "median", "high", "maximum")

#: Gaps are told in words where there are at most so many.
_GAPS_IN_WORDS = 12


def draw_timeline(
    bins: pd.DataFrame,
    attacks: pd.DataFrame | None,
    threshold: float | None,
    score_name: str,
    quantiles: Sequence[float],
    ax: Any,
) -> tuple[Any, dict[str, Any]]:
    """Draw bins and what stands beside them.

    Parameters
    ----------
    bins, attacks, threshold, score_name, quantiles
        As :class:`ScoreTimelineDisplay` takes them.
    ax : matplotlib Axes or None
        Panel; None makes a figure.

    Returns
    -------
    ax : matplotlib Axes
        The panel.
    steps : dict of str to matplotlib.patches.StepPatch
        "band", "median" and "maximum".
    """
    start, end = _checked(bins)
    axis = TimeAxis(bins["start"], captures_of(start, end))
    figure = None
    if ax is None:
        figure, (ax,) = own_figure(1)
        figure.set_size_inches(8, 3.6)
    ax.set_ylim(*_limits(bins, threshold))
    axis.set_up(ax)
    entries: dict[str, Any] = {}
    steps = _draw_steps(bins, axis.x(start), axis.x(end), ax)
    low, high = (f"{100 * share:.4g}%" for share in quantiles)
    entries["maximum"], entries["median"] = steps["maximum"], steps["median"]
    entries[f"{low} to {high} of the rows"] = steps["band"]
    if threshold is not None:
        entries[f"threshold {threshold:.3g}"] = ax.axhline(
            threshold, color="0.2", linestyle="--", linewidth=1.1
        )
    if attacks is not None and len(attacks):
        entries["attacks, by the labels"] = _draw_attacks(attacks, axis, ax)
    if "abstained" in bins and (bins["abstained"] > 0).any():
        entries["rows without an answer"] = _mark_doubt(bins, axis, ax)
    if len(axis.captures) > 1:
        entries["no rows"] = _draw_gaps(axis, ax)
    ax.set_ylabel(score_name)
    look = {"handles": [*entries.values()], "labels": [*entries], "frameon": False}
    if figure is None:
        ax.legend(fontsize="small", **look)
    else:
        legend_outside(figure, "outside upper center", look)
    return ax, steps


def _checked(bins: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the seconds in which bins begin and end."""
    lacking = [name for name in COLUMNS if name not in bins]
    if lacking or not len(bins):
        raise ValueError(
            f"bins has {len(bins)} rows and the columns {[*map(str, bins)]}; expected "
            f"a row for each bin of time, with {', '.join(COLUMNS)}"
        )
    start, end = (in_seconds(bins[name], len(bins)) for name in ("start", "end"))
    if (end < start).any() or (start[1:] < end[:-1]).any():
        raise ValueError("bins must follow each other in time, none within another")
    return start, end


def _limits(bins: pd.DataFrame, threshold: float | None) -> tuple[float, float]:
    """Ends of the axis of scores; probabilities have the whole of theirs."""
    least, most = bins["low"].min(), bins["maximum"].max()
    if threshold is not None and np.isfinite(threshold):
        least, most = min(least, threshold), max(most, threshold)
    if least >= 0 and most <= 1 + 1e-9:
        least, most = 0.0, 1.0
    margin = 0.05 * (most - least or 1.0)
    return least - margin, most + margin


def _draw_steps(
    bins: pd.DataFrame, x0: NDArray[Any], x1: NDArray[Any], ax: Any
) -> dict[str, Any]:
    """Draw band, median and maximum; nothing where there are gaps."""
    apart = np.flatnonzero(x0[1:] > x1[:-1]) + 1
    edges = np.insert(np.r_[x0, x1[-1]], apart, x1[apart - 1])

    def values(name: str) -> NDArray[Any]:
        return np.insert(bins[name].to_numpy(dtype=np.float64), apart, np.nan)

    band = ax.stairs(
        values("high"),
        edges,
        baseline=values("low"),
        fill=True,
        facecolor=(_BLUE, 0.25),
        edgecolor="none",
    )
    look = {"baseline": None, "fill": False}
    maximum = ax.stairs(values("maximum"), edges, color=_ORANGE, linewidth=1.1, **look)
    median = ax.stairs(values("median"), edges, color=_BLUE, linewidth=1.6, **look)
    return {"band": band, "median": median, "maximum": maximum}


def _draw_attacks(attacks: pd.DataFrame, axis: TimeAxis, ax: Any) -> Any:
    """Shade stretches with attacks; a moment is a line."""
    for begin, end in zip(
        axis.x(attacks["start"]), axis.x(attacks["end"]), strict=True
    ):
        drawn = ax.axvspan(
            begin,
            end,
            facecolor=(_VERMILION, 0.13),
            edgecolor=(_VERMILION, 0.35),
            linewidth=0.7,
            zorder=0,
        )
    return drawn


def _mark_doubt(bins: pd.DataFrame, axis: TimeAxis, ax: Any) -> Any:
    """Mark bins at the bottom, the darker, the more rows are without an answer."""
    patches = import_optional("matplotlib.patches", extra="plot", purpose="plots")
    own = bins[bins["abstained"] > 0]
    x0, x1 = axis.x(own["start"]), axis.x(own["end"])
    ax.broken_barh(
        [*zip(x0, x1 - x0, strict=True)],
        (0, 0.03),
        transform=ax.get_xaxis_transform(),
        facecolors=[(_PURPLE, 0.15 + 0.85 * share) for share in own["abstained"]],
        linewidth=0,
    )
    return patches.Patch(color=_PURPLE)


def _draw_gaps(axis: TimeAxis, ax: Any) -> Any:
    """Mark gaps between captures, and say how long they are."""
    lasts, nexts = axis.captures[:-1, 1], axis.captures[1:, 0]
    x0, x1 = axis.x(lasts), axis.x(nexts)
    for begin, end, seconds in zip(x0, x1, nexts - lasts, strict=True):
        drawn = ax.axvspan(begin, end, color="0.93", linewidth=0, zorder=0.5)
        if len(x0) <= _GAPS_IN_WORDS:
            ax.text(
                (begin + end) / 2,
                0.5,
                duration_text(seconds),
                transform=ax.get_xaxis_transform(),
                rotation=90,
                ha="center",
                va="center",
                size=8,
                color="0.35",
            )
    return drawn
