"""
The Mirai lab in a minute
=========================

What do class weights, depth, batch normalisation, another optimizer and dropout do to
a small network that looks for an attack? The lab that :doc:`/lab` tells of asks that
in 22 parts. This article goes through all of them on a small table, with the code that
``skmirai lab notebook`` writes in full. The table has the features of Kitsune [1]_.
The packets are simulated, so that the accuracies say nothing about real traffic; what
changes them is the same.
"""

# %%
# The table and the machine
# -------------------------
# Parts 1 and 4: a row is 115 statistics of the packets before one, after a counter. The
# counter and the first 23 statistics are dropped. Parts 2 and 3: what there is to train
# on, and what lies in memory meanwhile. Rows and their activations are nearly all of
# it.

import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.preprocessing import StandardScaler

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor, build_dnn
from skmirai.datasets import make_mirai_traffic
from skmirai.inspection import TrainingHistoryDisplay
from skmirai.lab import (
    RUNS,
    SETTINGS,
    ordered_split,
    shuffled_split,
    training_memory,
)
from skmirai.utils import hardware

N_ROWS, N_DROPPED = 8_000, 24
table = make_mirai_traffic(N_ROWS, random_state=0)
raw, y = table.data[:, N_DROPPED:], table.target
print(f"{len(raw):,} rows of {raw.shape[1]} columns, {np.isnan(raw).sum()} gaps")
print(f"networks are trained on {hardware()['cores']} cores")
held = training_memory(raw.shape[1], N_ROWS, {**SETTINGS, "optimizer": "adam"})
print(f"activations: {held['activations'] / 2**20:.1f} MiB,", end=" ")
print(f"parameters: {held['parameters'] / 2**20:.2f} MiB")

# %%
# Without learning
# ----------------
# Part 5: one who always says "attack" is right in 84 % of the rows, and one who guesses
# in proportion in fewer. An accuracy is worth what it has above the former.

share = y.mean()
rng = np.random.default_rng(0)
guesses = [np.mean((rng.random(len(y)) < share) == y) for _ in range(100)]
print(f"always attack: {share:.4f}; guesses in proportion: {np.mean(guesses):.4f}")

# %%
# Columns and splits
# ------------------
# Part 6: each column to mean 0 and standard deviation 1, over all rows, as the lab has
# it. Part 7: all benign rows come first, so that a split in the order of the file
# leaves none to test on. Part 8: a random split has both classes on both sides, and
# neighbours in time as well, which flatters.

X = StandardScaler().fit_transform(raw)
means, deviations = X.mean(axis=0), X.std(axis=0)
print(
    f"means within {abs(means).max():.0e}, deviations", np.unique(deviations.round(6))
)
first, last = ordered_split(len(y))
print("in order, benign and attack rows to test on:", np.bincount(y[last], minlength=2))
train, validation, test = shuffled_split(len(y))
print("shuffled, benign and attack rows to test on:", np.bincount(y[test]))

# %%
# A network and its first training
# --------------------------------
# Part 9: two layers of 20 sigmoid units, and one more at the end, whose output is a
# probability. Part 10: twenty epochs of plain gradient descent. Batches are made
# smaller in proportion to the table, so that an epoch has as many as in the published
# run. Part 11 has questions only: without activations two layers are one, and first
# weights are drawn evenly from a range that depends on the size of the layer.


def settings_of(**changes):
    """Return settings of the lab for a table of this size."""
    settings = {**SETTINGS, **changes, "drop_columns": None, "scaler": None}
    settings["batch_size"] = round(settings["batch_size"] * len(train) / 534_895)
    return settings


def fitted(seed=0, **changes):
    """Train a network on the training rows."""
    clf = MiraiDNNClassifier(**settings_of(**changes), random_state=seed)
    return clf.fit(X[train], y[train], X_val=X[validation], y_val=y[validation])


model = build_dnn(X.shape[1], 2, 20, activation="sigmoid", dropout_rate=0.0)
kernel, bias, second, *_ = (weights.astype(float) for weights in model.get_weights())
print(f"{model.count_params():,} parameters, the first weights within", end=" ")
print(f"{abs(kernel).max():.3f}, the limit being {np.sqrt(6 / sum(kernel.shape)):.3f}")
assert np.allclose((X @ kernel) @ second, X @ (kernel @ second))
unweighted = fitted(class_weight=None)
balanced = fitted()
display = TrainingHistoryDisplay.from_estimator(
    {"no class weights": unweighted, "balanced": balanced}
)
display.ax_[0].set_title("Loss, with and without class weights")
display.ax_[1].set_title("Accuracy")

# %%
# One change at a time
# --------------------
# Parts 12 and 14 to 18: each training of the lab's table, with three seeds. Accuracy
# hides what class weights do: they find more of the benign rows, which are few, and
# cost some of the attacks. The mean of both classes' recalls tells. Some networks
# answer the same for all rows in the end, of which ``fit`` would warn.

rows = []
for run in RUNS:
    if run.part > 18:
        continue
    for seed in range(3):
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            clf = fitted(seed + run.first_seed, **run.settings)
        found = clf.predict(X[test])
        accuracy = np.mean(found == y[test])
        balance = balanced_accuracy_score(y[test], found)
        rows.append((run.title, accuracy, balance, clf.n_parameters_))
names = ["run", "accuracy", "balanced accuracy", "parameters"]
scores = pd.DataFrame(rows, columns=names)
summary = scores.groupby("run", sort=False).agg(["mean", "std"])
print(summary.drop(columns=("parameters", "std")).round(4).to_string())

# %%
# The figure has every training as a dot. What differs by less than the seeds do is no
# difference. ReLU, which lets gradients through, and Adam, whose steps adapt to each
# weight, are ahead; deep stacks of sigmoid units have hardly begun to learn after 20
# epochs, since each layer shrinks the gradient [2]_. Dropout takes a little: a network
# this small has nothing to spare.

figure, ax = plt.subplots(figsize=(9, 4), layout="constrained")
titles = list(summary.index)
for name, marker, shift in (("accuracy", "o", -0.12), ("balanced accuracy", "s", 0.12)):
    heights = scores["run"].map(titles.index) + shift
    ax.plot(scores[name], heights, marker, label=name, alpha=0.6)
ax.axvline(share, color="0.4", linestyle=":", label="always attack")
ax.set_yticks(range(len(titles)), titles)
ax.invert_yaxis()
ax.set_xlabel("test rows, three seeds each")
ax.set_title("One change at a time")
ax.legend(loc="upper left")

# %%
# Batches
# -------
# Part 13: an epoch of small batches makes more updates, and each costs something
# besides its arithmetic. With a fixed learning rate small batches also learn faster,
# since they make more steps of the same length.

times = {}
for size in (100, 1_000, 10_000):
    fitted(batch_size=size)  # compiles
    begin = time.perf_counter()
    clf = fitted(batch_size=size)
    seconds = (time.perf_counter() - begin) / clf.n_iter_
    updates = -(-len(train) // clf.batch_size)
    times[size] = (updates, seconds * 1_000, clf.score(X[test], y[test]))
columns = ["updates per epoch", "ms per epoch", "accuracy"]
print(pd.DataFrame(times, index=columns).T.round(4).to_string())

# %%
# A better configuration, and how sure it is
# ------------------------------------------
# Part 19: six layers, Adam with a small step, and many epochs, here 60 of the 300.
# Part 20: the same with dropout that stays on, asked a hundred times [3]_. Each row
# draws its own units, so that errors average out and the spread says mostly how many
# rows there are. Part 21: ten folds. They train ten networks and tell how the accuracy
# varies with the rows; passes need one network.

best = {"n_layers": 6, "optimizer": "adam", "learning_rate": 0.005}
best |= {"batch_size": 5_000, "epochs": 60}
deep = fitted(**best)
print(f"best configuration: {deep.score(X[test], y[test]):.4f}")
always_on = fitted(**best, dropout_rate=[0.2] + [0.5] * 5)
passes = always_on.mc_score(X[test], y[test], n_passes=100, random_state=0)
print(f"passes: {passes.mean():.4f} +- {passes.std():.4f}")
folds = cross_val_score(
    MiraiDNNClassifier(**settings_of(**best), random_state=0),
    X[train],
    y[train],
    cv=StratifiedKFold(10, shuffle=True, random_state=1234),
)
print(f"folds: {folds.mean():.4f} +- {folds.std():.4f}")

# %%
# A number instead of a class
# ---------------------------
# Part 22: a linear output and the squared error. The target is a column that was
# dropped, the mean size of a host's packets. A linear model stands beside the network.

size = table.data[:, N_DROPPED - 1]
target = (size - size[train].mean()) / size[train].std()
settings = settings_of(optimizer="adam", learning_rate=0.005)
del settings["class_weight"]
regressor = MiraiDNNRegressor(**settings, random_state=0).fit(X[train], target[train])
linear = Ridge().fit(X[train], target[train])
for name, of_size in (("network", regressor), ("linear", linear)):
    print(f"{name}: R2 {of_size.score(X[test], target[test]):.3f}")

# %%
# All of it at full size, with published figures beside it where the rows are the real
# ones, is ``skmirai lab run``; ``skmirai lab notebook --worksheet`` leaves the code and
# the answers to you.
#
# .. [1] Y. Mirsky, T. Doitshman, Y. Elovici, A. Shabtai: Kitsune: An ensemble of
#    autoencoders for online network intrusion detection. NDSS 2018.
# .. [2] X. Glorot, Y. Bengio: Understanding the difficulty of training deep feedforward
#    neural networks. AISTATS 2010.
# .. [3] Y. Gal, Z. Ghahramani: Dropout as a Bayesian approximation: Representing model
#    uncertainty in deep learning. ICML 2016.
