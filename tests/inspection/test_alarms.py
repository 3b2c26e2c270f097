"""Scores of attacks by any estimator, the benign label, thresholds of budgets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skmirai.inspection._alarms import (
    abstention_of,
    attack_score,
    benign_of,
    checked_labels,
    chosen_threshold,
)
from skmirai.uncertainty import AbstainingClassifier
from skmirai.utils._budgets import budget_threshold

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
NAMES = np.array(["normal", "ddos", "scan"])[np.arange(120) % 3]


def test_score_is_the_probability_of_all_attacks():
    clf = LogisticRegression().fit(X, NAMES)
    assert clf.classes_.tolist() == ["ddos", "normal", "scan"]
    score, name = attack_score(clf, X, "normal")
    np.testing.assert_allclose(score, 1 - clf.predict_proba(X)[:, 1], atol=1e-12)
    assert name == "attack probability"


@pytest.mark.parametrize("names", [("attack", "benign"), ("benign", "worm")])
def test_values_of_a_decision_are_large_for_attacks(names):
    """The benign class may be the first or the second one."""
    attack = X[:, 0] > 0
    other = next(name for name in names if name != "benign")
    y = np.where(attack, other, "benign")
    for clf in (LinearSVC(), RidgeClassifier()):
        score, name = attack_score(clf.fit(X, y), X, "benign")
        assert name == "decision value"
        np.testing.assert_array_equal(score > 0, clf.predict(X) == other)
    proba, _ = attack_score(LogisticRegression().fit(X, y), X, "benign")
    assert proba[attack].mean() > 0.8 > 0.2 > proba[~attack].mean()


def test_no_score():
    with pytest.raises(TypeError, match="LinearSVC has no predict_proba, and no deci"):
        attack_score(LinearSVC().fit(X, NAMES), X, "normal")
    with pytest.raises(TypeError, match="LinearSVC has no classes_: give a fitted"):
        attack_score(LinearSVC(), X, "normal")


def test_abstention_of_what_a_pipeline_ends_in():
    y = (X[:, 0] > 0).astype(int)
    abstaining = AbstainingClassifier(LogisticRegression(), coverage=0.5)
    pipe = make_pipeline("passthrough", abstaining).fit(X, y)
    assert abstention_of(pipe) == -1
    assert abstention_of(LogisticRegression().fit(X, y)) is None


@pytest.mark.parametrize(
    ("labels", "given_label", "found"),
    [
        ([0, 1], None, 0),
        ([1, 1], None, 0),
        ([0], None, 0),
        ([True], None, 0),
        ([1.0], None, 0),
        ([1], 0, 0),
        ([0, 1], 1, 1),
        ([3, 7], None, 3),
        ([0, 1, 2], 2, 2),
        (["DoS", "Normal", "Worms"], None, "Normal"),
        (["BENIGN"], None, "BENIGN"),
        (["neptune", "smurf"], None, "neptune"),
        (["neptune", "smurf"], "normal", "normal"),
        (["smurf"], "benign", "benign"),
    ],
)
def test_benign_label(labels, given_label, found):
    assert benign_of(labels, given_label) == found


@pytest.mark.parametrize(
    ("labels", "given_label", "message"),
    [
        (["a", "b", "c"], None, "say by benign="),
        (["neptune"], None, "say by benign="),
        ([1, 2, 3], 0, "benign=0 is no class"),
        (["Normal", "DoS"], "normal", "benign='normal' is no class"),
        (["spam"], "ham", "benign='ham' is no class"),
    ],
)
def test_benign_label_is_not_guessed(labels, given_label, message):
    with pytest.raises(ValueError, match=message):
        benign_of(labels, given_label)


@pytest.mark.parametrize("missing", [None, np.nan])
def test_labels_are_not_missing(missing):
    with pytest.raises(ValueError, match=r"y_true\[1\]=(None|nan) is no label"):
        checked_labels(np.array(["benign", missing], dtype=object))
    with pytest.raises(ValueError, match=r"y_true has shape \(0,\)"):
        checked_labels([])


@given(
    st.lists(st.sampled_from([-1.0, 0.0, 0.1, 0.2, 0.3, 1.0, 7.0]), min_size=1),
    st.floats(0, 0.999),
)
def test_threshold_of_a_budget_is_the_smallest_that_keeps_it(scores, rate):
    scores = np.array(scores)
    limit = budget_threshold(scores, rate)
    assert np.mean(scores >= limit) <= rate * (1 + 1e-9)
    lower = scores[scores < limit]
    if len(lower):
        assert np.mean(scores >= lower.max()) > rate


def test_whole_rows_of_a_budget_are_not_lost_by_rounding():
    scores = np.arange(100.0)
    for count in range(100):
        assert (scores >= budget_threshold(scores, count / 100)).sum() == count


def test_thresholds_that_cannot_be():
    score, attack = np.array([0.1, 0.9]), np.array([False, True])
    assert chosen_threshold(score, attack, None, None) is None
    assert chosen_threshold(score, None, 0.5, None) == 0.5
    with pytest.raises(ValueError, match="give one of them"):
        chosen_threshold(score, attack, 0.5, 0.1)
    with pytest.raises(ValueError, match=r"max_false_alarm_rate=1 must lie in \[0, 1"):
        chosen_threshold(score, attack, None, 1)
    with pytest.raises(ValueError, match="threshold=nan must be a number"):
        chosen_threshold(score, attack, np.nan, None)
    for nothing in (None, np.array([True, True])):
        with pytest.raises(ValueError, match="needs benign rows"):
            chosen_threshold(score, nothing, None, 0.1)
