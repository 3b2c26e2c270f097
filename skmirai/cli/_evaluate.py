"""``skmirai evaluate``: what a saved model's verdicts are worth on labelled rows."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skmirai.cli._options import (
    FINDINGS,
    STANDARD,
    BenignOption,
    Clock,
    ClockOption,
    ForceOption,
    GroupsOption,
    JsonOption,
    KindOption,
    LabelsOption,
    MaxStreamsOption,
    MinHistoryOption,
    NPassesOption,
    QuietOption,
    RandomStateOption,
    TargetOption,
    ThresholdOption,
)

if TYPE_CHECKING:
    from skmirai.cli._evaluating.report import Evaluation


def evaluate(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="File of skmirai.save().")
    ],
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="A capture (pcap, pcapng or tshark's fields), or a table (Parquet, "
            "CSV or NumPy) that the model was not trained on; or several.",
        ),
    ],
    labels: LabelsOption = None,
    target: TargetOption = None,
    kind: KindOption = None,
    groups: GroupsOption = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            "--drop",
            help="Column of the table to leave out, as skmirai predict takes it; may "
            "be given several times.",
        ),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="Report: text, or by its name a page (.html) or JSON (.json).",
            show_default="standard output",
        ),
    ] = STANDARD,
    as_json: JsonOption = False,
    at_least: Annotated[
        list[str] | None,
        typer.Option(
            "--at-least",
            metavar="FIGURE=VALUE",
            help="End with status 3 if a figure, of all inputs together, is less, such "
            "as balanced_accuracy=0.95; may be given several times.",
        ),
    ] = None,
    at_most: Annotated[
        list[str] | None,
        typer.Option(
            "--at-most",
            metavar="FIGURE=VALUE",
            help="End with status 3 if a figure, of all inputs together, is more, such "
            "as false_alarm_rate=0.001; may be given several times.",
        ),
    ] = None,
    benign: BenignOption = None,
    n_passes: NPassesOption = 100,
    threshold: ThresholdOption = None,
    min_history: MinHistoryOption = 10,
    random_state: RandomStateOption = 0,
    clock: ClockOption = Clock.relative,
    max_streams: MaxStreamsOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say what the verdicts of a model are worth on rows with labels.

    The verdicts are those of skmirai predict: accuracy, areas and losses with
    intervals, the rows by label and verdict, recall by class and by kind, what is found
    at budgets of false alarms, what is withheld, and the errors that are left at each
    share of answers. Of predicted numbers R2 and errors.

    Several inputs, each with its labels, are measured together and one by one, since
    one often hides what another one shows.
    """
    import json

    from skmirai.cli._evaluating.judged import evaluated
    from skmirai.cli._json import check_form
    from skmirai.cli._judged import Settings
    from skmirai.cli._labelled import check_pairs
    from skmirai.cli._models import loaded
    from skmirai.cli._output import check_output, say, text_output
    from skmirai.utils._files import escaped

    check_form(output, as_json=as_json)
    check_output(output, force=force, inputs=(model, *sources, *(labels or ())))
    limits = [*map(_limit, at_least or ())], [*map(_limit, at_most or ())]
    tables = check_pairs(
        sources, labels or [], target, with_kind=True, kind=kind, groups=groups
    )
    settings = Settings(
        n_passes=n_passes,
        threshold=threshold,
        min_history=min_history,
        batch=256,
        random_state=random_state,
        clock=clock.value,
        max_streams=max_streams,
        drop=tuple(drop or ()),
    )
    estimator = loaded(model)
    _check_limits(estimator, [name for bounds in limits for name, _ in bounds])
    found = evaluated(
        model,
        estimator,
        sources,
        settings,
        tables=tables,
        roles={"target": target, "kind": kind, "groups": groups},
        benign=benign,
        quiet=quiet,
    )
    failed = _not_within(found, *limits)
    suffix = output.suffix.lower()
    with text_output(output) as text:
        if as_json or suffix == ".json":
            text.write(json.dumps(found.to_dict(), indent=1) + "\n")
        elif suffix in (".html", ".htm"):
            from skmirai.cli._evaluating.page import page_of

            text.write(page_of(found))
        else:
            text.writelines(f"{escaped(line)}\n" for line in str(found).splitlines())
    for line in failed:
        say(f"skmirai: {line}", err=True)
    if failed:
        raise typer.Exit(FINDINGS)


def _limit(text: str) -> tuple[str, float]:
    """Read a figure and its bound."""
    from skmirai.cli._evaluating.figures import FIGURES

    name, _, value = text.partition("=")
    try:
        bound = float(value)
    except ValueError:
        bound = math.nan
    if math.isnan(bound):
        raise ValueError(
            f"{text!r} must be FIGURE=VALUE, such as balanced_accuracy=0.95"
        )
    if (name := name.strip()) not in FIGURES:
        raise ValueError(
            f"{name!r} is no figure of an evaluation: expected one of "
            f"{', '.join(FIGURES)}"
        )
    return name, bound


def _check_limits(estimator: Any, names: list[str]) -> None:
    """Raise an error, before rows are read, if a model has no such figures."""
    from skmirai.cli._evaluating.figures import FIGURES, OF_NUMBERS
    from skmirai.cli._models import split

    predicts_numbers = getattr(split(estimator)[1], "classes_", None) is None
    for name in names:
        if (name in OF_NUMBERS) != predicts_numbers:
            known = [f for f in FIGURES if (f in OF_NUMBERS) == predicts_numbers]
            what = "numbers" if predicts_numbers else "classes"
            raise ValueError(
                f"{name!r} is no figure of a model that predicts {what}: expected one "
                f"of {', '.join(known)}"
            )


def _not_within(
    found: "Evaluation", least: list[tuple[str, float]], most: list[tuple[str, float]]
) -> list[str]:
    """Say which figures are not within their bounds; one without a value is not."""
    failed = []
    for name, bound in least:
        if not (value := found.value(name)) >= bound:
            failed.append(f"{name} is {value:.5g}, less than {bound:g}")
    for name, bound in most:
        if not (value := found.value(name)) <= bound:
            failed.append(f"{name} is {value:.5g}, more than {bound:g}")
    return failed
