"""Scores of the answers on several folds, whatever the weights of their rows."""

import math
from typing import NamedTuple

import numpy as np

from skmirai.model_selection._scores import Answers

#: Least and largest value of the scores that are not between 0 and 1.
BOUNDS = {"log_loss": (0.0, math.inf)}


class Table(NamedTuple):
    """Rows that were tested, and what a model says about them.

    Attributes
    ----------
    codes : ndarray of int, shape (n_rows,)
        Places of the labels among the classes.
    folds : ndarray of int, shape (n_rows,)
        Fold that tested each row.
    said : ndarray of int, shape (n_rows,)
        Places of the predicted labels; -1 for a label that is no class.
    found : Answers
        Labels, ranks and probabilities.
    n_classes : int
        Number of all classes.
    benign : int or None
        Place of the class of rows that are no attack.
    """

    codes: np.ndarray
    folds: np.ndarray
    said: np.ndarray
    found: Answers
    n_classes: int
    benign: int | None


class WeightedScores:
    """All scores of a table, for one vector of weights after another.

    A row of weight 2 counts as two rows. A bootstrap gives one model hundreds of
    weights; what does not depend on them, such as the order of the ranks, is computed
    once.

    Parameters
    ----------
    table : Table
        What is scored.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._scores import Answers
    >>> from skmirai.model_selection._weighted_scores import Table, WeightedScores
    >>> said = np.array([0, 1, 1, 0])
    >>> found = Answers(said, None, None)
    >>> table = Table(np.array([0, 0, 1, 1]), np.zeros(4, int), said, found, 2, 0)
    >>> scores = WeightedScores(table)(np.array([1, 1, 3, 1]))
    >>> round(scores["accuracy"], 3), scores["detection_rate"]
    (0.667, 0.75)
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.right = (table.said == table.codes).astype(np.float64)
        self.alarm = (table.said != table.benign).astype(np.float64)
        self.is_benign = table.codes == table.benign
        self.losses = log_losses(table)
        self.recall = MeanRecall(table)
        self.area = MeanArea(table)

    def __call__(self, weights: np.ndarray) -> dict[str, float]:
        """Score the rows.

        Parameters
        ----------
        weights : ndarray of shape (n_rows,)
            How often each row counts.

        Returns
        -------
        dict of str to float
            The figures of `skmirai.model_selection._scores.FIGURES`; NaN for those
            that there are not.
        """
        named = self.table.benign is not None
        benign, attack = weights * self.is_benign, weights * ~self.is_benign
        return {
            "accuracy": _mean(self.right, weights),
            "balanced_accuracy": self.recall(weights),
            "roc_auc": self.area(weights),
            "log_loss": math.nan
            if self.losses is None
            else _mean(self.losses, weights),
            "false_alarm_rate": _mean(self.alarm, benign) if named else math.nan,
            "detection_rate": _mean(self.alarm, attack) if named else math.nan,
        }


class MeanRecall:
    """Balanced accuracy: mean over the classes of their mean recall over the folds.

    Folds count by their rows. The recall of all answers together would punish a model
    for the shares of the classes: a fold that tests many rows of a class has trained on
    few of them, expects few, and finds few.

    Parameters
    ----------
    table : Table
        What is scored.
    """

    def __init__(self, table: Table) -> None:
        self.shape = int(table.folds.max()) + 1, table.n_classes
        self.cells = table.folds * table.n_classes + table.codes
        self.right = table.said == table.codes

    def __call__(self, weights: np.ndarray) -> float:
        """Score rows of these weights; NaN for rows of one class."""
        counts, hits = (
            np.bincount(self.cells, own, math.prod(self.shape)).reshape(self.shape)
            for own in (weights, weights * self.right)
        )
        recalls = hits / np.where(counts, counts, 1)
        sizes = (counts > 0) * counts.sum(axis=1, keepdims=True)
        tested = sizes.any(axis=0)
        if tested.sum() < 2:
            return math.nan
        found = (recalls * sizes).sum(axis=0)[tested] / sizes.sum(axis=0)[tested]
        return float(found.mean())


class MeanArea:
    """Area under the ROC curve: mean over the folds that test all classes, by rows.

    Values of different models cannot be ranked together. Of more than two classes it is
    the mean of each against the others.

    Parameters
    ----------
    table : Table
        What is scored.
    """

    def __init__(self, table: Table) -> None:
        self.folds, self.codes = table.folds, table.codes
        self.shape = int(table.folds.max()) + 1, table.n_classes
        ranks = table.found.ranks
        self.classes = range(1 if table.n_classes == 2 else 0, table.n_classes)
        self.unknown = np.ones(self.shape[0], bool)
        if ranks is not None:
            lacking = np.isnan(ranks).any(axis=1)
            self.unknown = np.bincount(table.folds, lacking, self.shape[0]) > 0
            self.ranked = [_Ranked(table, k) for k in self.classes]

    def __call__(self, weights: np.ndarray) -> float:
        """Score rows of these weights; NaN where no fold tests all classes."""
        if self.unknown.all():
            return math.nan
        cells = self.folds * self.shape[1] + self.codes
        counts = np.bincount(cells, weights, math.prod(self.shape)).reshape(self.shape)
        known = (counts > 0).all(axis=1) & ~self.unknown
        if not known.any():
            return math.nan
        sizes = counts.sum(axis=1)
        areas = np.zeros(len(sizes))
        for k, ranked in zip(self.classes, self.ranked, strict=True):
            pairs = counts[:, k] * (sizes - counts[:, k])
            areas += ranked.ordered_pairs(weights) / np.where(known, pairs, 1)
        return float(np.average(areas[known], weights=sizes[known]) / len(self.classes))


class _Ranked:
    """Rows of each fold by what speaks for a class."""

    def __init__(self, table: Table, k: int) -> None:
        assert table.found.ranks is not None
        values = table.found.ranks[:, k]
        self.order = np.lexsort((values, table.folds))
        folds, values = table.folds[self.order], values[self.order]
        positive = table.codes[self.order] == k
        self.rows, self.others = self.order[positive], ~positive
        changes = np.flatnonzero((np.diff(folds) != 0) | (np.diff(values) != 0)) + 1
        starts = np.concatenate([[0], changes, [len(folds)]])
        tie = np.searchsorted(starts, np.flatnonzero(positive), "right")
        self.first, self.behind = starts[tie - 1], starts[tie]
        self.fold = folds[positive]
        self.n_folds = int(table.folds.max()) + 1
        self.fold_starts = np.searchsorted(folds, np.arange(self.n_folds))

    def ordered_pairs(self, weights: np.ndarray) -> np.ndarray:
        """Weights of pairs in the right order, of each fold; ties count half."""
        others = np.zeros(len(weights) + 1)
        np.cumsum(weights[self.order] * self.others, out=others[1:])
        below = (others[self.first] + others[self.behind]) / 2
        below -= others[self.fold_starts][self.fold]
        return np.bincount(self.fold, weights[self.rows] * below, self.n_folds)


def log_losses(table: Table) -> np.ndarray | None:
    """Negative logarithm of the probability of the label, row by row, in nats."""
    proba = table.found.proba
    if proba is None:
        return None
    # in single precision they add up to 1 but nearly
    own = proba[np.arange(len(proba)), table.codes] / proba.sum(axis=1)
    least = np.finfo(np.float64).eps
    return -np.log(np.clip(own, least, 1 - least))


def _mean(values: np.ndarray, weights: np.ndarray) -> float:
    total = weights.sum()
    return float(values @ weights / total) if total else math.nan
