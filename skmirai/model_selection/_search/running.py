"""Runs the trials of a study until there are enough, with other workers or alone."""

import math
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import optuna
from sklearn.exceptions import ConvergenceWarning

from skmirai.model_selection._search.lost_trials import queue_lost_trials
from skmirai.model_selection._search.quiet import quiet_optuna
from skmirai.model_selection._search.sampling import learning_inside
from skmirai.model_selection._search.trials import (
    FitFailedError,
    OneTooManyError,
    Trials,
    counts,
)
from skmirai.utils._interrupts import first_told
from skmirai.utils._progress import progress_bar

#: Seconds between two looks at trials of other workers.
_PATIENCE = 0.5

Callback = Callable[["optuna.Study", Any], None]


def run(
    study: "optuna.Study",
    trials: Trials,
    *,
    timeout: float | None,
    callbacks: Sequence[Callback],
    verbose: int,
) -> bool:
    """Run trials until as many are over as were asked for, or time is.

    Parameters
    ----------
    study : optuna.Study
        Those that it holds already count.
    trials : Trials
        What a trial is.
    timeout : float or None
        Seconds after which no trial begins.
    callbacks : sequence of callable
        Are given the study and each trial that is over.
    verbose : int
        Above 0 a bar shows the trials and the best score so far.

    Returns
    -------
    bool
        Whether the user has interrupted it.
    """
    end = math.inf if timeout is None else time.monotonic() + timeout
    with (
        quiet_optuna(),
        _quiet_rungs(trials),
        learning_inside(study),
        _interrupts(trials),
        _Bar(study, trials, verbose) as bar,
    ):
        try:
            while time.monotonic() < end:
                queue_lost_trials(study)
                if left := _left(study, trials):
                    if _stopped(study, trials, left, end, [*callbacks, bar]):
                        break
                elif _others_at_work(study):
                    time.sleep(_PATIENCE)
                    bar.refresh(study)
                else:
                    break
        except KeyboardInterrupt:
            trials.stopped = True
        except Exception as error:
            # where an interrupt meets Optuna's own work, that stumbles over it
            if not (trials.stopped or isinstance(error.__context__, KeyboardInterrupt)):
                raise
            trials.stopped = True
        finally:
            _end_own(study, trials)
    return trials.stopped


def _stopped(
    study: "optuna.Study",
    trials: Trials,
    left: float,
    end: float,
    callbacks: Sequence[Callback],
) -> bool:
    """Run trials; tell whether a callback or the sampler has stopped the study."""
    over: list[Any] = []

    def count(study: "optuna.Study", trial: Any) -> None:
        over.append(trial)
        if not _left(study, trials):
            study.stop()

    try:
        study.optimize(
            trials,
            n_trials=None if math.isinf(left) else int(left),
            timeout=None if math.isinf(end) else end - time.monotonic(),
            n_jobs=trials.workers.n_trials,
            catch=(FitFailedError, OneTooManyError),
            callbacks=[*callbacks, count],
        )
    except ValueError as error:
        # another worker took a trial for lost and queued it anew, as after a machine
        # has slept for longer than heartbeats may be away
        if not str(error).startswith("Cannot tell a"):
            raise
        return False
    in_time = time.monotonic() < end
    return in_time and len(over) < left and bool(_left(study, trials))


def _left(study: "optuna.Study", trials: Trials) -> float:
    """Trials that nobody has begun."""
    if trials.n_trials is None:
        return math.inf
    n_begun = sum(map(counts, study.get_trials(deepcopy=False)))
    return max(0, trials.n_trials - n_begun)


def _end_own(study: "optuna.Study", trials: Trials) -> None:
    """Mark trials as failed that an interrupt has left in the middle.

    While this process lives, nobody else would take them for lost.
    """
    running = (optuna.trial.TrialState.RUNNING,)
    for trial in study.get_trials(deepcopy=False, states=running):
        if trial.number in trials.begun:
            with suppress(ValueError, optuna.exceptions.UpdateFinishedTrialError):
                study.tell(trial.number, state=optuna.trial.TrialState.FAIL)


def _others_at_work(study: "optuna.Study") -> bool:
    """Tell whether other workers have trials that are not over."""
    running = (optuna.trial.TrialState.RUNNING,)
    return bool(study.get_trials(deepcopy=False, states=running))


@contextmanager
def _quiet_rungs(trials: Trials) -> Iterator[None]:
    """Silence fits that are stopped early on purpose; the last fit may still warn."""
    with warnings.catch_warnings():
        if trials.rungs is not None:
            warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@contextmanager
def _interrupts(trials: Trials) -> Iterator[None]:
    """Let the first Ctrl-C stop all threads, and a second one as it always does."""

    def stop() -> None:
        trials.stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    with first_told(stop):
        yield


class _Bar:
    """Progress over trials, with the best score so far."""

    def __init__(self, study: "optuna.Study", trials: Trials, verbose: int) -> None:
        self._bar = progress_bar(
            trials.n_trials, desc="trials", unit="trial", shown=verbose > 0
        )
        self._lock = threading.Lock()
        self.refresh(study)

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, study: "optuna.Study", trial: Any) -> None:
        if counts(trial):
            self.refresh(study)

    def refresh(self, study: "optuna.Study") -> None:
        """Show the trials that are over, those of other workers too."""
        if self._bar.disable:
            return
        with self._lock:
            with suppress(ValueError):  # none is complete yet
                self._bar.set_postfix(best=f"{study.best_value:.4g}", refresh=False)
            trials = study.get_trials(deepcopy=False)
            over = sum(counts(each) and each.state.is_finished() for each in trials)
            self._bar.update(over - self._bar.n)
