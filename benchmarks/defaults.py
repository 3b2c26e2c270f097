"""Which defaults work out of the box? Scores of settings on several tables.

Run: ``python benchmarks/defaults.py``. Tables: NSL-KDD (training file to test
file), N-BaIoT rows (cross-validation; both only where the data lie), and
generated ones, among them a small one as scikit-learn's checks use.
"""

import argparse
import time

import numpy as np
import pandas as pd
from common import DATA
from sklearn.datasets import make_blobs, make_classification
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.model_selection import StratifiedKFold, train_test_split

from skmirai import MiraiDNNClassifier
from skmirai.datasets import load_nslkdd

SETTINGS = {
    "lab: sgd 0.1 sigmoid, 20 epochs": {
        "n_nodes": 20,
        "activation": "sigmoid",
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "epochs": 20,
        "dropout_rate": 0,
    },
    "adam 0.001": {"learning_rate": 0.001},
    "adam 0.003": {"learning_rate": 0.003},
    "adam 0.01": {"learning_rate": 0.01},
    "batch 32": {"batch_size": 32},
    "batch 512": {"batch_size": 512},
    "20 nodes": {"n_nodes": 20},
    "128 nodes": {"n_nodes": 128},
    "3 layers": {"n_layers": 3},
    "dropout 0": {"dropout_rate": 0},
    "dropout 0.3": {"dropout_rate": 0.3},
    "dropout 0.5": {"dropout_rate": 0.5},
    "batch norm": {"batch_norm": True},
    "20 epochs": {"epochs": 20},
    "100 epochs": {"epochs": 100},
    "quantile": {"scaler": "quantile"},
    "robust_clip": {"scaler": "robust_clip"},
    "signed_log": {"scaler": "signed_log"},
    "piecewise_linear": {"scaler": "piecewise_linear"},
}


def nslkdd():
    bunch = load_nslkdd(DATA / "nslkdd", subset="20_percent")
    parts = bunch.train, bunch.test
    both = pd.concat([part.data for part in parts])
    codes = pd.get_dummies(both, dtype=float).to_numpy()
    n = len(bunch.train.data)
    train, test = (part.target.to_numpy() for part in parts)
    return [(codes[:n], train, codes[n:], test)]


def nbaiot():
    files = ("benign_traffic", "scan", "doorbell_udp", "thermostat_udp")
    tables = [pd.read_csv(DATA / f"nbaiot/{file}.csv.gz") for file in files]
    X = pd.concat(tables).to_numpy(dtype=float)
    y = np.repeat([0, 1, 1, 1], [len(table) for table in tables])
    folds = StratifiedKFold(3, shuffle=True, random_state=0).split(X, y)
    return [(X[train], y[train], X[test], y[test]) for train, test in folds]


def halves(X, y):
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.5, random_state=0, stratify=y
    )
    return [(X_train, y_train, X_test, y_test)]


def tables():
    found = {}
    if DATA.is_dir():
        found |= {"NSL-KDD": nslkdd(), "N-BaIoT": nbaiot()}
    found["blobs"] = halves(*make_blobs(300, random_state=0, cluster_std=2.0))
    found["6 classes"] = halves(
        *make_classification(
            6000, 40, n_informative=12, n_classes=6, flip_y=0.05, random_state=0
        )
    )
    found["1 in 50"] = halves(
        *make_classification(
            8000, 92, n_informative=15, weights=[0.98], class_sep=1.5, random_state=0
        )
    )
    return found


def score(setting, splits, seeds):
    figures = []
    for X_train, y_train, X_test, y_test in splits:
        for seed in range(seeds):
            clf = MiraiDNNClassifier(**setting, random_state=seed)
            clf.fit(X_train, y_train)
            proba = clf.predict_proba(X_test)
            predicted = clf.classes_[proba.argmax(axis=1)]
            figures.append(
                (
                    balanced_accuracy_score(y_test, predicted),
                    log_loss(y_test, proba, labels=clf.classes_),
                )
            )
    return np.mean(figures, axis=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = parser.parse_args().seeds
    found = tables()
    head = "".join(f"{name:>18}" for name in found)
    print(f"{'balanced accuracy / log loss':34}{head}{'s':>8}")
    for name, setting in {"defaults": {}, **SETTINGS}.items():
        start = time.perf_counter()
        cells = [score(setting, splits, seeds) for splits in found.values()]
        row = "".join(
            f"{f'{accuracy:.3f} / {loss:.3f}':>18}" for accuracy, loss in cells
        )
        print(f"{name:34}{row}{time.perf_counter() - start:8.1f}", flush=True)


if __name__ == "__main__":
    main()
