"""
Dropout against cross-validation: two ways to doubt a network
==============================================================

A cross-validation trains a network for every fold, Monte Carlo dropout asks one network
many times. Both give a spread. They differ in what they cost, and in what they doubt:
folds tell how much a *score* moves from one training to the next, thinned networks how
much the verdict on a *row* hangs on single units.

Connections of NSL-KDD [1]_ are read from the folder that ``SKMIRAI_DATA`` names;
without it, generated rows take their place.
"""

# %%
# Connections
# -----------
# Training rows of the one file are cut into folds. The other file is of a later week,
# with kinds of attacks that the first does not have.

import os
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import make_classification
from sklearn.model_selection import StratifiedKFold

from skmirai import MiraiDNNClassifier
from skmirai.datasets import load_nslkdd
from skmirai.inspection import RiskCoverageDisplay, UncertaintyDisplay
from skmirai.metrics import aurc_score
from skmirai.model_selection import cross_val_uncertainty

DATA = Path(
    os.environ.get("SKMIRAI_DATA", Path(__file__).parents[2] / "shared" / "data")
)
N_TRAIN, N_FOLDS, N_PASSES = 12_000, 5, 100


def connections():
    """Return training rows with labels, and rows of a later week with theirs."""
    folder = DATA / "nslkdd"
    if folder.is_dir():
        return load_nslkdd(folder, subset="20_percent", return_X_y=True)
    print(f"No NSL-KDD in {folder}: these rows are GENERATED\n")
    X, y = make_classification(
        N_TRAIN + 8_000, 40, n_informative=12, class_sep=0.7, random_state=0
    )
    table = pd.DataFrame(X).add_prefix("x")
    table[N_TRAIN:] += np.random.default_rng(0).normal(0, 0.7, X.shape[1])
    return table[:N_TRAIN], y[:N_TRAIN], table[N_TRAIN:], y[N_TRAIN:]


X, y, X_later, y_later = connections()
X, y, y_later = X[:N_TRAIN], np.asarray(y)[:N_TRAIN], np.asarray(y_later)

# %%
# Five trainings, or one
# ----------------------
# :func:`~skmirai.model_selection.cross_val_uncertainty` keeps what each network says of
# the rows that it has not seen, and the networks themselves.

network = MiraiDNNClassifier(epochs=8, random_state=0)
cv = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
start = time.perf_counter()
folds = cross_val_uncertainty(network, X, y, cv=cv)
seconds_folds = time.perf_counter() - start
network.fit(X, y)
start = time.perf_counter()
dropout = network.predict_uncertainty(X_later, n_passes=N_PASSES, random_state=0)
seconds_dropout = time.perf_counter() - start
spread = network.mc_score(X_later, y_later, n_passes=N_PASSES, random_state=0)
print(f"{N_FOLDS} trainings: {seconds_folds:.1f} s; ", end="")
print(f"{N_PASSES} passes over {len(X_later):,} rows: {seconds_dropout:.1f} s")
print(f"accuracy of the folds: {folds.scores.mean():.4f} +- {folds.scores.std():.4f}")
print(f"accuracy of the passes, later: {spread.mean():.4f} +- {spread.std():.4f}")

# %%
# Neither spread says how good the network is a week later. The folds are shuffled rows
# of one week, so their small spread is that of a network among its own; the passes
# average out over the rows (with ``masks="shared"`` the spread is that of whole thinned
# networks). What fails on new kinds of attacks fails in all of them.
#
# Doubt about single rows
# -----------------------
# As an ensemble the networks of the folds say of later rows what dropout says: a mean
# and a spread. Entropy is that of the mean, mutual information the part of it that the
# members' disagreement explains.

ensemble = folds.predict_uncertainty(X_later)
measures = {
    "dropout, entropy": (dropout, "predictive_entropy"),
    "dropout, mutual information": (dropout, "mutual_information"),
    "folds, entropy": (ensemble, "predictive_entropy"),
    "folds, mutual information": (ensemble, "mutual_information"),
}
rows = []
for name, (found, measure) in measures.items():
    wrong = found.label != y_later
    ranked = aurc_score(wrong, getattr(found, measure))
    rows.append({"doubt": name, "errors": wrong.mean(), "area": ranked})
table = pd.DataFrame(rows).set_index("doubt")
print(table.round(4).to_string())

# %%
# The area under the risk-coverage curve is the mean share of errors among the rows that
# are kept, over all shares that might be: with a doubt that knows nothing it is the
# share of errors. The histograms show why an area is small or not: doubt helps where
# right and wrong rows lie apart.

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
UncertaintyDisplay.from_predictions(
    y_later,
    dropout.label,
    dropout.predictive_entropy,
    name="predictive entropy",
    unit="nats",
    ax=left,
)
left.set_title("dropout")
RiskCoverageDisplay.from_predictions(
    y_later,
    dropout.label,
    {
        name: getattr(found, measure)
        for name, (found, measure) in measures.items()
        if found is dropout
    }
    | {"folds' entropy on these labels": ensemble.predictive_entropy},
    ax=right,
)
right.set_title("errors among rows that keep a verdict")

# %%
# For a network that trains for a day
# -----------------------------------
# is the difference that matters: ten folds take ten days, a hundred passes a moment,
# and they come with the one network that is in use. For the score of a model that will
# be trained again, folds are the honest way, on splits that do not flatter
# (:class:`~skmirai.model_selection.BlockedStratifiedKFold`).
#
# References
# ----------
# .. [1] M. Tavallaee, E. Bagheri, W. Lu and A. Ghorbani, "A detailed analysis of the
#    KDD CUP 99 data set", CISDA 2009.
