"""RobustClipScaler: its formula, its invariances, and weights as repeated rows."""

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmirai.preprocessing import RobustClipScaler
from skmirai.preprocessing._quartiles import quartiles

EPS = np.finfo(float).eps
INTEGERS = st.integers(-(2**20), 2**20)
ANY_FLOAT = st.floats(allow_nan=False, allow_infinity=False)


def tables(elements, max_rows=12, max_columns=3, dtype=np.float64):
    shapes = st.tuples(st.integers(1, max_rows), st.integers(1, max_columns))
    return shapes.flatmap(lambda shape: arrays(dtype, shape, elements=elements))


@st.composite
def weighted_tables(draw):
    """Return integer-valued rows and integer weights, not all of them zero."""
    X = draw(tables(INTEGERS.map(float)))
    weights = draw(arrays(np.int64, len(X), elements=st.integers(0, 4)))
    weights[draw(st.integers(0, len(X) - 1))] = draw(st.integers(1, 4))
    return X, weights


@parametrize_with_checks(
    [RobustClipScaler(), RobustClipScaler(max_abs_value=0.5), RobustClipScaler(40)]
)
def test_sklearn_conventions(estimator, check):
    check(estimator)


def test_written_out_formula():
    rng = np.random.default_rng(0)
    # With 4k + 2 rows every common definition of the quartiles and the one used here
    # agree that the quartiles are values of the sample and the median is between two.
    X = rng.lognormal(sigma=2, size=(42, 3))
    ordered = np.sort(X, axis=0)
    median = (ordered[20] + ordered[21]) / 2
    iqr = ordered[31] - ordered[10]
    z = (X - median) / iqr
    scaler = RobustClipScaler(max_abs_value=2.5).fit(X)
    np.testing.assert_allclose(scaler.center_, median, rtol=4 * EPS)
    np.testing.assert_array_equal(scaler.scale_, iqr)
    np.testing.assert_allclose(
        scaler.transform(X), z / np.sqrt(1 + (z / 2.5) ** 2), rtol=16 * EPS
    )


@given(tables(ANY_FLOAT))
def test_quartiles_are_those_of_numpy(X):
    x = X[:, 0] / 4  # NumPy subtracts neighbours, which overflows for the largest
    expected = np.quantile(x, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
    largest = np.abs(x).max()
    np.testing.assert_allclose(
        quartiles(x), expected, rtol=0, atol=2 * EPS * largest + 1e-323
    )


def test_fallbacks_for_no_interquartile_range():
    X = np.array([[0.0, 7.0], [0, 7], [0, 7], [0, 7], [10, 7]])
    scaler = RobustClipScaler().fit(X)
    np.testing.assert_array_equal(scaler.center_, [0, 7])
    np.testing.assert_array_equal(scaler.scale_, [5, 0])
    out = scaler.transform([[5.0, 7.0], [-5.0, -1e300]])
    one = 1 / np.sqrt(1 + 1 / 9)
    np.testing.assert_allclose(out, [[one, 0], [-one, 0]], rtol=4 * EPS)


def test_half_range_ignores_rows_without_weight():
    X = np.array([[0.0]] * 5 + [[10.0], [1000.0]])
    scaler = RobustClipScaler().fit(X, sample_weight=[1, 1, 1, 1, 1, 1, 0])
    np.testing.assert_array_equal(scaler.scale_, [5])


@given(weighted_tables())
@settings(deadline=None)
def test_integer_weights_are_repeated_rows(data):
    X, weights = data
    weighted = RobustClipScaler().fit(X, sample_weight=weights)
    repeated = RobustClipScaler().fit(np.repeat(X, weights, axis=0))
    np.testing.assert_array_equal(weighted.center_, repeated.center_)
    np.testing.assert_array_equal(weighted.scale_, repeated.scale_)
    np.testing.assert_array_equal(weighted.transform(X), repeated.transform(X))


@given(weighted_tables(), st.sampled_from([0.1, 1 / 3, 0.7, 1e-9, 1e9]))
@settings(deadline=None)
def test_only_the_proportions_of_weights_count(data, factor):
    X, weights = data
    plain = RobustClipScaler().fit(X, sample_weight=weights)
    scaled = RobustClipScaler().fit(X, sample_weight=weights * factor)
    np.testing.assert_array_equal(plain.center_, scaled.center_)
    np.testing.assert_array_equal(plain.scale_, scaled.scale_)


@given(tables(ANY_FLOAT))
def test_no_weights_are_equal_weights(X):
    plain = RobustClipScaler().fit(X)
    for weight in (np.ones(len(X)), np.full(len(X), 0.1), 2.0):
        weighted = RobustClipScaler().fit(X, sample_weight=weight)
        np.testing.assert_array_equal(plain.center_, weighted.center_)
        np.testing.assert_array_equal(plain.scale_, weighted.scale_)


def test_equal_weights_agree_through_the_weighted_path():
    rng = np.random.default_rng(3)
    for n in range(1, 60):
        x = rng.normal(size=n)
        np.testing.assert_array_equal(quartiles(x), quartiles(x, np.full(n, 0.1)))


@given(tables(INTEGERS.map(float)), INTEGERS, st.integers(-30, 30))
@settings(deadline=None)
def test_invariant_to_shift_and_positive_scale(X, shift, exponent):
    # Shifts of integers and powers of two are exact, and so is the invariance.
    plain = RobustClipScaler().fit_transform(X)
    moved = RobustClipScaler().fit_transform((X + shift) * 2.0**exponent)
    np.testing.assert_array_equal(plain, moved)


@given(tables(INTEGERS.map(float)))
def test_odd(X):
    np.testing.assert_array_equal(
        RobustClipScaler().fit_transform(-X), -RobustClipScaler().fit_transform(X)
    )


@given(tables(ANY_FLOAT), st.floats(1e-3, 1e3))
@settings(max_examples=200, deadline=None)
def test_bounded_and_monotone_for_any_floats(X, bound):
    out = RobustClipScaler(max_abs_value=bound).fit_transform(X)
    assert np.isfinite(out).all()
    assert (np.abs(out) <= bound).all()
    for x, z in zip(X.T, out.T, strict=True):
        # The formula is monotone, its rounding to the last bits is not.
        assert (np.diff(z[np.argsort(x)]) >= -4 * EPS * bound).all()


def test_strictly_monotone_over_many_decades():
    scaler = RobustClipScaler().fit(np.array([[-1.0], [0.0], [1.0]]))
    x = np.concatenate([-np.logspace(5, -12, 200), [0.0], np.logspace(-12, 5, 200)])
    assert (np.diff(scaler.transform(x[:, None])[:, 0]) > 0).all()


def test_huge_values():
    X = np.array([[-1e300], [-5e299], [0.0], [5e299], [1e300]])
    scaler = RobustClipScaler().fit(X)
    small = RobustClipScaler().fit_transform(X / 1e300)
    np.testing.assert_allclose(scaler.transform(X), small, rtol=8 * EPS)
    # Between narrow quartiles, far values are at the bound, not NaN.
    narrow = RobustClipScaler().fit(np.array([[0.0], [1e-300], [2e-300], [3e-300]]))
    np.testing.assert_array_equal(narrow.transform([[-1e300], [1e300]]), [[-3], [3]])


def test_the_largest_floats():
    top = np.finfo(float).max
    out = RobustClipScaler().fit_transform(np.array([[-top], [-top], [top], [top]]))
    assert out[0, 0] < 0 < out[2, 0]
    np.testing.assert_array_equal(out, -out[::-1])


@pytest.mark.parametrize(
    ("given_dtype", "expected"),
    [("float32", "float32"), ("float64", "float64"), ("int64", "float64")],
)
def test_dtypes(given_dtype, expected):
    X = np.arange(12).reshape(4, 3).astype(given_dtype)
    scaler = RobustClipScaler().fit(X)
    out = scaler.transform(X)
    assert out.dtype == expected
    assert scaler.inverse_transform(out).dtype == expected
    as_double = RobustClipScaler().fit_transform(X.astype(float))
    np.testing.assert_allclose(out, as_double, rtol=4 * np.finfo(expected).eps)


def test_huge_float32_and_mixed_dtypes():
    X = np.array([[-1e38], [0.0], [1.0], [1e38]], dtype=np.float32)
    out = RobustClipScaler().fit_transform(X)
    assert out.dtype == np.float32
    assert (np.abs(out) <= 3).all()
    wide = RobustClipScaler().fit(np.array([[-1e300], [0.0], [1e300]]))
    out = wide.transform(X)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, 0, atol=1e-37)


@given(tables(INTEGERS.map(float)), st.sampled_from([0.5, 3.0, 40.0]))
@settings(deadline=None)
def test_inverse_transform_is_a_round_trip(X, bound):
    scaler = RobustClipScaler(max_abs_value=bound).fit(X)
    back = scaler.inverse_transform(scaler.transform(X))
    with np.errstate(divide="ignore", invalid="ignore"):
        u = np.where(scaler.scale_ > 0, (X - scaler.center_) / scaler.scale_ / bound, 0)
    # The clip divides differences by (1 + u^2)^(3/2); its inverse multiplies by it.
    tolerance = 16 * EPS * (np.abs(X - scaler.center_) * (1 + u**2) + np.abs(X) + 1)
    assert (np.abs(back - X) <= tolerance).all()


def test_inverse_transform_at_the_bound_and_beyond():
    scaler = RobustClipScaler().fit(np.array([[-1.0, 4], [0.0, 4], [1.0, 4]]))
    out = scaler.inverse_transform([[3.0, 3.0], [-3.0, 1.0]])
    np.testing.assert_array_equal(out, [[np.inf, 4], [-np.inf, 4]])
    with pytest.raises(ValueError, match=r"X holds 3.5, outside \[-3.0, 3.0\].*clip X"):
        scaler.inverse_transform([[3.5, 0]])
    with pytest.raises(ValueError, match="X has 1 features, but RobustClipScaler is e"):
        scaler.inverse_transform([[1.0]])
    with pytest.raises(NotFittedError):
        RobustClipScaler().inverse_transform([[1.0]])


def test_inverse_transform_leaves_its_input():
    scaler = RobustClipScaler().fit([[0.0], [1.0], [5.0]])
    Z = np.array([[0.5], [1.0]])
    scaler.inverse_transform(Z)
    np.testing.assert_array_equal(Z, [[0.5], [1.0]])


def test_blocks_of_rows_do_not_show():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(40_000, 2))
    scaler = RobustClipScaler().fit(X)
    out = scaler.transform(X)
    rows = [0, 16_383, 16_384, 32_768, 39_999]
    np.testing.assert_array_equal(
        out[rows], [scaler.transform(X[[i]])[0] for i in rows]
    )


def test_frames_and_names():
    frame = pd.DataFrame({"a": [1.0, 2, 3], "b": [3.0, 1, 2]}, index=[4, 5, 6])
    scaler = RobustClipScaler().set_output(transform="pandas").fit(frame)
    out = scaler.transform(frame)
    assert list(out.columns) == ["a", "b"]
    assert list(out.index) == [4, 5, 6]
    with pytest.raises(ValueError, match="must be in the same order"):
        scaler.transform(frame[["b", "a"]])


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
        RobustClipScaler().fit(X)
    with pytest.raises(ValueError, match=message):
        RobustClipScaler().fit([[0.0], [1.0]]).transform(X)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1, -1, 1], "Negative values in data passed to `sample_weight`"),
        ([0, 0, 0], "must contain at least one non-zero number"),
        ([1, 1], r"sample_weight.shape == \(2,\), expected \(3,\)"),
        ([1, np.nan, 1], "Input sample_weight contains NaN"),
    ],
)
def test_bad_weights(weight, message):
    with pytest.raises(ValueError, match=message):
        RobustClipScaler().fit([[1.0], [2.0], [3.0]], sample_weight=weight)


def test_sparse_is_refused():
    with pytest.raises(TypeError, match="Sparse data was passed for X"):
        RobustClipScaler().fit(sparse.csr_array(np.eye(3)))


@pytest.mark.parametrize("bound", [0, -1.0, np.inf, np.nan, "3", None])
def test_bad_bound(bound):
    with pytest.raises(ValueError, match="The 'max_abs_value' parameter of RobustClip"):
        RobustClipScaler(max_abs_value=bound).fit([[1.0], [2.0]])
