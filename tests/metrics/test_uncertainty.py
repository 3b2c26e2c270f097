import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from skmirai.metrics import (
    expected_entropy,
    mutual_information,
    predictive_entropy,
    variation_ratio,
)

OF_SAMPLES = [expected_entropy, mutual_information, variation_ratio]


@st.composite
def proba_samples(draw, dtypes=("float32", "float64")):
    """Any distributions: one-hot, nearly 0 or 1, subnormal, uniform."""
    shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(1, 4)))
    special = st.sampled_from([0.0, 1e-300, 1e-16, 1e-9, 1e-7, 0.5, 1.0, 1e6])
    raw = draw(arrays(np.float64, shape, elements=special | st.floats(0, 1)))
    raw[..., 0] = np.where(raw.sum(axis=-1) == 0, 1.0, raw[..., 0])
    return (raw / raw.sum(axis=-1, keepdims=True)).astype(draw(st.sampled_from(dtypes)))


def brute_entropy(row):
    return math.fsum(-p * math.log(p) for p in map(float, row) if p > 0)


@given(proba_samples())
@settings(deadline=None)
def test_entropies_equal_loops_over_math_log(samples):
    loops = np.array([[brute_entropy(row) for row in one] for one in samples])
    assert_allclose(predictive_entropy(samples), loops, rtol=1e-12, atol=1e-14)
    assert_allclose(expected_entropy(samples), loops.mean(axis=0), atol=1e-14)


@given(proba_samples(dtypes=("float64",)))
@settings(deadline=None)
def test_entropy_equals_scipy(samples):
    assert_allclose(
        predictive_entropy(samples), scipy.stats.entropy(samples, axis=-1), atol=1e-13
    )


@given(proba_samples())
@settings(deadline=None)
def test_total_is_aleatoric_plus_epistemic(samples):
    # Not samples.mean(axis=0): three times 1/3 in float32 is not a third.
    total = predictive_entropy(samples.astype(np.float64).mean(axis=0))
    epistemic = mutual_information(samples)
    assert_allclose(total, expected_entropy(samples) + epistemic, rtol=0, atol=1e-14)
    assert (epistemic >= 0).all()
    assert (epistemic <= total + 1e-14).all()
    # float32 rows sum to one within some 1e-7 only
    assert (total <= math.log(samples.shape[-1]) + 1e-6).all()


@given(proba_samples(), st.integers(1, 7))
@settings(deadline=None)
def test_equal_passes_have_no_epistemic_part(samples, n_passes):
    samples = np.repeat(samples[:1], n_passes, axis=0)
    assert_array_equal(mutual_information(samples), 0.0)
    assert_array_equal(variation_ratio(samples), 0.0)
    assert_array_equal(expected_entropy(samples), predictive_entropy(samples[0]))


@given(proba_samples())
@settings(deadline=None)
def test_variation_ratio_counts_votes(samples):
    n_passes, n_samples, n_classes = samples.shape
    for row in range(n_samples):
        votes = [int(np.argmax(samples[t, row])) for t in range(n_passes)]
        modal = max(votes.count(label) for label in range(n_classes))
        assert variation_ratio(samples)[row] == (n_passes - modal) / n_passes


def test_variation_ratio_gives_ties_to_the_first_class():
    tie, second = [[0.5, 0.5]], [[0.4, 0.6]]
    assert variation_ratio([tie, tie, second]) == pytest.approx(1 / 3)
    tie, second = [[0.2, 0.4, 0.4]], [[0.1, 0.5, 0.4]]
    assert variation_ratio([tie, second]) == 0.0


@given(proba_samples(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_rows_and_passes_may_be_permuted(samples, random):
    rows = random.sample(range(samples.shape[1]), samples.shape[1])
    passes = random.sample(range(len(samples)), len(samples))
    for measure in OF_SAMPLES:
        assert_allclose(
            measure(samples[passes][:, rows]), measure(samples)[rows], atol=1e-14
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes(dtype):
    for n_classes in (1, 2, 5, 1000):
        uniform = np.full((3, n_classes), 1 / n_classes, dtype=dtype)
        assert_allclose(predictive_entropy(uniform), math.log(n_classes), atol=1e-6)
        one_hot = np.eye(n_classes, dtype=dtype)
        entropy = predictive_entropy(one_hot)
        assert entropy.dtype == np.float64
        assert_array_equal(entropy, 0.0)
        assert not np.signbit(entropy).any()
        # Every pass sure of another class: all of the uncertainty is epistemic.
        epistemic = mutual_information(one_hot[:, np.newaxis])
        assert_allclose(epistemic, math.log(n_classes), rtol=1e-12)


def test_float32_is_computed_in_float64():
    samples = np.random.default_rng(0).dirichlet(np.ones(3), (5, 200))
    samples = samples.astype(np.float32)
    assert_array_equal(
        predictive_entropy(samples), predictive_entropy(samples.astype(np.float64))
    )
    assert_array_equal(
        mutual_information(samples), mutual_information(samples.astype(np.float64))
    )


def test_shapes_and_inputs():
    assert predictive_entropy([0.5, 0.5]) == pytest.approx(math.log(2))
    assert predictive_entropy(np.full((2, 3, 4), 0.25)).shape == (2, 3)
    assert predictive_entropy(np.empty((0, 3))).shape == (0,)
    assert_array_equal(predictive_entropy([[1, 0], [0, 1]]), 0.0)
    assert_array_equal(predictive_entropy(np.eye(3, dtype=bool)), 0.0)
    strided = np.full((4, 6), 0.5, order="F")[:, ::3]
    assert_allclose(predictive_entropy(strided), math.log(2))


def test_input_is_left_alone():
    samples = np.array([[[1.00000003, 0.0]], [[0.5, 0.5]]])
    before = samples.copy()
    for measure in (predictive_entropy, *OF_SAMPLES):
        assert (measure(samples) >= 0).all()  # no negative entropy from p > 1
    assert_array_equal(samples, before)


@pytest.mark.parametrize("n_rows", [300, 400_000])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([np.nan, 0.5], r"proba\[200, 0\]=nan must be finite.*drop or repair"),
        ([np.inf, -np.inf], r"proba\[200, 0\]=inf must be finite"),
        ([1.1, -0.1], r"proba\[200, 1\]=-0.1 must be >= 0.*not logits"),
        ([0.5, 0.501], r"proba\[200\] sums to 1.001; .*must sum to 1.*softmax"),
        ([0.0, 0.0], r"proba\[200\] sums to 0;"),
    ],
)
def test_bad_values_are_named(bad, message, n_rows):
    proba = np.full((n_rows, 2), 0.5)
    proba[200] = bad
    with pytest.raises(ValueError, match=message):
        predictive_entropy(proba)


@pytest.mark.parametrize("measure", OF_SAMPLES)
def test_bad_samples_are_named(measure):
    samples = np.full((3, 4, 2), 0.5)
    samples[1, 2] = 0.9
    with pytest.raises(ValueError, match=r"proba_samples\[1, 2\] sums to 1.8; "):
        measure(samples)
    samples[1, 2] = np.nan
    with pytest.raises(
        ValueError, match=r"proba_samples\[1, 2, 0\]=nan must be finite"
    ):
        measure(samples)
    with pytest.raises(ValueError, match=r"shape \(4, 2\); expected \(n_passes, n_sam"):
        measure(np.full((4, 2), 0.5))
    with pytest.raises(ValueError, match=r"at least one pass .*proba\[np.newaxis\]"):
        measure(np.empty((0, 4, 2)))


def test_other_bad_inputs():
    with pytest.raises(ValueError, match=r"proba sums to 2; "):
        predictive_entropy([1.0, 1.0])
    with pytest.raises(ValueError, match=r"shape \(\); expected \(..., n_classes\)"):
        predictive_entropy(0.5)
    with pytest.raises(ValueError, match=r"shape \(3, 0\); .*at least one class"):
        predictive_entropy(np.empty((3, 0)))
    with pytest.raises(ValueError, match=r"dtype <U3; expected real numbers"):
        predictive_entropy(["0.5", "0.5"])


def test_tolerance_fits_float32():
    logits = np.random.default_rng(0).normal(0, 20, (1000, 100)).astype(np.float32)
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax = exp / exp.sum(axis=1, keepdims=True)
    assert predictive_entropy(softmax).min() >= 0
    assert predictive_entropy([0.33333, 0.33333, 0.33333]) > 0
