"""An evaluation, as text and as JSON."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skmirai.cli._evaluating.figures import (
    FIGURES,
    budgets,
    class_figures,
    confusion,
    recalls,
    risks,
)
from skmirai.cli._json import plain

if TYPE_CHECKING:
    import pandas as pd

    from skmirai.cli._evaluating.verdicts import LabelledVerdicts

#: Names of the tables, and what stands above each.
TABLES = {
    "figures": "Figures",
    "confusion": "Rows by label and verdict",
    "by_class": "Right verdicts by class",
    "by_kind": "Right verdicts by kind",
    "budgets": "Budgets of false alarms",
    "risks": "Wrong answers left when the rows in most doubt are withheld",
}

#: What must be known to read them.
NOTES = {
    "figures": "low and high hold 95 %, by blocks of neighbouring rows or whole "
    "groups; of calibration_error as if each row stood alone",
    "budgets": "thresholds are chosen on these very rows, which flatters: skmirai "
    "train --budget chooses on others",
    "risks": "by share of the rows that keep their answer; area: of the whole curve",
}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model's verdicts on labelled rows are worth.

    Attributes
    ----------
    model, data : str
        Names of the files.
    n_rows : int
        Rows that the figures are about.
    left_out : dict of str to int
        Rows by label that got no verdict for want of history, and are not among them.
    benign : str or None
        The class of rows that are no attack.
    tables : dict of str to DataFrame
        Those of `TABLES` that there are.
    verdicts : LabelledVerdicts or None
        The rows, for pictures; None of predicted numbers.
    """

    model: str
    data: str
    n_rows: int
    left_out: dict[str, int]
    benign: str | None
    tables: "dict[str, pd.DataFrame]"
    verdicts: "LabelledVerdicts | None" = None

    def value(self, name: str) -> float:
        """Return a figure.

        Raises
        ------
        ValueError
            If there is no such figure; the message lists those that there are.
        """
        figures = self.tables["figures"]
        if name not in figures.index:
            known = ", ".join(figures.index)
            raise ValueError(
                f"{name!r} is no figure of this evaluation: expected one of {known}"
            )
        return float(figures["value"][name])

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON has it; None where there is no number."""
        found: dict[str, Any] = {
            "model": self.model,
            "data": self.data,
            "n_rows": self.n_rows,
            "left_out": self.left_out,
            "benign": self.benign,
        }
        for name, table in self.tables.items():
            if name in ("figures", "confusion"):
                found[name] = plain(table.to_dict(orient="index"))
            else:
                rows = table.reset_index(names=_KEYS[name])
                found[name] = plain(rows.to_dict(orient="records"))
        return found

    def lines(self) -> list[str]:
        """What is said before the tables."""
        lines = [f"{self.model} on {self.n_rows:,} rows of {self.data}"]
        if self.benign is not None:
            lines.append(f"no attack: {self.benign}")
        if self.left_out:
            each = ", ".join(f"{n:,} x {name}" for name, n in self.left_out.items())
            lines.append(
                f"left out, sources with little history: {each} (--min-history 0 takes "
                "them in)"
            )
        return lines

    def __str__(self) -> str:
        blocks = ["\n".join(self.lines())]
        for name, table in self.tables.items():
            note = f" ({NOTES[name]})" if name in NOTES else ""
            blocks.append(f"{TABLES[name]}{note}\n{shown(name, table).to_string()}")
        return "\n\n".join(blocks) + "\n"


#: Names of the columns that tables are ordered by.
_KEYS = {
    "figures": "figure",
    "confusion": "label",
    "by_class": "class",
    "by_kind": "kind",
    "budgets": "budget",
    "risks": "by",
}


def evaluation_of(
    verdicts: "LabelledVerdicts", *, model: str, data: str, left_out: dict[str, int]
) -> Evaluation:
    """Measure the verdicts of a classifier.

    Parameters
    ----------
    verdicts : LabelledVerdicts
        Of at least one row.
    model, data, left_out
        As :class:`Evaluation` has them.

    Returns
    -------
    Evaluation
    """
    tables = {
        "figures": class_figures(verdicts),
        "confusion": confusion(verdicts),
        "by_class": recalls(verdicts, verdicts.truth),
    }
    if verdicts.kinds is not None:
        tables["by_kind"] = _by_kind(verdicts)
    if verdicts.proba is not None:
        if verdicts.benign is not None:
            tables["budgets"] = budgets(verdicts)
        if verdicts.doubts:
            tables["risks"] = risks(verdicts)
    tables = {name: table for name, table in tables.items() if len(table)}
    return Evaluation(
        model, data, len(verdicts.truth), left_out, verdicts.benign, tables, verdicts
    )


def _by_kind(verdicts: "LabelledVerdicts") -> "pd.DataFrame":
    """Recalls by kind; a kind of rows with several labels is one for each."""
    import numpy as np
    import pandas as pd

    kinds = pd.Series(verdicts.kinds).astype(str)
    labels = pd.Series(verdicts.truth)
    several = labels.groupby(kinds).transform("nunique") > 1
    names = kinds.where(~several, kinds + " (" + labels + ")")
    return recalls(verdicts, np.asarray(names, dtype=str))


def shown(name: str, table: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table of text, as people read it."""
    text = table.copy().astype(object)
    for column in table:
        text[column] = [_number(value) for value in table[column]]
    if name == "budgets":
        text.index = [f"{budget:.4g}" for budget in table.index]
    if name == "figures":
        text["what"] = [FIGURES[figure] for figure in table.index]
    return text.rename_axis(_KEYS[name]) if name != "confusion" else text


def _number(value: Any) -> str:
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.4f}"
    return f"{value:,}"
