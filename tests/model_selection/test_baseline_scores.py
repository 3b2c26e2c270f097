"""Pooled answers: figures and intervals beside scikit-learn and brute force."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss
from sklearn.model_selection import (
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)

from skmirai.metrics import bootstrap_interval
from skmirai.model_selection._baseline_fits import fit_all
from skmirai.model_selection._baseline_scores import (
    Judge,
    Pooled,
    pool,
)
from skmirai.model_selection._baseline_splits import Split
from skmirai.model_selection._scores import Answers

N = 300
NAMES = np.array(["attack", "normal", "scan"])


@pytest.fixture(scope="module", params=[2, 3])
def measured(request):
    """A table, the folds, the answers of a model on them, and its judge."""
    rng = np.random.default_rng(0)
    codes = rng.integers(request.param, size=N)
    X = codes[:, None] + rng.normal(size=(N, 2))
    y, classes = NAMES[codes], NAMES[: request.param]
    folds = [*StratifiedKFold(4).split(X, y)]
    model = LogisticRegression()
    results = fit_all({"own": model}, {"honest": Split(folds, "")}, X, y, None)
    judge = Judge(codes, classes, "normal", None, 0.9, 100, 7)
    return X, y, folds, results["own", "honest"], judge


def test_figures_are_scikit_learns(measured):
    X, y, folds, results, judge = measured
    places = np.random.default_rng(1).permutation(N)
    pooled = pool(results, folds, places, judge.classes)
    order = np.argsort(places)
    np.testing.assert_array_equal(pooled.rows, order)
    labels = cross_val_predict(LogisticRegression(), X, y, cv=folds)
    np.testing.assert_array_equal(pooled.found.labels, labels[order])
    np.testing.assert_array_equal(judge.classes[pooled.said], labels[order])
    proba = cross_val_predict(
        LogisticRegression(), X, y, cv=folds, method="predict_proba"
    )
    np.testing.assert_allclose(pooled.found.proba, proba[order])
    found = judge.figures(pooled)
    for name, scoring in (
        ("roc_auc", "roc_auc_ovr"),
        ("balanced_accuracy", "balanced_accuracy"),
    ):
        own = cross_val_score(LogisticRegression(), X, y, cv=folds, scoring=scoring)
        assert found[name] == pytest.approx(own.mean())
    own = bootstrap_interval(log_loss, y[order], proba[order], n_resamples=2)
    assert own.block_length <= found["block_length"]
    for name, score, said, bounds in (
        ("accuracy", accuracy_score, labels[order], (0, 1)),
        ("log_loss", log_loss, proba[order], (0, np.inf)),
    ):
        interval = bootstrap_interval(
            score,
            y[order],
            said,
            block_length=int(found["block_length"]),
            bounds=bounds,
            confidence_level=0.9,
            n_resamples=100,
            random_state=7,
        )
        names = (name, f"{name}_low", f"{name}_high", "block_length")
        assert [found[name] for name in names] == pytest.approx([*interval])


def test_areas_are_weighed_by_rows_and_lacking_classes_left_out(measured):
    X, y, _, _, judge = measured
    test = [
        np.flatnonzero(y == "normal")[:20],
        np.arange(100, 140),
        np.arange(200, 300),
    ]
    folds = [(np.setdiff1d(np.arange(N), rows), rows) for rows in test]
    results = fit_all(
        {"own": LogisticRegression()}, {"honest": Split(folds, "")}, X, y, None
    )["own", "honest"]
    pooled = pool(results, folds, np.arange(N), judge.classes)
    areas = cross_val_score(
        LogisticRegression(), X, y, cv=folds[1:], scoring="roc_auc_ovr"
    )
    found = judge.figures(pooled)["roc_auc"]
    assert found == pytest.approx(np.average(areas, weights=[40, 100]))


def judged(codes, groups=None):
    return Judge(codes, np.array([0, 1]), 0, groups, 0.95, 400, 0)


def about(rows, said):
    folds = np.zeros(len(rows), int)
    return Pooled(np.asarray(rows), folds, Answers(said, None, None), said)


def test_differences_are_drawn_in_pairs():
    """Errors that two models share do not widen what is between them."""
    rng = np.random.default_rng(0)
    codes, rows = np.tile([0, 1], 1000), np.arange(2000)
    wrong = rng.random(2000) < 0.2
    said = np.where(wrong, 1 - codes, codes)
    better = said.copy()
    mended = np.flatnonzero(wrong)[::10]
    better[mended] = codes[mended]
    judge = judged(codes)
    found = judge.difference(about(rows, better), about(rows, said), 1)
    expected = balanced_accuracy_score(codes, better) - balanced_accuracy_score(
        codes, said
    )
    assert found.score == pytest.approx(expected)
    assert 0 < found.low < found.score < found.high
    # exact: rows that differ, of independent rows
    assert found.high - found.low == pytest.approx(
        2 * 1.96 * np.sqrt(expected / 2000), rel=0.1
    )
    same = judge.difference(about(rows, said), about(rows, said), 5)
    assert same[:3] == (0, 0, 0)


def test_other_rows_have_no_pairs():
    codes, rows = np.tile([0, 1], 10), np.arange(20)
    judge = judged(codes)
    found = judge.difference(
        about(rows[:10], codes[:10]), about(rows[10:], 1 - codes[10:]), 1
    )
    assert found.score == 1
    assert np.isnan(found[1:3]).all()


def test_no_interval_without_classes_to_draw():
    """One row of a class is in few of the draws; one group makes no draw at all."""
    codes, rows = (np.arange(20) == 3).astype(int), np.arange(20)
    rare = judged(codes, groups=rows // 10 * (rows > 3))
    alone = judged(codes, groups=np.zeros(20))
    for judge in (rare, alone):
        found = judge.figures(about(rows, codes))
        assert found["balanced_accuracy"] == 1
        assert np.isnan(found["roc_auc"])
    assert np.isnan(found["balanced_accuracy_low"])
    assert np.isnan(found["accuracy_high"])
