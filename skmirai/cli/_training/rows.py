"""Rows of a table to learn from: features, labels or numbers, and groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmirai.cli._tables import (
    check_values,
    column_label,
    read_table,
    set_apart,
    title_of,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: What a search needs of each class.
FOLDS = "folds of --cv"

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
    columns : tuple of str or int
        Names, or numbers in the table, of the columns that are learned from.
    """

    X: Any
    y: "np.ndarray"
    groups: "np.ndarray | None"
    params: dict[str, Any]
    columns: tuple[Any, ...] = ()


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
    X, found = set_apart(read_table(path), path, {"target": target, "groups": groups})
    return rows_from(
        X, found, path, drop=drop, n_least=n_folds, of=FOLDS, of_classes=of_classes
    )


def rows_from(
    X: "pd.DataFrame",
    found: Mapping[str, "pd.Series"],
    path: Path | str,
    *,
    drop: list[str],
    n_least: int,
    of: str,
    of_classes: bool,
    table: Path | str | None = None,
) -> TrainingRows:
    """Make rows to learn from of a table, its labels and groups.

    Parameters
    ----------
    X : DataFrame
        The table without labels and groups.
    found : mapping of str to Series
        "target", and "groups" where there are some.
    path : Path or str
        Where labels and groups come from, for messages.
    drop : list of str
        Columns that are no features; those of `found` may be among them.
    n_least : int
        Rows that each class must have, and groups that there must be.
    of : str
        What there are so many of, for messages.
    of_classes : bool
        Whether the target is a class.
    table : Path, str or None, default=None
        Where `X` comes from; None for the same file.

    Returns
    -------
    TrainingRows

    Raises
    ------
    ValueError
        If a column is missing, or the target is none to learn from.
    """
    table = path if table is None else table
    is_named = any(isinstance(name, str) for name in X.columns)
    apart = {str(column.name) for column in found.values()}
    labels = [column_label(X, name, table) for name in drop if name not in apart]
    params: dict[str, Any] = {}
    if labels and not is_named:
        params["drop_columns"] = sorted({X.columns.get_loc(label) for label in labels})
    elif labels:
        X = X.drop(columns=labels)
    features = X.drop(columns=X.columns[params.get("drop_columns", [])])
    text = features.select_dtypes(exclude=["number", "bool"]).columns
    if len(text) and not is_named:
        params["categorical_features"] = [*map(X.columns.get_loc, text)]
    if features.shape[1] == 0:
        raise ValueError(f"{table} has no column left to learn from: drop fewer")
    if features.select_dtypes("number").isna().any(axis=None):
        params["missing"] = "impute"
    need = (n_least, of)
    check = _labels if of_classes else _numbers
    return TrainingRows(
        X if is_named else X.to_numpy(),
        check(found["target"], path, need),
        _groups(found["groups"], path, need) if "groups" in found else None,
        params,
        tuple(features.columns.tolist()),
    )


def _labels(
    column: "pd.Series", path: Path | str, need: tuple[int, str]
) -> "np.ndarray":
    """Return the labels of classes, each of enough rows."""
    import pandas as pd

    check_values(column, path)
    what = title_of(column, path)
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
    if counts.iloc[-1] < need[0]:
        raise ValueError(
            f"{what} has the class {counts.index[-1]!r} in {counts.iloc[-1]} of its "
            f"rows, fewer than the {need[0]} {need[1]}: leave them out, join the class "
            f"with another, or take fewer {need[1].split()[0]}"
        )
    return column.to_numpy(str if column.dtype.kind not in "biuf" else None)


def _numbers(
    column: "pd.Series", path: Path | str, need: tuple[int, str]
) -> "np.ndarray":
    """Return the numbers to predict."""
    import numpy as np
    import pandas as pd

    check_values(column, path)
    if not pd.api.types.is_numeric_dtype(column) or np.isinf(column).any():
        raise ValueError(
            f"{title_of(column, path)} holds no finite numbers, which --regress "
            "needs: leave it out where the target is a class"
        )
    return column.to_numpy(np.float64)


def _groups(
    column: "pd.Series", path: Path | str, need: tuple[int, str]
) -> "np.ndarray":
    check_values(column, path)
    if column.nunique() < need[0]:
        raise ValueError(
            f"{title_of(column, path)} holds {column.nunique()} groups, fewer "
            f"than the {need[0]} {need[1]}"
        )
    return column.factorize()[0]
