"""How busy and how full the machine is while networks are trained."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skmirai.lab._plots.canvas import BLUE, GREY, ORANGE, canvas, save

#: What is drawn of a load: label, name in its series, factor to the unit, colour.
_CURVES = (
    ("processors\nbusy", "processors", 1.0, BLUE),
    ("memory,\nMiB", "memory", 2**-20, BLUE),
    ("graphics card\nbusy, %", "busy 0", 1.0, ORANGE),
    ("its memory,\nMiB", "used memory 0", 2**-20, ORANGE),
)


def load_figure(loads: Mapping[str, Mapping[str, Any]]) -> Any:
    """Draw load and memory over the seconds of some trainings.

    Parameters
    ----------
    loads : mapping of str to mapping
        What was seen, by the names of the trainings. "series" holds lists of equal
        lengths: "seconds" since the beginning; "processors" that the process kept
        busy; its "memory" in bytes; and where a graphics card is seen "busy 0", its
        load in percent, and "used memory 0" in bytes. A None leaves a gap. "since",
        where it is there and not 0: the second at which the first epoch ended.

    Returns
    -------
    matplotlib.figure.Figure
        A column for each training; a row, with one scale from 0 on, for each quantity
        that any of them tells.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    series = {name: load["series"] for name, load in loads.items()}
    curves = [
        curve
        for curve in _CURVES
        if any(np.isfinite(_values(run, curve[1])).any() for run in series.values())
    ]
    figure, axes = canvas(
        1.35 * len(curves) + 0.9,
        "How busy and how full is the machine while it trains?",
        nrows=len(curves),
        ncols=len(loads),
        sharex="col",
        sharey="row",
    )
    for column, name in zip(axes.T, loads, strict=True):
        column[0].set_title(name, fontsize="medium")
        column[-1].set_xlabel("seconds since the beginning")
        column[-1].set_xlim(0, max(series[name]["seconds"]))
    for row, (label, key, factor, colour) in zip(axes, curves, strict=True):
        row[0].set_ylabel(label)
        top = 0.0
        for ax, (name, run) in zip(row, series.items(), strict=True):
            values = factor * _values(run, key)
            ax.plot(run["seconds"], values, color=colour, linewidth=1.4)
            ax.fill_between(
                run["seconds"], values, color=colour, alpha=0.15, linewidth=0
            )
            if loads[name].get("since"):
                ax.axvline(loads[name]["since"], color=GREY, linestyle=":")
            top = max([top, *values[np.isfinite(values)]])
        row[0].set_ylim(0, 105 if key == "busy 0" else 1.08 * top or 1)
    figure.align_ylabels(axes[:, 0])
    return figure


def _values(series: Mapping[str, Sequence[float | None]], key: str) -> np.ndarray:
    """Values of a series; NaN where nothing was told."""
    missing = [None] * len(series["seconds"])
    return np.array(series.get(key, missing), dtype=float)


def plot_load(loads: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Write the figure of :func:`load_figure` to a file."""
    save(load_figure(loads), path)
