"""ColumnDropper selects as NumPy does, reads no value, and explains its errors."""

import pickle
import re
from dataclasses import dataclass

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import make_column_selector
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmirai.preprocessing import ColumnDropper

NAMES = ["packet", "size", "weight", "radius"]


@dataclass(frozen=True)
class Leading:
    """A callable whose name in a test's identifier is the same in every process."""

    count: int

    def __call__(self, X):
        return list(range(self.count))


@parametrize_with_checks(
    [
        ColumnDropper(),
        ColumnDropper(columns=1),
        ColumnDropper(columns=[0]),
        ColumnDropper(columns=[-1]),
        ColumnDropper(columns=slice(0, 1)),
        ColumnDropper(columns=Leading(1)),
    ]
)
def test_sklearn_conventions(estimator, check):
    check(estimator)


@st.composite
def choices(draw):
    """Return a table and a mask that leaves at least one column."""
    mask = draw(st.lists(st.booleans(), min_size=2, max_size=7))
    keep = draw(st.integers(0, len(mask) - 1))
    mask[keep] = False
    n_rows = draw(st.integers(1, 4))
    X = np.arange(n_rows * len(mask), dtype=float).reshape(n_rows, len(mask))
    X[draw(st.integers(0, n_rows - 1)), draw(st.integers(0, len(mask) - 1))] = np.nan
    return X, np.array(mask)


def positional_forms(mask):
    """Return every way without names to say which columns the mask marks."""
    chosen, n = np.flatnonzero(mask), len(mask)
    forms = {
        "mask list": mask.tolist(),
        "mask array": mask,
        "mask object array": mask.astype(object),
        "indices": chosen.tolist(),
        "tuple": tuple(chosen.tolist()),
        "index array": chosen.astype(np.uint8),
        "negative indices": (chosen - n).tolist(),
        "either sign, twice, reversed": [*chosen[::-1], *(chosen - n)],
        "callable": lambda X: chosen,
    }
    if len(chosen) == 0:
        forms |= {"None": None, "zero": 0, "empty slice": slice(0, 0)}
        forms |= {"empty array": np.array([])}
    else:
        first, stop = chosen[0], chosen[-1] + 1
        if stop - first == len(chosen):
            forms["slice"] = slice(first, stop)
            forms["negative slice"] = slice(first - n, stop)
            forms["backward slice"] = slice(
                stop - 1, first - 1 if first > 0 else None, -1
            )
            if first == 0:
                forms |= {"count": len(chosen), "NumPy count": np.int16(len(chosen))}
                forms["open slice"] = slice(stop)
    return forms


def named_forms(mask, names):
    """Return every way with names to say which columns the mask marks."""
    chosen = [name for name, drop in zip(names, mask, strict=True) if drop]
    forms = {
        "names": chosen,
        "name tuple": tuple(chosen),
        "name array": np.array(chosen, dtype=object),
        "name index": pd.Index(chosen, dtype="str"),
        "reversed names": chosen[::-1],
        "mask series": pd.Series(mask, index=names),
        "callable": lambda frame: [n for n in frame.columns if n in chosen],
    }
    if len(chosen) == 1:
        forms["single name"] = chosen[0]
    positions = np.flatnonzero(mask)
    if len(chosen) and positions[-1] - positions[0] + 1 == len(chosen):
        forms["name slice"] = slice(chosen[0], chosen[-1])
        if positions[0] == 0:
            forms["open name slice"] = slice(None, chosen[-1])
        if positions[-1] == len(mask) - 1:
            forms["open-ended name slice"] = slice(chosen[0], None)
    return forms


@given(choices())
@settings(max_examples=60, deadline=None)
def test_every_form_equals_deleting_columns(choice):
    X, mask = choice
    frame = pd.DataFrame(X, columns=[f"c{i}" for i in range(len(mask))])
    expected = np.delete(X, np.flatnonzero(mask), axis=1)
    on_arrays = positional_forms(mask)
    on_frames = on_arrays | named_forms(mask, list(frame.columns))

    for table, forms in ((X, on_arrays), (frame, on_frames), (X.tolist(), on_arrays)):
        for form, columns in forms.items():
            dropper = ColumnDropper(columns=columns).fit(table)
            kept, dropped = dropper.kept_indices_, dropper.dropped_indices_
            np.testing.assert_array_equal(dropped, np.flatnonzero(mask), err_msg=form)
            np.testing.assert_array_equal(kept, np.flatnonzero(~mask), err_msg=form)
            assert kept.dtype == dropped.dtype == np.intp
            out = dropper.transform(table)
            np.testing.assert_array_equal(np.asarray(out), expected, err_msg=form)
            if table is frame:
                assert list(out.columns) == list(frame.columns[~mask])
                assert list(dropper.get_feature_names_out()) == list(out.columns)
            else:
                assert type(out) is np.ndarray


@given(choices())
@settings(max_examples=30, deadline=None)
def test_kept_and_dropped_partition_the_columns(choice):
    X, mask = choice
    dropper = ColumnDropper(columns=mask).fit(X)
    parts = np.concatenate([dropper.kept_indices_, dropper.dropped_indices_])
    np.testing.assert_array_equal(np.sort(parts), np.arange(X.shape[1]))
    assert dropper.n_features_in_ == X.shape[1]


def test_a_stepped_slice_drops_every_second_column():
    out = ColumnDropper(columns=slice(None, None, 2)).fit_transform(np.eye(4))
    np.testing.assert_array_equal(out, np.eye(4)[:, [1, 3]])


def test_slices_are_clipped_to_the_table_as_in_python():
    dropper = ColumnDropper(columns=slice(2, 99)).fit(np.eye(4))
    np.testing.assert_array_equal(dropper.dropped_indices_, [2, 3])


@pytest.mark.parametrize("columns", [None, 2, slice(3, 4), [0, 3]])
def test_neighbouring_columns_are_a_view(columns):
    X = np.arange(12.0).reshape(3, 4)
    out = ColumnDropper(columns=columns).fit_transform(X)
    assert np.shares_memory(out, X)


@pytest.mark.parametrize("order", ["C", "F"])
def test_scattered_columns_are_a_row_major_copy(order):
    X = np.asarray(np.arange(12.0).reshape(3, 4), order=order)
    out = ColumnDropper(columns=[1]).fit_transform(X)
    assert not np.shares_memory(out, X)
    assert out.flags.c_contiguous


def test_values_are_not_read():
    X = np.array(
        [["10.0.0.1", 1.0, np.nan], [None, 2, np.inf], [{"a": 1}, "x", -np.inf]],
        dtype=object,
    )
    out = ColumnDropper(columns=1).fit_transform(X)
    assert out.dtype == object
    assert np.shares_memory(out, X)

    frame = pd.DataFrame(
        {"ip": ["a", None], "size": [np.nan, 1.0], "flag": [True, False]}
    )
    out = ColumnDropper(columns="ip").fit_transform(frame)
    pd.testing.assert_frame_equal(out, frame[["size", "flag"]])


@pytest.mark.parametrize("dtype", ["int8", "uint64", "float16", "float32", "bool"])
def test_dtype_is_kept(dtype):
    assert ColumnDropper(columns=1).fit_transform(np.eye(3, dtype=dtype)).dtype == dtype


def test_frame_keeps_its_index_dtypes_and_original():
    frame = pd.DataFrame(
        {"a": [1, 2], "b": ["x", "y"], "c": pd.Categorical(["u", "v"])}, index=[7, 3]
    )
    before = frame.copy(deep=True)
    out = ColumnDropper(columns=["b"]).fit_transform(frame)
    out.iloc[0, 0] = 99
    pd.testing.assert_frame_equal(frame, before)
    assert list(out.index) == [7, 3]
    assert dict(out.dtypes) == {"a": frame["a"].dtype, "c": frame["c"].dtype}


def test_frames_without_string_names_are_positional():
    frame = pd.DataFrame(np.eye(3), columns=[10, 11, 12])
    dropper = ColumnDropper(columns=[0]).fit(frame)
    assert not hasattr(dropper, "feature_names_in_")
    assert list(dropper.transform(frame).columns) == [11, 12]


def test_make_column_selector_is_asked_once_at_fit():
    frame = pd.DataFrame({"ip": ["a", "b"], "x": [1.0, 2.0], "port": [80, 443]})
    calls = []

    def select(X):
        calls.append(type(X))
        return make_column_selector(dtype_exclude="number")(X)

    dropper = ColumnDropper(columns=select).fit(frame)
    dropper.transform(frame)
    assert calls == [pd.DataFrame]
    assert list(dropper.get_feature_names_out()) == ["x", "port"]


def test_callable_gets_an_array_for_a_list():
    seen = []
    ColumnDropper(columns=lambda X: seen.append(X)).fit([[1, 2], [3, 4]])
    np.testing.assert_array_equal(seen[0], [[1, 2], [3, 4]])


def test_refit_starts_clean():
    dropper = ColumnDropper(columns=1).fit(pd.DataFrame(np.eye(4), columns=NAMES))
    dropper.fit(np.eye(3))
    assert dropper.n_features_in_ == 3
    assert not hasattr(dropper, "feature_names_in_")
    np.testing.assert_array_equal(dropper.kept_indices_, [1, 2])


@pytest.mark.parametrize("columns", [None, 1, ["size"], slice("size", "weight")])
def test_set_output(columns):
    frame = pd.DataFrame(np.eye(4), columns=NAMES, index=list("abcd"))
    dropper = ColumnDropper(columns=columns).set_output(transform="pandas")
    out = dropper.fit_transform(frame)
    kept = [NAMES[i] for i in dropper.kept_indices_]
    pd.testing.assert_frame_equal(out, frame[kept])

    by_position = ColumnDropper(columns=[1]).set_output(transform="pandas")
    assert list(by_position.fit_transform(np.eye(3)).columns) == ["x0", "x2"]


def test_set_output_leaves_the_names_of_the_input():
    frame = pd.DataFrame(np.eye(2), columns=[5, 6])
    out = ColumnDropper().set_output(transform="pandas").fit_transform(frame)
    assert list(out.columns) == ["x0", "x1"]
    assert list(frame.columns) == [5, 6]


def test_feature_names_out_checks_its_input():
    dropper = ColumnDropper(columns=1).fit(np.eye(3))
    assert list(dropper.get_feature_names_out(["a", "b", "c"])) == ["b", "c"]
    with pytest.raises(ValueError, match="should have length equal to number of feat"):
        dropper.get_feature_names_out(["a", "b"])
    with pytest.raises(NotFittedError):
        ColumnDropper().get_feature_names_out()


def test_clone_pickle_and_pipeline():
    frame = pd.DataFrame(np.arange(12.0).reshape(3, 4), columns=NAMES)
    pipe = make_pipeline(ColumnDropper(columns=["packet"]), StandardScaler())
    out = clone(pipe).fit(frame)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(out)).transform(frame),
        StandardScaler().fit_transform(frame[NAMES[1:]]),
    )
    assert list(out.get_feature_names_out()) == NAMES[1:]


def test_polars_stays_polars():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(np.arange(12.0).reshape(3, 4), schema=NAMES)
    for columns in (1, ["size"], slice("size", "weight"), [0, -1]):
        dropper = ColumnDropper(columns=columns).fit(frame)
        out = dropper.transform(frame)
        assert isinstance(out, pl.DataFrame)
        assert out.columns == [NAMES[i] for i in dropper.kept_indices_]


class TestTransformComparesWithFit:
    frame = pd.DataFrame(np.arange(12.0).reshape(3, 4), columns=NAMES)
    dropper = ColumnDropper(columns=1).fit(frame)

    def test_order(self):
        with pytest.raises(ValueError, match="must be in the same order as they were"):
            self.dropper.transform(self.frame[NAMES[::-1]])

    def test_missing(self):
        with pytest.raises(
            ValueError, match=r"seen at fit time, yet now missing:\n- r"
        ):
            self.dropper.transform(self.frame[NAMES[:3]])

    def test_unseen(self):
        with pytest.raises(ValueError, match=r"unseen at fit time:\n- extra"):
            self.dropper.transform(self.frame.assign(extra=0))

    def test_dropped_columns_count_too(self):
        with pytest.raises(ValueError, match=r"yet now missing:\n- packet"):
            self.dropper.transform(self.frame[NAMES[1:]])

    def test_no_names(self):
        with pytest.warns(UserWarning, match="X does not have valid feature names"):
            self.dropper.transform(self.frame.to_numpy())

    def test_count(self):
        dropper = ColumnDropper(columns=1).fit(np.eye(4))
        message = "X has 3 features, but ColumnDropper is expecting 4 features as input"
        with pytest.raises(ValueError, match=message):
            dropper.transform(np.eye(3))
        with pytest.raises(ValueError, match=message):
            dropper.transform(np.eye(3).tolist())
        with pytest.raises(ValueError, match=message):
            dropper.transform(pd.DataFrame(np.eye(3)))

    def test_unfitted(self):
        with pytest.raises(NotFittedError):
            ColumnDropper().transform(self.frame)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.arange(3.0), ValueError, "Reshape your data"),
        ([1.0, 2.0], ValueError, "Reshape your data"),
        (np.float64(1), ValueError, "Reshape your data"),
        (pd.Series([1.0]), ValueError, "Expected a 2-dimensional container"),
        (np.ones((1, 1, 1)), ValueError, r"Found array with dim 3"),
        (np.ones((0, 2)), ValueError, r"0 sample\(s\) \(shape=\(0, 2\)\)"),
        (
            pd.DataFrame({"a": [], "b": []}),
            ValueError,
            r"0 sample\(s\) \(shape=\(0, 2\)\) while a minimum of 1 is required by Col",
        ),
        (pd.DataFrame(index=[0, 1]), ValueError, r"0 feature\(s\) \(shape=\(2, 0\)\)"),
        (sparse.csr_array((0, 2)), ValueError, r"0 sample\(s\) \(shape=\(0, 2\)\)"),
        (pd.DataFrame([[1, 2]], columns=["a", 1]), TypeError, "Feature names are only"),
    ],
)
def test_what_is_no_table(X, error, message):
    with pytest.raises(error, match=message):
        ColumnDropper().fit(X)
    with pytest.raises(error, match=message):
        ColumnDropper().fit(np.ones((2, 2))).transform(X)


FRAME = pd.DataFrame(np.eye(4), columns=NAMES)
ARRAY = np.eye(4)


@pytest.mark.parametrize(
    ("X", "columns", "error", "message"),
    [
        # Unknown names, with what was probably meant.
        (FRAME, "wieght", ValueError, "'wieght', not among.* did you mean 'weight'?"),
        (FRAME, ["size", "raduis"], ValueError, "columns=['size', 'raduis'] has 'rad"),
        (FRAME, ["zzz"], ValueError, "X has the columns ['packet', 'size', 'weight'"),
        (FRAME, slice("size", "qqq"), ValueError, "'qqq', not among the columns of X"),
        # Names where there are none.
        (ARRAY, "size", ValueError, "columns='size' selects by name, but X has no str"),
        (ARRAY, ["size"], ValueError, "pass a DataFrame whose columns are named, or"),
        (ARRAY, slice("a", "b"), ValueError, "selects by name, but X has no string"),
        (pd.DataFrame(ARRAY), ["0"], ValueError, "X has no string column names"),
        # Positions out of range.
        (ARRAY, [4], ValueError, "columns=[4] has the index 4, out of range for X"),
        (ARRAY, [0, -5], ValueError, "n_features=4; expected integers in [-4, 3]"),
        (ARRAY, np.array([7]), ValueError, "has the index 7, out of range"),
        (ARRAY, -1, ValueError, "columns=-1 must be >= 0:.*pass a list such as [-1]"),
        # Nothing left.
        (ARRAY, 4, ValueError, "columns=4 drops all 4 columns; keep at least one"),
        (ARRAY, 9, ValueError, "columns=9 drops all 4 columns; keep at least one"),
        (ARRAY, [0, 1, 2, 3], ValueError, "columns=[0, 1, 2, 3] drops all 4 columns"),
        (ARRAY, [True] * 4, ValueError, "[True, True, True, True] drops all 4 columns"),
        (ARRAY, slice(None), ValueError, "columns=slice(None, None, None) drops all 4"),
        (FRAME, NAMES, ValueError, "drops all 4 columns; keep at least one"),
        (FRAME, slice("packet", None), ValueError, "drops all 4 columns"),
        (ARRAY, lambda X: 4, ValueError, "columns(X)=4 drops all 4 columns; keep"),
        # Wrong types.
        (ARRAY, True, TypeError, "columns=True is one bool, not one per column"),
        (
            ARRAY,
            np.False_,
            TypeError,
            "The 'columns' parameter of ColumnDropper must be",
        ),
        (
            ARRAY,
            lambda X: np.True_,
            TypeError,
            "is one bool, not one per column; expec",
        ),
        (ARRAY, 1.5, TypeError, "The 'columns' parameter of ColumnDropper must be"),
        (ARRAY, 1.5, ValueError, "Got 1.5 instead"),
        (ARRAY, [0, 1.0], TypeError, "columns=[0, 1.0] mixes float and int; pass only"),
        (ARRAY, [0, True], TypeError, "columns=[0, True] mixes bool and int"),
        (FRAME, ["size", 1], TypeError, "columns=['size', 1] mixes int and str; pass"),
        (
            ARRAY,
            [0.0],
            TypeError,
            "columns=[0.0] is a list of float; expected None, an",
        ),
        (ARRAY, np.array([1.0]), TypeError, "is a list of float; expected None"),
        (ARRAY, [[0, 1]], TypeError, "columns=[[0, 1]] is a list of list; expected"),
        (ARRAY, {0, 1}, TypeError, "columns={0, 1} is of type set; expected None, an"),
        (ARRAY, np.array([[0]]), ValueError, "an array of shape (1, 1); expected one"),
        (ARRAY, lambda X: 1.5, TypeError, "columns(X)=1.5 is of type float; expected"),
        (ARRAY, lambda X: Leading(1), TypeError, "is of type Leading; expected"),
        # Masks of the wrong length.
        (
            ARRAY,
            [True, False],
            ValueError,
            "is a boolean mask of length 2, but X has n_",
        ),
        (
            ARRAY,
            np.zeros(5, bool),
            ValueError,
            "of length 5, but X has n_features=4; p",
        ),
        # Slices.
        (
            ARRAY,
            slice(0, 1.5),
            TypeError,
            "of ints or of column names, not of float an",
        ),
        (FRAME, slice("size", 2), TypeError, "of column names, not of int and str"),
        (ARRAY, slice(True, 2), TypeError, "not of bool and int"),
        (ARRAY, slice(0, 2, 0.5), TypeError, "slice(0, 2, 0.5) must have an int step"),
        (
            ARRAY,
            slice(0, 2, 0),
            ValueError,
            "slice(0, 2, 0) has step 0; expected a ste",
        ),
        (FRAME, slice("size", None, 2), ValueError, "of names and cannot have a step"),
        (FRAME, slice("weight", "size"), ValueError, "'weight' stands after 'size' in"),
    ],
)
def test_errors_name_value_expectation_and_remedy(X, columns, error, message):
    pattern = ".*".join(map(re.escape, message.split(".*")))
    with pytest.raises(error, match=pattern):
        ColumnDropper(columns=columns).fit(X)


def test_long_specifications_are_shortened_in_messages():
    names = [f"column_{i}" for i in range(200)]
    frame = pd.DataFrame(np.zeros((1, 200)), columns=names)
    with pytest.raises(ValueError, match="drops all 200 columns") as info:
        ColumnDropper(columns=names).fit(frame)
    assert len(str(info.value)) < 200


def test_global_settings_are_respected():
    with sklearn.config_context(transform_output="pandas"):
        out = ColumnDropper(columns=1).fit_transform(np.eye(3))
    assert list(out.columns) == ["x1", "x2"]
