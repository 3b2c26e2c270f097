"""Columns that count the rows."""

from collections.abc import Iterator

import numpy as np

from skmirai.model_selection._audit._finding import Finding
from skmirai.model_selection._audit._table import AuditedTable

#: Rows that it takes to call a column a counter.
_LEAST = 20

#: Share of its values that are not missing.
_KNOWN = 0.9


def counters(table: AuditedTable) -> Iterator[Finding]:
    """Find whole numbers that count the rows, in their order or shuffled.

    In order, nine steps in ten from one row to the next are the same; shuffled, all
    values differ and leave hardly a number out between the least and the largest.
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
        steps = np.diff(values)
        usual = np.median(steps)
        same = float((steps == usual).mean())
        if usual and same >= 0.9:
            seen = f"{same:.1%} of the steps from row to row are {usual:g}"
        elif _all_of_a_range(values):
            seen = (
                f"all {len(values)} values differ, and fill the range from "
                f"{values.min():g} to {values.max():g}"
            )
        else:
            continue
        table.tell_set_up(column)
        name = table.names[column]
        yield Finding(
            "counter",
            (name,),
            table.n_rows,
            f"{seen}: it counts the rows, in whose order the label changes or not",
            "certain",
            "leave the column out",
            {"drop_columns": [name]},
        )


def _whole(values: np.ndarray) -> bool:
    return bool((values == np.floor(values)).all())


def _all_of_a_range(values: np.ndarray) -> bool:
    span = values.max() - values.min() + 1
    return span <= 1.1 * len(values) and len(np.unique(values)) == len(values)
