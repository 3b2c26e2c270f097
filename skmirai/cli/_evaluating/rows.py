"""Verdicts on the rows of a source, and what is known of these."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from skmirai.cli._judged import Judged, Settings
from skmirai.cli._labelled import LabelTable, check_known
from skmirai.cli._progress import shown
from skmirai.cli._sources import kind_of
from skmirai.cli._tables import place_of

if TYPE_CHECKING:
    import pandas as pd

    from skmirai.cli._sources import Piece


class LabelledRows(NamedTuple):
    """Verdicts on a source, and what is known of its rows.

    Attributes
    ----------
    source : Path
        A capture or a table.
    where : Path
        Where its labels are.
    found : DataFrame of n_rows rows
        Verdicts.
    known : dict of str to Series of n_rows values
        "target", and "kind" and "groups" where they are known.
    """

    source: Path
    where: Path
    found: "pd.DataFrame"
    known: "dict[str, pd.Series]"


def places_of(
    source: Path, settings: Settings, roles: Mapping[str, str | None]
) -> dict[str, int]:
    """Find the columns of a table that are no features.

    Parameters
    ----------
    source : Path
        The table.
    settings : Settings
        How it is opened.
    roles : mapping of str to str or None
        What columns are, and their names; None for those that there are not.

    Returns
    -------
    dict of str to int
        Their places by what they are.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    with settings.opened(source, kind_of(source)) as rows:
        names, n_columns = rows.names, rows.n_columns
    return {
        role: place_of(names, n_columns, name, source)
        for role, name in roles.items()
        if name
    }


def rows_beside(
    estimator: Any,
    source: Path,
    settings: Settings,
    table: LabelTable,
    *,
    quiet: bool,
) -> LabelledRows:
    """Give verdicts on a source whose labels are in a table of their own.

    Parameters
    ----------
    estimator : estimator or Pipeline
        The model.
    source : Path
        A capture or a table.
    settings : Settings
        How verdicts are given.
    table : LabelTable
        The labels.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    LabelledRows

    Raises
    ------
    ValueError
        If the labels do not fit the rows; of packets at the first that differs.
    """
    with settings.opened(source, kind_of(source)) as rows:
        judged = Judged(estimator, rows, settings)
        pieces = _at_times(shown(rows, rows, quiet=quiet), table, str(source))
        found = _all_of(judged, pieces)
    table.check_rows(str(source), len(found))
    return LabelledRows(source, table.path, found, table.found)


def rows_with_labels(
    estimator: Any,
    source: Path,
    settings: Settings,
    places: Mapping[str, int],
    roles: Mapping[str, str | None],
    *,
    quiet: bool,
) -> LabelledRows:
    """Give verdicts on a table that has a column of labels.

    Parameters
    ----------
    estimator, source, settings, quiet
        As :func:`rows_beside` has them.
    places : mapping of str to int
        What :func:`places_of` has found.
    roles : mapping of str to str or None
        The names of these columns.

    Returns
    -------
    LabelledRows

    Raises
    ------
    ValueError
        If labels or groups are missing.
    """
    import pandas as pd

    with settings.opened(source, kind_of(source)) as rows:
        # a kind without a name keeps its place, which the model may know of
        left = [
            name
            for role, name in roles.items()
            if name and (rows.names is not None or role != "kind")
        ]
        judged = Judged(
            estimator, rows, replace(settings, drop=(*settings.drop, *left))
        )
        kept: list[pd.DataFrame] = []
        rows.text = [*rows.text, *places.values()]  # type: ignore[union-attr]
        pieces = _keeping(shown(rows, rows, quiet=quiet), [*places.values()], kept)
        found = _all_of(judged, pieces)
    table = pd.concat(kept, ignore_index=True)
    known = {
        role: table.iloc[:, place].rename(roles[role])
        for place, role in enumerate(places)
    }
    check_known(known, source)
    return LabelledRows(source, source, found, known)


def _all_of(judged: Judged, pieces: "Iterable[Piece]") -> "pd.DataFrame":
    """Verdicts on all rows."""
    import pandas as pd

    from skmirai.utils._threads import single_threaded_products

    with single_threaded_products():
        return pd.concat([*judged.tables(pieces)], ignore_index=True)


def _at_times(
    pieces: "Iterable[Piece]", table: LabelTable, source: str
) -> "Iterator[Piece]":
    """Hand pieces on, whose packets must be of the times of their labels."""
    from pandas.api.types import is_numeric_dtype

    n_rows = 0
    for piece in pieces:
        times = None if piece.packets is None else piece.packets.get("time")
        if times is not None and is_numeric_dtype(times):
            table.check_times(source, times.to_numpy(), n_rows)
        n_rows += len(piece.features)
        yield piece


def _keeping(
    pieces: "Iterable[Piece]", places: list[int], kept: "list[pd.DataFrame]"
) -> "Iterator[Piece]":
    """Hand pieces on, and keep some of their columns."""
    import pandas as pd

    for piece in pieces:
        kept.append(pd.DataFrame(piece.features).iloc[:, places].copy())
        yield piece
