"""
A search that goes on: SQLite, pruning, and its pictures
========================================================

A long search is stopped by a power cut, a reboot, or a look at the clock. With a
*storage* nothing of it is lost: :class:`~skmirai.model_selection.MiraiSearchCV` writes
every trial to a database, and the same call goes on where it stood. This article stops
one, resumes it, and looks at the study in between as anybody with the file can.

Optuna [1]_ comes with ``pip install 'skmirai[tune]'``.
"""

# %%
# A search with a memory
# ----------------------
# The table has heavy tails; what is searched leaves the architecture alone, so that all
# fits share few compiled programs. ``storage`` is where the study lives, here a file of
# SQLite, and ``study_name`` tells it from others in that file.

import tempfile
import warnings

import numpy as np
import optuna
import pandas as pd
from optuna.visualization import matplotlib as optuna_plots
from sklearn.datasets import make_classification
from sklearn.model_selection import StratifiedKFold, train_test_split

from skmirai import MiraiDNNClassifier
from skmirai.inspection import SearchDisplay
from skmirai.model_selection import MiraiSearchCV, search_distributions

X, y = make_classification(
    1_200, n_features=12, n_informative=8, weights=[0.25], random_state=0
)
X = np.sinh(X)
X, X_test, y, y_test = train_test_split(X, y, test_size=400, stratify=y, random_state=0)

folder = tempfile.TemporaryDirectory()
storage = f"sqlite:///{folder.name}/study.db"
space = search_distributions()
space = {name: space[name] for name in ("scaler", "learning_rate", "dropout_rate")}


def search_of(n_trials, scoring="roc_auc"):
    """Return the search that goes on until the study has so many trials."""
    return MiraiSearchCV(
        MiraiDNNClassifier(n_nodes=32, epochs=18, random_state=0),
        space,
        n_trials=n_trials,
        storage=storage,
        study_name="heavy tails",
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
        scoring=scoring,
        random_state=0,
    )


optuna.logging.set_verbosity(optuna.logging.WARNING)
stopped = search_of(5).fit(X, y)
print(f"stopped after {len(stopped.trials_)} trials, best {stopped.best_score_:.4f}")

# %%
# While it stands, or runs
# ------------------------
# The file is all that somebody else needs, such as a colleague, or you in a second
# terminal while workers are busy.
# :meth:`~skmirai.inspection.SearchDisplay.from_study` draws a study as it stands; the
# dashboard of Optuna serves the same file: ``optuna-dashboard sqlite:///study.db``.

study = optuna.load_study(study_name="heavy tails", storage=storage)
names = {"score_name": "ROC AUC", "rung_name": "epochs"}
display = SearchDisplay.from_study(study, **names)
display.ax_[0].set_title("Five trials")
display.ax_[1].set_title("and their ways over the rungs")

# %%
# Going on
# --------
# The same call with more trials goes on: ``n_trials`` counts those of the study. The
# data, folds, space and score must be the same, otherwise the scores would not compare,
# and the search refuses. What a trial draws depends on its number and on those before
# it alone, so that a search that was stopped ends as one that ran through.

search = search_of(24).fit(X, y)
trials = pd.DataFrame(search.cv_results_)
print(f"{len(stopped.trials_)} trials were there, {len(trials)} are now")
print(f"pruned: {trials['pruned'].sum()}; best {search.best_score_:.4f}")
print(search.best_params_)

display = SearchDisplay.from_estimator(search)
display.ax_[0].set_title("The same search, 24 trials")
display.ax_[1].set_title("and their ways over the rungs")

# %%
# A study refuses what does not compare with its trials:

try:
    search_of(25, scoring="accuracy").fit(X, y)
except ValueError as error:
    print(error)

# %%
# Optuna's own pictures
# ---------------------
# ``study_`` is a study of Optuna like any other. Which parameters mattered, and where
# good values lie:

evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
importances = optuna.importance.get_param_importances(
    search.study_, evaluator=evaluator
)
print({name: round(float(share), 2) for name, share in importances.items()})

with warnings.catch_warnings(action="ignore"):  # Optuna calls these experimental
    bars = optuna_plots.plot_param_importances(search.study_, evaluator=evaluator)
    slices = optuna_plots.plot_slice(search.study_)
bars.set_title("Importance of the parameters", loc="left")
bars.figure.set_layout_engine("constrained")
bars.figure.set_size_inches(6, 2.6)
for panel in slices:
    panel.set_ylabel("ROC AUC")
slices[-1].tick_params(axis="x", labelrotation=30)
slices[0].figure.suptitle("Score of each trial, by parameter")
slices[0].figure.set_layout_engine("constrained")
slices[0].figure.set_size_inches(10, 4)

# %%
# On rows that no search has seen
# -------------------------------

default = MiraiDNNClassifier(n_nodes=32, epochs=18, random_state=0).fit(X, y)
scores = {
    "default": search.scorer_(default, X_test, y_test),
    "tuned": search.score(X_test, y_test),
}
print({name: round(score, 3) for name, score in scores.items()})
folder.cleanup()

# %%
# In words
# --------
# - A study in a file outlives its process. Several processes may work on it at once,
#   with the same call in each; ``skmirai tune`` starts such workers from the shell. For
#   many machines there is PostgreSQL: see :doc:`/distributed`.
# - Pruned trials are part of the study, and grey in its pictures: they have the score
#   of as many epochs as they came to. Who wants whole fits passes
#   ``pruner=optuna.pruners.NopPruner()``.
# - Importances of two dozen trials are a hint. They count the step size most, since
#   eighteen epochs are few for small steps; of the scalers one trial alone had the
#   standard one, which :doc:`plot_tuning` finds far behind on such a table. The
#   pictures of what was tried say nothing of what was not.
#
# .. rubric:: References
#
# .. [1] T. Akiba, S. Sano, T. Yanase, T. Ohta, M. Koyama: Optuna: A next-generation
#    hyperparameter optimization framework. KDD 2019.
