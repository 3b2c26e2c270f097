"""``skmirai predict``: the verdicts of a saved model on packets or features."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from skmirai.cli._options import (
    STANDARD,
    Clock,
    ClockOption,
    ForceOption,
    MaxStreamsOption,
    QuietOption,
)

if TYPE_CHECKING:
    import pandas as pd

    from skmirai.cli._columns import ModelColumns
    from skmirai.cli._feature_tables import FeatureTable
    from skmirai.cli._history import History
    from skmirai.cli._sources import Capture, Piece
    from skmirai.cli._verdicts import Verdicts


def predict(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="File of skmirai.save().")
    ],
    source: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="A capture (pcap, pcapng or tshark's fields), or a table of features "
            "(Parquet, CSV or NumPy); - is a capture from standard input.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="CSV file.", show_default="standard output"
        ),
    ] = STANDARD,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            "--drop",
            help="Column of the table to leave out, such as a label: its name, or its "
            "number from 0; may be given several times. Needed only where the model "
            "does not find columns by name.",
        ),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow",
            help="Wait at the end of a growing capture for more packets, until Ctrl-C.",
        ),
    ] = False,
    n_passes: Annotated[
        int,
        typer.Option(
            "--n-passes",
            min=0,
            max=100_000,
            help="Monte Carlo dropout passes of the uncertainty; 0 leaves it out.",
        ),
    ] = 100,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            min=0,
            max=1,
            help="Probability from which on the verdict is the second of two classes.",
            show_default="the more probable class",
        ),
    ] = None,
    min_history: Annotated[
        float,
        typer.Option(
            "--min-history",
            min=0,
            help="Packets that a source must have sent before there is a verdict; "
            "those of 100 s ago count half.",
        ),
    ] = 10,
    batch: Annotated[
        int,
        typer.Option(
            "--batch", min=1, max=65_536, help="Rows that the network sees at a time."
        ),
    ] = 256,
    random_state: Annotated[
        int, typer.Option("--random-state", min=0, help="Seed of the dropout masks.")
    ] = 0,
    clock: ClockOption = Clock.relative,
    max_streams: MaxStreamsOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a model's verdict on every packet, or row of features, as CSV.

    A file appears under its name once it is whole, and replaces an older one then.
    Where the input is a pipe or is followed, each line is written as soon as its packet
    has been read, an older file is replaced at the first one, and Ctrl-C ends the input
    and finishes the file. Cutting the input differently changes nothing: a capture
    gives the same lines at once, through a pipe, or while it grows. One without packets
    gives the header alone.
    """
    from skmirai.cli._output import check_output, is_standard, say, text_output
    from skmirai.cli._sources import kind_of

    check_output(output, force=force, inputs=(model, source))
    kind = kind_of(source)
    if follow and kind != "capture":
        raise ValueError(f"--follow waits for packets, but {source} is a {kind} file")
    if drop and kind == "capture":
        raise ValueError(f"--drop leaves columns out, but {source} holds packets")
    estimator = _load(model)

    from skmirai.cli._columns import ModelColumns
    from skmirai.cli._feature_tables import FeatureTable
    from skmirai.cli._history import History
    from skmirai.cli._models import fitted_columns, known_categories, used_columns
    from skmirai.cli._progress import shown
    from skmirai.cli._verdicts import Verdicts
    from skmirai.utils._threads import single_threaded_products

    verdicts = Verdicts(
        estimator,
        n_passes=n_passes,
        threshold=threshold,
        block=batch,
        random_state=random_state,
    )
    counts: dict[Any, int] = {}
    with _open(source, kind, follow, clock.value, max_streams) as rows:
        if isinstance(rows, FeatureTable):
            names, n_columns = fitted_columns(estimator)
            if rows.n_columns == n_columns:
                known = known_categories(estimator)
                used = used_columns(estimator)
                rows.check_header(names, {i: known.get(i, ()) for i in used})
        columns = ModelColumns(
            estimator, rows.names, rows.n_columns, rows.name, drop or ()
        )
        if isinstance(rows, FeatureTable):
            rows.text, rows.gaps = columns.text, columns.gaps
            rows.known = columns.known
            rows.check_first_row(columns.used)
        if columns.counter_is_used and not quiet:
            say(
                "skmirai: the model uses the row counter of its training table, of "
                "which the input has none: rows are counted from 0",
                err=True,
            )
        hidden = quiet or (is_standard(output) and os.isatty(1))
        if rows.live and not quiet and output.is_file():
            say(
                f"skmirai: {output} is replaced at the first line, since lines are "
                "written as packets arrive",
                err=True,
            )
        history = History(rows.names, min_history)
        # the products of a block are so small that threads wait more than they work
        with text_output(output, live=rows.live) as file, single_threaded_products():
            for piece in shown(rows, rows, quiet=hidden):
                found = _judged(verdicts, columns, piece, rows.name)
                found = history.mark(found, piece.features)
                if "verdict" in found:
                    for label, n in found["verdict"].value_counts().items():
                        counts[label] = counts.get(label, 0) + n
                _write(found, piece.packets, file)
            if not verdicts.n_rows:
                _write_header(verdicts, columns, history, rows.n_columns, file)
    if not quiet:
        _summarise(verdicts, counts, rows)


def _load(path: Path) -> Any:
    """Load the model; what is odd about it is one line each."""
    from skmirai.cli._output import warnings_in_lines
    from skmirai.neural_network import load

    with warnings_in_lines():
        return load(path)


def _open(
    path: Path, kind: str, follow: bool, clock: str, max_streams: int | None
) -> "Capture | FeatureTable":
    from skmirai.cli._feature_tables import FeatureTable
    from skmirai.cli._sources import Capture

    if kind != "capture":
        return FeatureTable(path, kind)
    from skmirai.feature_extraction import AfterImageExtractor

    extractor = AfterImageExtractor(
        clock=clock, max_streams=max_streams, on_malformed="ignore", verbose=False
    )
    return Capture(
        path, extractor, follow=follow, with_packets=True, needs_packets=False
    )


def _judged(
    verdicts: "Verdicts", columns: "ModelColumns", piece: "Piece", source: str
) -> "pd.DataFrame":
    """Verdicts on a piece; a Pipeline's complaints name the source."""
    first = verdicts.n_rows
    X = columns.take(piece.features, first)
    try:
        return verdicts(X)
    except (TypeError, ValueError) as error:
        last = first + len(X) - 1
        raise ValueError(
            f"{source}: {error} (in rows {first} to {last}, from 0)"
        ) from error


def _write_header(
    verdicts: "Verdicts",
    columns: "ModelColumns",
    history: "History",
    n_columns: int,
    file: TextIO,
) -> None:
    """Write the header alone, as a row of zeros gives it."""
    import numpy as np
    import pandas as pd

    zeros = np.zeros((1, n_columns))
    found = history.mark(verdicts(columns.take(zeros, 0)), zeros)[:0]
    _write(found, pd.DataFrame(columns=["time", "source", "destination"]), file)


def _write(found: "pd.DataFrame", packets: "pd.DataFrame | None", file: TextIO) -> None:
    """Write lines, the first piece with a header, and flush them."""
    import pandas as pd

    first = found.empty or found.index[0] == 0
    if packets is not None:
        known = [name for name in ("time", "source", "destination") if name in packets]
        found = pd.concat([packets[known].set_axis(found.index), found], axis=1)
    file.write(found.to_csv(index=False, header=first, lineterminator="\n"))
    file.flush()


def _summarise(
    verdicts: "Verdicts", counts: dict[Any, int], rows: "Capture | FeatureTable"
) -> None:
    from skmirai.cli._output import say

    report = getattr(rows, "report", None)
    if report is not None and not report.n_packets:
        say(f"{rows.name} holds no packets: {report}", err=True)
        return
    report = report or f"{verdicts.n_rows} rows"
    in_order = sorted(counts.items(), key=lambda item: str(item[0]))
    withheld = verdicts.abstain_label
    each = ", ".join(
        f"{n} x {label}{' (abstained)' * (label == withheld != 'abstain')}"
        for label, n in in_order
    )
    say(f"{rows.name}: {report}" + (f"; {each}" if each else ""), err=True)
