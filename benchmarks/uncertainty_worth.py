"""What uncertainty is worth: errors left by abstaining, and the probabilities.

Run: ``python benchmarks/uncertainty_worth.py``. On test rows of three tasks of
``benchmarks/accuracy.py``, with three random states each: one network as it predicts,
its 100 dropout passes, an ensemble of five, the same with 20 passes of each member, a
network whose temperature is set on a tenth of the training rows, and boosted trees.
Printed are the share of errors, the area under the risk-coverage curve where rows are
kept by predictive entropy and by mutual information, the log loss, and the calibration
error (15 bins of equal mass, debiased). ``--choice auto`` takes the documented choice,
``scaler="auto"`` with its members, in place of the defaults.
"""

import argparse
import time

import pandas as pd
from accuracy import TASKS, with_codes
from common import machine
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skmirai import MiraiDNNClassifier, MiraiDNNEnsembleClassifier
from skmirai.metrics import aurc_score, expected_calibration_error, predictive_entropy

SETTINGS = {"defaults": {}, "auto": {"scaler": "auto"}}


def figures(y, proba, mutual_information=None):
    wrong = proba.argmax(axis=1) != y
    found = {
        "errors": wrong.mean(),
        "AURC entropy": aurc_score(wrong, predictive_entropy(proba)),
        "log loss": log_loss(y, proba),
        "calibration": expected_calibration_error(y, proba),
    }
    if mutual_information is not None:
        found["AURC mutual inf."] = aurc_score(wrong, mutual_information)
    return found


def of_passes(y, found):
    return figures(y, found.proba, found.mutual_information)


def judged(settings, seed, X, y, train, test):
    """Yield the figures of each way."""
    X_train, y_train, X_test, y_test = X.iloc[train], y[train], X.iloc[test], y[test]
    network = MiraiDNNClassifier(**settings, random_state=seed)
    one = network.fit(X_train, y_train)
    yield "one network", figures(y_test, one.predict_proba(X_test))
    passes = one.predict_uncertainty(X_test, n_passes=100, random_state=seed)
    yield "100 dropout passes", of_passes(y_test, passes)
    ensemble = MiraiDNNEnsembleClassifier(
        MiraiDNNClassifier(**settings), 5, n_jobs=-1, random_state=seed
    ).fit(X_train, y_train)
    yield "ensemble of 5", of_passes(y_test, ensemble.predict_uncertainty(X_test))
    both = ensemble.predict_uncertainty(X_test, n_passes=20, random_state=seed)
    yield "ensemble, 20 passes each", of_passes(y_test, both)
    X_fit, X_rest, y_fit, y_rest = train_test_split(
        X_train, y_train, test_size=0.1, stratify=y_train, random_state=seed
    )
    part = MiraiDNNClassifier(**settings, random_state=seed).fit(X_fit, y_fit)
    scaled = CalibratedClassifierCV(FrozenEstimator(part), method="temperature")
    proba = scaled.fit(X_rest, y_rest).predict_proba(X_test)
    yield "temperature", figures(y_test, proba)
    trees = with_codes(HistGradientBoostingClassifier(random_state=seed))
    proba = trees.fit(X_train, y_train).predict_proba(X_test)
    yield "boosted trees", figures(y_test, proba)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", nargs="+", default=["nsl-kdd", "kitsune", "nbaiot"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--choice", choices=SETTINGS, default="defaults")
    options = parser.parse_args()
    print(machine())
    for name in options.tasks:
        start = time.perf_counter()
        task = TASKS[name]()
        rows = [
            {"way": way, **found}
            for seed in range(options.seeds)
            for train, test in task.splits
            for way, found in judged(
                SETTINGS[options.choice], seed, task.X, task.y, train, test
            )
        ]
        grouped = pd.DataFrame(rows).groupby("way", sort=False)
        mean, std = grouped.mean(), grouped.std()
        shown = mean.map("{:.4f}".format) + " +- " + std.map("{:.4f}".format)
        taken = time.perf_counter() - start
        print(f"\n## {name}, {options.choice} ({taken:.0f} s)\n")
        print(f"| way | {' | '.join(mean)} |\n|{'---|' * (mean.shape[1] + 1)}")
        for way, row in shown.where(mean.notna(), "").iterrows():
            print(f"| {way} | {' | '.join(row)} |")


if __name__ == "__main__":
    main()
