"""``skmirai audit``: leaks in a table, and what each is worth."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skmirai.cli._options import FINDINGS, STANDARD, ForceOption, JsonOption

if TYPE_CHECKING:
    import pandas as pd

    from skmirai.model_selection import LeakageAudit


class FailOn(StrEnum):
    """How sure a finding must be for the command to fail."""

    never = "never"
    certain = "certain"
    likely = "likely"
    possible = "possible"


def audit(
    table: Annotated[
        Path,
        typer.Argument(metavar="TABLE", help="A table: Parquet, CSV or NumPy (npy)."),
    ],
    target: Annotated[
        str,
        typer.Option(
            "--target",
            help="Column of the labels: its name, or its number from 0 where columns "
            "have no names.",
        ),
    ],
    drop: Annotated[
        list[str] | None,
        typer.Option("--drop", help="Column to leave out; may be given several times."),
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option("--groups", help="Column of groups that a split keeps together."),
    ] = None,
    times: Annotated[
        str | None,
        typer.Option("--times", help="Column of times: seconds or dates."),
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option("--test", help="Table of the test rows of a split, same columns."),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="Report: text, or by its name a page (.html), a table (.csv) or JSON "
            "(.json).",
            show_default="standard output",
        ),
    ] = STANDARD,
    max_rows: Annotated[
        int,
        typer.Option("--max-rows", min=100, help="Rows that effects are judged on."),
    ] = 10_000,
    random_state: Annotated[
        int, typer.Option("--random-state", min=0, help="Draws these rows and folds.")
    ] = 0,
    fail_on: Annotated[
        FailOn,
        typer.Option(
            "--fail-on", help="End with status 3 if a finding is at least so sure."
        ),
    ] = FailOn.never,
    as_json: JsonOption = False,
    force: ForceOption = False,
) -> None:
    """Look for leaks in a table of traffic, and measure what each is worth.

    Counters, clocks, addresses, columns and values that are too good, twins, labels
    that change in few steps, rows that remember the ones before, duplicates: for each
    finding the score of boosted trees with it and without it, and the remedy.
    """
    from skmirai.cli._json import check_form
    from skmirai.cli._output import check_output, text_output
    from skmirai.cli._tables import read_table, set_apart
    from skmirai.model_selection import audit_leakage

    inputs = (table,) if test is None else (table, test)
    check_form(output, as_json=as_json)
    check_output(output, force=force, inputs=inputs)
    apart = {"target": target, "groups": groups, "times": times}
    X, columns = set_apart(read_table(table), table, apart, drop or [])
    X_test: Any = None
    of_test: dict[str, Any] = {}
    if test is not None:
        rows = read_table(test)
        known = [name for name in (groups, times) if name in {*map(str, rows)}]
        X_test, of_test = set_apart(
            rows, test, {"target": target}, [*(drop or []), *known]
        )
    if "times" in columns and columns["times"].dtype.kind not in "iufM":
        columns["times"] = _dates(columns["times"], table)
    found = audit_leakage(
        X,
        columns["target"],
        groups=columns.get("groups"),
        times=columns.get("times"),
        X_test=X_test,
        y_test=of_test.get("target"),
        max_rows=max_rows,
        random_state=random_state,
    )
    with text_output(output) as text:
        suffix = ".json" if as_json else output.suffix.lower()
        text.write(_as(found, suffix, str(table)))
    levels = [level.value for level in FailOn][1:]
    if fail_on is not FailOn.never:
        grave = {*levels[: levels.index(fail_on.value) + 1]}
        if any(finding.certainty in grave for finding in found.findings):
            raise typer.Exit(FINDINGS)


def _dates(times: "pd.Series", path: Path) -> "pd.Series":
    """Read dates that are text."""
    import pandas as pd

    try:
        return pd.to_datetime(times, format="mixed")
    except ValueError as error:
        raise ValueError(
            f"{path}: column {times.name!r} holds no times: {error}"
        ) from error


def _as(found: "LeakageAudit", suffix: str, name: str) -> str:
    if suffix == ".csv":
        return found.to_frame().to_csv(index=False)
    if suffix == ".json":
        return _json(found, name)
    if suffix in (".html", ".htm"):
        return _page(found, name)
    return f"{found}\n"


def _json(found: "LeakageAudit", name: str) -> str:
    import json

    from skmirai.cli._json import plain

    findings = [
        {**row, "columns": list(finding.columns), "arguments": finding.arguments}
        for row, finding in zip(
            found.to_frame().to_dict(orient="records"), found.findings, strict=True
        )
    ]
    return json.dumps({"table": name, "findings": plain(findings)}, indent=1) + "\n"


def _page(found: "LeakageAudit", name: str) -> str:
    """Return a page with the report and its picture, which needs no other file."""
    from html import escape

    from skmirai.utils._page import html_page

    title = f"Audit of {name}"
    text = f'<div class="table">{found._repr_html_()}</div>\n'
    return html_page(title, f"<h1>{escape(title)}</h1>\n{_picture(found)}{text}")


def _picture(found: "LeakageAudit") -> str:
    """Return the scores as an image within the page, if matplotlib is there."""
    import io
    from importlib.util import find_spec

    if not found.findings or find_spec("matplotlib") is None:
        return ""
    import matplotlib

    matplotlib.use("agg")
    from skmirai.inspection import LeakageAuditDisplay

    image = io.StringIO()
    LeakageAuditDisplay.from_audit(found).figure_.savefig(image, format="svg")
    drawn = image.getvalue()
    label = 'role="img" aria-label="Score with each leak and without it"'
    return f"<figure {label}>{drawn[drawn.index('<svg') :]}</figure>\n"
