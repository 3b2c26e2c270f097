"""Scores of whose intervals draws say nothing: of one group, or equal by chance."""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress

import numpy as np

Scores = Callable[[np.ndarray], Mapping[str, float]]

#: Draws of single rows that show whether a score can be another one.
_TRIES = 20


class DecidingGroups:
    """Groups without which a score has no value.

    Parameters
    ----------
    group : ndarray of int, shape (n_rows,)
        Group of each row, numbered from 0.
    """

    def __init__(self, group: np.ndarray) -> None:
        self._group = group
        self._may: dict[str, np.ndarray] = {}
        self._lost: set[str] = set()

    def see(self, rows: np.ndarray, values: Mapping[str, float]) -> None:
        """Of each score leave the groups that all draws with a value have."""
        there = np.zeros(self._group.max() + 1, bool)
        there[self._group[rows]] = True
        for name, value in values.items():
            if not math.isfinite(value):
                self._lost.add(name)
            else:
                self._may[name] = self._may.get(name, True) & there

    def scores_of_one(self, scores: Scores) -> set[str]:
        """Names of the scores that have no value without one of these groups."""
        return {
            name
            for name in self._lost & self._may.keys()
            if any(
                _lacking(scores, name, np.flatnonzero(self._group != number))
                for number in np.flatnonzero(self._may[name])
            )
        }


def _lacking(scores: Scores, name: str, rows: np.ndarray) -> bool:
    """Whether a score has no value for some rows."""
    with suppress(ValueError):
        return not math.isfinite(scores(rows).get(name, math.nan))
    return True


def differing(
    scores: Scores,
    values: Mapping[str, float],
    n_rows: int,
    rng: np.random.RandomState,
) -> set[str]:
    """Tell scores that are equal by chance from those that are always the same.

    Parameters
    ----------
    scores : callable
        Takes numbers of rows, and returns the scores of these rows by name.
    values : mapping of str to float
        Those of all rows, of the scores that are in question.
    n_rows : int
        Number of all rows.
    rng : RandomState
        Draws single rows.

    Returns
    -------
    set of str
        Names of the scores that differ from those of all rows in a draw of single rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.metrics._silent_draws import differing
    >>> def scores(rows):
    ...     return {"mean": np.array([0, 1, 0, 1])[rows].mean(), "constant": 0.5}
    >>> rng = np.random.RandomState(0)
    >>> differing(scores, {"mean": 0.5, "constant": 0.5}, 4, rng)
    {'mean'}
    """
    found: set[str] = set()
    for _ in range(_TRIES if values else 0):
        drawn: dict[str, float] = {}
        with suppress(ValueError):
            drawn.update(scores(rng.randint(n_rows, size=n_rows)))
        found |= {
            name
            for name, value in values.items()
            if math.isfinite(drawn.get(name, math.nan))
            and not math.isclose(drawn[name], value, rel_tol=1e-9, abs_tol=1e-12)
        }
    return found
