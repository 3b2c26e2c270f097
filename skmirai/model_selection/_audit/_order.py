"""What the order of the rows gives away: labels in steps, and streams that remember."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from skmirai.feature_extraction import FEATURE_NAMES
from skmirai.model_selection._audit._finding import Finding, listed
from skmirai.model_selection._audit._gaps import N_FOLDS, fitting
from skmirai.model_selection._audit._table import AuditedTable

#: Changes of the label, as a share of those of shuffled rows, that are few.
_FEW = 0.1

#: Standard errors above chance, and rank correlation of neighbours, of a memory.
_SURE, _RHO = 6.0, 0.2

#: Correlation at which a memory has faded.
_FADED = 0.1

#: Rows that it takes to speak of order.
_LEAST = 50

#: Rows of a class below which it alone cannot tell a memory, and the share of the rows
#: that classes of so few must not have together, to be left out.
_FEW_ROWS, _SMALL = (_SURE / _RHO) ** 2, 0.05


class Memory(NamedTuple):
    """How far the memory of neighbouring rows reaches.

    Parameters
    ----------
    reach : float
        Rows or seconds after which they have nothing in common.
    faded : bool
        Whether they have nothing in common then; where not, the memory is longer than
        can be looked at.
    unit : str
        "rows" or "seconds".
    gap : float
        Largest gap up to there with which blocks have all classes to train on.
    """

    reach: float
    faded: bool
    unit: str
    gap: float

    def __str__(self) -> str:
        least = "" if self.faded else "at least "
        return f"{least}{self.reach:g} {self.unit}"

    @property
    def remedy(self) -> str:
        """The splitter that leaves such a gap."""
        longer = "" if self.faded else ", or a longer gap"
        if self.gap < self.reach:
            longer = (
                "; the memory is longer, but a longer gap leaves a class without rows "
                "to train on"
            )
        return (
            f"BlockedStratifiedKFold({N_FOLDS}, purge={self.gap:g}) "
            f"(in {self.unit}{longer})"
        )


def steps(table: AuditedTable) -> Iterator[Finding]:
    """Find labels that change in few steps."""
    codes = table.codes[table.order]
    n_rows = len(codes)
    n_changes, expected = changes(codes)
    if n_rows < _LEAST or not are_few(n_changes, expected):
        return
    memory = memory_of(table)
    blocks = memory.remedy if memory.reach else "BlockedStratifiedKFold"
    times = "once" if n_changes == 1 else f"{n_changes} times"
    yield Finding(
        "step",
        (),
        n_rows,
        f"the label changes {times} along the rows, in shuffled ones it would "
        f"{expected:.0f} times: whatever tells early rows from late ones tells the "
        f"classes apart, and one side of a split in order may lack a class",
        "certain",
        f"split by {blocks}, or whole captures by "
        "train_val_test_split(groups=...), and doubt what depends on time. The table "
        "stays as it is; that the split has no such step shows in an audit of its "
        "sides: audit_leakage(X_train, y_train, X_test=X_test, y_test=y_test)",
        {"purge": memory.gap},
    )


def changes(codes: np.ndarray) -> tuple[int, float]:
    """Count how often the class changes along the rows, and would in shuffled ones."""
    n_rows = len(codes)
    shares = np.bincount(codes) / n_rows
    n_changes = int((np.diff(codes) != 0).sum())
    return n_changes, (n_rows - 1) * (1 - float((shares**2).sum()))


def are_few(n_changes: int, expected: float) -> bool:
    """Tell whether a label changes in few steps."""
    return n_changes <= _FEW * expected and expected >= _LEAST / 2


def memories(table: AuditedTable) -> Iterator[Finding]:
    """Find features that neighbouring rows of a class share."""
    columns = remembering(table)
    if not columns:
        return
    names = table.called(columns)
    strongest = _of_neighbours(table, 1).max()
    memory = memory_of(table)
    advice = ""
    of_afterimage = len({*names} & {*FEATURE_NAMES}) > len(FEATURE_NAMES) // 2
    if of_afterimage and not (table.timed and memory.gap < memory.reach):
        advice = ", or purge='afterimage' with times"
    yield Finding(
        "memory",
        (),
        table.n_rows,
        f"neighbouring rows of a class are alike in {len(names)} of "
        f"{len(table.numbers)} columns of numbers, most in "
        f"{listed(names, 3)} (rank correlation {strongest:.2f}), up to {memory} apart"
        f"{as_far(table, memory)}: a shuffled split tests on neighbours of what it "
        f"trained on",
        "likely",
        f"split by {memory.remedy}{advice}; or leave whole captures out by groups=",
        {"purge": memory.gap},
    )


def remembering(table: AuditedTable) -> list[int]:
    """Return the columns that neighbours share, the strongest memory first."""
    rho = _of_neighbours(table, 1)
    order = np.argsort(-rho, kind="stable")
    return [table.numbers[k] for k in order[: int((rho > _RHO).sum())]]


def memory_of(table: AuditedTable) -> Memory:
    """Rows or seconds after which neighbours have nothing in common.

    The lag at which the rank correlation within a class has faded in all columns
    that have a memory. Lags up to a tenth of the rows of the rarest class are looked
    at, but for classes that are too small to tell.
    """
    if not _remembers(table, 1):
        return Memory(0.0, True, table.unit, 0.0)
    most = _furthest(table)
    lag = 1
    while lag < most and _remembers(table, lag):
        lag = min(2 * lag, most)
    faded = not _remembers(table, lag)
    reach = float(lag)
    if table.timed:
        places = table.places[table.order]
        reach = float(math.ceil(np.median(places[lag:] - places[:-lag])))
    gap = fitting(reach, table.codes, table.places, table.unit)
    return Memory(reach, faded, table.unit, gap)


def _remembers(table: AuditedTable, lag: int) -> bool:
    return bool((_of_neighbours(table, lag) > _FADED).any())


def _furthest(table: AuditedTable) -> int:
    """Rows apart that are looked at, at most."""
    counts = np.delete(np.bincount(table.codes), _too_small(table))
    return max(1, int(counts.min()) // 10)


def _too_small(table: AuditedTable) -> np.ndarray:
    """Numbers of the classes whose rows are too few to tell how far memory reaches."""
    counts = np.bincount(table.codes)
    order = np.argsort(counts, kind="stable")
    few = np.cumsum(counts[order]) < _SMALL * table.n_rows
    return order[few & (counts[order] < _FEW_ROWS)]


def as_far(table: AuditedTable, memory: Memory) -> str:
    """Say how far was looked, where it matters, and of which classes."""
    parts = []
    if not memory.faded:
        lag = _furthest(table)
        rows = "1 row" if lag == 1 else f"{lag} rows"
        parts += [f"{rows}, a tenth of the rarest class, is as far as can be looked at"]
    small = table.classes[_too_small(table)]
    if len(small):
        parts.append(f"too small to tell: {listed(small)}")
    return f" ({'; '.join(parts)})" if parts else ""


def _of_neighbours(table: AuditedTable, lag: int) -> np.ndarray:
    """Rank correlation of rows so far apart, of one class, in each column of numbers.

    What chance explains is 0.
    """
    if lag in table.correlations:
        return table.correlations[lag]
    first, second = table.order[:-lag], table.order[lag:]
    same = table.codes[first] == table.codes[second]
    if table.groups is not None:
        same &= table.groups[first] != table.groups[second]
    first, second = first[same], second[same]
    if len(first) > len(table.sample):
        chosen = np.linspace(0, len(first) - 1, len(table.sample)).astype(int)
        first, second = first[chosen], second[chosen]
    found = np.zeros(len(table.numbers))
    for k, column in enumerate(table.numbers):
        if len(first) >= _LEAST and column not in table.told:
            found[k] = _correlation(table, column, first, second)
    found[found * math.sqrt(len(first)) < _SURE] = 0.0
    table.correlations[lag] = found
    return found


def _correlation(
    table: AuditedTable, column: int, first: np.ndarray, second: np.ndarray
) -> float:
    """Mean over classes of the rank correlation within a class."""
    total = 0.0
    for code in range(len(table.classes)):
        within = table.codes[first] == code
        if within.sum() < 3:
            continue
        one, other = (
            _ranks(table.as_numbers(column, table.columns[column][rows[within]]))
            for rows in (first, second)
        )
        spread = one.std() * other.std()
        if spread > 0:
            covariance = ((one - one.mean()) * (other - other.mean())).mean()
            total += covariance / spread * within.mean()
    return total


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks, those of equal values the same."""
    return np.unique(values, return_inverse=True)[1].astype(np.float64)
