"""Trials one after the other or side by side, until they are enough, or stopped."""

import threading

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skmirai import MiraiDNNClassifier
from skmirai.model_selection import MiraiSearchCV
from tests.model_selection.search.twins import assert_equal_results, grid_of

optuna = pytest.importorskip("optuna")

SPACE = {"max_depth": list(range(1, 9)), "min_samples_leaf": [1, 2, 3, 4]}

COMPLETE = optuna.trial.TrialState.COMPLETE


@pytest.mark.parametrize("pruner", [None, optuna.pruners.NopPruner()])
def test_equal_seeds_have_equal_trials(pruner, tree, data):
    search = MiraiSearchCV(tree, SPACE, n_trials=12, cv=3, pruner=pruner)
    one, two = (clone(search).set_params(random_state=5).fit(*data) for _ in range(2))
    assert [t.params for t in one.trials_] == [t.params for t in two.trials_]
    assert [t.state for t in one.trials_] == [t.state for t in two.trials_]
    for name in ("mean_test_score", "rank_test_score", "split0_test_score"):
        np.testing.assert_array_equal(one.cv_results_[name], two.cv_results_[name])
    assert one.best_params_ == two.best_params_
    other = search.set_params(random_state=6).fit(*data)
    drawn = [t.params for t in other.trials_]
    assert drawn != [t.params for t in one.trials_]


def test_a_random_state_goes_on_from_search_to_search(tree, data):
    random_state = np.random.RandomState(0)
    search = MiraiSearchCV(tree, SPACE, n_trials=8, random_state=random_state)
    one = [t.params for t in search.fit(*data).trials_]
    two = [t.params for t in search.fit(*data).trials_]
    assert one != two


def test_trials_in_threads_have_the_scores_of_a_grid(whole, tree, data):
    search = whole(tree, SPACE, n_trials=20, n_jobs=2).fit(*data)
    assert len(search.trials_) == 20
    assert_equal_results(search.cv_results_, grid_of(search, *data).cv_results_)


@pytest.mark.slow
def test_networks_in_threads_have_the_scores_of_serial_ones(whole, data):
    """Rung by rung, to the bit, with transformers that the threads share."""
    network = MiraiDNNClassifier(1, 4, epochs=4, batch_size=16, random_state=0)
    space = {
        "miraidnnclassifier__learning_rate": [0.001, 0.003, 0.01, 0.03],
        "miraidnnclassifier__dropout_rate": [0.1, 0.2],
    }
    options = {
        "estimator": make_pipeline(StandardScaler(), network),
        "space": space,
        "scoring": "neg_log_loss",
        "n_trials": 9,
        "rungs": (1, 4),
    }
    every = optuna.samplers.GridSampler(space, seed=0)
    serial = whole(**options, n_jobs=1, sampler=every).fit(*data)
    threads = whole(**options, n_jobs=2).fit(*data)
    known = {
        tuple(sorted(trial.params.items())): trial.user_attrs["rungs"]
        for trial in serial.trials_
    }
    assert len(known) == 8  # all that there is, the defaults among them
    for trial in threads.trials_:
        expected = known[tuple(sorted(trial.params.items()))]
        for one, other in zip(trial.user_attrs["rungs"], expected, strict=True):
            assert one["epochs"] == other["epochs"]
            assert [fold["test_scores"] for fold in one["scores"]] == [
                fold["test_scores"] for fold in other["scores"]
            ]


#: In a process of its own: workers that have seen no TensorFlow before take it for a
#: leak of memory.
PROCESSES = """
import joblib
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skmirai import MiraiDNNClassifier
from skmirai.model_selection import MiraiSearchCV

X, y = make_classification(80, random_state=0)
pipe = make_pipeline(StandardScaler(), MiraiDNNClassifier(1, 4, random_state=0))
space = {"miraidnnclassifier__learning_rate": [0.001, 0.01]}
search = MiraiSearchCV(
    pipe, space, n_trials=2, cv=2, rungs=(1, 4), scoring="neg_log_loss",
    random_state=0, n_jobs=2,
)
serial = clone(search).set_params(n_jobs=1).fit(X, y)
with joblib.parallel_config("loky"):
    search.fit(X, y)
for name in ("split0_test_score", "split1_test_score", "params"):
    assert list(search.cv_results_[name]) == list(serial.cv_results_[name]), name
assert search.best_estimator_.memory is None
print("equal")
"""


@pytest.mark.slow
def test_processes_have_the_scores_of_serial_trials(run_python):
    """Fitted Pipelines go back and forth between them, rung by rung."""
    assert run_python(PROCESSES) == "equal\n"


def test_two_trials_run_at_a_time(data):
    """Each waits for the other: one alone would wait for ever."""
    meeting = threading.Barrier(2, timeout=60)

    class Meets(DecisionTreeClassifier):
        def fit(self, X, y):
            meeting.wait()
            return super().fit(X, y)

    space = {"ccp_alpha": [0.0, 0.1, 0.2, 0.3]}
    MiraiSearchCV(
        Meets(),
        space,
        n_trials=2,
        n_jobs=2,
        cv=2,
        refit=False,
        error_score="raise",
        sampler=optuna.samplers.RandomSampler(seed=1),
    ).fit(*data)
    assert not meeting.broken


def test_errors_in_threads_are_raised(data):
    class Fails(SVC):
        def fit(self, X, y):
            raise RuntimeError("a fit that fails")

    with pytest.raises(RuntimeError, match="a fit that fails"):
        MiraiSearchCV(Fails(), {"C": [1.0]}, n_jobs=2, error_score="raise").fit(*data)


def test_time_ends_a_search_without_a_number_of_trials(tree, data):
    """After the first trial the time is over."""
    seen = []

    def clock(study, trial):
        seen.append(trial.number)
        clock.waited.wait(1.1)

    clock.waited = threading.Event()
    search = MiraiSearchCV(
        tree, SPACE, n_trials=None, timeout=1, callbacks=clock, cv=2
    ).fit(*data)
    assert seen == [0]
    assert len(search.trials_) == 1


def test_no_time_at_all(tree, data):
    with pytest.raises(ValueError, match="has come to its end; give more than timeout"):
        MiraiSearchCV(tree, SPACE, timeout=1e-9).fit(*data)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_callbacks_see_every_trial(n_jobs, tree, data):
    seen, states = [], []

    def second(study, trial):
        states.append(trial.state.is_finished())

    search = MiraiSearchCV(
        tree,
        SPACE,
        n_trials=12,
        n_jobs=n_jobs,
        callbacks=[lambda study, trial: seen.append(trial.number), second],
    ).fit(*data)
    assert sorted(seen) == list(range(12))
    assert states == 12 * [True]
    assert len(search.trials_) == 12


def test_a_callback_may_stop_the_study(tree, data):
    def stop(study, trial):
        if trial.number == 3:
            study.stop()

    search = MiraiSearchCV(tree, SPACE, n_trials=50, callbacks=stop).fit(*data)
    assert len(search.trials_) == 4
    endless = MiraiSearchCV(tree, SPACE, n_trials=None, timeout=600, callbacks=stop)
    assert len(endless.fit(*data).trials_) == 4


def test_callbacks_of_optuna(tree, data):
    enough = optuna.study.MaxTrialsCallback(5, states=(COMPLETE,))
    search = MiraiSearchCV(
        tree,
        SPACE,
        n_trials=50,
        callbacks=[enough],
        pruner=optuna.pruners.NopPruner(),
    ).fit(*data)
    assert len(search.trials_) == 5


def test_a_sampler_may_end_the_search(data):
    """A grid that has been gone through, after the defaults."""
    space = {"C": [2.0, 3.0], "kernel": ["linear", "poly"]}
    search = MiraiSearchCV(
        SVC(),
        space,
        n_trials=50,
        sampler=optuna.samplers.GridSampler(space),
        pruner=optuna.pruners.NopPruner(),
    ).fit(*data)
    drawn = {(p["C"], p["kernel"]) for p in search.cv_results_["params"][1:]}
    assert len(drawn) == 4
    assert len(search.trials_) <= 6


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_errors_of_callbacks_are_raised_and_nothing_is_lost(n_jobs, tree, data):
    def fails(study, trial):
        if trial.number == 4:
            raise OSError("a callback that fails")

    search = MiraiSearchCV(
        tree, SPACE, n_trials=20, callbacks=fails, n_jobs=n_jobs, study=new_study()
    )
    with pytest.raises(OSError, match="a callback that fails"):
        search.fit(*data)
    over = [trial for trial in search.study_.trials if trial.state.is_finished()]
    assert len(over) >= 5
    search.set_params(callbacks=None).fit(*data)
    assert len(search.trials_) == 20
    assert [trial.params for trial in search.trials_[:4]] == [
        trial.params for trial in over[:4]
    ]


def new_study(**options):
    sampler = optuna.samplers.TPESampler(seed=0)
    usual = {"direction": "maximize", "sampler": sampler}
    return optuna.create_study(**usual | options)


def test_a_study_of_the_users_own_goes_on(tree, data):
    study = new_study(sampler=optuna.samplers.TPESampler(seed=0))
    search = MiraiSearchCV(tree, SPACE, n_trials=5, study=study, random_state=0)
    search.fit(*data)
    assert search.study_ is study
    first = [trial.params for trial in search.trials_]
    longer = clone(search).set_params(n_trials=9, study=study).fit(*data)
    assert [trial.params for trial in longer.trials_[:5]] == first
    assert len(longer.trials_) == len(study.trials) == 9
    assert longer.best_score_ >= search.best_score_
    fewer = clone(search).set_params(n_trials=3, study=study).fit(*data)
    assert len(fewer.trials_) == 9  # nothing to do


def test_clones_have_a_copy_of_the_study(tree, data):
    """Of one in memory: two clones that are fitted do not share it."""
    search = MiraiSearchCV(tree, SPACE, n_trials=4, study=new_study(), cv=2)
    copies = [clone(search).fit(*data) for _ in range(2)]
    assert search.study.trials == []
    assert [len(each.study_.trials) for each in copies] == [4, 4]


def test_scores_of_training_are_nan_where_nobody_asked(tree, data):
    study = new_study()
    search = MiraiSearchCV(
        tree, SPACE, n_trials=3, cv=2, study=study, pruner=optuna.pruners.NopPruner()
    )
    search.fit(*data)
    search.set_params(return_train_score=True, n_trials=5)
    with pytest.warns(UserWarning, match="train scores are non-finite"):
        search.fit(*data)
    missing = np.isnan(search.cv_results_["mean_train_score"])
    assert missing.tolist() == [True, True, True, False, False]


def test_the_bar_shows_the_best_score(tree, data, capsys):
    MiraiSearchCV(tree, SPACE, n_trials=4, verbose=1, random_state=0).fit(*data)
    shown = capsys.readouterr().err
    assert "4/4" in shown
    assert "best=0." in shown


def test_the_bar_counts_trials_of_other_workers(tree, data, capsys):
    """Here one that is over between two of this search."""
    study = new_study()

    def other(study, trial):
        if trial.number == 1:
            mine = {"params": trial.params, "distributions": trial.distributions}
            study.add_trial(optuna.trial.create_trial(value=0.5, **mine))

    search = MiraiSearchCV(tree, SPACE, n_trials=5, verbose=1, refit=False, cv=2)
    search.set_params(study=study, callbacks=other).fit(*data)
    shown = capsys.readouterr().err
    assert len(study.trials) == 5
    assert "5/5" in shown


def test_trials_that_wait_in_a_study_come_first(tree, data):
    """As those that a user has queued; the defaults come behind them."""
    study = new_study()
    study.enqueue_trial({"max_depth": 7, "min_samples_leaf": 3})
    search = MiraiSearchCV(tree, SPACE, n_trials=3, study=study, random_state=0)
    params = search.fit(*data).cv_results_["params"]
    assert params[0] == {"max_depth": 7, "min_samples_leaf": 3}
    assert params[1] == {"max_depth": 2, "min_samples_leaf": 1}


def test_optuna_is_quiet_and_as_it_was(tree, data, capsys):
    level = optuna.logging.get_verbosity()
    MiraiSearchCV(tree, SPACE, n_trials=2).fit(*data)
    assert optuna.logging.get_verbosity() == level
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""
