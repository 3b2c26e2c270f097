"""PiecewiseLinearEncoder: its definition by loops, ties, weights as repeated rows."""

from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmirai.preprocessing import PiecewiseLinearEncoder, RobustClipScaler
from skmirai.preprocessing._distinct import distinct, edges_of_bins, some_rows
from skmirai.preprocessing._piecewise_linear import piecewise_linear

ANY_FLOAT = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def weighted_columns(draw):
    """Return a column with many ties, and integer weights, not all of them zero."""
    x = draw(arrays(np.float64, st.integers(1, 40), elements=st.integers(-6, 12)))
    weights = draw(arrays(np.int64, len(x), elements=st.integers(0, 4)))
    weights[draw(st.integers(0, len(x) - 1))] = draw(st.integers(1, 4))
    return x, weights


def edges_by_counting(x, weights, n_bins):
    """Edges of bins, in fractions, by the words of the docstring."""
    weight = {}
    for value, w in zip(x.tolist(), weights.tolist(), strict=True):
        if w:
            weight[value] = weight.get(value, 0) + Fraction(w)
    if len(weight) <= n_bins + 1:
        return sorted(weight)
    heavy, left = set(), n_bins
    while True:
        light = {v: w for v, w in weight.items() if v not in heavy}
        of_a_bin = sum(light.values()) / left
        more = {v for v, w in light.items() if w >= of_a_bin}
        if not more:
            break
        heavy |= more
        left -= len(more)
    edges = set(heavy)
    for k in range(left + 1):
        reached = Fraction(0)
        for value in sorted(light):
            reached += light[value]
            if reached >= k * of_a_bin:
                edges.add(value)
                break
    return sorted(edges)


def encoded_by_loops(X, all_edges):
    rows = []
    for row in X.tolist():
        out = []
        for x, edges in zip(row, all_edges, strict=True):
            for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
                if x <= low:
                    out.append(0.0)
                elif x >= high:
                    out.append(1.0)
                else:
                    out.append((x - low) / (high - low))
        rows.append(out)
    return np.array(rows)


@parametrize_with_checks(
    [
        PiecewiseLinearEncoder(),
        PiecewiseLinearEncoder(3, with_scaled=False),
        PiecewiseLinearEncoder(1, subsample=None),
    ]
)
def test_sklearn_conventions(estimator, check):
    check(estimator)


@given(weighted_columns(), st.integers(1, 12))
@settings(deadline=None)
def test_edges_are_those_counted_in_fractions(data, n_bins):
    x, weights = data
    found = edges_of_bins(*distinct(*some_columns(x, weights)), n_bins)
    assert found.tolist() == edges_by_counting(x, weights, n_bins)
    assert 1 <= len(found) <= n_bins + 1
    held = x[weights > 0]
    assert (found[0], found[-1]) == (held.min(), held.max())


def some_columns(x, weights):
    X, weights = some_rows(x[:, None], weights, None, None)
    return X[:, 0], weights


@given(weighted_columns(), st.integers(1, 12), st.sampled_from([0.1, 1 / 3, 1e-9, 1e9]))
@settings(deadline=None)
def test_weights_are_repeated_rows_and_count_in_proportion(data, n_bins, factor):
    x, weights = data
    X = x[:, None]
    repeated = PiecewiseLinearEncoder(n_bins).fit(np.repeat(X, weights, axis=0))
    for given_weights in (weights, weights * factor):
        weighted = PiecewiseLinearEncoder(n_bins).fit(X, sample_weight=given_weights)
        np.testing.assert_array_equal(weighted.bin_edges_, repeated.bin_edges_)
        np.testing.assert_array_equal(weighted.transform(X), repeated.transform(X))


def test_edges_of_a_smooth_column_are_the_quantiles_of_numpy():
    X = np.random.default_rng(0).lognormal(sigma=3, size=(1_001, 2))
    encoder = PiecewiseLinearEncoder(16).fit(X)
    shares = np.arange(17) / 16
    expected = np.quantile(X, shares, axis=0, method="inverted_cdf")
    np.testing.assert_array_equal(np.transpose(encoder.bin_edges_), expected)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_encoding_is_that_of_the_loops_over_many_blocks(dtype):
    rng = np.random.default_rng(0)
    X = rng.lognormal(sigma=3, size=(3_000, 5))
    X[:, 1] = rng.random(3_000) < 0.1  # a flag
    X[:, 2] *= rng.random(3_000) < 0.3  # mostly 0
    X[:, 3] = 7
    X = X.astype(dtype)
    encoder = PiecewiseLinearEncoder().fit(X)
    assert encoder.n_bins_.tolist() == [32, 1, 32, 0, 32]
    Z = np.vstack([X, 2 * X, -X, [[1e30] * 5, [-1e30] * 5]]).astype(dtype)
    out = encoder.transform(Z)
    assert out.dtype == dtype
    assert out.shape == (len(Z), 5 + encoder.n_bins_.sum())
    np.testing.assert_array_equal(out[:, :5], RobustClipScaler().fit(X).transform(Z))
    expected = encoded_by_loops(Z, encoder.bin_edges_)
    np.testing.assert_allclose(out[:, 5:], expected, atol=4 * np.finfo(dtype).eps)
    assert out[:, 5:].min() == 0
    assert out[:, 5:].max() == 1
    alone = PiecewiseLinearEncoder(with_scaled=False).fit(X).transform(Z)
    np.testing.assert_array_equal(alone, out[:, 5:])


def test_flags_stay_what_they_are():
    X = np.array([[0.0, 3.0], [1.0, 5.0], [0.0, 5.0], [0.0, 5.0]])
    encoded = PiecewiseLinearEncoder(with_scaled=False).fit_transform(X)
    np.testing.assert_array_equal(encoded, [[0, 0], [1, 1], [0, 1], [0, 1]])


def test_heavy_ties_leave_bins_for_the_others():
    rare = np.random.default_rng(0).lognormal(size=100)
    X = np.r_[np.zeros(9_900), rare][:, None]
    encoder = PiecewiseLinearEncoder(n_bins=5).fit(X)
    expected = np.quantile(rare, np.arange(5) / 4, method="inverted_cdf")
    np.testing.assert_array_equal(encoder.bin_edges_[0], [0, *expected])


@given(
    arrays(np.float64, (6, 2), elements=ANY_FLOAT),
    arrays(np.float64, (5, 2), elements=ANY_FLOAT),
)
@settings(deadline=None)
def test_any_numbers_are_encoded_within_the_bounds(X, Z):
    encoder = PiecewiseLinearEncoder(3).fit(X)
    with np.errstate(over="ignore"):
        single = np.clip(Z, -3.4e38, 3.4e38).astype(np.float32)
    for rows in (X, Z, single):
        out = encoder.transform(rows)
        assert out.dtype == rows.dtype
        assert (np.abs(out[:, :2]) <= 3).all()
        assert ((out[:, 2:] >= 0) & (out[:, 2:] <= 1)).all()


def test_edges_that_are_one_number_in_single_precision_are_a_step():
    edges = [np.array([1.0, 1 + 1e-12, 2.0])]
    X = np.array([[0.5], [1.0], [1.5]], np.float32)
    expected = [[0, 0], [0, 0], [1, 0.5]]
    np.testing.assert_array_equal(piecewise_linear(X, edges), expected)


def test_order_is_kept():
    """More is never less: in no column of the encoding does a larger value fall."""
    x = np.sort(np.random.default_rng(0).standard_cauchy(500))[:, None]
    encoded = PiecewiseLinearEncoder().fit(x[::2]).transform(x)
    assert (np.diff(encoded, axis=0) >= 0).all()


def test_names():
    frame = pd.DataFrame(
        {"bytes": [0.0, 1.0, 5.0], "flag": [0, 1, 1], "one": [2, 2, 2]}
    )
    encoder = PiecewiseLinearEncoder().fit(frame)
    bins = ["bytes_bin0", "bytes_bin1", "flag_bin0"]
    assert encoder.get_feature_names_out().tolist() == [*frame, *bins]
    out = encoder.set_output(transform="pandas").transform(frame)
    assert out["flag_bin0"].tolist() == [0, 1, 1]
    encoder.set_params(with_scaled=False)
    assert encoder.get_feature_names_out().tolist() == bins
    arrays_only = PiecewiseLinearEncoder(1).fit(frame.to_numpy())
    assert arrays_only.get_feature_names_out().tolist() == [
        *("x0", "x1", "x2", "x0_bin0", "x1_bin0")
    ]


def test_fewer_rows_are_drawn_from_large_tables():
    X = np.arange(1_000.0)[:, None]
    drawn = PiecewiseLinearEncoder(9, subsample=10, random_state=0).fit(X)
    assert len(drawn.bin_edges_[0]) == 10
    # the scaled values come from all rows
    np.testing.assert_array_equal(drawn.center_, RobustClipScaler().fit(X).center_)


def test_nothing_to_encode_is_an_error_that_keeps_what_was_fitted():
    encoder = PiecewiseLinearEncoder(with_scaled=False).fit([[0.0], [1.0]])
    with pytest.raises(
        ValueError, match=r"no column of X has two values in its 2 rows"
    ):
        encoder.fit([[3.0], [3.0]])
    np.testing.assert_array_equal(encoder.transform([[0.5]]), [[0.5]])
    constant = PiecewiseLinearEncoder().fit([[3.0], [3.0]])
    np.testing.assert_array_equal(constant.transform([[4.0]]), [[0]])


@pytest.mark.parametrize(
    ("weight", "message"),
    [([-1, 1], "Negative values"), ([0, 0], "zero"), ([1], "shape")],
)
def test_wrong_weights(weight, message):
    with pytest.raises(ValueError, match=message):
        PiecewiseLinearEncoder().fit([[0.0], [1.0]], sample_weight=weight)
