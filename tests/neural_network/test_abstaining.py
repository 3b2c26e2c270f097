"""Abstentions of our networks: the same passes for every row, and Pipelines."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skmirai
from skmirai import MiraiDNNClassifier
from skmirai.uncertainty import AbstainingClassifier


@pytest.mark.parametrize("by", ["auto", "mutual_information", "confidence"])
def test_passes_of_a_frozen_network(fitted_classifier, binary, unchanged, by):
    X, y = binary
    clf = AbstainingClassifier(
        FrozenEstimator(fitted_classifier), by=by, coverage=0.6, random_state=0
    )
    with unchanged(fitted_classifier, X):
        clf.fit(X, y)
        answers = clf.predict(X)
    result = fitted_classifier.predict_uncertainty(X, random_state=clf.seed_)
    kept = result.select(threshold=clf.threshold_, by=clf.by_)
    np.testing.assert_array_equal(answers != -1, kept)
    assert kept.mean() == pytest.approx(0.6, abs=0.02)
    # alone, in another order, calibrated again: the same
    np.testing.assert_array_equal(clf.predict(X[:1]), answers[:1])
    np.testing.assert_array_equal(clf.predict(X[::-1]), answers[::-1])
    assert clone(clf).fit(X, y).threshold_ == clf.threshold_


def test_false_alarms_of_a_network_that_is_trained_within(small, binary):
    X, y = binary
    clf = AbstainingClassifier(
        MiraiDNNClassifier(**small), max_false_alarm_rate=0.3, random_state=0
    ).fit(X, y)
    benign = clf.predict_proba(X)[:, 0]
    np.testing.assert_array_equal(clf.score_samples(X), benign)
    alarms = clf.predict(X) == 1
    np.testing.assert_array_equal(alarms, (benign < 0.5) & (benign <= clf.threshold_))


def test_passes_of_a_pipeline_by_a_callable(small, binary):
    X, y = binary
    pipe = make_pipeline(StandardScaler(), MiraiDNNClassifier(**small))

    def disagreement(pipe, X):
        return skmirai.predict_uncertainty(pipe, X, random_state=0).mutual_information

    clf = AbstainingClassifier(pipe, by=disagreement, coverage=0.5, random_state=0)
    assert 0.3 < clf.fit(X, y).predict_abstain(X).mean() < 0.7
    values = disagreement(clf.estimator_, X)
    np.testing.assert_array_equal(clf.predict_abstain(X), values > clf.threshold_)
