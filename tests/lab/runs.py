"""Small runs of the lab: their settings, their table, their results."""

import gzip
import json

import numpy as np

from skmirai.feature_extraction import FEATURE_NAMES

SMALL = {"epochs_scale": 0.01, "n_seeds": 1, "n_jobs": 1, "quiet": True}


def write_uci_files(folder, *, n_rows=3000, counter=True, compressed=True):
    """Files as UCI has them, separable to a degree; return rows and labels."""
    rng = np.random.default_rng(0)
    y = (np.arange(n_rows) >= 0.16 * n_rows).astype(int)
    X = np.exp(rng.normal(size=(n_rows, len(FEATURE_NAMES))))
    X[y == 1, 30:60] *= 1.3
    if counter:
        X = np.column_stack([np.arange(n_rows), X])
    opened = gzip.open if compressed else open
    ending = ".gz" if compressed else ""
    folder.mkdir(parents=True, exist_ok=True)
    with opened(folder / f"Mirai_dataset.csv{ending}", "wt") as file:
        file.writelines(",".join(map(repr, row)) + "\n" for row in X.tolist())
    with opened(folder / f"Mirai_labels.csv{ending}", "wt") as file:
        file.write("\n".join(map(str, y.tolist())))
    return X, y


def results(folder):
    """Results of a run that are kept, by the names of their files."""
    return {
        path.stem: json.loads(path.read_text())
        for path in sorted((folder / "parts").glob("*.json"))
    }
