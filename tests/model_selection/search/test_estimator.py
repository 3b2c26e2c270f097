"""The search is an estimator like any other, and a classifier if what it holds is."""

import pickle
import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone, is_classifier, is_clusterer, is_regressor
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import estimator_html_repr
from sklearn.utils.estimator_checks import check_estimator

from skmirai.model_selection import MiraiSearchCV
from tests.neural_network.recorder import Recorder

optuna = pytest.importorskip("optuna")

SPACE = {"max_depth": [1, 2, 3]}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("estimator", "space"),
    [
        (DecisionTreeClassifier(random_state=0), {"max_depth": [1, 3]}),
        (RidgeClassifier(), {"alpha": [0.1, 1.0]}),
        (Ridge(), {"alpha": [0.1, 1.0]}),
    ],
)
def test_checks_of_scikit_learn(estimator, space):
    """What fails is what fails for GridSearchCV around the same estimator."""
    ours = MiraiSearchCV(estimator, space, n_trials=2, cv=2, random_state=0)
    theirs = GridSearchCV(estimator, space, cv=2)
    failed, others = (
        {
            check["check_name"]
            for check in check_estimator(search, on_skip=None, on_fail=None)
            if check["status"] == "failed"
        }
        for search in (ours, theirs)
    )
    assert failed == others


def test_its_kind_is_that_of_what_it_searches_for(whole):
    assert is_classifier(whole(SVC(), {}))
    assert is_regressor(whole(Ridge(), {}))
    assert is_clusterer(whole(KMeans(), {}))
    assert not is_classifier(whole(Ridge(), {}))


def test_nested_folds_are_stratified(whole, tree, data):
    """Rows in the order of their labels: plain folds would hold one class only."""
    X, y = data
    order = np.argsort(y, kind="stable")
    X, y = X[order], y[order]
    search = whole(tree, SPACE, n_trials=2)
    assert is_classifier(search)
    nested, stated = (
        cross_validate(search, X, y, cv=cv, return_estimator=True)
        for cv in (2, StratifiedKFold(2))
    )
    np.testing.assert_array_equal(nested["test_score"], stated["test_score"])
    assert all(len(inner.classes_) == 2 for inner in nested["estimator"])


def test_clones_are_new_and_equal(whole, tree, data):
    search = whole(tree, SPACE, sampler=optuna.samplers.RandomSampler(seed=3))
    fitted = clone(search).fit(*data)
    again = clone(fitted)
    assert not hasattr(again, "study_")
    assert again.get_params().keys() == search.get_params().keys()
    again.fit(*data)
    assert again.study_ is not fitted.study_
    assert again.cv_results_["params"] == fitted.cv_results_["params"]
    assert again.best_params_ == fitted.best_params_


def test_a_second_fit_is_the_first_one_again(whole, tree, data):
    """Sampler and pruner are parameters: no fit changes them."""
    sampler = optuna.samplers.TPESampler(seed=1, n_startup_trials=2)
    search = whole(tree, SPACE, sampler=sampler).fit(*data)
    first = search.cv_results_
    second = search.fit(*data).cv_results_
    assert first["params"] == second["params"]
    assert search.sampler is sampler
    assert search.study_.sampler is not sampler
    assert search.study_.pruner is not search.pruner


def test_pickles_predict_and_hold_all_that_was_found(whole, data):
    X, _ = data
    search = whole(SVC(), {"C": [0.1, 1.0], "kernel": ["linear", "rbf"]}).fit(*data)
    same = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(same.predict(X), search.predict(X))
    assert same.best_params_ == search.best_params_
    assert [trial.params for trial in same.study_.trials] == [
        trial.params for trial in search.study_.trials
    ]
    assert pickle.loads(pickle.dumps(clone(search))).fit(*data).best_score_ == (
        search.best_score_
    )


METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


@pytest.mark.parametrize("method", [*METHODS, "score_samples", "transform"])
@pytest.mark.parametrize("estimator", [LogisticRegression(), SVC()])
def test_methods_are_those_of_the_winner(estimator, method, whole, data):
    X, y = data
    search = whole(estimator, {"C": [0.1, 1.0]}, n_trials=2)
    assert hasattr(search, method) == hasattr(estimator, method)
    if not hasattr(estimator, method):
        with pytest.raises(AttributeError, match=f"has no attribute '{method}'"):
            getattr(search, method)
        return
    with pytest.raises(NotFittedError):
        getattr(search, method)(X)
    search.fit(X, y)
    np.testing.assert_array_equal(
        getattr(search, method)(X), getattr(search.best_estimator_, method)(X)
    )


@pytest.mark.parametrize(
    "scoring", [None, "accuracy", "roc_auc", ["roc_auc", "recall"]]
)
def test_score_is_by_the_scorer(scoring, whole, data):
    from sklearn.metrics import accuracy_score, roc_auc_score

    X, y = data
    several = isinstance(scoring, list)
    search = whole(
        SVC(),
        {"C": [0.1, 1.0]},
        n_trials=2,
        scoring=scoring,
        refit="roc_auc" if several else True,
    ).fit(X, y)
    if several or scoring == "roc_auc":
        assert search.score(X, y) == roc_auc_score(y, search.decision_function(X))
    else:
        assert search.score(X, y) == accuracy_score(y, search.predict(X))


def test_classes_are_those_of_a_refitted_classifier(whole, tree, data):
    search = whole(tree, SPACE)
    assert not hasattr(search, "classes_")
    assert not hasattr(search, "n_features_in_")
    search.fit(*data)
    np.testing.assert_array_equal(search.classes_, search.best_estimator_.classes_)
    assert not hasattr(whole(Ridge(), {"alpha": [1.0]}).fit(*data), "classes_")


def test_it_is_shown_like_other_searches(whole, tree, data):
    search = whole(tree, SPACE)
    assert "estimator: DecisionTreeClassifier" in estimator_html_repr(search)
    assert "best_estimator_: DecisionTreeClassifier" in estimator_html_repr(
        search.fit(*data)
    )


def test_parameters_of_the_estimator_are_set_through_it(whole, tree, data):
    search = whole(tree, {"min_samples_leaf": [1, 2]})
    search.set_params(estimator__max_depth=1).fit(*data)
    assert search.best_estimator_.max_depth == 1
    assert tree.max_depth == 1  # as in other searches, it is the same object
    assert not hasattr(tree, "tree_")


def test_hooks_of_scikit_learn_see_the_search_and_the_refit(whole, tree, data, weights):
    recorder = Recorder()
    search = whole(tree, SPACE).set_callbacks(recorder)
    search.fit(*data, sample_weight=weights)
    assert recorder.events == [
        "setup",
        "begin fit 0",
        "begin search 0",
        "end search 0",
        "begin refit-with-best-params 1",
        "end refit-with-best-params 1",
        "end fit 0",
        "teardown",
    ]
    for estimator, X, y, metadata in recorder.given:
        assert estimator is search
        assert X is data[0]
        assert y is data[1]
        np.testing.assert_array_equal(metadata["sample_weight"], weights)


class Minimal:
    """The least that an estimator must have, without scikit-learn's classes."""

    def __init__(self, parameter=0):
        self.parameter = parameter

    def get_params(self, deep=False):
        return {"parameter": self.parameter}

    def set_params(self, **params):
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self):
        return BaseEstimator().__sklearn_tags__()

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.full(len(X), self.parameter)

    def score(self, X, y):
        return float(self.parameter)


def test_the_least_estimator(whole, data):
    search = whole(Minimal(), {"parameter": [0, 1, 2]}).fit(*data)
    assert search.best_params_ == {"parameter": 2}
    assert (search.predict(data[0]) == 2).all()


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"n_trials": 0}, "n_trials"),
        ({"n_trials": 2.5}, "n_trials"),
        ({"timeout": 0}, "timeout"),
        ({"scoring": "no such score"}, "scoring"),
        ({"sampler": "tpe"}, "sampler"),
        ({"pruner": "median"}, "pruner"),
        ({"study": "name"}, "study"),
        ({"callbacks": 3}, "callbacks"),
        ({"error_score": "zero"}, "error_score"),
        ({"rungs": "none"}, "rungs='none' must be 'auto', None, or increasing"),
        ({"estimator": 3}, "estimator"),
        ({"n_trials": None}, "n_trials=None and timeout=None would never end"),
    ],
)
def test_parameters_are_checked_before_the_first_fit(params, words, whole, data):
    from skmirai import MiraiDNNClassifier

    search = whole(MiraiDNNClassifier(), {"dropout_rate": [0.1]}).set_params(**params)
    with pytest.raises(ValueError, match=words):
        search.fit(*data)
    assert not hasattr(search, "study_")


def test_without_optuna_the_error_names_the_extra(tree, data, monkeypatch):
    # None in sys.modules makes every import of that name fail
    for name in [name for name in sys.modules if name.partition(".")[0] == "optuna"]:
        monkeypatch.setitem(sys.modules, name, None)
    search = MiraiSearchCV(tree, SPACE)
    assert search.get_params()["n_trials"] == 30
    with pytest.raises(ImportError, match=r"pip install 'skmirai\[tune\]'"):
        search.fit(*data)
