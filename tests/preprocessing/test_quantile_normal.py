"""QuantileNormalScaler: ranks by SciPy, ties, weights as repeated rows."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from scipy.stats import norm, rankdata
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmirai.preprocessing import QuantileNormalScaler

ANY_FLOAT = st.floats(allow_nan=False, allow_infinity=False)


def by_ranks(x):
    """Normal scores of average ranks, standardised."""
    scores = norm.ppf((rankdata(x.astype(np.float64)) - 0.5) / len(x))
    return (scores - scores.mean()) / max(scores.std(), 0.5)


@parametrize_with_checks(
    [QuantileNormalScaler(), QuantileNormalScaler(5, subsample=None)]
)
def test_sklearn_conventions(estimator, check):
    check(estimator)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_scores_are_those_of_average_ranks(dtype):
    rng = np.random.default_rng(0)
    X = rng.lognormal(sigma=3, size=(900, 4))
    X[:, 1] *= rng.random(900) < 0.3  # mostly 0
    X[:, 2] = rng.poisson(1, 900)
    X[:, 3] = rng.random(900) < 0.001
    X = X.astype(dtype)
    scaler = QuantileNormalScaler().fit(X)
    out = scaler.transform(X)
    assert out.dtype == dtype
    expected = np.apply_along_axis(by_ranks, 0, X)
    np.testing.assert_allclose(out, expected, atol=8 * np.finfo(dtype).eps)
    np.testing.assert_allclose(scaler.inverse_transform(out), X, rtol=1e-4, atol=1e-4)


def test_zeros_map_to_the_middle_of_their_ranks():
    X = np.r_[np.zeros(600), np.arange(1, 401)][:, None]
    scaler = QuantileNormalScaler().fit(X)
    scores = np.r_[
        np.full(600, norm.ppf(0.3)), norm.ppf(0.6 + np.arange(0.5, 400) / 1e3)
    ]
    expected = (norm.ppf(0.3) - scores.mean()) / scores.std()
    np.testing.assert_allclose(scaler.transform([[0.0]]), expected)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_flags_are_standardised(share):
    X = (np.arange(1_000) < 1_000 * share)[:, None] * 3.0 - 1
    out = QuantileNormalScaler().fit_transform(X)
    np.testing.assert_allclose(out, StandardScaler().fit_transform(X), rtol=1e-9)


def test_rare_flags_stay_near():
    X = (np.arange(100_000) == 7).astype(float)[:, None]
    out = QuantileNormalScaler().fit_transform(X)
    assert out[0] == pytest.approx(0, abs=1e-3)
    np.testing.assert_allclose(out[7], 2 * norm.ppf(1 - 0.5 / 100_000), rtol=1e-3)


@given(
    arrays(np.float64, st.tuples(st.integers(1, 30), st.just(2)), elements=ANY_FLOAT)
)
@settings(deadline=None)
def test_any_numbers_keep_their_order_within_the_bounds(X):
    scaler = QuantileNormalScaler(5).fit(X)
    for rows in (X, -X, X / 3):
        out = scaler.transform(rows)
        assert (np.abs(out) <= 21).all()
        for x, z in zip(rows.T, out.T, strict=True):
            steps = np.diff(z[np.argsort(x, kind="stable")])
            assert (steps >= -8 * np.finfo(float).eps).all()  # interpolation rounds


@given(
    arrays(np.float64, 30, elements=st.integers(-6, 12)),
    arrays(np.int64, 30, elements=st.integers(1, 4)),
    st.sampled_from([0.1, 1e-9, 1e9]),
)
@settings(deadline=None)
def test_weights_are_repeated_rows_and_count_in_proportion(x, weights, factor):
    X = x[:, None]
    weights[::7] = 0
    repeated = QuantileNormalScaler(8).fit(np.repeat(X, weights, axis=0))
    for given_weights in (weights, weights * factor):
        weighted = QuantileNormalScaler(8).fit(X, sample_weight=given_weights)
        np.testing.assert_array_equal(weighted.quantiles_, repeated.quantiles_)
        np.testing.assert_allclose(
            weighted.transform(X), repeated.transform(X), rtol=1e-9, atol=1e-9
        )


def test_few_quantiles_are_interpolated():
    X = np.random.default_rng(0).normal(size=(5_000, 1))
    scaler = QuantileNormalScaler(200).fit(X)
    assert len(scaler.quantiles_[0]) == 200
    order = np.argsort(X[:, 0])[75:-75]
    expected = by_ranks(X[:, 0])[order]
    np.testing.assert_allclose(scaler.transform(X)[order, 0], expected, atol=0.03)


def test_constant_column():
    scaler = QuantileNormalScaler().fit([[3.0], [3.0]])
    np.testing.assert_array_equal(scaler.transform([[3.0], [9.0]]), [[0], [0]])
    np.testing.assert_array_equal(scaler.inverse_transform([[0.0], [1.0]]), [[3], [3]])
