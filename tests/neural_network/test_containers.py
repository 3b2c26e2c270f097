"""Tables of pyarrow and sparse ones: the same results as those of an array."""

import copy
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import config_context
from sklearn.compose import make_column_transformer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.neural_network._engine import lazy
from skmirai.preprocessing import ColumnDropper

NAMES = ["packet", "size", "weight", "mean", "jitter", "time"]
FORMATS = ["csr", "csc", "coo", "bsr", "dok", "lil"]


@pytest.fixture(scope="module")
def table(binary):
    """120 rows of which half the values are 0."""
    X, y = binary
    return np.where(np.abs(X) < 1, 0, X), y


def uses(estimator, X, y, X_val=None, weight=None):
    """Results of everything that takes rows."""
    if X_val is None:
        X_val = X
    estimator.fit(
        X, y, sample_weight=weight, X_val=X_val, y_val=y, sample_weight_val=weight
    )
    return (
        estimator.history_,
        estimator.predict(X),
        getattr(estimator, "predict_proba", estimator.predict)(X),
        estimator.evaluate(X, y, sample_weight=weight),
        estimator.predict_uncertainty(X, n_passes=3, random_state=0).std,
        estimator.mc_score(X, y, n_passes=3, random_state=0),
        estimator.pipeline_.predict(X),
        estimator.partial_fit(X, y, sample_weight=weight).predict(X),
    )


# -- pyarrow -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def arrow(table):
    pa = pytest.importorskip("pyarrow")
    return pa.table(dict(zip(NAMES, table[0].T, strict=True)))


@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
def test_pyarrow_table_is_a_table(small, table, arrow, kind):
    X, y = table
    frame = pd.DataFrame(X, columns=NAMES)
    found = uses(kind(**small), arrow, y, weight=1.0 + y)
    for expected, result in zip(
        uses(kind(**small), frame, y, weight=1.0 + y), found, strict=True
    ):
        if isinstance(expected, dict):  # pandas stores columns, which rounds otherwise
            expected, result = [*expected.values()], [*result.values()]
        np.testing.assert_allclose(result, expected, rtol=1e-9)


@pytest.mark.parametrize("dropped", [2, ["packet", "mean"], slice("size", "weight")])
def test_columns_of_pyarrow_have_names(small, table, arrow, dropped):
    X, y = table
    clf = MiraiDNNClassifier(**small, drop_columns=dropped).fit(arrow, y)
    assert clf.feature_names_in_.tolist() == NAMES
    frame = pd.DataFrame(X, columns=NAMES)
    by_frame = MiraiDNNClassifier(**small, drop_columns=dropped).fit(frame, y)
    np.testing.assert_allclose(
        clf.predict_proba(arrow), by_frame.predict_proba(frame), rtol=1e-9
    )
    np.testing.assert_array_equal(clf.predict_proba(frame), clf.predict_proba(arrow))
    with pytest.raises(ValueError, match="must be in the same order"):
        clf.predict(arrow.select(NAMES[::-1]))


def test_pyarrow_columns_that_are_dropped_may_hold_anything(small, table, arrow):
    import pyarrow as pa

    _, y = table
    dirty = arrow.append_column("proto", pa.array(["tcp", None] * 60))
    clf = MiraiDNNClassifier(**small, drop_columns="proto").fit(dirty, y)
    plain = MiraiDNNClassifier(**small).fit(arrow, y)
    np.testing.assert_array_equal(clf.predict_proba(dirty), plain.predict_proba(arrow))
    with pytest.raises(ValueError, match=r"X must hold numbers, but .*'tcp'"):
        MiraiDNNClassifier(**small, categorical_features=None).fit(dirty, y)


def test_pyarrow_nulls_are_missing_values(small, table, arrow):
    import pyarrow as pa

    _, y = table
    holes = arrow.set_column(1, "size", pa.array([1.0, None] * 60))
    with pytest.raises(ValueError, match="Input X contains NaN"):
        MiraiDNNClassifier(**small).fit(holes, y)


@pytest.mark.slow
def test_pyarrow_labels_rows_of_a_split_and_parts(monkeypatch, small, table, arrow):
    import pyarrow as pa

    _, y = table
    labels = pa.chunked_array([np.where(y, "mirai", "benign")])
    clf = MiraiDNNClassifier(**small, validation_fraction=0.25).fit(arrow, labels)
    assert clf.classes_.tolist() == ["benign", "mirai"]
    expected = clf.predict_proba(arrow)
    for module in ("_base", "_engine.lazy"):
        monkeypatch.setattr(f"skmirai.neural_network.{module}.ROWS_AT_ONCE", 50)
    np.testing.assert_allclose(clf.predict_proba(arrow), expected, rtol=1e-9)
    scores = cross_val_score(MiraiDNNClassifier(**small), arrow, y, cv=2)
    assert len(scores) == 2


def test_dropper_leaves_a_pyarrow_table_what_it_is(arrow):
    out = ColumnDropper(["size", "time"]).fit_transform(arrow)
    assert type(out) is type(arrow)
    assert out.column_names == ["packet", "weight", "mean", "jitter"]
    assert ColumnDropper(4).fit_transform(arrow).column_names == NAMES[4:]


# -- sparse ------------------------------------------------------------------------


@pytest.mark.slow(after=6)
@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
@pytest.mark.parametrize("dropped", [None, 2, [0, 3]])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, bool])
def test_sparse_table_is_the_array_to_the_bit(small, table, kind, dropped, dtype):
    X, y = table
    X = X.astype(dtype)
    expected = uses(kind(**small, drop_columns=dropped), X, y, weight=0.5 + y)
    S = sparse.csr_array(X)
    found = uses(kind(**small, drop_columns=dropped), S, y, weight=0.5 + y)
    np.testing.assert_equal(found, expected)
    mixed = uses(kind(**small, drop_columns=dropped), X, y, S, weight=0.5 + y)
    np.testing.assert_equal(mixed, expected)


@pytest.mark.slow(after=3)
@pytest.mark.parametrize("container", ["array", "matrix"])
@pytest.mark.parametrize("name", FORMATS)
def test_any_sparse_format(small, table, name, container):
    X, y = table
    S = getattr(sparse, f"{name}_{container}")(X)
    clf = MiraiDNNClassifier(**small, drop_columns=[1]).fit(S, y)
    dense = MiraiDNNClassifier(**small, drop_columns=[1]).fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(S), dense.predict_proba(X))
    assert S.format == name, "left as it was"


@st.composite
def written_otherwise(draw):
    """A sparse table with duplicates, explicit zeros, any order and index type."""
    n_rows, n_columns = 12, 4  # programs are compiled for a shape
    cells = st.tuples(
        st.integers(0, n_rows - 1),
        st.integers(0, n_columns - 1),
        st.sampled_from([0.0, -0.0, 1.0, -2.5, 1e-300, 7.0]),
    )
    entries = draw(st.lists(cells, max_size=40))
    rows, columns, values = (
        (np.array(part) for part in zip(*entries, strict=True))
        if (entries)
        else (np.empty(0, int), np.empty(0, int), np.empty(0))
    )
    index = draw(st.sampled_from([np.int32, np.int64]))
    S = sparse.coo_array((values, (rows, columns)), shape=(n_rows, n_columns))
    dense = S.toarray()
    S = S.asformat(draw(st.sampled_from(["coo", "csr", "csc"])))
    if S.format != "coo":
        S.indices, S.indptr = S.indices.astype(index), S.indptr.astype(index)
    return S, dense


@pytest.mark.slow
@given(pair=written_otherwise(), drop=st.booleans())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_sparse_table_is_written(small, pair, drop):
    S, dense = pair
    y = np.arange(len(dense)) % 2
    once = small | {"epochs": 1, "drop_columns": int(drop)}
    clf = MiraiDNNClassifier(**once).fit(S, y)
    np.testing.assert_array_equal(
        clf.predict_proba(S),
        MiraiDNNClassifier(**once).fit(dense, y).predict_proba(dense),
    )


def test_unsummed_duplicates_and_explicit_zeros_of_csr(small, table):
    X, y = table
    S = sparse.csr_array(X)
    # every value in two halves, and a zero in every row
    indptr = 3 * np.arange(len(X) + 1)
    first = np.argmax(X != 0, axis=1)
    value = X[np.arange(len(X)), first] / 2
    data = np.column_stack([value, 0 * value, value]).ravel()
    indices = np.column_stack([first, (first + 1) % 6, first]).ravel()
    doubled = sparse.csr_array((data, indices, indptr), shape=S.shape)
    before = copy.deepcopy(doubled)
    clf = MiraiDNNClassifier(**small).fit(doubled, y)
    dense = MiraiDNNClassifier(**small).fit(doubled.toarray(), y)
    np.testing.assert_array_equal(
        clf.predict_proba(doubled), dense.predict_proba(doubled.toarray())
    )
    for part in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(doubled, part), getattr(before, part))


def test_missing_values_of_sparse_tables(small, table):
    X, y = table
    holes = X.copy()
    holes[3, 2] = np.nan
    S = sparse.csr_array(holes)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        MiraiDNNClassifier(**small).fit(S, y)
    with pytest.raises(ValueError, match="Input X_val contains NaN"):
        MiraiDNNClassifier(**small).fit(X, y, X_val=S, y_val=y)
    clf = MiraiDNNClassifier(**small, drop_columns=[2]).fit(S, y)
    dense = MiraiDNNClassifier(**small, drop_columns=[2]).fit(holes, y)
    np.testing.assert_array_equal(clf.predict_proba(S), dense.predict_proba(holes))
    with pytest.raises(ValueError, match="Complex data not supported"):
        clf.predict(sparse.csr_array(X * 1j))
    with pytest.raises(ValueError, match=r"X has 5 features.*expecting 6"):
        clf.predict(S[:, :5])


def test_output_of_a_one_hot_encoder(small, table):
    X, y = table
    frame = pd.DataFrame({"proto": np.where(X[:, 0] > 0, "tcp", "udp"), "n": X[:, 1]})
    encoders = [
        make_column_transformer(
            (OneHotEncoder(sparse_output=kind), ["proto"]),
            remainder="passthrough",
            sparse_threshold=float(kind),
        )
        for kind in (True, False)
    ]
    assert sparse.issparse(encoders[0].fit_transform(frame))
    read, held = (
        make_pipeline(encoder, MiraiDNNClassifier(**small)).fit(frame, y)
        for encoder in encoders
    )
    np.testing.assert_array_equal(read.predict_proba(frame), held.predict_proba(frame))


@pytest.mark.parametrize("fully", [True, False])
def test_sparse_columns_of_pandas(small, table, fully):
    X, y = table
    frame = pd.DataFrame(X, columns=NAMES)
    columns = NAMES if fully else NAMES[:3]
    thin = frame.astype(dict.fromkeys(columns, pd.SparseDtype(float, 0)))
    clf = MiraiDNNClassifier(**small, drop_columns=["mean"]).fit(thin, y)
    plain = MiraiDNNClassifier(**small, drop_columns=["mean"]).fit(frame, y)
    np.testing.assert_allclose(
        clf.predict_proba(thin), plain.predict_proba(frame), rtol=1e-9
    )


def test_callable_drop_columns_sees_the_sparse_table(small, table):
    X, y = table

    def mostly_zero(S):
        assert sparse.issparse(S)
        return np.flatnonzero(np.asarray((S != 0).sum(axis=0)).ravel() < 60)

    clf = MiraiDNNClassifier(**small, drop_columns=mostly_zero)
    clf.fit(sparse.csr_array(X), y)
    dropped = np.flatnonzero((X != 0).sum(axis=0) < 60)
    assert 0 < len(dropped) < 6
    np.testing.assert_array_equal(clf.pipeline_["drop"].dropped_indices_, dropped)


def test_dropper_leaves_a_sparse_table_sparse(table):
    X, _ = table
    for make in (sparse.csr_array, sparse.csc_array, sparse.coo_array):
        out = ColumnDropper([0, 3]).fit_transform(make(X))
        assert sparse.issparse(out)
        np.testing.assert_array_equal(out.toarray(), np.delete(X, [0, 3], axis=1))


# -- in parts ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long_table():
    rng = np.random.default_rng(0)
    X = np.where(rng.random((3_000, 6)) < 0.7, 0, rng.normal(size=(3_000, 6)))
    return X, (X[:, 3] > X[:, 2]).astype(int)


@pytest.mark.slow
@pytest.mark.parametrize("scaler", ["standard", "signed_log", None])
@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
def test_large_sparse_table_is_a_mapped_one_to_the_bit(
    tmp_path, small, long_table, kind, scaler
):
    X, y = long_table
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    settings = small | {"drop_columns": [1], "scaler": scaler}
    with config_context(working_memory=0):
        expected = uses(kind(**settings), mapped, y, weight=0.5 + y)
        found = uses(kind(**settings), sparse.csr_array(X), y, weight=0.5 + y)
    np.testing.assert_equal(found, expected)


def test_scaler_that_must_see_all_rows_of_a_large_sparse_table(small, long_table):
    X, y = long_table
    message = r"a sparse table of this size.*scaler='quantile' has no partial_fit"
    with config_context(working_memory=0), pytest.raises(ValueError, match=message):
        MiraiDNNClassifier(**small, scaler="quantile").fit(sparse.csr_array(X), y)


def test_dropped_columns_do_not_count_as_size(small, table):
    X, y = table
    wide = sparse.hstack([X, sparse.csr_array((len(X), 2_000_000))]).tocsr()
    clf = MiraiDNNClassifier(**small, drop_columns=slice(6, None), scaler="quantile")
    clf.fit(wide, y)  # 1 GB, had its columns not been dropped first
    plain = MiraiDNNClassifier(**small, scaler="quantile").fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(wide), plain.predict_proba(X))


@pytest.mark.slow
def test_parts_of_wide_rows_hold_few_values(monkeypatch, small):
    """Peak memory stays far below that of the dense table, which takes 80 MB."""
    n_rows, n_columns = 10_000, 1_000
    rng = np.random.default_rng(0)
    X = sparse.random_array((n_rows, n_columns), density=0.002, rng=rng, format="csr")
    y = np.arange(n_rows) % 2
    monkeypatch.setattr(lazy, "VALUES_AT_ONCE", 2**17)
    monkeypatch.setattr("skmirai.neural_network._engine.program._CHUNK_VALUES", 2**18)
    monkeypatch.setattr("skmirai.neural_network._engine.passes._READ_VALUES", 2**17)
    clf = MiraiDNNClassifier(**small | {"epochs": 1}, dtype="float32")
    with config_context(working_memory=1):
        clf.fit(X, y)  # what compiling takes does not depend on the table
        tracemalloc.start()
        try:
            clf.fit(X, y)
            clf.predict_proba(X)
            clf.evaluate(X, y)
            clf.predict_uncertainty(X, n_passes=2, random_state=0)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 20e6


@pytest.mark.parametrize("rows", [slice(0, 90), slice(10, 80), "some"])
@pytest.mark.parametrize("values", [1, 25, 60, 10**6])
def test_rows_made_in_parts_are_the_rows(monkeypatch, rows, values):
    monkeypatch.setattr(lazy, "VALUES_AT_ONCE", values)

    class Numbers:
        def __len__(self):
            return 90

        def read(self, rows):
            return np.arange(180.0).reshape(90, 2)[rows]

    if rows == "some":
        rows = np.random.default_rng(0).permutation(90)[:70]
    made = lazy.LazyArray(Numbers(), lambda part: part + 1, n_read=5)
    assert made.width == 5
    np.testing.assert_array_equal(made[rows], Numbers().read(rows) + 1)
