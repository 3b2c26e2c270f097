"""What a model says of a source, as a table that grows piece by piece."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmirai.cli._columns import ModelColumns
from skmirai.cli._feature_tables import FeatureTable
from skmirai.cli._history import History
from skmirai.cli._json import plain
from skmirai.cli._models import fitted_columns, known_categories, used_columns
from skmirai.cli._sources import Capture
from skmirai.cli._verdicts import Verdicts

if TYPE_CHECKING:
    import pandas as pd

    from skmirai.cli._sources import Piece

#: Columns of a packet that stand before its verdict.
_PACKET = ("time", "source", "destination")


@dataclass(frozen=True)
class Settings:
    """How verdicts are given; the options of the command.

    Attributes
    ----------
    n_passes, threshold, batch, random_state
        As :class:`Verdicts` has them.
    min_history : float
        As :class:`History` has it.
    clock, max_streams
        As :class:`~skmirai.feature_extraction.AfterImageExtractor` has them.
    drop : tuple of str
        Columns of a table that are left out.
    """

    n_passes: int
    threshold: float | None
    min_history: float
    batch: int
    random_state: int
    clock: str
    max_streams: int | None
    drop: tuple[str, ...] = ()

    def opened(
        self, path: Path, kind: str, *, follow: bool = False
    ) -> "AbstractContextManager[Capture | FeatureTable]":
        """Open a source of a kind that `kind_of` has told."""
        if kind != "capture":
            return FeatureTable(path, kind)
        if self.drop:
            raise ValueError(f"--drop leaves columns out, but {path} holds packets")
        from skmirai.feature_extraction import AfterImageExtractor

        extractor = AfterImageExtractor(
            clock=self.clock,
            max_streams=self.max_streams,
            on_malformed="ignore",
            verbose=False,
        )
        return Capture(
            path, extractor, follow=follow, with_packets=True, needs_packets=False
        )


class Judged:
    """Verdicts on the rows of a source.

    Parameters
    ----------
    model : estimator or Pipeline
        The fitted model.
    rows : Capture or FeatureTable
        The source.
    settings : Settings
        How.

    Attributes
    ----------
    counter_is_used : bool
        Whether the model uses a row counter, which the source lacks.

    Raises
    ------
    ValueError
        If the source does not have the columns of the model.
    """

    def __init__(
        self, model: Any, rows: Capture | FeatureTable, settings: Settings
    ) -> None:
        if isinstance(rows, FeatureTable):
            names, n_columns = fitted_columns(model)
            if rows.n_columns == n_columns:
                known = known_categories(model)
                used = used_columns(model)
                rows.check_header(names, {i: known.get(i, ()) for i in used})
        columns = ModelColumns(
            model, rows.names, rows.n_columns, rows.name, settings.drop
        )
        if isinstance(rows, FeatureTable):
            rows.text, rows.gaps = columns.text, columns.gaps
            rows.known = columns.known
            rows.check_first_row(columns.used)
        self.counter_is_used = columns.counter_is_used
        self._rows, self._columns = rows, columns
        self._verdicts = Verdicts(
            model,
            n_passes=settings.n_passes,
            threshold=settings.threshold,
            block=settings.batch,
            random_state=settings.random_state,
        )
        self._history = History(rows.names, settings.min_history)
        self._counts: dict[Any, int] = {}

    def tables(self, pieces: "Iterable[Piece]") -> "Iterator[pd.DataFrame]":
        """Verdicts on each piece, numbered on; of no piece at all a table of no rows.

        Parameters
        ----------
        pieces : iterable of Piece
            Those of the source.

        Yields
        ------
        DataFrame
            What is known of the packets, then the verdicts.
        """
        for features, packets in pieces:
            found = self._history.mark(self._judged(features), features)
            if "verdict" in found:
                for label, n in found["verdict"].value_counts().items():
                    self._counts[label] = self._counts.get(label, 0) + n
            yield _beside(packets, found)
        if not self._verdicts.n_rows:
            yield self._without_rows()

    def _judged(self, features: Any) -> "pd.DataFrame":
        """Verdicts on some rows; a Pipeline's complaints name the source."""
        first = self._verdicts.n_rows
        X = self._columns.take(features, first)
        try:
            return self._verdicts(X)
        except (TypeError, ValueError) as error:
            last = first + len(X) - 1
            raise ValueError(
                f"{self._rows.name}: {error} (in rows {first} to {last}, from 0)"
            ) from error

    def _without_rows(self) -> "pd.DataFrame":
        """The columns alone, as a row of zeros gives them."""
        import numpy as np
        import pandas as pd

        zeros = np.zeros((1, self._rows.n_columns))
        found = self._verdicts(self._columns.take(zeros, 0))
        return _beside(
            pd.DataFrame(columns=list(_PACKET)), self._history.mark(found, zeros)[:0]
        )

    def facts(self) -> dict[str, Any]:
        """What the source held, and how often each verdict was given, for JSON."""
        report = getattr(self._rows, "report", None)
        return {
            "source": self._rows.name,
            "n_rows": self._verdicts.n_rows,
            "verdicts": {str(label): int(n) for label, n in self._counts.items()},
            "abstain_label": plain(self._verdicts.abstain_label),
            "packets": None if report is None else asdict(report),
        }

    def summary(self) -> str:
        """What the source held, and how often each verdict was given."""
        rows = self._rows
        report = getattr(rows, "report", None)
        if report is not None and not report.n_packets:
            return f"{rows.name} holds no packets: {report}"
        report = report or f"{self._verdicts.n_rows} rows"
        in_order = sorted(self._counts.items(), key=lambda item: str(item[0]))
        withheld = self._verdicts.abstain_label
        each = ", ".join(
            f"{n} x {label}{' (abstained)' * (label == withheld != 'abstain')}"
            for label, n in in_order
        )
        return f"{rows.name}: {report}" + (f"; {each}" if each else "")


def _beside(packets: "pd.DataFrame | None", found: "pd.DataFrame") -> "pd.DataFrame":
    """Put what is known of packets before their verdicts."""
    import pandas as pd

    if packets is None:
        return found
    known = [name for name in _PACKET if name in packets]
    return pd.concat([packets[known].set_axis(found.index), found], axis=1)
