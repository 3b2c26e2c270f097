"""Training and prediction are those of Keras, seen from the estimators."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import accuracy_score, log_loss

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.neural_network._engine.state import StateLayout
from skmirai.neural_network._keras import network

OPTIMIZERS = ["sgd", "adam", "adamw", "rmsprop"]

#: 50 rows in batches of 16: three whole ones and a rest of 2.
N_ROWS, BATCH = 50, 16

#: Largest difference of a weight after three epochs. Float32 has 7 digits, float64
#: has 16; the programs add up in different orders.
TOLERANCE = {"float32": 2e-5, "float64": 1e-12}


class Start(keras.callbacks.Callback):
    """Keeps the weights that training starts from."""

    def on_train_begin(self, logs=None):
        self.weights = self.model.get_weights()


@pytest.fixture(scope="module")
def rows():
    """50 rows and a target for each head."""
    rng = np.random.default_rng(0)
    X = rng.normal(3, 2, size=(N_ROWS, 4))
    signal = X @ [1, -1, 0.5, 0] + 0.3 * rng.normal(size=N_ROWS)
    return {
        "X": X,
        "binary": (signal > np.median(signal)).astype(int),
        "three": np.digitize(signal, np.quantile(signal, [0.3, 0.6])),
        "regression": signal,
        "two targets": np.column_stack([signal, signal**2 / 5]),
    }


def estimator_for(task, **settings):
    kind = MiraiDNNClassifier if task in ("binary", "three") else MiraiDNNRegressor
    common = {
        "n_layers": 2,
        "n_nodes": [7, 5],
        "learning_rate": 0.01,
        "dropout_rate": 0,
        "batch_size": BATCH,
        "shuffle": False,
        "epochs": 3,
        "callbacks": Start(),
        "random_state": 0,
        "dtype": "float64",
    }
    return kind(**common | settings)


def by_hand(task, estimator, X, y, sample_weight=None, batch_norm=False):
    """Train a plain keras.Sequential from the same initial weights."""
    dtype = estimator.dtype
    n_outputs, head, loss = {
        "binary": (1, "sigmoid", keras.losses.BinaryCrossentropy),
        "three": (3, "softmax", keras.losses.SparseCategoricalCrossentropy),
        "regression": (1, "linear", keras.losses.MeanSquaredError),
        "two targets": (2, "linear", keras.losses.MeanSquaredError),
    }[task]
    layers = [keras.Input((4,), dtype=dtype)]
    for size in estimator.n_nodes:
        layers.append(keras.layers.Dense(size, estimator.activation, dtype=dtype))
        if batch_norm:
            layers.append(keras.layers.BatchNormalization(dtype=dtype))
    layers.append(keras.layers.Dense(n_outputs, head, dtype=dtype))
    model = keras.Sequential(layers)
    optimizer = estimator.optimizer
    if isinstance(optimizer, str):
        optimizer = keras.optimizers.get(optimizer)
        optimizer.learning_rate = estimator.learning_rate
    model.compile(optimizer, loss(dtype=dtype), metrics=[])
    model.set_weights(estimator.callbacks_[0].weights)
    arrays = [estimator.pipeline_[:-1].transform(X).astype(dtype), y]
    if sample_weight is not None:
        arrays.append(sample_weight)
    # Model.fit casts arrays to float32, but takes a Dataset as it is
    batches = tf.data.Dataset.from_tensor_slices(tuple(arrays))
    batches = batches.batch(estimator.batch_size)
    history = model.fit(batches, epochs=estimator.epochs, shuffle=False, verbose=0)
    return model, history.history["loss"]


def assert_same_weights(estimator, model, tolerance):
    ours, theirs = estimator.model_.get_weights(), model.get_weights()
    starts = estimator.callbacks_[0].weights
    for a, b, start in zip(ours, theirs, starts, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
        assert np.abs(a - start).max() > 1e-3, "it was trained"


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("optimizer", "dtype"),
    [*((name, "float64") for name in OPTIMIZERS), ("adam", "float32")],
)
def test_weights_are_those_of_keras(rows, optimizer, dtype):
    X, y = rows["X"], rows["binary"]
    clf = estimator_for("binary", optimizer=optimizer, dtype=dtype).fit(X, y)
    model, losses = by_hand("binary", clf, X, y)
    assert_same_weights(clf, model, TOLERANCE[dtype])
    np.testing.assert_allclose(clf.history_["loss"], losses, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["three", "regression", "two targets"])
def test_weights_are_those_of_keras_for_every_head(rows, task):
    X, y = rows["X"], rows[task]
    estimator = estimator_for(task, activation="tanh").fit(X, y)
    model, losses = by_hand(task, estimator, X, y)
    assert_same_weights(estimator, model, TOLERANCE["float64"])
    np.testing.assert_allclose(estimator.history_["loss"], losses, rtol=1e-6)


@pytest.mark.slow
def test_weights_are_those_of_keras_with_an_optimizer_of_ones_own(rows):
    X, y = rows["X"], rows["binary"]
    optimizer = keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True, clipnorm=0.5)
    clf = estimator_for("binary", optimizer=optimizer).fit(X, y)
    fresh = keras.optimizers.SGD.from_config(optimizer.get_config())
    clf.optimizer = fresh
    model, _ = by_hand("binary", clf, X, y)
    assert_same_weights(clf, model, TOLERANCE["float64"])


@pytest.mark.slow
def test_weights_are_those_of_keras_with_weights_of_rows_and_classes(rows):
    X, y = rows["X"], rows["binary"]
    row_weight = np.random.default_rng(1).uniform(0.2, 3, N_ROWS)
    clf = estimator_for("binary", scaler=None, class_weight={0: 0.5, 1: 2})
    clf.fit(X, y, sample_weight=row_weight)
    total = np.array([0.5, 2])[y] * row_weight / row_weight.mean()
    model, losses = by_hand("binary", clf, X, y, sample_weight=total)
    assert_same_weights(clf, model, TOLERANCE["float64"])
    np.testing.assert_allclose(clf.history_["loss"], losses, rtol=1e-6)


@pytest.mark.slow
def test_weights_are_those_of_keras_with_batch_normalisation(rows):
    # A bias before batch normalisation has no gradient but rounding, which adam
    # takes for a direction. The layers around it stay close.
    X, y = rows["X"], rows["binary"]
    clf = estimator_for("binary", batch_norm=True).fit(X, y)
    model, losses = by_hand("binary", clf, X, y, batch_norm=True)
    scaled = clf.pipeline_[:-1].transform(X)
    np.testing.assert_allclose(
        clf.predict_proba(X)[:, 1], model.predict(scaled, verbose=0)[:, 0], atol=1e-5
    )
    np.testing.assert_allclose(clf.history_["loss"], losses, rtol=1e-5)
    for ours, theirs in zip(clf.model_.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_callbacks_do_not_change_the_result(small, binary, same_state, dtype):
    X, y = binary
    settings = {**small, "dropout_rate": 0.3, "dtype": dtype}
    plain = MiraiDNNClassifier(**settings).fit(X, y)
    watched = MiraiDNNClassifier(**settings, callbacks=[Start()]).fit(X, y)
    same_state(plain, watched)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_loop_over_batches_trains_on_the_same_batches(
    batch_watcher, small, binary, optimizer
):
    X, y = binary
    settings = {
        **small,
        "dropout_rate": 0,
        "optimizer": optimizer,
        "class_weight": "balanced",
    }
    plain = MiraiDNNClassifier(**settings)
    plain.fit(X[:90], y[:90], X_val=X[90:], y_val=y[90:])
    watched = MiraiDNNClassifier(**settings, callbacks=batch_watcher)
    watched.fit(X[:90], y[:90], X_val=X[90:], y_val=y[90:])
    assert watched.callbacks_[0].n_batches == 3 * 3
    for a, b in zip(
        plain.model_.get_weights(), watched.model_.get_weights(), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    assert plain.history_.keys() == watched.history_.keys()
    for name, figures in plain.history_.items():
        np.testing.assert_allclose(figures, watched.history_[name], rtol=1e-6)


def test_rows_are_shuffled_by_the_seed(rows):
    X, y = rows["X"], rows["binary"]
    outputs = [
        estimator_for("binary", shuffle=shuffle, random_state=0)
        .fit(X, y)
        .predict_proba(X)
        for shuffle in (False, True, True)
    ]
    np.testing.assert_array_equal(outputs[1], outputs[2])
    assert np.abs(outputs[0] - outputs[1]).max() > 1e-6


@pytest.mark.slow
def test_larger_batch_than_table_is_the_whole_table(rows):
    X, y = rows["X"], rows["binary"]
    a, b = (
        estimator_for("binary", batch_size=size).fit(X, y).predict_proba(X)
        for size in (N_ROWS, 10**6)
    )
    np.testing.assert_array_equal(a, b)


def test_no_hidden_layer_is_a_linear_model(rows):
    X, y = rows["X"], rows["binary"]
    clf = estimator_for("binary", n_layers=0, n_nodes=3).fit(X, y)
    kernel, bias = clf.model_.get_weights()
    scaled = clf.pipeline_[:-1].transform(X)
    np.testing.assert_allclose(
        clf.decision_function(X), (scaled @ kernel + bias)[:, 0], rtol=1e-9
    )


# -- prediction -------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["fitted_classifier", "fitted_multiclass", "fitted_regressor"]
)
def test_prediction_is_that_of_the_keras_model(
    request, name, binary, three_classes, regression
):
    tables = {"classifier": binary, "multiclass": three_classes}
    X, _ = tables.get(name.removeprefix("fitted_"), regression)
    estimator = request.getfixturevalue(name)
    scaled = estimator.pipeline_[:-1].transform(X)
    in_full = np.asarray(estimator.model_(scaled, training=False))
    in_float32 = estimator.model_.predict(scaled, verbose=0)
    if name == "fitted_regressor":
        ours = estimator.predict(X)[:, np.newaxis]
    else:
        ours = estimator.predict_proba(X)[:, -in_full.shape[1] :]
    np.testing.assert_allclose(ours, in_full, rtol=1e-12)
    np.testing.assert_allclose(ours, in_float32, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_prediction_is_that_of_the_keras_model_in_float32(rows):
    X, Y = rows["X"], rows["two targets"]
    reg = estimator_for(
        "two targets", batch_norm=True, dropout_rate=[0.5, 0.2], dtype="float32"
    ).fit(X, Y)
    scaled = reg.pipeline_[:-1].transform(X)
    np.testing.assert_allclose(
        reg.predict(X), reg.model_.predict(scaled, verbose=0), rtol=1e-5, atol=1e-5
    )


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("fixture", ["binary", "three_classes"])
@pytest.mark.parametrize("weighted", [False, True])
def test_evaluate_is_that_of_keras_and_of_sklearn(request, fixture, weighted):
    X, y = request.getfixturevalue(fixture)
    name = {"binary": "fitted_classifier", "three_classes": "fitted_multiclass"}
    clf = request.getfixturevalue(name[fixture])
    weight = np.arange(1.0, len(y) + 1) if weighted else None
    figures = clf.evaluate(X, y, sample_weight=weight)
    assert {type(value) for value in figures.values()} == {float}
    theirs = clf.model_.evaluate(
        clf.pipeline_[:-1].transform(X),
        y,
        sample_weight=weight,
        verbose=0,
        return_dict=True,
    )
    assert figures == pytest.approx(theirs, rel=1e-5)
    mean = 1 if weight is None else weight.mean()
    loss = mean * log_loss(y, clf.predict_proba(X), sample_weight=weight)
    assert figures["loss"] == pytest.approx(loss, rel=1e-5)
    assert figures["accuracy"] == pytest.approx(accuracy_score(y, clf.predict(X)))


@pytest.mark.slow
def test_history_is_the_figures_of_the_epochs(rows):
    """With one batch the loss of an epoch is that of the weights before it."""
    X, y = rows["X"], rows["binary"]
    settings = {"batch_size": N_ROWS, "epochs": 4}
    longer = estimator_for("binary", **settings).fit(X, y)
    settings["epochs"] = 3
    shorter = estimator_for("binary", **settings).fit(X, y)
    assert longer.history_["loss"][:3] == shorter.history_["loss"]
    figures = shorter.evaluate(X, y)
    assert longer.history_["loss"][3] == pytest.approx(figures["loss"], rel=1e-6)
    assert longer.history_["accuracy"][3] == pytest.approx(figures["accuracy"])


# -- a live model beside the estimator -----------------------------------------------


def test_looking_at_the_model_rebuilds_nothing(monkeypatch, small, binary):
    """Layers are cut and variables laid out once, not at each prediction."""
    X, y = binary
    clf = MiraiDNNClassifier(**small).fit(X, y)
    before = clf.predict_proba(X)
    clf.predict_uncertainty(X, n_passes=2, random_state=0)
    assert clf.pipeline_["dnn"].network_._model is None, "passes need no model"
    assert clf.model_.count_params() == clf.n_parameters_
    made = []
    for cls, name in ((network, "forward_layers"), (StateLayout, "__init__")):
        original = getattr(cls, name)

        def counted(*args, original=original, name=name):
            made.append(name)
            return original(*args)

        monkeypatch.setattr(cls, name, counted)
    for _ in range(5):
        np.testing.assert_array_equal(clf.predict_proba(X), before)
    assert made.count("forward_layers") <= 1
    assert made.count("__init__") <= 1


def test_changes_of_the_model_are_seen(small, binary):
    X, y = binary
    clf = MiraiDNNClassifier(**small).fit(X, y)
    before = clf.predict_proba(X)
    for layer in clf.model_.layers:
        layer.set_weights([0 * weight for weight in layer.get_weights()])
    np.testing.assert_array_equal(clf.predict_proba(X), 0.5)
    uncertainty = clf.predict_uncertainty(X, n_passes=3, random_state=0)
    np.testing.assert_array_equal(uncertainty.proba, 0.5)
    clf.model_.layers[-1].bias.assign([2.0])
    np.testing.assert_allclose(clf.decision_function(X), 2.0)
    assert (before != 0.5).all()


@pytest.mark.slow
def test_automatic_epochs_follow_from_the_training_rows(small, binary):
    X, y = binary
    settings = {k: v for k, v in small.items() if k != "epochs"}
    clf = MiraiDNNClassifier(**settings | {"batch_size": 60_000})
    assert clf.fit(X, y).n_iter_ == 30
    many = np.arange(100_000) % len(X)
    assert clf.fit(X[many], y[many]).n_iter_ == 13
    # rows that do not count, and those set aside, are not trained on
    weight = (np.arange(100_000) < 65_000).astype(float)
    assert clf.fit(X[many], y[many], weight).n_iter_ == 20
    clf.set_params(validation_fraction=0.5)
    assert clf.fit(X[many], y[many]).n_iter_ == 26
