"""Searches by their time: how soon a score is reached, and the score at a fixed time.

Run: ``python benchmarks/tuning.py``. On NSL-KDD's 20 % training file (text columns
one-hot) and on 100,000 rows of ``make_mirai_traffic``, each search draws from the same
space for ``--seconds``, with three stratified folds, log loss and up to 27 epochs a
fit: ``MiraiSearchCV`` with rungs of 3, 9 and 27 epochs, the same without pruning and
with two threads, ``RandomizedSearchCV`` and ``HalvingRandomSearchCV`` (by epochs, from
the same rungs, begun again with new candidates until the time is over) over our
estimator, and ``OptunaSearchCV`` over SciKeras in a Pipeline. For every search the
table shows models that were judged (with rungs each of them), the best mean log loss at
the end of the time, and the seconds until the loss was as low as that of
``RandomizedSearchCV`` and of the SciKeras search at their ends (medians over random
states): median and range over ``--seeds`` random states. Each search runs in a process
of its own, which has loaded Keras and compiled nothing; what was found goes to the file
``--results`` as well.
"""

import argparse
import itertools
import json
import multiprocessing
import re
import time
import warnings
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from common import DATA, machine
from scipy.stats import loguniform, uniform
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler

from skmirai import MiraiDNNClassifier
from skmirai.datasets import load_nslkdd, make_mirai_traffic
from skmirai.model_selection import MiraiSearchCV

EPOCHS, RUNGS = 27, (3, 9, 27)

#: Lists and SciPy's distributions, for all searches, by the names of our estimator.
SPACE = {
    "n_layers": [1, 2, 3],
    "n_nodes": [32, 64, 128],
    "learning_rate": loguniform(1e-4, 3e-2),
    "dropout_rate": uniform(0, 0.5),
    "batch_size": [128, 256, 512],
}
SCALERS = [StandardScaler(), QuantileTransformer(random_state=0)]


class OutOfTime(BaseException):
    """No exception of a fit: no search catches it."""


@dataclass
class Clock:
    """A scorer that writes down when each model has which score, until time is out."""

    limit: float
    start: float = field(default_factory=time.perf_counter)
    folds: Any = field(default_factory=lambda: defaultdict(list))
    trace: list[tuple[float, float]] = field(default_factory=list)

    def __call__(self, model, X, y):
        score = -log_loss(y, model.predict_proba(X))
        now = time.perf_counter() - self.start
        if now > self.limit:
            raise OutOfTime
        step = model[-1]
        epochs = getattr(step, "n_iter_", None)
        words = repr(sorted(step.get_params().items(), key=str)), repr(model[:-1])
        key = [re.sub(" at 0x[0-9a-f]+", "", each) for each in words]
        scores = self.folds[epochs, *key]
        scores.append(score)
        if len(scores) == 3:
            self.trace.append((now, -float(np.mean(scores))))
        return score

    def __deepcopy__(self, memo):
        return self


def nsl_kdd():
    folder = DATA / "nslkdd"
    bunch = load_nslkdd(
        folder / "KDDTrain+_20Percent.txt.gz", folder / "KDDTest+.txt.gz"
    )
    return bunch.train.data, (bunch.train.attack != "normal").astype(int)


def traffic():
    X, y = make_mirai_traffic(100_000, random_state=0, return_X_y=True)
    return pd.DataFrame(X).add_prefix("column_"), y


TABLES = {"nsl-kdd": nsl_kdd, "traffic": traffic}


def front():
    """Codes of text columns, if there are any."""
    codes = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    text = make_column_selector(dtype_exclude="number")
    return make_column_transformer((codes, text), remainder="passthrough")


def ours(seed):
    network = MiraiDNNClassifier(scaler=None, epochs=EPOCHS, random_state=seed)
    steps = [("codes", front()), ("scale", StandardScaler()), ("dnn", network)]
    return Pipeline(steps), {"scale": SCALERS} | {
        f"dnn__{k}": v for k, v in SPACE.items()
    }


def built_by_keras(meta, n_layers, n_nodes, learning_rate, dropout_rate):
    import keras

    layers = [keras.layers.Input((meta["n_features_in_"],))]
    for _ in range(n_layers):
        layers.append(keras.layers.Dense(n_nodes, activation="relu"))
        layers.append(keras.layers.Dropout(dropout_rate))
    layers.append(keras.layers.Dense(1, activation="sigmoid"))
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(learning_rate), "binary_crossentropy")
    return model


def scikeras(seed):
    from scikeras.wrappers import KerasClassifier

    network = KerasClassifier(
        model=built_by_keras,
        model__n_layers=2,
        model__n_nodes=64,
        model__learning_rate=0.003,
        model__dropout_rate=0.2,
        batch_size=256,
        epochs=EPOCHS,
        verbose=0,
        random_state=seed,
    )
    one_of, between = (
        optuna.distributions.CategoricalDistribution,
        optuna.distributions.FloatDistribution,
    )
    steps = [("codes", front()), ("scale", Either()), ("dnn", network)]
    return Pipeline(steps), {
        "scale__which": one_of([0, 1]),
        "dnn__model__n_layers": optuna.distributions.IntDistribution(1, 3),
        "dnn__model__n_nodes": one_of([32, 64, 128]),
        "dnn__model__learning_rate": between(1e-4, 3e-2, log=True),
        "dnn__model__dropout_rate": between(0, 0.5),
        "dnn__batch_size": one_of([128, 256, 512]),
    }


class Either(StandardScaler):
    """One of the two scalers: ``OptunaSearchCV`` takes no estimators as values."""

    def __init__(self, which=0):
        super().__init__()
        self.which = which

    def fit(self, X, y=None):
        self.scaler_ = clone(SCALERS[self.which]).fit(X)
        return self

    def transform(self, X):
        return self.scaler_.transform(X)


def mirai_search(seed, cv, clock, **settings):
    model, space = ours(seed)
    return MiraiSearchCV(
        model,
        space,
        n_trials=None,
        timeout=clock.limit,
        rungs=RUNGS,
        cv=cv,
        scoring=clock,
        refit=False,
        random_state=seed,
        **settings,
    )


def random_search(seed, cv, clock):
    model, space = ours(seed)
    return RandomizedSearchCV(
        model,
        space,
        n_iter=1_000,
        cv=cv,
        scoring=clock,
        refit=False,
        random_state=seed,
    )


class Again:
    """Halving searches one after another: a single one ends long before the time."""

    def __init__(self, seed, cv, clock):
        self.seed, self.cv, self.clock = seed, cv, clock

    def fit(self, X, y):
        for n in itertools.count():
            model, space = ours(self.seed)
            HalvingRandomSearchCV(
                model,
                space,
                n_candidates=9,
                resource="dnn__epochs",
                min_resources=RUNGS[0],
                max_resources=EPOCHS,
                cv=self.cv,
                scoring=self.clock,
                return_train_score=False,  # the clock counts test folds
                refit=False,
                random_state=1_000 * n + self.seed,
            ).fit(X, y)


def optuna_search(seed, cv, clock):
    from optuna_integration import OptunaSearchCV

    model, space = scikeras(seed)
    sampler = optuna.samplers.TPESampler(seed=seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    return OptunaSearchCV(
        model,
        space,
        n_trials=None,
        timeout=clock.limit,
        cv=cv,
        scoring=clock,
        refit=False,
        study=study,
        error_score="raise",
    )


SEARCHES = {
    "MiraiSearchCV": mirai_search,
    "MiraiSearchCV, no pruning": lambda *a: mirai_search(
        *a, pruner=optuna.pruners.NopPruner()
    ),
    "MiraiSearchCV, 2 threads": lambda *a: mirai_search(*a, n_jobs=2),
    "RandomizedSearchCV": random_search,
    "HalvingRandomSearchCV": Again,
    "OptunaSearchCV, SciKeras": optuna_search,
}


def traced(table, label, seed, limit):
    """Seconds and losses of the models that a search has trained in its time."""
    import keras  # noqa: F401

    warnings.filterwarnings("ignore", message="OptunaSearchCV is experimental")
    warnings.filterwarnings("ignore", message="`optuna.terminator` module has been")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    X, y = TABLES[table]()
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
    clock = Clock(limit)
    made = SEARCHES[label](seed, cv, clock)
    clock.start = time.perf_counter()
    with suppress(OutOfTime):
        made.fit(X, y)
    return clock.trace


class Traces:
    """Traces of searches, in a file of JSON lines: a run that was cut goes on."""

    def __init__(self, path):
        self.path, self.traces = path, {}
        if path.exists():
            for text in path.read_text().splitlines():
                *key, trace = json.loads(text)
                self.traces[tuple(key)] = trace

    def add(self, table, label, seed, seconds):
        """Run a search unless its trace is there."""
        key = table, label, seed, seconds
        if key in self.traces:
            return
        # what one search has compiled must not serve the next
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            self.traces[key] = process.submit(traced, *key).result()
        with self.path.open("a") as file:
            file.write(json.dumps([*key, self.traces[key]]) + "\n")


def seconds_until(trace, loss):
    return next((now for now, value in trace if value <= loss), np.inf)


def shown(values, digits):
    low, middle, high = np.quantile(values, [0, 0.5, 1], method="nearest")
    words = [f"{v:.{digits}f}" if np.isfinite(v) else "-" for v in (middle, low, high)]
    return f"{words[0]} ({words[1]} to {words[2]})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=[*TABLES])
    parser.add_argument("--searches", nargs="+", choices=SEARCHES, default=[*SEARCHES])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--results", type=Path, default=Path("tuning.jsonl"))
    options = parser.parse_args()
    print(machine())
    known = Traces(options.results)
    for name in options.tables:
        for seed in range(options.seeds):
            for label in options.searches:
                known.add(name, label, seed, options.seconds)
        traces = {
            label: [
                known.traces[name, label, seed, options.seconds]
                for seed in range(options.seeds)
            ]
            for label in options.searches
        }
        best = {
            label: [min((v for _, v in trace), default=np.inf) for trace in each]
            for label, each in traces.items()
        }
        aims = {
            f"seconds to the {np.median(best[label]):.5f} of {label}": np.median(
                best[label]
            )
            for label in ("RandomizedSearchCV", "OptunaSearchCV, SciKeras")
            if label in best
        }
        rows = {
            label: {
                "models": shown([len(trace) for trace in each], 0),
                f"log loss after {options.seconds:g} s": shown(best[label], 5),
                **{
                    title: shown([seconds_until(trace, aim) for trace in each], 1)
                    for title, aim in aims.items()
                },
            }
            for label, each in traces.items()
        }
        print(f"\n## {name}: {len(TABLES[name]()[1]):,} rows\n")
        table = pd.DataFrame(rows).T
        print(f"| search | {' | '.join(table)} |\n|{'---|' * (1 + table.shape[1])}")
        for label, row in table.iterrows():
            print(f"| {label} | {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
