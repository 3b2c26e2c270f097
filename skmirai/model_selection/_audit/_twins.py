"""Columns that say the same."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from skmirai.model_selection._audit._finding import Finding
from skmirai.model_selection._audit._table import AuditedTable

#: Correlation of values, and of ranks, that makes twins.
_SAME = 0.999

#: Rows that must differ from the commonest value: fewer coincide by chance.
_LEAST = 20


def twins(table: AuditedTable) -> Iterator[Finding]:
    """Find groups of columns whose values and whose ranks are nearly the same."""
    positions = [k for k, c in enumerate(table.numbers) if _varies(table, c)]
    columns = [table.numbers[k] for k in positions]
    alike = _correlated(np.nan_to_num(table.matrix[:, columns]))
    alike &= _correlated(table.ranks[:, positions])
    _part_coincident(alike, table.matrix[:, columns])
    groups = [[columns[k] for k in group] for group in _linked(alike)]
    groups += _same_words(table)
    if not groups:
        return
    rest = [column for group in groups for column in group[1:]]
    pairs = [" and ".join(map(repr, table.called(group))) for group in groups]
    yield Finding(
        "twins",
        table.called([column for group in groups for column in group]),
        table.n_rows,
        f"{_first(pairs)}: nearly the same, with correlations of values and of ranks "
        f"above {_SAME}, or a word of one for each word of the other",
        "likely",
        "keep one of each group; whoever leaves one out for what it gives away must "
        "leave its twin out",
        {"drop_columns": [*table.called(rest)]},
    )


def _first(groups: list[str], most: int = 4) -> str:
    more = f"; {len(groups) - most} more groups" if len(groups) > most else ""
    return "; ".join(groups[:most]) + more


def _same_words(table: AuditedTable) -> list[list[int]]:
    """Groups of columns of text whose words change together."""
    found: dict[bytes, list[int]] = {}
    for column in table.every:
        if not table.is_number(column) and _varies(table, column):
            codes = pd.factorize(table.columns[column], use_na_sentinel=False)[0]
            found.setdefault(codes.tobytes(), []).append(column)
    return [group for group in found.values() if len(group) > 1]


def _varies(table: AuditedTable, column: int) -> bool:
    if column in table.told:
        return False
    codes = pd.factorize(table.columns[column][table.sample], use_na_sentinel=False)[0]
    return len(codes) - int(np.bincount(codes).max()) >= _LEAST


def _correlated(values: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        scale = np.abs(values).max(axis=0, initial=1e-300)
        centred = values / scale
        centred = centred - centred.mean(axis=0)
        centred /= np.sqrt((centred**2).sum(axis=0))
        found = np.abs(centred.T @ centred) > _SAME
    np.fill_diagonal(found, False)
    return found


def _part_coincident(alike: np.ndarray, values: np.ndarray) -> None:
    """Part columns that are alike only in where they have their usual value.

    What only some rows have, such as the fields of one protocol, is missing or 0 in the
    same rows, and correlates through that.
    """
    for one, other in np.argwhere(np.triu(alike)):
        pair = values[:, [one, other]]
        both = (~np.isnan(pair) & (pair != _usual(pair))).all(axis=1)
        if both.sum() >= _LEAST and not _correlated(pair[both])[0, 1]:
            alike[one, other] = alike[other, one] = False


def _usual(values: np.ndarray) -> np.ndarray:
    """Commonest value of each column, missing ones aside."""
    found = [
        np.unique(known, return_counts=True) if len(known) else ([np.nan], [1])
        for known in (column[~np.isnan(column)] for column in values.T)
    ]
    return np.array([names[np.argmax(counts)] for names, counts in found])


def _linked(alike: np.ndarray) -> list[list[int]]:
    """Groups of two and more that are linked."""
    groups = connected_components(coo_array(alike), directed=False)[1]
    found = [np.flatnonzero(groups == k) for k in range(groups.max(initial=-1) + 1)]
    return [group.tolist() for group in found if len(group) > 1]
