"""``skmirai lab explore``: own tries for part 19."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from skmirai.cli._lab_options import (
    GeneratedRowsOption,
    NoProgressOption,
    Scaling,
    Subset,
    SubsetOption,
)


def lab_explore(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Folder of the table, as skmirai lab run takes it."
        ),
    ] = None,
    minutes: Annotated[
        float,
        typer.Option(
            "--minutes", min=0.01, help="Minutes after which no trial begins."
        ),
    ] = 30.0,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="Folder of the lab; explore/ in it is used."
        ),
    ] = Path("mirai-lab"),
    subset: SubsetOption = Subset.full,
    scaling: Annotated[
        Scaling,
        typer.Option("--scaling", help="Rows that the standardisation learns from."),
    ] = Scaling.all_rows,
    rows: GeneratedRowsOption = None,
    n_trials: Annotated[
        int | None,
        typer.Option(
            "--n-trials",
            min=1,
            help="Trials in the end, those of earlier calls included.",
            show_default="as many as there is time for",
        ),
    ] = None,
    epochs: Annotated[
        int, typer.Option("--epochs", min=1, help="Most epochs of a trial.")
    ] = 300,
    jobs: Annotated[
        int,
        typer.Option("-j", "--n-jobs", "--jobs", min=1, help="Trials side by side."),
    ] = 1,
    random_state: Annotated[
        int, typer.Option("--random-state", min=0, help="Seed of all choices.")
    ] = 0,
    quiet: NoProgressOption = False,
) -> None:
    """Search for a better configuration, on the lab's validation rows.

    Every trial is kept: the same command goes on, for as long again, where a search
    was stopped or killed. Ctrl-C ends it with what it has found. The best
    configuration is for skmirai lab run --best.
    """
    import json

    from skmirai.cli._output import say, warnings_in_lines
    from skmirai.lab import explore_lab

    with warnings_in_lines():
        best = explore_lab(
            data,
            minutes=minutes,
            output=output,
            subset=subset.value,
            scaling=scaling.value,
            n_rows=rows,
            n_trials=n_trials,
            epochs=epochs,
            n_jobs=jobs,
            random_state=random_state,
            quiet=quiet or not (sys.stderr is not None and sys.stderr.isatty()),
        )
    found = json.loads(best.read_text(encoding="utf-8"))
    say(
        f"validation accuracy {found['validation_accuracy']:.4f}, trial "
        f"{found['trial']} of {found['n_trials']}"
    )
    say(f"{best}  (and ranking.md, ranking.csv beside it)")
    say(f"skmirai lab run --best {best} -o own-best  trains it in parts 19 to 21")
