"""Trainings that come to less than a constant answer warn, others do not."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, balanced_accuracy_score, r2_score

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.datasets import load_nslkdd
from skmirai.neural_network._checks.collapse import (
    evenly,
    failed_classes,
    failed_targets,
    some_of_each,
)
from skmirai.preprocessing._quiet import QuietQuantileTransformer

#: A hundred updates that change nothing.
IDLE = {
    "n_layers": 1,
    "n_nodes": 8,
    "optimizer": "sgd",
    "learning_rate": 1e-12,
    "epochs": 20,
    "batch_size": 60,
    "random_state": 0,
}

FAILED = re.compile(r"an accuracy of ([\d.]+) on training rows is below the ([\d.]+) ")
WEIGHTED = re.compile(r"weighted as in the loss it is ([\d.]+), and ([\d.]+) for one")


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).normal(size=(300, 6))


@pytest.fixture(scope="module")
def wrong(rows):
    """Labels that a network which does not learn gets wrong in nearly all rows."""
    y = np.arange(300) % 2
    answers = MiraiDNNClassifier(**IDLE).fit(rows, y).predict(rows)
    return np.array(["benign", "mirai"])[1 - answers]


def fit(estimator, *args, **kwargs):
    """Fit; return the texts of warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(*args, **kwargs)
    for warning in caught:
        assert (warning.category, warning.filename) == (ConvergenceWarning, __file__)
    return [str(warning.message) for warning in caught]


# -- whole fits --------------------------------------------------------------------


def test_classifier_that_is_worse_than_one_answer(rows, wrong):
    clf = MiraiDNNClassifier(**IDLE)
    (text,) = fit(clf, rows, wrong)
    accuracy, constant = map(float, FAILED.search(text).groups())
    assert accuracy == pytest.approx(clf.score(rows, wrong), abs=1e-3)
    labels, counts = np.unique(wrong, return_counts=True)
    assert constant == pytest.approx(counts.max() / 300, abs=1e-3)
    assert f"answering {labels[counts.argmax()]} always" in text
    assert "weighted" not in text
    for advice in ("below 1e-12", "another scaler, such as", "more than 20 epochs"):
        assert advice in text


def test_remedies_help(rows, wrong):
    assert fit(MiraiDNNClassifier(**IDLE | {"learning_rate": 0.3}), rows, wrong) == []


def test_fewer_than_a_hundred_updates_are_not_judged(rows, wrong):
    assert fit(MiraiDNNClassifier(**IDLE | {"epochs": 19}), rows, wrong) == []


def test_continued_fits_count_all_updates(rows, wrong):
    clf = MiraiDNNClassifier(**IDLE | {"epochs": 10, "warm_start": True})
    assert fit(clf, rows, wrong) == []
    assert len(fit(clf, rows, wrong)) == 1


def test_partial_fit_is_not_judged(rows, wrong):
    clf = MiraiDNNClassifier(**IDLE | {"batch_size": 2})
    for _ in range(2):
        clf.partial_fit(rows, wrong, classes=np.unique(wrong))


def test_weighted_classes(rows, wrong):
    """Most rows of a class are left out, and come back by its weight."""
    is_rare = wrong == "mirai"
    kept = ~is_rare | (np.cumsum(is_rare) <= 15)
    X, y = rows[kept], wrong[kept]
    clf = MiraiDNNClassifier(**IDLE | {"batch_size": 10}, class_weight="balanced")
    (text,) = fit(clf, X, y)
    accuracy, _ = map(float, FAILED.search(text).groups())
    weighted, chance = map(float, WEIGHTED.search(text).groups())
    answers = clf.predict(X)
    assert accuracy == pytest.approx(accuracy_score(y, answers), abs=1e-3)
    assert weighted == pytest.approx(balanced_accuracy_score(y, answers), abs=1e-3)
    assert chance == 0.5
    assert f"class weights below {clf.class_weight_.max():.3g}, their" in text


def test_weights_that_explain_a_low_accuracy(rows):
    """Nearly all weight lies on a rare class: to miss the others is right."""
    y = (rows[:, 0] > 1.2).astype(int)
    X = rows + np.random.default_rng(1).normal(scale=3, size=rows.shape)
    clf = MiraiDNNClassifier(random_state=0, epochs=40, class_weight={0: 0.01, 1: 1})
    clf.set_params(batch_size=60, n_layers=0, learning_rate=0.1)
    assert fit(clf, X, y) == []
    assert clf.score(X, y) < (y == 0).mean() - 0.2


def test_hopeless_labels_are_no_failure(rows):
    """A network that always says "normal" is as good as such a constant."""
    y = np.random.default_rng(0).random(300) < 0.1
    clf = MiraiDNNClassifier(**IDLE | {"learning_rate": 0.3})
    assert fit(clf, 0 * rows, y) == []
    assert not clf.predict(rows).any()


@pytest.mark.slow
@pytest.mark.parametrize("targets", [1, 2])
def test_regressor_that_is_worse_than_the_mean(rows, targets):
    y = 100 + rows[:, :targets].squeeze()
    weight = 1 + (rows[:, 5] > 0)
    reg = MiraiDNNRegressor(**IDLE)
    (text,) = fit(reg, rows, y, sample_weight=weight)
    found = float(re.search(r"an R\*\*2 of (\S+) on", text)[1])
    expected = r2_score(y, reg.predict(rows), sample_weight=weight)
    assert found == pytest.approx(expected, rel=1e-2)
    assert "TransformedTargetRegressor(transformer=StandardScaler())" in text
    reg.set_params(learning_rate=0.1)
    assert fit(reg, rows, y - 100, sample_weight=weight) == []


def test_warning_that_is_an_error_leaves_what_was_fitted(rows, wrong):
    clf = MiraiDNNClassifier(**IDLE | {"learning_rate": 0.3, "warm_start": True})
    clf.fit(rows, wrong)
    before = clf.predict_proba(rows)
    clf.set_params(learning_rate=1e-12)
    with pytest.raises(ConvergenceWarning, match="Training failed"):
        clf.fit(rows, np.where(wrong == "mirai", "benign", "mirai"))
    np.testing.assert_array_equal(clf.predict_proba(rows), before)
    assert clf.n_iter_ == 20


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("scaler", ["quantile", "piecewise_linear"])
def test_attack_names_of_nslkdd_do_not_collapse(data_dir, scaler):
    """With the former quantile scaler training accuracies were .000 to .49."""
    train = load_nslkdd(data_dir / "nslkdd", subset="20_percent").train
    X = pd.get_dummies(train.data, dtype=float).to_numpy()
    clf = MiraiDNNClassifier(
        scaler=scaler, class_weight="balanced", epochs=10, random_state=1
    )
    assert fit(clf, X, train.attack) == []
    answers = clf.predict(X)
    assert accuracy_score(train.attack, answers) > 0.8
    assert balanced_accuracy_score(train.attack, answers) > 0.8


@pytest.mark.slow
@pytest.mark.real_data
def test_collapse_by_flags_far_out_warns(data_dir):
    train = load_nslkdd(data_dir / "nslkdd").train
    X = pd.get_dummies(train.data, dtype=float).to_numpy()
    former = QuietQuantileTransformer(output_distribution="normal", random_state=0)
    clf = MiraiDNNClassifier(
        scaler=former, class_weight="balanced", epochs=10, random_state=0
    )
    (text,) = fit(clf, X, train.attack)
    assert float(FAILED.search(text)[1]) < 0.1
    assert "answering normal always; with rows weighted" in text
    assert "another scaler, such as 'standard', 'quantile'" in text


# -- functions of arrays -----------------------------------------------------------


def judged(y, predicted, weight=None, classes=None):
    y, predicted = np.asarray(y), np.asarray(predicted)
    weight = np.ones(len(y)) if weight is None else weight
    classes = np.arange(y.max() + 1) if classes is None else classes
    return failed_classes(y, weight, np.arange(len(y)), predicted, classes)


def test_three_standard_errors():
    y = np.repeat([0, 1], 200)
    for n_right in range(0, 401, 10):
        predicted = np.where(np.arange(400) < n_right, y, 1 - y)
        below = n_right / 400 < 0.5 - 3 * np.sqrt(0.25 / 400)
        assert (judged(y, predicted) is not None) == below


def test_constant_answers():
    y = np.r_[np.zeros(900, int), np.ones(100, int)]
    assert judged(y, np.zeros(1000, int)) is None
    assert "accuracy of 0.100" in judged(y, np.ones(1000, int))
    balanced = np.where(y, 5.0, 1 / 1.8)
    assert judged(y, np.zeros(1000, int), balanced) is None
    text = judged(y, np.ones(1000, int), balanced)
    assert WEIGHTED.search(text).groups() == ("0.500", "0.500")


def test_some_of_each_class_are_drawn():
    y = np.r_[np.zeros(50_000, int), 1, 2, 2, np.full(6_000, 3)]
    y = np.random.default_rng(0).permutation(y)
    rows = some_of_each(y)
    assert np.bincount(y[rows]).tolist() == [1024, 1, 2, 1024]
    assert (np.diff(rows) > 0).all()
    # accuracies are estimates for all rows
    predicted = np.where(y[rows] == 0, 1, y[rows])
    text = failed_classes(y, np.ones(len(y)), rows, predicted, np.arange(4))
    assert float(FAILED.search(text)[1]) == pytest.approx(6_003 / 56_003, abs=1e-3)


def test_rows_at_even_distances():
    assert evenly(np.arange(5), 5).tolist() == [0, 1, 2, 3, 4]
    assert evenly(np.arange(9), 3).tolist() == [0, 4, 8]
    assert evenly(np.arange(9), 1).tolist() == [0]


def test_targets_that_cannot_be_judged():
    ones = np.ones(4)
    assert failed_targets(np.full((4, 1), 3.3), ones, np.zeros((4, 1))) is None
    huge = np.array([[1e200], [2e200], [3e200], [1e200]])
    assert failed_targets(huge, ones, huge) is None
    varied = np.array([[1.0], [2], [3], [4]])
    assert failed_targets(varied, ones, np.full((4, 1), 2.5)) is None
    assert "R**2 of -1.8 on" in failed_targets(varied, ones, np.full((4, 1), 4.0))
