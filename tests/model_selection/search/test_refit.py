"""What ``refit`` may be, and that scores by several names need it."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.svm import SVC

SPACE = {"C": [0.001, 0.1, 1.0], "kernel": ["linear", "rbf"]}


def least(results):
    """Index of the lowest score."""
    return int(results["mean_test_score"].argmin())


def test_a_function_chooses_by_all_columns(whole, data):
    search = whole(SVC(), SPACE, refit=least).fit(*data)
    plain = whole(SVC(), SPACE).fit(*data)
    assert search.cv_results_.keys() == plain.cv_results_.keys()
    assert search.best_index_ == plain.cv_results_["mean_test_score"].argmin()
    assert search.best_params_ == search.cv_results_["params"][search.best_index_]
    assert not hasattr(search, "best_score_")
    assert search.best_params_["C"] == search.best_estimator_.C


def test_a_function_chooses_among_several_scores(whole, data):
    search = whole(
        SVC(),
        SPACE,
        scoring=["accuracy", "recall"],
        refit=lambda results: int(results["rank_test_recall"].argmin()),
    ).fit(*data)
    best = search.cv_results_["mean_test_recall"][search.best_index_]
    assert best == search.cv_results_["mean_test_recall"].max()
    assert not hasattr(search, "best_score_")


@pytest.mark.parametrize(
    ("index", "error", "words"),
    [
        (None, TypeError, "best_index_ returned is not an integer"),
        (-1, IndexError, "best_index_ index out of range"),
        (6, IndexError, "best_index_ index out of range"),
    ],
)
def test_a_function_returns_the_index_of_a_trial(index, error, words, whole, data):
    with pytest.raises(error, match=words):
        whole(SVC(), SPACE, refit=lambda results: index).fit(*data)


@pytest.mark.parametrize("refit", [True, "precision"])
@pytest.mark.parametrize(
    "scoring",
    [
        ["accuracy", "recall"],
        lambda estimator, X, y: {"accuracy": 1.0, "recall": 1.0},
    ],
)
def test_several_scores_need_the_name_of_one(scoring, refit, whole, data):
    with pytest.raises(ValueError, match="For multi-metric scoring"):
        whole(SVC(), SPACE, scoring=scoring, refit=refit).fit(*data)


def test_the_named_score_decides(whole, data):
    for name in ("accuracy", "recall"):
        search = whole(SVC(), SPACE, scoring=["accuracy", "recall"], refit=name)
        search.fit(*data)
        means = search.cv_results_[f"mean_test_{name}"]
        assert search.best_score_ == means.max()
        assert [trial.value for trial in search.trials_] == [*means]


def test_without_refit_nothing_is_fitted_to_all_rows(whole, data):
    search = whole(SVC(), SPACE, refit=False).fit(*data)
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()
    for name in ("best_estimator_", "refit_time_", "classes_", "n_features_in_"):
        assert not hasattr(search, name)
    for method in ("predict", "decision_function", "score_samples", "transform"):
        assert not hasattr(search, method)
    with pytest.raises(AttributeError, match="refit"):
        search.score(*data)


class FailsOnAllRows(ClassifierMixin, BaseEstimator):
    """A classifier that can be fitted to fewer than 80 rows."""

    def __init__(self, constant=0):
        self.constant = constant

    def fit(self, X, y):
        if len(X) >= 80:
            raise MemoryError("too many rows")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[self.constant])


@pytest.mark.parametrize("error_score", [np.nan, 0.0])
def test_errors_of_the_refit_are_raised(error_score, whole, data):
    search = whole(FailsOnAllRows(), {"constant": [0, 1]}, error_score=error_score)
    with pytest.raises(MemoryError, match="too many rows"):
        search.fit(*data)
    assert len(search.trials_) == 6  # what was found is there
    assert np.isfinite(search.best_score_)


def test_parameters_that_are_estimators_are_not_fitted_themselves(whole, data):
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    scalers = [StandardScaler(), MinMaxScaler()]
    pipe = Pipeline([("scaler", "passthrough"), ("svc", SVC())])
    search = whole(pipe, {"scaler": scalers, "svc__C": [1.0, 2.0]}).fit(*data)
    chosen = search.best_params_["scaler"]
    assert not any(vars(scaler).keys() - scaler.get_params() for scaler in scalers)
    if chosen != "passthrough":
        assert not hasattr(chosen, "n_features_in_")
    for params in search.cv_results_["params"]:
        assert not hasattr(params["scaler"], "n_features_in_")
