"""Weights, groups and other things that go with the rows to ``fit`` and to scorers."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics import accuracy_score, get_scorer, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.model_selection.search.twins import assert_equal_results, grid_of

SPACE = {"alpha": [0.01, 0.1, 1.0, 10.0]}


class Wants(ClassifierMixin, BaseEstimator):
    """A classifier that insists on what its fit is given."""

    def __init__(self, parameter=0):
        self.parameter = parameter

    def fit(self, X, y, spam=None, scalar=None):
        assert spam is not None
        np.testing.assert_array_equal(spam, X[:, 0])
        assert scalar == 7
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_what_is_as_long_as_the_rows_is_cut_like_them(whole, data):
    X, y = data
    search = whole(Wants(), {"parameter": [0, 1]}, error_score="raise")
    search.fit(X, y, spam=X[:, 0], scalar=7)
    search.fit(X, y, spam=X[:, 0].tolist(), scalar=7)
    with pytest.raises(AssertionError):
        search.fit(X, y, scalar=7)


def test_weights_reach_fit_and_score(whole, data, weights):
    search = whole(RidgeClassifier(), SPACE).fit(*data, sample_weight=weights)
    grid = grid_of(search, *data, sample_weight=weights)
    assert_equal_results(search.cv_results_, grid.cv_results_)
    without = whole(RidgeClassifier(), SPACE).fit(*data)
    assert (
        search.cv_results_["mean_test_score"] != without.cv_results_["mean_test_score"]
    ).any()


def test_whole_weights_are_rows_repeated(whole, data):
    X, y = data
    weight = np.random.default_rng(1).integers(0, 4, len(y))
    groups = np.arange(len(y)) % 4
    search = whole(Ridge(), SPACE)
    search.set_params(cv=[*GroupKFold(4).split(X, y, groups)])
    search.fit(X, y, sample_weight=weight)
    repeated = X.repeat(weight, axis=0), y.repeat(weight)
    folds = groups.repeat(weight)
    other = whole(Ridge(), SPACE)
    other.set_params(
        cv=[
            (np.flatnonzero(folds != folds_out), np.flatnonzero(folds == folds_out))
            for folds_out in (
                groups[test[0]] for _, test in GroupKFold(4).split(X, y, groups)
            )
        ]
    )
    other.fit(*repeated)
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], other.cv_results_["mean_test_score"]
    )
    assert search.best_params_ == other.best_params_


def test_scorers_without_weights_are_warned_of(whole, data, weights):
    scorer = make_scorer(lambda y, predicted: accuracy_score(y, predicted))
    search = whole(RidgeClassifier(), SPACE, scoring=scorer)
    with pytest.warns(UserWarning, match="does not support sample_weight"):
        search.fit(*data, sample_weight=weights)


def test_routing(whole, data, weights):
    """Each gets what it asks for, and the rest is refused."""
    X, y = data
    groups = np.arange(80) % 5
    with config_context(enable_metadata_routing=True):
        classifier = RidgeClassifier().set_fit_request(sample_weight=True)
        scorer = get_scorer("accuracy").set_score_request(sample_weight="other")
        options = {
            "estimator": make_pipeline(
                StandardScaler().set_fit_request(sample_weight=False), classifier
            ),
            "cv": GroupKFold(5),
            "scoring": scorer,
        }
        sent = {"sample_weight": weights, "other": weights[::-1], "groups": groups}
        search = whole(space={"ridgeclassifier__alpha": SPACE["alpha"]}, **options)
        search.fit(X, y, **sent)
        assert_equal_results(
            search.cv_results_, grid_of(search, X, y, **sent).cv_results_
        )
        assert search.score(X, y, other=weights) == accuracy_score(
            y, search.predict(X), sample_weight=weights
        )
        with pytest.raises(TypeError, match="unexpected argument"):
            search.fit(X, y, nobody=weights, **sent)
        routes = search.get_metadata_routing()
        twin = GridSearchCV(param_grid={}, **options)
        assert str(routes) == str(twin.get_metadata_routing()).replace(
            "GridSearchCV", "MiraiSearchCV"
        )


def test_score_takes_no_metadata_without_routing(whole, data, weights):
    search = whole(RidgeClassifier(), SPACE).fit(*data)
    with pytest.raises(ValueError, match="only supported if enable_metadata_routing"):
        search.score(*data, sample_weight=weights)


def test_routing_is_on_in_threads_too(whole, data, weights):
    with config_context(enable_metadata_routing=True):
        classifier = RidgeClassifier().set_fit_request(sample_weight=True)
        scorer = get_scorer("accuracy").set_score_request(sample_weight=True)
        search = whole(classifier, SPACE, scoring=scorer, n_jobs=2)
        search.fit(*data, sample_weight=weights)
        assert_equal_results(
            search.cv_results_,
            grid_of(search, *data, sample_weight=weights).cv_results_,
        )
