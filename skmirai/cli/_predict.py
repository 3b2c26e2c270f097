"""``skmirai predict``: the verdicts of a saved model on packets or features."""

import os
import warnings
from dataclasses import asdict
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from skmirai.cli._options import (
    STANDARD,
    Clock,
    ClockOption,
    ClusterOption,
    ForceOption,
    JobsOption,
    MaxStreamsOption,
    MinHistoryOption,
    NPassesOption,
    QuietOption,
    SummaryJsonOption,
    ThresholdOption,
)

if TYPE_CHECKING:
    import pandas as pd

    from skmirai.cli._inputs import Input
    from skmirai.cli._judged import Settings

#: Columns of text in a data set.
_TEXT = ("source", "destination", "verdict")


def predict(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="File of skmirai.save().")
    ],
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="A capture (pcap, pcapng or tshark's fields), or a table of features "
            "(Parquet, CSV or NumPy); - is a capture from standard input. Or several: "
            "files, a folder, or a pattern in quotes.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="CSV file; of several inputs a folder of Parquet files.",
            show_default="standard output",
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
    n_passes: NPassesOption = 100,
    threshold: ThresholdOption = None,
    min_history: MinHistoryOption = 10,
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
    n_jobs: JobsOption = 1,
    cluster: ClusterOption = None,
    as_json: SummaryJsonOption = False,
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

    Several inputs become a folder with a Parquet file for each, and a column that names
    it. The same command does what is not done yet.
    """
    import json

    from skmirai.cli._inputs import are_many
    from skmirai.cli._judged import Judged, Settings
    from skmirai.cli._models import loaded
    from skmirai.cli._output import check_output, is_standard, say, text_output
    from skmirai.cli._progress import shown
    from skmirai.cli._sources import kind_of
    from skmirai.utils._threads import single_threaded_products

    settings = Settings(
        n_passes=n_passes,
        threshold=threshold,
        min_history=min_history,
        batch=batch,
        random_state=random_state,
        clock=clock.value,
        max_streams=max_streams,
        drop=tuple(drop or ()),
    )
    if are_many(sources):
        if follow:
            raise ValueError("--follow waits for packets of one capture: give one")
        if as_json:
            raise ValueError("--json is the summary of one input: give one")
        _predict_all(model, sources, output, settings, n_jobs, cluster, force, quiet)
        return
    (source,) = sources
    check_output(output, force=force, inputs=(model, source))
    kind = kind_of(source)
    if follow and kind != "capture":
        raise ValueError(f"--follow waits for packets, but {source} is a {kind} file")
    estimator = loaded(model)
    with settings.opened(source, kind, follow=follow) as rows:
        judged = Judged(estimator, rows, settings)
        if judged.counter_is_used and not quiet:
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
        # the products of a block are so small that threads wait more than they work
        with text_output(output, live=rows.live) as file, single_threaded_products():
            for found in judged.tables(shown(rows, rows, quiet=hidden)):
                _write(found, file)
    if as_json:
        say(json.dumps(judged.facts()), err=True)
    elif not quiet:
        say(judged.summary(), err=True)


def _predict_all(
    model: Path,
    given: list[Path],
    output: Path,
    settings: "Settings",
    n_jobs: int,
    cluster: str | None,
    force: bool,
    quiet: bool,
) -> None:
    """Write the verdicts on several inputs to a folder."""
    from skmirai.cli._inputs import CAPTURES, TABLES, inputs
    from skmirai.cli._models import loaded
    from skmirai.cli._parts import check_folder, facts_of, is_done, part_of
    from skmirai.cli._side_by_side import do_all
    from skmirai.utils._files import sha256

    sources = inputs(given, CAPTURES + TABLES)
    loaded(model)  # which says what is odd about it
    check_folder(output, given)
    folder = output.resolve()
    how = {"model": sha256(model), **asdict(settings), "drop": [*settings.drop]}
    do_all(
        partial(
            _predict_part,
            model=model.resolve(),
            settings=settings,
            folder=folder,
            how=how,
        ),
        lambda each: not force and is_done(part_of(folder, each), facts_of(each, how)),
        sources,
        n_jobs=n_jobs,
        cluster=cluster,
        quiet=quiet,
    )


def _predict_part(
    source: "Input",
    *,
    model: Path,
    settings: "Settings",
    folder: Path,
    how: dict[str, Any],
) -> str:
    """Write the verdicts on one of several inputs, and say what it held."""
    from itertools import chain

    from skmirai.cli._judged import Judged
    from skmirai.cli._parts import facts_of, part_of, write_part
    from skmirai.cli._sources import kind_of
    from skmirai.cli._writers import check_parquet
    from skmirai.utils._threads import single_threaded_products

    pyarrow, _ = check_parquet()
    facts = facts_of(source, how)
    with settings.opened(source.path, kind_of(source.path)) as rows:
        judged = Judged(_kept_model(model, how["model"]), rows, settings)
        tables = judged.tables(rows)
        first = next(tables)
        columns = [
            (str(name), pyarrow.string() if name in _TEXT else pyarrow.float64())
            for name in first
        ]
        with single_threaded_products():
            write_part(
                part_of(folder, source),
                source,
                facts,
                columns,
                map(_values, chain([first], tables)),
            )
    return judged.summary()


@lru_cache(maxsize=1)
def _kept_model(path: Path, digest: str) -> Any:
    """Load a model once in a process; what is odd about it has been said."""
    from skmirai.neural_network import load

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return load(path)


def _values(found: "pd.DataFrame") -> list[Any]:
    """Values of each column; verdicts as text, since some are no class."""
    return [found[c].astype(str) if c == "verdict" else found[c] for c in found]


def _write(found: "pd.DataFrame", file: TextIO) -> None:
    """Write lines, the first piece with a header, and flush them."""
    first = found.empty or found.index[0] == 0
    file.write(found.to_csv(index=False, header=first, lineterminator="\n"))
    file.flush()
