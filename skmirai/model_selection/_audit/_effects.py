"""What a smell does to the score of an estimator."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from skmirai.model_selection._audit._finding import Finding
from skmirai.model_selection._audit._gaps import N_FOLDS, fitting
from skmirai.model_selection._audit._table import AuditedTable
from skmirai.model_selection._blocks import BlockedStratifiedKFold
from skmirai.model_selection._scores import balanced_accuracy
from skmirai.utils._sklearn import safe_indexing
from skmirai.utils._warnings import warn_user

Folds = list[tuple[np.ndarray, np.ndarray]]

#: Classes up to which trees are boosted: each round has a tree for each class, and
#: thirty rounds are too few for a hundred classes. A random tree has all of them.
_MOST_BOOSTED = 10


class Effects:
    """Scores of an estimator with smells and without them.

    Parameters
    ----------
    table : AuditedTable
        The table.
    estimator : estimator or None
        Cloned for every fit. None is a quick one of boosted trees, or random ones of
        many classes, which sees text as the place of a word in their order.
    test : tuple of (table, ndarray) or None
        Rows and labels of the other side of a split.
    seed : int
        Of shuffled folds and of the quick estimator.
    """

    def __init__(
        self,
        table: AuditedTable,
        estimator: Any,
        test: Any,
        seed: int,
    ) -> None:
        self._table = table
        self._test, self._seed = test, seed
        self._estimator = estimator

    @property
    def estimator(self) -> str:
        """What is scored, in words."""
        if self._estimator is not None:
            return str(self._estimator)
        return "boosted trees" if self._boosts else "random trees"

    @property
    def split(self) -> str:
        """What the honest split is, in words."""
        if self._table.groups is not None:
            return "whole groups left out"
        where = "time" if self._table.timed else "the order of the rows"
        return f"contiguous blocks of each class, in {where}, without equal rows"

    @cached_property
    def baseline(self) -> float:
        """Balanced accuracy on the honest split, without columns of the set-up."""
        return self._score(self._table.sample, self._honest)

    def measured(self, finding: Finding, columns: Sequence[int]) -> Finding:
        """Return a finding with its scores.

        Parameters
        ----------
        finding : Finding
            What was seen.
        columns : sequence of int
            Positions of its columns.
        """
        told = finding.arguments
        if columns:
            return self._of_columns(finding, {*columns})
        if finding.smell == "one-sided classes":
            return self._of_lacking(finding)
        if "purge" in told:
            return self._of_gap(finding)
        if "test_rows" in told:
            scores = self._across(told["test_rows"])
        elif "rows" in told:
            scores = self._without_rows(told["rows"])
        elif "groups" in told:
            scores = self._grouped(told["groups"])
        else:
            return finding
        with_it, without = scores
        return replace(finding, score_with=with_it, score_without=without)

    def _of_columns(self, finding: Finding, columns: set[int]) -> Finding:
        """Score with columns and without: those of the set-up are out otherwise."""
        sample, set_up = self._table.sample, self._table.set_up
        names = finding.arguments["drop_columns"]
        dropped = {c for c in columns if self._table.names[c] in names}
        if dropped & set_up:
            with_it = self._score(sample, self._honest, set_up - dropped)
            without = self.baseline
        else:
            with_it = self.baseline
            without = self._score(sample, self._honest, set_up | dropped)
        rest = {*self._table.every} - columns
        return replace(
            finding,
            alone=self._score(sample, self._honest, rest),
            score_with=with_it,
            score_without=without,
        )

    def _of_lacking(self, finding: Finding) -> Finding:
        """Score the split that lacks a class, and what the remedy leaves.

        Test rows of classes that were never trained on are left out; where test rows
        of a class are lacking, or the class lies in one group, training rows are split
        into blocks that have all classes.
        """
        sample = self._table.sample
        if self._test is not None:
            X_test, y_test = self._test
            known = np.flatnonzero(np.isin(y_test, self._table.labels))
            n_known = len(np.unique(y_test[known]))
        if self._test is not None and len(np.unique(y_test)) < 2:
            return _without_score(finding, "test rows are of one class")
        if "test_rows" in finding.arguments:
            with_it, without = self._across(finding.arguments["test_rows"])
        elif self._test is not None and n_known < 2:
            return _without_score(finding, "test rows of known classes are of one")
        elif self._test is not None:
            with_it = self._scored(safe_indexing(X_test, known), y_test[known])
            without = self.baseline
        elif _all_learn(self._table.codes[sample], self._honest):
            with_it = self.baseline
            without = self._score(sample, self._in_blocks(sample, 0))
        else:
            return _without_score(finding, "some folds would learn from one class")
        return replace(finding, score_with=with_it, score_without=without)

    def _of_gap(self, finding: Finding) -> Finding:
        """Score shuffled folds, and blocks with the gap of the remedy."""
        rows, table = self._table.runs, self._table
        wanted = finding.arguments["purge"]
        gap = fitting(wanted, table.codes[rows], table.places[rows], table.unit)
        smaller = ""
        if gap < wanted:
            smaller = (
                f"; its score without is of a gap of {gap:g} {table.unit}, the largest "
                f"that leaves {len(rows)} rows all classes to train on"
            )
        return replace(
            finding,
            seen=f"{finding.seen}{smaller}",
            score_with=self._score(
                rows, self._without_twins(rows, self._shuffled(rows))
            ),
            score_without=self._score(rows, self._in_blocks(rows, gap)),
        )

    @cached_property
    def _honest(self) -> Folds:
        sample = self._table.sample
        if self._table.groups is not None:
            return self._in_groups(sample, self._table.groups)
        return self._in_blocks(sample, 0)

    def _in_groups(self, rows: np.ndarray, groups: np.ndarray) -> Folds:
        n_folds = min(N_FOLDS, len(np.unique(groups[rows])))
        folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=self._seed)
        codes = self._table.codes[rows]
        if np.bincount(codes).max() < n_folds:
            return []
        return [*folds.split(codes, codes, groups[rows])]

    def _in_blocks(self, rows: np.ndarray, purge: float) -> Folds:
        places = self._table.places[rows]
        folds = BlockedStratifiedKFold(N_FOLDS, purge=purge)
        parts = self._of_frequent(
            rows, lambda codes, often: folds.split(codes, codes, times=places[often])
        )
        return self._without_twins(rows, parts)

    def _of_frequent(self, rows: np.ndarray, split: Any) -> Folds:
        """Split the rows of classes that have one for each fold, if there are any."""
        codes = self._table.codes[rows]
        often = np.flatnonzero(np.bincount(codes)[codes] >= N_FOLDS)
        if not len(often):
            return []
        parts = split(codes[often], often)
        return [(often[train], often[test]) for train, test in parts]

    def _without_twins(self, rows: np.ndarray, folds: Folds) -> Folds:
        """Leave out training rows that equal a test row, but by coincidence."""
        if not self._table.repeats:
            return folds
        same = self._table.duplicates[rows]
        return [
            (train[~np.isin(same[train], same[test])], test) for train, test in folds
        ]

    def _shuffled(self, rows: np.ndarray) -> Folds:
        folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=self._seed)
        return self._of_frequent(rows, lambda codes, _: folds.split(codes, codes))

    def _grouped(self, groups: np.ndarray) -> tuple[float, float]:
        rows = self._table.of_groups(groups)
        return (
            self._score(rows, self._shuffled(rows)),
            self._score(rows, self._in_groups(rows, groups)),
        )

    def _without_rows(self, left_out: np.ndarray) -> tuple[float, float]:
        rows = np.union1d(self._table.sample, left_out[: len(self._table.sample) // 4])
        others = np.setdiff1d(rows, left_out)
        if len(np.unique(self._table.duplicates[others])) < N_FOLDS:
            return float("nan"), float("nan")
        return (
            self._score(rows, self._in_groups(rows, self._table.duplicates)),
            self._score(others, self._in_groups(others, self._table.duplicates)),
        )

    def _across(self, shared: np.ndarray) -> tuple[float, float]:
        X_test, y_test = self._test
        own = np.setdiff1d(np.arange(len(y_test)), shared)
        if not len(own):
            return self._scored(X_test, y_test), float("nan")
        return (
            self._scored(X_test, y_test),
            self._scored(safe_indexing(X_test, own), y_test[own]),
        )

    def _scored(self, X: Any, y: np.ndarray) -> float:
        model = self._on_training_rows
        said = self._answers(model, X)
        return float("nan") if said is None else balanced_accuracy(y, said)

    @cached_property
    def _on_training_rows(self) -> Any:
        partners = self._table.partners[: len(self._table.sample)]
        rows = np.union1d(self._table.sample, partners)
        X = self._table.rows(rows, sorted(self._table.set_up))
        return self._fitted(X, self._table.labels[rows])

    def _score(
        self, rows: np.ndarray, folds: Folds, constant: set[int] | None = None
    ) -> float:
        """Balanced accuracy of the answers of all folds together.

        Columns that are held constant are those of the set-up, if none are given.
        """
        held = self._table.set_up if constant is None else constant
        X, y = self._table.rows(rows, sorted(held)), self._table.labels[rows]
        answers, truth = [], []
        if not _all_learn(y, folds):
            return float("nan")
        for train, test in folds:
            said = self._answers(
                self._fitted(safe_indexing(X, train), y[train]),
                safe_indexing(X, test),
            )
            if said is None:
                return float("nan")
            answers.append(said)
            truth.append(y[test])
        if not truth:
            return float("nan")
        return balanced_accuracy(np.concatenate(truth), np.concatenate(answers))

    def _fitted(self, X: Any, y: np.ndarray) -> Any:
        try:
            if self._estimator is not None:
                return clone(self._estimator).fit(X, y)
            encoded = self._seen(X)
            encoded[:, np.isnan(encoded).all(axis=0)] = 0  # nothing to learn from
            return self._quick().fit(encoded, y)
        except Exception as error:
            return self._failed("be fitted", error)

    @property
    def _boosts(self) -> bool:
        return len(self._table.classes) <= _MOST_BOOSTED

    def _quick(self) -> Any:
        if self._boosts:
            return HistGradientBoostingClassifier(
                max_iter=30, early_stopping=False, random_state=self._seed
            )
        return ExtraTreesClassifier(
            10, max_features=None, min_samples_leaf=2, random_state=self._seed
        )

    def _answers(self, model: Any, X: Any) -> Any:
        """Labels of rows; None where there is no model, or it has no answer."""
        if model is None:
            return None
        try:
            return model.predict(self._seen(X))
        except Exception as error:
            return self._failed("predict", error)

    def _failed(self, verb: str, error: Exception) -> None:
        warn_user(
            f"the effect of a finding could not be measured, because "
            f"{self._estimator or 'the quick estimator'} cannot {verb} "
            f"({type(error).__name__}: {error}); its scores are NaN"
        )

    def _seen(self, X: Any) -> Any:
        """Return rows as the estimator takes them."""
        if self._estimator is None:
            return self._table.encoded(X)
        return X.toarray() if issparse(X) else X


def _without_score(finding: Finding, why: str) -> Finding:
    return replace(finding, seen=f"{finding.seen}; it has no score, since {why}")


def _all_learn(y: np.ndarray, folds: Folds) -> bool:
    """Tell whether each fold has two classes to learn from."""
    return all(len(np.unique(y[train])) > 1 for train, _ in folds)
