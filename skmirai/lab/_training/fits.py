"""Train networks on the lab's table, and take their time."""

import math
import os
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skmirai.lab._protocol import SETTINGS
from skmirai.lab._training.judgement import judged
from skmirai.lab._training.load import LoadSampler
from skmirai.lab._training.validation import ValidationCurves
from skmirai.lab._work.context import LabContext
from skmirai.neural_network import MiraiDNNClassifier
from skmirai.utils import n_usable_cores

#: Variable by which TensorFlow learns how many threads to use for one operation.
THREADS = "TF_NUM_INTRAOP_THREADS"


class EpochClock:
    """A scikit-learn callback that takes the time of every epoch and tells of it.

    Parameters
    ----------
    report_epoch : callable
        Called with the number of epochs done.

    Attributes
    ----------
    seconds : list of float
        Time of each epoch, validation included.
    steady_from : float or None
        Moment of :func:`time.perf_counter` at which the first epoch ended, which
        compiles; None if there is no other.
    """

    def __init__(self, report_epoch: Any) -> None:
        self.report_epoch = report_epoch

    def setup(self, estimator: Any, context: Any) -> None:
        """Start."""
        self.seconds: list[float] = []
        self.steady_from: float | None = None
        self._first_end: float | None = None

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Take the time where an epoch begins."""
        if context.task_name == "epoch":
            self._begin = time.perf_counter()
            self.steady_from = self._first_end

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Take the time of an epoch."""
        if context.task_name != "epoch":
            return
        now = time.perf_counter()
        self.seconds.append(now - self._begin)
        self._first_end = self._first_end or now
        self.report_epoch(len(self.seconds))

    def teardown(self, estimator: Any, context: Any) -> None:
        """Nothing to close."""

    @property
    def steady(self) -> list[float]:
        """Times without the first epoch, which compiles, if there are others."""
        return self.seconds[1:] or self.seconds


def classifier(
    context: LabContext, settings: Mapping[str, Any], seed: int = 0
) -> MiraiDNNClassifier:
    """Make the network of a training.

    Parameters
    ----------
    context : LabContext
        Table, standardisation and seed.
    settings : mapping
        Parameters that differ from ``SETTINGS``.
    seed : int, default=0
        Added to the seed of the lab.

    Returns
    -------
    MiraiDNNClassifier
        Not fitted yet.
    """
    return MiraiDNNClassifier(
        **{
            **SETTINGS,
            **settings,
            "drop_columns": context.table.n_dropped,
            "scaler": context.scaler(),
            "random_state": context.random_state + seed,
        }
    )


def fit(
    context: LabContext,
    estimator: Any,
    X: np.ndarray,
    y: np.ndarray,
    train: np.ndarray,
    validation: np.ndarray | None = None,
    *,
    dropout_on: bool = False,
) -> tuple[EpochClock, dict[str, Any]]:
    """Fit to some rows of a table on the disk.

    Parameters
    ----------
    context : LabContext
        Is told of every epoch.
    estimator : MiraiDNNClassifier or MiraiDNNRegressor
        Is fitted.
    X, y : ndarray
        The whole table and its targets.
    train, validation : ndarray of int
        Row numbers.
    dropout_on : bool, default=False
        Whether to validate a second time after each epoch, with units dropped.

    Returns
    -------
    clock : EpochClock
        Times of the epochs.
    figures : dict
        "fit_seconds", "epoch_seconds", "n_epochs", "n_parameters", and "history",
        of a classifier with the figures of :class:`ValidationCurves`.
    """
    clock = EpochClock(context.report_epoch)
    curves, rest = None, {}
    if validation is not None and is_classifier(estimator):
        curves = ValidationCurves(X[validation], y[validation], dropout_on=dropout_on)
    elif validation is not None:
        rest = {"X_val": X[validation], "y_val": y[validation]}
    # the clock comes last, so that an epoch's time holds its validation
    estimator.set_callbacks(*([curves] if curves else []), clock)
    rows, targets = X[train], y[train]
    start = time.perf_counter()
    estimator.fit(rows, targets, **rest)
    seconds = time.perf_counter() - start
    estimator.set_callbacks()
    return clock, {
        "fit_seconds": seconds,
        "epoch_seconds": float(np.median(clock.steady)),
        "n_epochs": estimator.n_iter_,
        "n_parameters": estimator.n_parameters_,
        "history": {**estimator.history_, **(curves.history if curves else {})},
    }


def train_and_judge(context: LabContext, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Train, validate after every epoch, evaluate on the test rows."""
    X, y = context.table.open()
    splits = context.splits()
    clf = classifier(context, settings)
    _, figures = fit(context, clf, X, y, splits.train, splits.validation)
    return {**figures, **judged(clf, X[splits.test], y[splits.test])}


def time_epochs(context: LabContext, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Take the time of epochs, and the load, while nothing else runs."""
    X, y = context.table.open()
    splits = context.splits()
    clf = classifier(context, settings)
    with LoadSampler() as sampler:
        clock, figures = fit(context, clf, X, y, splits.train, splits.validation)
    batch_size, n_rows = clf.batch_size, len(splits.train)
    return {
        **figures,
        **judged(clf, X[splits.test], y[splits.test]),
        "load": sampler.summary(after=clock.steady_from),
        "n_rows": n_rows,
        "updates": math.ceil(n_rows / batch_size),
        "threads": int(os.environ.get(THREADS, n_usable_cores())),
    }
