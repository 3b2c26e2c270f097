"""Figures of each of several inputs, since one often hides what another one shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from skmirai.cli._evaluating.figures import FIGURES, class_figures, number_figures
from skmirai.cli._evaluating.tables import at_thresholds
from skmirai.cli._json import plain

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from skmirai.cli._evaluating.verdicts import LabelledVerdicts

#: Figures that a line of the table leaves to JSON.
_LONG = {"log_loss", "calibration_error", "risk"}

#: What comes of the threshold of a budget, and how its columns begin.
_AT_BUDGET = {"false_alarm_rate": "false_alarms", "detection_rate": "found"}

#: The budget that a line of the table shows, or the next one that there is.
BUDGET = 0.001


class Part(NamedTuple):
    """Verdicts on the rows of one input.

    Attributes
    ----------
    data : str
        Name of the input.
    verdicts : LabelledVerdicts
        Those that there are, perhaps of no rows.
    left_out : dict of str to int
        Rows by label that got none for want of history.
    """

    data: str
    verdicts: "LabelledVerdicts"
    left_out: dict[str, int]


class NumberPart(NamedTuple):
    """Predicted numbers of one input.

    Attributes
    ----------
    data : str
        Name of the input.
    y, predicted : ndarray of shape (n_rows,)
        The numbers.
    std : ndarray of shape (n_rows,) or None
        Their standard deviations over passes.
    groups : ndarray of shape (n_rows,) or None
        Which rows belong together.
    """

    data: str
    y: "np.ndarray"
    predicted: "np.ndarray"
    std: "np.ndarray | None"
    groups: "np.ndarray | None"


@dataclass(frozen=True, eq=False)
class InputFigures:
    """What verdicts on the rows of one input are worth.

    Attributes
    ----------
    data : str
        Name of the input.
    n_rows : int
        Rows that the figures are about.
    left_out : dict of str to int
        Rows by label that got no verdict, and are not among them.
    figures : DataFrame or None
        Value, low and high by figure, the intervals by blocks of neighbouring rows, or
        by groups where rows have some; None of no rows.
    budgets : DataFrame or None
        By budget: threshold, false_alarm_rate and detection_rate, by the thresholds of
        all inputs together; None where these have none, and of no rows.
    """

    data: str
    n_rows: int
    left_out: dict[str, int]
    figures: "pd.DataFrame | None"
    budgets: "pd.DataFrame | None" = None

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON has it; None where there is no number."""
        found: dict[str, Any] = {
            "input": self.data,
            "n_rows": self.n_rows,
            "left_out": self.left_out,
            "figures": {},
        }
        if self.figures is not None:
            found["figures"] = plain(self.figures.to_dict(orient="index"))
        if self.budgets is not None:
            rows = self.budgets.reset_index(names="budget")
            found["budgets"] = plain(rows.to_dict(orient="records"))
        return found


def of_classes(part: Part, budgets: "pd.DataFrame | None") -> InputFigures:
    """Measure the verdicts on one of several inputs.

    Parameters
    ----------
    part : Part
        The input.
    budgets : DataFrame or None
        Thresholds by budget of all inputs together.

    Returns
    -------
    InputFigures
    """
    n_rows, verdicts = len(part.verdicts.truth), part.verdicts
    if not n_rows:
        return InputFigures(part.data, 0, part.left_out, None)
    figures, at = class_figures(verdicts), None
    if budgets is not None:
        thresholds = dict(zip(budgets.index, budgets["threshold"], strict=True))
        at = at_thresholds(verdicts, thresholds)
    return InputFigures(part.data, n_rows, part.left_out, figures, at)


def of_numbers(part: NumberPart) -> InputFigures:
    """Measure the predicted numbers of one of several inputs."""
    figures = number_figures(part.y, part.predicted, part.std, part.groups)
    return InputFigures(part.data, len(part.y), {}, figures)


def by_input(inputs: Sequence[InputFigures]) -> "pd.DataFrame":
    """Put the main figures of inputs below each other.

    Parameters
    ----------
    inputs : sequence of InputFigures
        At least one of them of some rows.

    Returns
    -------
    DataFrame
        By input: n_rows, the main figures, with the interval of the first, and what
        comes of the threshold of one budget.
    """
    import pandas as pd

    measured = [one.figures for one in inputs if one.figures is not None]
    known = {figure for figures in measured for figure in figures.index}
    names = [name for name in FIGURES if name in known - _LONG]
    budget = shown_budget([one.budgets for one in inputs])
    rows = []
    for one in inputs:
        row: dict[str, Any] = {"n_rows": one.n_rows}
        for name in names:
            row[name] = _value(one.figures, name, "value")
            if name == names[0]:
                row |= {end: _value(one.figures, name, end) for end in ("low", "high")}
        if budget is not None:
            for figure, title in _AT_BUDGET.items():
                row[f"{title}_at_{budget:g}"] = _value(one.budgets, budget, figure)
        rows.append(row)
    return pd.DataFrame(rows, index=[one.data for one in inputs])


def shown_budget(tables: "Sequence[pd.DataFrame | None]") -> float | None:
    """Choose the budget that the lines of inputs show; None if there is none."""
    known = [float(b) for table in tables if table is not None for b in table.index]
    return min((b for b in known if b >= BUDGET), default=max(known, default=None))


def _value(table: "pd.DataFrame | None", row: Any, column: str) -> float:
    if table is None or row not in table.index:
        return float("nan")
    return float(table.loc[row, column])
