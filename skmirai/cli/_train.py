"""``skmirai train``: from captures or tables with labels to a saved model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skmirai.cli._options import (
    INTERRUPTED,
    BenignOption,
    Clock,
    ClockOption,
    FixedOption,
    ForceOption,
    GroupsOption,
    JsonOption,
    LabelsOption,
    MaxStreamsOption,
    QuietOption,
    RandomStateOption,
    TargetOption,
)

if TYPE_CHECKING:
    import pandas as pd

    from skmirai.cli._training.chosen import Choice
    from skmirai.cli._training.plan import Plan
    from skmirai.cli._training.sources import Labelled

_SHARE: dict[str, Any] = {"min": 0.01, "max": 0.9}


def train(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="A capture (pcap, pcapng or tshark's fields), or a table (Parquet, "
            "CSV or NumPy); or several.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="MODEL", help="File of the model."),
    ],
    labels: LabelsOption = None,
    target: TargetOption = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            "--drop",
            help="Column that is no feature; may be given several times.",
        ),
    ] = None,
    groups: GroupsOption = None,
    blocks: Annotated[
        bool | None,
        typer.Option(
            "--blocks/--shuffled",
            help="Whether rows are kept from training in blocks of neighbours, as rows "
            "in time need it, or one by one.",
            show_default="blocks for captures",
        ),
    ] = None,
    tune: Annotated[
        bool,
        typer.Option("--tune", help="Search for parameters before, as skmirai tune."),
    ] = False,
    n_trials: Annotated[
        int | None,
        typer.Option("--n-trials", min=1, help="Trials of --tune.", show_default="30"),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout", min=1, help="Seconds after which no trial of --tune begins."
        ),
    ] = None,
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate",
            help="Set the temperature of the probabilities on rows that are kept from "
            "training.",
        ),
    ] = False,
    budget: Annotated[
        float | None,
        typer.Option(
            "--budget",
            min=0,
            max=1,
            help="Share of the benign rows that may raise an alarm, such as 0.001: the "
            "model abstains from doubtful alarms by a threshold that rows decide on "
            "that are kept from training and from --calibrate.",
            show_default="none",
        ),
    ] = None,
    benign: BenignOption = None,
    calibrate_on: Annotated[
        float | None,
        typer.Option(
            "--calibrate-on",
            help="Share of the rows for --calibrate.",
            show_default="0.15",
            **_SHARE,
        ),
    ] = None,
    budget_on: Annotated[
        float | None,
        typer.Option(
            "--budget-on",
            help="Share of the rows for --budget.",
            show_default="0.25",
            **_SHARE,
        ),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option(
            "--compare/--no-compare",
            help="Keep rows back to put the model beside boosted trees and the "
            "majority class.",
        ),
    ] = True,
    compare_on: Annotated[
        float | None,
        typer.Option(
            "--compare-on",
            help="Share of the rows for that.",
            show_default="0.2",
            **_SHARE,
        ),
    ] = None,
    fixed: FixedOption = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            "--epochs", min=1, help="Most epochs.", show_default="the estimator's"
        ),
    ] = None,
    regress: Annotated[
        bool,
        typer.Option("--regress", help="The target is a number, not a class."),
    ] = False,
    random_state: RandomStateOption = 0,
    clock: ClockOption = Clock.relative,
    max_streams: MaxStreamsOption = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Check all that can be checked without training, say what would be "
            "done, and write nothing. Packets are read, features not extracted.",
        ),
    ] = False,
    as_json: JsonOption = False,
    force: ForceOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a network on captures or tables, and write it for predict and evaluate.

    It is MiraiDNNClassifier(scaler="auto") unless --set or --tune say otherwise. What
    is kept from training, and what for, is said; and in the end what the model is worth
    on rows that it has not seen, beside boosted trees, with --budget within the same
    one, and the majority class. Trust another capture more than these (skmirai
    evaluate).
    """
    import json

    from skmirai.cli._interrupts import noticed_interrupts
    from skmirai.cli._labelled import named
    from skmirai.cli._output import check_output, is_standard, say, warnings_in_lines
    from skmirai.cli._training.chosen import choice_of
    from skmirai.cli._training.comparison import compared, comparison_lines
    from skmirai.cli._training.dry_run import dry_facts, dry_lines
    from skmirai.cli._training.plan import BUDGET, CALIBRATE, COMPARE, plan_of
    from skmirai.cli._training.rows import rows_from
    from skmirai.cli._training.sources import LabelledSources
    from skmirai.neural_network import save

    if is_standard(output):
        raise ValueError("--output -: a model is no text, give the name of a file")
    check_output(output, force=force, inputs=(*sources, *(labels or ())))
    if output.exists() and not output.is_file():
        raise ValueError(f"{output} is no regular file: give the name of one")
    shares = {}
    for part, share, usual, wanted in (
        (COMPARE, compare_on, 0.2, compare),
        (CALIBRATE, calibrate_on, 0.15, calibrate),
        (BUDGET, budget_on, 0.25, budget is not None),
    ):
        if wanted:
            shares[part] = usual if share is None else share
        elif share is not None:
            raise ValueError(
                f"--{part}-on {share:g} keeps rows for --{part}: give that too, or "
                "leave it out"
            )
    if regress and (calibrate or budget is not None or benign is not None):
        raise ValueError(
            "--calibrate, --budget and --benign are about classes, which "
            "--regress has none of: leave them out"
        )
    if budget is not None and not 0 < budget < 1:
        raise ValueError(f"--budget {budget:g} must be above 0 and below 1")
    if not tune and (n_trials is not None or timeout is not None):
        raise ValueError("--n-trials and --timeout are about a search: give --tune too")
    if groups is not None and blocks is not None:
        raise ValueError("--groups and --blocks/--shuffled are two ways: give one")
    given = LabelledSources(sources, labels or [], target=target, groups=groups)
    if blocks is None:
        blocks = groups is None and bool(given.captures)

    def planned(found: "Labelled") -> "tuple[Plan, Choice]":
        rows = rows_from(
            found.X,
            found.found,
            named(labels or sources),
            table=named(sources),
            drop=drop or [],
            n_least=len(shares) + 1,
            of=f"parts ({', '.join(['train', *shares])})",
            of_classes=not regress,
        )
        plan = plan_of(
            rows,
            shares,
            regress=regress,
            blocks=bool(blocks),
            budget=budget,
            benign=benign,
            random_state=random_state,
        )
        return plan, choice_of(
            plan,
            fixed=fixed or [],
            n_trials=(n_trials or 30) if tune else None,
            timeout=timeout,
            quiet=quiet,
            **({} if epochs is None else {"epochs": epochs}),
        )

    outline = given.outline()
    plan, choice = planned(outline)
    if dry_run:
        given.check_packets()
        facts = dry_facts(outline, given.captures, plan, choice, output)
        if as_json:
            typer.echo(json.dumps(facts, indent=1))
        elif not quiet:
            for line in dry_lines(facts, plan, choice):
                say(line)
        return
    if not quiet:
        for line in plan.lines():
            say(line, err=True)
    del outline
    if given.captures:
        plan, choice = planned(
            given.extracted(clock=clock.value, max_streams=max_streams)
        )
    del given  # its tables, several of which the plan has as one
    try:
        estimator, interrupted = choice.made(plan, quiet=quiet)
    except KeyboardInterrupt:
        say("skmirai: interrupted before a trial had come to its end", err=True)
        raise typer.Exit(INTERRUPTED) from None
    with warnings_in_lines(), noticed_interrupts() as noticed:
        model = plan.fitted(estimator)
    if not quiet:
        for line in plan.outcome(model):
            say(line, err=True)
    scores = compared(plan, model) if compare else {}
    save(model, output)
    if as_json:
        typer.echo(json.dumps(_told(output, plan, estimator, model, scores), indent=1))
    elif not quiet:
        for line in comparison_lines(plan, scores) if scores else ():
            say(line)
        say(f"{output}: trained on {len(plan.parts['train']):,} rows", err=True)
    if interrupted or noticed:
        raise typer.Exit(INTERRUPTED)


def _told(
    output: Path,
    plan: "Plan",
    estimator: Any,
    model: Any,
    scores: "dict[str, pd.DataFrame]",
) -> dict[str, Any]:
    """Return what was done, as JSON has it."""
    from skmirai.cli._info import facts_of
    from skmirai.cli._json import plain

    facts = facts_of(model)
    return {
        "model": str(output),
        "rows": {name: len(own) for name, own in plan.parts.items()},
        "kept_together": plan.unit,
        "estimator": type(estimator).__name__,
        "params": plain(estimator.get_params(deep=False)),
        "calibrated": plain(facts["calibrated"]),
        "abstains": plain(facts["abstains"]),
        "scores": {
            name: plain(figures.to_dict(orient="index"))
            for name, figures in scores.items()
        },
    }
