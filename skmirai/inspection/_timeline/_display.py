"""Scores of attacks over the time of a capture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from skmirai.inspection._alarms import (
    abstention_of,
    attack_score,
    benign_of,
    check_length,
    checked_labels,
    checked_scores,
    chosen_threshold,
    classes_of,
)
from skmirai.inspection._timeline._bins import (
    binned_scores,
    checked_quantiles,
    episodes,
)
from skmirai.inspection._timeline._steps import draw_timeline
from skmirai.utils import import_optional
from skmirai.utils._seconds import in_seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import StepPatch


class ScoreTimelineDisplay:
    """Attack score over the time of a capture, with true attacks and doubt beside it.

    Time is parted into bins. For each of them there are the median, a band between two
    quantiles, and the maximum, so that a single alarm among many packets is seen, and
    millions of packets make a picture of a few hundred steps. Stretches with true
    attacks are shaded, bins with rows without an answer marked at the bottom, and gaps
    between captures left empty; where gaps fill more than half of the time, they are
    drawn shorter than they are. Make it with :meth:`from_estimator` or
    :meth:`from_predictions`, which draw at once.

    Parameters
    ----------
    bins : DataFrame
        A row for each bin, in order: ``start`` and ``end``, dates or seconds;
        ``n_rows``; ``low``, ``median``, ``high`` and ``maximum`` of the scores, NaN
        without a row; ``abstained``, the share of its rows without an answer. Where a
        bin begins later than the one before ends, there is a gap between captures.
    attacks : DataFrame or None, default=None
        A row for each stretch with attacks: ``start`` and ``end``.
    threshold : float or None, default=None
        Score from which on a row raises an alarm.
    score_name : str, default="attack score"
        What the scores are, for the axis.
    quantiles : pair of float, default=(0.05, 0.95)
        What ``low`` and ``high`` are, for the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The panel.
    figure_ : matplotlib.figure.Figure
        The figure that holds it.
    band_, median_, maximum_ : matplotlib.patches.StepPatch
        The scores.

    See Also
    --------
    DetectionRateDisplay : Alarms among each kind of traffic.
    DriftReportDisplay : Figures of a model over later windows.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.inspection import ScoreTimelineDisplay
    >>> seconds = np.arange(100)
    >>> score = np.where(seconds < 60, 0.1, 0.8)
    >>> display = ScoreTimelineDisplay.from_predictions(
    ...     score, seconds, seconds >= 60, threshold=0.5, n_bins=4
    ... )
    >>> display.bins[["start", "n_rows", "median", "maximum"]]
       start  n_rows  median  maximum
    0   0.00      25     0.1      0.1
    1  24.75      25     0.1      0.1
    2  49.50      25     0.8      0.8
    3  74.25      25     0.8      0.8
    """

    def __init__(
        self,
        bins: pd.DataFrame,
        *,
        attacks: pd.DataFrame | None = None,
        threshold: float | None = None,
        score_name: str = "attack score",
        quantiles: Sequence[float] = (0.05, 0.95),
    ) -> None:
        self.bins = bins
        self.attacks = attacks
        self.threshold = threshold
        self.score_name = score_name
        self.quantiles = quantiles

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        times: Any,
        y: ArrayLike | None = None,
        *,
        threshold: float | None = None,
        max_false_alarm_rate: float | None = None,
        abstained: ArrayLike | None = None,
        benign: Any = None,
        n_bins: int | str = "auto",
        gap: float | str | None = "auto",
        quantiles: Sequence[float] = (0.05, 0.95),
        ax: Any = None,
    ) -> Self:
        """Score rows and draw the scores over their times.

        Parameters
        ----------
        estimator : classifier
            Fitted. The score is the probability of all classes but the benign one, or
            the value of a ``decision_function`` of two classes.
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows, in any order.
        times : array-like of shape (n_samples,)
            Their seconds or dates.
        y : array-like of shape (n_samples,) or None, default=None
            Their true labels, for shades and a budget; labels that the classifier does
            not know are attacks.
        threshold : float or None, default=None
            Score from which on a row raises an alarm, for a line.
        max_false_alarm_rate : float or None, default=None
            Share of the benign rows of ``y`` that may raise an alarm, in [0, 1), in
            place of a threshold.
        abstained : array-like of bool of shape (n_samples,) or None, default=None
            Rows to mark as doubtful, such as ``~uncertainty.select(coverage=0.9)``.
            None marks those that an
            :class:`~skmirai.uncertainty.AbstainingClassifier` does not answer.
        benign : label or None, default=None
            The class of rows that are no attack. None takes the class called "benign"
            or "normal", in whatever letters, else the first of two.
        n_bins : int or "auto", default="auto"
            Bins of all captures together. "auto" is 240, or a fifth of the rows where
            that is less.
        gap : float, "auto" or None, default="auto"
            Captures are parted by pauses of more than so many seconds. "auto" finds
            pauses that stand out among all others; None parts nothing.
        quantiles : pair of float, default=(0.05, 0.95)
            Ends of the band.
        ax : matplotlib Axes or None, default=None
            Panel to draw on; None makes a figure.

        Returns
        -------
        ScoreTimelineDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If the estimator is not fitted, or has no scores.
        ValueError
            If rows do not fit together, a time or score is NaN, a parameter is out of
            range, or it is not known which class is benign.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.linear_model import LogisticRegression
        >>> from skmirai.inspection import ScoreTimelineDisplay
        >>> X = np.r_[np.zeros(50), np.ones(50)][:, np.newaxis]
        >>> y = np.where(X[:, 0] == 1, "attack", "benign")
        >>> clf = LogisticRegression().fit(X, y)
        >>> times = np.datetime64("2025-01-01T00:00:00") + np.arange(100)
        >>> display = ScoreTimelineDisplay.from_estimator(clf, X, times, y)
        >>> display.attacks
                        start                 end
        0 2025-01-01 00:00:50 2025-01-01 00:01:39
        """
        benign = benign_of(classes_of(estimator), benign)
        score, score_name = attack_score(estimator, X, benign)
        label = abstention_of(estimator)
        if abstained is None and label is not None:
            abstained = np.asarray(estimator.predict(X)) == label
        attack = None
        if y is not None:
            attack = check_length("y", checked_labels(y, "y"), len(score)) != benign
        return cls._drawn(
            score,
            times,
            attack,
            threshold=threshold,
            max_false_alarm_rate=max_false_alarm_rate,
            abstained=abstained,
            score_name=score_name,
            n_bins=n_bins,
            gap=gap,
            quantiles=quantiles,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        y_score: ArrayLike,
        times: Any,
        y_true: ArrayLike | None = None,
        *,
        threshold: float | None = None,
        max_false_alarm_rate: float | None = None,
        abstained: ArrayLike | None = None,
        benign: Any = None,
        score_name: str = "attack score",
        n_bins: int | str = "auto",
        gap: float | str | None = "auto",
        quantiles: Sequence[float] = (0.05, 0.95),
        ax: Any = None,
    ) -> Self:
        """Draw given scores over their times.

        Parameters
        ----------
        y_score : array-like of shape (n_samples,)
            Score of each row, large for attacks.
        times : array-like of shape (n_samples,)
            Seconds or dates of the rows, which may lie in any order.
        y_true : array-like of shape (n_samples,) or None, default=None
            True labels.
        threshold, max_false_alarm_rate, abstained
            As for :meth:`from_estimator`.
        benign : label or None, default=None
            The label of rows that are no attack. None takes the one called "benign" or
            "normal", in whatever letters, 0 among 0 and 1, else the first of two.
        score_name : str, default="attack score"
            What the scores are, for the axis.
        n_bins, gap, quantiles, ax
            As for :meth:`from_estimator`.

        Returns
        -------
        ScoreTimelineDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If rows do not fit together, a time or score is NaN, a parameter is out of
            range, or it is not known which label is benign.
        """
        score, attack = checked_scores(y_score), None
        if y_true is not None:
            labels = check_length("y_true", checked_labels(y_true), len(score))
            attack = labels != benign_of(labels, benign)
        return cls._drawn(
            score,
            times,
            attack,
            threshold=threshold,
            max_false_alarm_rate=max_false_alarm_rate,
            abstained=abstained,
            score_name=score_name,
            n_bins=n_bins,
            gap=gap,
            quantiles=quantiles,
            ax=ax,
        )

    @classmethod
    def _drawn(
        cls,
        y_score: Any,
        times: Any,
        attack: Any,
        *,
        threshold: float | None,
        max_false_alarm_rate: float | None,
        abstained: Any,
        score_name: str,
        n_bins: int | str,
        gap: float | str | None,
        quantiles: Sequence[float],
        ax: Any,
    ) -> Self:
        """Compute the bins, and draw them."""
        score = checked_scores(y_score)
        seconds = in_seconds(times, len(score))
        order = np.argsort(seconds, kind="stable")
        limit = chosen_threshold(score, attack, threshold, max_false_alarm_rate)
        if abstained is not None:
            abstained = check_length("abstained", abstained, len(score)).astype(bool)
            abstained = abstained[order]
        seconds = seconds[order]
        bins, places = binned_scores(
            seconds,
            score[order],
            abstained=abstained,
            n_bins=n_bins,
            gap=gap,
            quantiles=quantiles,
        )
        attacks = None
        if attack is not None:
            attacks = _as_given(episodes(seconds, attack[order], places, bins), times)
        display = cls(
            _as_given(bins, times),
            attacks=attacks,
            threshold=limit,
            score_name=score_name,
            quantiles=quantiles,
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
        ScoreTimelineDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed; the message names the extra.
        ValueError
            If ``bins`` holds no row.
        """
        import_optional("matplotlib", extra="plot", purpose="plots")
        checked_quantiles(self.quantiles)
        ax, steps = draw_timeline(
            self.bins,
            self.attacks,
            self.threshold,
            self.score_name,
            self.quantiles,
            ax,
        )
        self.band_: StepPatch = steps["band"]
        self.median_: StepPatch = steps["median"]
        self.maximum_: StepPatch = steps["maximum"]
        self.ax_: Axes = ax
        self.figure_: Figure = ax.get_figure()
        return self


def _as_given(table: pd.DataFrame, times: Any) -> pd.DataFrame:
    """Turn seconds of a table into dates, if such were given."""
    given = pd.Series(times).dtype
    if not pd.api.types.is_datetime64_any_dtype(given):
        return table
    zone = getattr(given, "tz", None)
    dates = {
        name: pd.to_datetime(table[name], unit="s", utc=True).dt.tz_convert(zone)
        for name in ("start", "end")
    }
    return table.assign(**dates)
