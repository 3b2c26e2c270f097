import itertools
import pickle
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from skmirai.uncertainty import (
    PredictiveUncertainty,
    RegressionAccumulator,
    RegressionUncertainty,
)

values = st.floats(-1e6, 1e6, width=32)
shapes = st.tuples(st.integers(1, 6), st.integers(1, 4)) | st.tuples(
    st.integers(1, 6), st.integers(1, 4), st.integers(1, 3)
)


@st.composite
def passes(draw):
    dtype = draw(st.sampled_from(["float32", "float64"]))
    return draw(arrays(dtype, draw(shapes), elements=values))


def normal(shape=(6, 10), seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def assert_same(a, b):
    assert a.n_passes == b.n_passes
    assert_allclose(a.mean, b.mean, rtol=1e-13, atol=1e-9)
    assert_allclose(a.std, b.std, rtol=1e-12, atol=1e-9)


@given(passes())
@settings(deadline=None)
def test_equals_exact_fractions(samples):
    result = RegressionUncertainty.from_samples(samples)
    assert result.mean.dtype == result.std.dtype == np.float64
    assert result.mean.shape == samples.shape[1:]
    for place in np.ndindex(samples.shape[1:]):
        column = samples[(slice(None), *place)].astype(float).tolist()
        assert result.mean[place] == pytest.approx(
            statistics.mean(column), rel=1e-14, abs=1e-9
        )
        assert result.std[place] == pytest.approx(
            statistics.pstdev(column), rel=1e-12, abs=1e-150
        )


@given(passes(), st.integers(1, 50))
@settings(deadline=None)
def test_equal_passes_have_no_spread(samples, n_passes):
    samples = np.repeat(samples[:1], n_passes, axis=0)
    result = RegressionUncertainty.from_samples(samples)
    assert_array_equal(result.mean, samples[0])
    assert_array_equal(result.std, 0.0)


@given(passes(), st.data())
@settings(deadline=None)
def test_any_split_in_any_order_equals_one_pass(samples, data):
    n_passes, n_samples = samples.shape[:2]
    blocks = []
    rows = sorted(data.draw(st.sets(st.integers(0, n_samples))) | {0, n_samples})
    for start, stop in itertools.pairwise(rows):
        cuts = sorted(data.draw(st.sets(st.integers(0, n_passes))) | {0, n_passes})
        blocks += [(start, stop, *cut) for cut in itertools.pairwise(cuts)]
    accumulator = RegressionAccumulator(
        n_samples,
        samples.shape[2] if samples.ndim == 3 else None,
        keep_samples=True,
        n_passes=n_passes,
    )
    for start, stop, first, last in data.draw(st.permutations(blocks)):
        accumulator.update(slice(start, stop), samples[first:last, start:stop], first)
    result = accumulator.result()
    assert_same(result, RegressionUncertainty.from_samples(samples))
    assert_array_equal(result.samples, samples)


@given(passes(), st.data(), st.booleans())
@settings(deadline=None)
def test_merge_equals_all_passes_at_once(a, data, keep):
    shape = (data.draw(st.integers(1, 5)), *a.shape[1:])
    b = data.draw(arrays(np.float64, shape, elements=values))
    first = RegressionUncertainty.from_samples(a, keep_samples=True)
    second = RegressionUncertainty.from_samples(b, keep_samples=keep)
    parts = ("samples",) if keep else ("mean", "std")
    assume(
        not first.std.any()
        or any(
            not np.array_equal(getattr(first, part), getattr(second, part))
            for part in parts
        )
    )
    merged = first.merge(second)
    whole = np.concatenate([a, b])
    assert_same(merged, RegressionUncertainty.from_samples(whole))
    if keep:
        assert_array_equal(merged.samples, whole)
    else:
        assert merged.samples is None


def test_rows_commute_and_outputs_are_independent():
    samples = normal((5, 20, 3))
    result = RegressionUncertainty.from_samples(samples)
    rows = np.random.default_rng(0).permutation(20)
    permuted = RegressionUncertainty.from_samples(samples[:, rows])
    assert_array_equal(permuted.mean, result.mean[rows])
    assert_array_equal(permuted.std, result.std[rows])
    for output in range(3):
        single = RegressionUncertainty.from_samples(samples[..., output])
        assert_allclose(single.mean, result.mean[:, output], rtol=1e-14, atol=1e-14)
        assert_allclose(single.std, result.std[:, output], rtol=1e-13)


def test_mc_error_covers_the_true_mean():
    # 95 % limits from 50 passes hold 93 to 97 % of 20,000 true means: binomial
    # error 0.15 points, and Student's limits in place of 1.96 take 0.5 points.
    result = RegressionUncertainty.from_samples(normal((50, 20_000)))
    covered = (np.abs(result.mean) < 1.96 * result.mc_error).mean()
    assert 0.93 < covered < 0.97
    single = RegressionUncertainty.from_samples(normal((1, 3)))
    assert np.isnan(single.mc_error).all()


def test_select_by_std():
    result = RegressionUncertainty.from_samples([[0.0, 0.0, 0.0], [4.0, 2.0, 6.0]])
    assert_array_equal(result.select(coverage=0.5), [True, True, False])
    assert_array_equal(result.select(threshold=1.0), [False, True, False])
    with pytest.raises(ValueError, match="give exactly one"):
        result.select(coverage=0.5, threshold=1.0)


def test_select_takes_the_worst_output():
    result = RegressionUncertainty.from_samples(
        [[[0.0, 0.0], [0.0, 0.0]], [[2.0, 8.0], [4.0, 4.0]]]
    )
    assert_array_equal(result.select(coverage=0.5), [False, True])
    assert_array_equal(result.select(threshold=3.0), [False, True])


def test_frame():
    samples = normal((4, 3, 2))
    result = RegressionUncertainty.from_samples(samples)
    frame = result.to_frame(index=list("abc"))
    assert list(frame.columns) == [
        *("mean_0", "std_0", "mc_error_0"),
        *("mean_1", "std_1", "mc_error_1"),
    ]
    assert list(frame.index) == ["a", "b", "c"]
    assert_array_equal(frame["std_1"], result.std[:, 1])
    single = RegressionUncertainty.from_samples(samples[..., 0])
    expected = pd.DataFrame(
        {"mean": single.mean, "std": single.std, "mc_error": single.mc_error}
    )
    pd.testing.assert_frame_equal(single.to_frame(), expected)
    with pytest.raises(ValueError, match=r"index has 2 entries; expected 3"):
        result.to_frame(index=[1, 2])


def test_pickle_keeps_arrays_read_only():
    result = RegressionUncertainty.from_samples(normal(), keep_samples=True)
    back = pickle.loads(pickle.dumps(result))
    for name in ("mean", "std", "samples", "mc_error"):
        assert_array_equal(getattr(back, name), getattr(result, name))
        for one in (result, back):
            with pytest.raises(ValueError, match="read-only"):
                getattr(one, name)[0] = 0
    assert len(back) == 10
    assert repr(back) == (
        "RegressionUncertainty(n_samples=10, n_passes=6, samples kept)"
    )


def test_merge_errors():
    samples = normal()
    result = RegressionUncertainty.from_samples(samples)
    with pytest.raises(ValueError, match=r"same 6 passes.*the same random_state\?"):
        result.merge(RegressionUncertainty.from_samples(samples))
    with pytest.raises(ValueError, match=r"\(10,\) and \(9,\) do not cover the same"):
        result.merge(RegressionUncertainty.from_samples(samples[:, :9]))
    proba = np.full((2, 10, 2), 0.5)
    with pytest.raises(TypeError, match="expected another RegressionUncertainty"):
        result.merge(PredictiveUncertainty.from_samples(proba, [0, 1]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mean": [0.0, np.inf]}, r"mean\[1\]=inf must be finite: .*learning_rate"),
        ({"mean": 1.0}, r"mean has shape \(\); expected \(n_samples,\) or"),
        ({"std": [1.0]}, r"std has shape \(1,\); expected \(2,\)"),
        ({"std": [1.0, -1.0]}, r"std\[1\]=-1.0 must be finite and >= 0"),
        ({"n_passes": 0}, "n_passes=0 must be an integer >= 1"),
        ({"samples": [[0.0, 0.0]]}, r"samples has shape \(1, 2\); expected \(3, 2\)"),
    ],
)
def test_field_errors(changes, message):
    good = {"mean": [0.0, 1.0], "std": [1.0, 1.0], "n_passes": 3}
    with pytest.raises(ValueError, match=message):
        RegressionUncertainty(**{**good, **changes})


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([1.0, 2.0], r"shape \(2,\); expected \(n_passes, n_samples\).*np.newaxis"),
        (np.empty((0, 3)), r"shape \(0, 3\); expected .*none of them 0"),
        ([[1.0, np.nan]], r"samples\[0, 1\]=nan must be finite"),
        ([["a"]], "samples has dtype <U1; expected real numbers"),
    ],
)
def test_from_samples_errors(samples, message):
    with pytest.raises(ValueError, match=message):
        RegressionUncertainty.from_samples(samples)


def test_accumulator_errors():
    with pytest.raises(ValueError, match="n_outputs=0 must be >= 1, or None"):
        RegressionAccumulator(3, 0)
    accumulator = RegressionAccumulator(3)
    with pytest.raises(
        ValueError, match=r"block has shape \(2, 3, 1\); .*\(t, 3\): pass"
    ):
        accumulator.update(slice(0, 3), np.zeros((2, 3, 1)))
    with pytest.raises(ValueError, match=r"block has shape \(0, 3\): it holds no pass"):
        accumulator.update(slice(0, 3), np.zeros((0, 3)))
    with pytest.raises(ValueError, match=r"block has shape \(\); "):
        accumulator.update(slice(0, 3), 1.0)
    with pytest.raises(ValueError, match="row 0 received 0 passes; expected 1"):
        accumulator.result()


def test_integers_are_kept_exactly():
    samples = np.array([[2**31 - 1], [2**31 - 3]])
    result = RegressionUncertainty.from_samples(samples, keep_samples=True)
    assert_array_equal(result.samples, samples)
    assert result.std[0] == 1.0
