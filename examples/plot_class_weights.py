"""
Class weights: what they buy, and what they cost
================================================

Three flows in a hundred are attacks. A network that learns from all rows alike finds
few of them, and ``class_weight="balanced"`` finds many more. Is it a better network, or
the same one with another threshold? And may its probabilities still be believed? The
rows are made up, with probabilities that are known, so that each question has an
answer.
"""

# %%
# Flows of which we know the truth
# --------------------------------
# Six features, shifted a little for attacks. The true probability of an attack follows
# from Bayes' rule, with which any model can be compared.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.calibration import CalibrationDisplay
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import (
    confusion_matrix,
    log_loss,
    make_scorer,
    roc_auc_score,
    roc_curve,
)
from sklearn.model_selection import TunedThresholdClassifierCV
from threadpoolctl import threadpool_limits

from skmirai import MiraiDNNClassifier

SHARE, SHIFT = 0.03, np.array([1.2, 0.9, 0.7, 0.5, 0.0, 0.0])


def flows(n_rows, seed):
    """Return features and labels, 1 for an attack."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n_rows) < SHARE).astype(int)
    return rng.normal(y[:, np.newaxis] * SHIFT, 1).astype(np.float32), y


def true_probability(X):
    """Return the probability of an attack by Bayes' rule."""
    log_odds = np.log(SHARE / (1 - SHARE)) + X @ SHIFT - SHIFT @ SHIFT / 2
    return 1 / (1 + np.exp(-log_odds))


X, y = flows(10_000, seed=0)
X_test, y_test = flows(40_000, seed=1)
print(f"{y.sum()} of {len(y):,} training rows are attacks")

# %%
# Heavier attacks
# ---------------
# A weight of 10 makes each attack count as ten rows; "balanced" gives both classes the
# same total. Trees take weights too and are weighed beside. All figures are means over
# three seeds.


def network(weight, seed=0):
    """Return a network with a class weight."""
    return MiraiDNNClassifier(
        n_nodes=32, epochs=15, class_weight=weight, random_state=seed
    )


def trees(weight, seed=0):
    """Return boosted trees with a class weight."""
    return HistGradientBoostingClassifier(
        max_iter=60, class_weight=weight, random_state=seed
    )


def judge(y_true, proba, threshold=0.5):
    """Return what a threshold makes of probabilities, and how good these are."""
    (benign, false), (missed, hit) = confusion_matrix(y_true, proba >= threshold)
    return {
        "recall": hit / (hit + missed),
        "precision": hit / (hit + false),
        "false alarms": false / (false + benign),
        "ROC AUC": roc_auc_score(y_true, proba),
        "log loss": log_loss(y_true, proba),
        "mean probability": proba.mean(),
    }


weights = {"none": None, "10": {0: 1, 1: 10}, "balanced": "balanced"}
rows, probabilities = [], {}
for model, make in {"network": network, "trees": trees}.items():
    for title, weight in weights.items():
        for seed in range(3):
            with threadpool_limits(1, user_api="openmp"):
                fitted = make(weight, seed).fit(X, y)
            proba = fitted.predict_proba(X_test)[:, 1]
            probabilities.setdefault((model, title), proba)
            rows.append({"model": model, "weight": title, **judge(y_test, proba)})
figures = pd.DataFrame(rows).groupby(["model", "weight"], sort=False)
summary = figures.mean()
print(f"share of attacks: {y_test.mean():.3f}; log loss of the true probabilities:")
print(round(log_loss(y_test, true_probability(X_test)), 4))
print(summary.round(3).to_string())
print("standard deviation over seeds, largest:")
print(figures.std().max().round(3).to_string())

# %%
# One curve, other places on it
# -----------------------------
# Left, every threshold of each network as a curve; the dots are where one half lies. A
# weight moves the dot along, and hardly lifts the curve. Right, what the weight does to
# the probabilities: they are far above the share of attacks among such rows.

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
colours = ("#0072B2", "#E69F00", "#D55E00")
for title, colour in zip(weights, colours, strict=True):
    proba = probabilities["network", title]
    false_alarms, recall, _ = roc_curve(y_test, proba)
    left.plot(false_alarms, recall, color=colour, linewidth=1.2, label=title)
    dot = judge(y_test, proba)
    left.plot(dot["false alarms"], dot["recall"], "o", color=colour, markersize=9)
    CalibrationDisplay.from_predictions(
        y_test,
        proba,
        n_bins=15,
        strategy="quantile",
        name=title,
        color=colour,
        ax=right,
    )
left.set(xlabel="share of benign flows that raise an alarm", ylabel="recall")
left.set_title("Recall and false alarms, by weight")
left.legend(title="class weight", frameon=False, loc="lower right")
right.set(xlabel="probability that the network gives", ylabel="share of attacks")
right.set_title("Calibration, by weight")
right.legend(title="class weight", frameon=False, loc="upper left")
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)

# %%
# Undoing it
# ----------
# A weight w on attacks multiplies their odds by w. Who divides by it has the
# probabilities back, and with them the threshold of one half.

w = (len(y) - y.sum()) / y.sum()  # of "balanced", relative to benign rows
balanced = probabilities["network", "balanced"]
undone = balanced / (balanced + w * (1 - balanced))
repaired = pd.DataFrame(
    {
        "no weight": judge(y_test, probabilities["network", "none"]),
        "balanced": judge(y_test, balanced),
        "balanced, undone": judge(y_test, undone),
    }
).T
print(repaired.round(3).to_string())

# %%
# The threshold instead
# ---------------------
# :class:`~sklearn.model_selection.TunedThresholdClassifierCV` leaves the network and
# its probabilities as they are and looks for the threshold that a score likes best. A
# score may be what matters to you, such as recall where false alarms keep below two in
# a hundred.


def recall_within_budget(y_true, y_pred):
    """Return the recall, or minus the false alarms where these are too many."""
    figures = judge(y_true, y_pred.astype(float))
    alarms = figures["false alarms"]
    return figures["recall"] if alarms <= 0.02 else -alarms


rows = {}
for name, score in {
    "balanced accuracy": "balanced_accuracy",
    "recall at 2 % false alarms": make_scorer(recall_within_budget),
}.items():
    tuned = TunedThresholdClassifierCV(network(None), scoring=score, cv=3).fit(X, y)
    proba = tuned.predict_proba(X_test)[:, 1]
    found = judge(y_test, proba, tuned.best_threshold_)
    rows[name] = {"threshold": tuned.best_threshold_, **found}
thresholds = pd.DataFrame(rows).T
print(thresholds.round(3).to_string())

# %%
# In words
# --------
# - A weight moves the threshold: it finds more attacks, and raises more false alarms.
#   The curve of what is possible stays about where it was, for trees as for networks.
# - Its probabilities are no longer shares: they are those of a world in which half of
#   the flows are attacks. Divide the odds by the weight, or calibrate
#   (:doc:`plot_calibration`), before anybody reads them.
# - A moved threshold comes to the same and leaves the probabilities as they are. It can
#   be moved again tomorrow, without training. Where a budget of false alarms is a
#   promise, not a wish, :doc:`plot_false_alarm_budget` keeps it.
# - Weights are worth it where training needs them: where attacks are so few that a
#   network learns to say "benign" always.
