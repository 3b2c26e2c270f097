"""``skmirai lab compare``: what differs between two runs of the lab."""

from pathlib import Path
from typing import Annotated

import typer

from skmirai.cli._options import STANDARD, ForceOption, JsonOption


def compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="Folder of a lab run.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Folder of another.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Picture of the curves of both (.png, .svg, .pdf).",
            show_default="the curves as text",
        ),
    ] = None,
    as_json: JsonOption = False,
    force: ForceOption = False,
) -> None:
    """Say which settings and results of two runs differ, and whether beyond the seeds.

    The rule for the latter is printed with the results.
    """
    import json
    from dataclasses import replace

    from skmirai.cli._output import check_output, text_output
    from skmirai.lab import compare_labs

    if output is not None:
        check_output(output, force=force, inputs=())
    found = compare_labs(first, second)
    if output is not None:
        found.plot(output)
        found = replace(found, curves={})
    with text_output(STANDARD) as text:
        told = json.dumps(found.to_dict(), indent=1) if as_json else str(found)
        text.write(f"{told}\n")
