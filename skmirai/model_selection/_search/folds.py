"""Folds of a table, on which the estimators of trials are trained and scored."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from traceback import format_exc
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from skmirai.model_selection._search.kept import (
    KeptFits,
    read_only,
    share_of_memory,
    size_of,
    unshared,
)
from skmirai.model_selection._search.rungs import last_step, pipelines_of
from skmirai.utils._memory import remembering
from skmirai.utils._sklearn import BaseScorer, safe_split, scores_of, sliced_params


@dataclass(frozen=True)
class Rows:
    """One side of a split: rows, and what goes with them to ``fit`` and ``score``."""

    X: Any
    y: Any
    fit_params: Mapping[str, Any]
    score_params: Mapping[str, Any]


@dataclass(frozen=True)
class FoldScores:
    """What training and scoring on one fold came to.

    Attributes
    ----------
    test_scores, train_scores : float or dict of str to float
        Scores, several by name; those of training are None if nobody asked.
    fit_time, score_time : float
        Seconds.
    fit_error : str or None
        What a failed fit raised.
    """

    test_scores: Any
    train_scores: Any = None
    fit_time: float = 0.0
    score_time: float = 0.0
    fit_error: str | None = None


@dataclass
class Folds:
    """A table and its splits; sides are cut out once in a process, while memory allows.

    All fits share them, so that they are read-only.

    Parameters
    ----------
    X, y : array-like
        The table and its targets.
    splits : sequence of (train, test)
        Row numbers.
    fit_params, score_params : mapping of str to object
        Go to ``fit`` and to the scorer, cut like the rows where they are as long.
    scorer : callable
        What scikit-learn makes of ``scoring``.
    error_score : "raise" or float
        Score of a fit or a scoring that fails.
    train_scores : bool
        Score on the training rows too.
    """

    X: Any
    y: Any
    splits: Sequence[tuple[np.ndarray, np.ndarray]]
    fit_params: Mapping[str, Any]
    score_params: Mapping[str, Any]
    scorer: Any
    error_score: Any
    train_scores: bool
    _sides: dict[Any, Rows] = field(default_factory=dict, repr=False)
    _lock: Any = field(default_factory=Lock, repr=False)
    _kept: KeptFits = field(default_factory=KeptFits, repr=False)
    _room: int = field(default_factory=share_of_memory, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        for own in ("_sides", "_lock", "_kept", "_room"):
            del state[own]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __len__(self) -> int:
        return len(self.splits)

    def trained(
        self, estimator: Any, number: int, epochs: Mapping[str, Any] | None = None
    ) -> tuple[Any, FoldScores]:
        """Train an estimator on a fold, or train it on, and score it.

        Parameters
        ----------
        estimator : estimator
            Is fitted in place, in this process.
        number : int
            Number of the fold.
        epochs : mapping of str to object, default=None
            Parameters that say for how long.

        Returns
        -------
        estimator : estimator
            The same one, fitted.
        scores : FoldScores
            Its scores.
        """
        with remembering(self._kept):
            return self._trained(estimator, number, epochs)

    def _trained(
        self, estimator: Any, number: int, epochs: Mapping[str, Any] | None
    ) -> tuple[Any, FoldScores]:
        train, test = self._side(estimator, number, 0), self._side(estimator, number, 1)
        keeping = [each for each in pipelines_of(estimator) if each.memory is None]
        for each in keeping:
            each.memory = self._kept
        if epochs:
            estimator.set_params(**epochs)
        start = time.perf_counter()
        try:
            X = train.X if _never_writes(estimator) else unshared(train.X)
            rows = (X,) if train.y is None else (X, train.y)
            estimator.fit(*rows, **train.fit_params)
        except Exception:
            if self.error_score == "raise":
                raise
            missing = self._missing()
            return estimator, FoldScores(
                missing,
                missing if self.train_scores else None,
                time.perf_counter() - start,
                fit_error=format_exc(),
            )
        finally:
            for each in keeping:
                each.memory = None
        fitted = time.perf_counter()
        scores = self._scores(estimator, test)
        taken = time.perf_counter() - fitted
        on_training = self._scores(estimator, train) if self.train_scores else None
        return estimator, FoldScores(scores, on_training, fitted - start, taken)

    def _scores(self, estimator: Any, rows: Rows) -> Any:
        X = rows.X
        if self._sees_predictions_only:
            for pipeline in pipelines_of(estimator):
                last = pipeline.steps[-1][1]
                if len(pipeline) > 1 and hasattr(last, "fit"):
                    X = self._kept.transformed(pipeline[:-1], X)
                    estimator = last
        if not _never_writes(estimator):
            X = unshared(X)
        return scores_of(
            estimator, X, rows.y, self.scorer, rows.score_params, self.error_score
        )

    @property
    def _sees_predictions_only(self) -> bool:
        """Whether the scorer cannot tell a Pipeline from its last step."""
        scorers = getattr(self.scorer, "_scorers", {"": self.scorer}).values()
        return not self.score_params and all(isinstance(s, BaseScorer) for s in scorers)

    def _missing(self) -> Any:
        """Scores of a fit that failed."""
        names = getattr(self.scorer, "_scorers", None)
        if names is None:
            return self.error_score
        return dict.fromkeys(names, self.error_score)

    def _side(self, estimator: Any, number: int, side: int) -> Rows:
        with self._lock:
            if (number, side) in self._sides:
                return self._sides[number, side]
            rows = self._cut(estimator, number, side)
            size = size_of(rows.X) + size_of(rows.y)
            if size <= self._room:
                self._sides[number, side] = rows
                self._room -= size
            return rows

    def _cut(self, estimator: Any, number: int, side: int) -> Rows:
        train, _ = self.splits[number]
        chosen = self.splits[number][side]
        # both arguments matter where X is a matrix of distances
        X, y = safe_split(estimator, self.X, self.y, chosen, train if side else None)
        return Rows(
            read_only(X),
            read_only(y),
            sliced_params(self.X, self.fit_params, chosen),
            sliced_params(self.X, self.score_params, chosen),
        )


def _never_writes(estimator: Any) -> bool:
    """Tell whether an estimator may be given rows that others share, and knows them.

    Our networks never write to rows. Of a Pipeline that keeps fits the first step is
    given rows of its own.
    """
    if isinstance(estimator, Pipeline) and len(estimator) > 1:
        return isinstance(estimator.memory, KeptFits)
    return last_step(estimator).goes_on
