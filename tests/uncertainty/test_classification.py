import copy
import dataclasses
import itertools
import math
import pickle
import subprocess
import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from skmirai import metrics
from skmirai.uncertainty import PredictiveUncertainty, UncertaintyAccumulator

FIELDS = ("proba", "std", "votes", "expected_entropy", "predictive_entropy")
DERIVED = (
    "label",
    "confidence",
    "mutual_information",
    "mutual_information_corrected",
    "variation_ratio",
    "mc_error",
)
MEASURES = (*FIELDS[3:], *DERIVED[2:5], "confidence")


@st.composite
def proba_samples(draw, dtypes=("float32", "float64"), min_classes=1, max_classes=4):
    """Any distributions: one-hot, nearly 0 or 1, subnormal, uniform."""
    n_classes = draw(st.integers(min_classes, max_classes))
    shape = (draw(st.integers(1, 7)), draw(st.integers(1, 5)), n_classes)
    special = st.sampled_from([0.0, 1e-300, 1e-16, 1e-9, 1e-7, 0.5, 1.0, 1e6])
    raw = draw(arrays(np.float64, shape, elements=special | st.floats(0, 1)))
    raw[..., 0] = np.where(raw.sum(axis=-1) == 0, 1.0, raw[..., 0])
    return (raw / raw.sum(axis=-1, keepdims=True)).astype(draw(st.sampled_from(dtypes)))


def result_of(samples, **options):
    return PredictiveUncertainty.from_samples(
        samples, [f"class {c}" for c in range(samples.shape[-1])], **options
    )


def dirichlet(shape=(6, 10), n_classes=3, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(n_classes), shape)


def assert_same(a, b, atol=1e-13):
    assert a.n_passes == b.n_passes
    assert_array_equal(a.classes, b.classes)
    assert_array_equal(a.votes, b.votes)
    for name in ("proba", "std", "expected_entropy", "predictive_entropy"):
        assert_allclose(getattr(a, name), getattr(b, name), rtol=0, atol=atol)


def brute_force(samples):
    """Loops over rows, passes and classes, with math.log."""
    n_passes, n_samples, n_classes = samples.shape
    out = {name: [] for name in ("proba", "std", "votes", "total", "aleatoric")}
    entropy = lambda row: math.fsum(-p * math.log(p) for p in row if p > 0)  # noqa: E731
    for i in range(n_samples):
        rows = [[float(p) for p in samples[t, i]] for t in range(n_passes)]
        mean = [math.fsum(row[c] for row in rows) / n_passes for c in range(n_classes)]
        out["proba"].append(mean)
        out["std"].append(
            [
                math.sqrt(math.fsum((row[c] - mean[c]) ** 2 for row in rows) / n_passes)
                for c in range(n_classes)
            ]
        )
        modes = [row.index(max(row)) for row in rows]
        out["votes"].append([modes.count(c) for c in range(n_classes)])
        out["total"].append(entropy(mean))
        out["aleatoric"].append(math.fsum(map(entropy, rows)) / n_passes)
    return {name: np.array(values) for name, values in out.items()}


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


def test_arrays_are_read_only_and_frozen():
    samples = dirichlet()
    result = result_of(samples, keep_samples=True)
    for name in ("classes", *FIELDS, *DERIVED, "samples"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(result, name)[0] = getattr(result, name)[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.proba = samples[0]
    kept = samples.copy()
    samples[:] = 0
    assert_array_equal(result.samples, kept)


@pytest.mark.parametrize("keep_samples", [False, True])
@pytest.mark.parametrize(
    "clone", [lambda r: pickle.loads(pickle.dumps(r)), copy.deepcopy, copy.copy]
)
def test_pickles_and_copies(clone, keep_samples):
    result = result_of(dirichlet().astype(np.float32), keep_samples=keep_samples)
    _ = result.mutual_information
    back = clone(result)
    for name in ("classes", *FIELDS, *DERIVED):
        assert_array_equal(getattr(back, name), getattr(result, name))
        assert not getattr(back, name).flags.writeable
    assert back.n_passes == result.n_passes
    if keep_samples:
        assert_array_equal(back.samples, result.samples)
        assert back.samples.dtype == np.float32
    else:
        assert back.samples is None


def test_is_compared_by_identity():
    result = result_of(dirichlet())
    assert result == result
    assert result != result_of(dirichlet())
    assert len({result, result}) == 1


def test_len_and_repr():
    result = result_of(dirichlet((2, 4), n_classes=30), keep_samples=True)
    assert len(result) == 4
    assert len(repr(result)) < 200
    assert repr(result).endswith("n_passes=2, samples kept)")


@pytest.mark.parametrize("classes", [[0, 1, 2], ["a", "b", "c"], [True, "x", None]])
def test_frame(classes):
    samples = dirichlet((5, 4))
    result = PredictiveUncertainty.from_samples(
        samples, np.array(classes, dtype=object if None in classes else None)
    )
    index = pd.Index([10, 11, 12, 13], name="packet")
    frame = result.to_frame(index=index)
    assert list(frame.columns) == [
        "label",
        "confidence",
        *(f"proba_{label}" for label in classes),
        *(f"std_{label}" for label in classes),
        "predictive_entropy",
        "expected_entropy",
        "mutual_information",
        "mutual_information_corrected",
        "variation_ratio",
    ]
    pd.testing.assert_index_equal(frame.index, index)
    assert_array_equal(frame["label"].to_numpy(), result.label)
    for name in MEASURES:
        assert_array_equal(frame[name].to_numpy(), getattr(result, name))
    assert_array_equal(frame.iloc[:, 2:5].to_numpy(), result.proba)
    assert_array_equal(frame.iloc[:, 5:8].to_numpy(), result.std)
    frame.loc[10, "confidence"] = 0.0  # the frame is the user's own
    assert result.confidence[0] > 0
    with pytest.raises(ValueError, match=r"index has 3 entries; expected 4"):
        result.to_frame(index=[1, 2, 3])


@pytest.mark.parametrize("by", MEASURES)
def test_select_keeps_the_least_uncertain(by):
    result = result_of(dirichlet((6, 101)))
    doubt = -result.confidence if by == "confidence" else getattr(result, by)
    previous = np.zeros(101, dtype=bool)
    for coverage in (0.001, 0.25, 0.5, 0.99, 1.0):
        keep = result.select(coverage=coverage, by=by)
        assert keep.dtype == bool
        assert keep.sum() == math.ceil(coverage * 101)
        assert not (previous & ~keep).any()
        assert doubt[keep].max() <= doubt[~keep].min(initial=np.inf)
        previous = keep
    limit = getattr(result, by)[17]
    expected = getattr(result, by) >= limit if by == "confidence" else doubt <= limit
    assert_array_equal(result.select(threshold=limit, by=by), expected)


def test_select_errors():
    result = result_of(dirichlet((1, 4)))
    with pytest.raises(ValueError, match="by='entropy' must be one of predictive_en"):
        result.select(coverage=0.5, by="entropy")
    with pytest.raises(ValueError, match="is NaN at n_passes=1: use at least 2 passes"):
        result.select(coverage=0.5, by="mutual_information_corrected")
    with pytest.raises(ValueError, match="give exactly one"):
        result.select()


def test_merge_errors():
    samples = dirichlet()
    result = result_of(samples)
    with pytest.raises(ValueError, match=r"same 6 passes.*the same random_state\?"):
        result.merge(result_of(samples))
    kept = result_of(samples, keep_samples=True)
    with pytest.raises(ValueError, match="same 6 passes"):
        kept.merge(kept)
    with pytest.raises(ValueError, match=r"\(10, 3\) and \(9, 3\) do not cover the sa"):
        result.merge(result_of(samples[:, :9]))
    other = PredictiveUncertainty.from_samples(samples, [0, 1, 2])
    with pytest.raises(ValueError, match=r"'class 2'\] and \[0, 1, 2\] differ: merge"):
        result.merge(other)
    two = result_of(dirichlet(n_classes=2))
    with pytest.raises(
        ValueError, match=r"'class 2'\] and \['class 0', 'class 1'\] dif"
    ):
        result.merge(two)
    with pytest.raises(
        TypeError, match="other is of type ndarray; expected another Pr"
    ):
        result.merge(samples)


def test_kept_passes_in_another_order_are_other_passes():
    samples = np.array([[[0.5, 0.5]], [[1.0, 0.0]]])
    a, b = (result_of(s, keep_samples=True) for s in (samples, samples[::-1]))
    assert_array_equal(a.merge(b).proba, a.proba)


def arguments(**changes):
    good = {
        "classes": [0, 1],
        "proba": [[0.5, 0.5], [0.9, 0.1]],
        "std": [[0.1, 0.1], [0.2, 0.2]],
        "votes": [[1, 1], [2, 0]],
        "expected_entropy": [0.1, 0.1],
        "n_passes": 2,
    }
    return {**good, **changes}


def test_fields_may_be_lists():
    result = PredictiveUncertainty(**arguments())
    assert_allclose(result.mutual_information[0], math.log(2) - 0.1)
    assert_array_equal(result.label, [0, 0])


def test_rounding_of_the_entropies_is_taken_back():
    total = np.array([math.log(2), brute_force(np.array([[[0.9, 0.1]]]))["total"][0]])
    noise = np.array([1e-15, -1e-15])
    changes = {"std": np.zeros((2, 2)), "expected_entropy": total + noise}
    equal = PredictiveUncertainty(**arguments(**changes))
    assert_array_equal(equal.mutual_information, 0.0)
    assert_array_equal(equal.expected_entropy, equal.predictive_entropy)
    spread = PredictiveUncertainty(**arguments(**{**changes, "std": [[0.1] * 2] * 2}))
    assert spread.mutual_information[0] == 0.0
    assert 0 < spread.mutual_information[1] < 2e-15


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": [0, 0]}, r"classes=\[0, 0\] must be .*distinct.*classes_"),
        ({"classes": [[0, 1]]}, "must be one list of distinct labels"),
        ({"classes": [0, 1, 2]}, r"proba has shape \(2, 2\); expected \(n_samples, 3"),
        ({"proba": [0.5, 0.5]}, r"proba has shape \(2,\); expected \(n_samples, 2\)"),
        ({"proba": [[0.5, 0.6], [1, 0]]}, r"proba\[0\] sums to 1.1"),
        ({"std": [0.1, 0.1]}, r"std has shape \(2,\); expected \(2, 2\).*from_sampl"),
        ({"std": [[0, 0], [0, -1]]}, r"std\[1, 1\]=-1.0 must be finite and >= 0"),
        ({"std": [[0, np.nan], [0, 0]]}, r"std\[0, 1\]=nan must be finite and >= 0"),
        ({"votes": [1, 1]}, r"votes has shape \(2,\); expected \(2, 2\)"),
        ({"votes": [[1, 1], [2, 1]]}, r"votes\[1\] adds up to 3; expected n_passes=2"),
        ({"expected_entropy": [0.1]}, r"expected_entropy has shape \(1,\); expected"),
        ({"expected_entropy": [0.1, 0.5]}, r"py\[1\]=0.5 must not exceed .*0.325083"),
        ({"expected_entropy": [0.1, np.nan]}, r"py\[1\]=nan must not exceed"),
        ({"n_passes": 0}, "n_passes=0 must be an integer >= 1"),
        ({"n_passes": 2.5}, "n_passes=2.5 must be an integer >= 1"),
        ({"samples": [[[0.5, 0.5]]]}, r"samples has shape \(1, 1, 2\); .*\(2, 2, 2\)"),
    ],
)
def test_field_errors(changes, message):
    with pytest.raises(ValueError, match=message):
        PredictiveUncertainty(**arguments(**changes))


def test_from_samples_errors():
    with pytest.raises(ValueError, match=r"proba_samples\[0, 1\] sums to 2"):
        PredictiveUncertainty.from_samples([[[1, 0], [1, 1]]], [0, 1])
    with pytest.raises(
        ValueError, match="has 2 classes on its last axis and classes h"
    ):
        PredictiveUncertainty.from_samples([[[1, 0]]], [0, 1, 2])
    with pytest.raises(ValueError, match=r"shape \(1, 2\); expected \(n_passes"):
        PredictiveUncertainty.from_samples([[1, 0]], [0, 1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_samples": 0}, "n_samples=0 must be >= 1"),
        ({"n_passes": 0}, "n_passes=0 must be >= 1"),
        ({"keep_samples": True}, "keep_samples=True needs n_passes"),
    ],
)
def test_accumulator_options(options, message):
    with pytest.raises(ValueError, match=message):
        UncertaintyAccumulator(**{"n_samples": 4, "classes": [0, 1], **options})


@pytest.mark.parametrize(
    ("rows", "block", "message"),
    [
        (slice(0, 2), np.full((3, 3, 2), 0.5), r"\(3, 3, 2\); .*expects \(t, 2, 2\)"),
        (slice(2, 9), np.full((3, 7, 2), 0.5), r"of 4 rows expects \(t, 2, 2\)"),
        (slice(0, 2), np.full((3, 2, 4), 0.25), r"expects \(t, 2, 2\): pass exactly"),
        (slice(0, 4, 2), np.full((3, 2, 2), 0.5), "must have step 1"),
        (slice(0, 2), np.full((0, 2, 2), 0.5), "at least one pass"),
        (slice(0, 2), np.full((1, 2, 2), 0.4), r"proba_block\[0, 0\] sums to 0.8"),
        (slice(0, 2), np.full((2, 2), 0.5), r"proba_block has shape \(2, 2\); exp"),
    ],
)
def test_refused_blocks_leave_no_trace(rows, block, message):
    samples = dirichlet((3, 4), n_classes=2)
    accumulator = UncertaintyAccumulator(4, [0, 1], keep_samples=True, n_passes=3)
    with pytest.raises(ValueError, match=message):
        accumulator.update(rows, block)
    accumulator.update(slice(0, 4), samples)
    assert_array_equal(
        accumulator.result().proba,
        PredictiveUncertainty.from_samples(samples, [0, 1]).proba,
    )


def test_accumulator_rows_must_be_a_slice():
    with pytest.raises(TypeError, match=r"rows=\[0, 1\] must be a slice"):
        UncertaintyAccumulator(4, [0, 1]).update([0, 1], np.full((1, 2, 2), 0.5))


def test_rows_with_different_numbers_of_passes_are_refused():
    accumulator = UncertaintyAccumulator(4, [0, 1])
    with pytest.raises(ValueError, match="row 0 received 0 passes; expected 1"):
        accumulator.result()
    accumulator.update(slice(0, 4), np.full((2, 4, 2), 0.5))
    accumulator.update(slice(0, 3), np.full((1, 3, 2), 0.5))
    with pytest.raises(
        ValueError, match="row 3 received 2 passes; expected 3 in every"
    ):
        accumulator.result()
    accumulator = UncertaintyAccumulator(4, [0, 1], n_passes=5)
    accumulator.update(slice(0, 4), np.full((2, 4, 2), 0.5))
    with pytest.raises(
        ValueError, match="row 0 received 2 passes; expected 5 in every"
    ):
        accumulator.result()


def test_kept_passes_must_not_overlap():
    accumulator = UncertaintyAccumulator(4, [0, 1], keep_samples=True, n_passes=4)
    accumulator.update(slice(0, 4), np.full((2, 4, 2), 0.5))
    with pytest.raises(
        ValueError, match=r"passes 1 to 2 of .* were given before: first"
    ):
        accumulator.update(slice(3, 4), np.full((2, 1, 2), 0.5), first_pass=1)
    with pytest.raises(ValueError, match=r"first_pass=3 with 2 passes .* n_passes=4"):
        accumulator.update(slice(0, 4), np.full((2, 4, 2), 0.5), first_pass=3)
    accumulator.update(slice(0, 4), np.full((2, 4, 2), 0.5), first_pass=2)
    assert accumulator.result().n_passes == 4


def test_kept_samples_widen_to_the_widest_type():
    a, b = dirichlet((1, 4)).astype(np.float32), dirichlet((1, 4), seed=1)
    for first, second in ((a, b), (b, a)):
        accumulator = UncertaintyAccumulator(4, range(3), keep_samples=True, n_passes=2)
        accumulator.update(slice(0, 4), first, 0)
        accumulator.update(slice(0, 4), second, 1)
        samples = accumulator.result().samples
        assert samples.dtype == np.float64
        assert_array_equal(samples, np.concatenate([first, second]))


def test_a_result_is_not_changed_by_later_updates():
    accumulator = UncertaintyAccumulator(4, [0, 1, 2])
    accumulator.update(slice(0, 4), dirichlet((2, 4)))
    early = accumulator.result()
    before = {name: getattr(early, name).copy() for name in FIELDS}
    accumulator.update(slice(0, 4), dirichlet((2, 4), seed=1))
    assert accumulator.result().n_passes == 4
    for name in FIELDS:
        assert_array_equal(getattr(early, name), before[name])


def test_importing_is_light():
    code = (
        "import sys, skmirai.uncertainty, skmirai.metrics; "
        "print([m for m in ('tensorflow', 'keras', 'matplotlib', 'pandas', 'sklearn')"
        " if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_measures_are_those_of_the_registry():
    result = result_of(dirichlet())
    for name, measure in metrics.UNCERTAINTY_MEASURES.items():
        values = getattr(result, name)
        assert values.shape == (10,)
        assert not values.flags.writeable
        if measure.of_statistics is not None:
            assert_array_equal(values, measure.of_statistics(result))
        words = " ".join(PredictiveUncertainty.select.__doc__.split())
        assert f'- "{name}": {measure.summary}' in words
    assert set(result.to_frame()) >= set(metrics.UNCERTAINTY_MEASURES)
    with pytest.raises(ValueError, match="did you mean 'variation_ratio'"):
        result.select(coverage=0.5, by="variation_ration")


ONE_ENTRY = """
import pickle, types
import numpy as np
from skmirai import metrics

new = {
    "expected_confidence": metrics.UncertaintyMeasure(
        "mean confidence of the single passes",
        of_passes=lambda proba: proba.max(axis=-1),
        high_is_uncertain=False,
    ),
    "spread": metrics.UncertaintyMeasure(
        "largest std", of_statistics=lambda passes: passes.std.max(axis=1)
    ),
}
metrics.UNCERTAINTY_MEASURES = {**metrics.UNCERTAINTY_MEASURES, **new}
from skmirai.uncertainty import PredictiveUncertainty

passes = np.random.default_rng(0).dirichlet([1, 1, 1], (7, 5))
parts = np.split(passes, [3])
a, b = (PredictiveUncertainty.from_samples(part, list("abc")) for part in parts)
result = pickle.loads(pickle.dumps(a.merge(b)))
expected = passes.max(axis=-1).mean(axis=0)
np.testing.assert_allclose(result.expected_confidence, expected, rtol=1e-12)
np.testing.assert_allclose(result.spread, passes.std(axis=0).max(axis=1), rtol=1e-12)
assert list(result.to_frame())[-2:] == ["expected_confidence", "spread"]
kept = result.select(coverage=0.2, by="expected_confidence")
assert kept.argmax() == expected.argmax() and kept.sum() == 1
assert "spread : ndarray" in PredictiveUncertainty.__doc__
bare = PredictiveUncertainty(
    classes=["a"], proba=[[1]], std=[[0]], votes=[[1]], expected_entropy=[0], n_passes=1
)
try:
    bare.expected_confidence
except ValueError as error:
    assert "from_samples" in str(error)
else:
    raise AssertionError
"""


def test_one_entry_makes_a_measure(run_python):
    run_python(ONE_ENTRY)


def test_a_measure_has_one_function():
    with pytest.raises(TypeError, match="'nothing' needs exactly one function"):
        metrics.UncertaintyMeasure("nothing")
