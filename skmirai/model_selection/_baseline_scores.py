"""Scores of pooled answers, their intervals, and what lies between two of them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skmirai.metrics import ScoreInterval, bootstrap_intervals
from skmirai.model_selection._baseline_fits import FoldAnswers
from skmirai.model_selection._baseline_splits import Folds
from skmirai.model_selection._scores import Answers, joined, part
from skmirai.model_selection._weighted_scores import (
    BOUNDS,
    MeanRecall,
    Table,
    WeightedScores,
    log_losses,
)

Scores = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Pooled:
    """Answers for all test rows of a split.

    Attributes
    ----------
    rows : ndarray of int, shape (n_tested,)
        Numbers of the rows, in the order of the traffic.
    folds : ndarray of int, shape (n_tested,)
        Fold that tested each of them.
    found : Answers
        What a model says about them.
    said : ndarray of int, shape (n_tested,)
        Places of its labels among the classes; -1 for a label that is none of them.
    """

    rows: np.ndarray
    folds: np.ndarray
    found: Answers
    said: np.ndarray


def pool(
    results: Sequence[FoldAnswers],
    folds: Folds,
    places: np.ndarray,
    classes: np.ndarray,
) -> Pooled:
    """Put the answers on all folds together.

    Parameters
    ----------
    results : sequence of FoldAnswers
        None of them a failure.
    folds : list of (ndarray, ndarray)
        Training and test rows.
    places : ndarray of shape (n_rows,)
        Where the rows lie in the traffic: their numbers, or times.
    classes : ndarray of shape (n_classes,)
        All labels, ascending.

    Returns
    -------
    Pooled
        The answers.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._baseline_fits import FoldAnswers
    >>> from skmirai.model_selection._baseline_scores import pool
    >>> from skmirai.model_selection._scores import Answers
    >>> said = [Answers(np.array(list(labels)), None, None) for labels in ("ab", "a")]
    >>> results = [FoldAnswers(found, 0.1, None, "") for found in said]
    >>> folds = [([], np.array([1, 2])), ([], np.array([0]))]
    >>> pooled = pool(results, folds, np.arange(3), np.array(["a", "b"]))
    >>> pooled.found.labels, pooled.said
    (array(['a', 'a', 'b'], dtype='<U1'), array([0, 0, 1]))
    """
    rows = np.concatenate([test for _, test in folds])
    fold = np.repeat(np.arange(len(folds)), [len(test) for _, test in folds])
    order = np.lexsort((rows, places[rows]))
    parts = [result.found for result in results if result.found is not None]
    found = part(joined(parts), order)
    said = pd.Index(classes).get_indexer(found.labels)
    return Pooled(rows[order], fold[order], found, said)


@dataclass(frozen=True, eq=False)
class Judge:
    """Measures pooled answers, with intervals by one set of draws for all scores.

    Attributes
    ----------
    codes : ndarray of shape (n_rows,)
        Places of the labels among the classes.
    classes : ndarray of shape (n_classes,)
        All labels, ascending.
    benign : label or None
        The class of rows that are no attack.
    groups : ndarray of shape (n_rows,) or None
        What is drawn in place of blocks.
    confidence_level : float
        Of the intervals.
    n_resamples : int
        Number of draws.
    seed : int
        Of the draws.
    """

    codes: np.ndarray
    classes: np.ndarray
    benign: Any
    groups: np.ndarray | None
    confidence_level: float
    n_resamples: int
    seed: int

    def figures(self, pooled: Pooled) -> dict[str, float]:
        """Figures of a model on a split, in the order of the report's columns."""
        table = self._table(pooled)
        errors, losses = [pooled.said != table.codes], log_losses(table)
        if losses is not None:
            errors.append(1 - np.exp(-losses))
        found = self._drawn(
            WeightedScores(table), pooled.rows, np.column_stack(errors), BOUNDS
        )
        shown: dict[str, float] = {}
        for name, (score, low, high, _) in found.items():
            shown |= {name: score, f"{name}_low": low, f"{name}_high": high}
        length = found["accuracy"].block_length
        return shown | {"block_length": math.nan if length is None else length}

    def difference(
        self, one: Pooled, other: Pooled, block_length: float
    ) -> ScoreInterval:
        """Interval of what one balanced accuracy is above another.

        Both are of the same draws of rows, so that what is hard for both of them does
        not widen it. NaN where they are about other rows.
        """
        recalls = [MeanRecall(self._table(pooled)) for pooled in (one, other)]
        if not np.array_equal(one.rows, other.rows):
            mine, others = (
                recall(np.ones(len(pooled.rows)))
                for recall, pooled in zip(recalls, (one, other), strict=True)
            )
            return ScoreInterval(mine - others, math.nan, math.nan, None)

        def above(weights: np.ndarray) -> Scores:
            return {"above": recalls[0](weights) - recalls[1](weights)}

        length = 1 if math.isnan(block_length) else int(block_length)
        bounds = {"above": (-1.0, 1.0)}
        errors = one.said != other.said
        return self._drawn(above, one.rows, errors, bounds, length)["above"]

    def _table(self, pooled: Pooled) -> Table:
        benign = None
        if self.benign is not None:
            benign = self.classes.tolist().index(self.benign)
        return Table(
            self.codes[pooled.rows],
            pooled.folds,
            pooled.said,
            pooled.found,
            len(self.classes),
            benign,
        )

    def _drawn(
        self,
        scores: Callable[[np.ndarray], Scores],
        rows: np.ndarray,
        errors: np.ndarray,
        bounds: Mapping[str, tuple[float, float]],
        block_length: int | str = "auto",
    ) -> dict[str, ScoreInterval]:
        groups = None if self.groups is None else self.groups[rows]
        if len(rows) < 2 or (groups is not None and len(np.unique(groups)) < 2):
            found = scores(np.ones(len(rows)))
            return {
                name: ScoreInterval(score, math.nan, math.nan, None)
                for name, score in found.items()
            }
        return bootstrap_intervals(
            lambda drawn: scores(np.bincount(drawn, minlength=len(rows)).astype(float)),
            errors,
            groups=groups,
            block_length=block_length,
            bounds=bounds,
            confidence_level=self.confidence_level,
            n_resamples=self.n_resamples,
            random_state=self.seed,
        )
