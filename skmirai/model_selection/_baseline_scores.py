"""Scores of pooled answers, their intervals, and what lies between two of them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skmirai.metrics import ScoreInterval, bootstrap_interval
from skmirai.model_selection._baseline_fits import FoldAnswers
from skmirai.model_selection._baseline_splits import Folds
from skmirai.model_selection._scores import (
    Answers,
    balanced_share,
    figures,
    joined,
    part,
)

Score = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True, eq=False)
class Pooled:
    """Answers for all test rows of a split.

    Attributes
    ----------
    rows : ndarray of int, shape (n_tested,)
        Numbers of the rows, in the order of the traffic.
    found : Answers
        What a model says about them.
    said : ndarray of int, shape (n_tested,)
        Places of its labels among the classes; -1 for a label that is none of them.
    """

    rows: np.ndarray
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
    order = np.lexsort((rows, places[rows]))
    parts = [result.found for result in results if result.found is not None]
    found = part(joined(parts), order)
    return Pooled(rows[order], found, pd.Index(classes).get_indexer(found.labels))


@dataclass(frozen=True, eq=False)
class Judge:
    """Measures pooled answers, with intervals by one set of draws for all.

    Attributes
    ----------
    y, codes : ndarray of shape (n_rows,)
        Labels, and their places among the classes.
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

    y: np.ndarray
    codes: np.ndarray
    classes: np.ndarray
    benign: Any
    groups: np.ndarray | None
    confidence_level: float
    n_resamples: int
    seed: int

    def figures(
        self, pooled: Pooled, results: Sequence[FoldAnswers], folds: Folds
    ) -> dict[str, float]:
        """Figures of a model on a split, in the order of the report's columns."""
        found = figures(self.y[pooled.rows], pooled.found, self.classes, self.benign)
        shown: dict[str, float] = {}
        for name, value in found.items():
            shown[name] = value
            if name in SCORES:
                interval = self._drawn(SCORES[name], pooled.rows, pooled.said)
                shown |= {f"{name}_low": interval.low, f"{name}_high": interval.high}
        shown["roc_auc"] = self._area(results, folds)
        length = interval.block_length
        return shown | {"block_length": math.nan if length is None else length}

    def difference(
        self, one: Pooled, other: Pooled, block_length: float
    ) -> ScoreInterval:
        """Interval of what one balanced accuracy is above another.

        Both are of the same draws of rows, so that what is hard for both of them does
        not widen it. NaN where they are about other rows.
        """
        above = [balanced_share(self.codes[p.rows], p.said) for p in (one, other)]
        if not np.array_equal(one.rows, other.rows):
            return ScoreInterval(above[0] - above[1], math.nan, math.nan, None)
        length = 1 if math.isnan(block_length) else int(block_length)
        both = np.column_stack([one.said, other.said])
        return self._drawn(_above, one.rows, both, (-1.0, 1.0), length)

    def _drawn(
        self,
        score: Score,
        rows: np.ndarray,
        said: np.ndarray,
        bounds: tuple[float, float] = (0.0, 1.0),
        block_length: int | str = "auto",
    ) -> ScoreInterval:
        codes = self.codes[rows]
        try:
            return bootstrap_interval(
                score,
                codes,
                said,
                groups=None if self.groups is None else self.groups[rows],
                block_length=block_length,
                bounds=bounds,
                confidence_level=self.confidence_level,
                n_resamples=self.n_resamples,
                random_state=self.seed,
            )
        except ValueError:  # most of the draws lack a class, or there is one group
            return ScoreInterval(score(codes, said), math.nan, math.nan, None)

    def _area(self, results: Sequence[FoldAnswers], folds: Folds) -> float:
        """Mean area under the ROC curve over the folds that have all classes."""
        areas, sizes = [], []
        for result, (_, test) in zip(results, folds, strict=True):
            if result.found is not None:
                own = figures(self.y[test], result.found, self.classes, self.benign)
                areas.append(own["roc_auc"])
                sizes.append(len(test))
        known = np.isfinite(areas)
        if not known.any():
            return math.nan
        return float(np.average(np.array(areas)[known], weights=np.array(sizes)[known]))


def right_share(codes: np.ndarray, said: np.ndarray) -> float:
    """Accuracy."""
    return float((codes == said).mean())


def _above(codes: np.ndarray, said: np.ndarray) -> float:
    return balanced_share(codes, said[:, 0]) - balanced_share(codes, said[:, 1])


#: Scores that have an interval.
SCORES: dict[str, Score] = {
    "accuracy": right_share,
    "balanced_accuracy": balanced_share,
}
