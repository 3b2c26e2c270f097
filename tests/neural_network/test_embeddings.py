"""Embeddings: columns of codes, against lookups, one-hot codes and Keras."""

import copy
from dataclasses import replace
from functools import partial
from operator import attrgetter

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import kstest

from skmirai.neural_network._engine.embeddings import SCALE
from skmirai.neural_network._keras.network import Network
from tests.neural_network import networks
from tests.neural_network.networks import TOLERANCE, model_of, rows_of, seeds_of

#: Two columns of codes behind three of numbers.
EMBEDDINGS = ((6, 3), (9, 2))

spec_of = partial(networks.spec_of, embeddings=EMBEDDINGS, embedding_dropout=0.0)


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


# -- the network before training ---------------------------------------------------


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


# -- prediction --------------------------------------------------------------------


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
        np.concatenate(list(net.mc_passes(rows, attrgetter("values"), **how)))
        for net, rows in ((network, X), (twin, looked_up(network.model, X)))
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert ours.std(axis=0).min() > 1e-4


# -- training ----------------------------------------------------------------------


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
        ("adam", "float64", {"n_members": 3, "share_batches": True}),
        ("sgd", "float32", {"n_members": 3}),
        ("lamb", "float64", {}),
        ("adamw", "float64", {"output_activation": "softmax", "n_outputs": 3}),
        ("lion", "float64", {"n_layers": 0, "n_nodes": 1}),
        ("ftrl", "float64", {"batch_norm": True}),
        ("rmsprop", "float64", {"n_features": 2}),
        ("adagrad", "float64", {"output_activation": "linear", "n_outputs": 2}),
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


def test_scale_is_part_of_files():
    """Files and Keras models of before would mean other vectors with another one."""
    assert SCALE == 1 / 8
