"""
Early stopping, callbacks and TensorBoard
=========================================

When has a network learned enough, and how does one watch it? This article stops
trainings early, changes the step size on the way, scores every epoch with callbacks of
scikit-learn, and writes logs for TensorBoard, which are read back to see what is in
them.
"""

# %%
# A table that is easy to learn by heart
# --------------------------------------
# Few rows, many columns, and one label in five is wrong.

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.callback import ScoringMonitor
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_val_score, train_test_split

from skmirai import MiraiDNNClassifier
from skmirai.inspection import TrainingHistoryDisplay

X, y = make_classification(
    3_000, n_features=30, n_informative=6, flip_y=0.2, random_state=0
)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=800, stratify=y, random_state=0
)

# %%
# Stopping early
# --------------
# ``validation_fraction`` keeps a stratified part of the rows aside, before anything is
# fitted. With ``early_stopping`` training ends when its loss has not improved for
# ``n_iter_no_change`` epochs, and the network goes back to its best epoch. The dashed
# lines of the picture are validation rows.

settings = {"dropout_rate": 0.1, "epochs": 80, "validation_fraction": 0.25}
whole = MiraiDNNClassifier(**settings, random_state=0).fit(X_train, y_train)
stopped = MiraiDNNClassifier(
    **settings, early_stopping=True, n_iter_no_change=8, random_state=0
).fit(X_train, y_train)

display = TrainingHistoryDisplay.from_estimator(
    {"all 80 epochs": whole, "stopped early": stopped}
)
display.ax_[0].set_title("Loss, with and without early stopping")
display.ax_[1].set_title("Accuracy")

best = int(np.argmin(stopped.history_["val_loss"])) + 1
print(f"stopped after {stopped.n_iter_} epochs, weights of epoch {best}")
for name, clf in (("all epochs", whole), ("stopped early", stopped)):
    loss = clf.evaluate(X_test, y_test)["loss"]
    print(f"{name:13}: test loss {loss:.3f}, accuracy {clf.score(X_test, y_test):.3f}")

# %%
# Does it pay? One training is an anecdote; ten of them, with other seeds, are a hint.

rows = []
for seed in range(10):
    for early in (False, True):
        clf = MiraiDNNClassifier(**settings, early_stopping=early, n_iter_no_change=8)
        clf.set_params(random_state=seed).fit(X_train, y_train)
        rows.append(
            {
                "early stopping": early,
                "epochs": clf.n_iter_,
                "test loss": clf.evaluate(X_test, y_test)["loss"],
                "test accuracy": clf.score(X_test, y_test),
            }
        )
seeds = pd.DataFrame(rows).groupby("early stopping").agg(["mean", "std"])
print(seeds.round(3).to_string())

# %%
# Callbacks of Keras
# ------------------
# ``callbacks`` takes callbacks of Keras, ready-made or of your own. Each fit works on
# copies, which stay in ``callbacks_``; those that you passed are not touched, so that
# the folds of a cross-validation do not share them. Whole epochs are compiled; a
# callback that looks at single batches makes a fit use Keras's slower loop.


class FarthestWeight(keras.callbacks.Callback):
    """Note the largest weight after each epoch."""

    def on_train_begin(self, logs=None):
        """Begin a new list."""
        self.sizes = []

    def on_epoch_end(self, epoch, logs=None):
        """Look at all weights."""
        largest = max(np.abs(part).max() for part in self.model.get_weights())
        self.sizes.append(float(largest))


plateau = keras.callbacks.ReduceLROnPlateau("val_loss", patience=5, min_lr=1e-4)
largest = FarthestWeight()
watched = MiraiDNNClassifier(**settings, callbacks=[plateau, largest], random_state=0)
watched.fit(X_train, y_train)
sizes = watched.callbacks_[1].sizes
rates = watched.history_["learning_rate"]
print(f"step size from {rates[0]:g} to {rates[-1]:g}, in {len(set(rates))} steps")
print(f"largest weight from {sizes[0]:.2f} to {sizes[-1]:.2f}")
print("the callback that was passed is as it was:", not hasattr(largest, "sizes"))

# %%
# Callbacks of scikit-learn
# -------------------------
# ``set_callbacks`` takes those of :mod:`sklearn.callback`. They see every epoch, with a
# fitted copy of the estimator, also where the fit is one of a search or of a
# cross-validation: here three folds, and the score of scikit-learn's choice after each
# epoch. ``sklearn.callback.ProgressBar()`` shows bars in the same way.

monitor = ScoringMonitor(scoring="roc_auc")
clf = MiraiDNNClassifier(epochs=15, random_state=0).set_callbacks(monitor)
cross_val_score(clf, X_train, y_train, cv=3, error_score="raise")
logs = pd.concat(
    [log.data_as_pandas for log in monitor.get_logs(select="all")],
    keys=range(3),
    names=["fold", None],
)
epochs = logs[logs["task_name"] == "epoch"]
by_epoch = epochs.reset_index("fold").pivot(
    index="task_id", columns="fold", values="roc_auc"
)
print("ROC AUC on the rows that each fold trains on")
print((by_epoch.set_axis(by_epoch.index + 1).loc[[1, 5, 15]]).round(3).to_string())

# %%
# TensorBoard
# -----------
# TensorBoard is a callback of Keras, and writes its logs to a folder, of training and
# validation apart. ``tensorboard --logdir FOLDER`` shows them in the browser, while the
# training runs too. It comes with ``pip install tensorboard``.

folder = tempfile.TemporaryDirectory()
logged = MiraiDNNClassifier(
    **settings,
    callbacks=[keras.callbacks.TensorBoard(folder.name)],
    random_state=0,
).fit(X_train, y_train)
for file in sorted(Path(folder.name).rglob("events*")):
    print(file.parent.name, file.name.split(".")[0], f"{file.stat().st_size:,} bytes")

# %%
# What is in it can be read in Python as well. Drawn here is what came back, over what
# ``history_`` holds: the same figures.

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

found = {}
for part in ("train", "validation"):
    everything = {"tensors": 0}  # the default keeps a sample of ten
    events = EventAccumulator(str(Path(folder.name) / part), everything).Reload()
    found[part] = [
        float(make_ndarray(event.tensor_proto))
        for event in events.Tensors("epoch_loss")
    ]
folder.cleanup()

figure, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
numbers = np.arange(1, logged.n_iter_ + 1)
for (part, losses), name, colour in zip(
    found.items(), ("loss", "val_loss"), ("#0072B2", "#D55E00"), strict=True
):
    ax.plot(numbers, logged.history_[name], color=colour, alpha=0.35, linewidth=5)
    ax.plot(numbers, losses, color=colour, label=f"TensorBoard, {part}")
ax.plot([], [], color="grey", alpha=0.35, linewidth=5, label="history_")
ax.set(xlabel="epoch", ylabel="loss")
ax.set_title("Losses read back from the log of TensorBoard")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %%
# In words
# --------
# - With wrong labels and few rows the training loss falls for ever, and the validation
#   loss does not. Stopping keeps the network of the best epoch and saves most of the
#   epochs; over ten seeds the test loss halves, and accuracy gains a little.
# - Validation rows that stopped a training are no test rows, and they are taken from
#   training: with few rows, dropout or a fixed number of epochs may be the better buy.
# - Callbacks of Keras see the network, those of scikit-learn the fitted estimator with
#   columns and scaler; both come into every fold of a cross-validation.
