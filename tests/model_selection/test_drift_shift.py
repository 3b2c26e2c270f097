"""Distances of two sets of rows, against definitions."""

import numpy as np
import pytest
from scipy.signal import lfilter
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score

from skmirai.model_selection._drift_shift import shift


def sides(n_rows):
    return np.arange(n_rows), np.arange(n_rows, 2 * n_rows)


def test_distances_of_columns_are_those_of_the_definitions():
    rng = np.random.default_rng(0)
    numbers = np.concatenate([rng.normal(size=200), rng.normal(0.5, 1, 200)])
    names = rng.choice(np.array(["tcp", "udp", np.nan, "arp"], object), 400)
    found = shift([numbers, names], *sides(200), seed=0).by_column
    below = [(side[:, None] <= numbers).mean(axis=0) for side in np.split(numbers, 2)]
    assert found[0] == pytest.approx(np.abs(below[0] - below[1]).max())
    shares = [
        np.array(
            [(side.astype(str) == name).mean() for name in np.unique(names.astype(str))]
        )
        for side in np.split(names, 2)
    ]
    assert found[1] == pytest.approx(np.abs(shares[0] - shares[1]).sum() / 2)


def test_missing_numbers_are_a_value():
    numbers = np.zeros(200)
    numbers[150:] = np.nan
    assert shift([numbers], *sides(100), seed=0).by_column[0] == pytest.approx(0.5)


def test_rows_of_one_kind_are_not_told_apart():
    rng = np.random.default_rng(0)
    columns = [*rng.normal(size=(5, 2000))]
    found = shift(columns, *sides(1000), seed=0)
    assert 0.4 < found.domain_auc < 0.6
    columns[3][1000:] += 3
    found = shift(columns, *sides(1000), seed=0)
    assert found.domain_auc > 0.95
    assert found.by_column.argmax() == 3


def test_rows_with_memory_are_not_told_apart_by_it():
    """Shuffled folds would tell any two stretches of the same process apart."""
    shocks = np.random.default_rng(0).normal(size=(4, 1000))
    columns = [*lfilter([1], [1, -0.98], shocks)]
    side = np.repeat([0, 1], 500)
    shuffled = cross_val_score(
        HistGradientBoostingClassifier(max_iter=30),
        np.column_stack(columns),
        side,
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
        scoring="roc_auc",
    )
    found = shift(columns, *sides(500), seed=0).domain_auc
    assert shuffled.mean() > 0.95
    assert found < shuffled.mean() - 0.15


def test_few_rows_have_no_domain_classifier():
    found = shift([np.arange(78.0)], *sides(39), seed=0)
    assert np.isnan(found.domain_auc)
    assert found.by_column[0] == 1


def test_a_column_without_a_value():
    rng = np.random.default_rng(0)
    columns = [rng.normal(size=400), np.full(400, np.nan)]
    found = shift(columns, np.arange(200), np.arange(200, 400), 0)
    assert np.isfinite(found.domain_auc)
    assert found.by_column[1] == 0
