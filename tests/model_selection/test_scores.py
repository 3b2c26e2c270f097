"""Figures of answers beside scikit-learn's."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import (
    balanced_accuracy_score,
    confusion_matrix,
    log_loss,
    recall_score,
    roc_auc_score,
)
from sklearn.svm import SVC

from skmirai.model_selection._scores import (
    FIGURES,
    Answers,
    answers,
    balanced_share,
    figures,
    recall_by_kind,
)


def table(n_classes, names=None):
    X, y = make_classification(
        400, n_informative=4, n_classes=n_classes, flip_y=0.2, random_state=0
    )
    return X, y if names is None else np.array(names)[y]


@pytest.mark.parametrize("names", [None, ["b", "a"], ["c", "a", "b"]])
def test_as_scikit_learn_has_it(names):
    X, y = table(len(names or "01"), names)
    clf, classes = LogisticRegression().fit(X[:200], y[:200]), np.unique(y)
    X, y = X[200:], y[200:]
    found = answers(clf, X, classes)
    proba = clf.predict_proba(X)
    np.testing.assert_array_equal(found.labels, clf.predict(X))
    np.testing.assert_array_equal(found.proba, proba)
    np.testing.assert_array_equal(found.ranks, proba)
    measured = figures(y, found, classes, classes[0])
    assert list(measured) == list(FIGURES)
    area = (
        roc_auc_score(y, proba[:, 1])
        if len(classes) == 2
        else roc_auc_score(y, proba, multi_class="ovr")
    )
    counts = confusion_matrix(y, found.labels)
    assert measured == pytest.approx(
        {
            "accuracy": clf.score(X, y),
            "balanced_accuracy": balanced_accuracy_score(y, found.labels),
            "roc_auc": area,
            "log_loss": log_loss(y, proba),
            "false_alarm_rate": counts[0, 1:].sum() / counts[0].sum(),
            "detection_rate": counts[1:, 1:].sum() / counts[1:].sum(),
        }
    )


@pytest.mark.parametrize("n_classes", [2, 3])
def test_decision_values_rank(n_classes):
    X, y = table(n_classes)
    clf, classes = RidgeClassifier().fit(X, y), np.arange(n_classes)
    found = answers(clf, X, classes)
    assert found.proba is None
    measured = figures(y, found, classes)
    values = clf.decision_function(X).reshape(len(y), -1)
    areas = [roc_auc_score(y == k, values[:, k]) for k in range(values.shape[1])]
    if n_classes == 2:
        areas = [roc_auc_score(y, values)]
    assert measured["roc_auc"] == pytest.approx(np.mean(areas))
    assert math.isnan(measured["log_loss"])
    assert math.isnan(measured["false_alarm_rate"])
    assert math.isnan(measured["detection_rate"])


def test_probabilities_of_single_precision():
    rng = np.random.default_rng(0)
    y, proba = rng.integers(2, size=50), rng.random((50, 1), dtype=np.float32)
    proba = np.concatenate([proba, 1 - proba], axis=1).astype(float) * (1 + 1e-7)
    found = Answers(y, proba, proba)
    measured = figures(y, found, np.array([0, 1]))
    assert measured["log_loss"] == pytest.approx(log_loss(y, proba[:, 1]), rel=1e-6)


def test_labels_alone():
    class Constant(BaseEstimator):
        classes_ = np.array([0, 1])

        def predict(self, X):
            return np.zeros(len(X), int)

    y = np.array([0, 1, 1])
    found = answers(Constant(), np.zeros((3, 1)), np.array([0, 1]))
    assert found[1:] == (None, None)
    measured = figures(y, found, np.array([0, 1]), 0)
    assert math.isnan(measured["roc_auc"])
    assert measured["balanced_accuracy"] == 0.5
    assert (measured["false_alarm_rate"], measured["detection_rate"]) == (0, 0)


def test_one_against_one_is_no_rank_of_classes():
    X, y = table(4)
    clf = SVC(decision_function_shape="ovo").fit(X, y)
    assert clf.decision_function(X).shape == (len(y), 6)
    assert answers(clf, X, np.arange(4)).ranks is None


def test_classes_that_were_not_learned():
    X, y = table(3)
    classes = np.arange(3)
    clf = LogisticRegression().fit(X[y != 1], y[y != 1])
    found = answers(clf, X, classes)
    np.testing.assert_array_equal(found.proba[:, [0, 2]], clf.predict_proba(X))
    assert (found.proba[:, 1] == 0).all()
    assert np.isnan(found.ranks[:, 1]).all()
    measured = figures(y, found, classes)
    assert math.isnan(measured["roc_auc"])
    assert measured["log_loss"] == pytest.approx(
        log_loss(y, found.proba, labels=classes)
    )


def test_rows_of_one_class():
    X, y = table(2)
    found = answers(LogisticRegression().fit(X, y), X[y == 0], np.array([0, 1]))
    measured = figures(y[y == 0], found, np.array([0, 1]), 0)
    missing = {name for name, value in measured.items() if math.isnan(value)}
    assert missing == {"balanced_accuracy", "roc_auc", "detection_rate"}
    assert measured["accuracy"] == pytest.approx(1 - measured["false_alarm_rate"])


def test_kinds():
    rng = np.random.default_rng(0)
    y, labels = rng.integers(3, size=(2, 500))
    kinds = np.array(["x", "y", "z"])[y]
    found = recall_by_kind(y, labels, kinds, benign=1)
    np.testing.assert_allclose(found["recall"], recall_score(y, labels, average=None))
    for k, kind in enumerate("xyz"):
        assert found.loc[kind, "n_rows"] == (y == k).sum()
        assert found.loc[kind, "alarm_rate"] == (labels[y == k] != 1).mean()
    kinds = pd.Series(["x", None] * 250)
    unnamed = recall_by_kind(y, labels, kinds)
    assert unnamed["n_rows"].tolist() == [250, 250]
    assert unnamed["alarm_rate"].isna().all()


def test_no_rows_of_a_class_make_no_share():
    found = Answers(np.array([1, 1]), None, None)
    measured = figures(np.array([1, 1]), found, np.array([0, 1]), 0)
    assert math.isnan(measured["false_alarm_rate"])
    assert measured["detection_rate"] == 1


def test_balanced_share():
    rng = np.random.default_rng(0)
    codes, said = rng.integers(3, size=(2, 100))
    said[:5] = -1
    hits = [(said[codes == k] == k).mean() for k in range(3)]
    assert balanced_share(codes, said) == pytest.approx(np.mean(hits))
    assert np.isnan(balanced_share(codes[codes == 2], said[codes == 2]))
