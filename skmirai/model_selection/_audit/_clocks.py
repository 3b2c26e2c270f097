"""Columns that tell when a row was recorded."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from skmirai.model_selection._audit._finding import Finding, listed
from skmirai.model_selection._audit._table import AuditedTable

#: Rank correlation with time, within each quarter of it, that makes a clock.
_RHO = 0.95

#: Values of a column that are dates, at least.
_LEAST = 20

#: Different ones among them, at least, and values of a clock that are not missing.
_DIFFERENT, _KNOWN = 10, 0.5

#: Seconds since 1970 of the years 2000 to 2034, and the longest recording.
_EARLIEST, _LATEST, _LONGEST = 9.46e8, 2.05e9, 366 * 86_400

#: Units in which dates are written: seconds, and thousandths of thousandths of them.
_UNITS = (1.0, 1e3, 1e6, 1e9)


def clocks(table: AuditedTable) -> Iterator[Finding]:
    """Find columns that rise or fall with time, and columns that hold dates."""
    dates = [c for c in table.every if c not in table.told and has_dates(table, c)]
    dates = sorted([*dates, *_of_gaps(table, dates)])
    if dates:
        table.tell_set_up(*dates)
        names = table.called(dates)
        yield Finding(
            "clock",
            names,
            table.n_rows,
            f"{listed(names)}: the largest values are dates, or the variance of a gap "
            f"that began in 1970",
            "certain",
            "leave the columns out, or make them relative: of packets, "
            "AfterImageExtractor(clock='relative')",
            {"drop_columns": [*names]},
        )
    rows = table.sample[np.argsort(table.places[table.sample], kind="stable")]
    for column in table.numbers:
        if column in table.told:
            continue
        rho = _with_time(table.places[rows], table.columns[column][rows])
        if not rho >= _RHO:
            continue
        table.tell_set_up(column)
        name = table.names[column]
        of_what = "time" if table.timed else "the number of the row"
        yield Finding(
            "clock",
            (name,),
            table.n_rows,
            f"{of_what} explains it: rank correlation of at least {rho:.3f} within "
            f"each quarter of the rows",
            "likely",
            "leave the column out, or take differences of it",
            {"drop_columns": [name]},
        )


def _with_time(times: np.ndarray, values: np.ndarray) -> float:
    """Least rank correlation with time of a quarter of the rows, which lie in time."""
    found = []
    for quarter in np.array_split(np.arange(len(times)), 4):
        part, places = values[quarter].astype(np.float64), times[quarter]
        known = np.isfinite(part)
        part, places = part[known], places[known]
        if min(len(np.unique(part)), len(np.unique(places))) < _LEAST:
            return 0.0
        if known.mean() < _KNOWN:
            return 0.0
        found.append(spearmanr(places, part)[0])
    rising = np.array(found)
    return float(max(rising.min(), (-rising).min()))


def has_dates(table: AuditedTable, column: int) -> bool:
    """Tell whether the largest values of a column are dates."""
    values = table.columns[column]
    if not table.is_number(column):
        return _is_text_of_dates(values[table.sample])
    if values.dtype.kind == "b" or len(values) < _LEAST:
        return False
    numbers = values.astype(np.float64)
    numbers = numbers[np.isfinite(numbers)]
    return len(numbers) >= _LEAST and any(_dates(numbers / u) for u in _UNITS)


def _dates(seconds: np.ndarray) -> bool:
    largest = np.partition(seconds, -_LEAST)[-_LEAST:]
    low, high = largest.min(), largest.max()
    if low < _EARLIEST or high > _LATEST or high - low > _LONGEST:
        return False
    return len(np.unique(seconds[seconds >= _EARLIEST])) >= _DIFFERENT


def _of_gaps(table: AuditedTable, dates: list[int]) -> list[int]:
    """Columns of variances of gaps, the first of which began in 1970.

    The variance of a date and a small number is the square of half the date.
    """
    latest = {float(np.nanmax(table.columns[c])) for c in dates if table.is_number(c)}
    return [
        column
        for column in table.numbers
        if column not in table.told and column not in dates
        if (largest := float(np.nanmax(np.r_[0.0, table.columns[column]]))) > 0
        if any(abs(2 * largest**0.5 / date - 1) < 0.01 for date in latest)
    ]


def _is_text_of_dates(values: np.ndarray) -> bool:
    """Tell whether nearly all words are dates: they have digits and separators."""
    known = values[~pd.isna(values)][:200]
    if len(known) < _LEAST:
        return False
    if all(isinstance(value, pd.Timestamp) for value in known):
        return True
    text = pd.Series(known.astype(str))
    shaped = text.str.contains(r"\d+[-/:]\d+[-/:]\d+")
    if shaped.mean() < 0.95:
        return False
    return bool(pd.to_datetime(text, errors="coerce", format="mixed").notna().all())
