"""Whole tables with labels, as commands that learn from them need."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmirai.cli._feature_tables import DASH, FeatureTable
from skmirai.cli._sources import kind_of

if TYPE_CHECKING:
    import pandas as pd


def read_table(path: Path) -> "pd.DataFrame":
    """Read all rows of a table.

    A dash among numbers is a missing value, as in Zeek's logs. Columns of a CSV file
    that hold text are text in all of their rows, digits and all, as `skmirai predict`
    reads them.

    Parameters
    ----------
    path : Path
        A Parquet, NumPy or CSV file.

    Returns
    -------
    DataFrame
        Its columns are numbered from 0 if the file has no names for them.

    Raises
    ------
    ValueError
        If it is a capture, damaged, has no rows, or two columns of one name.
    """
    kind = kind_of(path)
    if kind == "capture":
        raise ValueError(
            f"{path} is a capture: extract its features first (skmirai extract)"
        )
    frame = _read(path, kind)
    repeated = frame.columns[frame.columns.duplicated()]
    if len(repeated):
        raise ValueError(f"{path} has more than one column {repeated[0]!r}: rename one")
    text = _text_columns(frame)
    if text and kind == "csv":
        frame = _read(path, kind, text)
    return frame


def _read(path: Path, kind: str, text: Collection[int] = ()) -> "pd.DataFrame":
    import pandas as pd

    with FeatureTable(path, kind) as source:
        source.text = text
        pieces = [pd.DataFrame(piece.features) for piece in source]
    frame = pd.concat(pieces, ignore_index=True)
    if frame.columns.is_unique:
        for name in frame.select_dtypes(exclude="number"):
            frame[name] = _numbers_with_dashes(frame[name])
    return frame


def _text_columns(frame: "pd.DataFrame") -> list[int]:
    """Return the numbers of columns that hold text, in one row at least."""
    import pandas as pd

    return [
        place
        for place, (_, column) in enumerate(frame.items())
        if not pd.api.types.is_numeric_dtype(column)
        and any(isinstance(value, str) for value in column)
    ]


def _numbers_with_dashes(column: "pd.Series") -> "pd.Series":
    """Return numbers where all but dashes and gaps are numbers, else the column."""
    import pandas as pd

    known = column[column.notna() & (column != DASH)]
    if not len(known) or pd.to_numeric(known, errors="coerce").isna().any():
        return column
    return pd.to_numeric(column, errors="coerce")


def set_apart(
    frame: "pd.DataFrame",
    path: Path,
    roles: Mapping[str, str | None],
    drop: Iterable[str] = (),
) -> tuple["pd.DataFrame", dict[str, "pd.Series"]]:
    """Part columns that are no features from a table.

    Parameters
    ----------
    frame : DataFrame
        The table.
    path : Path
        Where it comes from, for messages.
    roles : mapping of str to str or None
        What columns are, and their names, or their numbers where they have no names.
    drop : iterable of str
        Names of others to leave out.

    Returns
    -------
    features : DataFrame
        All other columns.
    found : dict of str to Series
        The columns by what they are, without those that nobody named.

    Raises
    ------
    ValueError
        If there is no such column; the message lists some.
    """
    labels = {
        role: column_label(frame, name, path) for role, name in roles.items() if name
    }
    left_out = {*labels.values(), *(column_label(frame, name, path) for name in drop)}
    found = {role: frame[label] for role, label in labels.items()}
    return frame.drop(columns=[*left_out]), found


def place_of(names: Sequence[str] | None, n_columns: int, name: str, path: Path) -> int:
    """Return the place of a column that is given by its name, or number if unnamed."""
    import pandas as pd

    columns = range(n_columns) if names is None else names
    frame = pd.DataFrame(columns=pd.Index([*columns], dtype=object))
    return int(frame.columns.get_loc(column_label(frame, name, path)))  # type: ignore[arg-type]


def column_label(frame: "pd.DataFrame", name: str, path: Path | str) -> Any:
    """Return the label of a column that is given by its name or number."""
    if name in frame.columns:
        return name
    if name.isdecimal() and int(name) in frame.columns:
        return int(name)
    some = ", ".join(map(str, frame.columns[:12]))
    more = f" and {len(frame.columns) - 12} more" if len(frame.columns) > 12 else ""
    raise ValueError(f"{path} has no column {name!r}; its columns are {some}{more}")


def check_values(column: "pd.Series", path: Path | str) -> None:
    """Raise an error if values are missing in a column of labels or of groups."""
    missing = column.isna().to_numpy()
    if missing.any():
        raise ValueError(
            f"{title_of(column, path)} holds no value in {missing.sum():,} rows, row "
            f"{int(missing.argmax())} (from 0) for one: fill them in or leave them out"
        )


def title_of(column: "pd.Series", path: Path | str) -> str:
    """Name a column and its file."""
    name = column.name
    return f"{path}: column {repr(name) if isinstance(name, str) else name}"
