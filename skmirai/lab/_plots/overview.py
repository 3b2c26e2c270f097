"""The test accuracy of every run, over seeds, beside the published one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skmirai.lab._plots.canvas import (
    BLUE,
    GREY,
    ORANGE,
    canvas,
    legend_below,
    save,
)


def overview_figure(
    measured: Mapping[str, Sequence[float]],
    published: Mapping[str, float],
    naive: float | None,
) -> Any:
    """Draw the test accuracy of every run by its title.

    Parameters
    ----------
    measured : mapping of str to sequence of float
        Accuracies of the seeds of each run. Several are drawn as dots, their mean
        with a bar of one standard deviation (divided by n - 1) to both sides.
    published : mapping of str to float
        Published accuracies by the titles of their runs, of none to all of them.
    naive : float or None
        Accuracy on the same rows of a classifier that always names the class that
        is larger among the training rows; None where it is not known.

    Returns
    -------
    matplotlib.figure.Figure
        One panel, the first run on top.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    names = list(measured)
    title = "Which changes help, beyond what the seeds do?"
    figure, axes = canvas(0.36 * len(names) + 1.2, title)
    ax, entries = axes[0, 0], {}
    several = {name: values for name, values in measured.items() if len(values) > 1}
    if naive is not None:
        line = ax.axvline(naive, color=GREY, linestyle=":")
        entries["always the larger class, on the test rows"] = line
    for name, values in several.items():
        places = np.full(len(values), names.index(name))
        (dots,) = ax.plot(values, places, "o", color=BLUE, markersize=3, alpha=0.4)
        entries["one seed"] = dots
    (points,) = ax.plot(
        [np.mean(values) for values in measured.values()],
        range(len(names)),
        "o",
        color=BLUE,
    )
    entries["here, mean over the seeds" if several else "here"] = points
    if several:
        entries["± standard deviation over the seeds"] = ax.errorbar(
            [np.mean(values) for values in several.values()],
            [names.index(name) for name in several],
            xerr=[np.std(values, ddof=1) for values in several.values()],
            fmt="none",
            color=BLUE,
            capsize=3,
        )
    known = [name for name in names if name in published]
    if known:
        (marks,) = ax.plot(
            [published[name] for name in known],
            [names.index(name) for name in known],
            "|",
            markersize=14,
            markeredgewidth=2,
            color=ORANGE,
        )
        entries["published, one training"] = marks
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    ax.set_xlim(right=min(ax.get_xlim()[1], 1.01))  # where a bar is longer
    ax.set_xlabel("accuracy on the test rows, share of the rows")
    legend_below(figure, entries)
    return figure


def plot_overview(
    measured: Mapping[str, Sequence[float]],
    published: Mapping[str, float],
    naive: float | None,
    path: Path,
) -> None:
    """Write the figure of :func:`overview_figure` to a file."""
    save(overview_figure(measured, published, naive), path)
