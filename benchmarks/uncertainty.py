"""Time and memory of Monte Carlo dropout, beside Keras doing the same.

Run: ``python benchmarks/uncertainty.py``. 100 passes over the lab's test rows (114,621
x 92), for 2 x 20 and 6 x 20 units at a dropout rate of 0.2: ours with all statistics,
with one mask a pass and with masks for every row; 100 calls of ``evaluate`` on a model
whose dropout is always on, as the lab makes them (one is timed, and counted 100 times;
batch 10,000); 100 calls ``model(X, training=True)``, with nothing made of them. Then
the whole table, the memory above that of the rows, single rows, and the fit of an
ensemble of five beside that of one network (``--only`` takes one of these).
"""

import argparse
import threading
import time
from functools import partial

import numpy as np
import psutil
from common import by_turns, lab_table, machine, print_times, seconds

from skmirai import MiraiDNNClassifier, MiraiDNNEnsembleClassifier, build_dnn

N_PASSES = 100


class Peak:
    """Most memory of this process while something runs, above that at its start."""

    def __enter__(self):
        self._process, self._over = psutil.Process(), threading.Event()
        self._start = self.most = self._process.memory_info().rss
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def _look(self):
        while not self._over.wait(0.002):
            self.most = max(self.most, self._process.memory_info().rss)

    def __exit__(self, *_):
        self._over.set()
        self._watch.join()
        self.megabytes = (self.most - self._start) / 2**20


def always_dropping(clf, n_layers):
    """Return the network of an estimator with its dropout switched on for good."""
    model = build_dnn(92, n_layers, 20, dropout_rate=0.2, mc_dropout=True)
    model.set_weights(clf.model_.get_weights())
    return model


def fitted(n_layers, X, y):
    clf = MiraiDNNClassifier(
        n_layers=n_layers, n_nodes=20, dropout_rate=0.2, epochs=1, random_state=0
    )
    return clf.fit(X[:20_000], y[:20_000])


def tables(n_layers, rounds):
    X, y = lab_table(114_621, 92, seed=1)
    clf = fitted(n_layers, X, y)
    scaled = clf.pipeline_[:-1].transform(X)
    model = always_dropping(clf, n_layers)
    live = clf.model_

    def ours(masks):
        how = {"n_passes": N_PASSES, "masks": masks, "random_state": 0}
        return lambda: seconds(lambda: clf.predict_uncertainty(X, **how))

    def calls():
        for _ in range(N_PASSES):
            live(scaled, training=True)

    def one_evaluate():
        model.evaluate(scaled, y, batch_size=10_000, verbose=0)

    ours("shared")(), one_evaluate(), live(scaled, training=True)
    times = by_turns(
        {
            "skmirai, one mask a pass": ours("shared"),
            "skmirai, masks for every row": ours("per_row"),
            "Keras evaluate": lambda: N_PASSES * seconds(one_evaluate),
            "Keras model(X, training=True)": lambda: seconds(calls),
        },
        rounds,
    )
    print_times(f"{N_PASSES} passes over {X.shape[0]:,} x 92, {n_layers} x 20", times)
    return clf


def memory(clf):
    for n_rows in (114_621, 764_137):
        X, _ = lab_table(n_rows, 92, seed=2)
        with Peak() as peak:
            taken = seconds(lambda X=X: clf.predict_uncertainty(X, random_state=0))
        result = n_rows * (3 * 2 + 1) * 8 / 2**20
        print(
            f"{n_rows:,} rows: {taken:.2f} s, {peak.megabytes:.0f} MB above the rows "
            f"({X.nbytes / 2**20:.0f} MB), {result:.0f} of them the result"
        )


def one_row(clf, what):
    X, _ = lab_table(1, 92, seed=3)

    def predict():
        return seconds(lambda: clf.predict_proba(X))

    def ask():
        return seconds(lambda: clf.predict_uncertainty(X, random_state=0))

    predict(), ask()
    before = [predict() for _ in range(1000)]
    asked = [ask() for _ in range(500)]
    after = [predict() for _ in range(1000)]
    print(f"One row, {clf.n_layers} x 20, {what}, ms: median (fastest tenth below)")
    for task, taken in (
        ("predict_proba", before),
        (f"{N_PASSES} passes", asked),
        ("predict_proba", after),
    ):
        fast, middle = np.quantile(taken, [0.1, 0.5]) * 1e3
        print(f"  {task:14}{middle:8.3f} ({fast:.3f})")


def ensembles(rounds):
    X, y = lab_table(114_621, 92, seed=4)
    network = MiraiDNNClassifier(epochs=10, random_state=0)
    models = {"one network": network}
    for n_jobs in (-1, 5, 1):
        models[f"ensemble of 5, n_jobs={n_jobs}"] = MiraiDNNEnsembleClassifier(
            network, 5, n_jobs=n_jobs, random_state=0
        )
    processor = {name: [] for name in models}

    def fit(name):
        start = time.process_time()
        taken = seconds(lambda: models[name].fit(X, y))
        processor[name].append(time.process_time() - start)
        return taken

    network.fit(X, y)  # compiles
    wall = by_turns({name: partial(fit, name) for name in models}, rounds)
    what = f"Fits of {len(X):,} x 92, 2 x 64, 10 epochs"
    print_times(what, wall)
    print_times(f"{what}: processor time", processor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--only", choices=("tables", "row", "ensembles"), help="default: all three"
    )
    options = parser.parse_args()
    parts = [options.only] if options.only else ["tables", "row", "ensembles"]
    print(machine())
    start = time.perf_counter()
    for n_layers in (2, 6):
        if "tables" in parts:
            clf = tables(n_layers, options.rounds)
            print()
            memory(clf)
        if "row" in parts:
            clf = fitted(n_layers, *lab_table(20_000, 92, seed=1))
            one_row(clf, "as fitted")
            assert clf.model_.count_params() == clf.n_parameters_
            one_row(clf, "once its Keras model has been asked for")
    if "ensembles" in parts:
        ensembles(options.rounds)
    print(f"\n{time.perf_counter() - start:.0f} s in all, {np.__version__=}")


if __name__ == "__main__":
    main()
