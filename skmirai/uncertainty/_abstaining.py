"""A classifier that leaves rows to a person, so many that a promise is kept."""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import Tags, check_random_state, get_tags, indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skmirai.uncertainty._calibration_rows import (
    abstention,
    check_labels,
    class_labels,
    group_numbers,
    one_of_each,
    split_rows,
)
from skmirai.uncertainty._promises import Promise, promise_of
from skmirai.uncertainty._row_uncertainty import (
    MEASURES,
    checked_by,
    high_is_uncertain,
    row_uncertainty,
)
from skmirai.utils._benign import benign_class
from skmirai.utils._doc_link import LinksToPage
from skmirai.utils._sklearn import (
    HasMethods,
    Interval,
    StrOptions,
    fit_context,
    safe_indexing,
)
from skmirai.utils._wrapped import asks_its_estimator


@asks_its_estimator
class AbstainingClassifier(ClassifierMixin, MetaEstimatorMixin, LinksToPage):
    """Answer where a classifier is certain enough for a promise, abstain elsewhere.

    A threshold of uncertainty is learned on calibration rows, which the classifier was
    not trained on. Exactly one promise is made:

    - ``max_false_alarm_rate``: at most this share of all benign rows raises an alarm,
      that is, gets the label of an attack. Alarms above the threshold become
      abstentions; what the classifier calls benign stays benign. Attacks that it
      misses are no concern of this budget.
    - ``max_risk``: at most this share of the answers is wrong. Rows above the threshold
      are abstained from, whatever their label.
    - ``coverage``: this share of rows gets an answer. Nothing is said of their errors.

    The first two hold with probability ``confidence`` over the draw of the calibration
    rows, for any classifier and any number of rows, as long as rows to come are like
    those: independent draws of the same traffic. The third holds on average over such
    draws. None holds for traffic that has changed, nor for rows of one stream, which
    resemble each other: give ``groups`` to `fit` for these.

    Parameters
    ----------
    estimator : classifier
        Has ``predict_proba``, unless ``by`` is a callable. It is cloned and trained; in
        a :class:`sklearn.frozen.FrozenEstimator` it stays as it is, and all rows given
        to `fit` calibrate.
    by : str or callable, default="auto"
        What the rows are ranked by:

        - "auto": "benign_probability" for ``max_false_alarm_rate``, else
          "predictive_entropy";
        - "benign_probability": the probability of ``benign_label``, for
          ``max_false_alarm_rate`` only;
        - a measure of :data:`skmirai.metrics.UNCERTAINTY_MEASURES`. It comes from
          ``predict_uncertainty`` where the estimator has that, or is a Pipeline, a
          search or a frozen classifier that ends in one that has; "predictive_entropy"
          and "confidence" come from ``predict_proba`` elsewhere;
        - a callable that takes the fitted estimator and X and returns a number for each
          row, large where it is uncertain.
    coverage : float, default=None
        Share of rows to answer, in (0, 1].
    max_false_alarm_rate : float, default=None
        Largest share of benign rows that raise an alarm, in (0, 1). It takes
        ``log(1 - confidence) / log(1 - max_false_alarm_rate)`` benign calibration rows:
        at a confidence of .95 these are 299 for 1 % and 2,995 for .1 %.
    max_risk : float, default=None
        Largest share of wrong answers among the rows that get one, in (0, 1). It takes
        ``log(1 - confidence) / log(1 - max_risk)`` calibration rows, 299 for 1 %, if
        none of the answers is wrong, and several times as many otherwise.
    confidence : float, default=0.95
        Probability that the budget is kept, in (0, 1). Not used for ``coverage``.
    calibration_fraction : float, default=0.25
        Share of the rows (of the groups, where given) that calibrate, in (0, 1). Rows
        are drawn in each class alike, groups at random.
    benign_label : label, default=None
        Class that is no attack; all others are. None takes the class called "benign"
        or "normal", in whatever letters, else the first of two.
    abstain_label : label, default=None
        What `predict` says of rows without an answer: None is "abstain" among classes
        of text, -1 among numbers (less where classes are). It must not be a class.
    n_passes : int, default=100
        Passes of ``predict_uncertainty``.
    random_state : int, RandomState instance or None, default=None
        Seeds the split, the row of each group, and the passes, which are the same for
        calibration and predictions.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.
    classes_ : ndarray of shape (n_classes,)
        Its classes.
    by_ : str or callable
        The measure.
    threshold_ : float
        Its limit, itself included: the largest value with an answer, for "confidence"
        the smallest. Infinite where nothing is abstained from.
    only_alarms_ : bool
        Whether alarms alone become abstentions, for ``max_false_alarm_rate``.
    benign_label_ : label or None
        The class that is no attack; None where it is not needed nor known.
    abstain_label_ : label
        What `predict` says of rows without an answer; no class.
    n_calibration_ : int
        Rows that the threshold rests on: for ``max_false_alarm_rate`` the benign ones.
        With groups, one of each counts.
    calibration_coverage_ : float
        Share of all calibration rows that get an answer.
    calibration_false_alarm_rate_ : float
        Share of the benign calibration rows that raise an alarm; NaN if there are none.
    calibration_risk_ : float
        Share of wrong answers among the calibration rows that get one; NaN if none do.
    n_passes_, seed_ : int
        Passes of ``predict_uncertainty``, and their seed.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Number and names of the columns, where the classifier knows them.

    Notes
    -----
    False alarms are held by the order statistic of Neyman-Pearson classification [1]_,
    the risk by Learn then Test [2]_ with binomial tails. Rows that tie with the first
    one beyond the threshold are abstained from, so that ties harm neither.

    With ``groups`` one row of each group, drawn at random, calibrates (of its benign
    rows for ``max_false_alarm_rate``). These are independent where the groups are, so
    the promise holds for a row drawn at random from a group drawn at random: every
    group counts alike, however many rows it has. The number of calibration rows needed
    is then one of groups.

    `score` counts abstentions as errors.

    NOTE[DIFF]: [2]_ tests limits that are laid down beforehand; here they are ranks of
    the calibration rows, since a grid would have to be chosen.

    References
    ----------
    .. [1] X. Tong, Y. Feng and J. J. Li, "Neyman-Pearson classification algorithms and
       NP receiver operating characteristics", Science Advances 4, 2018.
    .. [2] A. N. Angelopoulos, S. Bates, E. J. Candes, M. I. Jordan and L. Lei, "Learn
       then Test: Calibrating predictive algorithms to achieve risk control",
       arXiv:2110.01052, 2021.

    Examples
    --------
    At most one benign row in a hundred may raise an alarm:

    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmirai.uncertainty import AbstainingClassifier
    >>> X, y = make_classification(8_000, flip_y=0.1, random_state=0)
    >>> y = np.where(y == 1, "attack", "benign")
    >>> clf = AbstainingClassifier(
    ...     LogisticRegression(), max_false_alarm_rate=0.01, random_state=0
    ... ).fit(X[:4_000], y[:4_000])
    >>> clf.n_calibration_
    503
    >>> answers = clf.predict(X[4_000:])
    >>> np.unique(answers)
    array(['abstain', 'attack', 'benign'], dtype='<U7')
    >>> bool(np.mean(answers[y[4_000:] == "benign"] == "attack") <= 0.01)
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "by": [StrOptions({"auto", *MEASURES}), callable],
        "coverage": [Interval(Real, 0, 1, closed="right"), None],
        "max_false_alarm_rate": [Interval(Real, 0, 1, closed="neither"), None],
        "max_risk": [Interval(Real, 0, 1, closed="neither"), None],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "calibration_fraction": [Interval(Real, 0, 1, closed="neither")],
        "benign_label": "no_validation",
        "abstain_label": "no_validation",
        "n_passes": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        by: str | Callable[[Any, Any], Any] = "auto",
        coverage: float | None = None,
        max_false_alarm_rate: float | None = None,
        max_risk: float | None = None,
        confidence: float = 0.95,
        calibration_fraction: float = 0.25,
        benign_label: Any = None,
        abstain_label: Any = None,
        n_passes: int = 100,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.by = by
        self.coverage = coverage
        self.max_false_alarm_rate = max_false_alarm_rate
        self.max_risk = max_risk
        self.confidence = confidence
        self.calibration_fraction = calibration_fraction
        self.benign_label = benign_label
        self.abstain_label = abstain_label
        self.n_passes = n_passes
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, *, groups: Any = None) -> "AbstainingClassifier":
        """Train the classifier on one part of the rows, learn the threshold on another.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, as the classifier takes them.
        y : array-like of shape (n_samples,)
            Labels. Those that a frozen classifier does not know count as errors, and
            as attacks.
        groups : array-like of shape (n_samples,), default=None
            Stream, device or recording of each row. No group is in both parts, and one
            row of each calibrates.

        Returns
        -------
        self : AbstainingClassifier

        Raises
        ------
        ValueError
            If there is not exactly one promise, a parameter is out of range, or the
            calibration rows are too few, of one class or of unknown ones.
        TypeError
            If ``estimator`` is no classifier, or cannot say what ``by`` needs.

        Warns
        -----
        UserWarning
            If no calibration row is certain enough for an answer or alarm.
        """
        promise = promise_of(
            self.confidence,
            coverage=self.coverage,
            max_false_alarm_rate=self.max_false_alarm_rate,
            max_risk=self.max_risk,
        )
        by = checked_by(self.by, self.estimator, of_alarms=promise.about_alarms)
        X, y, groups = indexable(X, y, groups)
        y, groups = class_labels(y), group_numbers(groups)
        rng = check_random_state(self.random_state)
        train, rows, classes = split_rows(
            self.estimator, y, groups, self.calibration_fraction, rng
        )
        check_labels(y[rows], classes, both=not promise.about_alarms)
        benign = benign_class(classes, self.benign_label, name="benign_label")
        promise.check_benign(benign, classes)
        abstain = abstention(self.abstain_label, classes)

        counts = np.logical_or(y[rows] == benign, not promise.about_alarms)
        counted = np.flatnonzero(counts)
        if groups is not None:
            counted = one_of_each(counted, groups[rows], rng)
        promise.check_enough(len(counted), "rows" if groups is None else "groups")

        estimator = clone(self.estimator).fit(safe_indexing(X, train), y[train])
        X, y = safe_indexing(X, rows), y[rows]
        seed = int(rng.randint(np.iinfo(np.int32).max))
        values = row_uncertainty(
            estimator, X, by, benign=benign, n_passes=self.n_passes, seed=seed
        )
        labels = estimator.predict(X)
        sign = 1 if high_is_uncertain(by) else -1
        is_alarm, is_wrong = (labels != benign)[counted], (labels != y)[counted]
        limit = promise.limit(sign * values[counted], is_alarm, is_wrong, rng)

        self.estimator_, self.classes_ = estimator, estimator.classes_
        self.benign_label_, self.abstain_label_ = benign, abstain
        self.n_passes_, self.seed_, self.by_ = int(self.n_passes), seed, by
        self.only_alarms_, self.threshold_ = promise.about_alarms, float(sign * limit)
        self.n_calibration_ = len(counted)
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
            if hasattr(estimator, name):
                setattr(self, name, getattr(estimator, name))
        self._set_figures(labels, y, self._abstains(labels, values), promise)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Label of each row, or that of abstention.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            A class, or ``abstain_label_``.
        """
        values, labels = self.score_samples(X), self.estimator_.predict(X)
        abstain = np.asarray(self.abstain_label_)
        return np.where(self._abstains(labels, values), abstain, labels)

    def predict_abstain(self, X: Any) -> NDArray[np.bool_]:
        """Mask of the rows without an answer.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of bool of shape (n_samples,)
        """
        values, labels = self.score_samples(X), self.estimator_.predict(X)
        return self._abstains(labels, values)

    @available_if(lambda self: hasattr(self._inner, "predict_proba"))
    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Probability of each class, as the classifier has it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Measure ``by`` of each row, which ``threshold_`` is a limit of.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Large where uncertain; for "confidence" small. In nats for entropies.
        """
        check_is_fitted(self)
        how = {"n_passes": self.n_passes_, "seed": self.seed_}
        benign = self.benign_label_
        return row_uncertainty(self.estimator_, X, self.by_, benign=benign, **how)

    @property
    def _inner(self) -> Any:
        return getattr(self, "estimator_", self.estimator)

    def _abstains(self, labels: NDArray, values: NDArray) -> NDArray[np.bool_]:
        sign = 1 if high_is_uncertain(self.by_) else -1
        return (sign * values > sign * self.threshold_) & self._may_abstain(labels)

    def _may_abstain(self, labels: NDArray) -> NDArray[np.bool_]:
        return np.logical_or(labels != self.benign_label_, not self.only_alarms_)

    def _set_figures(
        self, labels: NDArray, y: NDArray, abstained: NDArray, promise: Promise
    ) -> None:
        alarms = (labels != self.benign_label_) & ~abstained
        self.calibration_coverage_ = float(1 - abstained.mean())
        self.calibration_false_alarm_rate_ = _share(alarms[y == self.benign_label_])
        self.calibration_risk_ = _share((labels != y)[~abstained])
        promise.warn_if_idle(abstained[self._may_abstain(labels)])

    def __sklearn_tags__(self) -> Tags:
        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.classifier_tags = inner.classifier_tags
        return tags


def _share(events: NDArray) -> float:
    return float(events.mean()) if len(events) else float("nan")
