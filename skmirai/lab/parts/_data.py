"""Parts 1 and 4: the table, and how it is opened."""

import time
from typing import Any

import numpy as np
from sklearn.utils import gen_batches

from skmirai.lab._part import fact
from skmirai.lab._protocol import N_ATTACK, N_BENIGN, N_ROWS, ROWS_AT_ONCE
from skmirai.lab._work.context import LabContext, class_counts
from skmirai.lab._writing.figures import Figures
from skmirai.lab._writing.markdown import table
from skmirai.lab._writing.material import Material, counts, size


def describe_table(context: LabContext) -> dict[str, Any]:
    """Shape, labels, values that are not numbers, and what rows these are."""
    X, y = context.table.open()
    labels = np.load(context.table.labels)
    chunks = gen_batches(len(X), ROWS_AT_ONCE)
    return {
        "shape": list(X.shape),
        "counts": class_counts(y),
        "n_nan": sum(int((~np.isfinite(X[rows])).sum()) for rows in chunks),
        "n_nan_labels": int((~np.isfinite(labels)).sum()),
        "bytes": int(X.nbytes),
        "origin": context.table.origin,
    }


def _show_table(material: Material, found: Figures) -> str:
    n_rows, n_columns = found["shape"]
    exact = material.exact
    expected = exact(counts((N_BENIGN, N_ATTACK)))
    shown = table(
        ["", "here", "expected"],
        [
            ["rows x columns", f"{n_rows:,} x {n_columns}", exact(f"{N_ROWS:,} x 116")],
            ["benign / attack", counts(found["counts"]), expected],
            ["values that are no numbers", found["n_nan"], exact(0)],
            ["labels that are no numbers", found["n_nan_labels"], exact(0)],
            ["size of the table", size(found["bytes"]), None],
        ],
    )
    if found["n_nan"]:
        shown += (
            f"\n\nTrainings need finite numbers in all of the table, so that part 6 "
            f"and all that follows from it stop at the first of these "
            f"{found['n_nan']:,}: mend the rows, or leave them out with their labels."
        )
    return shown


def open_table(context: LabContext) -> dict[str, Any]:
    """Time to open the table, and what is left after columns are dropped."""
    start = time.perf_counter()
    X, _ = context.table.open()
    opened = time.perf_counter() - start
    n_dropped = context.table.n_dropped
    return {"seconds_to_open": opened, "shape": [len(X), X.shape[1] - n_dropped]}


def _show_opening(material: Material, found: Figures) -> str:
    n_rows, n_columns = found["shape"]
    return (
        f"Opened in {found['seconds_to_open']:.3f} s. Left after dropping columns: "
        f"{n_rows:,} x {n_columns}."
    )


PARTS = (
    fact(
        1,
        "The data",
        "The Mirai part of the Kitsune data set: 115 statistics of the packets that "
        "came before, for every packet of a small network of cameras and other "
        "devices, of which the Mirai worm infects one. UCI's file has a counter before "
        "them as column 0.",
        find=describe_table,
        show=_show_table,
    ),
    fact(
        4,
        "Loading",
        "The table is read once and kept in NumPy's format, which opens without "
        "being read. The counter and the first 23 features, 24 of 116 columns, are "
        "dropped.",
        find=open_table,
        show=_show_opening,
    ),
)
