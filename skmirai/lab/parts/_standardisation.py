"""Part 6: every column to mean 0 and standard deviation 1."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import gen_batches

from skmirai.feature_extraction import FEATURE_NAMES
from skmirai.lab._part import fact
from skmirai.lab._protocol import ROWS_AT_ONCE
from skmirai.lab._work.context import LabContext
from skmirai.lab._writing.figures import Figures
from skmirai.lab._writing.material import Material
from skmirai.utils._files import write_text

#: File beside the report with a line for every column.
_COLUMNS = "standardised_columns.csv"


def standardisation(context: LabContext) -> dict[str, Any]:
    """Mean and standard deviation of each column, and a check of the result."""
    X, _ = context.table.open()
    n_dropped = context.table.n_dropped
    scaler = context.table.standardisation()
    total, squares = np.zeros((2, X.shape[1] - n_dropped))
    for rows in gen_batches(len(X), ROWS_AT_ONCE):
        scaled = scaler.transform(X[rows, n_dropped:])
        total += scaled.sum(axis=0)
        squares += (scaled**2).sum(axis=0)
    means = total / len(X)
    deviations = np.sqrt(squares / len(X) - means**2)
    constant = scaler.var_ == 0
    if constant.all():
        raise ValueError(
            f"all {len(constant)} columns that are kept are constant over {len(X)} "
            f"rows; there is nothing to learn from"
        )
    return {
        "n_rows": len(X),
        "mean": scaler.mean_.tolist(),
        "variance": scaler.var_.tolist(),
        "scale": scaler.scale_.tolist(),
        "means_after": means.tolist(),
        "deviations_after": deviations.tolist(),
        "largest_mean": float(np.abs(means).max()),
        "smallest_deviation": float(deviations[~constant].min()),
        "largest_deviation": float(deviations.max()),
        "n_constant": int(constant.sum()),
    }


def _show(material: Material, found: Figures) -> str:
    constant = found["n_constant"]
    path = material.pictures.parent / _COLUMNS
    _write_columns(path, found)
    return (
        f"Over all {found['n_rows']:,} rows the standardised columns have means of at "
        f"most {found['largest_mean']:.1e} in size and standard deviations between "
        f"{found['smallest_deviation']:.6f} and {found['largest_deviation']:.6f}."
        + (f" {constant} columns are constant and become 0." if constant else "")
        + f" Mean and standard deviation of every column, before and after, are in "
        f"[{_COLUMNS}]({_COLUMNS})."
    )


def _write_columns(path: Path, found: Figures) -> None:
    """Write a line for every column: what it was, and what it became."""
    names = FEATURE_NAMES[-len(found["mean"]) :]
    lines = ["column,mean,standard_deviation,mean_after,standard_deviation_after"]
    for name, mean, variance, *after in zip(
        names,
        found["mean"],
        found["variance"],
        found["means_after"],
        found["deviations_after"],
        strict=True,
    ):
        values = (mean, math.sqrt(variance), *after)
        lines.append(",".join([name, *(f"{value:.9g}" for value in values)]))
    write_text(path, "\n".join(lines) + "\n")


PARTS = (
    fact(
        6,
        "Standardisation",
        "Each column less its mean, divided by its standard deviation.",
        find=standardisation,
        show=_show,
    ),
)
