"""The table under audit, and what several smells look at."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from scipy.stats import rankdata
from sklearn.utils import check_random_state

from skmirai.model_selection._columns import as_table, check_names_differ, plain_columns
from skmirai.model_selection._duplicates import duplicate_groups
from skmirai.model_selection._labels import class_labels, one_a_row
from skmirai.utils._frames import column_names, select_columns
from skmirai.utils._seconds import in_seconds
from skmirai.utils._sklearn import num_samples, safe_indexing

#: Largest number that trees take.
_LARGEST = 3e38

#: Significant digits to which near duplicates agree.
DIGITS = 3

#: Rows of a class that are looked at, if it has as many.
_LEAST_OF_CLASS = 30

#: Runs of neighbouring rows that a sample for questions of order is made of.
_N_RUNS = 20


class AuditedTable:
    """A table with its labels, in the ways that the smells look at it.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix of shape (n_rows, n_columns)
        The table.
    y : array-like of shape (n_rows,)
        Class labels.
    groups : array-like of shape (n_rows,) or None
        Groups that the user keeps together.
    times : array-like of shape (n_rows,) or None
        Times of the rows; without them they lie in their order.
    max_rows : int
        Most rows of a sample.
    random_state : int, RandomState instance or None
        Draws the sample.

    Attributes
    ----------
    X : DataFrame, ndarray or sparse matrix
        The table.
    columns : list of ndarray of shape (n_rows,)
        Its columns: numbers, or objects.
    names : list
        Their names, or positions.
    labels : ndarray of shape (n_rows,)
        The labels.
    classes : ndarray of object
        The classes.
    codes : ndarray of int, shape (n_rows,)
        Number of the class of each row.
    groups : ndarray of int or None
        Numbers of the groups.
    places : ndarray of float64, shape (n_rows,)
        Time of each row, or its position.
    timed : bool
        Whether there are times.
    order : ndarray of int, shape (n_rows,)
        Row numbers in the order of their places.
    told : set of int
        Columns that a finding has named, of which others need not speak.
    set_up : set of int
        Columns that say when or where a row was recorded and not what it is, as found
        so far: rows are compared without them.
    partners : ndarray of int
        Training rows that the test side has too, once they are looked for.
    repeats : bool
        Whether equal rows were found to be no coincidence.
    correlations : dict of int to ndarray
        Correlations of rows so far apart, as far as they were asked for.
    """

    def __init__(
        self,
        X: Any,
        y: Any,
        *,
        groups: Any,
        times: Any,
        max_rows: int,
        random_state: Any,
    ) -> None:
        check_names_differ(X)
        self.X = as_table(X)
        n_rows = num_samples(self.X)
        self.labels = class_labels(y, n_rows)
        classes, self.codes = np.unique(self.labels, return_inverse=True)
        self.classes = classes.astype(object)  # numbers and text as messages show them
        self.columns = plain_columns(self.X)
        if not self.columns:
            raise ValueError("X has no column to audit")
        names = column_names(self.X)
        self.names: list[Any] = [*range(len(self.columns))] if names is None else names
        self.groups = None if groups is None else _group_numbers(groups, n_rows)
        self.timed = times is not None
        self.places = (
            in_seconds(times, n_rows) if self.timed else np.arange(n_rows, dtype=float)
        )
        self.order = np.argsort(self.places, kind="stable")
        self.told: set[int] = set()
        self.set_up: set[int] = set()
        self.correlations: dict[int, np.ndarray] = {}
        self.partners = np.empty(0, np.intp)
        self.repeats = False
        self._max_rows = max_rows
        self._rng = check_random_state(random_state)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.codes)

    @cached_property
    def sample(self) -> np.ndarray:
        """Row numbers of a random sample, with some of every class, ascending."""
        return self._drawn(lambda rows, n: self._rng.choice(rows, n, replace=False))

    @cached_property
    def runs(self) -> np.ndarray:
        """Row numbers of a sample whose rows are neighbours, in their order."""
        place = np.empty(self.n_rows, np.intp)
        place[self.order] = np.arange(self.n_rows)
        rows = self._drawn(lambda rows, n: _in_runs(rows[np.argsort(place[rows])], n))
        return rows[np.argsort(place[rows])]

    def of_groups(self, groups: np.ndarray) -> np.ndarray:
        """Row numbers of a sample that holds each group wholly or not at all."""
        if self.n_rows <= self._max_rows:
            return np.arange(self.n_rows)
        shuffled = self._rng.permutation(groups.max() + 1)[groups]
        order = np.argsort(shuffled, kind="stable")
        return np.sort(order[: self._max_rows])

    def _drawn(self, draw: Any) -> np.ndarray:
        if self.n_rows <= self._max_rows:
            return np.arange(self.n_rows)
        counts = np.bincount(self.codes)
        wanted = np.round(counts / self.n_rows * self._max_rows).astype(int)
        wanted = np.minimum(np.maximum(wanted, _LEAST_OF_CLASS), counts)
        parts = [
            draw(np.flatnonzero(self.codes == code), int(n))
            for code, n in enumerate(wanted)
        ]
        return np.sort(np.concatenate(parts))

    def by_class(self, codes: np.ndarray, n_values: int) -> np.ndarray:
        """Count the rows of each value, by class.

        Parameters
        ----------
        codes : ndarray of int, shape (n_rows,)
            Number of the value of each row, -1 where it is missing.
        n_values : int
            Number of values.

        Returns
        -------
        ndarray of int, shape (n_values, n_classes)
            Numbers of rows.
        """
        counts = np.zeros((n_values, len(self.classes)), int)
        known = codes >= 0
        np.add.at(counts, (codes[known], self.codes[known]), 1)
        return counts

    def tell_set_up(self, *columns: int) -> None:
        """Note columns that say when or where a row was recorded."""
        self.told.update(columns)
        self.set_up.update(columns)

    def is_number(self, column: int) -> bool:
        """Tell whether a column holds numbers."""
        return self.columns[column].dtype.kind in "iufb"

    @cached_property
    def numbers(self) -> list[int]:
        """Positions of the columns of numbers."""
        return [c for c in range(len(self.columns)) if self.is_number(c)]

    @property
    def unit(self) -> str:
        """Unit of distances between rows."""
        return "seconds" if self.timed else "rows"

    @property
    def every(self) -> range:
        """Positions of all columns."""
        return range(len(self.columns))

    @cached_property
    def matrix(self) -> np.ndarray:
        """Columns of the sample as numbers: float64, shape (n_sample, n_columns)."""
        return np.column_stack(
            [self.as_numbers(c, self.columns[c][self.sample]) for c in self.every]
        )

    def encoded(self, X: Any) -> np.ndarray:
        """Return rows of such a table as numbers."""
        columns = plain_columns(X)
        return np.column_stack([self.as_numbers(c, columns[c]) for c in self.every])

    def as_numbers(self, column: int, values: np.ndarray) -> np.ndarray:
        """Return values of a column as numbers, words by their place in order.

        What is infinite, or a word that the table does not have, is missing.
        """
        if self.is_number(column):
            numbers = np.asarray(values, dtype=np.float64)
            numbers = np.where(np.isfinite(numbers), numbers, np.nan)
            return np.clip(numbers, -_LARGEST, _LARGEST)
        known = ~pd.isna(values)
        codes = np.full(len(values), np.nan)
        place = self._words[column].get_indexer(pd.Index(values[known].astype(str)))
        codes[known] = np.where(place >= 0, place, np.nan)
        return codes

    @cached_property
    def _words(self) -> dict[int, pd.Index]:
        """Words of each column that holds no numbers, in their order."""
        return {
            c: pd.Index(np.unique(values[~pd.isna(values)].astype(str)))
            for c, values in enumerate(self.columns)
            if not self.is_number(c)
        }

    @cached_property
    def duplicates(self) -> np.ndarray:
        """Numbers of the groups of equal rows."""
        return duplicate_groups(select_columns(self.X, self.compared))

    @cached_property
    def near_duplicates(self) -> np.ndarray:
        """Numbers of the groups of rows that agree to some digits."""
        rest = select_columns(self.X, self.compared)
        return duplicate_groups(rest, digits=DIGITS)

    @property
    def compared(self) -> np.ndarray:
        """Positions of the columns by which rows are compared."""
        rest = [c for c in self.every if c not in self.set_up]
        return np.array(rest or self.every)

    @cached_property
    def ranks(self) -> np.ndarray:
        """Ranks of the columns of numbers within the sample, missing ones last."""
        of_numbers = self.matrix[:, self.numbers]
        return rankdata(np.nan_to_num(of_numbers, nan=np.inf), axis=0)

    def called(self, columns: Sequence[int]) -> tuple[Any, ...]:
        """Names of columns."""
        return tuple(self.names[column] for column in columns)

    def rows(self, rows: np.ndarray, constant: Sequence[int] = ()) -> Any:
        """Return rows of the table, with some columns held at a value of theirs."""
        part = safe_indexing(self.X, rows)
        if issparse(part):
            part = part.toarray()
        if not len(constant):
            return part
        part = part.copy()
        for column in constant:
            if isinstance(part, pd.DataFrame):
                first = part.iloc[[0] * len(part), column]
                part.isetitem(column, first.set_axis(part.index))  # type: ignore[arg-type]
            else:
                part[:, column] = part[0, column]
        return part


def _group_numbers(groups: Any, n_rows: int) -> np.ndarray:
    values = one_a_row("groups", groups, n_rows)
    if pd.isna(values).any():
        row = int(np.flatnonzero(pd.isna(values))[0])
        raise ValueError(
            f"groups has a missing value in row {row} (counted from 0), but every row "
            f"needs a group; give such rows groups of their own"
        )
    numbers, names = pd.factorize(values)
    if len(names) < 2:
        raise ValueError(
            f"groups holds one group, {names.tolist()[0]!r}: give groups that a split "
            f"can part, or leave groups out"
        )
    return numbers


def _in_runs(rows: np.ndarray, n: int) -> np.ndarray:
    """Return about n rows in runs of neighbours, evenly spread."""
    n_runs = min(_N_RUNS, n)
    parts = np.array_split(rows, n_runs)
    return np.concatenate([part[: max(1, n // n_runs)] for part in parts])
