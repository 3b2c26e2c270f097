"""How often a baseline report says that the random split flatters.

Run: ``python benchmarks/gaps.py``. Tables of few and of many groups are drawn, each
group with a share of attacks of its own, between 10 and 90 %, and 40 to 200 rows:

- noise: columns say nothing of anything;
- signal: a column tells attacks, alike in all groups;
- shift: noise, but each group has means of its own, three deviations apart.

Only in the last ones does a random split flatter. Printed is the share of the
``--repeats`` reports on a tree that say so.
"""

import argparse

import numpy as np
from common import machine
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


def claims(kind: str, n_groups: int, repeats: int) -> float:
    """Share of reports that call the random split flattering."""
    tree = DecisionTreeClassifier(max_leaf_nodes=32, min_samples_leaf=10)
    named = []
    for seed in range(repeats):
        X, y, groups = table(kind, n_groups, np.random.default_rng(seed))
        tree.set_params(random_state=seed)
        report = baseline_report(
            tree, X, y, groups=groups, baselines={}, n_resamples=100, random_state=seed
        )
        named.append("The random split flatters" in str(report))
    return float(np.mean(named))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=100)
    given = parser.parse_args()
    print(machine())
    print(f"\n| groups | {' | '.join(KINDS)} |\n|{'---|' * (1 + len(KINDS))}")
    for n_groups in GROUPS:
        shares = [claims(kind, n_groups, given.repeats) for kind in KINDS]
        print(f"| {n_groups} | {' | '.join(f'{s:.1%}' for s in shares)} |", flush=True)


if __name__ == "__main__":
    main()
