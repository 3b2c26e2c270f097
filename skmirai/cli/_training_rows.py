"""Rows of a table to learn from: features, labels or numbers, and groups."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmirai.cli._tables import column_label, read_table, set_apart

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: Different numbers that may be labels of classes.
_MOST_CLASSES = 100


@dataclass(frozen=True)
class TrainingRows:
    """Rows to learn from.

    Attributes
    ----------
    X : DataFrame, or ndarray of shape (n_rows, n_columns)
        The features; an array where columns have no names.
    y : ndarray of shape (n_rows,)
        Labels or numbers.
    groups : ndarray of shape (n_rows,), or None
        Rows that a split keeps together, if a column says so.
    params : dict of str to object
        Parameters of an estimator that suit the table.
    """

    X: Any
    y: "np.ndarray"
    groups: "np.ndarray | None"
    params: dict[str, Any]


def training_rows(
    path: Path,
    *,
    target: str,
    groups: str | None,
    drop: list[str],
    n_folds: int,
    of_classes: bool,
) -> TrainingRows:
    """Read a table to learn from.

    Where columns have names, those to be dropped are left out, since `skmirai predict`
    finds columns by name. Where they have numbers, the model drops them, so that the
    others keep their places; target and groups are left out, as new rows have none.

    Parameters
    ----------
    path : Path
        A Parquet, NumPy or CSV file.
    target, groups : str or None
        Names or numbers of these columns.
    drop : list of str
        Those of others that are no features.
    n_folds : int
        Folds that each class, or the groups, must suffice for.
    of_classes : bool
        Whether the target is a class.

    Returns
    -------
    TrainingRows

    Raises
    ------
    ValueError
        If a column is missing, or the target is none to learn from.
    """
    frame = read_table(path)
    is_named = any(isinstance(name, str) for name in frame.columns)
    roles = {"target": target, "groups": groups}
    X, found = set_apart(frame, path, roles, drop if is_named else ())
    params: dict[str, Any] = {}
    if drop and not is_named:
        places = {X.columns.get_loc(column_label(frame, name, path)) for name in drop}
        params["drop_columns"] = sorted(places)
    features = X.drop(columns=X.columns[params.get("drop_columns", [])])
    text = features.select_dtypes(exclude=["number", "bool"]).columns
    if len(text) and not is_named:
        params["categorical_features"] = [*map(X.columns.get_loc, text)]
    if features.shape[1] == 0:
        raise ValueError(f"{path} has no column left to learn from: drop fewer")
    if features.select_dtypes("number").isna().any(axis=None):
        params["missing"] = "impute"
    check = _labels if of_classes else _numbers
    return TrainingRows(
        X if is_named else X.to_numpy(),
        check(found["target"], path, n_folds),
        _groups(found["groups"], path, n_folds) if "groups" in found else None,
        params,
    )


def _labels(column: "pd.Series", path: Path, n_folds: int) -> "np.ndarray":
    """Return the labels of classes, each of enough rows."""
    import pandas as pd

    _insist_on_values(column, path)
    what = _title(column, path)
    if not pd.api.types.is_numeric_dtype(column):
        column = column.astype(str).str.strip()
    counts = column.value_counts()
    is_whole = not pd.api.types.is_float_dtype(column) or (column % 1 == 0).all()
    if pd.api.types.is_numeric_dtype(column) and (
        not is_whole or len(counts) > _MOST_CLASSES
    ):
        raise ValueError(
            f"{what} holds {len(counts):,} different numbers, which are no classes: "
            "name a column of labels, or predict the number with --regress"
        )
    if len(counts) < 2:
        raise ValueError(f"{what} holds one class, {counts.index[0]!r}: expected two")
    if counts.iloc[-1] < n_folds:
        raise ValueError(
            f"{what} has the class {counts.index[-1]!r} in {counts.iloc[-1]} of its "
            f"rows, fewer than the {n_folds} folds of --cv: leave them out, join the "
            "class with another, or take fewer folds"
        )
    return column.to_numpy(str if column.dtype.kind not in "biuf" else None)


def _numbers(column: "pd.Series", path: Path, n_folds: int) -> "np.ndarray":
    """Return the numbers to predict."""
    import numpy as np
    import pandas as pd

    _insist_on_values(column, path)
    if not pd.api.types.is_numeric_dtype(column) or np.isinf(column).any():
        raise ValueError(
            f"{_title(column, path)} holds no finite numbers, which --regress "
            "needs: leave it out where the target is a class"
        )
    return column.to_numpy(np.float64)


def _groups(column: "pd.Series", path: Path, n_folds: int) -> "np.ndarray":
    _insist_on_values(column, path)
    if column.nunique() < n_folds:
        raise ValueError(
            f"{_title(column, path)} holds {column.nunique()} groups, fewer "
            f"than the {n_folds} folds of --cv"
        )
    return column.factorize()[0]


def _insist_on_values(column: "pd.Series", path: Path) -> None:
    missing = column.isna()
    if missing.any():
        raise ValueError(
            f"{_title(column, path)} holds no value in {missing.sum()} rows, "
            f"row {missing.idxmax()} (from 0) for one: fill them in or leave them out"
        )


def _title(column: "pd.Series", path: Path) -> str:
    name = column.name
    return f"{path}: column {repr(name) if isinstance(name, str) else name}"
