"""The report of an audit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skmirai.model_selection._audit._finding import DOUBTFUL, Finding
from skmirai.model_selection._words import three
from skmirai.utils._html import html_head, html_list, html_table


@dataclass(frozen=True, eq=False)
class LeakageAudit:
    """Findings of :func:`audit_leakage`.

    Attributes
    ----------
    findings : tuple of Finding
        What was found: what is certain and weighs most first.
    n_rows, n_columns : int
        Size of the table.
    n_rows_judged : int
        Rows on which effects were measured.
    split : str
        The honest split on which effects of columns were measured, in words.
    estimator : str
        What was scored.
    score : float
        Balanced accuracy on the honest split, without counters, clocks and
        identifiers; NaN if nothing was found.
    """

    findings: tuple[Finding, ...]
    n_rows: int
    n_columns: int
    n_rows_judged: int
    split: str
    estimator: str
    score: float

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row for each finding.

        Returns
        -------
        DataFrame
            smell, columns (their names, parted by commas), n_rows, certainty, alone,
            score_with, score_without, effect, seen and remedy.
        """
        names = ["smell", "columns", "n_rows", "certainty", "alone", "score_with"]
        names += ["score_without", "effect", "seen", "remedy"]
        rows = [
            {
                **{name: getattr(finding, name) for name in names},
                "columns": ", ".join(map(str, finding.columns)),
            }
            for finding in self.findings
        ]
        return pd.DataFrame(rows, columns=names)

    def drop_columns(self) -> list[Any]:
        """Return the columns that all remedies together leave out.

        Returns
        -------
        list
            Names or positions, each once, as estimators take them for
            ``drop_columns``; twins beyond the first among them, single features and
            values, which may be honest, not.
        """
        return [
            *dict.fromkeys(
                name
                for finding in self.findings
                if finding.smell not in DOUBTFUL
                for name in finding.arguments.get("drop_columns", ())
            )
        ]

    def __str__(self) -> str:
        head = f"Audit of {self.n_rows:,} rows and {self.n_columns} columns: "
        if not self.findings:
            return (
                f"{head}nothing found. A table without a finding may leak all the same."
            )
        count = len(self.findings)
        lines = [f"{head}{count} finding{'s' if count > 1 else ''}."]
        lines += ["", *self._about_scores()]
        for number, finding in enumerate(self.findings, 1):
            lines += ["", f"{number}. {_title(finding)}", f"   {finding.seen}"]
            score = _scores(finding)
            lines += [f"   {score}"] if score else []
            lines += [f"   Remedy: {finding.remedy}"]
        return "\n".join(lines)

    def _about_scores(self) -> list[str]:
        score = "none" if np.isnan(self.score) else f"{self.score:.3f}"
        return [
            f"Scores are balanced accuracies of {self.estimator} on "
            f"{self.n_rows_judged:,} rows, {score} on {self.split}. Counters, "
            f"clocks and identifiers are out but for their own finding."
        ]

    def _repr_html_(self) -> str:
        head, *about = str(self).partition("\n\n1.")[0].split("\n\n")
        if not self.findings:
            return html_head(head)
        table = self.to_frame().drop(columns="n_rows")
        figures = table.select_dtypes("float").columns
        table[figures] = table[figures].map(three).astype(object)
        shorter = {"score_with": "with it", "score_without": "without"}
        table = table.rename(columns=shorter)
        parts = [html_head(head), html_list(about), html_table(table, index=False)]
        return "".join(parts)


def _title(finding: Finding) -> str:
    names = f": {', '.join(map(str, finding.columns[:6]))}" if finding.columns else ""
    more = f" and {len(finding.columns) - 6} more" if len(finding.columns) > 6 else ""
    return f"{finding.smell.capitalize()}{names}{more} ({finding.certainty})"


def _scores(finding: Finding) -> str:
    if np.isnan(finding.score_with):
        return ""
    parts = [f"score with it {finding.score_with:.3f}"]
    if not np.isnan(finding.score_without):
        parts.append(f"without {finding.score_without:.3f} ({finding.effect:+.3f})")
    if not np.isnan(finding.alone):
        parts.append(f"alone {finding.alone:.3f}")
    return f"{', '.join(parts)}".capitalize()
