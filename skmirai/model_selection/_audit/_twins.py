"""Columns that say the same."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from skmirai.model_selection._audit._finding import Finding, listed
from skmirai.model_selection._audit._table import AuditedTable

#: Correlation of values, and of ranks, that makes twins.
_SAME = 0.999

#: Rows that must differ from the commonest value: fewer coincide by chance.
_LEAST = 20


def twins(table: AuditedTable) -> Iterator[Finding]:
    """Find groups of columns whose values and whose ranks are nearly the same."""
    numbers = [k for k, c in enumerate(table.numbers) if _varies(table, c)]
    columns = [table.numbers[k] for k in numbers]
    alike = _correlated(np.nan_to_num(table.matrix[:, columns]))
    alike &= _correlated(table.ranks[:, numbers])
    for group in _linked(alike):
        yield _finding(
            table,
            [columns[k] for k in group],
            f"correlations of values and of ranks above {_SAME}",
        )
    words = [c for c in table.every if not table.is_number(c) and c not in table.told]
    by_partition: dict[bytes, list[int]] = {}
    for column in words:
        if _varies(table, column):
            codes = pd.factorize(table.columns[column], use_na_sentinel=False)[0]
            by_partition.setdefault(codes.tobytes(), []).append(column)
    for same in by_partition.values():
        if len(same) > 1:
            yield _finding(table, same, "each word of one stands for one of the other")


def _finding(table: AuditedTable, columns: list[int], how: str) -> Finding:
    names = table.called(columns)
    return Finding(
        "twins",
        names,
        table.n_rows,
        f"{listed(names)} are nearly the same: {how}",
        "likely",
        f"keep one of them; whoever leaves {names[0]!r} out must leave all out",
        {"drop_columns": [*names[1:]]},
    )


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


def _linked(alike: np.ndarray) -> list[list[int]]:
    """Groups of two and more that are linked."""
    groups = connected_components(coo_array(alike), directed=False)[1]
    found = [np.flatnonzero(groups == k) for k in range(groups.max(initial=-1) + 1)]
    return [group.tolist() for group in found if len(group) > 1]
