"""Labels of sources, which stand in a table of their own or in a column."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from skmirai.cli._feature_tables import FeatureTable
from skmirai.cli._sources import kind_of
from skmirai.cli._tables import check_values, read_table, set_apart

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: Columns of labels beside packets, unless they are named otherwise.
LABEL, KIND = "label", "kind"

#: Columns of a table whose rows are packets.
_PACKET = {"time", "source", "destination"}

#: Seconds by which times of packets and of their labels may differ, by rounding.
_ROUNDING = 1e-3


class LabelTable:
    """A table of labels, which is read before the rows that they are of.

    Parameters
    ----------
    path : Path
        The file. Where it has a column "number" this must count on from the first.
    roles : mapping of str to str or None
        What columns are, and their names.
    of_packets : bool
        Whether the rows are packets, whose times a column "time" has.
    with_kind : bool, default=False
        Whether a column "kind" is one, unless `roles` name another.

    Attributes
    ----------
    path : Path
        The file.
    n_rows : int
        How many labels there are.
    found : dict of str to Series
        The columns by what they are, without those that nobody named.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it is no table, damaged, or lacks a column, if labels or groups are missing,
        or if "number" does not count on or "time" holds no numbers.
    """

    def __init__(
        self,
        path: Path,
        roles: Mapping[str, str | None],
        *,
        of_packets: bool,
        with_kind: bool = False,
    ) -> None:
        _check_table(path)
        frame = read_table(path)
        named = {role: name for role, name in roles.items() if name}
        if with_kind and KIND in frame:
            named.setdefault("kind", KIND)
        self.path, self.n_rows = path, len(frame)
        self.found = set_apart(frame, path, named)[1]
        check_known(self.found, path)
        self._times = None
        if "number" in frame:
            _check_counts_on(_numbers(frame, "number", path), path)
        if "time" in frame and of_packets:
            self._times = _numbers(frame, "time", path)

    def check_rows(self, source: str, n_rows: int) -> None:
        """Raise an error unless there are as many labels as rows.

        Parameters
        ----------
        source : str
            Name of what the labels are of.
        n_rows : int
            Its rows.

        Raises
        ------
        ValueError
            If they are more or fewer.
        """
        if self.n_rows != n_rows:
            raise ValueError(
                f"{self.path} holds {self.n_rows:,} rows, but {source} {n_rows:,}: "
                "expected a label for each, in the same order"
            )

    def check_times(self, source: str, times: "np.ndarray", first: int = 0) -> None:
        """Raise an error if packets are of other times than their labels.

        Parameters
        ----------
        source : str
            Name of the capture.
        times : ndarray of shape (n_packets,)
            Unix seconds of some of its packets; those without a label do not count.
        first : int, default=0
            Number of packets before them.

        Raises
        ------
        ValueError
            If the labels have times, and one differs by more than a millisecond.
        """
        import numpy as np

        if self._times is None:
            return
        given = self._times[first : first + len(times)]
        wrong = ~(np.abs(given - times[: len(given)]) <= _ROUNDING)
        if wrong.any():
            row = int(wrong.argmax())
            raise ValueError(
                f"{self.path}: time {given[row]:.6f} in row {first + row} (from 0), "
                f"but that packet of {source} is of {times[row]:.6f}: give the labels "
                "of this capture"
            )


def check_known(found: Mapping[str, "pd.Series"], path: Path) -> None:
    """Raise an error if labels or groups are missing; rows may have no kind.

    Parameters
    ----------
    found : mapping of str to Series
        Columns by what they are.
    path : Path
        Where they come from, for messages.

    Raises
    ------
    ValueError
        If a value is missing in "target" or "groups".
    """
    for role in ("target", "groups"):
        if role in found:
            check_values(found[role], path)


def check_pairs(
    sources: Sequence[Path],
    labels: Sequence[Path],
    target: str | None,
    *,
    with_kind: bool = False,
    **others: str | None,
) -> list[LabelTable]:
    """Read tables of labels, and raise an error unless sources have labels.

    It takes minutes to extract the features of a large capture: call it before.

    Parameters
    ----------
    sources : sequence of Path
        Captures and tables, of which no more is read than their beginnings.
    labels : sequence of Path
        Tables of labels; as many, or none.
    target : str or None
        The column of the labels; None is "label", in tables of `labels`.
    with_kind : bool, default=False
        Whether a column "kind" is one, unless `others` name another.
    **others : str or None
        Further columns of `labels` by what they are, such as groups; None for none.

    Returns
    -------
    list of LabelTable
        As many as `labels`.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If there are other numbers of them, a source has no labels or is given twice, or
        a table of labels is damaged, lacks a column, or has other rows than a source
        that says how many it has, a Parquet or NumPy file.
    """
    if labels and len(labels) != len(sources):
        raise ValueError(
            f"--labels names {len(labels)} files for {len(sources)} inputs: give one "
            "for each, in the same order"
        )
    for k, source in enumerate(sources):
        if source.resolve() in {other.resolve() for other in sources[:k]}:
            raise ValueError(f"{source} is given twice: its rows would count twice")
    if not labels:
        _check_columns(sources, target)
        return []
    for path in labels:
        _check_table(path)
    heads = [_head_of(source) for source in sources]
    roles = {"target": target or LABEL, **others}
    tables = []
    for path, source, head in zip(labels, sources, heads, strict=True):
        table = LabelTable(path, roles, of_packets=head.of_packets, with_kind=with_kind)
        if head.n_rows is not None:
            table.check_rows(str(source), head.n_rows)
        tables.append(table)
    return tables


class _Head(NamedTuple):
    """What the beginning of a source tells of its rows."""

    of_packets: bool
    n_rows: int | None


def _head_of(source: Path) -> _Head:
    kind = kind_of(source)
    if kind == "capture":
        return _Head(True, None)
    with FeatureTable(source, kind) as rows:
        n_rows = rows.total if kind in ("parquet", "npy") else None
        return _Head({*(rows.names or ())} >= _PACKET, n_rows)


def _check_columns(sources: Sequence[Path], target: str | None) -> None:
    """Raise an error unless labels can be a column of the sources."""
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


def named(paths: Sequence[Path]) -> str:
    """Name files; many by the first one."""
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0]}{more}"


def _check_table(path: Path) -> None:
    """Raise an error unless a file may be a table of labels."""
    expected = "expected a CSV, Parquet or NumPy file"
    if str(path) == "-":
        raise ValueError(
            "--labels - is standard input, which labels are not read from: "
            f"{expected}, so write them to one and give its name"
        )
    try:
        is_table = kind_of(path) != "capture"
    except ValueError:  # it names captures among what it expects
        is_table = False
    if is_table:
        return
    if not path.is_file():
        raise ValueError(
            f"--labels {path} is no regular file: {expected}, so write the labels to "
            "one and give its name"
        )
    what = "is a capture, or text that is not parted by commas"
    if not path.stat().st_size:
        what = "is empty"
    raise ValueError(
        f"--labels {path} {what}: {expected} of labels, with a row for each packet or "
        "row of the input"
    )


def _check_counts_on(numbers: "np.ndarray", path: Path) -> None:
    import numpy as np

    wrong = numbers != numbers[0] + np.arange(len(numbers))
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"{path}: number {numbers[row]:.15g} in row {row} (from 0) does not "
            f"count on from {numbers[0]:.15g}: sort the rows by number, and see "
            "that none is missing"
        )


def _numbers(frame: "pd.DataFrame", name: str, path: Path) -> "np.ndarray":
    import numpy as np

    try:
        return frame[name].to_numpy(np.float64)
    except ValueError as error:
        raise ValueError(
            f"{path}: column {name!r} holds no numbers ({error}): repair it, or leave "
            "the column out"
        ) from error
