"""Labels of sources, which stand in a table of their own or in a column."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skmirai.cli._feature_tables import FeatureTable
from skmirai.cli._sources import kind_of
from skmirai.cli._tables import read_table, set_apart

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: Columns of labels beside packets, unless they are named otherwise.
LABEL, KIND = "label", "kind"

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
        If it is no table, damaged, or lacks a column, or if "number" does not count on
        or "time" holds no numbers.
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


def check_pairs(
    sources: Sequence[Path],
    labels: Sequence[Path],
    target: str | None,
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
        If there are other numbers of them, a source has no labels, or a table of labels
        is damaged, lacks a column, or has other rows than a source that says how many
        it has, a Parquet or NumPy file.
    """
    if labels and len(labels) != len(sources):
        raise ValueError(
            f"--labels names {len(labels)} files for {len(sources)} inputs: give one "
            "for each, in the same order"
        )
    if not labels:
        _check_columns(sources, target)
        return []
    for path in labels:
        _check_table(path)
    kinds = [kind_of(source) for source in sources]
    tables = []
    for path, source, kind in zip(labels, sources, kinds, strict=True):
        roles = {"target": target or LABEL, **others}
        table = LabelTable(path, roles, of_packets=kind == "capture")
        if kind in ("parquet", "npy"):
            with FeatureTable(source, kind) as rows:
                table.check_rows(str(source), rows.total or 0)
        tables.append(table)
    return tables


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


def _check_table(path: Path) -> None:
    """Raise an error unless a file may be a table of labels."""
    expected = "expected a CSV, Parquet or NumPy file"
    if str(path) == "-":
        raise ValueError(
            "--labels - is standard input, which labels are not read from: "
            f"{expected}, so write them to one and give its name"
        )
    if kind_of(path) != "capture":
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
    table = LabelTable(path, roles, of_packets=times is not None, with_kind=with_kind)
    table.check_rows(source, n_rows)
    if times is not None:
        table.check_times(source, times)
    return table.found


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
