import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from skmirai.uncertainty._moments import (
    StreamingMoments,
    combine_moments,
    read_only,
    select_rows,
    standard_error,
)

near_one = st.integers(0, 2**20).map(lambda k: 1 - k * 2.0**-53)
values = near_one | st.floats(0, 1) | st.sampled_from([0.0, 1.0])


def passes(elements=values):
    shapes = st.tuples(st.integers(1, 9), st.integers(1, 3), st.integers(1, 3))
    return shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=elements))


def stream(block, cuts):
    moments = StreamingMoments(block.shape[1:])
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < len(block)}), len(block)]
    for low, high in itertools.pairwise(edges):
        moments.update(slice(0, block.shape[1]), block[low:high])
    return moments


@given(passes(), st.lists(st.integers(1, 8)))
@settings(deadline=None)
def test_moments_equal_exact_fractions(block, cuts):
    moments = stream(block, cuts)
    for place in np.ndindex(block.shape[1:]):
        column = block[(slice(None), *place)].tolist()
        assert moments.mean()[place] == pytest.approx(
            statistics.mean(column), rel=1e-14, abs=1e-300
        )
        # Relative, although 1 - 1e-16 and 1 - 2e-16 differ in the last bit only.
        assert moments.std()[place] == pytest.approx(
            statistics.pstdev(column), rel=1e-12, abs=1e-150
        )


@given(passes(), st.integers(1, 40), st.lists(st.integers(1, 39)))
@settings(deadline=None)
def test_equal_passes_are_exact(block, n_passes, cuts):
    moments = stream(np.repeat(block[:1], n_passes, axis=0), cuts)
    assert_array_equal(moments.mean(), block[0])
    assert_array_equal(moments.std(), 0.0)


def test_float32_equal_passes_are_exact():
    block = np.full((7, 3), 0.1, dtype=np.float32)
    moments = stream(block, [2, 3])
    assert_array_equal(moments.mean(), np.float64(np.float32(0.1)))
    assert_array_equal(moments.std(), 0.0)


def test_an_outlying_first_pass_costs_few_digits():
    rng = np.random.default_rng(0)
    column = np.concatenate([[1e6], 1 + 1e-6 * rng.standard_normal(999)])
    moments = stream(column[:, np.newaxis], range(1, 1000))
    assert moments.std()[0] == pytest.approx(
        statistics.pstdev(column.tolist()), rel=1e-12
    )


def test_rows_may_be_at_different_passes():
    block = np.random.default_rng(0).random((6, 4))
    moments = StreamingMoments((4,))
    moments.update(slice(2, 4), block[:3, 2:])
    moments.update(slice(0, 4), block[3:])
    moments.update(slice(0, 2), block[:3, :2])
    assert_array_equal(moments.count, 6)
    assert_allclose(moments.mean(), block.mean(axis=0), rtol=1e-14)
    assert_allclose(moments.std(), block.std(axis=0), rtol=1e-13)


@given(passes(), st.integers(1, 8))
@settings(deadline=None)
def test_combining_two_groups_equals_one(block, cut):
    parts = [block[:cut], block[cut:]]
    if not len(parts[1]):
        parts = [block, block]
    whole = np.concatenate(parts)
    (a, mean_a, m2_a), (b, mean_b, m2_b) = (
        (len(part), part.mean(axis=0), len(part) * part.var(axis=0)) for part in parts
    )
    mean, m2 = combine_moments(a, mean_a, m2_a, b, mean_b, m2_b)
    assert_allclose(mean, whole.mean(axis=0), atol=1e-14)
    assert_allclose(m2, len(whole) * whole.var(axis=0), atol=1e-14)


def test_standard_error_is_unbiased():
    # All 3**2 pairs of passes: the mean squared error of their mean is the mean of
    # the squared estimate, exactly.
    pairs = np.array(np.meshgrid(*[[0.1, 0.4, 0.9]] * 2)).reshape(2, -1)
    estimate = standard_error(pairs.std(axis=0), 2)
    truth = np.mean((pairs.mean(axis=0) - np.mean([0.1, 0.4, 0.9])) ** 2)
    assert np.mean(estimate**2) == pytest.approx(truth)
    assert np.isnan(standard_error(np.zeros(3), 1)).all()


def test_read_only_copies_what_others_may_write():
    mine = np.zeros(2)
    frozen = read_only(mine)
    mine[0] = 1
    assert_array_equal(frozen, 0.0)
    assert read_only(frozen) is frozen
    with pytest.raises(ValueError, match="read-only"):
        frozen[0] = 1


@given(
    arrays(np.float64, st.integers(1, 30), elements=st.sampled_from([0.0, 0.5, 1.0])),
    st.floats(0, 1, exclude_min=True),
    st.floats(0, 1, exclude_min=True),
    st.booleans(),
)
@settings(deadline=None)
def test_coverage_is_exact_and_nested(uncertainty, small, large, keep_high):
    small, large = sorted((small, large))
    masks = [
        select_rows(uncertainty, coverage=share, threshold=None, keep_high=keep_high)
        for share in (small, large)
    ]
    for share, mask in zip((small, large), masks, strict=True):
        exact = share * len(uncertainty)
        assert mask.sum() in {math.ceil(exact), math.ceil(exact - 1e-9)}
        assert mask.sum() >= 1
        kept, left = uncertainty[mask], uncertainty[~mask]
        if left.size:
            assert kept.min() >= left.max() if keep_high else kept.max() <= left.min()
    assert not (masks[0] & ~masks[1]).any()


@pytest.mark.parametrize("n", [1, 7, 100, 1000])
def test_coverage_in_hundredths_counts_as_written(n):
    for hundredths in range(1, 101):
        mask = select_rows(np.zeros(n), coverage=hundredths / 100, threshold=None)
        assert mask.sum() == -(-hundredths * n // 100)
        assert mask[: mask.sum()].all()  # ties go to the earlier rows


@pytest.mark.parametrize("keep_high", [False, True])
def test_ties_go_to_the_earlier_rows(keep_high):
    values = np.random.default_rng(0).integers(0, 3, 1000).astype(float)
    order = sorted(range(1000), key=lambda i: -values[i] if keep_high else values[i])
    keep = select_rows(values, coverage=0.45, threshold=None, keep_high=keep_high)
    assert_array_equal(np.flatnonzero(keep), sorted(order[:450]))


def test_threshold_includes_the_limit():
    uncertainty = np.array([0.1, 0.2, 0.3])
    keep = select_rows(uncertainty, coverage=None, threshold=0.2)
    assert_array_equal(keep, [True, True, False])
    keep = select_rows(uncertainty, coverage=None, threshold=0.2, keep_high=True)
    assert_array_equal(keep, [False, True, True])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "coverage=None and threshold=None: give exactly one"),
        ({"coverage": 0.5, "threshold": 0.1}, "coverage=0.5 and threshold=0.1: give"),
        ({"coverage": 0.0}, r"coverage=0.0 must be in \(0, 1\]: .*0.9 for 90 %"),
        ({"coverage": 90}, r"coverage=90 must be in \(0, 1\]"),
        ({"coverage": math.nan}, r"coverage=nan must be in \(0, 1\]"),
        ({"threshold": math.nan}, "threshold=nan must be a number: a quantile"),
    ],
)
def test_selection_errors(options, message):
    with pytest.raises(ValueError, match=message):
        select_rows(np.zeros(3), **{"coverage": None, "threshold": None, **options})
