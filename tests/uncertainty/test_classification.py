"""Uncertainty of labels against brute force, the metrics and its identities."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from skmirai import metrics
from skmirai.uncertainty import PredictiveUncertainty, UncertaintyAccumulator
from tests.uncertainty.passes import DERIVED, FIELDS, brute_force, dirichlet, result_of


@st.composite
def proba_samples(draw, dtypes=("float32", "float64"), min_classes=1, max_classes=4):
    """Any distributions: one-hot, nearly 0 or 1, subnormal, uniform."""
    n_classes = draw(st.integers(min_classes, max_classes))
    shape = (draw(st.integers(1, 7)), draw(st.integers(1, 5)), n_classes)
    special = st.sampled_from([0.0, 1e-300, 1e-16, 1e-9, 1e-7, 0.5, 1.0, 1e6])
    raw = draw(arrays(np.float64, shape, elements=special | st.floats(0, 1)))
    raw[..., 0] = np.where(raw.sum(axis=-1) == 0, 1.0, raw[..., 0])
    return (raw / raw.sum(axis=-1, keepdims=True)).astype(draw(st.sampled_from(dtypes)))


def assert_same(a, b, atol=1e-13):
    assert a.n_passes == b.n_passes
    assert_array_equal(a.classes, b.classes)
    assert_array_equal(a.votes, b.votes)
    for name in ("proba", "std", "expected_entropy", "predictive_entropy"):
        assert_allclose(getattr(a, name), getattr(b, name), rtol=0, atol=atol)


@given(proba_samples())
@settings(deadline=None)
def test_equals_brute_force(samples):
    result, expected = result_of(samples), brute_force(samples)
    assert_array_equal(result.votes, expected["votes"])
    assert_allclose(result.proba, expected["proba"], atol=1e-14)
    assert_allclose(result.std, expected["std"], atol=1e-14)
    assert_allclose(result.predictive_entropy, expected["total"], atol=1e-13)
    assert_allclose(result.expected_entropy, expected["aleatoric"], atol=1e-13)
    n_passes = len(samples)
    ratio = 1 - expected["votes"].max(axis=1) / n_passes
    assert_allclose(result.variation_ratio, ratio, atol=1e-15)


@given(proba_samples())
@settings(deadline=None)
def test_equals_the_metrics(samples):
    result = result_of(samples)
    assert_array_equal(
        result.predictive_entropy, metrics.predictive_entropy(result.proba)
    )
    for name in ("expected_entropy", "mutual_information", "variation_ratio"):
        expected = getattr(metrics, name)(samples)
        assert_allclose(getattr(result, name), expected, rtol=0, atol=1e-14)


@given(proba_samples(dtypes=("float64",)))
@settings(deadline=None)
def test_entropies_equal_scipy(samples):
    result = result_of(samples)
    total = scipy.stats.entropy(samples.mean(axis=0), axis=-1)
    aleatoric = scipy.stats.entropy(samples, axis=-1).mean(axis=0)
    assert_allclose(result.predictive_entropy, total, atol=1e-13)
    assert_allclose(result.expected_entropy, aleatoric, atol=1e-13)
    # Mutual information is the mean divergence of the passes from their mean (whose
    # smallest values would underflow to 0 here, and divide).
    samples = np.where(samples < 1e-200, 0.0, samples)
    divergence = scipy.stats.entropy(samples, samples.mean(axis=0)[None], axis=-1)
    assert_allclose(result.mutual_information, divergence.mean(axis=0), atol=1e-12)


@given(proba_samples())
@settings(deadline=None)
def test_total_is_aleatoric_plus_epistemic(samples):
    result = result_of(samples)
    total = result.expected_entropy + result.mutual_information
    assert_allclose(result.predictive_entropy, total, rtol=4e-16, atol=0)
    assert (result.expected_entropy >= 0).all()
    assert (result.mutual_information >= 0).all()
    assert (result.mutual_information <= result.predictive_entropy).all()
    # float32 rows sum to one within some 1e-7 only
    assert (result.predictive_entropy <= math.log(samples.shape[-1]) + 1e-6).all()


@given(proba_samples(min_classes=2, max_classes=2))
@settings(deadline=None)
def test_bernoulli_variance_splits_too(samples):
    result = result_of(samples)
    p = samples[..., 1].astype(np.float64)
    mean = result.proba[:, 1]
    within, between = (p * (1 - p)).mean(axis=0), result.std[:, 1] ** 2
    assert_allclose(mean * (1 - mean), within + between, rtol=0, atol=1e-15)


@given(proba_samples(), st.integers(1, 60))
@settings(deadline=None)
def test_equal_passes_are_certain_exactly(samples, n_passes):
    samples = np.repeat(samples[:1], n_passes, axis=0)
    whole = result_of(samples)
    single = UncertaintyAccumulator(samples.shape[1], whole.classes)
    for one in samples:
        single.update(slice(None), one[np.newaxis])
    for result in (whole, single.result(), whole.merge(single.result())):
        assert_array_equal(result.proba, np.minimum(samples[0].astype(np.float64), 1))
        assert_array_equal(result.std, 0.0)
        assert_array_equal(result.mutual_information, 0.0)
        assert_array_equal(result.expected_entropy, result.predictive_entropy)
        assert_array_equal(result.variation_ratio, 0.0)


def test_identity_is_exact_where_rounding_would_break_it():
    # Passes that differ in the last bits: the true information, some 1e-32, is far
    # below the rounding of the entropies.
    rng = np.random.default_rng(0)
    p = 0.3 + rng.integers(-3, 4, (100, 5000)) * 2.0**-54
    result = result_of(np.stack([1 - p, p], axis=-1))
    assert (result.mutual_information >= 0).all()
    assert result.mutual_information.max() < 1e-15
    assert_array_equal(
        result.expected_entropy + result.mutual_information, result.predictive_entropy
    )


def test_std_keeps_its_digits_near_one():
    # 1 - p is held exactly beside p, so both must have the same spread.
    rare = np.ldexp(np.random.default_rng(0).integers(0, 2**10, (50, 20)), -53)
    result = result_of(np.stack([1 - rare, rare], axis=-1))
    assert_allclose(result.std[:, 0], result.std[:, 1], rtol=1e-12)


@given(proba_samples(), st.data())
@settings(deadline=None)
def test_any_split_in_any_order_equals_one_pass(samples, data):
    n_passes, n_samples, _ = samples.shape
    blocks = []
    rows = sorted(data.draw(st.sets(st.integers(0, n_samples))) | {0, n_samples})
    for start, stop in itertools.pairwise(rows):
        cuts = sorted(data.draw(st.sets(st.integers(0, n_passes))) | {0, n_passes})
        blocks += [(start, stop, *cut) for cut in itertools.pairwise(cuts)]
    classes = [f"class {c}" for c in range(samples.shape[-1])]
    keep = data.draw(st.booleans())
    accumulator = UncertaintyAccumulator(
        n_samples, classes, keep_samples=keep, n_passes=n_passes if keep else None
    )
    for start, stop, first, last in data.draw(st.permutations(blocks)):
        accumulator.update(slice(start, stop), samples[first:last, start:stop], first)
    result = accumulator.result()
    assert_same(result, result_of(samples))
    if keep:
        assert_array_equal(result.samples, samples)


@given(proba_samples(), proba_samples(), st.booleans(), st.booleans())
@settings(deadline=None)
def test_merge_equals_all_passes_at_once(a, b, keep_a, keep_b):
    n_samples, n_classes = min(a.shape[1], b.shape[1]), min(a.shape[2], b.shape[2])
    # Fold the classes that only one of them has into the last.
    a, b = (
        np.minimum(np.add.reduceat(s[:, :n_samples], range(n_classes), axis=-1), 1)
        for s in (a, b)
    )
    first, second = result_of(a, keep_samples=keep_a), result_of(b, keep_samples=keep_b)
    parts = ("samples",) if keep_a and keep_b else ("proba", "std", "votes")
    assume(
        not first.std.any()
        or any(
            not np.array_equal(getattr(first, part), getattr(second, part))
            for part in parts
        )
    )
    merged = first.merge(second)
    assert_same(merged, result_of(np.concatenate([a, b])), atol=1e-13)
    if keep_a and keep_b:
        assert_array_equal(merged.samples, np.concatenate([a, b]))
    else:
        assert merged.samples is None


@given(proba_samples(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_permuting_rows_commutes(samples, random):
    rows = random.sample(range(samples.shape[1]), samples.shape[1])
    result, permuted = result_of(samples), result_of(samples[:, rows])
    for name in (*FIELDS, *DERIVED):
        value, expected = getattr(permuted, name), getattr(result, name)[rows]
        if name == "label":
            assert_array_equal(value, expected)
        else:
            assert_allclose(value, expected, rtol=1e-14, atol=1e-15)


def test_blocks_larger_than_a_chunk_equal_small_ones():
    samples = dirichlet((3, 70_000)).astype(np.float32)
    whole = result_of(samples)
    part = result_of(samples[:, 40_000:40_100])
    for name in ("proba", "std", "votes"):
        assert_array_equal(getattr(whole, name)[40_000:40_100], getattr(part, name))


def test_memory_does_not_grow_with_passes():
    block = dirichlet((10, 1000), n_classes=2)
    peaks = []
    for n_blocks in (1, 50):
        tracemalloc.start()
        accumulator = UncertaintyAccumulator(1000, [0, 1])
        for _ in range(n_blocks):
            accumulator.update(slice(0, 1000), block)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


def bernoulli_mixture():
    """Values of p, their probabilities, and the mutual information, enumerated."""
    p, weight = np.array([0.02, 0.5, 0.9]), np.array([0.5, 0.3, 0.2])
    entropy = lambda q: scipy.stats.entropy([q, 1 - q])  # noqa: E731
    return p, weight, entropy(p @ weight) - entropy(p) @ weight


@pytest.mark.parametrize("n_passes", [2, 3, 5, 8])
def test_correction_undoes_most_of_the_bias_in_expectation(n_passes):
    p, weight, truth = bernoulli_mixture()
    draws = np.array(list(itertools.product(range(3), repeat=n_passes)))  # all of them
    chance = weight[draws].prod(axis=1)
    samples = np.stack([1 - p[draws], p[draws]], axis=-1).transpose(1, 0, 2)
    result = result_of(samples)
    plug_in = chance @ result.mutual_information
    corrected = chance @ result.mutual_information_corrected
    assert plug_in == pytest.approx(truth * (1 - 1 / n_passes), rel=0.12)
    assert abs(corrected - truth) < 0.3 * abs(plug_in - truth)
    # Here the enumeration leaves no Monte Carlo error.
    assert chance @ result.mc_error[:, 1] ** 2 == pytest.approx(
        chance @ (result.proba[:, 1] - p @ weight) ** 2
    )


def test_correction_undoes_most_of_the_bias_on_draws():
    p, weight, truth = bernoulli_mixture()
    n_passes, n_rows = 10, 40_000
    draws = np.random.default_rng(0).choice(p, size=(n_passes, n_rows), p=weight)
    result = result_of(np.stack([1 - draws, draws], axis=-1))
    plug_in, corrected = result.mutual_information, result.mutual_information_corrected
    # The plug-in is low by more than 8 standard errors, and the corrected estimate
    # nearer by more than 6: with a fresh seed, a false alarm in under 1e-8 of runs.
    error = plug_in.std() / math.sqrt(n_rows)
    assert truth - plug_in.mean() > 8 * error
    gain = abs(plug_in.mean() - truth) - abs(corrected.mean() - truth)
    assert gain > 6 * error


def test_hand_computed_case():
    result = PredictiveUncertainty.from_samples(
        [[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]], ["benign", "mirai"]
    )
    log2 = math.log(2)
    assert_array_equal(result.label, ["benign", "benign"])  # ties to the first
    assert_allclose(result.confidence, [0.5, 0.5])
    assert_allclose(result.std, [[0.5, 0.5], [0, 0]])
    assert_array_equal(result.votes, [[1, 1], [2, 0]])
    assert_allclose(result.predictive_entropy, [log2, log2])
    assert_allclose(result.expected_entropy, [0, log2])
    assert_allclose(result.mutual_information, [log2, 0])
    assert_allclose(result.mutual_information_corrected, [2 * log2, 0])
    assert_allclose(result.variation_ratio, [0.5, 0])
    assert_allclose(result.mc_error, [[0.5, 0.5], [0, 0]])


def test_one_pass_has_no_error_estimate():
    result = result_of(dirichlet((1, 4)))
    assert np.isnan(result.mutual_information_corrected).all()
    assert np.isnan(result.mc_error).all()
    assert_array_equal(result.mutual_information, 0.0)
