"""Values come back equal and of the same type, or are refused by name."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skmirai.utils._encoding import Codec

CODEC = Codec({"Standard": StandardScaler, "Function": FunctionTransformer})

KEYS = st.text() | st.integers() | st.booleans()
PLAIN = KEYS | st.none() | st.floats()
DTYPES = (
    st_numpy.boolean_dtypes()
    | st_numpy.integer_dtypes()
    | st_numpy.unsigned_integer_dtypes()
    | st_numpy.floating_dtypes()
)
ARRAYS = st_numpy.arrays(
    DTYPES | st_numpy.unicode_string_dtypes(),
    st_numpy.array_shapes(min_dims=0, min_side=0),
)
OBJECTS = st.lists(st.text(), max_size=3).map(lambda x: np.array(x, dtype=object))
SCALARS = DTYPES.flatmap(lambda dtype: st_numpy.arrays(dtype, ())).map(lambda a: a[()])
VALUES = st.recursive(
    PLAIN | ARRAYS | OBJECTS | SCALARS | DTYPES | st.slices(5) | st.just(np.log1p),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=6,
)


def trip(value):
    """Through text and back, as a file does it."""
    members = {}
    text = json.dumps(CODEC.encode(value, "value", members), allow_nan=False)
    again = CODEC.decode(json.loads(text), members)
    assert not members
    return again


def assert_equal(one, other):
    assert type(one) is type(other)
    if isinstance(one, np.ndarray) and one.dtype != object:
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        assert one.tobytes() == other.tobytes()  # NaN and -0.0 included
    elif isinstance(one, list | tuple | np.ndarray):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_equal(a, b)
    elif isinstance(one, dict):
        assert [*one] == [*other]
        for key in one:
            assert_equal(one[key], other[key])
    elif isinstance(one, np.generic):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif one == one:
        assert one == other
    else:
        assert other != other


@given(value=VALUES)
def test_round_trip(value):
    assert_equal(trip(value), value)


def test_arrays_in_two_places_stay_one():
    array = np.arange(3)
    one, other = trip([array, array])
    assert one is other
    assert one is not array
    members = {}
    CODEC.encode([array, array.copy()], "value", members)
    assert len(members) == 2


def test_order_in_memory_does_not_matter():
    array = np.asfortranarray(np.arange(6).reshape(2, 3))
    for given_array in (array, array.T, array[:, ::-1], array[::2, ::2]):
        np.testing.assert_array_equal(trip(given_array), given_array)
        assert trip(given_array).flags.writeable


def test_order_in_memory_stays():
    by_columns = np.asfortranarray(np.arange(12.0).reshape(4, 3))
    for given_array in (by_columns, by_columns[:2], by_columns.T, by_columns.T[:2]):
        steps = np.argsort(given_array.strides)
        assert (np.argsort(trip(given_array).strides) == steps).all()


def test_estimators_come_back_fitted():
    X = np.arange(6.0).reshape(3, 2)
    for estimator in (StandardScaler(with_std=False), FunctionTransformer(np.exp)):
        again = trip(estimator.fit(X))
        assert repr(again) == repr(estimator)
        np.testing.assert_equal(vars(again), vars(estimator))
        np.testing.assert_array_equal(again.transform(X), estimator.transform(X))


def own_function(X):
    return X


@pytest.mark.parametrize(
    "value",
    [
        own_function,
        len,
        np.linalg.norm,
        object(),
        {1, 2},
        1j,
        b"bytes",
        np.datetime64("2024-01-01"),
        np.array([1j]),
        np.array([own_function], dtype=object),
        np.longdouble(1),
        np.random.default_rng(0),
        FunctionTransformer(own_function),
        StandardScaler,
        type("Own", (StandardScaler,), {})(),
        type("Own", (float,), {})(1),
        np,
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [(v,)], lambda v: {"a": v}])
def test_what_is_not_known_is_refused_by_name(value, wrap):
    with pytest.raises(
        TypeError, match=r"(?s)the_name.*cannot be saved without pickle"
    ):
        CODEC.encode(wrap(value), "the_name", {})


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"a": 1},
        {"$tuple": [1], "$slice": [1]},
        {"$none": 1},
        {"tuple": [1]},
        {"$array": "none"},
        {"$slice": [1]},
        {"$float": "1"},
        {"$float": "infinity"},
        {"$scalar": ["O", "x"]},
        {"$scalar": ["<i8", "x"]},
        {"$scalar": ["<U100000000", "x"]},
        {"$scalar": ["<u1", 300]},
        {"$dtype": "O"},
        {"$dtype": "f8,f8"},
        {"$scalar_type": "O"},
        {"$objects": [[3], [1]]},
        {"$objects": [[-1], [1]]},
        {"$objects": [[1], [{"$ufunc": "exp"}]]},
        {"$ufunc": "load"},
        {"$ufunc": "__builtins__"},
        {"$dict": [[[1], 2]]},
        {"$estimator": {"class": "Standard"}},
        {"$estimator": {"class": "os.system", "params": {}, "state": {}}},
        {"$estimator": {"class": "Standard", "params": {"x": 1}, "state": {}}},
        {"$estimator": {"class": "Standard", "params": {}, "state": {"fit": 1}}},
        {"$estimator": {"class": "Standard", "params": {}, "state": {"copy": 1}}},
        {"$metadata_request": {"$dict": [["owner", "x"], ["requests", 1]]}},
    ],
    ids=str,
)
def test_what_is_not_written_is_not_read(content):
    with pytest.raises(ValueError, match=r"."):
        CODEC.decode(content, {})


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\x10\x00" + b"(" * 16,
        b"\x93NUMPY\x02\x00\x10\x00\x00\x00" + b" " * 16,
    ],
)
def test_arrays_that_are_none_are_refused(member):
    with pytest.raises(ValueError, match=r"."):
        CODEC.decode({"$array": "a"}, {"a": member})
