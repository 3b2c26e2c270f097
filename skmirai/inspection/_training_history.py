"""Curves of loss and metric over the epochs of training."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skmirai.inspection._history import (
    checked_metrics,
    checked_runs,
    history_of,
    known,
    named_runs,
)
from skmirai.inspection._style import (
    Key,
    add_legends,
    colours_of,
    given_panels,
    isolated_points,
    line_style,
    own_figure,
)
from skmirai.utils import import_optional

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D


class TrainingHistoryDisplay:
    """Loss and metric over the epochs of training, of one run or of several.

    One panel for each quantity: training rows solid, validation rows dashed. Several
    runs share the panels, one colour for each. Make it with :meth:`from_estimator` or
    :meth:`from_history`, which draw at once.

    Parameters
    ----------
    histories : list of mapping of str to array-like of shape (n_epochs,)
        One history for each run: values at the end of each epoch, with ``val_`` in
        front of the names of those on validation rows. NaN leaves a gap.
    names : list of str or None, default=None
        Names of the runs. They are needed for more than one.
    metrics : str, sequence of str or None, default=None
        Quantities to draw, without ``val_``. None means the loss, and beside it the
        accuracy, the mean absolute error or else the first quantity of the histories
        that is no loss or learning rate.

    Attributes
    ----------
    ax_ : ndarray of shape (n_metrics,), of matplotlib Axes
        Panels in the order of ``metrics``.
    figure_ : matplotlib.figure.Figure
        The figure that holds them.
    lines_ : list of dict of str to matplotlib.lines.Line2D
        Lines of each run under the names they have in its history, such as
        ``lines_[0]["val_loss"]``. Quantities without a finite value have none.

    Raises
    ------
    ValueError
        If a history is empty, its quantities differ in length or are no list of
        numbers, a quantity of ``metrics`` is missing, or the names do not fit.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Score against number of rows.

    Examples
    --------
    >>> from skmirai.inspection import TrainingHistoryDisplay
    >>> history = {"loss": [0.7, 0.5, 0.4], "val_loss": [0.6, 0.5, 0.5]}
    >>> display = TrainingHistoryDisplay([history]).plot()
    >>> display.lines_[0]["val_loss"].get_ydata()
    array([0.6, 0.5, 0.5])
    """

    def __init__(
        self,
        histories: Sequence[Mapping[str, Any]],
        *,
        names: Sequence[str] | None = None,
        metrics: str | Sequence[str] | None = None,
    ) -> None:
        self.histories = histories
        self.names = names
        self.metrics = metrics

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        metrics: str | Sequence[str] | None = None,
        ax: Any = None,
        loss_scale: str = "linear",
        legend: bool = True,
    ) -> Self:
        """Draw how one fitted estimator, or each of several, was trained.

        Parameters
        ----------
        estimator : estimator or mapping of str to estimator
            Fitted, with ``history_``; or a pipeline whose last step has one; or a
            search, of which the best estimator is drawn. A mapping names several.
        metrics : str, sequence of str or None, default=None
            Quantities to draw, as for the class.
        ax : matplotlib Axes, sequence of them or None, default=None
            Panels to draw on, as for :meth:`plot`.
        loss_scale : {"linear", "log"}, default="linear"
            Scale of the axis of the loss.
        legend : bool, default=True
            Say which line is which.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If an estimator is not fitted.
        TypeError
            If an estimator keeps no history of its training.

        Examples
        --------
        >>> from sklearn.datasets import make_classification
        >>> from skmirai import MiraiDNNClassifier
        >>> from skmirai.inspection import TrainingHistoryDisplay
        >>> X, y = make_classification(random_state=0)
        >>> clf = MiraiDNNClassifier(epochs=3, validation_fraction=0.3).fit(X, y)
        >>> display = TrainingHistoryDisplay.from_estimator(clf)
        >>> [ax.get_ylabel() for ax in display.ax_]
        ['loss', 'accuracy']
        """
        return cls._of_runs(
            estimator if isinstance(estimator, Mapping) else {"": estimator},
            metrics,
            {"ax": ax, "loss_scale": loss_scale, "legend": legend},
        )

    @classmethod
    def from_history(
        cls,
        history: Any,
        *,
        metrics: str | Sequence[str] | None = None,
        ax: Any = None,
        loss_scale: str = "linear",
        legend: bool = True,
    ) -> Self:
        """Draw the history of one run of training, or those of several.

        Parameters
        ----------
        history : mapping, keras.callbacks.History, estimator, or mapping of str to them
            Values of each epoch by name; what Keras's ``fit`` returns; or a fitted
            estimator. A mapping of these by name draws several runs.
        metrics : str, sequence of str or None, default=None
            Quantities to draw, as for the class.
        ax : matplotlib Axes, sequence of them or None, default=None
            Panels to draw on, as for :meth:`plot`.
        loss_scale : {"linear", "log"}, default="linear"
            Scale of the axis of the loss.
        legend : bool, default=True
            Say which line is which.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If an estimator is not fitted.
        TypeError
            If something holds no history.

        Examples
        --------
        >>> from skmirai.inspection import TrainingHistoryDisplay
        >>> runs = {
        ...     "rate 0.01": {"loss": [0.7, 0.4], "accuracy": [0.6, 0.8]},
        ...     "rate 0.001": {"loss": [0.7, 0.6], "accuracy": [0.5, 0.7]},
        ... }
        >>> display = TrainingHistoryDisplay.from_history(runs, loss_scale="log")
        >>> len(display.lines_)
        2
        """
        return cls._of_runs(
            named_runs(history),
            metrics,
            {"ax": ax, "loss_scale": loss_scale, "legend": legend},
        )

    @classmethod
    def _of_runs(
        cls, runs: Mapping[Any, Any], metrics: Any, drawing: dict[str, Any]
    ) -> Self:
        display = cls(
            [history_of(run) for run in runs.values()],
            names=None if list(runs) == [""] else [str(name) for name in runs],
            metrics=metrics,
        )
        return display.plot(**drawing)

    def plot(
        self, *, ax: Any = None, loss_scale: str = "linear", legend: bool = True
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, sequence of them or None, default=None
            As many panels as ``metrics`` to draw on; None makes a figure.
        loss_scale : {"linear", "log"}, default="linear"
            Scale of the axis of the loss.
        legend : bool, default=True
            Say which line is which: below the panels of a new figure, or in the last
            of the given panels.

        Returns
        -------
        TrainingHistoryDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed; the message names the extra.
        ValueError
            If the histories do not fit, as for the class, or ``ax`` holds another
            number of panels.
        """
        import_optional("matplotlib", extra="plot", purpose="plots")
        if loss_scale not in ("linear", "log"):
            raise ValueError(f"loss_scale={loss_scale!r} must be 'linear' or 'log'")
        names, runs = checked_runs(self.histories, self.names)
        metrics = checked_metrics(self.metrics, runs)
        panels, layout = _panels(ax, len(metrics))

        colours = colours_of(len(runs))
        # a single run has one colour for each kind of rows
        colours_val = colours if names else colours_of(2)[1:]
        self.lines_: list[dict[str, Line2D]] = [{} for _ in runs]
        for panel, metric in zip(panels, metrics, strict=True):
            for run, lines, *colour in zip(
                runs, self.lines_, colours, colours_val, strict=True
            ):
                for key, c in zip((metric, f"val_{metric}"), colour, strict=True):
                    if known(run, key):
                        lines[key] = _draw(panel, run[key], c, validation=key != metric)
            _label(panel, metric)
            if metric == "loss" and loss_scale == "log":
                _scale_logarithmically(panel)

        self.ax_: np.ndarray = panels
        self.figure_: Figure = panels[0].get_figure()
        if legend:
            self._add_legends(names, colours, layout)
        return self

    def _add_legends(
        self, names: list[str] | None, colours: list[str], figure: Any
    ) -> None:
        drawn = {key: line for lines in self.lines_ for key, line in lines.items()}
        validated = any(key.startswith("val_") for key in drawn)
        marked = any(
            line.get_markevery() for lines in self.lines_ for line in lines.values()
        )
        if names is None:
            runs, colour, colour_val = [], *colours_of(2)
        else:
            runs = [Key(*run) for run in zip(names, colours, strict=True)]
            colour = colour_val = "0.35"
        kinds = [Key("training", colour), Key("validation", colour_val, True)]
        if not validated:
            kinds = [] if runs else kinds[:1]
        add_legends(runs, kinds, self.ax_[-1], figure, marked=marked)


def _panels(ax: Any, n_panels: int) -> tuple[np.ndarray, Any]:
    """Return the axes, and the figure if it is a new one."""
    if ax is None:
        figure, panels = own_figure(n_panels)
        return panels, figure
    panels = given_panels(
        ax,
        n_panels,
        drawn="quantities",
        remedy=f"make them with plt.subplots(1, {n_panels}), or choose quantities by "
        f"metrics",
    )
    return panels, None


def _draw(panel: Any, values: np.ndarray, colour: str, *, validation: bool) -> "Line2D":
    """Draw one quantity of one run; a lone value gets a marker."""
    (line,) = panel.plot(
        np.arange(1, len(values) + 1),
        values,
        color=colour,
        markevery=isolated_points(values),
        **line_style(len(values), validation=validation),
    )
    return line


def _label(panel: Any, metric: str) -> None:
    ticker = import_optional("matplotlib.ticker", extra="plot", purpose="plots")
    panel.set(xlabel="epoch", ylabel=metric.replace("_", " "))
    panel.xaxis.set_major_locator(
        ticker.MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10], min_n_ticks=1)
    )
    last = panel.dataLim.x1  # of lines that were there before, too
    panel.set_xlim(0.5, last + max(0.5, 0.01 * last))  # there is no epoch 0


def _scale_logarithmically(panel: Any) -> None:
    """Scale the axis by the logarithm, with ticks such as 0.1, 0.2 and 0.5."""
    ticker = import_optional("matplotlib.ticker", extra="plot", purpose="plots")
    panel.set_yscale("log")
    low, high = panel.get_ylim()
    subs = (1, 2, 5) if high < 100 * low else (1,)
    panel.yaxis.set_major_locator(ticker.LogLocator(subs=subs))
    panel.yaxis.set_major_formatter(ticker.FuncFormatter("{:g}".format))
    panel.yaxis.set_minor_formatter(ticker.NullFormatter())
