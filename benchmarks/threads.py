"""Folds trained one after the other, in threads and in processes.

Run: ``python benchmarks/threads.py``. Seconds for six folds of 60,000 x 92 with two
hidden layers of 64 units and 20 epochs, by ``cross_val_score``: one job, two
threads, two warm processes, by turns; and whether the scores are the same bits.
"""

import numpy as np
from common import by_turns, lab_table, machine, print_times, seconds
from joblib import parallel_config
from sklearn.model_selection import cross_val_score

from skmirai import MiraiDNNClassifier

ROUNDS = 5


def main() -> None:
    X, y = lab_table(60_000)
    clf = MiraiDNNClassifier(2, 64, epochs=20, random_state=0)
    scores: dict[str, np.ndarray] = {}

    def run(name: str, backend: str, n_jobs: int) -> float:
        def folds() -> None:
            with parallel_config(backend, n_jobs=n_jobs):
                scores[name] = cross_val_score(clf, X, y, cv=6)

        return seconds(folds)

    ways = {
        "one job": ("threading", 1),
        "two threads": ("threading", 2),
        "two processes": ("loky", 2),
    }
    tasks = {name: lambda n=name, w=way: run(n, *w) for name, way in ways.items()}
    by_turns(tasks, 1)  # compile, start the processes
    times = by_turns(tasks, ROUNDS)
    print_times("Six folds", times, "s")
    same = {n: bool(np.array_equal(s, scores["one job"])) for n, s in scores.items()}
    print(f"the same scores to the bit: {same}")


if __name__ == "__main__":
    print(machine())
    main()
