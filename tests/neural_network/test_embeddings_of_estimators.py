"""Columns of many categories become vectors that the estimators' networks learn."""

import copy
import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

import skmirai
from skmirai import ColumnDropper, MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.preprocessing import TableEncoder

KINDS = [MiraiDNNClassifier, MiraiDNNRegressor]
N_ROWS = 1_600


def make_flows(n_rows=N_ROWS, seed=0):
    """Connections of 140 hosts, of which the odd ones attack, and some rare ones."""
    rng = np.random.default_rng(seed)
    host = np.arange(n_rows) % 140
    rng.shuffle(host)
    names = np.array([f"h{n:03}" for n in range(140)] + ["rare"], dtype=object)
    host[:5] = 140
    table = pd.DataFrame(
        {
            "uid": [f"C{i}" for i in range(n_rows)],
            "host": names[host],
            "size": rng.normal(size=n_rows),
            "proto": rng.choice(["tcp", "udp"], n_rows),
        }
    )
    return table, (host % 2 == 1).astype(int)


@pytest.fixture(scope="module")
def flows():
    return make_flows()


@pytest.fixture(scope="module")
def given(small):
    return small | {"drop_columns": ["uid"], "n_nodes": 8}


@pytest.fixture(scope="module")
def fitted(given, flows):
    """Classifier of these tables, do not change it: deepcopy it first."""
    return MiraiDNNClassifier(**given).fit(*flows)


@pytest.mark.parametrize("kind", KINDS)
def test_is_an_encoder_a_scaler_and_a_network_with_embeddings(given, flows, kind):
    X, y = flows
    estimator = kind(**given).fit(X, y)
    encoder = TableEncoder(many_categories="ordinal").fit(X.drop(columns="uid"))
    encoded = encoder.transform(X.drop(columns="uid"))
    assert encoder.numbers_of_categories_ == (141,)
    encoded[:, :1] = StandardScaler().fit_transform(encoded[:, :1])
    np.testing.assert_array_equal(estimator.pipeline_[:-1].transform(X), encoded)
    names = ["size", "proto_tcp", "proto_udp", "host"]
    assert estimator.pipeline_[:-1].get_feature_names_out().tolist() == names
    network = estimator.pipeline_["dnn"].network_
    assert network.spec.embeddings == ((141, 8),)
    assert network.spec.embedding_dropout == 0.5
    assert network.spec.n_inputs == 3 + 8
    output = getattr(estimator, "predict_proba", estimator.predict)(X)
    np.testing.assert_allclose(
        output.reshape(N_ROWS, -1)[:, -1],
        np.asarray(estimator.model_(encoded, training=False))[:, 0],
        rtol=1e-9,
    )


def test_learns_from_many_categories(learning):
    X, y = make_flows(4_000)
    table, late = X[["host", "size"]], np.arange(4_000) % 4 == 0
    losses = [
        log_loss(
            y[late],
            MiraiDNNClassifier(**learning, embedding_dim=size)
            .fit(table[~late], y[~late])
            .predict_proba(table[late]),
        )
        for size in ("auto", None)
    ]
    assert losses[0] < 0.3 < 0.6 < losses[1]


def test_rare_and_unknown_categories_have_the_vector_of_code_0(fitted, flows):
    X, _ = flows
    front = fitted.pipeline_[:-1]
    codes = front.transform(X)[:, -1]
    np.testing.assert_array_equal(codes == 0, X["host"] == "rare")
    expected = fitted.predict_proba(X.assign(host="rare"))
    for other in ("never seen", None):
        found = fitted.predict_proba(X.assign(host=other))
        np.testing.assert_array_equal(found, expected)


def test_the_vector_of_a_code_that_no_row_has_says_nothing(given, flows):
    X, y = flows[0][5:], flows[1][5:]
    clf = MiraiDNNClassifier(**given).fit(X, y)
    table = clf.model_.get_layer("embedding_1").get_weights()[0]
    assert not table[0].any()
    assert (table[1:] != 0).any(axis=1).all()


@pytest.mark.parametrize("size", [None, 1, 5])
def test_size_of_the_vectors(given, flows, size):
    X, y = flows
    clf = MiraiDNNClassifier(**given, embedding_dim=size).fit(X, y)
    spec = clf.pipeline_["dnn"].network_.spec
    assert spec.embeddings == (() if size is None else ((141, size),))
    if size is None:
        plain = TableEncoder().fit(X.drop(columns="uid"))
        kept = clf.pipeline_["drop"]
        names = plain.get_feature_names_out().tolist()
        assert kept.get_feature_names_out().tolist() == names


@pytest.mark.parametrize("size", [0, 1.5, "large"])
def test_wrong_sizes(given, flows, size):
    with pytest.raises(ValueError, match="'embedding_dim' parameter"):
        MiraiDNNClassifier(**given, embedding_dim=size).fit(*flows)


def test_few_categories_are_left_as_they_were(small, flows):
    X, y = flows
    table = X[["size", "proto"]]
    ours, theirs = (
        MiraiDNNClassifier(**small, embedding_dim=size).fit(table, y)
        for size in ("auto", None)
    )
    np.testing.assert_array_equal(
        ours.predict_proba(table), theirs.predict_proba(table)
    )
    assert ours.pipeline_["dnn"].network_.spec == theirs.pipeline_["dnn"].network_.spec


def test_training_continues(given, flows, unchanged):
    X, y = flows
    longer = MiraiDNNClassifier(**given | {"epochs": 6}).fit(X, y)
    clf = MiraiDNNClassifier(**given, warm_start=True).fit(X, y)
    new = X.assign(host="never seen")
    for size, shown in ((4, "=4"), (None, "=None")):
        other = copy.deepcopy(clf).set_params(embedding_dim=size)
        message = f"embedding_dim{shown} does not match .* which has embedding_dim=8"
        with unchanged(other, X), pytest.raises(ValueError, match=message):
            other.fit(X, y)
    clf.fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), longer.predict_proba(X))
    clf.partial_fit(new, y)
    before = clf.pipeline_["drop"].n_ordinal_codes_
    assert before == (141,)


def test_parts_and_validation_rows(given, flows):
    X, y = flows
    clf = MiraiDNNClassifier(**given, early_stopping=True, n_iter_no_change=1)
    late = X[1_500:].assign(host="late")
    clf.fit(X[:1_500], y[:1_500], X_val=late, y_val=y[1_500:])
    assert np.isfinite(clf.history_["val_loss"]).all()
    scores = clf.evaluate(late, y[1_500:])
    lowest = min(clf.history_["val_loss"])
    np.testing.assert_allclose(scores["loss"], lowest, rtol=1e-9)
    part = MiraiDNNRegressor(**given).partial_fit(X[:1_500], y[:1_500])
    part.partial_fit(late, y[1_500:])
    assert np.isfinite(part.predict(X)).all()


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    "more",
    [
        {"n_members": 3},
        {"n_members": 3, "share_batches": True, "dropout_rate": 0},
        {"scaler": "piecewise_linear", "n_members": 2},
        {"batch_norm": True, "n_layers": 2},
        {"n_layers": 0, "dropout_rate": 0},
        {"dtype": "float32"},
        {"optimizer": "lamb"},
        {"drop_columns": ["uid", "size", "proto"], "scaler": None},
    ],
    ids=repr,
)
def test_copies_and_files(given, flows, tmp_path, same_state, more):
    X, y = flows
    clf = MiraiDNNClassifier(**given | more, warm_start=True).fit(X, y)
    seen = clf.pipeline_[:-1].transform(X).astype(clf.model_.dtype)
    in_keras = np.asarray(clf.model_(seen, training=False)).reshape(N_ROWS, -1)
    np.testing.assert_allclose(
        clf.predict_proba(X)[:, 1], in_keras.mean(axis=1), rtol=1e-4, atol=1e-6
    )
    clf.save(tmp_path / "model")
    loaded = skmirai.load(tmp_path / "model")
    pickled = pickle.loads(pickle.dumps(clf))
    new = X[::-1].assign(host=lambda table: table["host"].replace("h007", "new"))
    for again in (loaded, pickled):
        same_state(again, clf)
        np.testing.assert_array_equal(again.predict_proba(new), clf.predict_proba(new))
    if clf.dropout_rate or clf.n_members == 3:
        how = {"n_passes": 3, "random_state": 0}
        np.testing.assert_array_equal(
            loaded.predict_uncertainty(new, **how).std,
            clf.predict_uncertainty(new, **how).std,
        )
    trained_on = clone(clf).fit(X, y).fit(X, y)
    np.testing.assert_array_equal(
        loaded.fit(X, y).predict_proba(X), trained_on.predict_proba(X)
    )


def test_the_keras_file_loads_as_a_plain_model(fitted, flows, tmp_path):
    X, _ = flows
    model = copy.deepcopy(fitted).model_
    model.save(tmp_path / "network.keras")
    plain = keras.models.load_model(tmp_path / "network.keras")
    assert type(plain).__module__.startswith("keras.")
    seen = fitted.pipeline_[:-1].transform(X)
    np.testing.assert_allclose(
        plain.predict(seen, verbose=0)[:, 0], fitted.predict_proba(X)[:, 1], rtol=1e-4
    )


def test_keras_callbacks_see_the_same_training(given, flows, batch_watcher, same_state):
    X, y = flows
    plain = MiraiDNNClassifier(**given).fit(X, y)
    live = MiraiDNNClassifier(**given, callbacks=keras.callbacks.Callback()).fit(X, y)
    same_state(plain, live)
    watched = MiraiDNNClassifier(**given, callbacks=batch_watcher).fit(X, y)
    assert watched.callbacks_[0].n_batches == 3 * 50
    assert np.isfinite(watched.predict_proba(X)).all()


def test_tables_on_the_disk_and_sparse_ones(tmp_path, small):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3_000, 4))
    X[:, 1] = np.arange(3_000) % 200
    y = X[:, 1] % 2
    np.save(tmp_path / "X.npy", X)
    settings = small | {"epochs": 1, "categorical_features": [1], "drop_columns": [0]}
    held = MiraiDNNClassifier(**settings).fit(X, y)
    assert held.pipeline_["drop"].n_ordinal_codes_ == (201,)
    thin = MiraiDNNClassifier(**settings).fit(sparse.csr_array(X), y)
    np.testing.assert_array_equal(thin.predict_proba(X), held.predict_proba(X))
    with config_context(working_memory=0):
        mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
        on_disk = MiraiDNNClassifier(**settings, dtype="float64").fit(mapped, y)
        thin = MiraiDNNClassifier(**settings, dtype="float64")
        thin.fit(sparse.csr_array(X), y)
        np.testing.assert_array_equal(
            on_disk.predict_proba(mapped), thin.predict_proba(X)
        )
    np.testing.assert_allclose(
        on_disk.pipeline_[:-1].transform(X), held.pipeline_[:-1].transform(X), atol=1e-9
    )


def test_many_rows_are_predicted_in_parts(fitted):
    X, y = make_flows(20_000, seed=2)
    parts = [fitted.predict_proba(X[i : i + 5_000]) for i in range(0, 20_000, 5_000)]
    np.testing.assert_allclose(fitted.predict_proba(X), np.vstack(parts), rtol=1e-12)
    assert fitted.evaluate(X, y)["accuracy"] == fitted.score(X, y)


def test_codes_before_the_estimator_are_numbers(small, flows):
    """An encoder of the user's own gives numbers, which the scaler scales."""
    X, y = flows
    encoder = TableEncoder(many_categories="ordinal")
    rows = encoder.fit_transform(ColumnDropper(["uid"]).fit_transform(X))
    clf = MiraiDNNClassifier(**small).fit(rows, y)
    assert clf.pipeline_["dnn"].network_.spec.embeddings == ()
