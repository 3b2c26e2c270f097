"""A figure that needs no window, and how it is kept."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skmirai.utils import import_optional
from skmirai.utils._files import replaced

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "0.4"

#: Width of all figures, in inches.
WIDTH = 9.0

#: Sharp where a figure is enlarged.
_DPI = 150


def canvas(height: float, title: str = "", **panels: Any) -> tuple[Any, np.ndarray]:
    """Make a figure and its panels, and leave pyplot as it is.

    Parameters
    ----------
    height : float
        In inches.
    title : str, default=""
        The question that the figure answers; empty for none.
    **panels : object
        Arguments of :meth:`matplotlib.figure.Figure.subplots`.

    Returns
    -------
    figure : matplotlib.figure.Figure
        The figure.
    axes : ndarray of shape (n_rows, n_columns)
        Its panels.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    import_optional("matplotlib", extra="plot", purpose="plots")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(squeeze=False, **panels)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(color="0.9", linewidth=0.8)
        ax.set_axisbelow(True)
    if title:
        figure.suptitle(title, fontsize="large")
    return figure, axes


def save(figure: Any, path: Path) -> None:
    """Write a figure, whole or not at all."""
    with replaced(path) as file:
        figure.savefig(file, dpi=_DPI, format=path.suffix[1:])


def with_margin(values: Iterable[float], share: float = 0.06) -> tuple[float, float]:
    """Limits of an axis around some values.

    Parameters
    ----------
    values : iterable of float
        What is to be seen; what is not finite is left out.
    share : float, default=0.06
        Margin on both sides, as a share of the range.

    Returns
    -------
    low, high : float
        The limits; 0 and 1 where there is no value.

    Examples
    --------
    >>> from skmirai.lab._plots.canvas import with_margin
    >>> with_margin([0.5, 0.75, float("nan")], share=0.1)
    (0.475, 0.775)
    """
    found = np.asarray(list(values), dtype=float)
    found = found[np.isfinite(found)]
    if not len(found):
        return 0.0, 1.0
    low, high = float(found.min()), float(found.max())
    margin = share * (high - low) or 0.01 * abs(high) or 0.01
    return low - margin, high + margin


def legend_below(figure: Any, entries: Mapping[str, Any]) -> None:
    """Say below the panels, which keep their height, which line is which.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        It grows by the height of the legend.
    entries : mapping of str to matplotlib artist
        Lines by what they say; set in as many columns as fit.
    """
    for n_columns in range(min(4, len(entries)), 0, -1):
        legend = figure.legend(
            list(entries.values()),
            list(entries),
            loc="outside lower center",
            ncols=n_columns,
            frameon=False,
            fontsize="medium",
        )
        extent = legend.get_window_extent()
        if extent.width <= figure.bbox.width or n_columns == 1:
            figure.set_figheight(figure.get_figheight() + extent.height / figure.dpi)
            return
        legend.remove()
