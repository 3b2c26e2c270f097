"""How busy the machine is while a network is trained."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skmirai.lab._plots._canvas import BLUE, ORANGE, canvas, save


def load_figure(series: Mapping[str, Any], title: str = "") -> Any:
    """Draw load and memory over the seconds of a training.

    Parameters
    ----------
    series : mapping of str to list of float
        "seconds" since the training began; at each of them "processor", processors
        that the process kept busy; "memory_mib", memory of the process in MiB; "gpu",
        load of the graphics card in percent, and "gpu_memory_mib", its memory in MiB,
        both None or absent where no card is seen. A single None leaves a gap.
    title : str, default=""
        The question that the figure answers; empty for none.

    Returns
    -------
    matplotlib.figure.Figure
        One row of panels for processor and card, load on the left, memory on the
        right; all begin at 0.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    rows = [("process", BLUE, "processor", "processors busy", "memory_mib")]
    if series.get("gpu") is not None:
        rows.append(("graphics card", ORANGE, "gpu", "load, %", "gpu_memory_mib"))
    figure, axes = canvas(
        1.9 * len(rows) + (0.4 if title else 0),
        title,
        nrows=len(rows),
        ncols=2,
        sharex=True,
    )
    for panels, (who, colour, load, unit, memory) in zip(axes, rows, strict=True):
        for ax, key, label in zip(
            panels, (load, memory), (unit, "memory, MiB"), strict=True
        ):
            if series.get(key) is not None:
                values = np.asarray(series[key], dtype=float)  # None leaves a gap
                ax.plot(series["seconds"], values, color=colour, linewidth=1.4)
                ax.fill_between(
                    series["seconds"], values, color=colour, alpha=0.15, linewidth=0
                )
            ax.set_ylabel(label)
            ax.set_title(who, fontsize="medium", loc="left")
            ax.set_ylim(bottom=0)
        if load == "gpu":
            panels[0].set_ylim(0, 105)
    for ax in axes[-1]:
        ax.set_xlabel("seconds since the training began")
    return figure


def plot_load(series: Mapping[str, Any], path: Path, *, title: str = "") -> None:
    """Write the figure of :func:`load_figure` to a file."""
    save(load_figure(series, title), path)
