"""Networks of members against a loop over the members, one network each."""

from dataclasses import replace
from functools import partial
from itertools import product
from operator import attrgetter

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from skmirai.neural_network._engine.heads import pooled, probabilities
from skmirai.neural_network._keras.members import TurnsNormalization
from skmirai.neural_network._keras.network import Network
from tests.neural_network import networks
from tests.neural_network.networks import (
    TOLERANCE,
    as_predicted,
    member_outputs,
    model_of,
    rows_of,
    seeds_of,
)

K = 3

HEADS = [("sigmoid", 1), ("softmax", 3), ("linear", 2)]

spec_of = partial(networks.spec_of, n_members=K, share_batches=True)


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


# -- the network before training ---------------------------------------------------


def test_members_share_all_but_scales_and_output_at_first():
    spec = spec_of(n_members=40, n_features=30)
    model, alone = model_of(spec), model_of(replace(spec, n_members=1))
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
    kernels = 5 * 7 + 7 * 4 + K * 4 + K
    norms = 2 * (7 + 4) * batch_norm
    model = model_of(spec)
    trainable = sum(np.prod(w.shape) for w in model.trainable_weights)
    assert trainable == kernels + norms + K * 5 + 7 + 4
    network = Network(spec, seeds_of(spec), "adam", 0.1)
    assert network.programs.n_parameters == trainable
    np.testing.assert_array_equal(
        model.read_weights(), network.programs.weights(network.read_state())
    )


# -- prediction --------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("head", "n_outputs"), HEADS)
def test_prediction_is_that_of_a_loop_over_the_members(architecture, head, n_outputs):
    spec = spec_of(**architecture, output_activation=head, n_outputs=n_outputs)
    network = Network(spec, seeds_of(spec), "sgd", 0.1)
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
    network = Network(spec, seeds_of(spec), "sgd", 0.1)
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


def test_passes_take_turns_in_the_thinned_networks_of_the_members():
    """Every pass is one of the 2^7 thinned networks of its member, and many differ."""
    spec = spec_of(
        batch_norm=True,
        n_nodes=[4, 3],
        dropout_rate=[0.4, 0.5],
        output_activation="softmax",
        n_outputs=3,
    )
    network = Network(spec, seeds_of(spec), "sgd", 0.1)
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
        X,
        attrgetter("values"),
        n_passes=31,
        masks="shared",
        batch_size="auto",
        seed=0,
    )
    samples = np.concatenate(list(blocks))
    assert samples.shape == (31, 4, 3)
    drawn = set()
    for t, sample in enumerate(samples):
        distance = np.abs(thinned[:, t % K] - sample).max(axis=(1, 2))
        assert distance.min() < 1e-9, f"pass {t}"
        drawn.add((t % K, int(distance.argmin())))
    assert len(drawn) > 20


# -- training ----------------------------------------------------------------------


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("head", "n_outputs", "batch_norm"),
    [("sigmoid", 1, True), ("softmax", 3, False), ("linear", 2, True)],
)
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
        ("lamb", "float64", {}),
        ("adam", "float32", {"batch_norm": True}),
        ("adamw", "float64", {"output_activation": "softmax", "n_outputs": 3}),
        ("sgd", "float64", {"output_activation": "linear", "n_outputs": 2}),
        ("sgd", "float64", {"n_layers": 0, "n_nodes": 1}),
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
@pytest.mark.parametrize(
    ("head", "n_outputs", "n_layers"),
    [("sigmoid", 1, 2), ("softmax", 3, 0), ("linear", 2, 2)],
)
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
        ("lamb", "float64", {}),
        ("adamw", "float64", {"output_activation": "softmax", "n_outputs": 3}),
        ("sgd", "float64", {"output_activation": "linear", "n_outputs": 2}),
        ("adam", "float32", {"batch_norm": True}),
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
