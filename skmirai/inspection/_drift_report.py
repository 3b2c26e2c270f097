"""Figures of a model of the past over later windows of time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from skmirai.inspection._style import COLOURS, given_panels
from skmirai.utils import import_optional

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

#: What is drawn unless ``figures`` says otherwise: those that have a value.
PREFERRED = ("balanced_accuracy", "false_alarm_rate", "domain_auc")

#: Models in the order of the legend, their columns and colours.
_MODELS = {
    "trained once": ("", COLOURS[0]),
    "trained anew": ("_retrained", COLOURS[1]),
}
_SHUFFLED = "shuffled rows, all windows"

#: Windows that would fill less of the axis lie on top of each other: they are numbered.
_FILLED = 0.1


class DriftReportDisplay:
    """Scores of a model of the past over later windows, beside the shuffled figure.

    One panel for each figure, one below the other, over the same time. A window is a
    bar of its length; the points in the middles carry the intervals. Windows with long
    gaps between them are numbered, as in the report's table. Make it with
    :meth:`from_report`, which draws at once.

    Parameters
    ----------
    windows : DataFrame
        A row for each window: ``start`` and ``end``, dates or seconds, and figures, as
        :meth:`skmirai.model_selection.DriftReport.to_frame` returns them. Columns with
        ``_low`` and ``_high`` behind the name of a figure are its interval, one with
        ``_retrained`` is that of a model that is trained anew.
    shuffled : mapping of str to float, default=None
        Figures of a model of shuffled rows, by name.
    figures : str, sequence of str or None, default=None
        Columns to draw. None is balanced accuracy, false alarm rate and the domain
        classifier's AUC, as far as they have values.

    Attributes
    ----------
    ax_ : ndarray of shape (n_figures,), of matplotlib Axes
        Panels in the order of ``figures``.
    figure_ : matplotlib.figure.Figure
        The figure that holds them.
    lines_ : dict of (str, str) to matplotlib.lines.Line2D
        Lines by figure and model: "trained once", "trained anew", "shuffled".

    Raises
    ------
    ValueError
        If there is no window, or no column of a name.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.inspection import DriftReportDisplay
    >>> windows = pd.DataFrame({"start": [0, 60], "end": [59, 119]})
    >>> windows["recall"] = [0.9, 0.7]
    >>> display = DriftReportDisplay(windows, {"recall": 0.95}, figures="recall").plot()
    >>> display.lines_["recall", "trained once"].get_ydata()
    array([0.9, 0.7])
    """

    def __init__(
        self,
        windows: pd.DataFrame,
        shuffled: Any = None,
        *,
        figures: str | Sequence[str] | None = None,
    ) -> None:
        self.windows = windows
        self.shuffled = shuffled
        self.figures = figures

    @classmethod
    def from_report(
        cls,
        report: Any,
        *,
        figures: str | Sequence[str] | None = None,
        ax: Any = None,
        legend: bool = True,
    ) -> Self:
        """Draw what a report found.

        Parameters
        ----------
        report : DriftReport
            What :func:`skmirai.model_selection.drift_report` returns.
        figures : str, sequence of str or None, default=None
            Columns of its ``to_frame()`` to draw, as for the class.
        ax : matplotlib Axes, sequence of them or None, default=None
            Panels to draw on, as for :meth:`plot`.
        legend : bool, default=True
            Say which line is which.

        Returns
        -------
        DriftReportDisplay
            The display, drawn.

        Examples
        --------
        >>> from sklearn.datasets import make_classification
        >>> from sklearn.linear_model import LogisticRegression
        >>> from skmirai.inspection import DriftReportDisplay
        >>> from skmirai.model_selection import drift_report
        >>> X, y = make_classification(600, random_state=0)
        >>> report = drift_report(
        ...     LogisticRegression(), X, y, times=range(600), random_state=0
        ... )
        >>> display = DriftReportDisplay.from_report(report)
        >>> [ax.get_ylabel() for ax in display.ax_]
        ['balanced accuracy', 'false alarm rate', 'domain AUC']
        """
        shuffled = report.overall.loc["shuffled"].to_dict()
        display = cls(report.to_frame(), shuffled, figures=figures)
        return display.plot(ax=ax, legend=legend)

    def plot(self, *, ax: Any = None, legend: bool = True) -> Self:
        """Draw the figures.

        Parameters
        ----------
        ax : matplotlib Axes, sequence of them or None, default=None
            As many panels as figures to draw on; None makes a figure.
        legend : bool, default=True
            Say which line is which: above the panels of a new figure, or in the first
            of the given panels.

        Returns
        -------
        DriftReportDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed; the message names the extra.
        ValueError
            If there is no window, no column of a name, or ``ax`` holds another number
            of panels.
        """
        import_optional("matplotlib", extra="plot", purpose="plots")
        names = _checked(self.windows, self.figures)
        panels, figure = _panels(ax, len(names))
        start, end, label = _spans(self.windows)
        self.lines_: dict[tuple[str, str], Line2D] = {}
        for panel, name in zip(panels, names, strict=True):
            self._draw(panel, name, start, end)
            panel.set_ylabel(name.replace("_", " ").replace("auc", "AUC"))
        panels[-1].set_xlabel(label)
        if label == "time":
            dates = import_optional("matplotlib.dates", extra="plot", purpose="plots")
            locator = dates.AutoDateLocator(maxticks=7)
            panels[-1].xaxis.set_major_locator(locator)
            panels[-1].xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
        self.ax_: np.ndarray = panels
        self.figure_: Figure = panels[0].get_figure()
        if legend:
            drawn = {str(line.get_label()): line for line in self.lines_.values()}
            keys = {"handles": [*drawn.values()], "labels": [*drawn], "frameon": False}
            if figure is None:
                panels[0].legend(**keys)
            else:
                figure.legend(loc="outside upper center", ncols=len(drawn), **keys)
        return self

    def _draw(self, panel: Any, name: str, start: Any, end: Any) -> None:
        """Draw one figure of all models."""
        table, middle = self.windows, start + (end - start) / 2
        for model, (suffix, colour) in _MODELS.items():
            column = f"{name}{suffix}"
            if column not in table or table[column].isna().all():
                continue
            values = table[column].to_numpy(dtype=np.float64)
            panel.hlines(values, start, end, color=colour, linewidth=2.5, alpha=0.5)
            if f"{column}_low" in table:
                ends = table[f"{column}_low"], table[f"{column}_high"]
                panel.vlines(middle, *ends, color=colour, linewidth=1)
            (self.lines_[name, model],) = panel.plot(
                middle,
                values,
                color=colour,
                linewidth=1,
                marker="o" if not suffix else "s",
                markersize=4,
                markerfacecolor=colour if not suffix else "white",
                label=model,
            )
        figure = (self.shuffled or {}).get(name, np.nan)
        if np.isfinite(figure):
            self.lines_[name, "shuffled"] = panel.axhline(
                figure, color="0.35", linestyle="--", linewidth=1.2, label=_SHUFFLED
            )
        panel.margins(y=0.1)


def _checked(windows: pd.DataFrame, figures: Any) -> list[str]:
    """Return the names of what is drawn."""
    if not len(windows):
        raise ValueError("there is no window to draw; give at least one")
    if figures is None:
        found = [n for n in PREFERRED if n in windows and windows[n].notna().any()]
        figures = found or ["accuracy"]
    names = [figures] if isinstance(figures, str) else [*figures]
    lacking = [name for name in ("start", "end", *names) if name not in windows]
    if lacking or not names:
        raise ValueError(
            f"figures={figures!r} must name columns of the windows, which have "
            f"{[*map(str, windows)]}"
            + (f"; there is no {lacking[0]!r}" if lacking else "")
        )
    return names


def _spans(windows: pd.DataFrame) -> tuple[Any, Any, str]:
    """Where windows begin and end, and what the axis says."""
    start, end = windows["start"], windows["end"]
    if len(windows) * (end - start).median() < _FILLED * (end.iloc[-1] - start.iloc[0]):
        number = pd.Series(np.arange(len(windows)), windows.index)
        return number - 0.4, number + 0.4, "window"
    if pd.api.types.is_datetime64_any_dtype(start.dtype):
        return start, end, "time"
    first = start.iloc[0]
    return start - first, end - first, "seconds from the first window on"


def _panels(ax: Any, n_panels: int) -> tuple[np.ndarray, Any]:
    """Return the axes, and the figure if it is a new one."""
    if ax is not None:
        panels = given_panels(
            ax,
            n_panels,
            drawn="figures",
            remedy=f"make them with plt.subplots({n_panels}, 1), or choose by figures",
        )
        return panels, None
    plt = import_optional("matplotlib.pyplot", extra="plot", purpose="plots")
    figure, panels = plt.subplots(
        n_panels,
        1,
        figsize=(8, 0.8 + 2 * n_panels),
        sharex=True,
        layout="constrained",
        squeeze=False,
    )
    for panel in panels[:, 0]:
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(color="0.9", linewidth=0.8)
        panel.set_axisbelow(True)
    return panels[:, 0], figure
