"""``skmirai lab notebook``: the lab as a notebook."""

from pathlib import Path
from typing import Annotated

import typer

from skmirai.cli._lab_options import EpochsScaleOption, SeedOption
from skmirai.cli._options import ForceOption


def notebook(
    worksheet: Annotated[
        bool,
        typer.Option(
            "--worksheet", help="Text and questions, with empty cells to fill in."
        ),
    ] = False,
    parts: Annotated[
        list[int] | None,
        typer.Option(
            "--part",
            metavar="PART",
            help="A part, 1 to 22; may be given several times. All by default.",
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="File of the notebook.")
    ] = Path("lab.ipynb"),
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Folder with the table, as for 'lab run'. Without it the notebook "
            "generates one.",
        ),
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            "--rows",
            help="Rows of the table.",
            show_default="20000, or all of the files",
        ),
    ] = None,
    epochs_scale: EpochsScaleOption = 1.0,
    random_state: SeedOption = 0,
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers",
            metavar="FOLDER",
            help="Folder of a lab run whose figures the answers name.",
            show_default="answers without figures",
        ),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Write the lab as a notebook: text, code, questions and answers.

    Table, size and seed stand in its first cell. A file that is there is kept.
    """
    from skmirai.cli._output import check_output, text_output
    from skmirai.lab import lab_notebook
    from skmirai.utils import import_optional

    check_output(output, force=force, inputs=())
    made = lab_notebook(
        worksheet=worksheet,
        parts=parts or None,
        data_dir=data,
        n_rows=rows,
        epochs_scale=epochs_scale,
        random_state=random_state,
        run_dir=answers,
    )
    nbformat = import_optional("nbformat", extra="notebook", purpose="notebooks")
    with text_output(output) as text:
        text.write(nbformat.writes(made) + "\n")
