"""Verdicts on the rows of a source, and what is known of these."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from skmirai.cli._judged import Judged, Settings
from skmirai.cli._labelled import LABEL, beside
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


def check_files(sources: Sequence[Path], labels: Sequence[Path]) -> None:
    """Raise an error, before anything is read, if a file is missing or there twice.

    Parameters
    ----------
    sources, labels : sequence of Path
        Captures and tables, and tables of their labels.

    Raises
    ------
    ValueError
        If a source is given twice, or the type of a file is unknown.
    OSError
        If there is no such file.
    """
    for path in (*sources, *labels):
        kind_of(path)
    for k, source in enumerate(sources):
        if source.resolve() in {other.resolve() for other in sources[:k]}:
            raise ValueError(f"{source} is given twice: its rows would count twice")


def labelled_rows(
    estimator: Any,
    source: Path,
    settings: Settings,
    labels: Path | None,
    roles: Mapping[str, str | None],
    quiet: bool,
) -> LabelledRows:
    """Give verdicts on a source, and read the labels of its rows.

    Parameters
    ----------
    estimator : estimator or Pipeline
        The model.
    source : Path
        A capture or a table.
    settings : Settings
        How verdicts are given.
    labels : Path or None
        A table of labels; None takes a column of the source.
    roles : mapping of str to str or None
        Names of the columns "target", "kind" and "groups".
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    LabelledRows

    Raises
    ------
    ValueError
        If labels do not fit the rows, some are missing, or a column is.
    """
    found, known = _judged(estimator, source, settings, labels, roles, quiet)
    where, target = labels or source, known["target"]
    if target.isna().any():
        raise ValueError(
            f"{where}: column {target.name!r} holds no value in {target.isna().sum()} "
            f"rows, row {int(target.isna().to_numpy().argmax())} (from 0) for one: "
            "fill them in or leave them out"
        )
    return LabelledRows(source, where, found, known)


def _judged(
    estimator: Any,
    data: Path,
    settings: Settings,
    labels: Path | None,
    roles: Mapping[str, str | None],
    quiet: bool,
) -> tuple["pd.DataFrame", "dict[str, pd.Series]"]:
    """Verdicts on all rows, and what is known of these."""
    import pandas as pd

    from skmirai.cli._progress import shown
    from skmirai.utils._threads import single_threaded_products

    wanted = {role: name for role, name in roles.items() if name}
    kind = kind_of(data)
    apart: dict[str, int] = {}
    if labels is None:
        with settings.opened(data, kind) as rows:
            names, n_columns = rows.names, rows.n_columns
        apart = {
            role: place_of(names, n_columns, name, data)
            for role, name in wanted.items()
        }
        # a kind without a name keeps its place, which the model may know of
        left = [wanted[r] for r in apart if names is not None or r != "kind"]
        settings = replace(settings, drop=(*settings.drop, *left))
    kept: list[pd.DataFrame] = []
    with settings.opened(data, kind) as rows:
        judged = Judged(estimator, rows, settings)
        if labels is None:
            rows.text = [*rows.text, *apart.values()]  # type: ignore[union-attr]
        pieces = _keeping(shown(rows, rows, quiet=quiet), [*apart.values()], kept)
        with single_threaded_products():
            found = pd.concat([*judged.tables(pieces)], ignore_index=True)
    if labels is None:
        table = pd.concat(kept, ignore_index=True)
        return found, {
            role: table.iloc[:, place].rename(wanted[role])
            for place, role in enumerate(apart)
        }
    wanted.setdefault("target", LABEL)
    times = found["time"].to_numpy() if "time" in found else None
    return found, beside(labels, wanted, str(data), len(found), times, with_kind=True)


def _keeping(
    pieces: "Iterable[Piece]", places: list[int], kept: "list[pd.DataFrame]"
) -> "Iterator[Piece]":
    """Hand pieces on, and keep some of their columns."""
    import pandas as pd

    for piece in pieces:
        if places:
            kept.append(pd.DataFrame(piece.features).iloc[:, places].copy())
        yield piece
