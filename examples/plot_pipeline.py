"""
A mixed table in a Pipeline: text, categories and gaps
======================================================

A log of connections holds names of protocols beside byte counts, and gaps where there
was nothing to measure. :class:`~skmirai.MiraiDNNClassifier` takes such a table as it
is; it also takes the place of any classifier at the end of an existing
:class:`~sklearn.pipeline.Pipeline`. How much code does each way need, and how do they
do beside boosted trees?

UNSW-NB15's partition of 82,332 connections [1]_ is read from the folder that
``SKMIRAI_DATA`` names; without it, a generated table takes its place.
"""

# %%
# A mixed table
# -------------
# Columns of text, and of numbers with gaps: a connection without a handshake has no
# time that it took. UNSW-NB15 writes such gaps as 0 and "-"; here they are what they
# are, missing.

import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from threadpoolctl import threadpool_limits

from skmirai import MiraiDNNClassifier, predict_uncertainty
from skmirai.datasets import load_unsw_nb15
from skmirai.model_selection import duplicate_groups

DATA = Path(
    os.environ.get("SKMIRAI_DATA", Path(__file__).parents[2] / "shared" / "data")
)
N_ROWS = 4_000
HANDSHAKE = ["tcprtt", "synack", "ackdat"]


def recorded(file):
    """Return connections, and which of them are attacks."""
    X, y = load_unsw_nb15(file, return_X_y=True)
    X["service"] = X["service"].cat.remove_categories("-")
    X[HANDSHAKE] = X[HANDSHAKE].where(X[HANDSHAKE] > 0)
    rows = np.random.default_rng(0).choice(len(X), N_ROWS, replace=False)
    return X.iloc[np.sort(rows)].reset_index(drop=True), y.to_numpy()[np.sort(rows)]


def generated():
    """Return the like, made up; an attack sends more, often over odd protocols."""
    rng = np.random.default_rng(0)
    y = (rng.random(N_ROWS) < 0.4).astype(int)
    odd = y & (rng.random(N_ROWS) < 0.5)
    proto = np.where(odd, rng.choice(["udp", "ospf", "sctp"], N_ROWS), "tcp")
    table = {
        "proto": pd.Categorical(proto),
        "service": pd.Categorical(rng.choice(["http", "dns", None], N_ROWS)),
        "dur": rng.lognormal(0, 1.5, N_ROWS),
        "sbytes": rng.lognormal(6 + y, 1.5),
        "tcprtt": np.where(proto == "tcp", rng.lognormal(-3 + y, 1), np.nan),
    }
    return pd.DataFrame(table), y


file = DATA / "unsw_nb15" / "UNSW_NB15_82332.csv.gz"
if file.exists():
    X, y = recorded(file)
else:
    print(f"There is no {file}: this table is GENERATED\n")
    X, y = generated()
y = np.where(y == 1, "attack", "normal")
print(
    f"{len(X):,} rows, {len(X.columns)} columns, {np.mean(y == 'attack'):.0%} attacks"
)
print(X[["proto", "service", "dur", "sbytes", "tcprtt"]].head(4).to_string())

# %%
# Three models
# ------------
# The first takes the table as it is: text becomes codes and gaps become medians within
# ``fit``, learned from training rows alone. The second is a Pipeline as many people
# have one, with the network as its last step. The trees take categories and gaps
# themselves.


def table_as_it_is(seed):
    """Return a network that encodes and imputes itself."""
    return MiraiDNNClassifier(
        scaler="quantile", missing="impute", epochs=20, random_state=seed
    )


def behind_a_transformer(seed):
    """Return a network behind encoder and imputer of scikit-learn."""
    text = make_column_selector(dtype_include="category")
    numbers = make_column_selector(dtype_include="number")
    front = make_column_transformer(
        (OneHotEncoder(min_frequency=20, handle_unknown="infrequent_if_exist"), text),
        (SimpleImputer(strategy="median", add_indicator=True), numbers),
        sparse_threshold=0,
    )
    network = MiraiDNNClassifier(scaler="quantile", epochs=20)
    return make_pipeline(front, network.set_params(random_state=seed))


def trees(seed):
    """Return boosted trees."""
    return HistGradientBoostingClassifier(
        categorical_features="from_dtype", random_state=seed
    )


MODELS = {
    "network, the table as it is": table_as_it_is,
    "network behind a ColumnTransformer": behind_a_transformer,
    "boosted trees": trees,
}

# %%
# Cross-validation
# ----------------
# ``cross_val_score`` needs nothing special. Many rows of the table are there twice, so
# the folds keep equal rows together. Networks depend on their seed: without several of
# them a difference says little.

groups = duplicate_groups(X)
scores = {}
for seed in range(2):
    cv = StratifiedGroupKFold(3, shuffle=True, random_state=seed)
    for name, make in MODELS.items():
        with threadpool_limits(1, user_api="openmp"):
            scores[name, seed] = cross_val_score(
                make(seed), X, y, groups=groups, cv=cv, scoring="roc_auc"
            )
scores = pd.DataFrame(scores).rename_axis(columns=["model", "seed"])
scores = scores.rename_axis("fold").stack("seed", future_stack=True)[list(MODELS)]
print("ROC AUC over folds and seeds")
print(scores.agg(["mean", "std"]).T.round(4).to_string())

# %%
# Each dot is one fold; lines join those of the same rows. What the models differ by
# on the same rows counts, not what the folds differ by.

figure, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
places = np.arange(len(MODELS))
ax.plot(scores.T.to_numpy(), places, "-o", color="#56B4E9", alpha=0.7, markersize=4)
ax.plot(scores.mean(), places, "D", color="#D55E00", label="mean")
ax.set_yticks(places, MODELS)
ax.set(xlabel="ROC AUC", ylim=(2.4, -0.4))
ax.locator_params(axis="x", nbins=5)
ax.set_title("Two networks and boosted trees, fold by fold")
ax.legend(loc="lower left", frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %%
# What is in it
# -------------
# Steps are reached by their names, for settings as for a search:
# ``pipe.set_params(miraidnnclassifier__learning_rate=0.001)``. A category that no
# training row had is no error, in either way.

alone = table_as_it_is(0).fit(X, y)
pipe = behind_a_transformer(0).fit(X, y)
new = X.head(3).assign(proto=pd.Categorical(["never seen"] * 3))
codes = alone.pipeline_["drop"].get_feature_names_out()
print(f"{len(codes)} columns from {X.shape[1]}, the last ones:", *codes[-4:])
print("behind the ColumnTransformer:", pipe[:-1].transform(X.head(1)).shape[1])
print(alone.predict(new), pipe.predict(new))

# %%
# A Pipeline of scikit-learn has no ``predict_uncertainty``;
# :func:`skmirai.predict_uncertainty` asks the network at its end. :func:`skmirai.save`
# writes the whole Pipeline to a file: :doc:`plot_serving` goes on from there.

doubt = predict_uncertainty(pipe, X.head(1_000), random_state=0)
print(doubt.to_frame()[["label", "confidence", "mutual_information"]].head(4))

# %%
# In words
# --------
# - The table goes in as it is, with text and gaps, or behind transformers of your own;
#   both ways come to the same score within what seeds and folds differ by. The first
#   is one line, and the second is for columns that need more than codes and medians.
# - Boosted trees are the yardstick on such a table, and on UNSW-NB15 the network does
#   not beat them (:doc:`/accuracy` has whole tables, and more models). What it has
#   besides are passes that tell how sure it is, training that goes on, and a file that
#   any process loads without TensorFlow.
# - Transformers are fitted within each fold, since they are part of what is
#   cross-validated. Fitted before, on all rows, they would have seen the test rows.
#
# .. rubric:: References
#
# .. [1] N. Moustafa, J. Slay: UNSW-NB15: A comprehensive data set for network intrusion
#    detection systems. MilCIS 2015.
