"""Tables that stay on the disk: trained on in parts, predicted in parts."""

import keras
import numpy as np
import pytest
from sklearn import config_context
from sklearn.preprocessing import FunctionTransformer

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.neural_network._columns.tables import RowsOf
from skmirai.neural_network._engine.lazy import LazyArray
from skmirai.neural_network._engine.streaming import StreamedRows, shuffled_windows
from skmirai.preprocessing import PiecewiseLinearEncoder

N_ROWS = 3_000


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory):
    """A sorted table in a file: benign rows first, as captures are."""
    rng = np.random.default_rng(0)
    y = np.sort(rng.integers(0, 2, N_ROWS))
    X = rng.normal(size=(N_ROWS, 6)) + y[:, None] * [0, 0, 1.5, 1.5, 1, 0]
    path = tmp_path_factory.mktemp("table") / "X.npy"
    np.save(path, X.astype(np.float32))
    return np.load(path, mmap_mode="r"), y


@pytest.fixture
def streamed():
    """Any memory-mapped table is too large."""
    with config_context(working_memory=0):
        yield


@pytest.fixture
def settings():
    return {
        "n_layers": 1,
        "n_nodes": 8,
        "epochs": 3,
        "batch_size": 100,
        "dropout_rate": 0,
        "drop_columns": 2,
        "random_state": 0,
    }


# -- order -----------------------------------------------------------------------


@pytest.mark.parametrize("n_rows", [1, 5, 1024, 1025, 300_000])
def test_every_row_comes_once(n_rows):
    order = np.concatenate(list(shuffled_windows(n_rows, 0, 0)))
    np.testing.assert_array_equal(np.sort(order), np.arange(n_rows))


def test_order_depends_on_seed_and_epoch():
    orders = [
        np.concatenate(list(shuffled_windows(5_000, seed, epoch)))
        for seed, epoch in ((0, 0), (0, 0), (0, 1), (1, 0))
    ]
    np.testing.assert_array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], orders[2])
    assert not np.array_equal(orders[0], orders[3])


def test_windows_hold_rows_from_all_over_the_table():
    """A sorted table must not be met in its order."""
    n_rows = 1_000_000
    means = [window.mean() for window in shuffled_windows(n_rows, 0, 0)]
    assert len(means) == 4
    assert max(abs(mean / n_rows - 0.5) for mean in means) < 0.1
    window = next(shuffled_windows(n_rows, 0, 0))
    assert abs(np.corrcoef(window, np.arange(len(window)))[0, 1]) < 0.02


@pytest.mark.parametrize("rows", [np.array([5, 2, 2, 9, 0]), slice(3, 7)])
def test_rows_are_read_in_the_order_that_was_asked_for(rows):
    table = np.arange(40).reshape(10, 4)
    np.testing.assert_array_equal(RowsOf(table).read(rows), table[rows])
    chosen = np.array([7, 1, 3, 9, 0, 2, 8, 4, 6, 5])
    part = RowsOf(table, chosen)
    np.testing.assert_array_equal(part.read(rows), table[chosen[rows]])
    np.testing.assert_array_equal(
        part.take(chosen).read(rows), table[chosen][chosen][rows]
    )


# -- identities with tables in memory ----------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("callbacks", [None, "live", "batches"])
@pytest.mark.parametrize("weighted", [False, True])
def test_without_shuffling_weights_are_those_of_memory(
    on_disk, streamed, settings, callbacks, weighted
):
    """Same rows in the same order: the same network, with every kind of callback."""
    X, y = on_disk
    weight = np.random.default_rng(1).integers(0, 3, N_ROWS) if weighted else None
    settings |= {"shuffle": False, "scaler": None, "callbacks": _callback(callbacks)}
    validation = {"X_val": X[::3], "y_val": y[::3]}
    read = MiraiDNNClassifier(**settings).fit(X, y, weight, **validation)
    held = MiraiDNNClassifier(**settings).fit(
        np.array(X), y, weight, X_val=np.array(X[::3]), y_val=y[::3]
    )
    tolerance = {"rtol": 1e-6, "atol": 1e-7}
    for a, b in zip(read.model_.get_weights(), held.model_.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, **tolerance)
    assert read.history_.keys() == held.history_.keys()
    for name, values in held.history_.items():
        np.testing.assert_allclose(read.history_[name], values, rtol=1e-5)


def _callback(kind):
    if kind == "batches":
        return keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: None
        )
    return keras.callbacks.TerminateOnNaN() if kind == "live" else None


@pytest.mark.parametrize("scaler", ["standard", "signed_log"])
def test_scaler_has_seen_every_row(on_disk, streamed, settings, scaler):
    X, y = on_disk
    weight = np.random.default_rng(1).integers(0, 3, N_ROWS)
    settings |= {"scaler": scaler, "epochs": 1}
    read = MiraiDNNClassifier(**settings).fit(X, y, weight).pipeline_["scale"]
    held = MiraiDNNClassifier(**settings).fit(np.array(X), y, weight).pipeline_["scale"]
    table = np.array(X[:, 2:])
    np.testing.assert_allclose(read.transform(table), held.transform(table), atol=1e-5)


def test_accuracy_is_that_of_memory(on_disk, streamed, settings):
    X, y = on_disk
    settings |= {"epochs": 10}
    scores = [
        MiraiDNNClassifier(**settings).fit(table, y).score(np.array(X), y)
        for table in (X, np.array(X))
    ]
    assert scores[0] > 0.85
    # one standard error of an accuracy of 0.9 over 3,000 rows is 0.0055
    assert abs(scores[0] - scores[1]) < 0.0165


@pytest.mark.parametrize("validation_fraction", [None, 0.2])
def test_same_seed_same_network(on_disk, streamed, settings, validation_fraction):
    X, y = on_disk
    settings |= {"validation_fraction": validation_fraction}
    a, b = (MiraiDNNClassifier(**settings).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(a.predict_proba(X), b.predict_proba(X))
    assert ("val_loss" in a.history_) == (validation_fraction is not None)


def test_validation_part_is_the_one_of_memory(on_disk, streamed, settings):
    X, y = on_disk
    settings |= {"validation_fraction": 0.2, "shuffle": False, "scaler": None}
    read = MiraiDNNClassifier(**settings).fit(X, y)
    held = MiraiDNNClassifier(**settings).fit(np.array(X), y)
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(read.history_[name], held.history_[name], rtol=1e-5)


def test_regressor_and_partial_fit(on_disk, streamed, settings):
    X, _ = on_disk
    target = np.array(X[:, 3]) * 2 + 1
    read = MiraiDNNRegressor(**settings, shuffle=False, scaler=None).fit(X, target)
    held = MiraiDNNRegressor(**settings, shuffle=False, scaler=None)
    held.fit(np.array(X), target)
    np.testing.assert_allclose(read.predict(X), held.predict(X), rtol=1e-4, atol=1e-5)
    read.partial_fit(X, target)
    assert len(read.history_["loss"]) == 4


@pytest.mark.parametrize("method", ["predict_proba", "predict_uncertainty", "evaluate"])
def test_prediction_in_parts_is_that_at_once(monkeypatch, on_disk, settings, method):
    X, y = on_disk
    settings |= {"dropout_rate": 0.3}
    clf = MiraiDNNClassifier(**settings).fit(np.array(X), y)

    def result():
        if method == "evaluate":
            return list(clf.evaluate(X, y).values())
        if method == "predict_uncertainty":
            return clf.predict_uncertainty(X, n_passes=5, random_state=0).proba
        return clf.predict_proba(X)

    at_once = result()
    for module in ("_base", "_engine.lazy"):
        monkeypatch.setattr(f"skmirai.neural_network.{module}.ROWS_AT_ONCE", 700)
    np.testing.assert_allclose(result(), at_once, rtol=1e-6)


# -- memory ------------------------------------------------------------------------


@pytest.mark.slow
def test_no_more_than_a_part_is_read_at_once(
    monkeypatch, tmp_path, streamed, settings, on_disk
):
    monkeypatch.setattr("skmirai.neural_network._engine.program._CHUNK_ROWS", 400)
    for module in ("_base", "_engine.lazy"):
        monkeypatch.setattr(f"skmirai.neural_network.{module}.ROWS_AT_ONCE", 400)
    X, y = on_disk
    reads = []
    original = RowsOf.read

    def read(self, rows):
        found = original(self, rows)
        reads.append(len(found))
        return found

    monkeypatch.setattr(RowsOf, "read", read)
    settings |= {"validation_fraction": 0.2, "dropout_rate": 0.3}
    clf = MiraiDNNClassifier(**settings).fit(X, y)
    clf.predict_proba(X)
    clf.predict_uncertainty(X, n_passes=2, batch_size=400, random_state=0)
    assert sum(reads) > 2 * N_ROWS
    assert max(reads) <= 400


def test_small_mapped_table_is_held_in_memory(on_disk, settings):
    X, y = on_disk
    read = MiraiDNNClassifier(**settings).fit(X, y)
    held = MiraiDNNClassifier(**settings).fit(np.array(X), y)
    np.testing.assert_array_equal(read.predict_proba(X), held.predict_proba(X))


# -- errors ------------------------------------------------------------------------


@pytest.mark.parametrize("scaler", ["quantile", "robust_clip", "piecewise_linear"])
def test_scaler_that_must_see_all_rows_at_once(on_disk, streamed, settings, scaler):
    X, y = on_disk
    message = rf"memory-mapped table.*scaler='{scaler}' has no partial_fit.*'standard'"
    with pytest.raises(ValueError, match=message):
        MiraiDNNClassifier(**settings, scaler=scaler).fit(X, y)


def test_nan_in_the_middle(tmp_path, on_disk, streamed, settings):
    X, y = on_disk
    clf = MiraiDNNClassifier(**settings).fit(X, y)
    before = clf.predict_proba(X[:10])
    broken = np.array(X)
    broken[2_000, 4] = np.nan
    np.save(tmp_path / "broken.npy", broken)
    mapped = np.load(tmp_path / "broken.npy", mmap_mode="r")
    with pytest.raises(ValueError, match="Input X contains NaN"):
        clf.fit(mapped, y)
    np.testing.assert_array_equal(clf.predict_proba(X[:10]), before)


def test_parts_in_order():
    """Chunks hold the rows of the epoch's order, the last one filled up."""
    table = np.arange(10.0)[:, None]
    rows = StreamedRows(
        LazyArray(RowsOf(table), np.asarray), np.arange(10), None, "float64"
    )

    class Shape:
        rows = 4

    found = [(X.numpy().ravel(), n) for (X, *_), n in rows.epoch_chunks(Shape, None, 0)]
    assert [n for _, n in found] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate([X[:n] for X, n in found]), range(10))
    assert all(len(X) == 4 for X, _ in found)


@pytest.mark.slow
def test_nan_is_named_also_in_the_loop_of_keras(tmp_path, on_disk, streamed, settings):
    X, y = on_disk
    broken = np.array(X)
    broken[2_000, 4] = np.nan
    np.save(tmp_path / "broken.npy", broken)
    mapped = np.load(tmp_path / "broken.npy", mmap_mode="r")
    clf = MiraiDNNClassifier(**settings, callbacks=_callback("batches"))
    with pytest.raises(ValueError, match="Input X_val contains NaN"):
        clf.fit(X, y, X_val=mapped, y_val=y)


@pytest.mark.slow
def test_copy_in_memory_is_no_mapped_table(on_disk, streamed, settings):
    X, y = on_disk
    copied = X.astype(np.float64)
    assert isinstance(copied, np.memmap), "so NumPy calls it"
    MiraiDNNClassifier(**settings, scaler="quantile").fit(copied, y)


def test_transformer_that_looks_at_all_rows_gets_them_at_once(settings):
    rng = np.random.default_rng(0)
    X = np.sort(rng.normal(size=(20_000, 4)), axis=0)
    y = (X[:, 3] > 0).astype(int)
    centred = FunctionTransformer(lambda rows: rows - rows.mean(axis=0))
    settings |= {"epochs": 1, "batch_size": 1_000}
    clf = MiraiDNNClassifier(**settings, scaler=centred).fit(X, y)
    alone = MiraiDNNClassifier(**settings, scaler=None)
    alone.fit(X - X.mean(axis=0), y)
    np.testing.assert_allclose(
        clf.predict_proba(X), alone.predict_proba(X - X.mean(axis=0)), atol=1e-6
    )


# -- scalers that widen the table ----------------------------------------------------


@pytest.fixture
def wide(monkeypatch, settings):
    """Settings whose 4 kept columns become 36, rows and labels; parts are small."""
    for module in ("_columns.scaled", "_base", "_engine.lazy"):
        monkeypatch.setattr(f"skmirai.neural_network.{module}.ROWS_AT_ONCE", 700)
    rng = np.random.default_rng(0)
    X = rng.lognormal(sigma=2, size=(2_500, 6))
    encoder = PiecewiseLinearEncoder(n_bins=8)
    return settings | {"scaler": encoder}, X, (X[:, 3] > X[:, 2]).astype(int)


@pytest.mark.slow
def test_table_that_a_scaler_widens_too_much_is_scaled_in_parts(monkeypatch, wide):
    settings, X, y = wide
    made = []
    original = PiecewiseLinearEncoder.transform

    def transform(self, X):
        made.append(original(self, X))
        return made[-1]

    monkeypatch.setattr(PiecewiseLinearEncoder, "transform", transform)
    monkeypatch.setattr("skmirai.neural_network._engine.program._CHUNK_ROWS", 400)
    monkeypatch.setattr("skmirai.neural_network._engine.lazy.VALUES_AT_ONCE", 400 * 36)
    with config_context(working_memory=0.2):  # 90 kB would do for 4 columns
        clf = MiraiDNNClassifier(**settings).fit(X, y)
        found = clf.predict_proba(X)
    assert {part.shape[1] for part in made} == {36}
    assert max(map(len, made)) <= 400
    assert sum(map(len, made)) >= 4 * len(X)  # three epochs and a prediction
    np.testing.assert_allclose(found, clf.predict_proba(X), rtol=1e-6)


def test_wide_table_in_parts_is_the_scaled_table_in_parts(tmp_path, wide, streamed):
    settings, X, y = wide
    clf = MiraiDNNClassifier(**settings, dtype="float32").fit(X, y, X_val=X, y_val=y)
    np.save(tmp_path / "X.npy", clf.pipeline_["scale"].transform(X[:, 2:]))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    before = settings | {"scaler": None, "drop_columns": None}
    plain = MiraiDNNClassifier(**before, dtype="float32")
    plain.fit(mapped, y, X_val=mapped, y_val=y)
    assert clf.history_ == plain.history_
    np.testing.assert_array_equal(clf.predict_proba(X), plain.predict_proba(mapped))


@pytest.mark.slow
def test_transformer_of_the_users_sees_all_rows_of_a_wide_table(wide, streamed):
    settings, X, y = wide
    seen = []

    def doubled(rows):
        seen.append(len(rows))
        return np.hstack([rows, rows])

    MiraiDNNClassifier(**settings | {"scaler": FunctionTransformer(doubled)}).fit(X, y)
    assert len(X) in seen
