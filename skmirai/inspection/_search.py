"""How a search went: scores of its trials, and their ways over the rungs."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from skmirai.inspection._style import COLOURS, given_panels, legend_outside, own_figure
from skmirai.inspection._trials import (
    arrays_of,
    check_is_search,
    checked_trials,
    kinds_of,
    name_of_score,
    roles_of,
)
from skmirai.utils import import_optional

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

#: How trials look.
_LOOKS: dict[str, dict[str, Any]] = {
    "finished": {"color": COLOURS[0], "linewidth": 1},
    "defaults": {"color": COLOURS[6], "linewidth": 1.6, "marker": "D"},
    "best": {"color": COLOURS[1], "linewidth": 2.5, "markersize": 7},
    "pruned": {"color": "0.7", "linewidth": 1, "zorder": 1.5},
}

#: More rungs than these do not all get a tick.
_MOST_TICKS = 8


class SearchDisplay:
    """Scores of the trials of a search, and their ways over the rungs.

    One panel has a point for each trial and a line for the best score so far. Where
    trials were judged on the way, a second one has a curve for each of them, which ends
    where it was pruned. Make it with :meth:`from_estimator` or :meth:`from_study`,
    which draw at once.

    Pruned trials are grey, and have the score of as many epochs or folds as they came
    to. The scale is that of the others; those beyond it are triangles at its edge.

    Parameters
    ----------
    numbers : array-like of int of shape (n_trials,)
        Numbers of the trials, in the order in which they began.
    scores : array-like of shape (n_trials,)
        Score of each; NaN is not drawn.
    pruned : array-like of bool of shape (n_trials,) or None, default=None
        Which of them were ended early. They are never the best.
    rungs : array-like of shape (n_rungs,) or None, default=None
        Where trials were judged, such as numbers of epochs.
    rung_scores : array-like of shape (n_trials, n_rungs) or None, default=None
        Scores there; NaN where a trial did not come.
    best : int or None, default=None
        Number of the trial that won. None is the first of the best score.
    defaults : int or None, default=None
        Number of the trial of the estimator as it is, if there is one.
    greater_is_better : bool, default=True
        Whether high scores are good ones.
    score_name : str, default="score"
        What the scores are, for the axis.
    rung_name : str, default="epochs"
        What rungs are numbers of, for the axis.

    Attributes
    ----------
    ax_ : ndarray of shape (n_panels,), of matplotlib Axes
        The panels, that of the scores first.
    figure_ : matplotlib.figure.Figure
        The figure that holds them.
    lines_ : dict of str to matplotlib.lines.Line2D
        Lines of the scores: "best so far", and the points of "finished", "pruned",
        "defaults" and "best" trials, as far as there are any.
    curves_ : dict of int to matplotlib.lines.Line2D
        Curves over the rungs by number of the trial.

    Raises
    ------
    ValueError
        If the arrays do not fit together or hold no trial.

    See Also
    --------
    skmirai.model_selection.MiraiSearchCV : Searches rung by rung.
    TrainingHistoryDisplay : The training of the best estimator, epoch by epoch.

    Examples
    --------
    >>> from skmirai.inspection import SearchDisplay
    >>> display = SearchDisplay(
    ...     numbers=[0, 1, 2],
    ...     scores=[0.80, 0.70, 0.85],
    ...     pruned=[False, True, False],
    ...     rungs=[3, 9],
    ...     rung_scores=[[0.75, 0.80], [0.70, float("nan")], [0.78, 0.85]],
    ...     defaults=0,
    ... ).plot()
    >>> display.lines_["best so far"].get_ydata()
    array([0.8 , 0.8 , 0.85])
    >>> display.curves_[1].get_xdata()
    array([3])
    """

    def __init__(
        self,
        numbers: ArrayLike,
        scores: ArrayLike,
        *,
        pruned: ArrayLike | None = None,
        rungs: ArrayLike | None = None,
        rung_scores: ArrayLike | None = None,
        best: int | None = None,
        defaults: int | None = None,
        greater_is_better: bool = True,
        score_name: str = "score",
        rung_name: str = "epochs",
    ) -> None:
        self.numbers = numbers
        self.scores = scores
        self.pruned = pruned
        self.rungs = rungs
        self.rung_scores = rung_scores
        self.best = best
        self.defaults = defaults
        self.greater_is_better = greater_is_better
        self.score_name = score_name
        self.rung_name = rung_name

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        kind: str | None = None,
        score_name: str | None = None,
        ax: Any = None,
        legend: bool = True,
    ) -> Self:
        """Draw how a search went.

        Parameters
        ----------
        search : MiraiSearchCV
            Fitted; or another search with ``study_`` and ``trials_`` of Optuna.
        kind : {"scores", "rungs", "both"} or None, default=None
            Panels to draw, as for :meth:`plot`.
        score_name : str or None, default=None
            What the scores are, for the axis. None takes what ``scoring`` says.
        ax : matplotlib Axes, sequence of them or None, default=None
            Panels to draw on, as for :meth:`plot`.
        legend : bool, default=True
            Say which trials are which.

        Returns
        -------
        SearchDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the search is not fitted.
        TypeError
            If it is no search on Optuna.

        Examples
        --------
        >>> from sklearn.datasets import make_classification
        >>> from skmirai import MiraiDNNClassifier
        >>> from skmirai.inspection import SearchDisplay
        >>> from skmirai.model_selection import MiraiSearchCV
        >>> X, y = make_classification(200, random_state=0)
        >>> search = MiraiSearchCV(
        ...     MiraiDNNClassifier(epochs=9, random_state=0),
        ...     {"learning_rate": [0.001, 0.01, 0.1]},
        ...     n_trials=3,
        ...     cv=3,
        ...     scoring="roc_auc",
        ...     random_state=0,
        ... ).fit(X, y)
        >>> display = SearchDisplay.from_estimator(search)
        >>> [ax.get_xlabel() for ax in display.ax_], display.ax_[0].get_ylabel()
        (['trial', 'epochs'], 'ROC AUC')
        """
        check_is_search(search)
        chosen = getattr(search, "best_index_", None)
        display = cls(
            **arrays_of(search.study_, search.trials_),
            best=None if chosen is None else search.trials_[chosen].number,
            score_name=score_name or name_of_score(search),
            rung_name="epochs" if getattr(search, "rungs_", None) else "folds",
        )
        return display.plot(kind=kind, ax=ax, legend=legend)

    @classmethod
    def from_study(
        cls,
        study: Any,
        *,
        kind: str | None = None,
        score_name: str = "score",
        rung_name: str = "step",
        ax: Any = None,
        legend: bool = True,
    ) -> Self:
        """Draw a study of Optuna as it stands, while it goes on too.

        Parameters
        ----------
        study : optuna.Study
            One of a single objective. Trials without a value are left out.
        kind : {"scores", "rungs", "both"} or None, default=None
            Panels to draw, as for :meth:`plot`.
        score_name : str, default="score"
            What the values of the trials are, for the axis.
        rung_name : str, default="step"
            What the steps of their reports are numbers of, for the axis.
        ax : matplotlib Axes, sequence of them or None, default=None
            Panels to draw on, as for :meth:`plot`.
        legend : bool, default=True
            Say which trials are which.

        Returns
        -------
        SearchDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If it has several objectives, or no trial with a value.

        Examples
        --------
        >>> import optuna
        >>> from skmirai.inspection import SearchDisplay
        >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
        >>> study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        >>> study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=4)
        >>> display = SearchDisplay.from_study(study, score_name="x")
        >>> float(display.lines_["best so far"].get_ydata()[-1]) == study.best_value
        True
        """
        if len(study.directions) > 1:
            raise ValueError(
                f"the study {study.study_name!r} has {len(study.directions)} "
                f"objectives, and no best trial; give numbers and scores of one of "
                f"them to SearchDisplay"
            )
        display = cls(
            **arrays_of(study, study.get_trials(deepcopy=False)),
            score_name=score_name,
            rung_name=rung_name,
        )
        return display.plot(kind=kind, ax=ax, legend=legend)

    def plot(
        self, *, kind: str | None = None, ax: Any = None, legend: bool = True
    ) -> Self:
        """Draw the trials.

        Parameters
        ----------
        kind : {"scores", "rungs", "both"} or None, default=None
            Scores of the trials by number, their curves over the rungs, or one beside
            the other. None is "both" if a trial came to a second rung, else "scores".
        ax : matplotlib Axes, sequence of them or None, default=None
            One panel to draw on, or two for "both"; None makes a figure.
        legend : bool, default=True
            Say which trials are which: above the panels of a new figure, or in the last
            of the given panels.

        Returns
        -------
        SearchDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed; the message names the extra.
        ValueError
            If the arrays do not fit, as for the class, there are no rungs to draw, or
            ``ax`` holds another number of panels.
        """
        import_optional("matplotlib", extra="plot", purpose="plots")
        trials, curves = checked_trials(
            self.numbers, self.scores, self.pruned, self.rungs, self.rung_scores
        )
        roles = roles_of(
            trials, self.defaults, self.best, greater_is_better=self.greater_is_better
        )
        kinds = kinds_of(kind, curves)
        panels, figure = _panels(ax, len(kinds))
        self.lines_: dict[str, Line2D] = {}
        self.curves_: dict[int, Line2D] = {}
        for panel, drawn in zip(panels, kinds, strict=True):
            if drawn == "scores":
                self._draw_scores(panel, trials, roles)
            else:
                self._draw_curves(panel, curves, roles)
            panel.set_ylabel(self.score_name)
        self.ax_: np.ndarray = panels
        self.figure_: Figure = panels[0].get_figure()
        if legend:
            self._add_legend(figure)
        return self

    def _draw_scores(self, panel: Any, trials: pd.DataFrame, roles: pd.Series) -> None:
        """Draw a point for each trial, and the best score so far as a step line."""
        finished = trials["score"].mask(trials["pruned"])
        so_far = finished.cummax() if self.greater_is_better else finished.cummin()
        (self.lines_["best so far"],) = panel.step(
            so_far.index,
            so_far.ffill(),
            where="post",
            color=_LOOKS["best"]["color"],
            linewidth=1.6,
            label="best so far",
        )
        for role in _LOOKS:
            part = trials["score"][roles == role].dropna()
            if len(part):
                look = self._look(role, part.index[0]) | {"linestyle": "none"}
                self.lines_[role] = _draw(panel, part, look)
        panel.set_xlabel("trial")
        _whole_numbers(panel)

    def _draw_curves(self, panel: Any, curves: pd.DataFrame, roles: pd.Series) -> None:
        """Draw the way of each trial over the rungs."""
        for role in _LOOKS:
            for number in roles.index[roles == role]:
                way = curves.loc[number].dropna()
                if len(way):
                    look = self._look(role, number)
                    self.curves_[number] = _draw(panel, way, look)
        panel.set_xlabel(self.rung_name)
        if curves.shape[1] <= _MOST_TICKS:
            panel.set_xticks(curves.columns)
        else:
            _whole_numbers(panel)

    def _look(self, role: str, number: int) -> dict[str, Any]:
        label = role if role != "best" else f"best, trial {number}"
        if role == "best" and number == self.defaults:
            label = "best, the defaults"
        return {"marker": "o", "markersize": 4, "label": label} | _LOOKS[role]

    def _add_legend(self, figure: Any) -> None:
        lines = [*self.lines_.values(), *self.curves_.values()]
        drawn = {str(line.get_label()): line for line in lines}
        keys = {"handles": [*drawn.values()], "labels": [*drawn], "frameon": False}
        if figure is None:
            self.ax_[-1].legend(**keys)
        else:
            legend_outside(figure, "outside upper center", keys)


def _panels(ax: Any, n_panels: int) -> tuple[np.ndarray, Any]:
    """Return the axes, and the figure if it is a new one."""
    if ax is None:
        figure, panels = own_figure(n_panels)
        figure.set_size_inches(9 if n_panels > 1 else 6.4, 3.5)
        return panels, figure
    remedy = f"make them with plt.subplots(1, {n_panels}), or choose by kind"
    return given_panels(ax, n_panels, drawn="panels", remedy=remedy), None


def _draw(panel: Any, scores: pd.Series, look: dict[str, Any]) -> "Line2D":
    """Draw scores; those of pruned trials leave the scale as it is."""
    if look["label"] != "pruned" or not panel.lines:
        return panel.plot(scores.index, scores, **look)[0]
    low, high = panel.get_ylim()
    (line,) = panel.plot(scores.index, scores, scaley=False, **look)
    for beyond, edge, marker in ((scores < low, 0, "v"), (scores > high, 1, "^")):
        if beyond.any():
            panel.plot(
                scores.index[beyond],
                np.full(beyond.sum(), edge),
                marker,
                color=look["color"],
                markersize=4,
                scaley=False,
                transform=panel.get_xaxis_transform(),
                clip_on=False,
            )
    return line


def _whole_numbers(panel: Any) -> None:
    ticker = import_optional("matplotlib.ticker", extra="plot", purpose="plots")
    panel.xaxis.set_major_locator(
        ticker.MaxNLocator("auto", integer=True, min_n_ticks=1)
    )
