"""The report's pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skmirai.inspection import TrainingHistoryDisplay
from skmirai.utils import import_optional
from skmirai.utils._files import replaced


def _axes(**size: Any) -> tuple[Any, Any]:
    """Make a figure that needs no window and leaves pyplot as it is."""
    import_optional("matplotlib", extra="plot", purpose="plots")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(layout="constrained", **size)
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def _save(figure: Any, path: Path) -> None:
    with replaced(path) as file:
        figure.savefig(file, dpi=110, format=path.suffix[1:])


def plot_histories(histories: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Draw loss and accuracy over the epochs, for one or several trainings."""
    import_optional("matplotlib", extra="plot", purpose="plots")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    runs: Any = dict(histories)
    if len(runs) == 1:
        (runs,) = runs.values()  # one run needs no name
    TrainingHistoryDisplay.from_history(runs, ax=figure.subplots(1, 2))
    _save(figure, path)


def plot_overview(
    measured: Mapping[str, float],
    published: Mapping[str, float],
    naive: float | None,
    path: Path,
) -> None:
    """Draw the test accuracy of every run by its title, the published one beside it."""
    names = list(measured)
    figure, ax = _axes(figsize=(9, 0.34 * len(names) + 1.2))
    places = np.arange(len(names))
    ax.plot(
        [measured[name] for name in names], places, "o", color="#0072B2", label="here"
    )
    shown = [name for name in names if name in published]
    if shown:
        ax.plot(
            [published[name] for name in shown],
            [names.index(name) for name in shown],
            "|",
            markersize=14,
            markeredgewidth=2,
            color="#D55E00",
            label="published",
        )
    if naive is not None:
        ax.axvline(naive, color="0.4", linestyle=":", label="larger class")
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    ax.set_xlabel("accuracy on the test rows")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    _save(figure, path)


def plot_spread(groups: Mapping[str, Sequence[float]], label: str, path: Path) -> None:
    """Draw single values of a few groups as dots, one row for each group."""
    figure, ax = _axes(figsize=(9, 0.7 * len(groups) + 1.1))
    rng = np.random.default_rng(0)  # moves dots apart, nothing else
    for place, values in enumerate(groups.values()):
        heights = place + rng.uniform(-0.18, 0.18, size=len(values))
        ax.plot(values, heights, "o", color="#0072B2", alpha=0.5, markersize=4)
    ax.set_yticks(range(len(groups)), list(groups))
    ax.set_ylim(len(groups) - 0.5, -0.5)
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    ax.set_xlabel(label)
    _save(figure, path)
