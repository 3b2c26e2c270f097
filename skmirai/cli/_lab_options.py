"""Options that commands of the lab share."""

from enum import StrEnum
from typing import Annotated

import typer


class Subset(StrEnum):
    """Share of the rows."""

    full = "full"
    half = "half"
    quarter = "quarter"


class Scaling(StrEnum):
    """Rows that the standardisation learns from."""

    all_rows = "all_rows"
    training_rows = "training_rows"


SubsetOption = Annotated[Subset, typer.Option("--subset", help="Share of the rows.")]

GeneratedRowsOption = Annotated[
    int | None,
    typer.Option("--rows", help="Rows of a generated table.", show_default="764137"),
]

EpochsScaleOption = Annotated[
    float,
    typer.Option(
        "--epochs-scale",
        help="Factor on the epochs of every training, for a quick look.",
    ),
]

SeedOption = Annotated[
    int, typer.Option("--random-state", help="Seed of the trainings.")
]

NoProgressOption = Annotated[
    bool, typer.Option("-q", "--quiet", help="Show no progress.")
]
