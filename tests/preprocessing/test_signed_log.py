"""SignedLogScaler: its formula, weights, chunks, and the way back."""

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmirai.preprocessing import SignedLogScaler
from skmirai.preprocessing._signed_log import signed_log

EPS = np.finfo(float).eps


def traffic(seed, n_rows=40, n_columns=3):
    """Return heavy-tailed values of both signs."""
    rng = np.random.default_rng(seed)
    size = (n_rows, n_columns)
    return rng.choice([-1, 1], size=size) * rng.lognormal(sigma=4, size=size)


@parametrize_with_checks([SignedLogScaler()])
def test_sklearn_conventions(estimator, check):
    check(estimator)


@given(st.integers(0, 2**32), st.booleans())
@settings(deadline=None)
def test_written_out_formula(seed, weighted):
    X = traffic(seed)
    weights = np.random.default_rng(seed).uniform(size=len(X)) if weighted else None
    w = np.ones(len(X)) if weights is None else weights
    logs = np.sign(X) * np.log1p(np.abs(X))
    mean = w @ logs / w.sum()
    var = w @ (logs - mean) ** 2 / w.sum()

    scaler = SignedLogScaler().fit(X, sample_weight=weights)
    np.testing.assert_allclose(scaler.mean_, mean, rtol=0, atol=1e-14)
    np.testing.assert_allclose(scaler.var_, var, rtol=1e-13)
    np.testing.assert_allclose(scaler.scale_, np.sqrt(var), rtol=1e-13)
    np.testing.assert_allclose(scaler.n_samples_seen_, w.sum(), rtol=1e-15)
    np.testing.assert_allclose(
        scaler.transform(X), (logs - mean) / np.sqrt(var), rtol=0, atol=1e-13
    )


@given(arrays(float, 8, elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_signed_log_is_odd_and_monotone(x):
    y = signed_log(x)
    np.testing.assert_array_equal(signed_log(-x), -y)
    np.testing.assert_array_equal(y, np.sign(x) * np.log1p(np.abs(x)))
    assert np.isfinite(y).all()
    rises = np.diff(y[np.argsort(x)])
    assert (rises >= -2 * EPS * np.abs(y).max(initial=0)).all()


@given(st.integers(0, 2**32))
@settings(deadline=None)
def test_transform_is_monotone(seed):
    X = traffic(seed)
    out = SignedLogScaler().fit_transform(X)
    np.testing.assert_array_equal(np.argsort(out, axis=0), np.argsort(X, axis=0))


@given(st.integers(0, 2**32))
@settings(deadline=None)
def test_integer_weights_are_repeated_rows(seed):
    X = traffic(seed)
    weights = np.random.default_rng(seed).integers(0, 4, size=len(X))
    weighted = SignedLogScaler().fit(X, sample_weight=weights)
    repeated = SignedLogScaler().fit(np.repeat(X, weights, axis=0))
    assert weighted.n_samples_seen_ == repeated.n_samples_seen_ == weights.sum()
    np.testing.assert_allclose(weighted.mean_, repeated.mean_, rtol=0, atol=1e-13)
    np.testing.assert_allclose(weighted.var_, repeated.var_, rtol=1e-12)
    np.testing.assert_allclose(
        weighted.transform(X), repeated.transform(X), rtol=0, atol=1e-12
    )


@given(
    st.integers(0, 2**32),
    st.lists(st.integers(1, 39), min_size=1, max_size=5, unique=True),
    st.sampled_from(["none", "all", "first", "last"]),
)
@settings(deadline=None)
def test_chunks_equal_the_whole(seed, cuts, weighted):
    X = traffic(seed)
    parts = np.split(np.arange(len(X)), sorted(cuts))
    weights = np.random.default_rng(seed).uniform(0.1, 0.9, size=len(X))
    has_weights = {
        "none": lambda i: False,
        "all": lambda i: True,
        "first": lambda i: i == 0,
        "last": lambda i: i == len(parts) - 1,
    }[weighted]
    chunked = SignedLogScaler()
    for i, rows in enumerate(parts):
        if has_weights(i):
            chunked.partial_fit(X[rows], sample_weight=weights[rows])
        else:
            chunked.partial_fit(X[rows])
            weights[rows] = 1

    whole = SignedLogScaler().fit(X, sample_weight=weights)
    np.testing.assert_allclose(chunked.n_samples_seen_, weights.sum(), rtol=1e-12)
    np.testing.assert_allclose(chunked.mean_, whole.mean_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(chunked.var_, whole.var_, rtol=1e-9)
    np.testing.assert_allclose(
        chunked.transform(X), whole.transform(X), rtol=1e-9, atol=1e-12
    )


def test_fit_forgets_partial_fit_does_not():
    first, second = traffic(0), traffic(1)
    refitted = SignedLogScaler().fit(first).fit(second)
    np.testing.assert_array_equal(refitted.mean_, SignedLogScaler().fit(second).mean_)
    assert refitted.n_samples_seen_ == 40
    assert refitted.partial_fit(first).n_samples_seen_ == 80
    assert refitted.fit(first[:, :2]).n_features_in_ == 2


@given(st.integers(0, 2**32))
@settings(deadline=None)
def test_inverse_transform_is_a_round_trip(seed):
    X = traffic(seed)
    scaler = SignedLogScaler().fit(X)
    scaled = scaler.transform(X)
    before = scaled.copy()
    back = scaler.inverse_transform(scaled)
    np.testing.assert_array_equal(scaled, before)
    # An error in the logarithm, of at most about 20, is a relative one in 1 + |x|.
    assert (np.abs(back - X) <= 64 * EPS * 20 * (1 + np.abs(X))).all()


def test_inverse_transform_overflows_to_infinity():
    scaler = SignedLogScaler().fit([[-1.0], [1.0]])
    np.testing.assert_array_equal(
        scaler.inverse_transform([[1e6], [-1e6]]), [[np.inf], [-np.inf]]
    )


def test_inverse_transform_checks_its_input():
    scaler = SignedLogScaler().fit(traffic(0))
    with pytest.raises(
        ValueError, match="X has 1 features, but SignedLogScaler is exp"
    ):
        scaler.inverse_transform([[1.0]])
    with pytest.raises(NotFittedError):
        SignedLogScaler().inverse_transform([[1.0]])


def test_constant_and_huge_columns():
    X = np.array([[5.0, -1e308], [5.0, 0.0], [5.0, 1e308]])
    scaler = SignedLogScaler().fit(X)
    out = scaler.transform(X)
    np.testing.assert_array_equal(scaler.scale_[0], 1)
    np.testing.assert_allclose(out[:, 0], 0, atol=4 * EPS)
    np.testing.assert_allclose(out[:, 1], np.array([-1, 0, 1]) * np.sqrt(1.5))


@pytest.mark.parametrize(
    ("given_dtype", "expected"),
    [("float32", "float32"), ("float64", "float64"), ("int64", "float64")],
)
def test_dtypes(given_dtype, expected):
    X = np.round(traffic(0)).astype(given_dtype)
    before = X.copy()
    scaler = SignedLogScaler().fit(X, sample_weight=np.ones(len(X)))
    out = scaler.transform(X)
    assert out.dtype == expected
    assert scaler.inverse_transform(out).dtype == expected
    np.testing.assert_array_equal(X, before)
    as_double = SignedLogScaler().fit_transform(X.astype(float))
    np.testing.assert_allclose(out, as_double, rtol=0, atol=32 * np.finfo(expected).eps)


def test_weighted_constant_column_is_constant():
    rng = np.random.default_rng(0)
    for _ in range(50):
        X = np.full((100, 1), rng.normal())
        weights = rng.choice([0.6, 3.1], size=100)
        scaler = SignedLogScaler().fit(X, sample_weight=weights)
        assert scaler.scale_ == 1
        assert 0 <= scaler.var_ < 1e-25
        np.testing.assert_allclose(scaler.transform(X), 0, atol=1e-14)


def test_zero_weight_rows_have_no_effect():
    X = traffic(0)
    weights = np.ones(len(X))
    weights[::3] = 0
    X_other = X.copy()
    X_other[::3] = 1e9
    one = SignedLogScaler().fit(X, sample_weight=weights)
    two = SignedLogScaler().fit(X_other, sample_weight=weights)
    np.testing.assert_allclose(one.mean_, two.mean_, rtol=0, atol=1e-14)
    np.testing.assert_allclose(one.var_, two.var_, rtol=1e-13)


def test_frames_and_names():
    frame = pd.DataFrame(traffic(0), columns=["a", "b", "c"], index=range(100, 140))
    scaler = SignedLogScaler().set_output(transform="pandas").fit(frame)
    out = scaler.transform(frame)
    assert list(out.columns) == ["a", "b", "c"]
    assert list(out.index) == list(frame.index)
    with pytest.raises(ValueError, match="must be in the same order"):
        scaler.transform(frame[["b", "a", "c"]])
    with pytest.raises(ValueError, match="must be in the same order"):
        scaler.partial_fit(frame[["b", "a", "c"]])


def test_a_global_output_setting_does_not_reach_the_inner_scaler():
    frame = pd.DataFrame(traffic(0), columns=["a", "b", "c"], index=range(100, 140))
    with sklearn.config_context(transform_output="pandas"):
        scaler = SignedLogScaler().fit(frame)
        out = scaler.transform(frame)
        assert type(scaler.inverse_transform(out)) is np.ndarray
    assert list(out.columns) == ["a", "b", "c"]
    assert list(out.index) == list(frame.index)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[np.nan], [1.0]], "Input X contains NaN"),
        ([[np.inf], [1.0]], "Input X contains infinity"),
        ([1.0, 2.0], "Reshape your data"),
    ],
)
def test_bad_input(X, message):
    with pytest.raises(ValueError, match=message):
        SignedLogScaler().fit(X)
    with pytest.raises(ValueError, match=message):
        SignedLogScaler().fit([[0.0], [1.0]]).transform(X)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1, -1, 1], "Negative values in data passed to `sample_weight`"),
        ([0, 0, 0], "must contain at least one non-zero number"),
        ([1, 1], r"sample_weight.shape == \(2,\), expected \(3,\)"),
    ],
)
def test_bad_weights(weight, message):
    with pytest.raises(ValueError, match=message):
        SignedLogScaler().fit([[1.0], [2.0], [3.0]], sample_weight=weight)


def test_sparse_is_refused():
    with pytest.raises(TypeError, match="Sparse data was passed for X"):
        SignedLogScaler().fit(sparse.csr_array(np.eye(3)))
