"""Columns that count the rows."""

from collections.abc import Iterator
from math import log

import numpy as np

from skmirai.model_selection._audit._clocks import has_dates
from skmirai.model_selection._audit._finding import Certainty, Finding
from skmirai.model_selection._audit._table import AuditedTable

#: Rows that it takes to call a column a counter.
_LEAST = 20

#: Share of its values that are not missing.
_KNOWN = 0.9

#: Share of its range that a counter with holes takes, and the probability that as many
#: values drawn from the range would all differ.
_DENSE, _CHANCE = 0.05, 1e-9

#: Whole numbers below this are exact.
_EXACT = 2.0**53


def counters(table: AuditedTable) -> Iterator[Finding]:
    """Find whole numbers that count the rows, in their order or shuffled.

    In order, nine steps in ten from one row to the next are the same; shuffled, all
    values differ and leave hardly a number out between the least and the largest. One
    side of a random split has a counter with holes: all values differ, and so many
    drawn from so short a range would not.
    """
    if table.n_rows < _LEAST:
        return
    for column in table.numbers:
        values = table.columns[column]
        if values.dtype.kind == "b":
            continue
        values = values.astype(np.float64)
        known = np.isfinite(values)
        values = values[known]
        if known.mean() < _KNOWN or len(values) < _LEAST or not _whole(values):
            continue
        counted = _counted(values)
        if counted is None or has_dates(table, column):  # which is a clock
            continue
        seen, certainty = counted
        table.tell_set_up(column)
        name = table.names[column]
        yield Finding(
            "counter",
            (name,),
            table.n_rows,
            f"{seen}: it counts the rows, in whose order the label changes or not",
            certainty,
            "leave the column out",
            {"drop_columns": [name]},
        )


def _whole(values: np.ndarray) -> bool:
    return bool((values == np.floor(values)).all())


def _counted(values: np.ndarray) -> tuple[str, Certainty] | None:
    """Say what makes these whole numbers a counter, and how sure that is."""
    steps = np.diff(values)
    usual = np.median(steps)
    same = float((steps == usual).mean())
    if usual and same >= 0.9:
        return f"{same:.1%} of the steps from row to row are {usual:g}", "certain"
    n_values, low, high = len(values), values.min(), values.max()
    if len(np.unique(values)) < n_values:
        return None
    if high - low + 1 <= 1.1 * n_values:
        return (
            f"all {n_values} values differ, and fill the range from {low:g} to "
            f"{high:g}",
            "certain",
        )
    if max(-low, high) >= _EXACT:
        return None
    unit = np.gcd.reduce((values - low).astype(np.int64))
    n_places = (high - low) / unit + 1
    # of draws with equal probabilities; with others they repeat sooner
    log_chance = -n_values * (n_values - 1) / (2 * n_places)
    if n_values < _DENSE * n_places or log_chance > log(_CHANCE):
        return None
    if (steps > 0).all() or (steps < 0).all():
        if not _thinned(np.abs(steps) / unit):
            return None
        how = "rise" if steps[0] > 0 else "fall"
        how = f"{how} from row to row"
    else:
        how = "differ"
    return (
        f"all {n_values} values {how} and take {n_values / n_places:.0%} of the places "
        f"from {low:g} to {high:g}, where as many drawn at random would repeat some",
        "likely",
    )


def _thinned(steps: np.ndarray) -> bool:
    """Tell whether steps of 1 are as frequent as where single rows were left out.

    What rises otherwise, such as the seconds of a device that reports every ten or so,
    is a clock.
    """
    share = 1 / steps.mean()
    expected = len(steps) * share
    spread = np.sqrt(expected * (1 - share))
    return bool((steps == 1).sum() >= expected - 4 * spread)
