"""``skmirai lab``: the lab's experiments and their report, and what goes with them."""

from pathlib import Path
from typing import Annotated

import typer

from skmirai.cli._lab_check import check
from skmirai.cli._lab_compare import compare
from skmirai.cli._lab_notebook import notebook
from skmirai.cli._lab_options import (
    EpochsScaleOption,
    GeneratedRowsOption,
    NoProgressOption,
    Scaling,
    SeedOption,
    Subset,
    SubsetOption,
)

lab = typer.Typer(
    help="The deep-learning lab on the Mirai part of the Kitsune data set.",
    no_args_is_help=True,
)


@lab.command("run")
def lab_run(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Folder with Mirai_data.npy and Mirai_labels.npy, or with UCI's "
            "Mirai_dataset.csv[.gz] and Mirai_labels.csv[.gz]. Without it a generated "
            "table takes their place.",
        ),
    ] = None,
    only: Annotated[
        list[int] | None,
        typer.Option(
            "--part",
            "--only",
            metavar="PART",
            help="A part to run, 1 to 22; may be given several times. All by default.",
        ),
    ] = None,
    subset: SubsetOption = Subset.full,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder of results and report.")
    ] = Path("mirai-lab"),
    epochs_scale: EpochsScaleOption = 1.0,
    scaling: Annotated[
        Scaling,
        typer.Option(
            "--scaling",
            help="Rows that the standardisation learns from; the lab takes all.",
        ),
    ] = Scaling.all_rows,
    rows: GeneratedRowsOption = None,
    seeds: Annotated[
        int,
        typer.Option("--seeds", help="Seeds of the trainings of 20 epochs."),
    ] = 3,
    jobs: Annotated[
        int | None,
        typer.Option(
            "-j",
            "--n-jobs",
            "--jobs",
            help="Trainings at a time.",
            show_default="one for each core",
        ),
    ] = None,
    random_state: SeedOption = 0,
    best: Annotated[
        Path | None,
        typer.Option(
            "--best",
            metavar="FILE",
            help="Configuration of parts 19 to 21, as skmirai lab explore writes it.",
            show_default="the published one",
        ),
    ] = None,
    quiet: NoProgressOption = False,
) -> None:
    """Run the lab's 22 parts, or those not done yet, and write the report.

    Results are kept one by one: a run that was stopped or killed goes on where it
    was when the same command is given again.
    """
    from skmirai.cli._output import say
    from skmirai.lab import run_lab

    report = run_lab(
        data,
        only=only or None,
        subset=subset.value,
        output=output,
        epochs_scale=epochs_scale,
        scaling=scaling.value,
        n_seeds=seeds,
        n_jobs=jobs,
        random_state=random_state,
        n_rows=rows,
        best=best,
        quiet=quiet,
    )
    say(f"{report}  (and {report.with_suffix('.md').name} beside it)")


lab.command("notebook")(notebook)
lab.command("compare")(compare)
lab.command("check")(check)
