"""``skmirai extract``: from packets to the 115 AfterImage features."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from skmirai.cli._options import (
    STANDARD,
    Clock,
    ClockOption,
    ForceOption,
    MaxStreamsOption,
    QuietOption,
)


class Format(StrEnum):
    """Types of files of features."""

    parquet = "parquet"
    npy = "npy"
    csv = "csv"


def extract(
    capture: Annotated[
        Path,
        typer.Argument(
            metavar="CAPTURE",
            help="A pcap or pcapng file, or a table of tshark's fields, gzipped or "
            "not; - is standard input.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="File that ends in .parquet, .npy or .csv.",
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
    force: ForceOption = False,
    quiet: QuietOption = False,
) -> None:
    """Turn packets into the 115 AfterImage features.

    The capture is read and written in pieces: memory does not grow with its length.
    A file appears under its name once it is whole. Where standard input is a pipe,
    Ctrl-C ends the input, and the file is finished.
    """
    from skmirai.cli._output import check_output, is_standard, say, text_output
    from skmirai.cli._writers import check_parquet, write_csv, write_features

    check_output(output, force=force, inputs=(capture,))
    kind = _format(output, form, packets)
    if kind == "parquet":
        check_parquet()

    from skmirai.cli._progress import shown
    from skmirai.cli._sources import Capture
    from skmirai.feature_extraction import AfterImageExtractor

    extractor = AfterImageExtractor(
        clock=clock.value,
        max_streams=max_streams,
        on_malformed="ignore",  # the report is printed in the end
        verbose=False,
    )
    start = time.perf_counter()
    with Capture(capture, extractor, with_packets=packets) as source:
        pieces = shown(source, source, quiet=quiet)
        if is_standard(output):
            with text_output(output) as file:
                write_csv(pieces, file, with_packets=packets)
        else:
            write_features(pieces, output, kind, with_packets=packets)
    seconds = time.perf_counter() - start
    if not quiet:
        n_packets = source.report.n_packets
        forgotten = sum(extractor.n_evicted_.values())
        say(
            f"{source.name}: {source.report}"
            + (f"; {forgotten} streams forgotten" if forgotten else "")
            + f"; {seconds:.1f} s, {n_packets / seconds:,.0f} packets/s",
            err=True,
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
