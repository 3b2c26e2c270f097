"""How often does a baseline report say that the random split flatters?

Run: ``python benchmarks/gaps.py``. Tables of few and of many groups are drawn, each
group with a share of attacks of its own, between 10 and 90 %, and 40 to 200 rows:

- noise: columns say nothing of anything;
- signal: a column tells attacks, alike in all groups;
- shift: noise, but each group has a mean of its own, by which rows are recognised.

Only in the last ones does a random split flatter. Printed is the share of ``--repeats``
reports that say so of the estimator, and of any of the models.
"""

import argparse
import warnings

import numpy as np
from common import machine
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from skmirai.model_selection import baseline_report

GROUPS = (3, 4, 6, 12, 30)
KINDS = ("noise", "signal", "shift")


def table(
    kind: str, n_groups: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, labels and groups."""
    groups = np.repeat(np.arange(n_groups), rng.integers(40, 200, n_groups))
    y = (rng.random(len(groups)) < rng.uniform(0.1, 0.9, n_groups)[groups]).astype(int)
    X = rng.normal(size=(len(groups), 5))
    if kind == "signal":
        X[:, 0] += 2 * y
    if kind == "shift":
        X += 3 * rng.normal(size=(n_groups, 5))[groups]
    return X, y, groups


def claims(kind: str, n_groups: int, repeats: int) -> tuple[float, float]:
    """Share of reports that call the random split flattering: the estimator, any."""
    named = np.zeros((repeats, 3), bool)
    models = {
        "logistic regression": LogisticRegression(),
        "one feature": DecisionTreeClassifier(max_depth=1),
    }
    for seed in range(repeats):
        X, y, groups = table(kind, n_groups, np.random.default_rng(seed))
        report = baseline_report(
            KNeighborsClassifier(15),
            X, y, groups=groups, baselines=models,
            n_resamples=100, random_state=seed,
        )  # fmt: skip
        named[seed] = report.gap["low"] > 0
    return float(named[:, 0].mean()), float(named.any(axis=1).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=200)
    given = parser.parse_args()
    print(machine())
    print("\n| table | groups | estimator | any model |\n|---|---|---|---|")
    for kind in KINDS:
        for n_groups in GROUPS:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                own, some = claims(kind, n_groups, given.repeats)
            print(f"| {kind} | {n_groups} | {own:.1%} | {some:.1%} |", flush=True)


if __name__ == "__main__":
    main()
