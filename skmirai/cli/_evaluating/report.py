"""An evaluation, as text and as JSON."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from skmirai.cli._evaluating.figures import (
    FIGURES,
    class_figures,
    implied_value,
    number_figures,
)
from skmirai.cli._evaluating.inputs import (
    InputFigures,
    NumberPart,
    Part,
    by_input,
    of_classes,
    of_numbers,
)
from skmirai.cli._evaluating.shortened import shortened
from skmirai.cli._evaluating.tables import budgets, confusion, recalls, risks
from skmirai.cli._evaluating.verdicts import joined
from skmirai.cli._json import plain

if TYPE_CHECKING:
    import pandas as pd

    from skmirai.cli._evaluating.verdicts import LabelledVerdicts

#: Names of the tables, and what stands above each.
TABLES = {
    "figures": "Figures",
    "by_input": "Figures by input",
    "confusion": "Rows by label and verdict",
    "by_class": "Right verdicts by class",
    "by_kind": "Right verdicts by kind",
    "budgets": "Budgets of false alarms",
    "risks": "Wrong answers left when the rows in most doubt are withheld",
}

#: What must be known to read them.
_NOTES = {
    "budgets": "thresholds are chosen on these very rows, which flatters: skmirai "
    "train --budget chooses on others",
    "risks": "by share of the rows that keep their answer; area: of the whole curve",
}

#: What is drawn for the intervals, in words.
_DRAWN = {
    "blocks": "blocks of neighbouring rows",
    "groups": "whole groups",
    "inputs": "whole inputs, so that they are about other inputs of the kind",
}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model's verdicts on labelled rows are worth.

    Attributes
    ----------
    model : str
        Name of its file.
    data : tuple of str
        Names of the inputs.
    n_rows : int
        Rows that the figures are about, of all inputs.
    left_out : dict of str to int
        Rows by label that got no verdict for want of history, and are not among them.
    benign : str or None
        The class of rows that are no attack.
    drawn : {"blocks", "groups", "inputs"}
        What the intervals are drawn by.
    tables : dict of str to DataFrame
        Those of `TABLES` that there are.
    inputs : tuple of InputFigures
        Of each input, where there are several.
    verdicts : LabelledVerdicts or None
        The rows, for pictures; None of predicted numbers.
    """

    model: str
    data: tuple[str, ...]
    n_rows: int
    left_out: dict[str, int]
    benign: str | None
    drawn: str
    tables: "dict[str, pd.DataFrame]"
    inputs: tuple[InputFigures, ...] = ()
    verdicts: "LabelledVerdicts | None" = None

    @property
    def source(self) -> str:
        """Name of the input, or how many there are."""
        one = len(self.data) == 1
        return self.data[0] if one else f"{len(self.data)} inputs"

    def value(self, name: str) -> float:
        """Return a figure.

        What a model withholds is known of one that answers all rows too, though it is
        no line of the table: whether it does so depends on the rows.

        Raises
        ------
        ValueError
            If there is no such figure; the message lists those that there are.
        """
        figures = self.tables["figures"]
        if (implied := implied_value(figures, name)) is not None:
            return implied
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
            "data": [*self.data],
            "n_rows": self.n_rows,
            "left_out": self.left_out,
            "benign": self.benign,
            "intervals_by": self.drawn,
        }
        for name, table in self.tables.items():
            if name == "by_input":
                found[name] = [one.to_dict() for one in self.inputs]
            elif name in ("figures", "confusion"):
                found[name] = plain(table.to_dict(orient="index"))
            else:
                rows = table.reset_index(names=_KEYS[name])
                found[name] = plain(rows.to_dict(orient="records"))
        return found

    def lines(self) -> list[str]:
        """What is said before the tables."""
        lines = [f"{self.model} on {self.n_rows:,} rows of {self.source}"]
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
        for name in self.tables:
            table, note = self.shown(name)
            told = f" ({note})" if note else ""
            blocks.append(f"{TABLES[name]}{told}\n{table.to_string()}")
        return "\n\n".join(blocks) + "\n"

    def shown(self, name: str) -> "tuple[pd.DataFrame, str]":
        """Return a table of text as people read it, and what they must know for it."""
        table, note = shortened(name, self.tables[name])
        notes = [_NOTES.get(name, ""), note]
        if name == "figures":
            notes = [f"low and high hold 95 %, by {_DRAWN[self.drawn]}"]
            if "calibration_error" in table.index:
                notes.append("of calibration_error as if each row stood alone")
        elif name == "by_input":
            own = _DRAWN["groups" if self.drawn == "groups" else "blocks"]
            notes = [f"low and high by {own} of the input alone"]
            if "budgets" in self.tables:
                notes.append(
                    "columns with a budget in their names: by the threshold that keeps "
                    "it on the rows of all inputs together"
                )
        if name != "by_input" and self.drawn != "blocks" and _has_gaps(table):
            notes.append(
                f"- where the {self.drawn} cannot tell: one alone has such rows, or "
                "all agree"
            )
        return _in_text(name, table), "; ".join(filter(None, notes))


def _has_gaps(table: "pd.DataFrame") -> bool:
    """Whether some intervals are missing."""
    return "low" in table and bool(table["low"].isna().any())


#: Names of the columns that tables are ordered by.
_KEYS = {
    "figures": "figure",
    "by_input": "input",
    "confusion": "label",
    "by_class": "class",
    "by_kind": "kind",
    "budgets": "budget",
    "risks": "by",
}


def evaluation_of(parts: Sequence[Part], *, model: str) -> Evaluation:
    """Measure the verdicts of a classifier.

    Parameters
    ----------
    parts : sequence of Part
        Of each input; at least one of them of at least one row. Intervals are drawn by
        groups where rows have some, else by inputs where there are several: rows of one
        input, a capture for instance, are right or wrong together.
    model : str
        As :class:`Evaluation` has it.

    Returns
    -------
    Evaluation
    """
    verdicts = joined([part.verdicts for part in parts])
    drawn = _drawn(parts, verdicts.groups)
    if drawn == "inputs":
        numbers = _numbers_of_inputs([len(part.verdicts.truth) for part in parts])
        verdicts = replace(verdicts, groups=numbers)
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
    each = []
    if len(parts) > 1:
        each = [of_classes(part, tables.get("budgets")) for part in parts]
    found = Evaluation(
        model,
        tuple(part.data for part in parts),
        len(verdicts.truth),
        dict(sum((Counter(part.left_out) for part in parts), Counter())),
        verdicts.benign,
        drawn,
        tables,
        verdicts=verdicts,
    )
    return _with_inputs(found, each)


def evaluation_of_numbers(parts: Sequence[NumberPart], *, model: str) -> Evaluation:
    """Measure predicted numbers, as :func:`evaluation_of` measures verdicts."""
    y, predicted = (np.concatenate([part[k] for part in parts]) for k in (1, 2))
    std = None
    if parts[0].std is not None:
        std = np.concatenate([part.std for part in parts])
    groups = None
    if parts[0].groups is not None:
        groups = np.concatenate([part.groups for part in parts])
    drawn = _drawn(parts, groups)
    if drawn == "inputs":
        groups = _numbers_of_inputs([len(part.y) for part in parts])
    tables = {"figures": number_figures(y, predicted, std, groups)}
    names = tuple(part.data for part in parts)
    found = Evaluation(model, names, len(y), {}, None, drawn, tables)
    each = [of_numbers(part) for part in parts] if len(parts) > 1 else []
    return _with_inputs(found, each)


def _drawn(parts: Sequence[Any], groups: np.ndarray | None) -> str:
    if groups is not None:
        return "groups"
    return "inputs" if len(parts) > 1 else "blocks"


def _numbers_of_inputs(lengths: Sequence[int]) -> np.ndarray:
    return np.repeat(np.arange(len(lengths)), lengths)


def _with_inputs(found: Evaluation, each: Sequence[InputFigures]) -> Evaluation:
    """Add the figures of each of several inputs."""
    if not each:
        return found
    tables = {"figures": found.tables["figures"], "by_input": by_input(each)}
    return replace(found, tables=tables | found.tables, inputs=tuple(each))


def _by_kind(verdicts: "LabelledVerdicts") -> "pd.DataFrame":
    """Recalls by kind; a kind of rows with several labels is one for each."""
    import pandas as pd

    kinds = pd.Series(verdicts.kinds).astype(str)
    labels = pd.Series(verdicts.truth)
    several = labels.groupby(kinds).transform("nunique") > 1
    names = kinds.where(~several, kinds + " (" + labels + ")")
    return recalls(verdicts, np.asarray(names, dtype=str))


def _in_text(name: str, table: "pd.DataFrame") -> "pd.DataFrame":
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
