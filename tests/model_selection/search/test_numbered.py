"""What a trial draws follows from the seed, its number and the trials before it."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from skmirai.model_selection import MiraiSearchCV
from skmirai.model_selection._search.numbered import NumberedTPESampler
from skmirai.model_selection._search.storage import opened_study

optuna = pytest.importorskip("optuna")

N_TRIALS = 14  # four more than are drawn at random


def objective(trial):
    x = trial.suggest_float("x", -1, 1)
    return -x * x if trial.suggest_categorical("y", [True, False]) else -2.0


def run(n_trials, storage=None, seed=0):
    study = opened_study(
        storage, "search", sampler=NumberedTPESampler(seed), pruner=None
    )
    study.optimize(objective, n_trials)
    return [trial.params for trial in study.get_trials()]


def test_study_that_goes_on_draws_what_it_would_have_drawn():
    whole = run(N_TRIALS)
    storage = optuna.storages.InMemoryStorage()
    assert run(3, storage) == whole[:3]
    assert run(N_TRIALS - 3, storage) == whole
    assert run(N_TRIALS, seed=1) != whole


def test_workers_of_one_seed_draw_different_parameters():
    storage = optuna.storages.InMemoryStorage()
    studies = [
        opened_study(storage, "search", sampler=NumberedTPESampler(0), pruner=None)
        for _ in range(2)
    ]
    at_work = [study.ask() for study in studies]
    draws = [trial.suggest_float("x", -1, 1) for trial in at_work]
    assert draws[0] != draws[1]
    for study, trial, draw in zip(studies, at_work, draws, strict=True):
        study.tell(trial, draw)
    studies[0].tell(studies[1].ask().number, state=optuna.trial.TrialState.FAIL)


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    return X, X[:, 0] > 0


def search_in(storage, n_trials):
    return MiraiSearchCV(
        LogisticRegression(),
        {"C": optuna.distributions.FloatDistribution(1e-3, 1e3, log=True)},
        n_trials=n_trials,
        storage=storage,
        study_name="search",
        random_state=0,
        cv=2,
    )


def test_search_that_goes_on_tries_nothing_twice(table):
    storages = [optuna.storages.InMemoryStorage() for _ in range(2)]
    whole = search_in(storages[0], 6).fit(*table)
    search_in(storages[1], 3).fit(*table)
    again = search_in(storages[1], 6).fit(*table)
    assert again.cv_results_["params"] == whole.cv_results_["params"]
    assert len({params["C"] for params in again.cv_results_["params"]}) == 6


def test_defaults_that_two_workers_queue_are_tried_once(table, monkeypatch):
    enqueue = optuna.Study.enqueue_trial

    def twice(study, *args, **kwargs):
        for _ in range(2):
            enqueue(study, *args, **kwargs)

    monkeypatch.setattr(optuna.Study, "enqueue_trial", twice)
    storage = optuna.storages.InMemoryStorage()
    search = search_in(storage, 3).fit(*table)
    assert len(search.trials_) == 3
    assert [trial.params["C"] for trial in search.trials_].count(1.0) == 1
