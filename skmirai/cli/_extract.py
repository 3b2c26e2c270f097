"""``skmirai extract``: from packets to the 115 AfterImage features."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skmirai.cli._options import (
    STANDARD,
    Clock,
    ClockOption,
    ClusterOption,
    ForceOption,
    JobsOption,
    MaxStreamsOption,
    QuietOption,
    SummaryJsonOption,
)

if TYPE_CHECKING:
    from skmirai.cli._inputs import Input
    from skmirai.cli._sources import Capture
    from skmirai.feature_extraction import AfterImageExtractor


class Format(StrEnum):
    """Types of files of features."""

    parquet = "parquet"
    npy = "npy"
    csv = "csv"


def extract(
    captures: Annotated[
        list[Path],
        typer.Argument(
            metavar="CAPTURE...",
            help="A pcap or pcapng file, or a table of tshark's fields, gzipped or "
            "not; - is standard input. Or several: files, a folder, or a pattern in "
            "quotes.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="File that ends in .parquet, .npy or .csv; of several captures a "
            "folder of Parquet files.",
            show_default="standard output, as CSV",
        ),
    ] = STANDARD,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format", help="Type of the file.", show_default="the file's ending"
        ),
    ] = None,
    clock: ClockOption = Clock.relative,
    max_streams: MaxStreamsOption = None,
    packets: Annotated[
        bool,
        typer.Option(
            "--packets/--no-packets",
            help="Put time, addresses, ports and protocol before the features.",
        ),
    ] = False,
    n_jobs: JobsOption = 1,
    cluster: ClusterOption = None,
    as_json: SummaryJsonOption = False,
    force: ForceOption = False,
    quiet: QuietOption = False,
) -> None:
    """Turn packets into the 115 AfterImage features.

    The capture is read and written in pieces: memory does not grow with its length.
    A file appears under its name once it is whole. Where standard input is a pipe,
    Ctrl-C ends the input, and the file is finished.

    Several captures become a folder with a Parquet file for each, and a column that
    names it. The same command does what is not done yet.
    """
    import json
    from dataclasses import asdict

    from skmirai.cli._inputs import are_many
    from skmirai.cli._output import check_output, is_standard, say, text_output
    from skmirai.cli._writers import check_parquet, write_csv, write_features

    how: dict[str, Any] = {
        "clock": clock.value,
        "max_streams": max_streams,
        "packets": packets,
    }
    if are_many(captures):
        if form not in (None, Format.parquet):
            raise ValueError(
                f"--format {form.value}: several captures make Parquet files"
            )
        if as_json:
            raise ValueError("--json is the summary of one capture: give one")
        _extract_all(captures, output, how, n_jobs, cluster, force, quiet)
        return
    (capture,) = captures
    check_output(output, force=force, inputs=(capture,))
    kind = _format(output, form, packets)
    if kind == "parquet":
        check_parquet()

    from skmirai.cli._progress import shown

    start = time.perf_counter()
    with _opened(capture, **how) as (source, extractor):
        pieces = shown(source, source, quiet=quiet)
        if is_standard(output):
            with text_output(output) as file:
                write_csv(pieces, file, with_packets=packets)
        else:
            write_features(pieces, output, kind, with_packets=packets)
    seconds = time.perf_counter() - start
    if as_json:
        told = {"source": source.name, "packets": asdict(source.report)}
        forgotten = sum(extractor.n_evicted_.values())
        say(
            json.dumps({**told, "n_forgotten": forgotten, "seconds": seconds}), err=True
        )
    elif not quiet:
        say(_summary(source, extractor, seconds), err=True)


def _extract_all(
    captures: list[Path],
    output: Path,
    how: dict[str, Any],
    n_jobs: int,
    cluster: str | None,
    force: bool,
    quiet: bool,
) -> None:
    """Write the features of several captures to a folder."""
    from skmirai.cli._inputs import CAPTURES, inputs
    from skmirai.cli._parts import check_folder, facts_of, is_done, part_of
    from skmirai.cli._side_by_side import do_all
    from skmirai.utils import import_optional

    import_optional("numba", extra="pcap", purpose="features of packets")
    sources = inputs(captures, CAPTURES)
    check_folder(output, captures)
    folder = output.resolve()
    do_all(
        partial(_extract_part, folder=folder, how=how),
        lambda each: not force and is_done(part_of(folder, each), facts_of(each, how)),
        sources,
        n_jobs=n_jobs,
        cluster=cluster,
        quiet=quiet,
    )


def _extract_part(capture: "Input", *, folder: Path, how: dict[str, Any]) -> str:
    """Write the features of one of several captures, and say what it held."""
    from skmirai.cli._parts import facts_of, part_of, write_part
    from skmirai.cli._writers import feature_columns, values_of

    start = time.perf_counter()
    facts = facts_of(capture, how)
    with _opened(capture.path, **how) as (source, extractor):
        write_part(
            part_of(folder, capture),
            capture,
            facts,
            feature_columns(how["packets"]),
            values_of(source),
        )
    return _summary(source, extractor, time.perf_counter() - start)


@contextmanager
def _opened(
    path: Path, *, clock: str, max_streams: int | None, packets: bool
) -> Iterator[tuple["Capture", "AfterImageExtractor"]]:
    from skmirai.cli._sources import Capture
    from skmirai.feature_extraction import AfterImageExtractor

    extractor = AfterImageExtractor(
        clock=clock,
        max_streams=max_streams,
        on_malformed="ignore",  # the report is printed in the end
        verbose=False,
    )
    with Capture(path, extractor, with_packets=packets) as source:
        yield source, extractor


def _summary(
    source: "Capture", extractor: "AfterImageExtractor", seconds: float
) -> str:
    n_packets = source.report.n_packets
    forgotten = sum(extractor.n_evicted_.values())
    return (
        f"{source.name}: {source.report}"
        + (f"; {forgotten} streams forgotten" if forgotten else "")
        + f"; {seconds:.1f} s, {n_packets / seconds:,.0f} packets/s"
    )


def _format(output: Path, form: Format | None, packets: bool) -> str:
    """Type of the output, from the option or the ending of the name."""
    from skmirai.cli._output import is_standard

    if form is not None:
        kind = form.value
    else:
        kind = "csv" if is_standard(output) else output.suffix.lower().lstrip(".")
    if kind not in Format.__members__:
        raise ValueError(
            f"{output} ends in {output.suffix!r}: expected .parquet, .npy or .csv, or "
            "--format parquet, npy or csv"
        )
    if is_standard(output) and kind != "csv":
        raise ValueError(f"--format {kind} needs a file: give one with -o")
    if packets and kind == "npy":
        raise ValueError(
            "--packets needs columns of text, which .npy files do not have: write a "
            ".parquet or .csv file"
        )
    return kind
