"""Rows that a search keeps: prepared once, and all results the same to the bit."""

from contextlib import nullcontext

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler

from skmirai import MiraiDNNClassifier
from skmirai.utils._memory import remembering


class Everything(dict):
    """A memory that keeps all it is given, and counts what it made."""

    def __init__(self):
        super().__init__()
        self.held, self.made = [], []

    def of(self, key, make, held):
        if key not in self:
            self[key] = make()
            self.held.append(held)
            self.made.append(key)
        return self[key]


class Counting(StandardScaler):
    n_fits = 0

    def fit(self, X, y=None, sample_weight=None):
        type(self).n_fits += 1
        return super().fit(X, y, sample_weight)


@pytest.fixture(scope="module")
def table():
    return make_classification(120, 6, random_state=0)


def classifier(**settings):
    usual = {"n_layers": 1, "n_nodes": 4, "epochs": 2, "batch_size": 40}
    return MiraiDNNClassifier(
        **usual | {"random_state": 0, "warm_start": True} | settings
    )


def course(clf, X, y, weight=None):
    """Probabilities after a fit, and after going on."""
    return [clf.fit(X, y, weight).predict_proba(X) for _ in range(2)]


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    "settings",
    [{}, {"scaler": "quantile"}, {"validation_fraction": 0.2}, {"drop_columns": [1]}],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_results_do_not_depend_on_the_memory(table, settings, weighted):
    X, y = table
    weight = np.random.default_rng(0).uniform(0, 2, len(y)) if weighted else None
    found = {}
    memory = Everything()
    for name, context in [
        ("without", nullcontext()),
        ("first", remembering(memory)),
        ("second", remembering(memory)),
    ]:
        with context:
            found[name] = course(classifier(**settings), X, y, weight)
    np.testing.assert_array_equal(found["first"], found["without"])
    np.testing.assert_array_equal(found["second"], found["without"])


def test_rows_are_prepared_once(table):
    X, y = table
    Counting.n_fits = 0
    memory = Everything()
    with remembering(memory):
        for rate in (0.001, 0.01, 0.1):
            clf = classifier(scaler=Counting(), learning_rate=rate)
            course(clf, X, y)
            assert clf.n_features_in_ == 6
            assert clf.classes_.tolist() == [0, 1]
    assert Counting.n_fits == 1
    # ready for the first fit and for going on, and scaled to predict
    assert len(memory.made) == 3


def test_other_rows_and_other_parameters_are_no_such_rows(table):
    X, y = table
    memory = Everything()
    with remembering(memory):
        one = classifier().fit(X, y)
        for other in (
            classifier(drop_columns=[0]).fit(X, y),
            classifier(dtype="float32").fit(X, y),
            classifier().fit(X.copy(), y),
            classifier().fit(X, 1 - y),
        ):
            assert other.pipeline_["scale"] is not one.pipeline_["scale"]
        assert classifier().fit(X, y).pipeline_["scale"] is one.pipeline_["scale"]
    alone = classifier().fit(X, y)
    assert alone.pipeline_["scale"] is not one.pipeline_["scale"]
