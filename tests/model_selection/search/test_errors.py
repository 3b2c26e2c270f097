"""Fits and scores that fail: numbers in their place, warnings, errors."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from tests.model_selection.search.curves import Curve, Log, curve
from tests.model_selection.search.twins import assert_equal_results, grid_of


class Fails(ClassifierMixin, BaseEstimator):
    """A classifier whose fit or predictions fail at a value of its parameter."""

    def __init__(self, parameter="well", depth=0):
        self.parameter = parameter
        self.depth = depth

    def fit(self, X, y):
        if self.parameter == "fit":
            raise RuntimeError("a fit that fails")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        if self.parameter == "predict":
            raise RuntimeError("a prediction that fails")
        return np.full(len(X), self.classes_[0])


SPACE = {"parameter": ["well", "fit"], "depth": [0, 1, 2]}


@pytest.mark.parametrize("error_score", [0, 0.25, -1.0])
def test_a_number_stands_for_failed_fits(error_score, whole, data):
    search = whole(Fails(), SPACE, error_score=error_score)
    with pytest.warns(FitFailedWarning, match=r"(?s)fits failed.*a fit that fails"):
        search.fit(*data)
    with pytest.warns(FitFailedWarning):
        grid = grid_of(search, *data)
    assert_equal_results(search.cv_results_, grid.cv_results_)
    failed = [p["parameter"] == "fit" for p in search.cv_results_["params"]]
    assert 0 < sum(failed) < 6
    assert (search.cv_results_["mean_test_score"][failed] == error_score).all()


@pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
def test_nan_stands_for_failed_fits_and_ranks_last(whole, data):
    search = whole(Fails(), SPACE)
    with pytest.warns(FitFailedWarning, match=r"will be set to nan"):
        search.fit(*data)
    with pytest.warns(FitFailedWarning):
        grid = grid_of(search, *data)
    failed = np.array([p["parameter"] == "fit" for p in search.cv_results_["params"]])
    for name in ("mean_test_score", "rank_test_score", "split0_test_score"):
        np.testing.assert_array_equal(search.cv_results_[name], grid.cv_results_[name])
    ranks = search.cv_results_["rank_test_score"]
    assert ranks[failed].min() > ranks[~failed].max()
    assert search.best_params_["parameter"] == "well"


def test_the_warning_counts_the_fits_that_were_tried(whole, data):
    """A trial ends with its first failed fold, and equal ones are not fitted again."""
    search = whole(Fails(), SPACE, n_trials=12)
    with (
        pytest.warns(FitFailedWarning) as caught,
        pytest.warns(UserWarning, match="non-finite"),
    ):
        search.fit(*data)
    told = [str(w.message) for w in caught if w.category is FitFailedWarning]
    tried = [trial for trial in search.trials_ if "same_as" not in trial.user_attrs]
    failed = sum(trial.params["parameter"] == "fit" for trial in tried)
    assert 0 < failed < len(tried) < 12
    total = failed + 3 * (len(tried) - failed)
    assert f"{failed} fits failed out of a total of {total}" in told[0]


@pytest.mark.parametrize("error_score", [np.nan, 0.0])
def test_an_error_tells_that_every_fit_failed(error_score, whole, data):
    search = whole(Fails("fit"), {"depth": [0, 1, 2]}, error_score=error_score)
    with pytest.raises(ValueError, match=r"(?s)All the \d+ fits failed.*a fit that fa"):
        search.fit(*data)


@pytest.mark.parametrize("where", ["fit", "predict"])
def test_errors_are_raised_where_asked_for(where, whole, data):
    search = whole(Fails(), {"parameter": ["well", where]}, error_score="raise")
    with pytest.raises(RuntimeError, match="that fails"):
        search.fit(*data)


def test_failed_scores_are_warned_of(whole, data):
    space = {"parameter": ["well", "predict"], "depth": [0, 1]}
    search = whole(Fails(), space, scoring=["accuracy", "recall"], refit="accuracy")
    with (
        pytest.warns(UserWarning, match="Scoring failed"),
        pytest.warns(UserWarning, match="non-finite"),
    ):
        search.fit(*data)
    bad = [p["parameter"] == "predict" for p in search.cv_results_["params"]]
    assert 0 < sum(bad) < 6
    for name in ("accuracy", "recall"):
        assert np.isnan(search.cv_results_[f"mean_test_{name}"][bad]).all()


def test_failed_fits_of_a_function_of_several_scores_get_its_names(whole, data):
    def several(estimator, X, y):
        return {"one": 1.0, "two": 2.0}

    search = whole(Fails(), SPACE, scoring=several, refit="two", error_score=0.25)
    with pytest.warns(FitFailedWarning):
        search.fit(*data)
    with pytest.warns(FitFailedWarning):
        grid = grid_of(search, *data)
    assert_equal_results(search.cv_results_, grid.cv_results_)
    failed = [p["parameter"] == "fit" for p in search.cv_results_["params"]]
    assert (search.cv_results_["mean_test_one"][failed] == 0.25).all()
    assert search.multimetric_
    assert search.best_score_ == 2.0


def test_scores_that_are_nan_rank_last(whole, tree, data):
    def scorer(estimator, X, y):
        return np.nan if estimator.max_depth == 3 else estimator.score(X, y)

    search = whole(tree, {"max_depth": [1, 2, 3]}, scoring=scorer, n_trials=8)
    with pytest.warns(UserWarning, match="non-finite"):
        search.fit(*data)
    bad = [p["max_depth"] == 3 for p in search.cv_results_["params"]]
    assert 0 < sum(bad) < 8
    ranks = search.cv_results_["rank_test_score"]
    assert (ranks[bad] == ranks.max()).all()
    assert search.best_params_["max_depth"] != 3


def test_all_scores_nan(whole, tree, data):
    """As in a grid, the first wins."""
    search = whole(tree, {"max_depth": [1, 2]}, scoring=lambda *_: np.nan, n_trials=2)
    grid = GridSearchCV(tree, {"max_depth": [1, 2]}, scoring=lambda *_: np.nan, cv=3)
    for each in (search, grid):
        with pytest.warns(UserWarning, match="non-finite"):
            each.fit(*data)
    assert search.best_index_ == grid.best_index_ == 0
    np.testing.assert_array_equal(
        search.cv_results_["rank_test_score"], grid.cv_results_["rank_test_score"]
    )


def test_no_scores_at_all(whole, data):
    class NoScore(BaseEstimator):
        def fit(self, X, y):
            return self

    with pytest.raises(TypeError, match="no scoring"):
        whole(NoScore(), {}).fit(*data)


def test_rows_and_targets_of_different_length(whole, data):
    X, y = data
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        whole(SVC(), {"C": [1.0]}).fit(X[:50], y)


@pytest.mark.parametrize("cv", [[], iter(())])
def test_no_fold_at_all(cv, whole, tree, data):
    with pytest.raises(ValueError, match="No fits were performed"):
        whole(tree, {"max_depth": [1]}, cv=cv).fit(*data)


class Breaks(Curve):
    """Training goes wrong from an epoch on: a fit fails, or there is no score."""

    def fit(self, X, y):
        super().fit(X, y)
        if self.height == 1 and self.trained_ > 3:
            raise RuntimeError("a fit that fails")
        return self

    def score(self, X, y):
        broken = self.height == 2 and self.trained_ > 3
        return np.nan if broken else super().score(X, y)


@pytest.mark.parametrize("error_score", [np.nan, -1.0])
def test_a_trial_that_breaks_has_the_best_of_the_rungs_before(error_score, whole, data):
    search = whole(Breaks(log=Log()), {"height": [1.0, 2.0]}, error_score=error_score)
    search.set_params(refit=False, rungs=(1, 3, 5, 7), n_trials=5)
    with pytest.warns(FitFailedWarning, match="3 fits failed out of a total of"):
        search.fit(*data)
    heights = {trial.params.get("height") for trial in search.trials_}
    assert heights == {None, 1.0, 2.0}
    for trial, params, score in zip(
        search.trials_,
        search.cv_results_["params"],
        search.cv_results_["mean_test_score"],
        strict=True,
    ):
        assert trial.state.name == "COMPLETE"
        epochs = 3 if params["height"] else 7
        assert trial.value == score == curve(params["height"], 100, epochs)
        assert params["epochs"] == epochs
    assert search.best_params_ == {"height": 2.0, "epochs": 3}
    # no fit goes on from one that failed
    assert search.estimator.log.count((1.0, 2)) == 2 * 3
