"""Gaps that audit_leakage finds and advises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import balanced_accuracy_score

from skmirai.model_selection import BlockedStratifiedKFold, audit_leakage
from skmirai.model_selection._audit._gaps import fitting
from tests.model_selection.planted import found


def slow(n_rows, keep=0.98):
    """Columns that remember: each row is mostly the one before it."""
    X = np.random.default_rng(0).normal(size=(n_rows, 2))
    for row in range(1, n_rows):
        X[row] = keep * X[row - 1] + (1 - keep) * X[row]
    return X


def with_a_burst():
    """One class of ten seconds behind another one of 5,000."""
    rng = np.random.default_rng(0)
    times = np.r_[rng.uniform(0, 5_000, 1_500), 5_000 + rng.uniform(0, 10, 1_000)]
    return slow(2_500), np.repeat([0, 1], [1_500, 1_000]), np.sort(times)


@given(st.lists(st.integers(0, 2), min_size=9, max_size=40), st.integers(1, 20))
@settings(deadline=None)
def test_gap_is_the_largest_that_the_splitter_takes(codes, wanted):
    codes = np.r_[np.repeat([0, 1, 2], 3), codes]
    gap = fitting(wanted, codes, np.arange(len(codes), dtype=float), "rows")

    def splits(purge):
        try:
            return bool([*BlockedStratifiedKFold(3, purge=purge).split(codes, codes)])
        except ValueError:
            return False

    assert gap == max(n for n in range(wanted + 1) if splits(n))


@pytest.mark.parametrize("smell", ["step", "memory"])
def test_gap_of_the_remedy_fits_and_is_the_one_that_is_scored(smell):
    X, y, times = with_a_burst()
    model = HistGradientBoostingClassifier(max_iter=5)
    finding = found(audit_leakage(X, y, times=times, estimator=model), smell)
    gap = finding.arguments["purge"]
    assert f"BlockedStratifiedKFold(3, purge={gap:g}) (in seconds" in finding.remedy
    assert "the memory is longer" in finding.remedy
    answers = np.empty_like(y)
    for train, test in BlockedStratifiedKFold(3, purge=gap).split(X, y, times=times):
        answers[test] = model.fit(X[train], y[train]).predict(X[test])
    assert finding.score_without == balanced_accuracy_score(y, answers)
    with pytest.raises(ValueError, match="leaves no row of class 1"):
        [*BlockedStratifiedKFold(3, purge=1.01 * gap).split(X, y, times=times)]


def test_smaller_gap_of_a_sample_is_told():
    X, y, times = with_a_burst()
    times[[1_500, -1]] = 0, 9_000  # in all rows, but not in a sample, the class is long
    audit = audit_leakage(
        X, y, times=times, max_rows=1_000, estimator=DummyClassifier()
    )
    finding = found(audit, "memory")
    gap = finding.arguments["purge"]
    [*BlockedStratifiedKFold(3, purge=gap).split(X, y, times=times)]
    told = finding.seen.split("; its score without is of a gap of ")[1]
    assert 0 < float(told.split(" seconds")[0]) < gap
    assert told in audit.to_frame().set_index("smell").loc["memory", "seen"]


def test_rare_class_does_not_hide_a_memory():
    X, y = slow(8_000), np.random.default_rng(0).integers(0, 2, 80).repeat(100)
    two, three = (
        audit_leakage(X, labels, estimator=DummyClassifier())
        for labels in (y, np.where(np.arange(8_000) % 200 == 7, 2, y))
    )
    gap = found(two, "memory").arguments["purge"]
    assert gap > 50
    assert found(three, "memory").arguments["purge"] == gap
    assert "too small to tell: 2)" in found(three, "memory").seen
    assert "too small" not in found(two, "memory").seen
