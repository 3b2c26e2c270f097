"""What a killed worker left is run again, once."""

import os
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from skmirai.model_selection import MiraiSearchCV
from skmirai.model_selection._search import lost_trials, storage
from skmirai.model_selection._search.lost_trials import mark_owner, queue_lost_trials
from skmirai.model_selection._search.storage import opened_study
from tests.model_selection.search.workers import drawn, working

optuna = pytest.importorskip("optuna")

FAIL, RUNNING, WAITING, COMPLETE = (
    optuna.trial.TrialState[name] for name in ("FAIL", "RUNNING", "WAITING", "COMPLETE")
)


def opened(address=None, study_name=None):
    return opened_study(address, study_name, sampler=None, pruner=None)


def states(study):
    return [trial.state for trial in study.get_trials()]


@pytest.fixture
def dead():
    """A process that has ended."""
    done = subprocess.Popen(["true"])
    done.wait()
    return done.pid


def owned_by(trial, **owner):
    """Let a trial belong to another process."""
    mark_owner(trial)
    trial.set_user_attr("owner", trial.user_attrs["owner"] | owner)


@pytest.mark.slow(after=1)
def test_trial_of_a_killed_process_is_run_again_once(address, study_name):
    study = opened(address, study_name)
    with working("hang", address, study_name, False) as worker:
        x = float(worker.stdout.readline())
        queue_lost_trials(study)
        assert states(study) == [RUNNING]
    at_once = Barrier(4)

    def queue(_):
        another = opened(address, study_name)
        at_once.wait(10)
        queue_lost_trials(another)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(queue, range(4)))
    assert states(study) == [FAIL, WAITING]
    study.optimize(drawn, 1)
    lost, again = study.get_trials()
    assert (lost.state, again.state) == (FAIL, COMPLETE)
    assert again.params == lost.params == {"x": x}
    assert again.user_attrs == lost.user_attrs
    assert again.user_attrs["fold"] == 3
    queue_lost_trials(study)
    assert len(study.get_trials()) == 2


@pytest.mark.slow
@pytest.mark.parametrize("address", ["sqlite", "postgres"], indirect=True)
def test_trial_of_another_host_is_lost_when_its_heart_stops(
    address, study_name, monkeypatch
):
    monkeypatch.setattr(storage, "GRACE_PERIOD", 1)
    study = opened(address, study_name)
    with working("hang", address, study_name, True) as worker:
        x = float(worker.stdout.readline())

    deadline = time.monotonic() + 60
    while states(study) == [RUNNING] and time.monotonic() < deadline:
        time.sleep(0.2)
        queue_lost_trials(study)
    assert states(study) == [FAIL, WAITING]
    study.optimize(drawn, 1)
    assert states(study) == [FAIL, COMPLETE]
    assert study.best_trial.params == {"x": x}


def test_trial_that_may_still_run_is_left_alone(dead):
    study = opened()
    study.ask()
    mark_owner(study.ask())
    owned_by(study.ask(), host="elsewhere", pid=dead)
    queue_lost_trials(study)
    assert states(study) == [RUNNING] * 3


def test_owner_of_the_lost_trial_does_not_own_the_next(dead):
    study = opened()
    owned_by(study.ask(), pid=dead)
    queue_lost_trials(study)
    study.ask()
    queue_lost_trials(study)
    assert states(study) == [FAIL, RUNNING]


def test_trial_that_nobody_marks_is_lost_after_a_while(monkeypatch):
    study = opened()
    study.ask()
    queue_lost_trials(study)
    assert states(study) == [RUNNING]
    monkeypatch.setattr(lost_trials, "UNMARKED_PERIOD", 0)
    queue_lost_trials(study)
    assert states(study) == [FAIL, WAITING]
    mark_owner(study.ask())
    queue_lost_trials(study)
    assert states(study) == [FAIL, RUNNING]


def test_number_of_a_process_is_given_anew():
    study = opened()
    trial = study.ask()
    mark_owner(trial)
    owner = trial.user_attrs["owner"]
    assert owner["host"] == socket.gethostname()
    assert owner["pid"] == os.getpid()
    owned_by(trial, started=owner["started"] - 5)
    queue_lost_trials(study)
    assert states(study) == [FAIL, WAITING]


def test_process_that_nobody_waits_for_is_gone():
    with subprocess.Popen(["true"], stdout=subprocess.PIPE) as unreaped:
        unreaped.stdout.read()
        study = opened()
        owned_by(study.ask(), pid=unreaped.pid)
        queue_lost_trials(study)
        assert states(study) == [FAIL, WAITING]


def test_trial_that_kills_its_workers_comes_to_an_end(dead):
    study = opened()
    study.enqueue_trial({"x": 1})
    for _ in range(1 + lost_trials.MAX_RETRIES):
        owned_by(study.ask(), pid=dead)
        queue_lost_trials(study)
    assert states(study) == [FAIL] * (1 + lost_trials.MAX_RETRIES)


def test_a_worker_whose_trial_was_taken_for_lost_goes_on(tmp_path):
    """As after a machine has slept: the trial is over, and queued anew."""
    X, y = np.arange(20.0)[:, None] % 7, np.arange(20) % 2
    was_lost = []

    def loses_the_first(trial):
        study = getattr(trial, "study", None)
        if study and study.study_name == "slept" and not was_lost:
            was_lost.append(trial.number)
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        return {"max_depth": trial.suggest_int("max_depth", 1, 3)}

    search = MiraiSearchCV(
        DecisionTreeClassifier(random_state=0),
        loses_the_first,
        n_trials=3,
        cv=2,
        storage=tmp_path / "journal",
        study_name="slept",
        random_state=0,
    ).fit(X, y)
    assert len(search.trials_) == 3
    assert was_lost[0] not in [trial.number for trial in search.trials_]
