"""Sources with their labels, which stand in a table of their own or in a column."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from skmirai.cli._sources import Capture, kind_of
from skmirai.cli._tables import read_table, set_apart

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: Columns of labels beside packets, unless they are named otherwise.
LABEL, KIND = "label", "kind"

#: Seconds by which times of packets and of their labels may differ, by rounding.
_ROUNDING = 1e-3


class Labelled(NamedTuple):
    """A table, and what is known of its rows.

    Attributes
    ----------
    X : DataFrame
        Features, and columns that are none.
    found : dict of str to Series
        "target", and "groups" where there are some.
    """

    X: "pd.DataFrame"
    found: dict[str, "pd.Series"]


def check_pairs(
    sources: Sequence[Path], labels: Sequence[Path], target: str | None
) -> None:
    """Raise an error unless sources have labels, by a file each or by a column.

    Parameters
    ----------
    sources : sequence of Path
        Captures and tables.
    labels : sequence of Path
        Tables of labels; as many, or none.
    target : str or None
        The column of the labels.

    Raises
    ------
    ValueError
        If there are other numbers of them, or a source has no labels.
    """
    if labels and len(labels) != len(sources):
        raise ValueError(
            f"--labels names {len(labels)} files for {len(sources)} inputs: give one "
            "for each, in the same order"
        )
    if not labels:
        for source in sources:
            if kind_of(source) == "capture":
                if source.is_file() and not source.stat().st_size:
                    raise ValueError(f"{source} is empty: expected a capture or table")
                raise ValueError(
                    f"{source} is a capture, which has no labels: give a table of "
                    "them with --labels, a row for each packet"
                )
        if target is None:
            raise ValueError(
                "the labels are missing: name their column with --target, or a table "
                "of them with --labels"
            )


def labelled(
    sources: Sequence[Path],
    labels: Sequence[Path],
    *,
    target: str | None,
    groups: str | None,
    clock: str,
    max_streams: int | None,
) -> Labelled:
    """Read captures or tables and their labels, one below the other.

    Parameters
    ----------
    sources : sequence of Path
        Captures, which become features, or tables.
    labels : sequence of Path
        A table of labels for each, or none at all.
    target, groups : str or None
        Columns of labels and of groups: of `labels` where they are given, else of the
        tables. None is "label", and no groups.
    clock, max_streams
        As :class:`~skmirai.feature_extraction.AfterImageExtractor` has them.

    Returns
    -------
    Labelled

    Raises
    ------
    ValueError
        If labels do not fit, or tables have other columns.
    """
    import pandas as pd

    check_pairs(sources, labels, target)
    parts = []
    for number, source in enumerate(sources):
        X, times = _read(source, clock, max_streams)
        roles = {"target": target or LABEL, "groups": groups}
        if labels:
            found = beside(labels[number], roles, str(source), len(X), times)
        else:
            X, found = set_apart(X, source, roles)
        parts.append((X, found))
    first = parts[0][0]
    for source, (X, _) in zip(sources, parts, strict=True):
        if [*X.columns] != [*first.columns]:
            raise ValueError(
                f"{source} has other columns than {sources[0]}: give tables that have "
                "the same ones in the same order"
            )
    return Labelled(
        pd.concat([X for X, _ in parts], ignore_index=True),
        {
            role: pd.concat([found[role] for _, found in parts], ignore_index=True)
            for role in parts[0][1]
        },
    )


def beside(
    path: Path,
    roles: Mapping[str, str | None],
    source: str,
    n_rows: int,
    times: "np.ndarray | None",
    *,
    with_kind: bool = False,
) -> dict[str, "pd.Series"]:
    """Read a table of labels, a row for each row of a source.

    Parameters
    ----------
    path : Path
        The table. Where it has a column "number" this must count on from the first, and
        where it has a column "time" that of the packets.
    roles : mapping of str to str or None
        What columns are, and their names.
    source : str
        Name of the source.
    n_rows : int
        Rows of the source.
    times : ndarray of shape (n_rows,) or None
        Unix seconds of packets.
    with_kind : bool, default=False
        Whether a column "kind" is one, unless `roles` name another.

    Returns
    -------
    dict of str to Series
        The columns by what they are.

    Raises
    ------
    ValueError
        If it lacks a column, or its rows are not those of the source.
    """
    import numpy as np

    frame = read_table(path)
    if len(frame) != n_rows:
        raise ValueError(
            f"{path} holds {len(frame):,} rows, but {source} {n_rows:,}: expected a "
            "label for each, in the same order"
        )
    if "number" in frame:
        numbers = _numbers(frame, "number", path)
        wrong = numbers != numbers[0] + np.arange(n_rows)
        if wrong.any():
            row = int(wrong.argmax())
            raise ValueError(
                f"{path}: number {numbers[row]:.15g} in row {row} (from 0) does not "
                f"count on from {numbers[0]:.15g}: sort the rows by number, and see "
                "that none is missing"
            )
    if "time" in frame and times is not None:
        given = _numbers(frame, "time", path)
        wrong = ~(np.abs(given - times) <= _ROUNDING)
        if wrong.any():
            row = int(wrong.argmax())
            raise ValueError(
                f"{path}: time {given[row]:.6f} in row {row} (from 0), but that packet "
                f"of {source} is of {times[row]:.6f}: give the labels of this capture"
            )
    named = {role: name for role, name in roles.items() if name}
    if with_kind and KIND in frame:
        named.setdefault("kind", KIND)
    return set_apart(frame, path, named)[1]


def _numbers(frame: "pd.DataFrame", name: str, path: Path) -> "np.ndarray":
    import numpy as np

    try:
        return frame[name].to_numpy(np.float64)
    except ValueError as error:
        raise ValueError(
            f"{path}: column {name!r} holds no numbers ({error}): repair it, or leave "
            "the column out"
        ) from error


def _read(
    path: Path, clock: str, max_streams: int | None
) -> tuple["pd.DataFrame", "np.ndarray | None"]:
    """Read a table, or the features of a capture and the times of its packets."""
    if kind_of(path) != "capture":
        return read_table(path), None
    import numpy as np
    import pandas as pd

    from skmirai.feature_extraction import FEATURE_NAMES, AfterImageExtractor

    how: dict[str, Any] = {"clock": clock, "max_streams": max_streams}
    extractor = AfterImageExtractor(on_malformed="ignore", verbose=False, **how)
    features, times = [], []
    with Capture(path, extractor, with_packets=True) as source:
        for piece in source:
            features.append(piece.features)
            times.append(piece.packets["time"])  # type: ignore[index]
    X = pd.DataFrame(np.concatenate(features), columns=[*FEATURE_NAMES], copy=False)
    return X, np.concatenate(times)
