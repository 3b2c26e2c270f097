"""Scores of weighted rows beside scikit-learn's, fold by fold, of rows repeated."""

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    recall_score,
    roc_auc_score,
)

from skmirai.model_selection._scores import FIGURES, Answers
from skmirai.model_selection._weighted_scores import (
    MeanRecall,
    Table,
    WeightedScores,
    log_losses,
)

N, N_FOLDS = 240, 3


def made(n_classes, seed, *, ties=True):
    """Answers of a model that knows a little, and weights that repeat rows."""
    rng = np.random.default_rng(seed)
    codes, folds = rng.integers(n_classes, size=N), rng.integers(N_FOLDS, size=N)
    proba = rng.random((N, n_classes)) + 0.5 * (codes[:, None] == np.arange(n_classes))
    if ties:
        proba = proba.round(1) + 0.1
    proba /= proba.sum(axis=1, keepdims=True)
    said = proba.argmax(axis=1)
    found = Answers(said, proba, proba)
    return Table(codes, folds, said, found, n_classes, 0), rng.integers(4, size=N)


def auc(codes, proba):
    own = proba[:, 1] if proba.shape[1] == 2 else proba
    return roc_auc_score(codes, own, multi_class="ovr")


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("ties", [False, True])
def test_scores_are_those_of_repeated_rows(n_classes, ties):
    table, weights = made(n_classes, 0, ties=ties)
    scores = WeightedScores(table)
    for counts in (np.ones(N, int), weights):
        rows = np.repeat(np.arange(N), counts)
        codes, folds, said = (
            own[rows] for own in (table.codes, table.folds, table.said)
        )
        proba, sizes = table.found.proba[rows], np.bincount(folds)

        def by_fold(of, *values, folds=folds, sizes=sizes):
            parts = [of(*(v[folds == k] for v in values)) for k in range(N_FOLDS)]
            return np.average(parts, weights=sizes)

        expected = {
            "accuracy": accuracy_score(codes, said),
            "balanced_accuracy": by_fold(balanced_accuracy_score, codes, said),
            "roc_auc": by_fold(auc, codes, proba),
            "log_loss": log_loss(codes, proba),
            "false_alarm_rate": 1 - recall_score(codes == 0, said == 0),
            "detection_rate": recall_score(codes > 0, said > 0),
        }
        assert expected.keys() == FIGURES.keys()
        assert scores(counts.astype(float)) == pytest.approx(expected, rel=1e-12)


def test_folds_that_lack_a_class():
    """Their rows count for the recall of the others, and for no area."""
    table, weights = made(3, 1)
    weights = weights * ~((table.folds == 1) & (table.codes == 2))
    full = table.folds != 1
    scores = WeightedScores(table)
    assert scores.area(weights.astype(float)) == pytest.approx(
        scores.area(weights * full.astype(float))
    )
    rows = np.repeat(np.arange(N), weights)
    codes, folds, said = table.codes[rows], table.folds[rows], table.said[rows]
    recalls = []
    for k in range(3):
        own = [f for f in range(N_FOLDS) if ((folds == f) & (codes == k)).any()]
        assert len(own) == (2 if k == 2 else 3)
        found = [(said == k)[(folds == f) & (codes == k)].mean() for f in own]
        recalls.append(np.average(found, weights=[(folds == f).sum() for f in own]))
    assert scores.recall(weights.astype(float)) == pytest.approx(np.mean(recalls))
    no_fold = weights * (table.codes != 2).astype(float)
    assert np.isnan(scores.area(no_fold))
    assert np.isnan(scores.recall(weights * (table.codes == 0).astype(float)))


def test_shares_of_the_classes_do_not_count():
    """A constant answer has a balanced accuracy of a half, whatever it was trained on.

    All answers together would have 0.1: each fold tests most of the class that its
    training rows have least of.
    """
    folds = np.repeat([0, 1], 100)
    codes = np.where(np.tile(np.arange(100) < 90, 2), folds, 1 - folds)
    said = 1 - folds
    table = Table(codes, folds, said, Answers(said, None, None), 2, 0)
    assert balanced_accuracy_score(codes, said) == pytest.approx(0.1)
    assert MeanRecall(table)(np.ones(200)) == pytest.approx(0.5)


def test_figures_that_there_are_not():
    table, weights = made(2, 2)
    labels = table._replace(found=Answers(table.said, None, None), benign=None)
    found = WeightedScores(labels)(weights.astype(float))
    lacking = {name for name, value in found.items() if np.isnan(value)}
    assert lacking == {"roc_auc", "log_loss", "false_alarm_rate", "detection_rate"}
    assert log_losses(labels) is None
    ranks = table.found.ranks.copy()
    ranks[table.folds == 0] = np.nan  # one model has not learned a class
    one = WeightedScores(table._replace(found=table.found._replace(ranks=ranks)))
    others = weights * (table.folds != 0).astype(float)
    assert one.area(weights.astype(float)) == pytest.approx(
        WeightedScores(table).area(others)
    )


def test_probabilities_in_single_precision():
    table, _ = made(2, 3)
    single = table.found._replace(proba=table.found.proba.astype(np.float32) * 1.001)
    np.testing.assert_allclose(
        log_losses(table._replace(found=single)), log_losses(table), rtol=1e-5
    )
    sure = np.tile([1.0, 0.0], (N, 1))
    found = log_losses(table._replace(found=table.found._replace(proba=sure)))
    assert found.max() == pytest.approx(-np.log(np.finfo(float).eps))
