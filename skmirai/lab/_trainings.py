"""What each part of the lab computes by training networks."""

import math
import os
import time
from typing import Any

import numpy as np
import psutil
from sklearn.linear_model import Ridge
from sklearn.metrics import log_loss, r2_score, root_mean_squared_error
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmirai.lab._actions import LabContext
from skmirai.lab._protocol import FOLDS_SEED, N_FOLDS, N_PASSES, SETTINGS
from skmirai.neural_network import MiraiDNNClassifier, MiraiDNNRegressor, build_dnn
from skmirai.neural_network._engine.devices import gpu_names
from skmirai.utils import hardware, n_usable_cores

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
    busy : float
        Processors busy on average, from the second epoch on.
    """

    def __init__(self, report_epoch: Any) -> None:
        self.report_epoch = report_epoch

    def setup(self, estimator: Any, context: Any) -> None:
        """Start."""
        self.seconds: list[float] = []
        self._processor: list[float] = []

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Take the time where an epoch begins."""
        if context.task_name == "epoch":
            self._begin = time.perf_counter(), time.process_time()

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Take the time of an epoch."""
        if context.task_name != "epoch":
            return
        start, processor = self._begin
        self._processor.append(time.process_time() - processor)
        self.seconds.append(time.perf_counter() - start)
        self.report_epoch(len(self.seconds))

    def teardown(self, estimator: Any, context: Any) -> None:
        """Nothing to close."""

    @property
    def steady(self) -> list[float]:
        """Times without the first epoch, which compiles, if there are others."""
        return self.seconds[1:] or self.seconds

    @property
    def busy(self) -> float:
        """Processors that were busy on average."""
        return sum(self._processor[-len(self.steady) :]) / sum(self.steady)


def _classifier(context: LabContext, settings: dict[str, Any], seed: int) -> Any:
    return MiraiDNNClassifier(
        **{
            **SETTINGS,
            **settings,
            "drop_columns": context.table.n_dropped,
            "scaler": context.scaler(),
            "random_state": context.random_state + seed,
        }
    )


def _fit(
    context: LabContext,
    estimator: Any,
    X: np.ndarray,
    y: np.ndarray,
    train: np.ndarray,
    validation: np.ndarray | None = None,
) -> tuple[EpochClock, float]:
    """Fit to some rows of a table on the disk; return the clock and the time."""
    clock = EpochClock(context.report_epoch)
    estimator.set_callbacks(clock)
    rest: dict[str, Any] = {}
    if validation is not None:
        rest = {"X_val": X[validation], "y_val": y[validation]}
    rows, targets = X[train], y[train]
    start = time.perf_counter()
    estimator.fit(rows, targets, **rest)
    seconds = time.perf_counter() - start
    estimator.set_callbacks()
    return clock, seconds


def _figures(estimator: Any, clock: EpochClock, seconds: float) -> dict[str, Any]:
    return {
        "fit_seconds": seconds,
        "epoch_seconds": float(np.median(clock.steady)),
        "n_epochs": estimator.n_iter_,
        "n_parameters": estimator.n_parameters_,
        "history": estimator.history_,
    }


def train(
    context: LabContext, settings: dict[str, Any], seed: int, model: str
) -> dict[str, Any]:
    """Train, evaluate on validation and test rows, save the network."""
    return _train(context, settings, seed, model)[0]


def _train(
    context: LabContext, settings: dict[str, Any], seed: int, model: str
) -> tuple[dict[str, Any], Any]:
    X, y = context.table.open()
    splits = context.splits()
    clf = _classifier(context, settings, seed)
    clock, seconds = _fit(context, clf, X, y, splits.train, splits.validation)
    found = _figures(clf, clock, seconds)
    found["class_weight"] = clf.class_weight_.tolist()
    for prefix, rows in (("", splits.test), ("val_", splits.validation)):
        evaluated = clf.evaluate(X[rows], y[rows])
        found |= {f"{prefix}{metric}": value for metric, value in evaluated.items()}
    clf.save(context.store.model(model))
    return found, clf


def train_always_on(
    context: LabContext, settings: dict[str, Any], seed: int, model: str
) -> dict[str, Any]:
    """Train with dropout, then ask many times with dropout switched on."""
    found, clf = _train(context, settings, seed, model)
    X, y = context.table.open()
    test = context.splits().test
    X, y = X[test], y[test]
    start = time.perf_counter()
    drawn_by = context.random_state + seed
    passes = clf.mc_score(X, y, n_passes=N_PASSES, random_state=drawn_by)
    found["passes_seconds"] = time.perf_counter() - start
    found["passes"] = passes.tolist()
    thinned = clf.mc_score(
        X, y, n_passes=N_PASSES, masks="shared", random_state=drawn_by
    )
    found["thinned"] = thinned.tolist()
    one = clf.predict_uncertainty(X, n_passes=1, masks="per_row", random_state=drawn_by)
    found["pass_accuracy"] = float(passes[0])
    found["pass_loss"] = float(log_loss(y, one.proba[:, 1].astype(np.float64)))
    many = clf.predict_uncertainty(X, n_passes=N_PASSES, random_state=drawn_by)
    right = many.label == y
    for name, rows in (("right", right), ("wrong", ~right)):
        doubt = many.mutual_information[rows]
        found[f"doubt_when_{name}"] = float(doubt.mean()) if rows.any() else None
    sure = many.select(coverage=0.9)
    found["accuracy_of_surest_90"] = float(right[sure].mean())
    return found


def train_fold(
    context: LabContext, settings: dict[str, Any], fold: int
) -> dict[str, Any]:
    """Train on nine tenths of the training rows, evaluate on the tenth."""
    X, y = context.table.open()
    train = context.splits().train
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=FOLDS_SEED)
    for_training, held_out = list(folds.split(train, y[train]))[fold]
    clf = _classifier(context, settings, seed=0)
    clock, seconds = _fit(context, clf, X, y, train[for_training])
    rows = train[held_out]
    return {
        **_figures(clf, clock, seconds),
        "class_weight": clf.class_weight_.tolist(),
        **clf.evaluate(X[rows], y[rows]),
    }


def time_epochs(context: LabContext, settings: dict[str, Any]) -> dict[str, Any]:
    """Take the time of epochs while nothing else runs."""
    X, y = context.table.open()
    splits = context.splits()
    clf = _classifier(context, settings, seed=0)
    clock, seconds = _fit(context, clf, X, y, splits.train, splits.validation)
    batch_size, n_rows = clf.batch_size, len(splits.train)
    return {
        **_figures(clf, clock, seconds),
        **clf.evaluate(X[splits.test], y[splits.test]),
        "busy": clock.busy,
        "memory_mib": psutil.Process().memory_info().rss / 2**20,
        "updates": math.ceil(n_rows / batch_size),
        "threads": int(os.environ.get(THREADS, n_usable_cores())),
        "gpus": hardware()["gpus"],
    }


def train_regressor(context: LabContext, settings: dict[str, Any]) -> dict[str, Any]:
    """Predict a dropped column; beside it the mean and a linear model."""
    X, _ = context.table.open()
    target = context.table.target_column
    splits = context.splits()
    parameters = {k: v for k, v in SETTINGS.items() if k != "class_weight"}
    regressor = MiraiDNNRegressor(
        **{
            **parameters,
            **settings,
            "drop_columns": context.table.n_dropped,
            "scaler": context.scaler(),
            "random_state": context.random_state,
        }
    )
    y = np.ascontiguousarray(X[:, target])
    centre, spread = y[splits.train].mean(), y[splits.train].std()
    if not spread:
        raise ValueError(
            f"column {target}, the target, is {centre} in all training rows; there is "
            f"nothing to predict"
        )
    scaled = (y - centre) / spread
    clock, seconds = _fit(
        context, regressor, X, scaled, splits.train, splits.validation
    )
    found = _figures(regressor, clock, seconds)
    kept = slice(context.table.n_dropped, None)
    linear = make_pipeline(StandardScaler(), Ridge()).fit(
        X[splits.train][:, kept], scaled[splits.train]
    )
    rows = X[splits.test]
    answers = {
        "network": regressor.predict(rows),
        "linear": linear.predict(rows[:, kept]),
        "mean": np.zeros(len(rows)),
    }
    for name, predicted in answers.items():
        predicted = centre + spread * predicted
        true = y[splits.test]
        found[f"rmse_{name}"] = float(root_mean_squared_error(true, predicted))
        found[f"r2_{name}"] = float(r2_score(true, predicted))
    regressor.save(context.store.model("regression"))
    return found


def describe_hardware(context: LabContext) -> dict[str, Any]:
    """Processors, memory and graphics cards, and which cards train."""
    found = hardware()
    return {
        **found,
        "gib": found["memory"] / 2**30,
        "training on": gpu_names() or ["processor"],
    }


def count_parameters(context: LabContext) -> dict[str, Any]:
    """Parameters of the lab's networks, and Keras's summary of two of them."""
    n_columns = context.table.shape[1] - context.table.n_dropped
    found: dict[str, Any] = {}
    for n_layers, n_nodes in ((2, 20), (4, 20), (2, 50), (4, 50), (6, 20)):
        model = build_dnn(
            n_columns, n_layers, n_nodes, activation="sigmoid", dropout_rate=0.0
        )
        lines: list[str] = []
        model.summary(print_fn=lines.append, line_length=70)
        found[f"{n_layers} x {n_nodes}"] = {
            "trainable": sum(math.prod(v.shape) for v in model.trainable_variables),
            "summary": "\n".join(lines),
        }
    return found
