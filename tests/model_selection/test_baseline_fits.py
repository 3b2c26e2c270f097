"""Fits on folds: what they are given, and what happens when one fails."""

import warnings

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier

from skmirai.model_selection import default_baselines
from skmirai.model_selection._baseline_fits import fit_all
from skmirai.model_selection._baseline_splits import Split

X = pd.DataFrame({"size": np.arange(20.0), "proto": ["tcp", "udp"] * 10})
Y = np.tile(["a", "b"], 10)
FOLDS = [(np.arange(10), np.arange(10, 20)), (np.arange(10, 20), np.arange(10))]
SPLITS = {"random": Split(FOLDS[:1], "one"), "honest": Split(FOLDS, "two")}


class Says(ClassifierMixin, BaseEstimator):
    """Answers by the column `proto`; fails or warns on rows that begin so."""

    def __init__(self, fails_at=None, warns=False):
        self.fails_at = fails_at
        self.warns = warns

    def fit(self, X, y):
        if X["size"].iloc[0] == self.fails_at:
            raise RuntimeError("no luck")
        if self.warns:
            warnings.warn("so so", UserWarning, stacklevel=2)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.where(X["proto"] == "tcp", "a", "b")


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_every_model_on_every_fold(n_jobs):
    models = {"own": Says(), "majority": DummyClassifier()}
    # joblib's processes that began without TensorFlow take it for a leak later
    with parallel_config("threading"):
        found = fit_all(models, SPLITS, X, Y, n_jobs)
    assert {key: len(folds) for key, folds in found.items()} == {
        ("own", "random"): 1,
        ("own", "honest"): 2,
        ("majority", "random"): 1,
        ("majority", "honest"): 2,
    }
    for result, (_, test) in zip(found["own", "honest"], FOLDS, strict=True):
        np.testing.assert_array_equal(result.found.labels, Y[test])
        assert result.seconds > 0
        assert (result.failure, result.feature) == ("", None)
    assert not hasattr(models["own"], "classes_"), "clones are fitted"


def test_the_feature_is_told():
    models = {"own": Says(), "one": default_baselines(0)["one feature"]}
    found = fit_all(models, SPLITS, X, Y, None)
    assert found["one", "honest"][0].feature.startswith("proto")


def test_a_baseline_that_fails_says_where():
    found = fit_all({"own": Says(), "bad": Says(fails_at=10)}, SPLITS, X, Y, None)
    first, second = found["bad", "honest"]
    assert first.failure == ""
    assert second.found is None
    assert second.failure == (
        "RuntimeError in fold 1 (counted from 0) of the honest split: no luck"
    )


def test_the_estimator_fails_aloud():
    with pytest.raises(RuntimeError, match="no luck") as caught:
        fit_all({"own": Says(fails_at=0)}, SPLITS, X, Y, None)
    assert caught.value.__notes__ == [
        "own failed in fold 0 (counted from 0) of the random split"
    ]


def test_only_the_estimator_warns():
    fit_all({"own": Says(), "other": Says(warns=True)}, SPLITS, X, Y, None)
    with pytest.warns(UserWarning, match="so so"):
        fit_all({"own": Says(warns=True)}, SPLITS, X, Y, None)
