"""``skmirai lab check``: what of a run is complete, and which figures are right."""

from pathlib import Path
from typing import Annotated

import typer

from skmirai.cli._options import FINDINGS, STANDARD, JsonOption


def check(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of a run.")],
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            help="Folder of a run whose figures are right.",
            show_default="the published figures, where the rows are the published ones",
        ),
    ] = None,
    parts: Annotated[
        list[int] | None,
        typer.Option(
            "--part",
            metavar="PART",
            help="A part that must be there; may be given several times. All by "
            "default.",
        ),
    ] = None,
    accuracy_tolerance: Annotated[
        float,
        typer.Option("--accuracy-tolerance", help="Largest difference of an accuracy."),
    ] = 0.01,
    loss_tolerance: Annotated[
        float, typer.Option("--loss-tolerance", help="Largest difference of a loss.")
    ] = 0.02,
    as_json: JsonOption = False,
) -> None:
    """Look over a run: what is complete, and which figures are outside tolerances.

    The exit status is 0 if all is complete and within, 3 if a piece of work is
    missing, damaged or doubtful or a figure outside, and 1 if the folder is no run of
    the lab.
    """
    import json

    from skmirai.cli._output import text_output
    from skmirai.lab import check_lab

    found = check_lab(
        folder,
        reference=reference,
        parts=parts or None,
        accuracy_tolerance=accuracy_tolerance,
        loss_tolerance=loss_tolerance,
    )
    with text_output(STANDARD) as text:
        told = json.dumps(found.to_dict(), indent=1) if as_json else str(found)
        text.write(f"{told}\n")
    if not (found.complete and found.within):
        raise typer.Exit(FINDINGS)
