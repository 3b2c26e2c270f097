"""Stratified samples of rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmirai.datasets import KITSUNE_MIRAI_CLASS_COUNTS, KITSUNE_MIRAI_SHAPE
from skmirai.datasets._subset import stratified_subset


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=5),
    st.floats(0, 1),
    st.integers(0, 3),
)
def test_each_class_has_its_share(counts, share, seed):
    y = np.random.default_rng(seed).permutation(
        np.repeat(np.arange(len(counts)), counts)
    )
    size = max(len(counts), int(share * len(y)))
    rows = stratified_subset(y, size, seed)
    assert len(rows) == size
    assert (np.diff(rows) > 0).all()
    taken = np.bincount(y[rows], minlength=len(counts))
    exact = size * np.array(counts) / len(y)
    assert (taken >= 1).all()
    if (exact >= 1).all():  # no class was given a row that is not its share
        assert (np.abs(taken - exact) < 1 + 1e-9).all()


@pytest.mark.parametrize(
    ("subset", "expected"),
    [("half", (60_810, 321_258)), ("quarter", (30_405, 160_629))],
)
def test_sizes_of_the_published_table(subset, expected):
    y = np.repeat([0, 1], KITSUNE_MIRAI_CLASS_COUNTS)
    rows = stratified_subset(y, subset, 0)
    assert len(rows) == KITSUNE_MIRAI_SHAPE[0] // {"half": 2, "quarter": 4}[subset]
    np.testing.assert_array_equal(np.bincount(y[rows]), expected)


def test_every_row_has_the_same_chance():
    y = np.repeat([0, 1], [4, 8])
    seen = np.zeros(12)
    for seed in range(600):
        seen[stratified_subset(y, "half", seed)] += 1
    # Binomial with p = 1/2: five standard deviations around 300.
    assert (np.abs(seen - 300) < 5 * np.sqrt(150)).all()
