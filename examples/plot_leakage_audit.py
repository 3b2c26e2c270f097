"""
Audit of a table: what is each leak worth?
==========================================

A classifier of intrusions scores .98, and the table is to blame: a column counts the
rows, two fifths of the rows are there twice, and shuffled folds test on neighbours of
what they trained on. :func:`~skmirai.model_selection.audit_leakage` looks for such
smells [1]_ [2]_, measures the score with each of them and without it, and names the
remedy.

UNSW-NB15's partition of 82,332 records is read from the folder that ``SKMIRAI_DATA``
names; without it, a table with planted leaks takes its place.
"""

# %%
# The table
# ---------
# As published, with the column ``id`` that many papers train on without a look.

import os
from pathlib import Path

import numpy as np
import pandas as pd

from skmirai.datasets import load_unsw_nb15
from skmirai.inspection import LeakageAuditDisplay
from skmirai.model_selection import audit_leakage, duplicate_groups

DATA = Path(
    os.environ.get("SKMIRAI_DATA", Path(__file__).parents[2] / "shared" / "data")
)


def planted(n_rows=6_000):
    """Return records in two episodes, many of them twice, with a counter."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], n_rows // 2)
    load = np.convolve(rng.normal(size=n_rows + 49), np.ones(50) / 7, "valid")
    table = pd.DataFrame(
        {
            "length": np.exp(rng.normal(y, 1)).round(4),
            "service": rng.choice(["dns", "http", "ssh"], n_rows),
            "load": load.round(4),
        }
    )
    rows = np.sort(rng.integers(0, n_rows, 2 * n_rows))
    table = table.iloc[rows].reset_index(drop=True)
    return table.assign(id=np.arange(1, 2 * n_rows + 1)), y[rows]


file = DATA / "unsw_nb15" / "UNSW_NB15_82332.csv.gz"
if file.exists():
    X, y = load_unsw_nb15(file, drop_id=False, return_X_y=True)
else:
    print(f"There is no {file}: this table is GENERATED\n")
    X, y = planted()
print(X.shape)

# %%
# The audit
# ---------
# Nothing is set: boosted trees measure what each finding is worth, on at most 10,000
# rows. ``estimator=`` takes a model of yours.

audit = audit_leakage(X, y, random_state=0)
print(audit)

# %%
# A picture says which findings matter. Orange is the score that the leak would let you
# report, blue what is left without it.

display = LeakageAuditDisplay.from_audit(audit)
display.figure_.suptitle("Scores with and without each leak")

# %%
# What counts is not whether a table smells but how much of the score is smell. On
# UNSW-NB15 the shuffled split is worth more than any column.
#
# Remedies are arguments
# ----------------------
# Each finding has its remedy as an argument, for a splitter or an estimator. Without
# what counts the rows and what tells the time, and with equal rows on one side:

X = X.drop(columns=audit.drop_columns())
groups = duplicate_groups(X)
again = audit_leakage(X, y, groups=groups, random_state=0)
print(again.to_frame()[["smell", "columns", "effect"]].round(3).to_string(index=False))

# %%
# The counter and the duplicates are gone. What is left is of the order of the rows,
# and it asks for blocks in place of groups.
#
# What to take from it
# --------------------
# - A leak that is certain may be worth nothing, as UNSW-NB15's duplicates are to
#   boosted trees, and one that nobody suspects may be worth a tenth of the score.
# - "Possible" findings are questions: a value that only one class has may be how the
#   attack works, or how the test bed was built.
# - No audit proves that a table is clean.
#
# References
# ----------
# .. [1] D. Arp et al.: Dos and Don'ts of Machine Learning in Computer Security. USENIX
#    Security 2022.
# .. [2] R. Flood, G. Engelen, D. Aspinall, L. Desmet: Bad Design Smells in Benchmark
#    NIDS Datasets. EuroS&P 2024.
