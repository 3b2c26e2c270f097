"""``skmirai tune`` in several processes, one of which is killed or interrupted."""

import signal
import subprocess
import time
from pathlib import Path

import pytest
from optuna.trial import TrialState

from tests.cli.tuning import COLUMNS, DRAWN, QUICK, flow_table, trials_of
from tests.postgres import PASSWORD, postgres_server

pytestmark = pytest.mark.slow

#: Trials that last for seconds.
LONG = [*COLUMNS, *QUICK, "--epochs", 600]


@pytest.fixture(scope="module")
def csv(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "flows.csv"
    flow_table().to_csv(path, index=False)
    return path


@pytest.fixture
def worker(csv, start):
    """Start the command in a process of its own."""

    def run(*options):
        output = {"stdout": subprocess.PIPE, "text": True}
        return start("tune", csv, *LONG, *options, **output)

    return run


@pytest.fixture(params=["journal", "postgres"])
def storage(request, tmp_path):
    if request.param == "postgres":
        return request.getfixturevalue("postgres")
    return tmp_path / "search.journal"


def stopped_in_a_trial(process, storage, study="flows"):
    """Stop a worker in the middle of a trial behind the first; return all trials.

    Some end soon, so that it is stopped before it is looked at for good.
    """

    def trials_while_one_runs():
        if "://" not in str(storage) and not Path(storage).exists():
            return None
        try:
            trials = trials_of(storage, study)
        except KeyError:  # the study is not there yet
            return None
        runs = len(trials) > 1 and trials[-1].state == TrialState.RUNNING
        return trials if runs and {*DRAWN} <= {*trials[-1].params} else None

    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()
        if trials_while_one_runs():
            process.send_signal(signal.SIGSTOP)
            if trials := trials_while_one_runs():
                return trials
            process.send_signal(signal.SIGCONT)
        time.sleep(0.05)
    raise AssertionError("no trial in the middle in 120 seconds")


def finished(trials):
    return [t for t in trials if t.state in (TrialState.COMPLETE, TrialState.PRUNED)]


def test_two_workers_share_the_trials(storage, worker):
    workers = [worker("--storage", storage, "--n-trials", 8) for _ in range(2)]
    printed = []
    for each in workers:
        out, err = each.communicate(timeout=300)
        assert (each.returncode, err) == (0, "")
        printed.append(out)
    assert printed[0] == printed[1]
    assert "\n8 trials in the study flows: " in printed[0]
    trials = finished(trials_of(storage))
    assert len(trials) == 8
    assert len({tuple(trial.params.items()) for trial in trials}) == 8
    owners = {trial.user_attrs["owner"]["pid"] for trial in trials}
    assert owners == {each.pid for each in workers}


def test_trial_of_a_killed_worker_is_run_again(storage, worker):
    options = ["--storage", storage, "--n-trials", 4, "--study", "killed"]
    killed = worker(*options)
    *before, lost = stopped_in_a_trial(killed, storage, "killed")
    killed.kill()
    killed.wait(60)
    assert finished(before) == before
    other = worker(*options)
    out, err = other.communicate(timeout=300)
    assert (other.returncode, err) == (0, "")
    assert "\n4 trials in the study killed: " in out
    after = trials_of(storage, "killed")
    assert after[: lost.number] == before
    assert after[lost.number].state == TrialState.FAIL
    assert after[lost.number].params == lost.params
    assert len(finished(after)) == 4
    params = [trial.params for trial in finished(after)]
    assert lost.params in params
    assert len({tuple(each.items()) for each in params}) == 4


def test_interrupt_prints_and_keeps_what_was_found(worker, tmp_path):
    storage, model = tmp_path / "search.journal", tmp_path / "m.skmirai"
    process = worker("--storage", storage, "--best", model)
    *before, _ = stopped_in_a_trial(process, storage)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "search was interrupted" in err
    assert f"\n{len(before)} trials in the study flows: " in out
    assert model.exists()
    assert finished(trials_of(storage)) == before


def test_storage_that_is_lost_on_the_way(worker):
    with postgres_server() as storage:
        process = worker("--storage", storage)
        stopped_in_a_trial(process, storage)
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err.count("\n")) == (1, "", 1), err
    assert "the storage was lost" in err
    assert "give the same command again" in err
    assert PASSWORD not in err
