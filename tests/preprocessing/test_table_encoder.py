"""TableEncoder: what scikit-learn's imputer and encoder make of a table, and errors."""

import enum
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmirai.preprocessing import TableEncoder
from skmirai.preprocessing._column_spec import unique_names


@parametrize_with_checks(
    [
        TableEncoder(),
        TableEncoder(missing="impute"),
        TableEncoder(many_categories="ordinal", max_categories=1),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture
def flows():
    """Connections with text, categories, switches and gaps."""
    return pd.DataFrame(
        {
            "proto": ["tcp", "udp", "tcp", "udp", "tcp", "icmp"],
            "bytes": [60.0, np.nan, 80.0, 1500.0, 40.0, 100.0],
            "state": pd.Categorical(["S0", "SF", None, "SF", "S0", None]),
            "local": pd.array([True, False, None, True, False, True], "boolean"),
            "packets": pd.array([1, 2, 3, None, 5, 6], dtype="Int64"),
            "port": [80, 53, 80, 443, 22, 80],
        }
    )


def test_numbers_then_indicators_then_codes(flows):
    encoder = TableEncoder(missing="impute").fit(flows)
    assert encoder.get_feature_names_out().tolist() == [
        *("bytes", "local", "packets", "port"),
        *("missingindicator_bytes", "missingindicator_local"),
        "missingindicator_packets",
        *("proto_tcp", "proto_udp", "proto_infrequent_sklearn"),
        *("state_S0", "state_SF", "state_nan"),
    ]
    found = encoder.transform(flows)
    expected = [
        [60, 1, 1, 80, 0, 0, 0, 1, 0, 0, 1, 0, 0],
        [80, 0, 2, 53, 1, 0, 0, 0, 1, 0, 0, 1, 0],
        [80, 1, 3, 80, 0, 1, 0, 1, 0, 0, 0, 0, 1],
        [1500, 1, 3, 443, 0, 0, 1, 0, 1, 0, 0, 1, 0],
        [40, 0, 5, 22, 0, 0, 0, 1, 0, 0, 1, 0, 0],
        [100, 1, 6, 80, 0, 0, 0, 0, 0, 1, 0, 0, 1],
    ]
    np.testing.assert_array_equal(found, expected)
    assert encoder.n_features_out_ == found.shape[1]
    assert encoder.is_categorical_.tolist() == [True, False, True, False, False, False]


TEXT = st.sampled_from(["tcp", "udp", "icmp", "arp", None, np.nan])
NUMBER = st.sampled_from([0.0, 1.0, -2.5, 1e6, np.nan])


@pytest.mark.slow
@given(
    rows=st.lists(st.tuples(TEXT, NUMBER, TEXT, NUMBER), min_size=1, max_size=30),
    new=st.lists(st.tuples(TEXT, NUMBER, TEXT, NUMBER), min_size=1, max_size=5),
    min_frequency=st.sampled_from([None, 1, 2, 3, 0.2]),
    max_categories=st.sampled_from([None, 1, 2, 3]),
)
def test_is_what_scikit_learns_parts_make_of_it(
    rows, new, min_frequency, max_categories
):
    names = ["a", "b", "c", "d"]
    # one value at least in columns of numbers
    X = pd.DataFrame([*rows, ("tcp", 1.0, "udp", 2.0)], columns=names)
    new = pd.DataFrame(new, columns=names).astype(X.dtypes)
    limits = {"min_frequency": min_frequency, "max_categories": max_categories}
    by_hand = ColumnTransformer(
        [
            ("fill", SimpleImputer(strategy="median"), ["b", "d"]),
            ("gaps", MissingIndicator(error_on_new=False), ["b", "d"]),
            (
                "codes",
                OneHotEncoder(
                    handle_unknown="infrequent_if_exist", sparse_output=False, **limits
                ),
                ["a", "c"],
            ),
        ],
        verbose_feature_names_out=False,
    )
    plain = {name: X[name].astype(object).where(X[name].notna(), np.nan) for name in X}
    fresh = {
        name: new[name].astype(object).where(new[name].notna(), np.nan) for name in X
    }
    by_hand.fit(X.assign(a=plain["a"], c=plain["c"]))
    encoder = TableEncoder(missing="impute", **limits).fit(X)
    np.testing.assert_array_equal(
        encoder.transform(new),
        by_hand.transform(new.assign(a=fresh["a"], c=fresh["c"])).astype(float),
    )
    assert encoder.get_feature_names_out().tolist() == (
        by_hand.get_feature_names_out().tolist()
    )


def test_unknown_categories_are_no_error(flows):
    encoder = TableEncoder(missing="impute").fit(flows)
    new = flows[:2].assign(proto=["gre", None], state=["SH", "RSTO"])
    found = pd.DataFrame(
        encoder.transform(new), columns=encoder.get_feature_names_out()
    )
    # rare ones of proto have a place together, state has none
    assert found["proto_infrequent_sklearn"].tolist() == [1, 1]
    assert not found.filter(like="state").to_numpy().any()


def test_a_number_missing_for_the_first_time_is_the_median(flows):
    encoder = TableEncoder(missing="impute").fit(flows)
    new = flows[:1].assign(port=np.nan)
    names = encoder.get_feature_names_out().tolist()
    assert encoder.transform(new)[0, names.index("port")] == 80
    assert "missingindicator_port" not in names


def test_without_categories_and_gaps_numbers_are_left_alone():
    X = np.random.default_rng(0).normal(size=(20, 3))
    for dtype in (np.float64, np.float32):
        table = X.astype(dtype)
        for missing in ("error", "impute"):
            found = TableEncoder(missing=missing).fit(table).transform(table)
            assert found.dtype == dtype
            assert np.shares_memory(found, table)
            np.testing.assert_array_equal(found, table)


def test_given_table_is_not_written_to():
    X = np.array([[1.0, np.nan], [np.nan, 2.0], [3.0, 4.0]])
    before = X.copy()
    X.flags.writeable = False
    TableEncoder(missing="impute").fit(X).transform(X)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_that_of_the_numbers(dtype):
    frame = pd.DataFrame({"a": np.array([1, np.nan, 3], dtype), "b": ["x", "y", "x"]})
    assert TableEncoder(missing="impute").fit_transform(frame).dtype == dtype


def test_weights_are_like_repeated_rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 4))
    X[rng.random(X.shape) < 0.3] = np.nan
    weights = rng.integers(1, 4, 30)
    weighted = TableEncoder(missing="impute").fit(X, sample_weight=1.0 * weights)
    repeated = TableEncoder(missing="impute").fit(np.repeat(X, weights, axis=0))
    np.testing.assert_array_equal(weighted.fill_values_, repeated.fill_values_)


# -- which columns -------------------------------------------------------------------

NAMED = [
    ["proto", "port"],
    np.array(["proto", "port"]),
    [0, 5],
    [0, -1],
    [True, False, False, False, False, True],
    np.array([True, False, False, False, False, True]),
    [0, 5, 0],
]


@pytest.mark.parametrize("columns", NAMED, ids=repr)
def test_categorical_columns_are_named(flows, columns):
    table = flows.drop(columns="state").assign(state=0.0)[flows.columns]
    encoder = TableEncoder(columns, missing="impute", min_frequency=None).fit(table)
    assert np.flatnonzero(encoder.is_categorical_).tolist() == [0, 5]
    names = encoder.get_feature_names_out().tolist()
    assert names[-4:] == ["port_22", "port_53", "port_80", "port_443"]


def test_no_column_is_categorical(flows):
    numbers = flows[["bytes", "port"]]
    for columns in (None, [], [False, False]):
        encoder = TableEncoder(columns, missing="impute").fit(numbers)
        assert encoder.one_hot_ is None
    with pytest.raises(
        ValueError, match=r"X must hold numbers.*'tcp'.*categorical_fea"
    ):
        TableEncoder(None).fit(flows[["proto"]])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", "b", None], "str"),
        (["a", "b", None], object),
        (["a", "b", None], "string"),
        (["a", "b", None], "category"),
        ([3, 1, None], "category"),
        ([True, False, None], "category"),
        ([None, None, None], "category"),
        ([None, None, None], "string"),
    ],
)
def test_types_that_are_categories(values, kind):
    frame = pd.DataFrame({"x": pd.Series(values, dtype=kind)})
    found = TableEncoder(min_frequency=None).fit_transform(frame)
    np.testing.assert_array_equal(found.sum(axis=1), 1)
    assert found.shape[1] == len(set(values))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, None], "Int64"),
        ([1, 2, None], "Float32"),
        ([1, 2, None], float),
        ([True, False, None], "boolean"),
        ([True, False, None], object),
        ([1, 2.5, pd.NA], object),
        ([True, False, True], bool),
    ],
)
def test_types_that_are_numbers(values, kind):
    frame = pd.DataFrame({"x": pd.Series(values, dtype=kind)})
    found = TableEncoder(missing="impute").fit_transform(frame)
    assert found.shape[1] == (2 if frame["x"].isna().any() else 1)
    present = frame["x"].notna()
    expected = frame["x"][present].astype(float)
    np.testing.assert_array_equal(found[present, 0], expected)
    if not present.all():
        with pytest.raises(ValueError, match=r"contains NaN in column 'x'.*'impute'"):
            TableEncoder().fit(frame)


def test_arrow_tables_and_types(flows):
    pa = pytest.importorskip("pyarrow")
    plain = TableEncoder(missing="impute").fit(flows)
    table = pa.Table.from_pandas(flows)
    encoder = TableEncoder(missing="impute").fit(table)
    np.testing.assert_array_equal(encoder.transform(table), plain.transform(flows))
    backed = table.to_pandas(types_mapper=pd.ArrowDtype)
    encoder = TableEncoder(missing="impute").fit(backed)
    np.testing.assert_array_equal(encoder.transform(backed), plain.transform(flows))
    np.testing.assert_array_equal(plain.transform(table), plain.transform(flows))


def test_polars(flows):
    pl = pytest.importorskip("polars")
    plain = TableEncoder(missing="impute").fit(flows)
    table = pl.DataFrame(
        {
            name: flows[name].astype(object).where(flows[name].notna(), None).tolist()
            for name in flows
        }
    )
    encoder = TableEncoder(missing="impute").fit(table)
    np.testing.assert_array_equal(encoder.transform(table), plain.transform(flows))


def test_arrays_have_no_types_of_columns(flows):
    table = flows[["proto", "port"]].to_numpy(dtype=object)
    with pytest.raises(ValueError, match=r"'tcp'.*categorical_features"):
        TableEncoder().fit(table)
    found = TableEncoder([0]).fit_transform(table)
    expected = TableEncoder().fit_transform(flows[["proto", "port"]])
    np.testing.assert_array_equal(found, expected)
    text = table.astype(str)
    np.testing.assert_array_equal(TableEncoder([0]).fit_transform(text), expected)


def test_missing_objects_of_an_array():
    X = np.array([[1, pd.NA], [None, 2], [3, np.nan]], dtype=object)
    found = TableEncoder(missing="impute").fit_transform(X)
    np.testing.assert_array_equal(found, [[1, 2, 0, 1], [2, 2, 1, 0], [3, 2, 0, 1]])


def test_sparse_table():
    X = np.array([[0, 1.5], [2, 0], [0, 0], [2, 3]])
    for columns in (None, [0]):
        expected = TableEncoder(columns).fit_transform(X)
        found = TableEncoder(columns).fit_transform(sparse.csr_array(X))
        np.testing.assert_array_equal(found, expected)


# -- tables that are not as they should be --------------------------------------------


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        (["protocol"], ValueError, r"has 'protocol', not among .*did you mean 'proto'"),
        ([6], ValueError, "has the index 6, out of range"),
        ([True, False], ValueError, "is a boolean mask of length 2.*n_features=6"),
        ([1.5], TypeError, "is a list of float"),
        (["proto", 1], TypeError, "mixes int and str"),
        ("proto", ValueError, "'categorical_features' parameter"),
        (2, ValueError, "'categorical_features' parameter"),
    ],
)
def test_columns_that_are_not_there(flows, columns, error, message):
    with pytest.raises(error, match=f"categorical_features.*{message}|{message}"):
        TableEncoder(columns, missing="impute").fit(flows)


def test_names_need_names(flows):
    with pytest.raises(ValueError, match="selects by name, but X has no string column"):
        TableEncoder(["proto"]).fit(flows.to_numpy(dtype=object))


def test_two_columns_of_one_name(flows):
    twice = pd.concat([flows[["proto"]], flows[["proto"]]], axis=1)
    with pytest.raises(ValueError, match="unique column names"):
        TableEncoder(["proto"]).fit(twice)


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (
            [80, "http", None],
            ValueError,
            r"column 'x' of X holds text and numbers, 'http' and 80: .*astype\(str\)",
        ),
        (
            pd.Categorical([80, "http", None]),
            ValueError,
            r"column 'x' of X holds text and numbers",
        ),
        (
            pd.cut(pd.Series([1, 2, 3]), 2),
            TypeError,
            r"column 'x' of X holds Interval.* of type Interval; categories are text "
            r"or numbers: .*astype\(str\)",
        ),
        (["a", b"b", None], TypeError, "column 'x' of X holds b'b' of type bytes"),
        (["a", ["b"], None], TypeError, r"column 'x' of X holds \['b'\] of type list"),
    ],
)
def test_columns_that_are_no_categories(values, error, message):
    with pytest.raises(error, match=message):
        TableEncoder().fit(pd.DataFrame({"x": values}))


def test_dates_must_be_converted():
    dates = pd.DataFrame({"x": pd.to_datetime(["2018-10-25", "2018-10-26"])})
    with pytest.raises(TypeError, match="column 'x' of X holds Timestamp"):
        TableEncoder(["x"]).fit(dates)
    array = dates.to_numpy()
    with pytest.raises(TypeError, match=r"column 0 of X holds .*datetime64"):
        TableEncoder([0]).fit(array)


def test_numbers_in_place_of_text_and_text_in_place_of_numbers(flows):
    encoder = TableEncoder(["proto", "port"], missing="impute")
    table = flows[["proto", "port", "bytes"]]
    encoder.fit(table)
    with pytest.raises(
        ValueError, match=r"'proto' of X holds numbers, but held text.*str"
    ):
        encoder.transform(table.assign(proto=6))
    with pytest.raises(ValueError, match=r"'port' of X holds text, but held numbers"):
        encoder.transform(table.assign(port="http"))
    gone = table.assign(proto=np.nan)  # as pandas reads a column without a value
    assert not encoder.transform(gone)[:, -5:-3].any()
    np.testing.assert_array_equal(
        encoder.transform(table.assign(port=table["port"].astype(float))),
        encoder.transform(table),
    )


def test_columns_without_any_value(flows):
    table = flows[["bytes", "port"]].assign(empty=np.nan)
    with pytest.raises(ValueError, match="contains NaN in column 'bytes'"):
        TableEncoder().fit(table)
    encoder = TableEncoder(missing="impute")
    message = r"no value at all in \[\"column 'empty'\"\].*leave out"
    with pytest.warns(UserWarning, match=message):
        encoder.fit(table)
    names = encoder.get_feature_names_out().tolist()
    assert names == ["bytes", "port", "empty", "missingindicator_bytes"]
    assert (encoder.transform(table)[:, 2] == 0).all()
    assert (encoder.transform(table.assign(empty=1e9))[:, 2] == 0).all()


def test_a_thousand_categories():
    rng = np.random.default_rng(0)
    ports = np.repeat(np.arange(1000), 2 + np.arange(1000) // 100).astype(str)
    table = pd.DataFrame({"port": rng.permutation(ports)})
    encoder = TableEncoder(min_frequency=2).fit(table)
    assert encoder.n_features_out_ == 128
    codes = pd.Series(encoder.get_feature_names_out())
    assert (codes.str.extract(r"_(\d+)$")[0].dropna().astype(int) >= 800).all()
    all_of_them = TableEncoder(min_frequency=None, max_categories=None)
    assert all_of_them.fit(table).n_features_out_ == 1000
    each_its_own = pd.DataFrame({"uid": [f"C{i}" for i in range(50)]})
    np.testing.assert_array_equal(TableEncoder().fit_transform(each_its_own), 1)


@pytest.mark.parametrize(
    ("n_rows", "least"), [(20, 2), (299, 2), (300, 3), (4_000, 40), (90_000, 50)]
)
def test_rows_that_a_category_needs(n_rows, least):
    table = pd.DataFrame({"x": ["often"] * n_rows})
    table.loc[: least - 2, "x"] = "rare"
    table.loc[n_rows - least :, "x"] = "enough"
    names = TableEncoder().fit(table).get_feature_names_out()
    assert set(names) - {"x_often"} == {"x_enough", "x_infrequent_sklearn"}


def test_a_column_of_one_value():
    table = pd.DataFrame({"service": ["http"] * 5})
    encoder = TableEncoder().fit(table)
    assert encoder.get_feature_names_out().tolist() == ["service_http"]
    assert encoder.transform(pd.DataFrame({"service": ["dns"]})).tolist() == [[0]]


def test_a_column_of_fractions_has_a_category_for_each():
    table = pd.DataFrame({"x": [0.5, 1.25, 0.5, np.nan, 1.25]})
    encoder = TableEncoder(["x"]).fit(table)
    assert encoder.get_feature_names_out().tolist() == [
        *("x_0.5", "x_1.25", "x_infrequent_sklearn")
    ]


# -- columns of many categories --------------------------------------------------------


@given(
    rows=st.lists(st.tuples(TEXT, NUMBER, TEXT), min_size=1, max_size=40),
    new=st.lists(st.tuples(TEXT, NUMBER, TEXT), min_size=1, max_size=5),
    min_frequency=st.sampled_from(["auto", None, 1, 2, 0.2]),
    max_categories=st.sampled_from([None, 1, 2, 3]),
)
def test_many_categories_become_the_numbers_of_their_places(
    rows, new, min_frequency, max_categories
):
    """Columns are told apart, counted and numbered one value after the other."""
    X, new = (
        np.array([[a, b, c] for a, b, c in table], dtype=object)
        for table in (rows, new)
    )
    limits = {"min_frequency": min_frequency, "max_categories": max_categories}
    encoder = TableEncoder([0, 1, 2], many_categories="ordinal", **limits).fit(X)
    least = {"auto": 2, None: 1, 0.2: len(X) / 5}.get(min_frequency, min_frequency)
    few, numbers = [], []
    for column in range(3):
        as_known = [None if pd.isna(v) else v for v in X[:, column]]
        often = {v for v in as_known if as_known.count(v) >= least}
        if max_categories is None or len(often) <= max_categories:
            few.append(column)
            continue
        place = {v: n for n, v in enumerate(sorted(often - {None}), start=1)}
        if None in often:
            place[None] = len(often)
        of_new = (None if pd.isna(v) else v for v in new[:, column])
        numbers.append([place.get(v, 0) for v in of_new])
    assert np.flatnonzero(~encoder.is_ordinal_).tolist() == few
    found = encoder.transform(new)
    n_codes = found.shape[1] - len(numbers)
    np.testing.assert_array_equal(
        found[:, n_codes:].T, np.reshape(numbers, (-1, len(new)))
    )
    if few:
        plain = TableEncoder([0] if len(few) == 1 else [*range(len(few))], **limits)
        plain.fit(X[:, few])
        np.testing.assert_array_equal(found[:, :n_codes], plain.transform(new[:, few]))
    assert encoder.n_features_out_ == found.shape[1]
    assert len(encoder.get_feature_names_out()) == found.shape[1]
    assert encoder.get_feature_names_out()[n_codes:].tolist() == [
        f"x{i}" for i in np.flatnonzero(encoder.is_ordinal_)
    ]
    again = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(again.transform(new), found)


def test_numbers_of_categories_come_last_in_their_order(flows):
    limits = {"max_categories": 2, "min_frequency": 1, "many_categories": "ordinal"}
    encoder = TableEncoder(missing="impute", **limits).fit(flows.iloc[:, :5])
    assert encoder.get_feature_names_out().tolist() == [
        *("bytes", "local", "packets"),
        *(f"missingindicator_{name}" for name in ("bytes", "local", "packets")),
        *("proto", "state"),
    ]
    found = encoder.transform(flows.iloc[:, :5])[:, -2:].T.tolist()
    assert found == [[2, 3, 2, 3, 2, 1], [1, 2, 3, 2, 1, 3]]
    assert encoder.one_hot_ is None
    assert encoder.numbers_of_categories_ == (4, 4)
    new = flows.iloc[:2, :5].assign(proto=["gre", None])
    assert encoder.transform(new)[:, -2].tolist() == [0, 0]
    with pytest.raises(ValueError, match="'proto' of X holds numbers, but held text"):
        encoder.transform(new.assign(proto=6))


def test_numbers_of_many_categories_need_ten_rows_at_most():
    ports = np.concatenate([np.repeat(np.arange(200), 9), np.repeat(1_000, 2_000)])
    table = pd.DataFrame({"port": ports.astype(str)})
    settings = {"many_categories": "ordinal"}
    assert TableEncoder(**settings).fit(table).one_hot_ is not None
    more = pd.concat([table, table[:1_800:9]])
    encoder = TableEncoder(**settings).fit(more)
    assert encoder.numbers_of_categories_ == (202,)
    limited = TableEncoder(**settings, min_frequency=11).fit(more)
    assert limited.one_hot_ is not None
    assert TableEncoder().fit(more).n_features_out_ == 2


def test_more_categories_than_single_precision_has_numbers(monkeypatch):
    path = "skmirai.preprocessing._table_encoder._MOST_NUMBERS"
    monkeypatch.setattr(path, 299)
    table = pd.DataFrame({"uid": [f"C{i % 300}" for i in range(3_000)]})
    message = r"'uid' of X has 300 categories, but at most 299 .*raise min_frequency"
    with pytest.raises(ValueError, match=message):
        TableEncoder(many_categories="ordinal").fit(table)
    assert np.float32(2**24 - 1) + np.float32(1) == 2**24


def test_infinite_numbers_are_errors():
    with pytest.raises(ValueError, match="infinity"):
        TableEncoder(missing="impute").fit([[np.inf], [1.0]])


# -- columns that are mistaken for others ----------------------------------------------


def seconds(n_rows=200, dash=0.05):
    rng = np.random.default_rng(0)
    values = rng.exponential(size=n_rows).round(4).astype(str).astype(object)
    values[rng.random(n_rows) < dash] = "-"
    return values


@pytest.mark.parametrize("kind", [object, "str", "string"])
def test_numbers_with_dashes_are_named(kind):
    table = pd.DataFrame({"duration": pd.Series(seconds(), dtype=kind)})
    table.loc[0, "duration"] = None
    message = (
        r"column 'duration' of X holds text, and 9\d\.?\d? % of it are numbers, but "
        r"'-' is none.*na_values='-'.*errors='coerce'.*name it in categorical_features"
    )
    with pytest.warns(UserWarning, match=message) as caught:
        TableEncoder().fit(table)
    assert {warning.filename for warning in caught} == {__file__}
    TableEncoder(["duration"]).fit(table)
    TableEncoder().fit(table.astype("category"))
    numbers = pd.to_numeric(table["duration"], errors="coerce").to_frame()
    assert not TableEncoder(missing="impute").fit(numbers).is_categorical_.any()


@pytest.mark.parametrize(
    "values",
    [
        ["0443", "53", "80", "http"] * 50,  # few ports
        [*map(str, range(19)), "-"] * 10,
        [*map(str, range(80)), *["-"] * 20],  # one in five
        [*map(str, range(200))],  # text of digits alone is meant
        [f"C{i}" for i in range(200)],
    ],
)
def test_text_that_is_no_number_is_not_named(values):
    TableEncoder().fit(pd.DataFrame({"x": values}))


def test_the_first_part_decides():
    X = pd.DataFrame({"a": [1.0, 2.0, 3.0], "t": pd.Series([None] * 3, dtype=object)})
    with pytest.warns(UserWarning, match="name in categorical_features what will hold"):
        encoder = TableEncoder(missing="impute").fit(X)
    later = X.assign(t=["tcp", "udp", None])
    message = (
        "column 't' holds text, 'tcp'. The rows that were learned from, those of the "
        "first part .* name it in categorical_features and fit anew"
    )
    with pytest.raises(ValueError, match=message):
        encoder.transform(later)
    named = TableEncoder(["t"], missing="impute").fit(X)
    assert named.transform(later).shape == named.transform(X).shape


def test_names_do_not_repeat():
    table = pd.DataFrame(
        {
            "m": ["infrequent_sklearn"] * 5 + ["z", "q"],
            "a_b": list("ccccddd"),
            "a": ["b_c"] * 4 + ["b_d"] * 3,
        }
    )
    encoder = TableEncoder(min_frequency=2).set_output(transform="pandas")
    found = encoder.fit_transform(table)
    assert (
        found.columns.tolist()
        == encoder.get_feature_names_out().tolist()
        == [
            *("m_infrequent_sklearn", "m_infrequent_sklearn_2"),
            *("a_b_c", "a_b_d", "a_b_c_2", "a_b_d_2"),
        ]
    )
    np.testing.assert_array_equal(found["m_infrequent_sklearn_2"], [0] * 5 + [1, 1])


@given(st.lists(st.sampled_from(["a", "a_2", "a_2_2", "b"]), max_size=8))
def test_repeated_names_are_numbered(names):
    found = unique_names(np.array(names, dtype=object)).tolist()
    assert len(set(found)) == len(names)
    for place, name in enumerate(names):
        assert found[place].startswith(name)
        if name not in names[:place]:
            assert found[place] == name


class Name(str):
    pass


class Proto(str, enum.Enum):  # noqa: UP042 - its text is its name, that of StrEnum not
    TCP = "tcp"
    UDP = "udp"


class Port(enum.IntEnum):
    DNS = 53
    HTTP = 80


@pytest.mark.parametrize(
    ("values", "kind", "plain"),
    [
        ([Name("tcp"), "udp"], str, ["tcp", "udp"]),
        ([*Proto], str, ["tcp", "udp"]),
        ([*Port], int, [53, 80]),
        ([np.str_("tcp"), "udp"], str, ["tcp", "udp"]),
        ([np.float64(0.5), np.float32(1.5)], float, [0.5, 1.5]),
    ],
)
@pytest.mark.parametrize("many", ["one_hot", "ordinal"])
def test_categories_are_plain_text_and_numbers(values, kind, plain, many):
    X = np.array(values * 3, dtype=object)[:, np.newaxis]
    encoder = TableEncoder([0], many_categories=many, max_categories=1)
    if many == "one_hot":
        encoder.set_params(max_categories=None)
    encoder.fit(X)
    ((_, known),) = encoder.known_categories()
    assert known.tolist() == plain
    assert {type(value) for value in known} == {kind}
    given = np.array(plain * 3, dtype=object)[:, np.newaxis]
    np.testing.assert_array_equal(encoder.transform(given), encoder.transform(X))


# -- among other steps -----------------------------------------------------------------


def test_step_of_pipelines_and_of_column_transformers(flows):
    y = [0, 1, 0, 1, 0, 1]
    encoder = TableEncoder(missing="impute")
    pipe = make_pipeline(encoder, LogisticRegression()).fit(flows, y)
    assert pipe.score(flows, y) == 1
    text = make_column_selector(dtype_exclude=np.number)
    split = ColumnTransformer([("text", clone(encoder), text)], remainder="drop")
    assert "text__proto_tcp" in split.fit(flows).get_feature_names_out()


def test_output_as_a_table(flows):
    encoder = TableEncoder(missing="impute").set_output(transform="pandas").fit(flows)
    found = encoder.transform(flows)
    assert found.columns.tolist() == encoder.get_feature_names_out().tolist()
    with config_context(transform_output="pandas"):
        inner = TableEncoder(missing="impute").fit(flows)
        np.testing.assert_array_equal(inner.transform(flows), found)


def test_pickled_and_cloned(flows):
    encoder = TableEncoder(["proto"], missing="impute", max_categories=3)
    table = flows.drop(columns="state")
    again = pickle.loads(pickle.dumps(encoder.fit(table)))
    np.testing.assert_array_equal(again.transform(table), encoder.transform(table))
    assert clone(encoder).get_params() == encoder.get_params()
