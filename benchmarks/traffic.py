"""Time, memory and scores of the simulated Mirai table at the published size.

Run: ``python benchmarks/traffic.py``. ``--scores`` adds what models reach on it, at a
random split of 160,000 rows and on a second run of the simulation (some minutes).
"""

import argparse
import resource
import sys
import time
import warnings

import numpy as np
from common import machine, seconds
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skmirai.datasets import KITSUNE_MIRAI_CLASS_COUNTS, make_mirai_traffic
from skmirai.datasets._traffic._simulation import simulate

N_ROWS = sum(KITSUNE_MIRAI_CLASS_COUNTS)


def times() -> None:
    make_mirai_traffic(100, random_state=0)  # compile
    made = seconds(lambda: simulate(*KITSUNE_MIRAI_CLASS_COUNTS, 0.1, False, 0))
    whole = seconds(lambda: make_mirai_traffic(N_ROWS, random_state=0))
    unit = 2**30 if sys.platform == "darwin" else 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(f"{N_ROWS:,} packets: simulation {made:.1f} s, whole table {whole:.1f} s")
    print(f"peak memory of the process {peak:.2f} GiB")


def sample(seed: int, clock: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    made = make_mirai_traffic(N_ROWS, clock=clock, random_state=seed)
    rows = np.random.default_rng(0).permutation(N_ROWS)[:160_000]
    return made.data[rows], {
        "label by position": made.target[rows],
        "truth": made.y_true[rows],
    }


def scores() -> None:
    n_train = 120_000
    models = {
        "one feature": (DecisionTreeClassifier(max_depth=1), 1),
        "boosted trees": (
            HistGradientBoostingClassifier(max_iter=40, random_state=0),
            1,
        ),
        # The lab's first network with Adam, on the columns that it keeps.
        "network 2 x 20": (
            make_pipeline(
                StandardScaler(),
                MLPClassifier(
                    (20, 20),
                    activation="logistic",
                    learning_rate_init=0.01,
                    batch_size=2000,
                    max_iter=20,
                    random_state=0,
                ),
            ),
            24,
        ),
    }
    for clock in ("epoch", "relative"):
        X, asked = sample(0, clock)
        X_other, asked_other = sample(1, clock)
        for question, y in asked.items():
            majority = max(y.mean(), 1 - y.mean())
            print(f"\nclock={clock!r}, {question}: majority class {majority:.4f}")
            for name, (model, first) in models.items():
                model.fit(X[:n_train, first:], y[:n_train])
                here = model.score(X[n_train:, first:], y[n_train:])
                there = model.score(X_other[:, first:], asked_other[question])
                print(f"  {name:15} random split {here:.4f}  another run {there:.4f}")
    agree = np.mean(asked["label by position"] == asked["truth"])
    print(f"\nThe label by position is the truth in {agree:.4f} of the rows")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)  # 20 epochs are the plan
    start = time.perf_counter()
    print(machine())
    times()
    if arguments.scores:
        scores()
    print(f"\n{time.perf_counter() - start:.0f} s in all")
