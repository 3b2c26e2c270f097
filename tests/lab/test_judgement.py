"""Figures of each class, held against scikit-learn's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, recall_score

from skmirai import MiraiDNNClassifier
from skmirai.lab._training.judgement import class_figures, judged

pairs = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1)


@given(pairs)
def test_figures_are_those_of_scikit_learn(rows):
    y, predicted = np.array(rows).T
    found = class_figures(y, predicted)
    (tn, fp), (fn, tp) = found["confusion"]
    assert (tn + fp, fn + tp) == ((y == 0).sum(), (y == 1).sum())
    assert (tn + fn, fp + tp) == ((predicted == 0).sum(), (predicted == 1).sum())
    assert (tn + tp) / len(y) == pytest.approx(accuracy_score(y, predicted))
    for label in (0, 1):
        there = label in y
        expected = recall_score(y, predicted, pos_label=label) if there else None
        assert found["recalls"][label] == pytest.approx(expected)
    if len(set(y.tolist())) == 2:
        expected = balanced_accuracy_score(y, predicted)
        assert found["balanced_accuracy"] == pytest.approx(expected)


def test_matrix_and_accuracy_of_a_network_agree():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    X = rng.normal(size=(300, 4)) + y[:, None]
    clf = MiraiDNNClassifier(epochs=3, random_state=0).fit(X, y)
    found = judged(clf, X, y)
    (tn, _), (_, tp) = found["confusion"]
    assert (tn + tp) / 300 == pytest.approx(found["accuracy"], abs=1e-9)
    assert found["loss"] == pytest.approx(clf.evaluate(X, y)["loss"])
