"""
A search over a Pipeline: grid, random, halving, and what the winner is worth
=============================================================================

Scaler, imputer and network of a :class:`~sklearn.pipeline.Pipeline` can be searched
together, by any search of scikit-learn. Three of them share a table here: which finds
what, for how much training? And how much of the best score is luck? Nested
cross-validation tells.
"""

# %%
# A table with gaps, and a Pipeline
# ---------------------------------
# Heavy tails, as byte counts have them, and one value in ten is missing. A quarter of
# the rows is benign. Parameters of a step are called by its name and two underscores.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import loguniform
from sklearn.datasets import make_classification
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.impute import SimpleImputer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_validate,
)
from sklearn.pipeline import Pipeline

from skmirai import MiraiDNNClassifier

X, y = make_classification(
    900, n_features=12, n_informative=6, weights=[0.25], flip_y=0.05, random_state=0
)
X = np.sinh(1.2 * X)
X[np.random.default_rng(0).random(X.shape) < 0.1] = np.nan

EPOCHS = 18
network = MiraiDNNClassifier(n_nodes=32, epochs=EPOCHS, random_state=0)
pipe = Pipeline([("impute", SimpleImputer()), ("mirai", network)])
settings = {
    "cv": StratifiedKFold(3, shuffle=True, random_state=0),
    "scoring": "roc_auc",
    "error_score": "raise",
}

# %%
# Every combination
# -----------------
# What replaces a gap, and how columns are scaled.

grid = GridSearchCV(
    pipe,
    {
        "impute__strategy": ["mean", "median"],
        "mirai__scaler": ["standard", "quantile", "robust_clip", "signed_log"],
    },
    **settings,
).fit(X, y)
results = pd.DataFrame(grid.cv_results_)
table = results.pivot(
    index="param_impute__strategy",
    columns="param_mirai__scaler",
    values="mean_test_score",
)
print(table.round(3).to_string())

figure, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
image = ax.imshow(table, cmap="viridis", aspect="auto")
middle = np.mean(image.get_clim())
for place, value in np.ndenumerate(table.to_numpy()):
    colour = "black" if value > middle else "white"  # on viridis, in light and dark
    ax.text(*place[::-1], f"{value:.3f}", ha="center", va="center", color=colour)
ax.set_xticks(range(len(table.columns)), table.columns)
ax.set_yticks(range(len(table.index)), table.index)
ax.set(xlabel="mirai__scaler", ylabel="impute__strategy")
ax.set_title("ROC AUC of a grid over a Pipeline, mean of three folds")
figure.colorbar(image, ax=ax, label="ROC AUC")

# %%
# Draws, and halving
# ------------------
# A random search takes as many candidates as it is given, whatever the number of
# parameters. Halving gives many candidates few epochs, and the best third of them three
# times as many, until one is left: here the resource is ``mirai__epochs``, not rows.
# All three searches differ in nothing that needs another compiled program.

space = {
    "impute__strategy": ["mean", "median"],
    "mirai__scaler": ["standard", "quantile", "robust_clip", "signed_log"],
    "mirai__learning_rate": loguniform(3e-4, 3e-2),
    "mirai__dropout_rate": [0.1, 0.2, 0.4],
}
drawn = RandomizedSearchCV(pipe, space, n_iter=8, random_state=0, **settings).fit(X, y)
halved = HalvingRandomSearchCV(
    pipe,
    space,
    n_candidates=18,
    factor=3,
    resource="mirai__epochs",
    min_resources=EPOCHS // 9,
    max_resources=EPOCHS,
    random_state=0,
    **settings,
).fit(X, y)

searches = {"grid": grid, "random draws": drawn, "halving": halved}
rows = {}
for name, search in searches.items():
    found = pd.DataFrame(search.cv_results_)
    rows[name] = {
        "candidates": getattr(search, "n_candidates_", [len(found)])[0],
        "epochs": 3 * found.get("n_resources", pd.Series(EPOCHS, found.index)).sum(),
        "best ROC AUC": search.best_score_,
    }
summary = pd.DataFrame(rows).T.astype({"candidates": int, "epochs": int})
print(summary.round(3).to_string())

# %%
# The curves show what each search had found after so many epochs of training, all folds
# counted. Halving judges most of its candidates after two epochs.

figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for (name, search), colour in zip(
    searches.items(), ("#0072B2", "#D55E00", "#009E73"), strict=True
):
    found = pd.DataFrame(search.cv_results_)
    found["cost"] = 3 * found.get("n_resources", pd.Series(EPOCHS, found.index))
    found = found.sort_values("iter", kind="stable") if "iter" in found else found
    spent = found["cost"].cumsum()
    ax.plot(spent, found["mean_test_score"], "o", color=colour, alpha=0.4, markersize=4)
    best = found["mean_test_score"].cummax()
    ax.step(spent, best, where="post", color=colour, label=name)
ax.set(xlabel="epochs trained", ylabel="ROC AUC, mean of three folds")
ax.set_title("Three searches: best score by training spent")
ax.legend(loc="lower right", frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %%
# What the winner is worth
# ------------------------
# The best of many scores is the score of a good candidate on folds that suit it. A
# search is an estimator, so ``cross_validate`` can fit a whole search on each of five
# outer training parts and score its winner on rows that this search never saw.

narrow = {
    "mirai__scaler": ["robust_clip", "signed_log"],
    "mirai__dropout_rate": [0.1, 0.3],
}
nested = cross_validate(
    GridSearchCV(pipe, narrow, **settings),
    X,
    y,
    cv=StratifiedKFold(5, shuffle=True, random_state=1),
    scoring="roc_auc",
    return_estimator=True,
    error_score="raise",
)
inner = np.array([search.best_score_ for search in nested["estimator"]])
outer = nested["test_score"]
print(f"inner best: {inner.mean():.3f}, outer: {outer.mean():.3f} +- {outer.std():.3f}")
for search in nested["estimator"]:
    print(search.best_params_)

# %%
# In words
# --------
# - The scaler decides on this table, as in :doc:`plot_tuning`; what replaces the gaps
#   matters less.
# - Halving looks at more candidates for fewer epochs. It judges by the first two,
#   though, and prefers what learns fast. It also trains its survivors anew, each time
#   from the beginning; :class:`~skmirai.model_selection.MiraiSearchCV` goes on where
#   they stand (:doc:`plot_optuna`). One run of each search is no verdict on searches.
# - The outer score is that of the *search*: of what it would find on such rows. Here it
#   lies above the best inner score, since a winner is fitted once more on half as many
#   rows again as the inner fits had, and four candidates leave luck little room. All
#   winners are the same; where they differ, the parameters are not settled. Report the
#   outer score, and fit the search once more on all rows for the model.
