"""The two splits of a baseline report: what is tested, what is trained on."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import (
    GroupKFold,
    LeaveOneGroupOut,
    PredefinedSplit,
    ShuffleSplit,
    TimeSeriesSplit,
)

from skmirai.model_selection import BlockedStratifiedKFold
from skmirai.model_selection._baseline_splits import honest_split, random_split

N = 200
X, Y = np.zeros((N, 1)), np.tile([0, 1], N // 2)


def assert_equal_folds(found, expected):
    for one, other in zip(found, expected, strict=True):
        for rows, others in zip(one, other, strict=True):
            np.testing.assert_array_equal(rows, others)


@given(st.integers(2, 6), st.integers(0, 40), st.integers(0, 9))
def test_random_folds_are_like_the_honest_ones(n_splits, purge, seed):
    y = np.random.default_rng(seed).choice([0, 0, 0, 1], N)
    honest = honest_split(
        X, y, cv=BlockedStratifiedKFold(n_splits, purge=min(purge, 60 // n_splits))
    )
    folds = random_split(y, honest.folds, seed).folds
    tested = np.concatenate([test for _, test in folds])
    np.testing.assert_array_equal(np.sort(tested), np.arange(N))
    assert_like(y, folds, honest.folds)
    again = random_split(y, honest.folds, seed).folds
    assert_equal_folds(folds, again)
    other = random_split(y, honest.folds, seed + 1).folds
    assert any((a[1] != b[1]).any() for a, b in zip(folds, other, strict=True))


def assert_like(y, folds, honest):
    """As many rows of each class on both sides, none of them on both."""
    for sides, honest_sides in zip(folds, honest, strict=True):
        assert len(np.intersect1d(*sides)) == 0
        for rows, honest_rows in zip(sides, honest_sides, strict=True):
            assert len(np.unique(rows)) == len(rows)
            np.testing.assert_array_equal(np.sort(y[rows]), np.sort(y[honest_rows]))


def test_random_folds_have_the_shares_of_few_groups():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(4), N // 4)
    y = (rng.random(N) < np.array([0.1, 0.3, 0.6, 0.9])[groups]).astype(int)
    honest = honest_split(X, y, groups=groups)
    assert len({y[test].mean() for _, test in honest.folds}) > 1
    folds = random_split(y, honest.folds, 0).folds
    assert_like(y, folds, honest.folds)
    assert all(len(np.unique(groups[test])) == 4 for _, test in folds)


def test_what_the_honest_split_does_not_test_is_not_tested():
    honest = honest_split(X, Y, cv=TimeSeriesSplit(3))
    folds = random_split(Y, honest.folds, 0).folds
    tested = [np.sort(np.concatenate([t for _, t in s])) for s in (honest.folds, folds)]
    np.testing.assert_array_equal(*tested)
    assert_like(Y, folds, honest.folds)
    before = [(train < tested[0].min()).mean() for train, _ in folds]
    np.testing.assert_allclose(before, tested[0].min() / N, atol=0.15)


def test_one_fold_has_an_equal_draw():
    honest = honest_split(X, Y, cv=[(np.arange(120), np.arange(150, N))])
    assert honest.about == "the folds that were given"
    ((train, test),) = random_split(Y, honest.folds, 0).folds
    assert (len(train), len(test)) == (120, 50)
    assert len(np.intersect1d(train, test)) == 0
    assert test.min() < 150
    y = np.arange(N) // 150  # a class that is tested alone is trained on as little
    folds = random_split(y, [(np.arange(160), np.arange(160, N))], 0).folds
    assert_like(y, folds, [(np.arange(160), np.arange(160, N))])


def test_groups_stay_whole():
    groups = np.arange(N) // 20
    for n_splits, cv in ((5, None), (3, 3)):
        split = honest_split(X, Y, groups=groups, times=np.arange(N), cv=cv)
        assert split.about == f"{n_splits} folds of 10 whole groups"
        for train, test in split.folds:
            assert not set(groups[train]) & set(groups[test])
    few = honest_split(X, Y, groups=np.arange(N) // 100)
    assert len(few.folds) == 2


def test_the_default_gap():
    split = honest_split(X, Y)
    assert_equal_folds(split.folds, BlockedStratifiedKFold(5, purge=4).split(X, Y))
    assert split.about.endswith("in the order of the rows, with a gap of 4 rows")
    times = np.random.default_rng(0).permutation(N) * 10.0
    gap = 0.1 * min(np.ptp(times[k == Y]) for k in (0, 1)) / 4
    split = honest_split(X, Y, times=times, cv=4)
    folds = BlockedStratifiedKFold(4, purge=gap).split(X, Y, times=times)
    assert_equal_folds(split.folds, folds)
    end = f"of each class in time, with a gap of {gap:.4g} seconds"
    assert split.about == f"4 blocks {end}"


def test_splitters_get_what_they_take():
    groups, times = np.arange(N) // 20, np.arange(N)[::-1] * 60.0
    cv = BlockedStratifiedKFold(4, purge=120.0)
    split = honest_split(X, Y, groups=groups, times=times, cv=cv)
    assert_equal_folds(split.folds, cv.split(X, Y, times=times))
    assert (
        split.about == "BlockedStratifiedKFold(n_splits=4, purge=120.0, residual=0.01)"
    )
    for cv in (GroupKFold(3), LeaveOneGroupOut()):
        split = honest_split(X, Y, groups=groups, times=times, cv=cv)
        assert_equal_folds(split.folds, cv.split(X, Y, groups))
    given_folds = [*GroupKFold(3).split(X, Y, groups)]
    assert_equal_folds(honest_split(X, Y, cv=given_folds).folds, given_folds)


ROWS = np.arange(N)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cv": 1}, "cv=1 must be at least 2 folds"),
        ({"cv": True}, "cv=True must be a number of folds"),
        ({"cv": "blocks"}, "cv='blocks' must be"),
        ({"cv": ShuffleSplit(3, random_state=0)}, "tests row .* in [23] folds"),
        ({"cv": [(ROWS, ROWS[:5])]}, "trains and tests on row 0 in fold 0"),
        ({"cv": []}, "cv tests no row"),
        ({"cv": PredefinedSplit(Y)}, "fold 0 .* has no row of class 0 to train on"),
        ({"groups": Y}, "all rows of class 0 are in group 0: .* BlockedStratified"),
        ({"cv": 2.5}, "cv=2.5 must be"),
        ({"groups": np.zeros(N)}, "groups holds one group"),
    ],
)
def test_errors_say_what_to_do(settings, message):
    with pytest.raises((TypeError, ValueError), match=message):
        honest_split(X, Y, **settings)


def test_a_class_that_has_no_room():
    y = np.where(np.arange(N) == 7, "rare", np.where(Y, "attack", "normal"))
    with pytest.raises(ValueError, match="class 'rare' has 1 rows"):
        honest_split(X, y)
    groups = np.arange(N) // 20
    with pytest.raises(ValueError, match=re.escape("class 'rare' are in group 0")):
        honest_split(X, y, groups=groups)


def test_few_groups_of_other_classes_are_told():
    groups, rng = np.repeat(np.arange(4), N // 4), np.random.default_rng(0)
    y = (rng.random(N) < np.array([0.1, 0.3, 0.6, 0.9])[groups]).astype(int)
    split = honest_split(X, y, groups=groups)
    shares = [np.mean(y[train] == 1) for train, _ in split.folds]
    assert f"between {min(shares):.0%} and {max(shares):.0%} of" in split.about
    assert honest_split(X, Y, groups=groups).about == "4 folds of 4 whole groups"


def test_folds_have_room_for_the_class_of_fewest_groups():
    """Captures of one class each: every fold tests one of the two of attacks."""
    groups = np.repeat(np.arange(6), 50)
    y = np.isin(groups, [1, 4]).astype(int)
    split = honest_split(np.zeros((300, 1)), y, groups=groups)
    assert split.about == "2 folds of 6 whole groups"
    assert all(len(np.unique(y[test])) == 2 for _, test in split.folds)
