"""Embeddings: columns of many categories, against lookups, one-hot codes and Keras."""

import copy
import pickle
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from scipy import sparse
from scipy.stats import kstest
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

import skmirai
from skmirai import ColumnDropper, MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.neural_network._engine.architecture import NetworkSeeds, network_spec
from skmirai.neural_network._engine.embeddings import SCALE
from skmirai.neural_network._engine.optimizers import make_optimizer
from skmirai.neural_network._keras.builder import assemble
from skmirai.neural_network._keras.network import Network
from skmirai.preprocessing import TableEncoder

KINDS = [MiraiDNNClassifier, MiraiDNNRegressor]

#: Two columns of codes behind three of numbers.
EMBEDDINGS = ((6, 3), (9, 2))

TOLERANCE = {"float32": 2e-5, "float64": 1e-11}


def spec_of(**changes):
    given = {
        "n_features": 5,
        "n_layers": 2,
        "n_nodes": [7, 4],
        "activation": "tanh",
        "batch_norm": False,
        "dropout_rate": 0,
        "n_outputs": 1,
        "output_activation": "sigmoid",
        "dtype": "float64",
        "embeddings": EMBEDDINGS,
        "embedding_dropout": 0.0,
    }
    return network_spec(**given | changes)


def seeds_of(spec):
    return NetworkSeeds.draw(np.random.RandomState(0), len(spec.sizes))


def model_of(spec, optimizer="sgd", learning_rate=0.125):
    return assemble(spec, seeds_of(spec), make_optimizer(optimizer, learning_rate))


def rows_of(spec, n_rows, seed=0):
    """Rows, targets and weights for a network; every code is there."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, spec.n_features))
    for place, (n_codes, _) in enumerate(spec.embeddings[::-1], start=1):
        X[:, -place] = rng.permutation(np.arange(n_rows) % n_codes)
    if spec.output_activation == "linear":
        y = rng.normal(size=(n_rows, spec.n_outputs))
    else:
        y = rng.integers(max(2, spec.n_outputs), size=n_rows)
    return X.astype(spec.dtype), y, rng.uniform(0.2, 2, n_rows)


def looked_up(model, X):
    """Rows with vectors in place of codes, from the weights of a Keras model."""
    embeddings = model.as_built.spec.embeddings
    n_others = X.shape[1] - len(embeddings)
    parts = [X[:, :n_others]]
    for number in range(len(embeddings)):
        (table,) = model.get_layer(f"embedding_{number + 1}").get_weights()
        codes = X[:, n_others + number].astype(int)
        parts.append(np.array([table[code] / 8 for code in codes]))
    return np.hstack(parts)


def behind(model, optimizer="sgd"):
    """The same network without embeddings, which takes the looked up rows."""
    spec = model.as_built.spec
    plain = replace(
        spec, n_features=spec.n_inputs, embeddings=(), embedding_dropout=0.0
    )
    twin = model_of(plain, optimizer)
    twin.set_weights(model.get_weights()[len(spec.embeddings) :])
    return twin


ARCHITECTURES = [
    {},
    {"n_layers": 0, "n_nodes": 1},
    {"batch_norm": True},
    {"n_features": 2},
    {"n_features": 1, "embeddings": ((9, 2),)},
    {"n_members": 3},
    {"n_members": 3, "share_batches": True, "batch_norm": True},
    {"n_members": 3, "n_layers": 0, "n_nodes": 1},
]


# -- the network before training ----------------------------------------------------


def test_weights_before_training():
    spec = spec_of(embeddings=((300, 20), (200, 10)))
    one, other = model_of(spec).get_weights()[:2]
    for table in (one, other):
        assert not table[0].any()
        assert kstest(table[1:].ravel(), "norm").pvalue > 1e-4
    assert np.abs(one[1:200, :10] - other[1:]).min() > 0
    single = model_of(replace(spec, dtype="float32")).get_weights()
    for table, rounded in zip((one, other), single[:2], strict=True):
        np.testing.assert_array_equal(table.astype("float32"), rounded)


def test_other_weights_are_those_without_embeddings():
    """What is drawn for vectors takes nothing from the seeds of the others."""
    for changes in ARCHITECTURES:
        spec = spec_of(**changes)
        plain = replace(spec, n_features=spec.n_inputs, embeddings=())
        ours = model_of(spec).get_weights()[len(spec.embeddings) :]
        theirs = model_of(plain).get_weights()
        first = spec.n_members > 1  # its draws are those of columns
        for a, b in zip(ours[first:], theirs[first:], strict=True):
            np.testing.assert_array_equal(a, b)


def test_numbers_of_a_vector_are_scaled_by_one_draw_of_a_member():
    spec = spec_of(n_members=4)
    scales = model_of(spec).get_layer("members_in_1").get_weights()[0]
    assert scales.shape == (4, 3 + 3 + 2)
    np.testing.assert_array_equal(scales[:, 3:6], scales[:, [3, 3, 3]])
    np.testing.assert_array_equal(scales[:, 6:], scales[:, [6, 6]])
    assert len(np.unique(scales)) == 4 * 5
    plain = model_of(spec_of(n_members=4, embeddings=()))
    np.testing.assert_array_equal(
        scales[:, [0, 1, 2, 3, 6]], plain.get_layer("members_in_1").get_weights()[0]
    )


@pytest.mark.parametrize("changes", ARCHITECTURES)
def test_states_are_those_of_keras(changes):
    spec = spec_of(**changes | {"embedding_dropout": 0.5, "dropout_rate": 0.25})
    network = Network(spec, seeds_of(spec), "adam", 0.1)
    live = model_of(spec, "adam", 0.1)
    trained = sum(np.prod(w.shape) for w in live.trainable_weights)
    assert network.programs.n_parameters == trained
    for mine, theirs in (
        (network.read_state(), live.read_state()),
        (network.read_state(), copy.deepcopy(network).model.read_state()),
    ):
        np.testing.assert_array_equal(mine.floats, theirs.floats)
        np.testing.assert_array_equal(mine.ints, theirs.ints)


@pytest.mark.parametrize(
    ("embeddings", "message"),
    [
        ([(0, 2)], r"has \(0, 2\); expected two integers"),
        ([(3, 0)], "expected two integers"),
        ([(3.0, 2)], "expected two integers"),
        ([(3, 2, 1)], "expected two integers"),
        ([(2**24 + 1, 2)], "at most 16,777,216"),
        ([(3, 2)] * 6, "has 6 entries, but there are 5 columns"),
    ],
)
def test_wrong_embeddings(embeddings, message):
    with pytest.raises(ValueError, match=message):
        spec_of(embeddings=embeddings)


# -- prediction ---------------------------------------------------------------------


@pytest.mark.parametrize("changes", ARCHITECTURES)
def test_prediction_is_that_of_looked_up_rows(changes):
    spec = spec_of(**changes)
    network = Network(spec, seeds_of(spec), "sgd", 0.1)
    X, _, _ = rows_of(spec, 20)
    rows = looked_up(network.model, X)
    in_keras = np.asarray(network.model(X))
    expected = np.asarray(behind(network.model)(rows))
    np.testing.assert_allclose(in_keras, expected, rtol=1e-12)
    values = network.decision_values(X)[:, 0]
    probability = in_keras.reshape(20, -1).mean(axis=1)
    np.testing.assert_allclose(1 / (1 + np.exp(-values)), probability, rtol=1e-10)


def test_wide_vectors_are_looked_up_in_parts(monkeypatch):
    spec = spec_of(n_members=2)
    network = Network(spec, seeds_of(spec), "sgd", 0.1)
    X, _, _ = rows_of(spec, 50)
    whole = network.decision_values(X)
    monkeypatch.setattr(
        "skmirai.neural_network._engine.forward.VALUES_AT_ONCE", 7 * spec.n_inputs
    )
    np.testing.assert_allclose(network.decision_values(X), whole, rtol=1e-12)


@pytest.mark.parametrize(
    "changes", [{}, {"n_members": 3}, {"n_members": 3, "n_layers": 1}]
)
def test_monte_carlo_passes_are_those_of_looked_up_rows(changes):
    layers = {"n_layers": 2, "n_nodes": 6}
    spec = spec_of(**layers | {"dropout_rate": 0.4} | changes)
    network = Network(spec, seeds_of(spec), "sgd", 0.1)
    X, _, _ = rows_of(spec, 30)
    plain = replace(spec, n_features=spec.n_inputs, embeddings=())
    twin = Network(plain, seeds_of(spec), "sgd", 0.1)
    twin.model.set_weights(network.model.get_weights()[len(spec.embeddings) :])
    how = {"n_passes": 6, "masks": "per_row", "batch_size": "auto", "seed": 3}
    ours, theirs = (
        np.concatenate([block.values for block in net.mc_passes(rows, **how)])
        for net, rows in ((network, X), (twin, looked_up(network.model, X)))
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert ours.std(axis=0).min() > 1e-4


# -- training -----------------------------------------------------------------------


def test_a_step_is_that_of_one_hot_codes():
    """A vector is the product of a one-hot code and the table."""
    spec = spec_of(n_layers=1, n_nodes=7)
    X, y, weight = rows_of(spec, 18)
    model = model_of(spec)
    starts = [tf.constant(v.numpy()) for v in model.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(starts)
        one, other, kernel, bias, out, shift = starts
        codes = [np.eye(n)[X[:, i].astype(int)] for n, i in ((6, 3), (9, 4))]
        rows = tf.concat([X[:, :3], codes[0] @ one / 8, codes[1] @ other / 8], 1)
        values = tf.tanh(rows @ kernel + bias) @ out + shift
        losses = tf.nn.sigmoid_cross_entropy_with_logits(
            tf.constant(y[:, None], tf.float64), values
        )
        loss = tf.reduce_mean(losses[:, 0] * weight)
    steps = tape.gradient(loss, starts)
    history = model.fit(X, y, sample_weight=weight, batch_size=18, verbose=0)
    np.testing.assert_allclose(history.history["loss"], [loss], rtol=1e-10)
    for variable, start, step in zip(
        model.trainable_variables, starts, steps, strict=True
    ):
        assert np.abs(step).max() > 0
        np.testing.assert_allclose(
            variable.numpy(), start - 0.125 * step, rtol=1e-9, atol=1e-11
        )


@pytest.mark.slow(after=3)
@pytest.mark.parametrize(
    ("optimizer", "dtype", "changes"),
    [
        ("adam", "float64", {}),
        ("sgd", "float32", {"n_members": 3}),
        ("lamb", "float64", {}),
        ("adamw", "float64", {"output_activation": "softmax", "n_outputs": 3}),
        ("adam", "float64", {"n_members": 3}),
        ("adam", "float64", {"n_members": 3, "share_batches": True}),
        ("adam", "float64", {"n_layers": 0, "n_nodes": 1}),
        ("sgd", "float64", {"batch_norm": True}),
        ("rmsprop", "float64", {"n_features": 2}),
        ("adagrad", "float64", {"output_activation": "linear", "n_outputs": 2}),
        ("ftrl", "float64", {}),
        ("lion", "float64", {}),
    ],
)
def test_compiled_epochs_are_those_of_keras(both_ways, optimizer, dtype, changes):
    """50 rows in batches of 16: three whole ones and a rest of 2."""
    spec = spec_of(dtype=dtype, **changes)
    start = model_of(spec).get_weights()
    (ours, compiled), (theirs, loop) = both_ways(
        lambda: model_of(spec, optimizer, 0.02), *rows_of(spec, 70)
    )
    in_turns = {"accuracy", "mean_absolute_error"} if spec.takes_turns else set()
    for name in compiled.keys() - in_turns:
        np.testing.assert_allclose(compiled[name], loop[name], rtol=1e-5, err_msg=name)
    for a, b, before in zip(
        ours.get_weights(), theirs.get_weights(), start, strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
        assert np.abs(a - before).max() > 1e-4, "it was trained"


def test_numbers_of_vectors_are_dropped():
    """One column of numbers and one of codes straight to the output, which sees half.

    The steps of the output's weights tell what came through.
    """
    spec = spec_of(
        n_features=2,
        n_layers=0,
        n_nodes=1,
        embeddings=((2, 400),),
        embedding_dropout=0.5,
        output_activation="linear",
    )
    model = model_of(spec, "sgd", 1.0)
    start = model.get_layer("output").get_weights()[0][:, 0]
    model.get_layer("embedding_1").set_weights([np.full((2, 400), 8.0)])
    model.fit(np.ones((1, 2)), np.ones((1, 1)), verbose=0)
    steps = model.get_layer("output").get_weights()[0][:, 0] - start
    came = steps / steps[0]  # the number is 1, and nothing drops it
    np.testing.assert_allclose(np.unique(came.round(9)), [0, 1, 2])
    assert 150 < (came[1:] > 1.5).sum() < 250
    assert not (came[1:] == 1).any()
    found = np.asarray(model(np.ones((3, 2))))
    np.testing.assert_array_equal(found, found[:1].repeat(3, axis=0))


def test_changed_dropout_or_codes_are_left_to_keras(capsys):
    spec = spec_of(embedding_dropout=0.5)
    X, y, _ = rows_of(spec, 20)

    def told(X, **changes):
        model = model_of(spec)
        for name, value in changes.items():
            setattr(model.get_layer("embedding_dropout"), name, value)
        model.fit(X, y, verbose=2)
        return capsys.readouterr().out

    assert "Keras's own loop" not in told(X)
    assert "the dropout of embeddings was changed" in told(X, rate=0.25)
    for wrong in (0.5, -1, 9):
        other = X.copy()
        other[3, 4] = wrong
        if wrong != 9:
            assert "as this network takes them" in told(other)
            continue
        # no place of a table: on a processor Keras's layer refuses it
        with pytest.raises(tf.errors.InvalidArgumentError, match="not in"):
            told(other)


# -- the estimators -------------------------------------------------------------------


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


def test_scale_is_part_of_files():
    """Files and Keras models of before would mean other vectors with another one."""
    assert SCALE == 1 / 8
