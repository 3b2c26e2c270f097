"""
Calibration: when the network says 99 %, is it?
===============================================

A network that is trained for long gives nearly every row a probability near 0 or 1, and
means it less than it says. Who sets a threshold, weighs costs or sorts alarms by their
probability needs to know. How far off are the probabilities, does a temperature mend
them [1]_, and does that hold for traffic of another kind?

UNSW-NB15 and NSL-KDD are read from the folder that ``SKMIRAI_DATA`` names; without
them, generated tables take their places.
"""

# %%
# A table, split in three
# -----------------------
# One part trains, one calibrates, the rest tests: a network is far surer of rows that
# it was trained on, so that these cannot calibrate it. Of equal rows one is kept, so
# that none lies on two sides.

import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV, CalibrationDisplay
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss

from skmirai import MiraiDNNClassifier
from skmirai.datasets import load_nslkdd, load_unsw_nb15
from skmirai.inspection import RiskCoverageDisplay, UncertaintyDisplay
from skmirai.metrics import brier_score_decomposition, expected_calibration_error
from skmirai.model_selection import duplicate_groups, train_val_test_split

DATA = Path(
    os.environ.get("SKMIRAI_DATA", Path(__file__).parents[2] / "shared" / "data")
)
RECORDED = (DATA / "unsw_nb15").is_dir() and (DATA / "nslkdd").is_dir()
NAMES = np.array(["normal", "attack"])


def planted(n_rows, share_of_new=0.0, seed=0):
    """Return rows of which a twentieth has the wrong label, and some new attacks."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_rows)
    seen = y * (rng.random(n_rows) >= share_of_new)  # new attacks look normal
    X = rng.normal(1.2 * seen[:, np.newaxis], 1, size=(n_rows, 6)).round(3)
    return pd.DataFrame(X), y ^ (rng.random(n_rows) < 0.05)


if RECORDED:
    file = DATA / "unsw_nb15" / "UNSW_NB15_82332.csv.gz"
    X, y = load_unsw_nb15(file, return_X_y=True)
    y = y.to_numpy()
else:
    print(f"There is no traffic in {DATA}: these tables are GENERATED\n")
    X, y = planted(30_000)
_, first = np.unique(duplicate_groups(X), return_index=True)
sides = train_val_test_split(
    X.iloc[first], NAMES[y[first]], val_size=0.1, test_size=0.84, random_state=0
)
X_train, X_calibrate, X_test, y_train, y_calibrate, y_test = sides
print([len(part) for part in sides[:3]])

# %%
# A network that is too sure, and its temperature
# -----------------------------------------------
# Without dropout, for 40 passes over three thousand rows. ``FrozenEstimator`` keeps it
# as it is; all rows given to ``fit`` then choose one number, by which the values of the
# output layer are divided: above 1 it draws probabilities towards one half. The order
# of the rows, and so every label, stays. (A temperature needs labels that are text, as
# here, or 0, 1, ...; both in an array of NumPy.)

clf = MiraiDNNClassifier(
    n_nodes=32,
    scaler="piecewise_linear",
    dropout_rate=0,
    learning_rate=0.005,
    epochs=40,
    batch_size=128,
    random_state=0,
)


def calibrate(clf, X, y):
    """Return a fitted classifier with a temperature."""
    return CalibratedClassifierCV(FrozenEstimator(clf), method="temperature").fit(X, y)


def temperature(calibrated):
    """Return what a calibrated classifier divides by."""
    return 1 / calibrated.calibrated_classifiers_[0].calibrators[0].beta_


def judge(models, X, y):
    """Return figures of models on the same rows."""
    rows = {}
    for name, model in models.items():
        proba = model.predict_proba(X)
        error, std = expected_calibration_error(y, proba, return_std=True)
        parts = brier_score_decomposition(y, proba, n_bins=15)
        rows[name] = {
            "accuracy": np.mean(model.classes_[proba.argmax(axis=1)] == y),
            "log loss": log_loss(y, proba),
            "calibration error": error,
            "+-": std,
            "reliability": parts.reliability,
            "resolution": parts.resolution,
        }
    return pd.DataFrame(rows).T


clf.fit(X_train, y_train)
models = {"before": clf, "after": calibrate(clf, X_calibrate, y_calibrate)}
print(f"temperature {temperature(models['after']):.1f}")
held_out = judge(models, X_test, y_test)
print(held_out.round(4).to_string())

# %%
# The expected calibration error is the mean distance between what was said and how
# often it happened, in 15 bins of as many rows, without what chance adds; beside it is
# its standard error, of rows taken as independent. Scikit-learn draws the same bins.
# Perfect forecasts lie on the diagonal; the histograms show how often each probability
# is said.

figure, axes = plt.subplots(
    2, 1, figsize=(6, 6.5), height_ratios=[3, 1], layout="constrained", sharex=True
)
for (name, model), colour in zip(models.items(), ["#D55E00", "#0072B2"], strict=True):
    curve = CalibrationDisplay.from_estimator(
        model,
        X_test,
        y_test,
        pos_label="attack",
        n_bins=15,
        strategy="quantile",
        name=name,
        color=colour,
        ax=axes[0],
    )
    axes[1].hist(curve.y_prob, bins=30, histtype="step", color=colour, linewidth=1.5)
axes[0].set(xlabel="", ylabel="share of attacks")
axes[0].set_title("Probabilities before and after a temperature")
axes[1].set(xlabel="probability of attack", ylabel="rows", yscale="log")
axes[1].minorticks_off()
for ax in axes:
    ax.spines[["top", "right"]].set_visible(False)

# %%
# Does it abstain better?
# -----------------------
# One temperature keeps the order of the rows of two classes, and so the risk at every
# coverage: it tells how much to trust a verdict, not which.

risk = RiskCoverageDisplay.from_estimator(models["after"], X_test, y_test)
risk.figure_.suptitle("Errors left, by the share of rows with a verdict")
spread = UncertaintyDisplay.from_estimator(models["after"], X_test, y_test)
spread.figure_.suptitle("Uncertainty of right and wrong predictions")

# %%
# Traffic of another kind
# -----------------------
# The test file of NSL-KDD has attacks that its training file lacks. A temperature that
# training rows chose is judged on other rows of that file, and on the test file.

if RECORDED:
    X_own, y_own, X_other, y_other = load_nslkdd(
        DATA / "nslkdd", subset="20_percent", return_X_y=True
    )
    y_own, y_other = y_own.to_numpy(), y_other.to_numpy()
else:
    X_own, y_own = planted(20_000, seed=1)
    X_other, y_other = planted(20_000, share_of_new=0.7, seed=2)
sides = train_val_test_split(
    X_own, NAMES[y_own], val_size=0.15, test_size=0.7, random_state=0
)
X_train, X_calibrate, X_same, y_train, y_calibrate, y_same = sides
second = {"before": clf.fit(X_train, y_train)}
second["after"] = calibrate(clf, X_calibrate, y_calibrate)
shifted = pd.concat(
    {
        "its own file": judge(second, X_same, y_same),
        "the test file": judge(second, X_other, NAMES[y_other]),
    }
)
print(f"temperature {temperature(second['after']):.1f}")
print(shifted.round(4).to_string())

# %%
# In words
# --------
# - A temperature is one number, learned from a few thousand rows in no time. On rows of
#   the same kind the log loss of UNSW-NB15 falls by three tenths, and the calibration
#   error to a third; reliability goes, and resolution stays.
# - On the test file of NSL-KDD the log loss falls, since it costs most to be sure and
#   wrong, but the calibration error hardly moves: one verdict in five is wrong there,
#   for reasons that no row of the training file shows. Calibration holds for the
#   traffic that it was learned from.
# - Rows of a table are seldom independent, so that the standard errors here are too
#   small; see :func:`~skmirai.metrics.bootstrap_interval`.
#
# .. rubric:: References
#
# .. [1] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger: On calibration of modern neural
#    networks. ICML 2017.
