"""Captures and tables to learn from beside their labels, captures read last."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from skmirai.cli._labelled import LABEL, LabelTable, check_known, check_pairs
from skmirai.cli._sources import Capture, kind_of
from skmirai.cli._tables import read_table, set_apart

if TYPE_CHECKING:
    import pandas as pd


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


class LabelledSources:
    """Captures and tables, of which labels and tables are read at once.

    It takes minutes to extract the features of a large capture, and its labels tell
    most of what may be wrong before.

    Parameters
    ----------
    sources : sequence of Path
        Captures, which become features, or tables.
    labels : sequence of Path
        A table of labels for each, or none at all.
    target, groups : str or None
        Columns of labels and of groups: of `labels` where they are given, else of the
        tables. None is "label", and no groups.

    Attributes
    ----------
    captures : list of Path
        The captures among the sources.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If labels do not fit the tables, or lack a column.
    """

    def __init__(
        self,
        sources: Sequence[Path],
        labels: Sequence[Path],
        *,
        target: str | None,
        groups: str | None,
    ) -> None:
        tables = check_pairs(sources, labels, target, groups=groups)
        roles = {"target": target or LABEL, "groups": groups}
        self._sources, self._labels = [*sources], tables
        self._read: dict[int, Labelled] = {}
        self.captures: list[Path] = []
        for number, source in enumerate(sources):
            if kind_of(source) == "capture":
                self.captures.append(source)
                continue
            X = read_table(source)
            if tables:
                tables[number].check_rows(str(source), len(X))
                self._read[number] = Labelled(X, tables[number].found)
            else:
                self._read[number] = Labelled(*set_apart(X, source, roles))
                check_known(self._read[number].found, source)

    def outline(self) -> Labelled:
        """Tables and labels one below the other, features of captures all zero.

        Returns
        -------
        Labelled
            Of a capture as many rows as it has labels.

        Raises
        ------
        ValueError
            If tables have other columns.
        """
        return self._joined({n: _outline(table) for n, table in self._of_captures()})

    def extracted(self, *, clock: str, max_streams: int | None) -> Labelled:
        """Tables, features of captures and labels one below the other.

        Parameters
        ----------
        clock, max_streams
            As :class:`~skmirai.feature_extraction.AfterImageExtractor` has them.

        Returns
        -------
        Labelled

        Raises
        ------
        ValueError
            If a capture is damaged, or its packets are not those of its labels.
        """
        how: dict[str, Any] = {"clock": clock, "max_streams": max_streams}
        return self._joined(
            {
                number: _extracted(self._sources[number], table, how)
                for number, table in self._of_captures()
            }
        )

    def check_packets(self) -> None:
        """Read captures without their features, which takes seconds.

        Raises
        ------
        ValueError
            If a capture is damaged, or its packets are not those of its labels.
        """
        for number, table in self._of_captures():
            with Capture(self._sources[number], None, with_times=True) as capture:
                _features(capture, table)

    def _of_captures(self) -> list[tuple[int, LabelTable]]:
        return [(n, t) for n, t in enumerate(self._labels) if n not in self._read]

    def _joined(self, of_captures: dict[int, Labelled]) -> Labelled:
        import pandas as pd

        parts = [of for _, of in sorted((self._read | of_captures).items())]
        first = parts[0]
        for source, (X, _) in zip(self._sources, parts, strict=True):
            if [*X.columns] != [*first.X.columns]:
                raise ValueError(
                    f"{source} has other columns than {self._sources[0]}: give tables "
                    "that have the same ones in the same order"
                )
        if len(parts) == 1:
            return first
        return Labelled(
            pd.concat([X for X, _ in parts], ignore_index=True),
            {
                role: pd.concat([found[role] for _, found in parts], ignore_index=True)
                for role in first.found
            },
        )


def _outline(table: LabelTable) -> Labelled:
    """As many rows of zeros as there are labels, which take no memory."""
    import numpy as np
    import pandas as pd

    from skmirai.feature_extraction import FEATURE_NAMES

    zeros = np.broadcast_to(np.int8(0), (table.n_rows, len(FEATURE_NAMES)))
    X = pd.DataFrame(zeros, columns=[*FEATURE_NAMES], copy=False)
    return Labelled(X, table.found)


def _extracted(path: Path, table: LabelTable, how: dict[str, Any]) -> Labelled:
    """Features of a capture."""
    import numpy as np
    import pandas as pd

    from skmirai.feature_extraction import FEATURE_NAMES, AfterImageExtractor

    extractor = AfterImageExtractor(on_malformed="ignore", verbose=False, **how)
    with Capture(path, extractor, with_times=True) as capture:
        features = np.concatenate(_features(capture, table))
    X = pd.DataFrame(features, columns=[*FEATURE_NAMES], copy=False)
    return Labelled(X, table.found)


def _features(capture: Capture, table: LabelTable) -> list[Any]:
    """Features piece by piece, of which each must fit its labels."""
    pieces, n_rows = [], 0
    for piece in capture:
        times = piece.packets["time"].to_numpy()  # type: ignore[index]
        table.check_times(capture.name, times, n_rows)
        pieces.append(piece.features)
        n_rows += len(times)
    table.check_rows(capture.name, n_rows)
    return pieces
