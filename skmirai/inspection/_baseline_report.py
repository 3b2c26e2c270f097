"""Scores of an estimator and of baselines, under a random split and an honest one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from skmirai.inspection._style import COLOURS, own_figure
from skmirai.utils import import_optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class BaselineReportDisplay:
    """Scores of models under two splits, and the gap between them.

    A line for each model: its score on the honest split with the interval, the score
    on the random split, and a grey bar for what lies between. Make it with
    :meth:`from_report`, which draws at once.

    Parameters
    ----------
    names : sequence of str of length n_models
        Names of the models, the estimator first.
    random, honest : array-like of shape (n_models,)
        Scores on the two splits; NaN is not drawn.
    low, high : array-like of shape (n_models,) or None, default=None
        Ends of the intervals on the honest split.
    score_name : str, default="balanced accuracy"
        What the scores are, for the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The panel.
    figure_ : matplotlib.figure.Figure
        The figure that holds it.

    Raises
    ------
    ValueError
        If there is not one value for each name.

    See Also
    --------
    skmirai.model_selection.baseline_report : Makes the report.

    Examples
    --------
    >>> from skmirai.inspection import BaselineReportDisplay
    >>> display = BaselineReportDisplay(
    ...     ["network", "boosted trees"], random=[0.99, 0.98], honest=[0.91, 0.93]
    ... ).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['network', 'boosted trees']
    """

    def __init__(
        self,
        names: Sequence[str],
        random: ArrayLike,
        honest: ArrayLike,
        *,
        low: ArrayLike | None = None,
        high: ArrayLike | None = None,
        score_name: str = "balanced accuracy",
    ) -> None:
        self.names = names
        self.random = random
        self.honest = honest
        self.low = low
        self.high = high
        self.score_name = score_name

    @classmethod
    def from_report(
        cls, report: Any, *, score: str = "balanced_accuracy", ax: Any = None
    ) -> Self:
        """Draw a report.

        Parameters
        ----------
        report : BaselineReport
            What :func:`~skmirai.model_selection.baseline_report` returns.
        score : str, default="balanced_accuracy"
            Column of its ``to_frame()``: "accuracy", "roc_auc", "log_loss",
            "false_alarm_rate", "detection_rate", which have intervals, or
            "fit_seconds".
        ax : matplotlib Axes or None, default=None
            Panel to draw on; None makes a figure.

        Returns
        -------
        BaselineReportDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the report has no such figure.
        """
        table = report.to_frame()
        known = table.select_dtypes("float").columns
        if score not in known:
            raise ValueError(f"score={score!r} must be one of {known.tolist()}")
        honest = table.xs("honest", level="split")
        ends = {
            end: honest[f"{score}_{end}"]
            for end in ("low", "high")
            if f"{score}_{end}" in known
        }
        display = cls(
            honest.index.tolist(),
            table.xs("random", level="split")[score],
            honest[score],
            score_name=score.replace("_", " ").replace("roc auc", "ROC AUC"),
            **ends,
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Panel to draw on; None makes a figure.

        Returns
        -------
        BaselineReportDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed; the message names the extra.
        ValueError
            If there is not one value for each name.
        """
        import_optional("matplotlib", extra="plot", purpose="plots")
        names = [str(name) for name in self.names]
        random, honest = (self._values(name) for name in ("random", "honest"))
        figure = None
        if ax is None:
            figure, (ax,) = own_figure(1)
            figure.set_size_inches(6.4, 1.2 + 0.4 * len(names))
            ax.grid(visible=False, axis="y")
        places = np.arange(len(names))
        ax.hlines(places, random, honest, color="0.8", lw=6, zorder=1, label="gap")
        for values, label, look in (
            (random, "random split", {"color": COLOURS[1], "marker": "D"}),
            (honest, "honest split", {"color": COLOURS[0], "marker": "o"}),
        ):
            ax.plot(values, places, linestyle="none", label=label, zorder=3, **look)
        if self.low is not None and self.high is not None:
            ends = self._values("low"), self._values("high")
            ax.hlines(places, *ends, color=COLOURS[0], label="its interval", zorder=2)
        ax.set(xlabel=self.score_name, yticks=places, yticklabels=names)
        ax.set_ylim(len(names) - 0.5, -0.5)
        if figure is None:
            ax.legend(frameon=False)
        else:
            figure.legend(loc="outside upper center", ncols=4, frameon=False)
        self.ax_: Axes = ax
        self.figure_: Figure = ax.get_figure()
        return self

    def _values(self, name: str) -> np.ndarray:
        values = np.asarray(getattr(self, name), dtype=np.float64)
        if values.shape != (len(self.names),):
            raise ValueError(
                f"{name} has the shape {values.shape}, but there are "
                f"{len(self.names)} names: give one value for each"
            )
        return values
