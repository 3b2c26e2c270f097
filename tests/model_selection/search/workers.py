"""Processes that run trials of a study, until they are killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from skmirai.model_selection._search.lost_trials import mark_owner
from skmirai.model_selection._search.storage import opened_study

ROOT = Path(__file__).parents[3]


@contextmanager
def working(*arguments):
    """Start a worker; kill it at the end, where it is not done before."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__, json.dumps(arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        try:
            yield worker
        finally:
            worker.send_signal(signal.SIGKILL)


def drawn(trial):
    return trial.suggest_float("x", 0, 1000)


def run(address, study_name, n_trials):
    """Run trials once told to; print which values they drew."""
    study = opened_study(address, study_name, sampler=None, pruner=None)
    print("ready", flush=True)
    input()
    study.optimize(drawn, n_trials, callbacks=[lambda _, trial: print(trial.value)])


def hang(address, study_name, elsewhere):
    """Stay in the middle of a trial, on this host or another one."""
    if elsewhere:
        socket.gethostname = lambda: "elsewhere"

    def objective(trial):
        mark_owner(trial)
        trial.set_user_attr("fold", 3)
        x = drawn(trial)
        if elsewhere:
            trial.storage.record_heartbeat(trial._trial_id)  # one at least
        print(x, flush=True)
        time.sleep(600)

    study = opened_study(address, study_name, sampler=None, pruner=None)
    study.optimize(objective, 1)


if __name__ == "__main__":
    task, *given = json.loads(sys.argv[1])
    {"run": run, "hang": hang}[task](*given)
