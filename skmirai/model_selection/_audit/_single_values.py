"""Values that only rows of one class have."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from skmirai.model_selection._audit._finding import Finding, listed
from skmirai.model_selection._audit._table import AuditedTable

#: Share of the rows of its class that one such value must have, and of all rows that
#: all of them must not.
_LEAST, _MOST = 0.1, 0.9

#: Rows that it must have: in small tables a bin of an honest column is pure as easily.
_LEAST_ROWS = 200

#: Classes that a finding names.
_SHOWN = 4

#: Probability by chance, of all values that were looked at together.
_CHANCE = 1e-4


def single_values(table: AuditedTable) -> Iterator[Finding]:
    """Find values of many rows, all of one class, that have no neighbours like them.

    Where the rows of a class lie at one end of a column, its values there belong to
    one class too, as they may: a value counts if rows of other classes lie on both
    sides of it, or if it is a word. Columns with many such rows come first.
    """
    found = {c: _of_one_class(table, c) for c in table.every if c not in table.told}
    found = {column: parts for column, parts in found.items() if parts}
    table.told.update(found)
    n_rows = {column: sum(n for n, _ in parts) for column, parts in found.items()}
    for column in sorted(found, key=lambda column: -n_rows[column]):
        parts = [text for _, text in found[column]]
        more = f"; and of {len(parts) - _SHOWN} classes more" * (len(parts) > _SHOWN)
        name = table.names[column]
        yield Finding(
            "single value",
            (name,),
            n_rows[column],
            f"{'; '.join(parts[:_SHOWN])}{more}",
            "possible",
            "look at where the value comes from: if from the network of one class "
            "and not from what it does, leave the column out",
            {"drop_columns": [name]},
        )


def _of_one_class(table: AuditedTable, column: int) -> list[tuple[int, str]]:
    """Count the rows of such values, class by class, and say which they are."""
    shares = np.bincount(table.codes) / table.n_rows
    codes, words = pd.factorize(table.columns[column])
    known = codes >= 0
    codes, classes = codes[known], table.codes[known]
    n_of_value = np.bincount(codes, minlength=len(words))
    if n_of_value.max(initial=0) < _LEAST_ROWS:
        return []
    own = np.empty(len(words), np.intp)
    own[codes] = classes
    pure = np.bincount(codes, own[codes] == classes) == n_of_value
    with np.errstate(divide="ignore"):
        chance = n_of_value * np.log(shares[own])
    pure &= chance < np.log(_CHANCE / (len(words) * len(table.columns)))
    if table.is_number(column):
        numbers = np.asarray(words, dtype=np.float64)
        low, high = _ends_of_others(numbers[codes], classes, len(shares))
        pure &= (low[own] < numbers) & (numbers < high[own])
    found = []
    for code in np.unique(own[pure]):
        chosen = np.flatnonzero(pure & (own == code))
        chosen = chosen[np.argsort(-n_of_value[chosen], kind="stable")]
        n_found = int(n_of_value[chosen].sum())
        least = max(_LEAST_ROWS, _LEAST * shares[code] * table.n_rows)
        if n_of_value[chosen[0]] >= least and n_found <= _MOST * table.n_rows:
            text = (
                f"{listed(_plain(words[chosen]))} in {n_found} rows "
                f"({n_found / table.n_rows:.1%}), all of class {table.classes[code]!r}"
            )
            found.append((n_found, text))
    return found


def _ends_of_others(
    values: np.ndarray, classes: np.ndarray, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest value of the rows of all other classes, for each class."""
    low, high = np.full(n_classes, np.inf), np.full(n_classes, -np.inf)
    np.minimum.at(low, classes, values)
    np.maximum.at(high, classes, values)
    return _least_of_others(low), -_least_of_others(-high)


def _least_of_others(values: np.ndarray) -> np.ndarray:
    first, second = np.argsort(values, kind="stable")[:2]
    found = np.full(len(values), values[first])
    found[first] = values[second]
    return found


def _plain(words: np.ndarray) -> list[object]:
    """Values as people write them: 31, not np.float64(31.0)."""
    values = [word.item() if isinstance(word, np.generic) else word for word in words]
    return [
        int(value) if isinstance(value, float) and value.is_integer() else value
        for value in values
    ]
