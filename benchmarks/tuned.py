"""Tuned beside default: our networks and boosted trees, each with the same time.

Run: ``python benchmarks/tuned.py``. On each task of ``benchmarks/accuracy.py`` that is
named, ``MiraiSearchCV`` has ``--seconds`` for ``MiraiDNNClassifier`` in its default
space, and as many for boosted trees in a space of their own. It sees training rows
only, split as the task's inner split says, and looks at log loss. Then each model is
fitted on all training rows and judged once on the test rows: means over ``--seeds``
random states, printed as Markdown, and what was chosen.
"""

import argparse
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
from accuracy import MODELS, TASKS, Task, judge, with_codes
from common import machine
from optuna.distributions import FloatDistribution, IntDistribution
from sklearn.ensemble import HistGradientBoostingClassifier

from skmirai import MiraiDNNClassifier
from skmirai.model_selection import MiraiSearchCV

#: Of boosted trees behind codes of text columns.
TREES = {
    f"histgradientboostingclassifier__{name}": distribution
    for name, distribution in {
        "learning_rate": FloatDistribution(0.01, 0.5, log=True),
        "max_iter": IntDistribution(30, 400, log=True),
        "max_leaf_nodes": IntDistribution(4, 128, log=True),
        "min_samples_leaf": IntDistribution(2, 200, log=True),
        "l2_regularization": FloatDistribution(1e-4, 100, log=True),
        "max_features": FloatDistribution(0.2, 1),
    }.items()
}


def searched(estimator: Any, space: Any, seed: int, task: Task, seconds: float) -> Any:
    """A search on the inner splits of a task's training rows, not fitted yet."""
    train, _ = task.splits[0]
    place = {row: k for k, row in enumerate(train)}
    inner = [
        tuple(np.array([place[row] for row in side]) for side in split)
        for split in task.inner(train)
    ]
    return MiraiSearchCV(
        estimator,
        space,
        n_trials=None,
        timeout=seconds,
        cv=inner,
        scoring="neg_log_loss",
        random_state=seed,
    )


def tuned_network(seed: int, task: Task, seconds: float) -> MiraiSearchCV:
    network = MiraiDNNClassifier(random_state=seed)
    return searched(network, None, seed, task, seconds)


def tuned_trees(seed: int, task: Task, seconds: float) -> MiraiSearchCV:
    trees = with_codes(HistGradientBoostingClassifier(random_state=seed))
    return searched(trees, TREES, seed, task, seconds)


CANDIDATES: dict[str, Callable[[int, Task, float], Any]] = {
    "MiraiDNNClassifier()": lambda seed, *_: MODELS["default"](seed),
    'MiraiDNNClassifier(scaler="auto")': lambda seed, *_: MODELS["auto"](seed),
    "MiraiDNNClassifier, tuned": tuned_network,
    "boosted trees": lambda seed, *_: MODELS["boosted trees"](seed),
    "boosted trees, tuned": tuned_trees,
}

SHOWN = ("balanced", "AUC", "log loss")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--tasks", nargs="+", choices=TASKS, default=["kitsune", "nsl-kdd"]
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=180)
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=UserWarning)
    print(machine())
    for name in options.tasks:
        task, chosen = TASKS[name](), []
        print(f"\n## {name}\n\n| model | {' | '.join(SHOWN)} | trials |")
        print("|---|" + "---:|" * (len(SHOWN) + 1))
        for label, make in CANDIDATES.items():
            figures, trials = [], []
            for seed in range(options.seeds):
                model = make(seed, task, options.seconds)
                figures.append(judge(model, task, task.splits[0]))
                if isinstance(model, MiraiSearchCV):
                    trials.append(str(len(model.trials_)))
                    chosen.append(f"{label}, {seed}: {model.best_params_}")
            means = [np.mean([each[key] for each in figures]) for key in SHOWN]
            cells = [f"{mean:.4f}" for mean in means] + [", ".join(trials)]
            print(f"| {label} | {' | '.join(cells)} |", flush=True)
        print("", *chosen, sep="\n- ", flush=True)


if __name__ == "__main__":
    main()
