"""Which kinds of attacks are detected, and which benign traffic raises alarms."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from skmirai.inspection._alarms import (
    abstention_of,
    all_labels,
    attack_score,
    benign_of,
    checked_labels,
    classes_of,
)
from skmirai.inspection._detection._bars import draw_rates
from skmirai.inspection._detection._rates import (
    detection_rates,
    named_models,
    verdicts_of_labels,
    verdicts_of_scores,
)
from skmirai.inspection._measured import check_rows
from skmirai.utils import import_optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from matplotlib.figure import Figure


class DetectionRateDisplay:
    """Detection rate of each kind of attack, and false alarm rate of each benign kind.

    A bar for each kind of traffic: the share of its rows that is called an attack, with
    its interval; a hatched part is the share without an answer. Attacks come first, the
    least detected on top; below them stand benign kinds, the one with the most false
    alarms on top. Make it with :meth:`from_estimator`, :meth:`from_predictions` or
    :meth:`from_scores`, which draw at once, of one model or of several on the same
    rows.

    Parameters
    ----------
    rates : DataFrame
        A row for each model and kind, in the order of the picture, the same kinds for
        each model: ``model``, ``kind``, ``is_attack``, ``n_rows``, ``alarm_rate``,
        the ends of its interval ``low`` and ``high`` (NaN where there is none), and
        ``abstention_rate``.
    thresholds : mapping of str to float, default=None
        Score from which on a row raises an alarm, by model, for the legend.
    confidence_level : float, default=0.95
        Of the intervals, for the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The panel.
    figure_ : matplotlib.figure.Figure
        The figure that holds it.
    bars_ : dict of str to matplotlib.container.BarContainer
        The bars of each model, in the order of ``rates``.

    See Also
    --------
    skmirai.model_selection.baseline_report : Recall of each kind beside baselines.
    skmirai.uncertainty.AbstainingClassifier : Keeps a budget of false alarms.
    ScoreTimelineDisplay : Scores over the time of a capture.

    Notes
    -----
    Intervals are Wilson's [1]_: those of independent rows. Packets of one stream are
    detected or missed together, and such intervals are too narrow for them; give
    ``groups``, and whole groups are drawn instead, as
    :func:`skmirai.metrics.bootstrap_interval` does.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical
       inference", Journal of the American Statistical Association 22, 1927.

    Examples
    --------
    >>> from skmirai.inspection import DetectionRateDisplay
    >>> y_true = [1, 1, 1, 1, 0, 0, 0, 0]
    >>> y_pred = [1, 0, 1, 1, 0, 0, 1, 0]
    >>> kinds = ["scan", "scan", "flood", "flood", "dns", "dns", "dns", "arp"]
    >>> display = DetectionRateDisplay.from_predictions(y_true, y_pred, kinds)
    >>> display.rates[["kind", "is_attack", "n_rows", "alarm_rate"]]
        kind  is_attack  n_rows  alarm_rate
    0   scan       True       2    0.500000
    1  flood       True       2    1.000000
    2    dns      False       3    0.333333
    3    arp      False       1    0.000000
    """

    def __init__(
        self,
        rates: pd.DataFrame,
        *,
        thresholds: Mapping[str, float] | None = None,
        confidence_level: float = 0.95,
    ) -> None:
        self.rates = rates
        self.thresholds = thresholds
        self.confidence_level = confidence_level

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        kinds: Any,
        *,
        threshold: float | None = None,
        max_false_alarm_rate: float | None = None,
        benign: Any = None,
        groups: Any = None,
        confidence_level: float = 0.95,
        random_state: int | np.random.RandomState | None = None,
        ax: Any = None,
    ) -> Self:
        """Predict rows and draw the alarms among each kind.

        Parameters
        ----------
        estimator : classifier or mapping of str to classifier
            Fitted. A mapping names several.
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows, none of which it was trained on.
        y : array-like of shape (n_samples,)
            Their true labels; those that a classifier does not know are attacks.
        kinds : array-like of shape (n_samples,)
            What the rows are, such as names of attacks and of benign protocols. Missing
            ones (None, NaN) stand together as "no kind".
        threshold : float or None, default=None
            Score from which on a row is called an attack: the probability of all
            classes but the benign one, or the value of a ``decision_function``. With
            neither this nor a budget, it is ``predict`` that tells.
        max_false_alarm_rate : float or None, default=None
            Share of the benign rows that may raise an alarm, in [0, 1): the smallest
            threshold that keeps it among these rows is taken. That tells what the
            scores are worth at this budget, and promises nothing about other rows.
        benign : label or None, default=None
            The class of rows that are no attack. None takes the class called "benign"
            or "normal", in whatever letters, else the first of two.
        groups : array-like of shape (n_samples,) or None, default=None
            Stream, device or recording of each row: intervals are then about other
            groups of the kind, and missing where a kind has one group only.
        confidence_level : float, default=0.95
            Of the intervals.
        random_state : int, RandomState instance or None, default=None
            Seeds draws of groups.
        ax : matplotlib Axes or None, default=None
            Panel to draw on; None makes a figure.

        Returns
        -------
        DetectionRateDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If an estimator is not fitted, or has no scores for the threshold.
        ValueError
            If rows do not fit together, a parameter is out of range, or it is not known
            which class is benign.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.linear_model import LogisticRegression
        >>> from skmirai.inspection import DetectionRateDisplay
        >>> kinds = np.repeat(["dns", "scan", "flood"], 100)
        >>> y = np.where(kinds == "dns", "benign", "attack")
        >>> X = np.repeat([0.0, 1.0, 3.0], 100) + np.tile(np.linspace(-1, 1, 100), 3)
        >>> X = X[:, np.newaxis]
        >>> clf = LogisticRegression().fit(X, y)
        >>> display = DetectionRateDisplay.from_estimator(
        ...     clf, X, y, kinds, max_false_alarm_rate=0.05
        ... )
        >>> display.rates["kind"].tolist()
        ['scan', 'flood', 'dns']
        >>> float(display.rates["alarm_rate"].iloc[-1])
        0.05
        """
        models = named_models(estimator)
        labels = [label for clf in models.values() for label in classes_of(clf)]
        benign = benign_of(labels, benign)
        attack = checked_labels(y, "y") != benign
        thresholds = None
        if threshold is None and max_false_alarm_rate is None:
            verdicts = {
                name: verdicts_of_labels(clf.predict(X), benign, abstention_of(clf))
                for name, clf in models.items()
            }
        else:
            verdicts, thresholds = verdicts_of_scores(
                {name: attack_score(clf, X, benign)[0] for name, clf in models.items()},
                attack,
                threshold,
                max_false_alarm_rate,
            )
        rates = detection_rates(
            verdicts,
            attack,
            kinds,
            groups=groups,
            confidence_level=confidence_level,
            random_state=random_state,
        )
        display = cls(rates, thresholds=thresholds, confidence_level=confidence_level)
        return display.plot(ax=ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: Any,
        kinds: Any,
        *,
        abstain_label: Any = None,
        benign: Any = None,
        groups: Any = None,
        confidence_level: float = 0.95,
        random_state: int | np.random.RandomState | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw the alarms among given labels.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels.
        y_pred : array-like of shape (n_samples,), or mapping of str to such
            Predicted labels. A mapping names several models.
        kinds : array-like of shape (n_samples,)
            What the rows are. Missing ones stand together as "no kind".
        abstain_label : label or None, default=None
            What rows without an answer have in ``y_pred``; None if all have one.
        benign : label or None, default=None
            The class of rows that are no attack. None takes the one called "benign" or
            "normal", in whatever letters, 0 among 0 and 1, else the first of two.
        groups, confidence_level, random_state, ax
            As for :meth:`from_estimator`.

        Returns
        -------
        DetectionRateDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If rows do not fit together, or it is not known which label is benign.

        Examples
        --------
        >>> from skmirai.inspection import DetectionRateDisplay
        >>> y_pred = ["benign", "mirai", "abstain", "mirai"]
        >>> display = DetectionRateDisplay.from_predictions(
        ...     ["benign", "mirai", "mirai", "mirai"],
        ...     y_pred,
        ...     ["dns", "scan", "scan", "flood"],
        ...     abstain_label="abstain",
        ... )
        >>> display.rates["abstention_rate"].tolist()
        [0.5, 0.0, 0.0]
        """
        y = checked_labels(y_true)
        said = {
            name: check_rows(y, labels)[1]
            for name, labels in named_models(y_pred).items()
        }
        benign = benign_of(all_labels(y, *said.values(), but=abstain_label), benign)
        rates = detection_rates(
            {
                name: verdicts_of_labels(labels, benign, abstain_label)
                for name, labels in said.items()
            },
            y != benign,
            kinds,
            groups=groups,
            confidence_level=confidence_level,
            random_state=random_state,
        )
        return cls(rates, confidence_level=confidence_level).plot(ax=ax)

    @classmethod
    def from_scores(
        cls,
        y_true: ArrayLike,
        y_score: Any,
        kinds: Any,
        *,
        threshold: float | None = None,
        max_false_alarm_rate: float | None = None,
        benign: Any = None,
        groups: Any = None,
        confidence_level: float = 0.95,
        random_state: int | np.random.RandomState | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw the alarms that given scores raise.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels.
        y_score : array-like of shape (n_samples,), or mapping of str to such
            Large for attacks. A mapping names several models.
        kinds : array-like of shape (n_samples,)
            What the rows are. Missing ones stand together as "no kind".
        threshold : float or None, default=None
            Score from which on a row is called an attack.
        max_false_alarm_rate : float or None, default=None
            Share of the benign rows that may raise an alarm, in [0, 1), in place of a
            threshold: each model gets the smallest that keeps it among these rows.
        benign : label or None, default=None
            The class of rows that are no attack, as for :meth:`from_predictions`.
        groups, confidence_level, random_state, ax
            As for :meth:`from_estimator`.

        Returns
        -------
        DetectionRateDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there is not exactly one of threshold and budget, a score is NaN, or rows
            do not fit together.

        Examples
        --------
        >>> from skmirai.inspection import DetectionRateDisplay
        >>> display = DetectionRateDisplay.from_scores(
        ...     [0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9], ["dns", "dns", "scan", "flood"],
        ...     threshold=0.5,
        ... )
        >>> display.rates["alarm_rate"].tolist()
        [0.0, 1.0, 0.5]
        """
        y = checked_labels(y_true)
        attack = y != benign_of(y, benign)
        verdicts, thresholds = verdicts_of_scores(
            named_models(y_score), attack, threshold, max_false_alarm_rate
        )
        rates = detection_rates(
            verdicts,
            attack,
            kinds,
            groups=groups,
            confidence_level=confidence_level,
            random_state=random_state,
        )
        display = cls(rates, thresholds=thresholds, confidence_level=confidence_level)
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Panel to draw on; None makes a figure that is as high as kinds and models
            ask for.

        Returns
        -------
        DetectionRateDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed; the message names the extra.
        ValueError
            If ``rates`` lacks a column, holds no row or other kinds for each model, or
            holds more kinds than a picture can show.
        """
        import_optional("matplotlib", extra="plot", purpose="plots")
        ax, bars = draw_rates(self.rates, self.thresholds, self.confidence_level, ax)
        self.bars_: dict[str, BarContainer] = bars
        self.ax_: Axes = ax
        self.figure_: Figure = ax.get_figure()
        return self
