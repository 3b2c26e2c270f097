"""From the two NumPy files of the Mirai table to what a loader returns."""

from numbers import Integral
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.utils import Bunch

from skmirai.datasets._bunch import make_bunch
from skmirai.datasets._conversion import check_labels
from skmirai.datasets._errors import InvalidDatasetError
from skmirai.datasets._subset import stratified_subset
from skmirai.feature_extraction import FEATURE_NAMES
from skmirai.utils._files import open_npy
from skmirai.utils._finite import first_not_finite
from skmirai.utils._sklearn import Interval, StrOptions

#: Columns with the counter.
N_COLUMNS = 1 + len(FEATURE_NAMES)

#: The published table: rows and columns; benign and attack rows.
KITSUNE_MIRAI_SHAPE = (764_137, N_COLUMNS)
KITSUNE_MIRAI_CLASS_COUNTS = (121_621, 642_516)

TARGET_NAMES = ["benign", "attack"]

DESCR = f"""\
Mirai traffic of the Kitsune Network Attack Dataset
---------------------------------------------------

Packets of a small network of surveillance cameras and other devices, before and after
an infection with the Mirai botnet. Every row is a packet, in the order of time, and
describes the recent traffic of its hosts by {len(FEATURE_NAMES)} damped statistics
(AfterImage). The published table (UCI Machine Learning Repository, number 516) has
{KITSUNE_MIRAI_SHAPE[0]:,} rows: {KITSUNE_MIRAI_CLASS_COUNTS[0]:,} benign ones, then
{KITSUNE_MIRAI_CLASS_COUNTS[1]:,} labelled as attack.

Column 0 of the published table, "counter", numbers the rows. The label is one step in
time, so the counter, and the clock that is left in the HH_jit means and variances, tell
the classes apart without any look at the traffic; and a random split of rows puts
neighbours that share their statistics on both sides. Scores from such splits are
optimistic.

References
----------
Y. Mirsky, T. Doitshman, Y. Elovici, A. Shabtai, "Kitsune: An Ensemble of Autoencoders
for Online Network Intrusion Detection", NDSS 2018.
"""

#: Constraints of the parameters that loader and fetcher share.
TABLE_PARAMETERS: dict[str, Any] = {
    "subset": [
        StrOptions({"full", "half", "quarter"}),
        Interval(Integral, 1, None, closed="left"),
    ],
    "drop_index": ["boolean"],
    "as_frame": ["boolean"],
    "return_X_y": ["boolean"],
    "mmap_mode": [StrOptions({"r", "c"}), None],
    "random_state": ["random_state"],
}

#: Rows that are copied and checked at a time.
_BLOCK = 8192


def load_table(
    data_file: Path,
    target_file: Path,
    *,
    check_finite: bool,
    subset: str | int,
    drop_index: bool,
    as_frame: bool,
    return_X_y: bool,
    mmap_mode: Literal["r", "c"] | None,
    random_state: int | np.random.RandomState | None,
) -> Bunch | tuple[Any, Any]:
    """Read data and labels, check that they fit, and choose rows and columns.

    `check_finite` asks that the values that are read be finite numbers. The other
    parameters are those of `load_kitsune_mirai`.
    """
    table = _open_data(data_file)
    target = _read_target(target_file)
    if len(table) != len(target):
        hint = (
            ": is the first label a header row?"
            if len(target) == len(table) + 1
            else ": they do not belong together, or one of them is cut off"
        )
        raise InvalidDatasetError(
            f"{data_file} has {len(table)} rows but {target_file} has {len(target)} "
            f"labels, expected as many{hint}"
        )
    rows = stratified_subset(target, subset, random_state)
    names = ["counter", *FEATURE_NAMES][-table.shape[1] :]
    first = int(drop_index and table.shape[1] == N_COLUMNS)
    if mmap_mode is not None and rows is None:
        data = _open_data(data_file, mmap_mode)[:, first:]
    else:
        data = _read_rows(table, rows, first, data_file if check_finite else None)
    return make_bunch(
        data,
        target if rows is None else target[rows],
        names[first:],
        as_frame=as_frame,
        return_X_y=return_X_y,
        target_names=list(TARGET_NAMES),
        rows=np.arange(len(target)) if rows is None else rows,
        DESCR=DESCR,
        data_filename=str(data_file),
        target_filename=str(target_file),
    )


def _open_data(path: Path, mmap_mode: Literal["r", "c"] | None = None) -> np.ndarray:
    """Map the data; `mmap_mode` given, they must be what the caller is to see."""
    table = open_npy(path, mmap_mode or "r")
    if table.ndim != 2 or table.shape[1] not in (N_COLUMNS - 1, N_COLUMNS):
        raise InvalidDatasetError(
            f"{path} has shape {table.shape}, expected (n_rows, {N_COLUMNS - 1}) or "
            f"(n_rows, {N_COLUMNS}): 115 features, or a counter and 115 features"
        )
    mapped = (np.float64, np.float32)
    if table.dtype.kind == "b" or (mmap_mode and table.dtype not in mapped):
        raise InvalidDatasetError(
            f"{path} holds values of type {table.dtype}, expected float64: save it "
            "again with numpy.save(path, data.astype(float))"
        )
    return table


def _read_target(path: Path) -> np.ndarray:
    labels = np.array(open_npy(path))
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise InvalidDatasetError(
            f"{path} has shape {labels.shape}, expected (n_rows,): one label per row"
        )
    check_labels(path, labels)
    return labels.astype(np.int64)


def _read_rows(
    table: np.ndarray, rows: np.ndarray | None, first: int, check: Path | None
) -> np.ndarray:
    """Copy rows from the disk, block by block; check the values of a file."""
    n_rows = len(table) if rows is None else len(rows)
    out = np.empty((n_rows, table.shape[1] - first))
    for start in range(0, n_rows, _BLOCK):
        stop = min(start + _BLOCK, n_rows)
        chosen = slice(start, stop) if rows is None else rows[start:stop]
        block = out[start:stop]
        block[:] = table[chosen, first:]
        bad = None if check is None else first_not_finite(block, axis=0)
        if bad is not None:
            column = int(np.flatnonzero(~np.isfinite(block[bad]))[0])
            row = start + bad if rows is None else rows[start + bad]
            raise InvalidDatasetError(
                f"{check}: {block[bad, column]} in row {row}, column {column + first} "
                "(from 0), expected finite numbers: convert the original file again"
            )
    return out
