"""What an abstaining classifier refuses, and in which words."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from skmirai.uncertainty import AbstainingClassifier
from tests.uncertainty.scores import frozen, scores, table

X, Y = table(600)
FA = {"max_false_alarm_rate": 0.01}


@pytest.mark.parametrize(
    ("estimator", "parameters", "message"),
    [
        (GaussianNB(), {}, "coverage=None, max_false.*=None: give exactly one"),
        (GaussianNB(), {"coverage": 0.5, "max_risk": 0.1}, "give exactly one"),
        (GaussianNB(), {"coverage": 0}, r"range \(0.0, 1.0\] .* Got 0"),
        (GaussianNB(), {"coverage": 1.1}, r"range \(0.0, 1.0\] .* Got 1.1"),
        (GaussianNB(), {"max_risk": 0}, r"range \(0.0, 1.0\) .* Got 0"),
        (GaussianNB(), {"max_false_alarm_rate": 0}, r"range \(0.0, 1.0\) .* Got 0"),
        (GaussianNB(), {"coverage": 0.5, "n_passes": 0}, "Got 0 instead"),
        (GaussianNB(), {"coverage": 0.5, "by": "entropi"}, "Got 'entropi' instead"),
        (GaussianNB(), {"coverage": 0.5, "by": "benign_probability"}, "alarms only"),
        (
            GaussianNB(),
            {"coverage": 0.5, "by": lambda clf, X: X},
            r"returned shape \(150, 20\); expected \(150,\)",
        ),
        (
            GaussianNB(),
            {"coverage": 0.5, "by": lambda clf, X: np.full(len(X), np.nan)},
            "returned NaN; expected",
        ),
        (
            GaussianNB(),
            FA,
            r"max_false_alarm_rate=0.01 at confidence=0.95 takes 299 benign rows to "
            r"calibrate on, and there are 7\d, which can show 0.0\d* at best",
        ),
        (GaussianNB(), {"max_risk": 0.01}, "takes 299 rows .* there are 150, .* 0.02 "),
        (GaussianNB(), {**FA, "benign_label": "ok"}, "benign_label='ok' is no class"),
        (GaussianNB(), {"coverage": 0.5, "abstain_label": 1}, "=1 is a class, among"),
        (GaussianNB(), {"coverage": 0.5, "abstain_label": [7, 8]}, "one label, text"),
        (GaussianNB(), {"coverage": 0.5, "abstain_label": "no"}, "take a number, as"),
    ],
)
def test_errors_of_values(estimator, parameters, message):
    clf = AbstainingClassifier(estimator, random_state=0, **parameters)
    with pytest.raises(ValueError, match=message):
        clf.fit(X, Y)
    assert not hasattr(clf, "threshold_")


@pytest.mark.parametrize(
    ("estimator", "parameters", "message"),
    [
        (LinearSVC(), {"coverage": 0.5}, "LinearSVC has no predict_proba, .* wrap it"),
        (
            GaussianNB(),
            {"coverage": 0.5, "by": "mutual_information"},
            "GaussianNB has no predict_uncertainty, .* 'predictive_entropy' or",
        ),
        (LinearRegression(), {"coverage": 0.5}, "is no classifier"),
    ],
)
def test_errors_of_kinds(estimator, parameters, message):
    with pytest.raises(TypeError, match=message):
        AbstainingClassifier(estimator, **parameters).fit(X, Y)


def test_a_callable_does_without_probabilities():
    clf = AbstainingClassifier(
        LinearSVC(random_state=0),
        by=lambda clf, X: -np.abs(clf.decision_function(X)),
        coverage=0.5,
        random_state=0,
    ).fit(X, Y)
    assert not hasattr(clf, "predict_proba")
    assert clf.predict_abstain(X).mean() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("y", "parameters", "message"),
    [
        ([], {"coverage": 0.5}, "y is empty: give rows"),
        ([1] * 9, {"coverage": 0.5}, "9 calibration rows are all of one class, 1: giv"),
        ([1] * 9, {"max_risk": 0.5}, "calibration rows are all of one class"),
        ([1] * 9, FA, "takes 299 benign rows .* there are 0, which can show 1 at best"),
        (["a", "b"] * 4, {"coverage": 0.5}, r"none of the classes \[0, 1\] .*\['a', "),
    ],
)
def test_calibration_rows_that_tell_nothing(y, parameters, message):
    with pytest.raises(ValueError, match=message):
        AbstainingClassifier(frozen(), **parameters).fit(np.full((len(y), 2), 0.5), y)


def test_errors_of_classes_and_groups():
    groups = np.repeat(np.arange(60), 10)
    clf = AbstainingClassifier(GaussianNB(), max_risk=0.05, random_state=0)
    with pytest.raises(ValueError, match=r"takes 59 groups .* there are 15, which"):
        clf.fit(X, Y, groups=groups)
    four = np.arange(600) % 4
    with pytest.raises(ValueError, match=r"classes \[\d\] are in no group that trains"):
        clf.fit(X, four, groups=four)
    with pytest.raises(ValueError, match="groups holds one group: give at least two"):
        clf.fit(X, Y, groups=0 * groups)
    for wrong in (np.zeros((600, 2)), np.where(groups, groups, np.nan)):
        with pytest.raises(
            ValueError, match=r"expected \(n_samples,\)|groups\[0\] is mi"
        ):
            clf.fit(X, Y, groups=wrong)
    with pytest.raises(ValueError, match="y holds one class"):
        clf.fit(X, np.zeros(600, int))
    three = table(600, n_classes=3)
    with pytest.raises(ValueError, match=r"\[0, 1, 2\] is called benign or normal"):
        clone(clf).set_params(max_risk=None, **FA).fit(*three)
    AbstainingClassifier(GaussianNB(), coverage=0.5, random_state=0).fit(*three)


def test_what_would_be_refused_is_not_trained():
    class Slow(GaussianNB):
        def fit(self, X, y):
            raise AssertionError("hours of training")

    for parameters in (FA, {"max_risk": 0.01}, {"coverage": 0.5, "abstain_label": 1}):
        with pytest.raises(ValueError, match=r"calibrate on|is a class"):
            AbstainingClassifier(Slow(), **parameters).fit(X, Y)


def test_no_answer_at_all_is_told():
    y = np.random.default_rng(0).integers(0, 2, 1_000)
    clf = AbstainingClassifier(frozen(), max_risk=0.1)
    with pytest.warns(UserWarning, match=r"max_risk=0.1 .* no answer: all 1,000"):
        clf.fit(scores(np.linspace(0, 1, 1_000)), y)
    assert clf.predict_abstain(scores([0.0, 0.5, 1.0])).all()
    assert np.isnan(clf.calibration_risk_)


def test_not_fitted():
    clf = AbstainingClassifier(GaussianNB(), coverage=0.5)
    for method in ("predict", "predict_abstain", "predict_proba", "score_samples"):
        with pytest.raises(NotFittedError):
            getattr(clf, method)(X)
    with pytest.raises(NotFittedError):
        AbstainingClassifier(FrozenEstimator(GaussianNB()), coverage=0.5).fit(X, Y)
