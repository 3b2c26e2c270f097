"""Searches treat the classifier as any other: alone, in a Pipeline, in processes."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import PolynomialFeatures

from skmirai import MiraiDNNClassifier
from skmirai.model_selection import (
    param_distributions,
    search_distributions,
    suggest_params,
)

optuna = pytest.importorskip("optuna")
optuna_integration = pytest.importorskip("optuna_integration")

pytestmark = [
    # OptunaSearchCV announces itself as experimental whenever it is constructed.
    pytest.mark.filterwarnings("ignore:OptunaSearchCV is experimental"),
    # It also reports every trial to Optuna's terminator, which Optuna has deprecated.
    pytest.mark.filterwarnings("ignore:`optuna.terminator` module:FutureWarning"),
]

CV = StratifiedKFold(3, shuffle=True, random_state=0)


@pytest.fixture(scope="module")
def data():
    return make_classification(150, 6, weights=[0.3], random_state=0)


def estimator(prefix):
    clf = MiraiDNNClassifier(1, 8, epochs=2, batch_size=64, random_state=0)
    if not prefix:
        return clf
    return Pipeline([("powers", PolynomialFeatures(2)), ("mirai", clf)])


def small_space(prefix, space):
    """Two parameters of a space, so that a few fits are enough."""
    return {prefix + name: space[prefix + name] for name in ("n_nodes", "scaler")}


def assert_best_is_reproduced(search, data):
    """The best score is what cross_val_score says of the best parameters."""
    best = clone(search.estimator).set_params(**search.best_params_)
    scores = cross_val_score(best, *data, cv=CV)
    assert np.isfinite(scores).all()
    assert search.best_score_ == pytest.approx(scores.mean())
    assert search.best_estimator_.predict(data[0]).shape == data[1].shape


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("prefix", ["", "mirai__"])
def test_grid_search(prefix, data):
    grid = {prefix + "n_nodes": [2, 8], prefix + "scaler": [None]}
    search = GridSearchCV(estimator(prefix), grid, cv=CV, error_score="raise")
    assert_best_is_reproduced(search.fit(*data), data)


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["", "mirai__"])
def test_randomized_search(prefix, data):
    search = RandomizedSearchCV(
        estimator(prefix),
        small_space(prefix, param_distributions(prefix=prefix)),
        n_iter=2,
        cv=CV,
        random_state=0,
        error_score="raise",
    )
    assert_best_is_reproduced(search.fit(*data), data)


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["", "mirai__"])
def test_optuna_search(prefix, data):
    search = optuna_integration.OptunaSearchCV(
        estimator(prefix),
        small_space(prefix, search_distributions(prefix=prefix)),
        n_trials=2,
        cv=CV,
        random_state=0,
        error_score="raise",
    )
    assert_best_is_reproduced(search.fit(*data), data)


@pytest.mark.slow
def test_two_processes_find_the_scores_of_one(data):
    grid = {"mirai__n_nodes": [2, 8]}
    one, two = (
        GridSearchCV(estimator("mirai__"), grid, cv=CV, n_jobs=n_jobs).fit(*data)
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(
        one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"]
    )


@pytest.mark.slow
def test_two_threads_of_optuna_score_as_one_would(data):
    search = optuna_integration.OptunaSearchCV(
        estimator(""),
        small_space("", search_distributions()),
        n_trials=4,
        n_jobs=2,
        cv=CV,
        random_state=0,
        error_score="raise",
    )
    search.fit(*data)
    for trial in search.trials_:
        again = cross_val_score(estimator("").set_params(**trial.params), *data, cv=CV)
        assert trial.value == pytest.approx(again.mean())


@pytest.mark.slow
@pytest.mark.parametrize(("prefix", "n_jobs"), [("", 2), ("mirai__", None)])
def test_objective_written_by_hand(prefix, n_jobs, data):
    def objective(trial):
        model = estimator(prefix).set_params(**suggest_params(trial, prefix=prefix))
        return cross_val_score(
            model, *data, cv=CV, n_jobs=n_jobs, scoring="roc_auc", error_score="raise"
        ).mean()

    sampler = optuna.samplers.TPESampler(seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective, n_trials=2)
    assert [trial.state for trial in study.trials] == 2 * [
        optuna.trial.TrialState.COMPLETE
    ]
    model = estimator(prefix).set_params(**study.best_params)
    again = cross_val_score(model, *data, cv=CV, scoring="roc_auc")
    assert study.best_value == pytest.approx(again.mean())
