"""Trials that killed workers left: found, marked as failed, and queued anew.

Optuna lets another worker find them in a database, by a heartbeat that has stopped. A
journal has no heartbeats, so that each trial names its process, too.
"""

import os
import socket
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import psutil

from skmirai.utils import import_optional

if TYPE_CHECKING:
    import optuna

# A trial that kills its workers, for want of memory perhaps, must come to an end.
MAX_RETRIES = 3

OWNER = "owner"

# A process marks its trial at once: seconds until one without a mark is lost, by the
# clock of the process that looks, since those of hosts differ.
UNMARKED_PERIOD = 60

_first_seen: "WeakKeyDictionary[optuna.Study, dict[int, float]]" = WeakKeyDictionary()


def mark_owner(trial: "optuna.Trial") -> None:
    """Write down which process runs a trial.

    The user attribute ``owner`` holds the trial's number, the host's name, the process
    and the seconds from the host's start to that of the process. Hosts and containers
    that share a study need names of their own.

    Parameters
    ----------
    trial : optuna.Trial
        A trial that this process has just been given.
    """
    pid = os.getpid()
    # A trial that is queued anew keeps its attributes; the number tells whose this is.
    trial.set_user_attr(
        OWNER,
        {
            "trial": trial.number,
            "host": socket.gethostname(),
            "pid": pid,
            "started": _started(pid),
        },
    )


def queue_lost_trials(study: "optuna.Study") -> None:
    """Queue what killed workers left, with the same parameters and user attributes.

    A trial is lost when its process is gone, which is seen on the host where it ran,
    when its heartbeat has stopped, in a database that has them, or when it has had no
    owner for a minute of calls, its process having died before it marked the trial. It
    is marked as failed and queued again, three times at most. Of several processes
    that find it, one queues it.

    Parameters
    ----------
    study : optuna.Study
        A study, whose trials `mark_owner` has marked.
    """
    optuna = import_optional("optuna", extra="tune", purpose="searches")
    queue = queue_again()
    with no_experimental_warnings():
        optuna.storages.fail_stale_trials(study)
    for trial in study.get_trials(states=[optuna.trial.TrialState.RUNNING]):
        if _is_lost(study, trial):
            try:
                study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
            except (ValueError, optuna.exceptions.UpdateFinishedTrialError):
                continue  # another process was first
            queue(study, trial)


def queue_again() -> "optuna.storages.RetryHeartbeatStaleTrialCallback":
    """Make the callback that queues a failed trial again, ``MAX_RETRIES`` times."""
    optuna = import_optional("optuna", extra="tune", purpose="searches")
    with no_experimental_warnings():
        return optuna.storages.RetryHeartbeatStaleTrialCallback(MAX_RETRIES)


@contextmanager
def no_experimental_warnings() -> Iterator[None]:
    """Silence what Optuna says of features that we call, not our users."""
    optuna = import_optional("optuna", extra="tune", purpose="searches")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield


def _is_lost(study: "optuna.Study", trial: "optuna.trial.FrozenTrial") -> bool:
    """Whether the process of a trial is gone, as far as this host can tell."""
    owner = trial.user_attrs.get(OWNER)
    if owner is None or owner["trial"] != trial.number:
        now = time.monotonic()
        seen = _first_seen.setdefault(study, {}).setdefault(trial.number, now)
        return now - seen > UNMARKED_PERIOD
    if owner["host"] != socket.gethostname():
        return False
    started = _started(owner["pid"])
    return started is None or abs(started - owner["started"]) > 1


def _started(pid: int) -> float | None:
    """Seconds from the host's start to that of a process; None if it is gone.

    Unlike the time of day they stay the same when the clock is set.
    """
    host_started = psutil.boot_time()
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process.create_time() - host_started
    except psutil.NoSuchProcess:
        return None
