"""What the two sides of a split share."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from skmirai.model_selection._audit._finding import Finding, listed
from skmirai.model_selection._audit._order import (
    are_few,
    as_far,
    changes,
    memory_of,
    remembering,
)
from skmirai.model_selection._audit._rows import more_than_chance
from skmirai.model_selection._audit._table import DIGITS, AuditedTable
from skmirai.model_selection._columns import plain_columns
from skmirai.model_selection._duplicates import duplicate_groups

#: Test rows whose nearest neighbour is looked for.
_N_ASKED = 2_000

#: Share of the rows within which a neighbour is near in order, and how often it must
#: be for the neighbours of test rows to say something.
_NEAR, _OFTEN = 0.02, 0.3

#: Standard errors of their share.
_SURE = 3.0


def both_sides(
    table: AuditedTable, X_test: Any, y_test: np.ndarray
) -> Iterator[Finding]:
    """Find what test rows have from training rows: rows, streams, and classes."""
    yield from _rows(table, X_test)
    yield from _classes(table, y_test)
    yield from _streams(table, X_test)


def _rows(table: AuditedTable, X_test: Any) -> Iterator[Finding]:
    of_test = plain_columns(X_test)
    columns = [np.concatenate([table.columns[c], of_test[c]]) for c in table.compared]
    both = pd.DataFrame(dict(enumerate(columns)))
    is_test = np.arange(len(both)) >= table.n_rows
    for digits in (None, DIGITS):
        groups = duplicate_groups(both, digits=digits)
        shared = np.flatnonzero(np.isin(groups[is_test], groups[~is_test]))
        if not len(shared):
            continue
        if not more_than_chance(columns, groups, digits=digits, tested=is_test):
            continue
        table.partners = np.flatnonzero(np.isin(groups[~is_test], groups[is_test]))
        how = (
            "equal a training row"
            if digits is None
            else (f"agree with a training row to {DIGITS} digits")
        )
        call = "X" if digits is None else f"X, digits={DIGITS}"
        n_test = int(is_test.sum())
        yield Finding(
            "rows of both sides",
            (),
            len(shared),
            f"{len(shared)} of {n_test} test rows ({len(shared) / n_test:.1%}) {how}",
            "certain" if digits is None else "likely",
            f"leave them out of the test rows, or split with "
            f"groups=duplicate_groups({call})",
            {"test_rows": shared},
        )
        return


def _classes(table: AuditedTable, y_test: np.ndarray) -> Iterator[Finding]:
    known, tested = {*table.classes.tolist()}, {*np.asarray(y_test).tolist()}
    if tested - known:
        new = np.flatnonzero(~np.isin(y_test, table.labels))
        yield Finding(
            "one-sided classes",
            (),
            len(new),
            f"no training row is of class {_named(tested - known)}, which {len(new)} "
            f"of {len(y_test)} test rows have",
            "certain",
            "tell what is known from what is new: score rows of these classes apart",
            {"test_rows": new},
        )
    if known - tested:
        yield Finding(
            "one-sided classes",
            (),
            len(y_test),
            f"no test row is of class {_named(known - tested)}: "
            f"{_along_a_step(table, y_test)}its score says nothing about "
            f"{'false alarms or misses' if len(tested) == 1 else 'such rows'}",
            "certain",
            "split by BlockedStratifiedKFold or train_val_test_split(times=...), which "
            "keep every class on both sides",
        )


def _along_a_step(table: AuditedTable, y_test: np.ndarray) -> str:
    in_order = np.concatenate([table.labels[table.order], y_test])
    codes = np.unique(in_order, return_inverse=True)[1]
    if not are_few(*changes(codes)):
        return ""
    return "the split lies along a step of the label, and "


def _named(classes: set[Any]) -> str:
    return ", ".join(map(repr, sorted(classes, key=str)))


def captures(table: AuditedTable) -> Iterator[Finding]:
    """Find classes that one group alone has."""
    if table.groups is None:
        return
    pairs = pd.DataFrame({"code": table.codes, "group": table.groups})
    n_groups = pairs.groupby("code")["group"].nunique().to_numpy()
    alone = np.flatnonzero(n_groups == 1)
    if not len(alone):
        return
    n_rows = int(np.isin(table.codes, alone).sum())
    names = listed(table.classes[alone])
    which = f"class {names} ({n_rows} rows) is"
    if len(alone) > 1:
        which = f"classes {names} ({n_rows} rows) are each"
    yield Finding(
        "one-sided classes",
        (),
        n_rows,
        f"{which} in one group only: whole groups left out leave out all of such a "
        f"class, and whatever tells the group tells the class",
        "certain",
        "record the class in more than one capture; until then split within "
        "captures, by BlockedStratifiedKFold, and call the score optimistic",
    )


def _streams(table: AuditedTable, X_test: Any) -> Iterator[Finding]:
    """Find test rows that lie between training rows of the same streams.

    If the sides are mixed, the nearest neighbour of a test row among all others is a
    training row as often as these are many (Schilling 1986); test rows of a block of
    their own have more neighbours in their block.
    """
    chosen = remembering(table)
    if not len(chosen):
        return
    known = table.matrix[:, chosen]
    tested = table.encoded(X_test)[:, chosen]
    if len(tested) > len(known):
        tested = tested[np.linspace(0, len(tested) - 1, len(known)).astype(int)]
    n_known, n_tested = len(known), len(tested)
    if n_tested < 50:
        return
    share = n_known / (n_known + n_tested)
    both = np.nan_to_num(np.concatenate([known, tested]))
    ranks = np.column_stack(
        [np.unique(values, return_inverse=True)[1] for values in both.T]
    ).astype(np.float64)
    ranks /= np.maximum(ranks.max(axis=0), 1)
    asked = n_known + np.linspace(0, n_tested - 1, min(n_tested, _N_ASKED)).astype(int)
    if not _in_time(table, ranks[:n_known]):
        return
    found = float((_nearest(ranks, asked) < n_known).mean())
    if found < share - _SURE * np.sqrt(share * (1 - share) / len(asked)):
        return
    memory = memory_of(table)
    yield Finding(
        "memory",
        (),
        n_tested,
        f"the nearest neighbour of {found:.0%} of the test rows is a training row, as "
        f"of rows drawn at random ({share:.0%}), and neighbouring rows remember each "
        f"other in {len(chosen)} columns, up to {memory} apart"
        f"{as_far(table, memory)}: test rows lie between training rows of the same "
        f"streams",
        "likely",
        f"split by {memory.remedy}, or by captures",
        {"purge": memory.gap},
    )


def _in_time(table: AuditedTable, ranks: np.ndarray) -> bool:
    """Tell whether the nearest neighbours of training rows are near in order too."""
    place = np.argsort(np.argsort(table.places[table.sample], kind="stable"))
    within = max(1, int(len(ranks) * _NEAR))
    asked = np.linspace(0, len(ranks) - 1, min(len(ranks), _N_ASKED)).astype(int)
    apart = np.abs(place[_nearest(ranks, asked)] - place[asked])
    return bool((apart <= within).mean() > _OFTEN)


def _nearest(table: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Numbers of the nearest other rows of some rows."""
    near = NearestNeighbors(n_neighbors=2).fit(table)
    pairs = near.kneighbors(table[asked], return_distance=False)
    return np.where(pairs[:, 0] == asked, pairs[:, 1], pairs[:, 0])
