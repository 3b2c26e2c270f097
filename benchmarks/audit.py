"""The audit of leaks: how often it cries wolf, and what it costs.

Run: ``python benchmarks/audit.py``. Tables without a leak are drawn at random: numbers
with light and heavy tails, counts, switches, words and gaps, some of them driven by
factors in common, rows in random order, classes that follow from some of the columns
with noise or from none. A finding in one of them is a false alarm. ``--large`` audits
a simulated table of UCI's size and layout instead, 764,137 rows of 116 columns, and
prints seconds and memory.
"""

import argparse
import resource
import time
import warnings
from collections import Counter

import numpy as np
import pandas as pd
from common import machine

from skmirai.datasets import make_mirai_traffic
from skmirai.model_selection import audit_leakage


def clean_table(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw a table without a leak, and its labels."""
    rng = np.random.default_rng(seed)
    n_rows = int(rng.integers(60, 3_000))
    n_columns = int(rng.integers(2, 30))
    factors = rng.normal(size=(n_rows, 3))
    share = rng.uniform(0, 0.95, n_columns)
    common = factors @ _directions(rng, n_columns)
    hidden = np.sqrt(share) * common + np.sqrt(1 - share) * rng.normal(
        size=common.shape
    )
    columns = {
        f"x{k}": _as_kind(rng, values, int(rng.integers(6)))
        for k, values in enumerate(hidden.T)
    }
    X = pd.DataFrame(columns)
    used = rng.permutation(n_columns)[: rng.integers(0, n_columns + 1)]
    score = hidden[:, used] @ rng.normal(size=len(used)) if len(used) else np.zeros(1)
    noise = rng.logistic(size=n_rows) * rng.choice([0.3, 1.0, 3.0])
    total = np.broadcast_to(score, n_rows) / max(np.sqrt(len(used)), 1) + noise
    n_classes = int(rng.integers(2, 5))
    cuts = np.sort(rng.uniform(0.05, 0.95, n_classes - 1))
    return X, np.searchsorted(np.quantile(total, cuts), total)


def _directions(rng: np.random.Generator, n_columns: int) -> np.ndarray:
    found = rng.normal(size=(3, n_columns))
    return found / np.sqrt((found**2).sum(axis=0))


def _as_kind(rng: np.random.Generator, values: np.ndarray, kind: int) -> np.ndarray:
    if kind == 0:
        return values
    if kind == 1:
        return np.exp(2 * values)
    if kind == 2:
        return np.floor(np.exp(values + rng.uniform(0, 4)))
    if kind == 3:
        return (values > rng.normal()).astype(int)
    if kind == 4:
        edges = np.sort(rng.normal(size=rng.integers(2, 20)))
        return np.array([f"w{place}" for place in np.searchsorted(edges, values)])
    return np.where(rng.random(len(values)) < rng.uniform(0, 0.3), np.nan, values)


def false_alarms(n_tables: int) -> None:
    """Print how many clean tables have a finding, and of what kind."""
    kinds: Counter[str] = Counter()
    n_faulty = 0
    for seed in range(n_tables):
        X, y = clean_table(seed)
        if len(np.unique(y)) < 2:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = audit_leakage(X, y).findings
        n_faulty += bool(found)
        kinds.update({finding.smell for finding in found})
        for finding in found:
            print(f"  table {seed}, {X.shape}: {finding.smell}: {finding.seen[:150]}")
    print(f"\n{n_faulty} of {n_tables} clean tables have a finding: {dict(kinds)}")


def large() -> None:
    """Print what an audit of UCI's size and layout takes."""
    X, y = make_mirai_traffic(764_137, random_state=0, as_frame=True, return_X_y=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, used = time.perf_counter(), time.process_time()
    audit = audit_leakage(X, y)
    took, used = time.perf_counter() - start, time.process_time() - used
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(audit)
    print(
        f"\n{X.shape[0]:,} x {X.shape[1]}: {took:.0f} s, {used:.0f} s of the "
        f"processor; at most {after / 2**20:.1f} GB in memory, {before / 2**20:.1f} "
        f"before the audit"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1_000)
    parser.add_argument("--large", action="store_true")
    given = parser.parse_args()
    print(machine())
    if given.large:
        large()
    else:
        false_alarms(given.tables)


if __name__ == "__main__":
    main()
