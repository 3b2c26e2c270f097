"""Memory over many architectures, each compiled once in one process.

Run: ``python benchmarks/architectures.py``. Resident memory of this process before
and after 500 networks of one or two hidden layers, no two of the same sizes. With
``--search`` one ``MiraiSearchCV`` tries them all. With ``--eager`` the programs are
compiled for the device of eager execution, where TensorFlow keeps them until the
process ends, instead of sessions that go with their programs.
"""

import argparse
import time

from common import lab_table, machine
from memory import resident


def architectures(n: int):
    """Units of the hidden layers, each time others."""
    for number in range(n):
        first, second = 4 + number % 40, number // 40
        yield (first, second) if second else (first,)


def in_eager_execution() -> None:
    """Take the sessions away."""
    from skmirai.neural_network._engine import compiled

    compiled._InSession = lambda concrete, signature: concrete


def fit_all(n_networks: int, warm: int) -> None:
    from skmirai import MiraiDNNClassifier

    X, y = lab_table(300, 20)
    start = before = None
    for number, sizes in enumerate(architectures(warm + n_networks)):
        if number == warm:
            before, start = resident(), time.perf_counter()
            print(f"{number:4} networks: {before:.0f} MB")
        model = MiraiDNNClassifier(len(sizes), sizes, epochs=1, random_state=0)
        model.fit(X, y).predict_proba(X)
        if number > warm and (number - warm) % 100 == 0:
            print(f"{number:4} networks: {resident():.0f} MB", flush=True)
    after, taken = resident(), time.perf_counter() - start
    print(
        f"{n_networks} networks more: {after - before:+.0f} MB, "
        f"{(after - before) / n_networks:.2f} MB and {taken / n_networks:.2f} s each"
    )


def search_all(n_networks: int, warm: int) -> None:
    """Try as many in one search, whose trials keep none of them."""
    import optuna

    from skmirai import MiraiDNNClassifier
    from skmirai.model_selection import MiraiSearchCV

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    X, y = lab_table(300, 20)
    sizes = list(architectures(warm + n_networks))
    found = []

    def space(trial):
        units = sizes[trial.suggest_int("number", trial.number, trial.number)]
        return {"n_layers": len(units), "n_nodes": units}

    def look(study, trial):
        if trial.number == warm:
            found.append(resident())
        if trial.number % 100 == 0:
            print(f"{trial.number:4} trials: {resident():.0f} MB", flush=True)

    search = MiraiSearchCV(
        MiraiDNNClassifier(epochs=2, random_state=0),
        space,
        n_trials=len(sizes),
        cv=2,
        rungs=(1, 2),
        pruner=optuna.pruners.NopPruner(),
        callbacks=look,
        random_state=0,
    ).fit(X, y)
    n_tried = len({str(p.get("n_nodes")) for p in search.cv_results_["params"]})
    grown = resident() - found[0]
    print(
        f"{n_tried} architectures in a search, from number {warm} on: {grown:+.0f} MB"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=500)
    parser.add_argument("--warm", type=int, default=40, help="networks before")
    parser.add_argument("--search", action="store_true")
    parser.add_argument("--eager", action="store_true")
    options = parser.parse_args()
    print(machine())
    if options.eager:
        in_eager_execution()
    (search_all if options.search else fit_all)(options.networks, options.warm)
