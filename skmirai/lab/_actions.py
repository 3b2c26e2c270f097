"""What each part of the lab computes without training a network."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import StandardScaler

from skmirai.lab._memory import training_memory
from skmirai.lab._protocol import BEST, SETTINGS
from skmirai.lab._splits import Splits, ordered_split, shuffled_split
from skmirai.lab._store import ResultStore
from skmirai.lab._table import LabTable
from skmirai.metrics import chance_accuracy

_CHUNK = 65_536


@dataclass(frozen=True)
class LabContext:
    """What every piece of work needs.

    Attributes
    ----------
    table : LabTable
        The rows.
    store : ResultStore
        Where results of other pieces are, and where networks are saved.
    scaling : {"all_rows", "training_rows"}
        Rows that the standardisation learns from.
    random_state : int
        Seed of the trainings.
    report_epoch : callable
        Called with the number of epochs done, after every epoch.
    """

    table: LabTable
    store: ResultStore
    scaling: str
    random_state: int
    report_epoch: Callable[[int], None]

    def splits(self) -> Splits:
        """Row numbers to train, to validate and to test on."""
        return shuffled_split(self.table.shape[0])

    def scaler(self) -> Any:
        """What the estimators take for their parameter ``scaler``."""
        if self.scaling == "training_rows":
            return "standard"
        found = self.store.load("part_06")
        if found is None:
            raise RuntimeError("the standardisation of part 6 must come first")
        scaler = StandardScaler()
        scaler.mean_ = np.array(found["mean"])
        scaler.var_ = np.array(found["variance"])
        scaler.scale_ = np.array(found["scale"])
        scaler.n_features_in_ = len(scaler.mean_)
        scaler.n_samples_seen_ = found["n_rows"]
        return FrozenEstimator(scaler)


def _slices(n_rows: int) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, n_rows, _CHUNK))


def _counts(labels: np.ndarray) -> list[int]:
    return np.bincount(labels, minlength=2).tolist()


def describe_table(context: LabContext) -> dict[str, Any]:
    """Shape, labels, and values that are not numbers."""
    X, y = context.table.open()
    labels = np.load(context.table.labels)
    return {
        "shape": list(X.shape),
        "counts": _counts(y),
        "n_nan": sum(int((~np.isfinite(X[rows])).sum()) for rows in _slices(len(X))),
        "n_nan_labels": int((~np.isfinite(labels)).sum()),
        "bytes": int(X.nbytes),
    }


def open_table(context: LabContext) -> dict[str, Any]:
    """Time to open the table, and what is left after columns are dropped."""
    start = time.perf_counter()
    X, _ = context.table.open()
    opened = time.perf_counter() - start
    n_dropped = context.table.n_dropped
    return {"seconds_to_open": opened, "shape": [len(X), X.shape[1] - n_dropped]}


def describe_memory(context: LabContext) -> dict[str, Any]:
    """Bytes that training keeps, for two configurations of the lab."""
    n_columns = context.table.shape[1] - context.table.n_dropped
    n_train = len(context.splits().train)
    networks = {"2 x 20, SGD, batch 10,000": SETTINGS}
    networks["6 x 20, Adam, batch 5,000"] = {**SETTINGS, **BEST}
    return {
        name: training_memory(n_columns, n_train, parameters)
        for name, parameters in networks.items()
    }


def naive_accuracies(context: LabContext) -> dict[str, Any]:
    """Accuracy of the larger class, and of two ways to guess."""
    _, y = context.table.open()
    guesses = {
        strategy: chance_accuracy(
            y, strategy=strategy, random_state=context.random_state
        )._asdict()
        for strategy in ("uniform", "prior")
    }
    return {"majority": max(_counts(y)) / len(y), **guesses}


def standardisation(context: LabContext) -> dict[str, Any]:
    """Mean and standard deviation of each column, and a check of the result."""
    X, _ = context.table.open()
    n_dropped = context.table.n_dropped
    scaler = StandardScaler()
    for rows in _slices(len(X)):
        _check_finite(X[rows], rows.start)
        scaler.partial_fit(X[rows, n_dropped:])
    total, squares = np.zeros((2, X.shape[1] - n_dropped))
    for rows in _slices(len(X)):
        scaled = scaler.transform(X[rows, n_dropped:])
        total += scaled.sum(axis=0)
        squares += (scaled**2).sum(axis=0)
    means = total / len(X)
    deviations = np.sqrt(squares / len(X) - means**2)
    constant = scaler.var_ == 0
    if constant.all():
        raise ValueError(
            f"all {len(constant)} columns that are kept are constant over {len(X)} "
            f"rows; there is nothing to learn from"
        )
    return {
        "n_rows": len(X),
        "mean": scaler.mean_.tolist(),
        "variance": scaler.var_.tolist(),
        "scale": scaler.scale_.tolist(),
        "largest_mean": float(np.abs(means).max()),
        "smallest_deviation": float(deviations[~constant].min()),
        "largest_deviation": float(deviations.max()),
        "n_constant": int(constant.sum()),
    }


def _check_finite(rows: np.ndarray, first: int) -> None:
    row, column = (found[:1] for found in np.nonzero(~np.isfinite(rows)))
    if len(row):
        raise ValueError(
            f"row {first + row[0]}, column {column[0]} (counted from 0) is "
            f"{rows[row[0], column[0]]}; the lab needs finite numbers: mend the row or "
            f"leave it out, with its label"
        )


def split_in_order(context: LabContext) -> dict[str, Any]:
    """Labels of a split that keeps the order of the file."""
    _, y = context.table.open()
    train, rest = ordered_split(len(y))
    return {"train": _counts(y[train]), "rest": _counts(y[rest])}


def split_shuffled(context: LabContext) -> dict[str, Any]:
    """Labels of the shuffled split, and the class weights that follow."""
    _, y = context.table.open()
    splits = context.splits()
    train = _counts(y[splits.train])
    if not all(train):
        raise ValueError(
            f"the {sum(train)} training rows of the shuffled split hold one class only; "
            f"the lab needs a table with more rows of both"
        )
    validation, test = _counts(y[splits.validation]), _counts(y[splits.test])
    return {
        "train": train,
        "validation": validation,
        "test": test,
        "rest": [a + b for a, b in zip(validation, test, strict=True)],
        "class_weight": [sum(train) / (2 * count) for count in train],
    }
