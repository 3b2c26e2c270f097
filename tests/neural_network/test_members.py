"""Networks of members against a loop over the members, one network each."""

import copy
import json
import pickle
import zipfile
from dataclasses import replace
from itertools import product

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax
from scipy.stats import kstest
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, r2_score

import skmirai
from skmirai import MiraiDNNClassifier, MiraiDNNRegressor, build_dnn
from skmirai.neural_network._engine.architecture import NetworkSeeds, network_spec
from skmirai.neural_network._engine.heads import pooled, probabilities
from skmirai.neural_network._engine.optimizers import make_optimizer
from skmirai.neural_network._keras.builder import assemble
from skmirai.neural_network._keras.members import TurnsNormalization
from skmirai.neural_network._keras.network import Network

K = 3

HEADS = [("sigmoid", 1), ("softmax", 3), ("linear", 2)]

#: Largest difference between sums that were added up in different orders.
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
        "n_members": K,
        "share_batches": True,
    }
    return network_spec(**given | changes)


def model_of(spec, optimizer="sgd", learning_rate=0.125, seed=0):
    seeds = NetworkSeeds.draw(np.random.RandomState(seed), len(spec.sizes))
    return assemble(spec, seeds, make_optimizer(optimizer, learning_rate))


def rows_of(spec, n_rows, seed=0):
    """Rows, targets and weights for a network."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, spec.n_features)).astype(spec.dtype)
    if spec.output_activation == "linear":
        y = rng.normal(size=(n_rows, spec.n_outputs))
    else:
        y = rng.integers(max(2, spec.n_outputs), size=n_rows)
    return X, y, rng.uniform(0.2, 2, n_rows)


def member_outputs(model, X, through_dropout=lambda signal, name: signal):
    """Output layer's values of each member before its activation, one after another.

    They are computed in NumPy, layer by layer, from the weights of a Keras model.
    """
    weights = {x.name: x.get_weights() for x in model.layers}
    activation = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0)}
    name_of = model.as_built.spec.activation
    outputs = []
    for member in range(model.as_built.spec.n_members):
        signal = X
        for name, values in weights.items():
            kind, _, number = name.rpartition("_")
            if kind == "members_in":
                signal = signal * values[0][member]
            elif kind == "dense":
                signal = activation[name_of](signal @ values[0] + values[1])
            elif kind == "batch_norm":
                gamma, beta, mean, variance = values
                signal = gamma * (signal - mean) / np.sqrt(variance + 1e-3) + beta
            elif kind == "dropout":
                signal = through_dropout(signal, number)
            elif name == "output":
                signal = signal @ values[0][member] + values[1][member]
        outputs.append(signal)
    return np.array(outputs)


def as_predicted(values, head):
    """Probabilities of all classes, or predictions."""
    if head == "linear":
        return values
    if head == "softmax":
        return softmax(values, axis=-1)
    return expit(np.concatenate([-values, values], axis=-1))


def shaken(model, seed=1):
    """Model with weights that no two members have in common."""
    rng = np.random.default_rng(seed)
    model.set_weights([w + rng.uniform(0.1, 1, w.shape) for w in model.get_weights()])
    return model


ARCHITECTURES = [
    {"batch_norm": batch_norm, **layers}
    for batch_norm in (False, True)
    for layers in ({}, {"n_layers": 0, "n_nodes": 1}, {"n_layers": 3, "n_nodes": 4})
]


# -- the network before training ----------------------------------------------------


def test_members_share_all_but_scales_and_output_at_first():
    spec = spec_of(n_members=40, n_features=30)
    seeds = NetworkSeeds.draw(np.random.RandomState(0), 2)
    model = assemble(spec, seeds, make_optimizer("sgd", 0.1))
    alone = assemble(replace(spec, n_members=1), seeds, make_optimizer("sgd", 0.1))
    scales, *_ = model.get_layer("members_in_1").get_weights()
    assert scales.shape == (40, 30)
    assert kstest(scales.ravel(), "norm").pvalue > 1e-4
    assert len(np.unique(scales)) == 1200
    for name in ("dense_1", "dense_2"):
        ours, theirs = (m.get_layer(name).get_weights()[0] for m in (model, alone))
        np.testing.assert_array_equal(ours, theirs)
    kernels, biases = model.get_layer("output").get_weights()
    assert kernels.shape == (40, 4, 1)
    assert biases.shape == (40, 1)
    assert not biases.any()
    limit = np.sqrt(6 / (4 + 1))
    assert 0.9 * limit < np.abs(kernels).max() <= limit
    assert len(np.unique(kernels[:, :, 0], axis=0)) == 40


def test_precision_and_number_of_members_do_not_change_the_draws():
    one, other, more = (
        model_of(spec_of(dtype=dtype, n_members=k)).get_weights()
        for dtype, k in (("float32", 3), ("float64", 3), ("float64", 5))
    )
    for a, b, c in zip(one, other, more, strict=True):
        np.testing.assert_array_equal(a, b.astype("float32"))
        shared = a.shape == c.shape
        np.testing.assert_array_equal(b, c if shared or a.ndim == 1 else c[:3])


@pytest.mark.parametrize("batch_norm", [False, True])
def test_number_of_parameters(batch_norm):
    spec = spec_of(batch_norm=batch_norm, n_outputs=1)
    seeds = NetworkSeeds.draw(np.random.RandomState(0), 2)
    kernels = 5 * 7 + 7 * 4 + K * 4 + K
    norms = 2 * (7 + 4) * batch_norm
    model = model_of(spec)
    trainable = sum(np.prod(w.shape) for w in model.trainable_weights)
    assert trainable == kernels + norms + K * 5 + 7 + 4
    network = Network(spec, seeds, "adam", 0.1)
    assert network.programs.n_parameters == trainable
    np.testing.assert_array_equal(
        model.read_weights(), network.programs.weights(network.read_state())
    )


# -- prediction ---------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("head", "n_outputs"), HEADS)
def test_prediction_is_that_of_a_loop_over_the_members(architecture, head, n_outputs):
    spec = spec_of(**architecture, output_activation=head, n_outputs=n_outputs)
    seeds = NetworkSeeds.draw(np.random.RandomState(0), len(spec.sizes))
    network = Network(spec, seeds, "sgd", 0.1)
    shaken(network.model)
    X, _, _ = rows_of(spec, 20)
    values = member_outputs(network.model, X)
    assert values.std(axis=0).min() > 1e-3, "members differ"
    of_members = as_predicted(values, head)
    decided = network.decision_values(X)
    found = decided if head == "linear" else probabilities(decided)
    np.testing.assert_allclose(found, of_members.mean(axis=0), rtol=1e-10)
    in_keras = np.asarray(network.model(X)).swapaxes(0, 1)
    np.testing.assert_allclose(
        in_keras, of_members[..., -in_keras.shape[-1] :], rtol=1e-10
    )


def test_a_row_alone_is_predicted_as_among_others():
    spec = spec_of(n_nodes=[300, 200], n_members=8, dtype="float32")
    seeds = NetworkSeeds.draw(np.random.RandomState(0), 2)
    network = Network(spec, seeds, "sgd", 0.1)
    X, _, _ = rows_of(spec, 500)
    together = network.decision_values(X)
    alone = np.concatenate([network.decision_values(X[n : n + 1]) for n in range(500)])
    np.testing.assert_allclose(alone, together, rtol=1e-4, atol=1e-6)


@given(
    st.integers(1, 4),
    st.integers(2, 4),
    st.sampled_from([1.0, 30.0, 300.0, 1e30]),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_pooled_values_are_those_of_the_mean_probability(k, n_classes, scale, seed):
    values = np.random.default_rng(seed).normal(0, scale, size=(6, k, n_classes))
    for head, of_head in (("sigmoid", values[..., :1]), ("softmax", values)):
        found = pooled(of_head, head)
        assert found.shape == (6, of_head.shape[-1])
        assert np.isfinite(found).all()
        np.testing.assert_allclose(
            probabilities(found),
            probabilities(of_head).mean(axis=1),
            rtol=1e-9,
            atol=1e-300,
        )
    np.testing.assert_allclose(pooled(values, "linear"), values.mean(axis=1))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pooled_logits_do_not_saturate(dtype):
    values = np.array([[[-50.0], [800.0], [900.0]], [[700.0], [800.0], [900.0]]], dtype)
    # one of three is 0: 2 / 3; the odds against the second are a mean of e^-700
    found = pooled(values, "sigmoid")
    assert found.dtype == dtype
    np.testing.assert_allclose(found[:, 0], [np.log(2), 700 + np.log(3)], rtol=1e-5)
    np.testing.assert_allclose(pooled(-values, "sigmoid"), -found, rtol=1e-6)
    alike = np.repeat(values[:, :1], 3, axis=1)
    np.testing.assert_allclose(pooled(alike, "sigmoid"), alike[:, 0], rtol=1e-6)


def test_an_output_of_one_member_that_is_not_finite_is_an_error(fitted):
    clf = copy.deepcopy(fitted["binary"])
    kernel, bias = clf.model_.get_layer("output").get_weights()
    bias[1] = np.inf
    clf.model_.get_layer("output").set_weights([kernel, bias])
    with pytest.raises(ValueError, match=r"output for row 0 .* is not finite"):
        clf.predict_proba(np.zeros((2, 6)))


# -- training -----------------------------------------------------------------------


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(("head", "n_outputs"), HEADS)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_step_follows_the_mean_of_the_members_losses(head, n_outputs, batch_norm):
    """One step of gradient descent, by a loop over the members and TensorFlow's tape.

    With batch normalisation the statistics are those of all rows and members.
    """
    spec = spec_of(output_activation=head, n_outputs=n_outputs, batch_norm=batch_norm)
    model = shaken(model_of(spec))
    X, y, weight = rows_of(spec, 11)
    names = [v.path for v in model.trainable_variables]
    starts = [tf.constant(v.numpy()) for v in model.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(starts)
        of = dict(zip(names, starts, strict=True))
        signals = [tf.constant(X) * scale for scale in of["members_in_1/kernel"]]
        for number in (1, 2):
            signals = [s @ of[f"dense_{number}/kernel"] for s in signals]
            signals = [s + of[f"dense_{number}/bias"] for s in signals]
            signals = [tf.tanh(s) for s in signals]
            if batch_norm:
                mean, variance = tf.nn.moments(tf.concat(signals, 0), [0])
                gamma, beta = (
                    of[f"batch_norm_{number}/{name}"] for name in ("gamma", "beta")
                )
                root = tf.sqrt(variance + 1e-3)
                signals = [gamma * (s - mean) / root + beta for s in signals]
        losses = []
        for i, signal in enumerate(signals):
            values = signal @ of["output/kernel"][i] + of["output/bias"][i]
            if head == "sigmoid":
                targets = tf.constant(y[:, None], tf.float64)
                of_row = tf.nn.sigmoid_cross_entropy_with_logits(targets, values)[:, 0]
            elif head == "softmax":
                of_row = tf.nn.sparse_softmax_cross_entropy_with_logits(y, values)
            else:
                of_row = tf.reduce_mean((values - y) ** 2, axis=1)
            losses.append(tf.reduce_mean(of_row * weight))
        loss = sum(losses) / K
    steps = tape.gradient(loss, starts)
    history = model.fit(X, y, sample_weight=weight, batch_size=11, verbose=0)
    np.testing.assert_allclose(history.history["loss"], [loss], rtol=1e-10)
    for variable, start, step in zip(
        model.trainable_variables, starts, steps, strict=True
    ):
        np.testing.assert_allclose(
            variable.numpy(), start - 0.125 * step, rtol=1e-9, atol=1e-11
        )


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("optimizer", "dtype", "changes"),
    [
        ("sgd", "float64", {}),
        ("adam", "float32", {"batch_norm": True}),
        ("adamw", "float64", {"output_activation": "softmax", "n_outputs": 3}),
        ("sgd", "float64", {"output_activation": "linear", "n_outputs": 2}),
        ("sgd", "float64", {"n_layers": 0, "n_nodes": 1}),
        ("lamb", "float64", {}),
    ],
)
def test_compiled_epochs_are_those_of_keras(both_ways, optimizer, dtype, changes):
    """50 rows in batches of 16: three whole ones and a rest of 2."""
    spec = spec_of(dtype=dtype, **changes)
    start = model_of(spec, optimizer, 0.02).get_weights()
    (ours, compiled), (theirs, loop) = both_ways(
        lambda: model_of(spec, optimizer, 0.02), *rows_of(spec, 70)
    )
    for name, figures in compiled.items():
        np.testing.assert_allclose(figures, loop[name], rtol=1e-5, err_msg=name)
    tolerance = TOLERANCE[dtype]
    for a, b, before in zip(
        ours.get_weights(), theirs.get_weights(), start, strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
        assert np.abs(a - before).max() > 1e-3, "it was trained"


@pytest.mark.slow
@pytest.mark.parametrize(("head", "n_outputs"), HEADS)
@pytest.mark.parametrize("n_layers", [0, 2])
def test_in_turns_a_row_trains_its_member(head, n_outputs, n_layers):
    """Two steps, of 4 and 3 rows: a step of three members is one of three networks.

    The gradient of a batch is the mean of those of its rows, each alone in a batch of
    networks that share batches, with the loss of its member only.
    """
    layers = {"n_layers": n_layers, "n_nodes": [7, 4][:n_layers] or 1}
    spec = spec_of(output_activation=head, n_outputs=n_outputs, **layers)
    X, y, weight = rows_of(spec, 7)
    reference = shaken(model_of(spec))
    starts = [v.numpy() for v in reference.trainable_variables]
    loss_of = reference.loss
    turns = model_of(replace(spec, share_batches=False))
    turns.set_weights(reference.get_weights())
    history = turns.fit(
        X, y, sample_weight=weight, batch_size=4, shuffle=False, verbose=0
    ).history
    sums = 0.0
    for rows in (range(4), range(4, 7)):
        values = [v.value for v in reference.trainable_variables]
        with tf.GradientTape() as tape:
            tape.watch(values)
            outputs = reference(X[list(rows)], training=True)
            losses = loss_of.of_each(y[list(rows)], outputs)
            picked = [losses[i, i % K] * weight[row] for i, row in enumerate(rows)]
            loss = sum(picked) / len(rows)
        variables = reference.trainable_variables
        steps = tape.gradient(loss, [v.value for v in variables])
        for variable, step in zip(variables, steps, strict=True):
            variable.assign(variable.value - 0.125 * step)
        sums += float(loss) * len(rows)
    np.testing.assert_allclose(history["loss"], [sums / 7], rtol=1e-9)
    moved = 0.0
    for a, b, start in zip(
        turns.get_weights(), reference.get_weights(), starts, strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)
        moved = max(moved, np.abs(a - start).max())
    assert moved > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("optimizer", "dtype", "changes"),
    [
        ("sgd", "float64", {}),
        ("adam", "float32", {}),
        ("adamw", "float64", {"output_activation": "softmax", "n_outputs": 3}),
        ("sgd", "float64", {"output_activation": "linear", "n_outputs": 2}),
        ("sgd", "float64", {"batch_norm": True}),
        ("adam", "float32", {"batch_norm": True}),
        ("lamb", "float64", {}),
    ],
)
def test_compiled_epochs_in_turns_are_those_of_keras(
    both_ways, optimizer, dtype, changes
):
    """50 rows in batches of 16, which three members do not share out evenly."""
    spec = spec_of(dtype=dtype, share_batches=False, **changes)
    (ours, compiled), (theirs, loop) = both_ways(
        lambda: model_of(spec, optimizer, 0.02), *rows_of(spec, 70)
    )
    # in training Keras's loop tells the metric of the members' mean
    for name in compiled.keys() - {"accuracy", "mean_absolute_error"}:
        np.testing.assert_allclose(compiled[name], loop[name], rtol=1e-5, err_msg=name)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def test_statistics_of_turns_are_those_of_each_rows_member():
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(7, 3, 5))
    layer = TurnsNormalization(momentum=0.0, epsilon=1e-3, dtype="float64")
    out = keras.ops.convert_to_numpy(layer(signal, training=True))
    own = signal[np.arange(7), np.arange(7) % 3]
    mean, variance = own.mean(axis=0), own.var(axis=0)
    np.testing.assert_allclose(out, (signal - mean) / np.sqrt(variance + 1e-3))
    np.testing.assert_allclose(layer.moving_mean, mean)
    np.testing.assert_allclose(layer.moving_variance, variance)


@pytest.mark.slow
def test_columns_of_one_origin_are_scaled_alike_at_first():
    X = np.random.default_rng(0).random((60, 3))
    X[:, 1] = X[:, 1] > 0.5
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    frame["d"] = np.where(X[:, 0] > 0.3, "x", "y")
    clf = MiraiDNNClassifier(
        n_members=4, scaler="piecewise_linear", epochs=1, optimizer="sgd"
    )
    clf.set_params(learning_rate=1e-30, random_state=0)
    clf.fit(frame, X[:, 0] > 0.5)
    scales = clf.model_.get_layer("members_in_1").get_weights()[0]
    names = clf.pipeline_[:-1].get_feature_names_out()
    origin = np.array([name.split("_bin")[0] for name in names])
    assert len(names) == scales.shape[1] > 60
    for name in {*origin}:
        assert (np.ptp(scales[:, origin == name], axis=1) == 0).all()
    assert len(np.unique(scales)) == 4 * len({*origin})


# -- the estimators -----------------------------------------------------------------


@pytest.fixture(scope="module")
def fitted(small, binary, three_classes, regression):
    """Estimators of three members without dropout, do not change them."""
    settings = {**small, "n_members": K, "dropout_rate": 0, "activation": "tanh"}
    X, y = regression
    return {
        "binary": MiraiDNNClassifier(**settings).fit(*binary),
        "three": MiraiDNNClassifier(**settings).fit(*three_classes),
        "regression": MiraiDNNRegressor(**settings).fit(X, y),
        "two targets": MiraiDNNRegressor(**settings).fit(X, np.c_[y, y**2]),
    }


@pytest.fixture(scope="module")
def tables(binary, three_classes, regression):
    X, y = regression
    return {
        "binary": binary,
        "three": three_classes,
        "regression": regression,
        "two targets": (X, np.c_[y, y**2]),
    }


TASKS = ["binary", "three", "regression", "two targets"]


def by_hand(estimator, X):
    """Probabilities or predictions of each member, (n_members, n_rows, n_outputs)."""
    scaled = estimator.pipeline_[:-1].transform(X)
    model = copy.deepcopy(estimator).model_
    return as_predicted(
        member_outputs(model, scaled), model.as_built.spec.output_activation
    )


@pytest.mark.parametrize("task", TASKS)
def test_prediction_is_the_mean_of_the_members(fitted, tables, task):
    estimator, (X, _) = fitted[task], tables[task]
    mean = by_hand(estimator, X).mean(axis=0)
    if task in ("regression", "two targets"):
        found = estimator.predict(X)
        np.testing.assert_allclose(found, mean.reshape(found.shape), rtol=1e-9)
        return
    np.testing.assert_allclose(estimator.predict_proba(X), mean, rtol=1e-9)
    np.testing.assert_allclose(estimator.predict_log_proba(X), np.log(mean), rtol=1e-9)
    np.testing.assert_array_equal(
        estimator.predict(X), estimator.classes_[mean.argmax(axis=1)]
    )
    logits = estimator.decision_function(X)
    expected = np.log(mean) if task == "three" else np.log(mean[:, 1] / mean[:, 0])
    np.testing.assert_allclose(logits, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("task", TASKS)
def test_evaluate_takes_the_mean_loss_and_the_metric_of_the_mean(fitted, tables, task):
    estimator, (X, y) = fitted[task], tables[task]
    of_members = by_hand(estimator, X)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    found = estimator.evaluate(X, y)
    weighted = estimator.evaluate(X, y, sample_weight=weight)
    mean = of_members.mean(axis=0)
    if task in ("binary", "three"):
        losses = [-np.log(p[np.arange(len(y)), y]) for p in of_members]
        assert found["accuracy"] == pytest.approx(
            accuracy_score(y, estimator.predict(X))
        )
        each = [log_loss(y, proba) for proba in of_members]
        assert log_loss(y, mean) < np.mean(each) - 1e-6, "it is another loss"
    else:
        y = y.reshape(len(y), -1)
        losses = [((y - value) ** 2).mean(axis=1) for value in of_members]
        error = np.abs(y - mean).mean()
        assert found["mean_absolute_error"] == pytest.approx(error, rel=1e-6)
        each = [mean_squared_error(y, value) for value in of_members]
    assert found["loss"] == pytest.approx(np.mean(each), rel=1e-6)
    assert weighted["loss"] == pytest.approx(np.mean(losses * weight), rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_member_is_the_network_of_before(small, binary, same_state, dtype):
    X, y = binary
    plain, one = (
        MiraiDNNClassifier(**small, dtype=dtype, **given).fit(X, y)
        for given in ({}, {"n_members": np.int64(1)})
    )
    same_state(plain, one)
    assert plain.predict_proba(X).tobytes() == one.predict_proba(X).tobytes()
    assert plain.pipeline_["dnn"].network_.spec == one.pipeline_["dnn"].network_.spec


@pytest.mark.parametrize("task", TASKS)
def test_without_dropout_every_member_passes_once(fitted, tables, task):
    estimator, (X, _) = fitted[task], tables[task]
    found = estimator.predict_uncertainty(X, return_samples=True)
    expected = by_hand(estimator, X)
    assert found.n_passes == K
    np.testing.assert_allclose(
        found.samples, expected.reshape(found.samples.shape), rtol=1e-9
    )
    std = expected.std(axis=0).reshape(found.std.shape)
    np.testing.assert_allclose(found.std, std, atol=1e-12)
    assert found.std.max() > 1e-3
    if task in ("binary", "three"):
        np.testing.assert_allclose(found.proba, estimator.predict_proba(X), rtol=1e-9)
    else:
        np.testing.assert_allclose(found.mean, estimator.predict(X), rtol=1e-9)
    fewer = estimator.predict_uncertainty(X, n_passes=2, return_samples=True)
    np.testing.assert_array_equal(fewer.samples, found.samples[:2])


def test_scores_without_dropout_are_those_of_the_members(fitted, tables):
    X, y = tables["three"]
    proba = by_hand(fitted["three"], X)
    np.testing.assert_allclose(
        fitted["three"].mc_score(X, y), [accuracy_score(y, p.argmax(1)) for p in proba]
    )
    X, y = tables["two targets"]
    values = by_hand(fitted["two targets"], X)
    np.testing.assert_allclose(
        fitted["two targets"].mc_score(X, y), [r2_score(y, value) for value in values]
    )


@pytest.fixture(scope="module")
def with_dropout(three_classes):
    return MiraiDNNClassifier(
        2,
        [4, 3],
        n_members=K,
        dropout_rate=[0.4, 0.5],
        activation="tanh",
        batch_norm=True,
        share_batches=True,
        epochs=2,
        random_state=0,
    ).fit(*three_classes)


def test_passes_take_turns_in_the_thinned_networks_of_the_members():
    """Every pass is one of the 2^7 thinned networks of its member, and many differ."""
    spec = spec_of(
        batch_norm=True,
        n_nodes=[4, 3],
        dropout_rate=[0.4, 0.5],
        output_activation="softmax",
        n_outputs=3,
    )
    seeds = NetworkSeeds.draw(np.random.RandomState(0), 2)
    network = Network(spec, seeds, "sgd", 0.1)
    shaken(network.model)
    X, _, _ = rows_of(spec, 4)
    scale = {"1": 1 / 0.6, "2": 1 / 0.5}
    thinned = []
    for first, second in product(product([0, 1], repeat=4), product([0, 1], repeat=3)):
        mask = {"1": np.array(first), "2": np.array(second)}
        values = member_outputs(
            network.model,
            X,
            lambda signal, name, mask=mask: signal * mask[name] * scale[name],
        )
        thinned.append(values)
    thinned = np.array(thinned)  # (128, K, 4, 3)
    blocks = network.mc_passes(
        X, n_passes=31, masks="shared", batch_size="auto", seed=0
    )
    samples = np.concatenate([block.values for block in blocks])
    assert samples.shape == (31, 4, 3)
    drawn = set()
    for t, sample in enumerate(samples):
        distance = np.abs(thinned[:, t % K] - sample).max(axis=(1, 2))
        assert distance.min() < 1e-9, f"pass {t}"
        drawn.add((t % K, int(distance.argmin())))
    assert len(drawn) > 20


@pytest.mark.parametrize("masks", ["shared", "per_row"])
def test_passes_do_not_depend_on_batches(with_dropout, three_classes, masks):
    X = np.tile(three_classes[0], (20, 1))
    one, other = (
        with_dropout.predict_uncertainty(
            X,
            n_passes=7,
            masks=masks,
            batch_size=size,
            random_state=0,
            return_samples=True,
        )
        for size in ("auto", 1024)
    )
    np.testing.assert_allclose(one.samples, other.samples, rtol=1e-12)
    assert one.n_passes == 7
    assert one.std.mean() > 0.01
    mean = with_dropout.predict_uncertainty(X[:50], n_passes=K * 400, random_state=0)
    np.testing.assert_allclose(
        mean.proba, with_dropout.predict_proba(X[:50]), atol=0.15
    )


@pytest.mark.parametrize("how", ["file", "pickle"])
@pytest.mark.parametrize("task", TASKS)
def test_files_and_pickles_hold_the_members(
    fitted, tables, tmp_path, same_state, how, task
):
    estimator, (X, _) = fitted[task], tables[task]
    if how == "pickle":
        again = pickle.loads(pickle.dumps(estimator))
    else:
        estimator.save(tmp_path / "members.skmirai")
        again = skmirai.load(tmp_path / "members.skmirai")
    assert again.n_members == K
    assert again.n_parameters_ == estimator.n_parameters_
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))
    same_state(again, estimator)


def test_files_of_one_network_are_those_of_before(fitted_classifier, good_file):
    """Releases that know no members read them."""
    with zipfile.ZipFile(good_file) as archive:
        content = json.loads(archive.read("estimator.json"))
    assert "n_members" not in content["params"]
    assert "n_members" not in content["network"]
    assert skmirai.load(good_file).n_members == "auto"


def test_the_keras_file_predicts_as_the_members_do(fitted, tables, tmp_path):
    estimator, (X, y) = fitted["three"], tables["three"]
    model = copy.deepcopy(estimator).model_
    model.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras")
    scaled = estimator.pipeline_[:-1].transform(X)
    np.testing.assert_allclose(
        np.asarray(again([scaled])).swapaxes(0, 1), by_hand(estimator, X), rtol=1e-9
    )
    figures = again.evaluate(
        tf.data.Dataset.from_tensor_slices((scaled, y)).batch(50), verbose=0
    )
    expected = estimator.evaluate(X, y)
    np.testing.assert_allclose(
        figures, [expected["loss"], expected["accuracy"]], rtol=1e-6
    )


@pytest.mark.slow
def test_a_fit_goes_on_where_it_stopped(small, binary, same_state):
    X, y = binary
    settings = {**small, "n_members": K, "warm_start": True}
    whole = MiraiDNNClassifier(**settings | {"epochs": 5}).fit(X, y)
    parts = MiraiDNNClassifier(**settings | {"epochs": 2}).fit(X, y)
    same_state(parts.set_params(epochs=3).fit(X, y), whole)


def test_a_fit_goes_on_with_as_many_members_only(fitted, binary, unchanged):
    clf = copy.deepcopy(fitted["binary"]).set_params(warm_start=True, n_members=4)
    with (
        unchanged(clf, binary[0]),
        pytest.raises(ValueError, match=r"n_members=4 does not match .* n_members=3"),
    ):
        clf.fit(*binary)


def test_callbacks_do_not_change_the_result(small, binary, same_state):
    settings = {**small, "n_members": K, "dropout_rate": 0.3}
    plain = MiraiDNNClassifier(**settings).fit(*binary)
    callback = keras.callbacks.TerminateOnNaN()
    watched = MiraiDNNClassifier(**settings, callbacks=[callback]).fit(*binary)
    same_state(plain, watched)


@pytest.mark.slow
def test_dropout_drops_other_units_of_each_member(binary):
    """Weights of members that start alike come apart by their masks alone."""
    spec = spec_of(dropout_rate=0.5)
    model = model_of(spec)
    for name in ("members_in_1", "output"):
        layer = model.get_layer(name)
        layer.set_weights([np.repeat(w[:1], K, axis=0) for w in layer.get_weights()])
    X, y, _ = rows_of(spec, 50)
    model.fit(X, y, epochs=2, verbose=0)
    kernels = model.get_layer("output").get_weights()[0]
    assert len(np.unique(kernels, axis=0)) == K


@pytest.mark.parametrize("value", [0, -1, 2.5, "3", None])
def test_errors_name_the_number_of_members(binary, value):
    with pytest.raises(ValueError, match=f"n_members.*{value}"):
        MiraiDNNClassifier(n_members=value).fit(*binary)
    with pytest.raises(
        ValueError, match=r"n_members=.* must be an integer of at least"
    ):
        build_dnn(4, n_members=value)
