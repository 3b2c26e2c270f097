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
        "-j",
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
RandomStateOption = Annotated[
    int, typer.Option("--random-state", min=0, help="Seed of all that is drawn.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
FixedOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Parameter of the estimator, which is not searched for, such as "
        "n_members=8; may be given several times.",
    ),
]
SummaryJsonOption = Annotated[
    bool,
    typer.Option("--json", help="Make the summary on standard error a line of JSON."),
]
LabelsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--labels",
        metavar="TABLE",
        help="Table of labels, a row for each packet or row, in the same order; of "
        "several inputs one for each, the option given several times.",
        show_default="the labels are a column of the input",
    ),
]
TargetOption = Annotated[
    str | None,
    typer.Option(
        "--target",
        help="Column of the labels: its name, or its number from 0 where columns have "
        "no names.",
        show_default="label, in a table of --labels",
    ),
]
KindOption = Annotated[
    str | None,
    typer.Option(
        "--kind",
        help="Column that says what a row is about, such as the name of an attack.",
        show_default="kind, in a table of --labels that has it",
    ),
]
GroupsOption = Annotated[
    str | None,
    typer.Option(
        "--groups",
        help="Column of groups, such as captures or devices, that are kept together.",
    ),
]
BenignOption = Annotated[
    str | None,
    typer.Option(
        "--benign",
        metavar="LABEL",
        help="Class of the rows that are no attack.",
        show_default="the one called benign or normal, else the first of two",
    ),
]
NPassesOption = Annotated[
    int,
    typer.Option(
        "--n-passes",
        min=0,
        max=100_000,
        help="Monte Carlo dropout passes of the uncertainty; 0 leaves it out.",
    ),
]
ThresholdOption = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        min=0,
        max=1,
        help="Probability from which on the verdict is the second of two classes.",
        show_default="the more probable class",
    ),
]
MinHistoryOption = Annotated[
    float,
    typer.Option(
        "--min-history",
        min=0,
        help="Packets that a source must have sent before there is a verdict; those of "
        "100 s ago count half.",
    ),
]
#: Standard input or output.
STANDARD = Path("-")

#: Status where something was found, or a figure is not within its bounds.
FINDINGS = 3

#: Status of a command that Ctrl-C has ended.
INTERRUPTED = 130
