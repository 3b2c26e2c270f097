"""A stand-in for the Kitsune Mirai table where its files are not at hand."""

import os
from pathlib import Path

import numpy as np

from skmirai.feature_extraction import FEATURE_NAMES

_CHUNK = 65_536
_N_FACTORS = 12


def write_generated_table(
    data: Path, labels: Path, n_rows: int, n_benign: int, random_state: int
) -> None:
    """Write a table of the lab's shape: a counter, then 115 heavy-tailed columns.

    Benign rows come first. Every row belongs to a kind of traffic; the attack
    phase holds two kinds of its own and, in a sixth of its rows, the traffic
    that went on, so that no classifier can be right everywhere. The columns
    are exponentials of mixtures of a few factors of the kind.

    Parameters
    ----------
    data, labels : Path
        Files to write.
    n_rows, n_benign : int
        Number of rows, and of those labelled 0.
    random_state : int
        Seeds everything.
    """
    rng = np.random.default_rng(random_state)
    n_features = len(FEATURE_NAMES)
    loadings = rng.normal(size=(_N_FACTORS, n_features)) / np.sqrt(_N_FACTORS)
    centres = rng.normal(scale=1.5, size=(5, _N_FACTORS))
    level = rng.uniform(0, 6, size=n_features)
    unfinished = data.with_suffix(".unfinished.npy")
    table = np.lib.format.open_memmap(
        unfinished, mode="w+", dtype=np.float64, shape=(n_rows, n_features + 1)
    )
    for start in range(0, n_rows, _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, n_rows))
        kind = _kinds(rng, rows, n_benign)
        factors = centres[kind] + rng.normal(size=(len(rows), _N_FACTORS))
        noise = rng.normal(scale=0.3, size=(len(rows), n_features))
        table[rows, 0] = rows
        table[rows, 1:] = np.exp(factors @ loadings + noise + level)
    table.flush()
    del table
    np.save(labels, (np.arange(n_rows) >= n_benign).astype(np.int64))
    os.replace(unfinished, data)


def _kinds(rng: np.random.Generator, rows: np.ndarray, n_benign: int) -> np.ndarray:
    """Kind of traffic: 0 to 2 always there, 3 and 4 in most rows of the attack."""
    usual = rng.choice(3, size=len(rows), p=[0.6, 0.3, 0.1])
    attack = rng.choice([3, 4], size=len(rows), p=[0.8, 0.2])
    goes_on = rng.random(len(rows)) < 1 / 6
    return np.where((rows < n_benign) | goes_on, usual, attack)
