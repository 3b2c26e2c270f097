"""
pandas and polars: tables in, tables out
========================================

A row of a table is known by the names of its columns, and a verdict by the row that it
is about. Do both survive the way through a network? This article trains on a DataFrame
of polars [1]_, predicts on one of pandas, chooses columns by name, gets tables back,
and shows what happens when columns come in another order.
"""

# %%
# The same table twice
# --------------------
# Simulated packets with their features. The first column numbers the packets and gives
# the label away. The table of polars is made from the columns as they are.

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmirai import ColumnDropper, MiraiDNNClassifier
from skmirai.datasets import make_mirai_traffic
from skmirai.preprocessing import TableEncoder

made = make_mirai_traffic(
    12_000, attack_fraction=0.5, flood_fraction=0.02, random_state=0, as_frame=True
)
X = made.data
y = made.y_true.map({0: "benign", 1: "attack"}).rename("label")
train, test = train_test_split(X.index, test_size=0.5, stratify=y, random_state=0)
table = pl.DataFrame({name: X[name].to_numpy() for name in X})
print(table.select("counter", "MI_dir_L5_weight", "HH_L0.1_mean").head(3))

# %%
# Columns by name
# ---------------
# ``drop_columns`` takes names, slices of names, or a function of the table. ``y`` may
# be a Series of either library.

clf = MiraiDNNClassifier(drop_columns=["counter"], epochs=5, random_state=0)
clf.fit(table[train.to_numpy()], pl.Series(y[train].to_numpy()))
print("trained on", clf.n_features_in_, "named columns, the first:", end=" ")
print(list(clf.feature_names_in_[:2]))

kinds = ["HH_jit", "HpHp"]
some = MiraiDNNClassifier(
    drop_columns=lambda table: [
        name for name in table.columns if not name.startswith(tuple(kinds))
    ],
    epochs=5,
    random_state=0,
).fit(X.loc[train], y[train])
print("kept by a function:", len(some.pipeline_["drop"].get_feature_names_out()))

# %%
# Trained on one, asked by the other
# ----------------------------------
# The names are compared, not the library.

by_polars = clf.predict_proba(table[test.to_numpy()])
by_pandas = clf.predict_proba(X.loc[test])
print("the same probabilities:", np.array_equal(by_polars, by_pandas))

# %%
# Verdicts as a table
# -------------------
# ``to_frame`` is a DataFrame of pandas, with the index of the rows that were asked
# about, so that verdicts can be joined to what else is known of them. polars takes it
# from there.

doubt = clf.predict_uncertainty(X.loc[test], random_state=0)
verdicts = doubt.to_frame(index=test).join(made.kind)
print(verdicts[["label", "confidence", "mutual_information", "kind"]].head(3))

told = pl.DataFrame(
    {
        "kind": verdicts["kind"].astype(str).tolist(),
        "attack": (verdicts["label"] == "attack").to_numpy(),
        "doubt": verdicts["predictive_entropy"].to_numpy(),
    }
)
by_kind = (
    told.group_by("kind")
    .agg(
        pl.len().alias("packets"),
        pl.col("attack").mean().alias("called an attack"),
        pl.col("doubt").mean().alias("mean doubt"),
    )
    .filter(pl.col("packets") >= 20)
    .sort("called an attack", "kind")
)
print(by_kind)

# %%
# Left, how many packets of each kind are called an attack; right, how much doubt there
# was about them.

figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
for ax, column, colour in zip(
    axes, ("called an attack", "mean doubt"), ("#0072B2", "#D55E00"), strict=True
):
    ax.barh(by_kind["kind"].to_list(), by_kind[column].to_list(), color=colour)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set(xlabel="share of the packets", title="Called an attack, by kind")
axes[1].set(xlabel="predictive entropy (nats)", title="Doubt, by kind")

# %%
# In another order
# ----------------
# Numbers without names would be taken for each other in silence. With names the order
# is checked, and a wrong one is an error, as everywhere in scikit-learn. Choosing by
# ``feature_names_in_`` mends it.

shuffled = table.select(sorted(table.columns))
try:
    clf.predict(shuffled)
except ValueError as error:
    print(error)
mended = shuffled.select(list(clf.feature_names_in_))
print("mended:", np.array_equal(clf.predict_proba(mended), clf.predict_proba(table)))

# %%
# Tables out of transformers
# --------------------------
# Transformers return arrays, or with ``set_output`` tables of the library you name.
# :class:`~skmirai.ColumnDropper` leaves a table what it is, also in a Pipeline with
# transformers of scikit-learn.

front = make_pipeline(ColumnDropper(["counter"]), StandardScaler())
scaled = front.set_output(transform="polars").fit_transform(table)
print(type(scaled).__module__.split(".")[0], scaled.shape)

log = pl.DataFrame({"proto": ["tcp", "udp", "tcp", None], "bytes": [60, None, 1500, 0]})
encoder = TableEncoder(missing="impute").set_output(transform="pandas")
print(encoder.fit_transform(log))

# %%
# In words
# --------
# - Rows may come as a table of pandas, polars or pyarrow, in training and in
#   prediction, and not the same one in both. The verdicts are the same to the bit.
# - Names are part of the model. Columns in another order, missing ones and new ones are
#   errors that name them.
# - A null of polars is a gap: in a column of text a category of its own, in a column of
#   numbers an error, or with ``missing="impute"`` the median (:doc:`plot_pipeline`).
#
# .. rubric:: References
#
# .. [1] R. Vink and others: Polars, DataFrames for the new era. https://pola.rs
