"""A classifier that abstains, around scikit-learn's and around one that says scores."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmirai.metrics import predictive_entropy
from skmirai.uncertainty import AbstainingClassifier
from tests.uncertainty.scores import PassingScores, Scores, frozen, scores, table


@parametrize_with_checks(
    [AbstainingClassifier(LogisticRegression(), coverage=1.0, random_state=0)]
)
def test_sklearn_conventions(estimator, check):
    check(estimator)


@parametrize_with_checks(
    [AbstainingClassifier(LogisticRegression(), coverage=0.9, random_state=0)],
    expected_failed_checks=lambda estimator: {
        "check_classifiers_train": "wants a class for every row"
    },
)
def test_sklearn_conventions_with_abstentions(estimator, check):
    check(estimator)


def test_false_alarms_by_hand():
    rng = np.random.default_rng(0)
    attack, y = rng.random(1_200), np.repeat([0, 1], 600)
    attack[y == 0] **= 3
    clf = AbstainingClassifier(frozen(), max_false_alarm_rate=0.02).fit(
        scores(attack), y
    )
    benign = np.sort(attack[y == 0])[::-1]
    # of 600 benign rows so many may raise an alarm that 2 % would come to by 5 %
    n_alarms = np.flatnonzero(binom.cdf(np.arange(20), 600, 0.02) <= 0.05)[-1]
    is_alarm = attack > benign[n_alarms]

    answers = clf.predict(scores(attack))
    np.testing.assert_array_equal(answers == 1, is_alarm)
    np.testing.assert_array_equal(answers == 0, attack <= 0.5)
    np.testing.assert_array_equal(answers == -1, ~is_alarm & (attack > 0.5))
    np.testing.assert_array_equal(clf.predict_abstain(scores(attack)), answers == -1)
    assert clf.threshold_ == pytest.approx(1 - benign[n_alarms])
    assert clf.n_calibration_ == 600
    assert clf.calibration_false_alarm_rate_ == pytest.approx(n_alarms / 600)
    assert clf.calibration_coverage_ == np.mean(answers != -1)
    given = answers != -1
    assert clf.calibration_risk_ == np.mean(answers[given] != y[given])


def test_a_generous_budget_withholds_nothing():
    rng = np.random.default_rng(0)
    attack, y = 0.6 * rng.random(1_000), np.zeros(1_000, int)
    clf = AbstainingClassifier(frozen(), max_false_alarm_rate=0.5).fit(
        scores(attack), y
    )
    assert clf.threshold_ == np.inf
    assert not clf.predict_abstain(scores(attack)).any()
    assert clf.calibration_coverage_ == 1


def test_ties_with_the_first_row_beyond_the_threshold_are_withheld():
    attack, y = np.full(500, 0.9), np.zeros(500, int)
    clf = AbstainingClassifier(frozen(), max_false_alarm_rate=0.02)
    with pytest.warns(UserWarning, match="leaves no alarm: all 500 among the calibr"):
        clf.fit(scores(attack), y)
    attack[:2] = 0.95
    answers = clf.fit(scores(attack), y).predict(scores(attack))
    assert (answers == 1).sum() == 2


def test_every_class_but_benign_is_an_alarm():
    classes = ("dos", "normal", "probe")
    rng = np.random.default_rng(0)
    proba = rng.dirichlet([1, 2, 1], 3_000)
    y = np.array(classes)[[rng.choice(3, p=row) for row in proba]]
    clf = AbstainingClassifier(
        frozen(classes=classes), max_false_alarm_rate=0.05, random_state=0
    ).fit(proba, y)
    assert clf.benign_label_ == "normal"
    answers = clf.predict(proba)
    assert answers.dtype.kind == "U"
    rate = np.isin(answers[y == "normal"], ["dos", "probe"]).mean()
    assert rate == clf.calibration_false_alarm_rate_
    assert 0.03 < rate <= 0.05
    alarms = np.isin(answers, ["dos", "probe"])
    assert (proba[alarms, 1] <= clf.threshold_).all()
    # an alarm may be sure that it is one, and unsure which
    assert (proba[alarms].max(axis=1) < 0.6).any()
    np.testing.assert_array_equal(clf.score_samples(proba), proba[:, 1])


def test_alarms_by_another_threshold_of_the_classifier():
    X, y = table()
    early = FixedThresholdClassifier(LogisticRegression(), threshold=0.1)
    clf = AbstainingClassifier(early, max_false_alarm_rate=0.02, random_state=0)
    answers = clf.fit(X, y).predict(X)
    alarm = clf.estimator_.predict(X) == 1
    assert (answers[~alarm] == 0).all()
    assert clf.predict_abstain(X)[alarm].mean() > 0.1


@pytest.mark.parametrize(
    "rule", [{"max_false_alarm_rate": 0.02}, {"max_risk": 0.15}, {"coverage": 0.7}]
)
def test_what_is_promised_on_other_rows(rule):
    X, y = table(12_000)
    clf = AbstainingClassifier(LogisticRegression(), random_state=0, **rule)
    clf.fit(X[:6_000], y[:6_000])
    X, y = X[6_000:], y[6_000:]
    answers = clf.predict(X)
    given = answers != -1
    assert 0.3 < given.mean() < 1
    if "coverage" in rule:
        assert given.mean() == pytest.approx(0.7, abs=0.03)
    elif "max_risk" in rule:
        assert np.mean(answers[given] != y[given]) <= 0.15
        assert clf.calibration_risk_ < 0.15
    else:
        assert np.mean(answers[y == 0] == 1) <= 0.02


def test_rows_that_train_do_not_calibrate():
    X, y = scores(np.linspace(0.01, 0.99, 400)), np.tile([0, 0, 0, 1], 100)
    clf = AbstainingClassifier(Scores(), coverage=0.5, random_state=0).fit(X, y)
    trained = {tuple(row) for row in clf.estimator_.trained_on_}
    rest = np.array([row for row in X if tuple(row) not in trained])
    assert len(rest) == clf.n_calibration_ == 100
    again = AbstainingClassifier(frozen(), coverage=0.5).fit(rest, np.tile([0, 1], 50))
    assert again.threshold_ == clf.threshold_
    # as many of each class as there are
    attacks = np.isin(X[:, 1], rest[:, 1])[y == 1]
    assert attacks.sum() == 25


def test_all_rows_calibrate_a_frozen_classifier():
    X, y = table()
    inner = LogisticRegression().fit(X[:1_000], y[:1_000])
    before = inner.coef_.copy()
    clf = AbstainingClassifier(FrozenEstimator(inner), coverage=0.8)
    clf.fit(X[1_000:], y[1_000:])
    assert clf.n_calibration_ == 3_000
    assert clf.estimator_.estimator is inner
    np.testing.assert_array_equal(inner.coef_, before)
    np.testing.assert_array_equal(clf.predict_proba(X), inner.predict_proba(X))
    # benign rows alone do for false alarms
    clf = AbstainingClassifier(FrozenEstimator(inner), max_false_alarm_rate=0.05)
    assert clf.fit(X[y == 0], y[y == 0]).n_calibration_ == (y == 0).sum()


def test_labels_that_a_frozen_classifier_does_not_know_are_errors():
    y = np.array(["a", "b", "new"] * 100)
    X = scores(np.tile([0.1, 0.9, 0.6], 100))
    clf = AbstainingClassifier(frozen(classes=("a", "b")), max_risk=0.1).fit(X, y)
    np.testing.assert_array_equal(clf.predict(X), ["a", "b", "abstain"] * 100)


def test_groups_are_not_torn_apart_and_count_once():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(200), 20)
    X, y = scores(rng.random(4_000)), rng.integers(0, 2, 4_000)
    clf = AbstainingClassifier(Scores(), coverage=0.5, random_state=0)
    clf.fit(X, y, groups=groups)
    assert clf.n_calibration_ == 50
    trained = np.isin(X[:, 1], clf.estimator_.trained_on_[:, 1])
    assert len(np.unique(groups[trained])) == 150
    assert set(groups[trained]).isdisjoint(groups[~trained])


@pytest.mark.parametrize("grouped", [False, True])
def test_groups_keep_the_promise_where_rows_resemble_each_other(grouped):
    # a stream has one score, and how many rows it has follows from nothing
    rng, broken, n_draws = np.random.default_rng(0), 0, 200
    for seed in range(n_draws):
        stream = np.repeat(np.arange(150), rng.integers(1, 40, 150))
        attack = rng.random(150)[stream]
        clf = AbstainingClassifier(
            frozen(), max_false_alarm_rate=0.05, confidence=0.9, random_state=seed
        ).fit(scores(attack), 0 * stream, groups=stream if grouped else None)
        # the share of such streams that would raise an alarm: threshold of 1 - score
        broken += min(clf.threshold_, 0.5) > 0.05
    if grouped:
        assert broken <= binom.ppf(0.999, n_draws, 0.1)
    else:
        assert broken > 0.2 * n_draws


def test_a_measure_of_passes_is_that_of_the_result():
    rng = np.random.default_rng(0)
    X, y = scores(rng.uniform(0, 0.9, 500)), rng.integers(0, 2, 500)
    for by in ("predictive_entropy", "mutual_information", "confidence"):
        clf = AbstainingClassifier(
            frozen(PassingScores), by=by, coverage=0.6, n_passes=7, random_state=0
        ).fit(X, y)
        result = clf.estimator_.predict_uncertainty(
            X, n_passes=7, random_state=clf.seed_
        )
        np.testing.assert_array_equal(clf.score_samples(X), getattr(result, by))
        np.testing.assert_array_equal(
            ~clf.predict_abstain(X), result.select(threshold=clf.threshold_, by=by)
        )
        assert clf.calibration_coverage_ == pytest.approx(0.6, abs=0.003)
    # the same passes for any rows
    np.testing.assert_array_equal(clf.score_samples(X[:9]), clf.score_samples(X)[:9])


def test_passes_of_what_a_pipeline_or_a_search_ends_in():
    rng = np.random.default_rng(0)
    X, y = scores(rng.uniform(0, 0.9, 500)), rng.integers(0, 2, 500)
    inner = PassingScores().fit(X, y)
    pipe = make_pipeline(FunctionTransformer(np.sqrt), inner)
    search = GridSearchCV(pipe, {"functiontransformer__func": [np.sqrt]}, cv=2)
    for estimator in (pipe, FrozenEstimator(pipe), search):
        clf = AbstainingClassifier(
            estimator, by="mutual_information", coverage=0.6, random_state=0
        ).fit(X, y)
        expected = inner.predict_uncertainty(
            np.sqrt(X), n_passes=100, random_state=clf.seed_
        )
        np.testing.assert_array_equal(clf.score_samples(X), expected.mutual_information)
    # those below a tuned threshold would have other labels
    tuned = TunedThresholdClassifierCV(inner, scoring="f1")
    clf = AbstainingClassifier(tuned, coverage=0.6, random_state=0).fit(X, y)
    np.testing.assert_allclose(clf.score_samples(X), predictive_entropy(X))
    # those of a calibrated classifier would have other probabilities
    calibrated = CalibratedClassifierCV(FrozenEstimator(inner)).fit(X, y)
    clf = AbstainingClassifier(FrozenEstimator(calibrated), coverage=0.6).fit(X, y)
    np.testing.assert_allclose(
        clf.score_samples(X), predictive_entropy(calibrated.predict_proba(X))
    )


@pytest.mark.parametrize(
    "rule", [{"max_false_alarm_rate": 0.02}, {"max_risk": 0.15}, {"coverage": 0.7}]
)
def test_what_was_learned_decides_not_the_parameters_of_now(rule):
    rng = np.random.default_rng(0)
    attack = rng.random(1_000)
    X, y = scores(attack), rng.random(1_000) < attack**2 / (attack**2 + 0.05)
    clf = AbstainingClassifier(
        frozen(PassingScores), by="predictive_entropy", random_state=0, **rule
    ).fit(X, y.astype(int))
    answers, values = clf.predict(X), clf.score_samples(X)
    assert 0 < clf.predict_abstain(X).mean() < 1
    bounds = ("max_false_alarm_rate", "max_risk", "coverage")
    clf.set_params(**{name: None if name in rule else 0.5 for name in bounds})
    clf.set_params(estimator=LinearSVC(), by="confidence", n_passes=3, random_state=1)
    clf.set_params(abstain_label=7, benign_label=1)
    np.testing.assert_array_equal(clf.predict(X), answers)
    np.testing.assert_array_equal(clf.score_samples(X), values)
    np.testing.assert_array_equal(clf.predict_proba(X), X)


@pytest.mark.parametrize("groups", [["a", "b", 3], [("a", 1), "b", None]])
def test_groups_of_any_kind(groups):
    rng = np.random.default_rng(0)
    X, y = scores(rng.random(300)), rng.integers(0, 2, 300)
    numbers = np.arange(300) % 3
    own = np.array(groups, dtype=object)[numbers]
    clf = AbstainingClassifier(frozen(), coverage=0.5, random_state=0)
    if None in groups:
        with pytest.raises(ValueError, match=r"groups\[2\] is missing, None: give"):
            clf.fit(X, y, groups=own)
    else:
        expected = clone(clf).fit(X, y, groups=numbers).threshold_
        assert clf.fit(X, y, groups=own).threshold_ == expected


def test_measures_of_probabilities_and_callables():
    X, y = table()
    entropy, confidence, own = (
        AbstainingClassifier(GaussianNB(), by=by, coverage=0.8, random_state=0)
        .fit(X, y)
        .predict(X)
        for by in (
            "auto",
            "confidence",
            lambda clf, X: -np.abs(clf.predict_proba(X)[:, 1] - 0.5),
        )
    )
    assert np.mean(entropy != confidence) < 0.001  # saturated probabilities tie
    np.testing.assert_array_equal(confidence, own)


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ([0, 1], -1),
        ([-1, 1], -2),
        ([1.0, 2.0], -1),
        ([False, True], -1),
        (["a", "b"], "abstain"),
        (np.array(["a", "b"], dtype=object), "abstain"),
    ],
)
def test_abstentions_have_a_label(classes, expected):
    X, y = table(400)
    clf = AbstainingClassifier(LogisticRegression(), coverage=0.5, random_state=0)
    answers = clf.fit(X, np.asarray(classes)[y]).predict(X)
    assert clf.abstain_label_ == expected
    assert set(answers.tolist()) == {*np.asarray(classes).tolist(), expected}


def test_names_of_columns_pipelines_copies():
    X, y = table(800)
    frame = pd.DataFrame(X).add_prefix("x")
    pipe = make_pipeline(StandardScaler(), LogisticRegression())
    clf = AbstainingClassifier(pipe, coverage=0.8, random_state=0).fit(frame, y)
    assert clf.feature_names_in_.tolist() == frame.columns.tolist()
    assert clf.n_features_in_ == X.shape[1]
    answers = clf.predict(frame)
    for other in (pickle.loads(pickle.dumps(clf)), clone(clf).fit(frame, y)):
        np.testing.assert_array_equal(other.predict(frame), answers)
    assert not hasattr(clf.fit(X, y), "feature_names_in_")
    found = cross_val_predict(clf, frame, y)
    assert 0.7 < np.mean(found != -1) < 0.9
    assert clf.score(X, y) == np.mean(clf.predict(X) == y)
