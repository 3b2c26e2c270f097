"""Rows that are there twice, with one label or several."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import poisson

from skmirai.model_selection._audit._finding import Finding, listed
from skmirai.model_selection._audit._table import DIGITS, AuditedTable
from skmirai.model_selection._duplicates import duplicate_groups

#: Of the pairs that are equal in one half of the columns, the share that must be equal
#: in the other; or how many times as many as by chance that must be instead, and how
#: many times in any case; and the probability of as many by chance.
_SHARE, _MANY, _LIFT, _CHANCE = 0.5, 20.0, 1.5, 1e-4

#: Share of the rows that duplicates must be, and that near ones must be besides.
_LEAST, _LEAST_NEAR = 0.001, 0.01


def duplicates(table: AuditedTable) -> Iterator[Finding]:
    """Find equal rows, equal rows with several labels, and nearly equal ones."""
    exact = table.duplicates
    equal = _repeated(exact)
    n_equal = int(equal.sum())
    table.repeats = bool(n_equal) and not _by_chance(table, exact)
    if table.repeats:
        yield from _conflicts(table, exact)
        if n_equal >= _LEAST * table.n_rows and _parted(table, exact):
            yield _of_groups(
                table,
                exact,
                "duplicates",
                "equal another one in all columns"
                f"{' but what tells when and where' if table.set_up else ''}",
                "certain",
            )
    near = table.near_duplicates
    n_near = int(_repeated(near).sum()) - n_equal
    if n_near < _LEAST_NEAR * table.n_rows or not _parted(table, near):
        return
    if not _by_chance(table, near, DIGITS):
        yield _of_groups(
            table,
            near,
            "near duplicates",
            f"agree with another one to {DIGITS} digits, {n_near} of them without "
            f"being equal",
            "likely",
        )


def _of_groups(
    table: AuditedTable, groups: np.ndarray, smell: str, how: str, certainty: Any
) -> Finding:
    n_rows = int(_repeated(groups).sum())
    digits = "" if smell == "duplicates" else f", digits={DIGITS}"
    names = table.called(sorted(table.set_up))
    rest = f" without {listed(names)}" if names else ""
    return Finding(
        smell,
        (),
        n_rows,
        f"{n_rows} of {table.n_rows} rows ({n_rows / table.n_rows:.1%}) {how}; "
        f"{groups.max() + 1} groups are left of them",
        certainty,
        f"split with groups=duplicate_groups(X{digits}){rest}, e.g. by "
        f"StratifiedGroupKFold",
        {"groups": groups},
    )


def _conflicts(table: AuditedTable, exact: np.ndarray) -> Iterator[Finding]:
    labels = pd.DataFrame({"group": exact, "code": table.codes})
    several = labels.groupby("group")["code"].nunique()
    faulty = several.index[several > 1].to_numpy()
    rows = np.flatnonzero(np.isin(exact, faulty))
    if len(rows):
        yield Finding(
            "conflicting labels",
            (),
            len(rows),
            f"{len(faulty)} groups of equal rows ({len(rows)} rows) have more than one "
            f"label: no model can have all of them right",
            "certain",
            "correct the labels, add the columns that tell them apart, or leave the "
            "rows out",
            {"rows": rows},
        )


def _repeated(groups: np.ndarray) -> np.ndarray:
    """Tell which rows are not alone in their group."""
    return np.bincount(groups)[groups] > 1


def _parted(table: AuditedTable, groups: np.ndarray) -> bool:
    """Tell whether the user's groups part some of these groups."""
    if table.groups is None:
        return True
    pairs = pd.DataFrame({"found": groups, "given": table.groups}).drop_duplicates()
    return len(pairs) > groups.max() + 1


def more_than_chance(
    columns: list[np.ndarray],
    groups: np.ndarray,
    *,
    digits: int | None,
    tested: np.ndarray | None = None,
    max_rows: int = 50_000,
) -> bool:
    """Tell whether pairs of rows that agree in half of the columns agree in the rest.

    In a table of few values rows are equal by coincidence, and then pairs that agree
    in one half of the columns agree in the other hardly more often than others do.

    Pairs that are equal in all columns are counted in all rows: a sample of a tenth
    would have a hundredth of them. Those that are equal in one half only are counted in
    a sample, and stand for as many as there are more pairs in all.

    Parameters
    ----------
    columns : list of ndarray of shape (n_rows,)
        The columns.
    groups : ndarray of int, shape (n_rows,)
        Numbers of the groups of rows that are equal in all columns.
    digits : int or None
        To which numbers are equal.
    tested : ndarray of bool, shape (n_rows,), default=None
        Rows of the other side: pairs have one of each. None takes all pairs.
    max_rows : int, default=50_000
        Rows of the sample, half of them of each side where both have as many.

    Returns
    -------
    bool
        Whether they do, in each of some ways to halve the columns.
    """
    if len(columns) < 2:
        return False
    together, n_pairs = _equal_pairs(groups, tested)
    rng = np.random.default_rng(0)
    rows = _some(len(groups), tested, max_rows, rng)
    frame = pd.DataFrame({k: values[rows] for k, values in enumerate(columns)})
    side = None if tested is None else tested[rows]
    seen_together, seen_pairs = _equal_pairs(groups[rows], side)
    for _ in range(3):
        half = rng.permutation(len(columns)) < len(columns) // 2
        equal = [
            _equal_pairs(duplicate_groups(frame.loc[:, part], digits=digits), side)[0]
            for part in (half, ~half)
        ]
        fewer, more = sorted(
            together + (seen - seen_together) * n_pairs / seen_pairs for seen in equal
        )
        expected = fewer * more / n_pairs
        usual = together < _SHARE * fewer and together < _MANY * expected
        if (
            usual
            or together < _LIFT * expected
            or poisson.sf(together - 1, expected) > _CHANCE
        ):
            return False
    return True


def _some(
    n_rows: int, tested: np.ndarray | None, most: int, rng: np.random.Generator
) -> np.ndarray:
    """Numbers of rows drawn at random, half of them of each side if it has as many."""
    rows = np.arange(n_rows)
    if n_rows <= most:
        return rows
    if tested is None:
        return np.sort(rng.choice(n_rows, most, replace=False))
    small, large = sorted((rows[tested], rows[~tested]), key=len)
    n_small = min(len(small), most // 2)
    drawn = [
        rng.choice(side, n, replace=False)
        for side, n in ((small, n_small), (large, most - n_small))
    ]
    return np.sort(np.concatenate(drawn))


def _equal_pairs(groups: np.ndarray, tested: np.ndarray | None) -> tuple[float, float]:
    """Count equal pairs, and all pairs."""
    n_groups = groups.max() + 1
    if tested is None:
        counts = np.bincount(groups).astype(np.float64)
        n_rows = float(len(groups))
        return float((counts * (counts - 1)).sum() / 2), n_rows * (n_rows - 1) / 2
    known, others = (
        np.bincount(groups[side], minlength=n_groups).astype(np.float64)
        for side in (~tested, tested)
    )
    return float(known @ others), known.sum() * others.sum()


def _by_chance(
    table: AuditedTable, groups: np.ndarray, digits: int | None = None
) -> bool:
    columns = [table.columns[column] for column in table.compared]
    return not more_than_chance(columns, groups, digits=digits)
