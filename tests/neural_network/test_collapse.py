"""Trainings that come to less than a constant answer warn, others do not."""

import re
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, balanced_accuracy_score, r2_score
from sklearn.preprocessing import StandardScaler

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.datasets import load_nslkdd
from skmirai.neural_network._checks.collapse import (
    evenly,
    failed_classes,
    failed_targets,
    some_of_each,
)
from skmirai.neural_network._checks.remedies import far_from_standard, remedies
from skmirai.preprocessing._quiet import QuietQuantileTransformer

#: Twenty epochs, a hundred updates, that change nothing.
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


@pytest.mark.parametrize(
    ("n_rows", "epochs", "batch_size", "judged"),
    [
        (300, 7, 60, False),  # 35 updates
        (300, 8, 60, True),
        (300, 7, 20, True),  # 105 updates
        (60, 8, 256, True),  # 8 updates
    ],
)
def test_eight_epochs_or_a_hundred_updates_are_judged(
    rows, wrong, n_rows, epochs, batch_size, judged
):
    given = IDLE | {"epochs": epochs, "batch_size": batch_size, "scaler": None}
    labels = wrong[:n_rows]
    assert len(fit(MiraiDNNClassifier(**given), rows[:n_rows], labels)) == judged


def test_continued_fits_count_all_epochs(rows, wrong):
    clf = MiraiDNNClassifier(**IDLE | {"epochs": 4, "warm_start": True})
    assert fit(clf, rows, wrong) == []
    assert len(fit(clf, rows, wrong)) == 1


def test_partial_fit_is_not_judged(rows, wrong):
    clf = MiraiDNNClassifier(**IDLE | {"batch_size": 2})
    for _ in range(2):
        clf.partial_fit(rows, wrong, classes=np.unique(wrong))


@pytest.mark.parametrize("n_rows", [20, 60, 200])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_small_tables_of_noise_are_no_failure(rows, n_rows, share):
    """Chance alone does not take an accuracy of few rows below the constant's."""
    y = np.arange(n_rows) < max(2, share * n_rows)
    assert fit(MiraiDNNClassifier(random_state=0), rows[:n_rows], y) == []


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
    assert "Try a learning_rate above 1e-12" in text  # weights are not to blame


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
    assert "TransformedTargetRegressor(est, transformer=StandardScaler())" in text
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
    assert "Try another scaler, such as 'standard', 'quantile'" in text
    assert f"class weights below {clf.class_weight_.max():.3g}, their" in text


# -- what to try -------------------------------------------------------------------

TARGET, SLOW = "sklearn.compose.TransformedTargetRegressor", "a learning_rate above"
FAST, COLUMNS = "a learning_rate below", "another scaler"


def followed(estimator, text):
    """Estimator with the first remedy of a warning."""
    remedy = re.search(r"Try (.*?)(?:; |\.$)", text)[1]
    estimator, kind = clone(estimator), remedy.split(",")[0]
    if rate := re.search(r"a learning_rate \w+ \S+, such as (\S+)", remedy):
        estimator.set_params(learning_rate=float(rate[1]))
    if epochs := re.search(r"epochs, such as (\d+)", remedy):
        estimator.set_params(epochs=int(epochs[1]))
    if kind.startswith("another scaler"):
        estimator.set_params(scaler=re.search("such as '(.*?)'", remedy)[1])
    if "TransformedTargetRegressor" in kind:
        return TransformedTargetRegressor(estimator, transformer=StandardScaler())
    return estimator


def numbers(n_rows):
    return np.random.default_rng(0).normal(size=(n_rows, 10))


def classes(n_rows):
    """Mostly True, which no network that learned nothing says always."""
    return numbers(n_rows), numbers(n_rows)[:, 0] > -1.5


def target(n_rows, spread, mean, unit=1):
    X = numbers(n_rows)
    return unit * X, X[:, 0] * spread + mean


SGD = {"optimizer": "sgd", "learning_rate": 1e-9}
FAILURES = {
    "diabetes": (MiraiDNNRegressor(), load_diabetes(return_X_y=True), TARGET),
    "mean of 10,000": (MiraiDNNRegressor(), target(760, 100, 1e4), TARGET),
    "mean of 10 million": (MiraiDNNRegressor(), target(2000, 1e6, 1e7), TARGET),
    "mean of 5": (MiraiDNNRegressor(), target(200, 0.5, 5), TARGET),
    "spread of 0.01": (MiraiDNNRegressor(), target(760, 0.01, 0), TARGET),
    "idle, mean of 100": (MiraiDNNRegressor(**SGD), target(300, 1, 100), TARGET),
    "huge columns": (MiraiDNNRegressor(scaler=None), target(300, 1, 0, 1e6), COLUMNS),
    "rate of 5": (MiraiDNNRegressor(learning_rate=5), target(300, 1, 0), FAST),
    "idle regressor": (MiraiDNNRegressor(**SGD), target(300, 1, 0), SLOW),
    "idle classifier": (MiraiDNNClassifier(**SGD), classes(2000), SLOW),
    "slow": (
        MiraiDNNClassifier(epochs=8, optimizer="sgd"),
        classes(200),
        "more than 8 epochs",
    ),
}


@pytest.mark.slow(after=4)
@pytest.mark.parametrize("name", FAILURES)
def test_first_remedy_helps(name):
    estimator, (X, y), first = FAILURES[name]
    estimator = clone(estimator).set_params(random_state=0)
    (text,) = fit(estimator, X, y)
    assert f"Try {first}" in text
    assert fit(followed(estimator, text), X, y) == []
    if first == TARGET:
        assert ("learning_rate" in text) == ("idle" in name)
        assert "scaler, such" not in text
        assert "epochs" not in text


def test_first_remedy_helps_those_that_hardly_move(rows, wrong):
    clf = MiraiDNNClassifier(**IDLE)
    (text,) = fit(clf, rows, wrong)
    assert fit(followed(clf, text), rows, wrong) == []


def advised(losses, rate=0.003, y=(0, 1), n_updates=500, **parameters):
    regresses = np.ndim(y) == 2
    estimator = (MiraiDNNRegressor if regresses else MiraiDNNClassifier)(**parameters)
    if not regresses:
        estimator.classes_ = np.unique(y)
        estimator.class_weight_ = np.array([1, 20.0])
    y = np.asarray(y)
    return remedies(estimator, losses, n_updates, rate, y, np.ones(len(y)))


def test_history_of_the_loss_tells_what_to_try():
    at_first = {
        "more than 3 epochs, such as 30": [0.7, 0.7, 0.69],
        "another scaler": [50, 2, 1],
        "another scaler, such": [0.7, 0.5, 0.9],
        "more than 4 epochs, such as 40": [0.7, 0.6, 0.7, 0.8],  # dropout
    }
    for first, losses in at_first.items():
        assert advised(losses)[0].startswith(first)
    assert advised([0.7, 0.7], rate=1e-9)[0] == (
        "a learning_rate above 1e-09, such as 0.003"
    )
    assert advised([9, 9], rate=5)[0] == "a learning_rate below 5, such as 0.003"
    assert advised([9, 9], 5, optimizer="SGD")[0].endswith("such as 0.03")
    # enough steps of the usual size: they went to the wrong place
    assert advised([0.7, 0.7], n_updates=1000)[0].startswith("another scaler")
    sgd = keras.optimizers.SGD(5.0)
    assert advised([9, 9], rate=5, optimizer=sgd)[0].startswith(
        "a learning_rate of the optimizer below 5, such as 0.03"
    )
    weighted = advised([50, 9], class_weight="balanced")
    assert weighted[1] == "class weights below 20, their largest"
    bounded = advised([50, 9], scaler="quantile", class_weight="balanced")
    assert bounded[0] == weighted[1]


def test_further_from_what_is_usual_comes_first():
    epochs, rate = "more than 2 epochs, such as ", "a learning_rate above 0.0003, such"
    few, many = (advised([0.7, 0.7], 0.0003, n_updates=n) for n in (20, 400))
    assert few[0].startswith(f"{epochs}100")
    assert few[1].startswith(rate)
    assert many[0].startswith(rate)
    assert many[1].startswith(f"{epochs}20")


def test_rate_of_single_precision_is_the_usual_one():
    rate = float(np.float32(0.003))
    assert advised([50, 9], rate=rate)[0].startswith("another scaler")
    assert advised([0.7, 0.7], rate=np.nextafter(np.float32(0.003), 0))[0].startswith(
        "more than 2 epochs"
    )


@pytest.mark.parametrize(("spread", "mean"), [(1, 3), (1, -3), (3, 0), (0.3, 0)])
def test_targets_far_from_standard(spread, mean):
    y = np.array([-1.0, 1] * 10)[:, None]
    assert far_from_standard(y) is None
    clause = f"has mean {mean:.3g} and standard deviation {spread:.3g}, far from 0 and"
    assert f"the target {clause}" in far_from_standard(spread * y + mean)
    assert f"target 1 {clause}" in far_from_standard(np.c_[y, spread * y + mean, y])
    losses = [1, 1]
    assert advised(losses, y=spread * y + mean)[0].startswith(TARGET)
    assert advised(losses, y=y)[0].startswith("more than 2 epochs")


def test_targets_that_do_not_vary_have_no_spread():
    y = np.array([-1.0, 1] * 10)
    assert far_from_standard(np.c_[y, np.full(20, 1.1)]) is None
    assert "target 1 has mean 1.1e+03" in far_from_standard(np.c_[y, 0 * y + 1100])


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
