"""Options that commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Clock(StrEnum):
    """The gap before the first packet of a channel."""

    relative = "relative"
    epoch = "epoch"


ClockOption = Annotated[
    Clock,
    typer.Option(
        "--clock",
        help="Gap before the first packet of a channel: 0, or the time of the packet "
        "as in the published files.",
    ),
]
MaxStreamsOption = Annotated[
    int | None,
    typer.Option(
        "--max-streams",
        min=1,
        help="Most streams to track in each block; the one seen longest ago is "
        "forgotten. 100,000 take about 150 MB.",
        show_default="no limit",
    ),
]
ForceOption = Annotated[
    bool, typer.Option("-f", "--force", help="Replace an existing file.")
]
QuietOption = Annotated[
    bool,
    typer.Option("-q", "--quiet", help="Show neither progress nor a summary."),
]
JobsOption = Annotated[
    int,
    typer.Option(
        "--n-jobs",
        help="Processes that do several inputs side by side; -1 is one for each "
        "processor.",
    ),
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Scheduler of Dask whose workers do several inputs; they see the same "
        "files by the same paths.",
    ),
]
STANDARD = Path("-")
