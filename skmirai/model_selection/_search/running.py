"""Runs the trials of a study until there are enough, with other workers or alone."""

import logging
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import optuna

from skmirai.model_selection._search.lost_trials import queue_lost_trials
from skmirai.model_selection._search.pruning import PROTECTED
from skmirai.model_selection._search.trials import (
    FitFailedError,
    OneTooManyError,
    Trials,
    counts,
)
from skmirai.utils._progress import progress_bar

#: Seconds between two looks at trials of other workers.
_PATIENCE = 0.5

Callback = Callable[["optuna.Study", Any], None]


def queue_defaults(study: "optuna.Study", trials: Trials) -> None:
    """Make the parameters of the estimator as it is the first trial of a new study.

    Where the space holds them, the sampler learns from them as from any other trial.
    """
    if study.get_trials(deepcopy=False):
        return
    own = trials.estimator.get_params()
    values = trials.space.values_of(own)
    drawn = _drawn(trials, values)
    found = all(name in own and _same(own[name], value) for name, value in drawn)
    if found:
        study.enqueue_trial(values, user_attrs={PROTECTED: "drawn"})
    else:
        study.enqueue_trial({}, user_attrs={PROTECTED: "as they are"})


def _drawn(trials: Trials, values: dict[str, Any]) -> list[tuple[str, Any]]:
    """Parameters that a trial comes out at if it is to draw these values."""
    with quiet_optuna():
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        study.enqueue_trial(values)
        return [*trials.space.suggest(study.ask()).items()]


def _same(one: Any, other: Any) -> bool:
    plain = (bool, int, float, str, type(None))
    if isinstance(one, plain):
        return type(one) is type(other) and one == other
    return repr(one) == repr(other)


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
    with quiet_optuna(), _interrupts(trials), _Bar(study, trials, verbose) as bar:
        try:
            while (left := _left(study, trials)) and time.monotonic() < end:
                queue_lost_trials(study)
                study.optimize(
                    trials,
                    n_trials=None if math.isinf(left) else int(left),
                    timeout=None if math.isinf(end) else end - time.monotonic(),
                    n_jobs=trials.workers.n_trials,
                    catch=(FitFailedError, OneTooManyError),
                    callbacks=[*callbacks, bar, _stop_when_enough(trials)],
                )
            _wait_for_others(study, trials, end)
        except KeyboardInterrupt:
            trials.stopped = True
            return True
    return False


def _left(study: "optuna.Study", trials: Trials) -> float:
    """Trials that nobody has begun."""
    if trials.n_trials is None:
        return math.inf
    n_begun = sum(map(counts, study.get_trials(deepcopy=False)))
    return max(0, trials.n_trials - n_begun)


def _stop_when_enough(trials: Trials) -> Callback:
    def stop(study: "optuna.Study", trial: Any) -> None:
        if not _left(study, trials):
            study.stop()

    return stop


def _wait_for_others(study: "optuna.Study", trials: Trials, end: float) -> None:
    """Wait for the trials of other workers, and run those that a dead one has left."""
    running = (optuna.trial.TrialState.RUNNING,)
    while time.monotonic() < end and study.get_trials(deepcopy=False, states=running):
        time.sleep(_PATIENCE)
        queue_lost_trials(study)
        if _left(study, trials):
            study.optimize(trials, n_trials=1, catch=(FitFailedError, OneTooManyError))


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keep Optuna from telling of each trial; its level is given back."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(level, logging.ERROR))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)


@contextmanager
def _interrupts(trials: Trials) -> Iterator[None]:
    """Let the first Ctrl-C stop all threads, and a second one as it always does."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def stop(number: int, frame: Any) -> None:
        trials.stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class _Bar:
    """Progress over trials, with the best score so far."""

    def __init__(self, study: "optuna.Study", trials: Trials, verbose: int) -> None:
        self._bar = progress_bar(
            trials.n_trials, desc="trials", unit="trial", shown=verbose > 0
        )
        self._lock = threading.Lock()
        self._bar.update(sum(map(counts, study.get_trials(deepcopy=False))))

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, study: "optuna.Study", trial: Any) -> None:
        if not counts(trial):
            return
        with self._lock:
            with suppress(ValueError):  # none is complete yet
                self._bar.set_postfix(best=f"{study.best_value:.4g}", refresh=False)
            self._bar.update()
