"""build_dnn: the architecture, its initial weights, its optimizer."""

from itertools import pairwise

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skmirai import MiraiDNNClassifier, build_dnn
from skmirai.neural_network._engine.arguments import activation_names


def dense_layers(model):
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_layers", "n_nodes", "expected"), [(2, 20, 2301), (4, 50, 12_351)]
)
def test_parameter_counts_of_the_lab(n_layers, n_nodes, expected):
    X = np.random.default_rng(0).normal(size=(40, 92))
    y = np.arange(40) % 2
    clf = MiraiDNNClassifier(n_layers, n_nodes, epochs=1).fit(X, y)
    assert clf.n_parameters_ == expected
    assert clf.model_.count_params() == expected
    assert build_dnn(92, n_layers, n_nodes).count_params() == expected


@given(
    n_features=st.integers(1, 30),
    sizes=st.lists(st.integers(1, 20), max_size=4),
    n_outputs=st.integers(2, 5),
    batch_norm=st.booleans(),
)
@settings(max_examples=15)
def test_parameter_count_formula(n_features, sizes, n_outputs, batch_norm):
    model = build_dnn(
        n_features,
        len(sizes),
        sizes,
        batch_norm=batch_norm,
        n_outputs=n_outputs,
        output_activation="softmax",
    )
    widths = [n_features, *sizes, n_outputs]
    expected = sum((a + 1) * b for a, b in pairwise(widths))
    moving = 2 * sum(sizes) if batch_norm else 0
    assert model.count_params() == expected + 2 * moving
    trainable = sum(np.prod(w.shape) for w in model.trainable_weights)
    assert trainable == expected + moving


@pytest.mark.slow
def test_batch_norm_counts_its_trainable_parameters_only(binary):
    clf = MiraiDNNClassifier(1, 8, batch_norm=True, epochs=1).fit(*binary)
    assert clf.n_parameters_ == 6 * 8 + 8 + 2 * 8 + 8 + 1


def test_order_of_layers():
    model = build_dnn(5, 2, [7, 3], batch_norm=True, dropout_rate=[0.2, 0.5])
    kinds = [type(layer) for layer in model.layers]
    hidden = [
        keras.layers.Dense,
        keras.layers.BatchNormalization,
        keras.layers.Dropout,
    ]
    assert kinds == [keras.layers.InputLayer, *hidden, *hidden, keras.layers.Dense]
    names = [layer.name for layer in model.layers]
    assert names == [
        "input",
        *("dense_1", "batch_norm_1", "dropout_1"),
        *("dense_2", "batch_norm_2", "dropout_2"),
        "output",
    ]
    drops = [layer for layer in model.layers if isinstance(layer, hidden[2])]
    assert [layer.rate for layer in drops] == [0.2, 0.5]
    assert [layer.units for layer in dense_layers(model)] == [7, 3, 1]


def test_rate_0_has_no_dropout_layer():
    model = build_dnn(5, 3, 4, dropout_rate=[0, 0.3, 0])
    drops = [x.name for x in model.layers if isinstance(x, keras.layers.Dropout)]
    assert drops == ["dropout_2"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_initial_weights_are_glorot_uniform_and_biases_zero(dtype):
    model = build_dnn(60, 2, [80, 50], dtype=dtype, random_state=0)
    for layer, n_in, n_out in zip(
        dense_layers(model), [60, 80, 50], [80, 50, 1], strict=True
    ):
        kernel, bias = layer.get_weights()
        assert kernel.dtype == dtype
        assert not bias.any()
        limit = np.sqrt(6 / (n_in + n_out))
        assert np.abs(kernel).max() <= limit
        # A uniform variable on +-limit has this deviation; 5 standard errors of
        # its estimate from kernel.size values: wrong once in 2 million seeds.
        deviation, error = limit / np.sqrt(3), np.sqrt(0.2 / kernel.size)
        assert np.abs(kernel).max() > 0.9 * limit
        assert kernel.std() == pytest.approx(deviation, rel=5 * error)


def test_seed_fixes_the_initial_weights_and_rates_do_not_change_them():
    a, b, c, d = (
        build_dnn(4, 2, 5, random_state=seed, dropout_rate=rate).get_weights()
        for seed, rate in ((1, 0.0), (1, 0.0), (1, [0.5, 0]), (2, 0.0))
    )
    for one, same, other_rate, other_seed in zip(a, b, c, d, strict=True):
        np.testing.assert_array_equal(one, same)
        np.testing.assert_array_equal(one, other_rate)
        if one.ndim == 2:
            assert (one != other_seed).all()


@pytest.mark.parametrize(
    ("head", "n_outputs", "loss"),
    [
        ("sigmoid", 1, keras.losses.BinaryCrossentropy),
        ("softmax", 3, keras.losses.SparseCategoricalCrossentropy),
        ("linear", 2, keras.losses.MeanSquaredError),
    ],
)
def test_heads(head, n_outputs, loss):
    model = build_dnn(4, 1, 3, output_activation=head, n_outputs=n_outputs)
    assert isinstance(model.loss, loss)
    assert model.layers[-1].activation is getattr(keras.activations, head)
    assert model.output_shape == (None, n_outputs)


@pytest.mark.parametrize("activation", ["tanh", "relu", keras.activations.elu])
def test_activation_is_that_of_the_hidden_layers(activation):
    model = build_dnn(4, 2, 3, activation=activation)
    wanted = keras.activations.get(activation)
    assert [layer.activation for layer in dense_layers(model)[:-1]] == [wanted] * 2


@pytest.mark.parametrize("name", ["sgd", "SGD", "adam", "AdamW", "rmsprop", "Nadam"])
def test_optimizer_by_name_in_any_case(name):
    optimizer = build_dnn(4, optimizer=name, learning_rate=0.02).optimizer
    assert type(optimizer).__name__.lower() == name.lower()
    assert float(optimizer.learning_rate.numpy()) == pytest.approx(0.02)


@pytest.mark.slow
def test_optimizer_instance_is_copied_and_never_touched(binary):
    X, y = binary
    mine = keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)
    config, n_variables = mine.get_config(), len(mine.variables)
    clf = MiraiDNNClassifier(
        1, 8, optimizer=mine, learning_rate=0.7, epochs=2, random_state=0
    )
    first = clf.fit(X, y).predict_proba(X)
    used = clf.model_.optimizer
    second = clf.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(first, second)
    assert clf.optimizer is mine
    assert mine.get_config() == config
    assert len(mine.variables) == n_variables
    assert int(mine.iterations.numpy()) == 0
    assert used is not mine
    for optimizer in (used, clf.model_.optimizer):
        assert optimizer.momentum == 0.9
        assert optimizer.nesterov
        assert float(optimizer.learning_rate.numpy()) == pytest.approx(0.05)


@pytest.mark.parametrize("saved", [False, True])
def test_mc_dropout_is_random_at_prediction(tmp_path, saved):
    X = np.ones((4, 6), dtype="float32")
    settings = {"n_features": 6, "n_layers": 1, "n_nodes": 40, "random_state": 0}
    model = build_dnn(**settings, dropout_rate=0.5, mc_dropout=True)
    if saved:
        model.save(tmp_path / "network.keras")
        model = keras.saving.load_model(tmp_path / "network.keras")
    once, again = (model.predict(X, verbose=0) for _ in range(2))
    assert len(np.unique(once)) > 1, "equal rows get masks of their own"
    assert (once != again).any()
    plain = build_dnn(**settings, dropout_rate=0.5)
    assert len(np.unique(plain.predict(X, verbose=0))) == 1


def test_mc_dropout_draws_at_the_rates_of_the_layers():
    model = build_dnn(3, 2, 200, dropout_rate=[0.2, 0.5], mc_dropout=True)
    ones = np.ones((50, 200), dtype="float32")
    for name, rate in (("dropout_1", 0.2), ("dropout_2", 0.5)):
        layer = model.get_layer(name)
        for training in (False, True):
            out = np.asarray(layer(ones, training=training))
            assert set(np.unique(out.round(5))) == {0, round(1 / (1 - rate), 5)}
            # 5 standard errors of a share of 10,000: wrong once in 2 million seeds
            error = np.sqrt(rate * (1 - rate) / ones.size)
            assert (out == 0).mean() == pytest.approx(rate, abs=5 * error)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"optimizer": "adamm"},
            r"optimizer='adamm' is unknown; use .*'adam', .*'sgd'",
        ),
        ({"optimizer": 3}, "optimizer=3 is unknown; use one of"),
        ({"activation": "rellu"}, r"activation='rellu' is unknown; use .*'relu', "),
        ({"activation": "get"}, "activation='get' is unknown"),
        ({"activation": "glu"}, r"activation='glu' is unknown; use .*'silu', "),
        ({"activation": "threshold"}, "activation='threshold' is unknown"),
        (
            {"activation": keras.activations.glu},
            r"activation=<function glu.* of shape \(2, 2\); use a function that keeps",
        ),
        ({"activation": len}, "activation=.*len.* of shape None; use a function"),
        (
            {"activation": keras.layers.PReLU()},
            "activation=<PReLU.* must be a name or a function; keras.activations",
        ),
        ({"n_nodes": [3, 4, 5]}, r"n_nodes=\[3, 4, 5\] has 3 entries for n_layers=2"),
        ({"n_nodes": [3, 0]}, r"n_nodes=\[3, 0\] must hold integers of at least 1"),
        ({"n_nodes": True}, "n_nodes=True must hold integers of at least 1"),
        ({"n_nodes": [3, 2.5]}, r"n_nodes=\[3, 2.5\] must hold integers"),
        ({"dropout_rate": [0.1]}, r"dropout_rate=\[0.1\] has 1 entries for n_layers=2"),
        ({"dropout_rate": 1.3}, r"dropout_rate=1.3 must be in \[0, 1\)"),
        ({"dropout_rate": [0, -0.1]}, r"dropout_rate=\[0, -0.1\] must be in \[0, 1\)"),
        ({"n_layers": -1}, "n_layers=-1 must be an integer of at least 0"),
        ({"n_layers": 1.5}, "n_layers=1.5 must be an integer of at least 0"),
        ({"output_activation": "tanh"}, "output_activation='tanh' is unknown; use"),
        ({"n_outputs": 3}, "n_outputs=3 with output_activation='sigmoid' must be 1"),
        ({"n_outputs": 2.7}, "n_outputs=2.7 must be an integer of at least 1"),
        (
            {"n_outputs": 0, "output_activation": "linear"},
            "n_outputs=0 must be an integer of at least 1",
        ),
        (
            {"n_outputs": 1, "output_activation": "softmax"},
            "n_outputs=1 with output_activation='softmax' must be at least 2",
        ),
        ({"n_features": 0}, "n_features=0 must be an integer of at least 1"),
        ({"n_features": 4.7}, "n_features=4.7 must be an integer of at least 1"),
        ({"n_nodes": 0, "n_layers": 0}, "n_nodes=0 must hold integers of at least 1"),
        ({"n_nodes": None}, "n_nodes=None must be a number, or a sequence of one"),
        ({"dropout_rate": "0.2"}, "dropout_rate='0.2' must be a number, or a sequence"),
        ({"learning_rate": -1}, "learning_rate=-1 must be a finite number above 0"),
        ({"learning_rate": 0}, "learning_rate=0 must be a finite number above 0"),
        ({"learning_rate": np.inf}, "learning_rate=inf must be a finite number"),
        ({"learning_rate": np.nan}, "learning_rate=nan must be a finite number"),
        ({"learning_rate": "1"}, "learning_rate='1' must be .*an optimizer instance"),
        ({"batch_norm": "no"}, "batch_norm='no' must be True or False"),
        ({"mc_dropout": 1}, "mc_dropout=1 must be True or False"),
        ({"dtype": "float16"}, "dtype='float16' must be 'float32' or 'float64'"),
        ({"dtype": "int32"}, "dtype='int32' must be 'float32' or 'float64'"),
        ({"random_state": "a"}, "'a' cannot be used to seed"),
    ],
)
def test_errors_name_value_and_remedy(settings, message):
    with pytest.raises(ValueError, match=message):
        build_dnn(**{"n_features": 4} | settings)


def test_numbers_of_numpy_are_numbers():
    model = build_dnn(
        np.int64(4),
        np.int32(2),
        np.array([3, 2]),
        learning_rate=np.float32(0.5),
        batch_norm=np.True_,
        dropout_rate=np.array([0.1, 0]),
        n_outputs=np.int64(2),
        output_activation="linear",
    )
    assert model.count_params() == 4 * 3 + 3 + 4 * 3 + 3 * 2 + 2 + 4 * 2 + 2 * 2 + 2


@pytest.mark.slow(after=6)
@pytest.mark.parametrize("name", activation_names())
def test_every_activation_that_is_listed_is_that_of_keras(name):
    model = build_dnn(4, 1, 3, activation=name, dropout_rate=0, random_state=0)
    X = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    kernel, bias, *_ = model.get_weights()
    hidden = getattr(keras.activations, name)(keras.ops.add(X @ kernel, bias))
    np.testing.assert_allclose(model.layers[-1](hidden), model(X), rtol=1e-5, atol=1e-6)


@given(
    rate=st.one_of(
        st.floats(max_value=0, exclude_max=True), st.floats(min_value=1), st.just(0j)
    )
)
@settings(max_examples=20)
def test_no_rate_outside_the_range_gets_through(rate):
    with pytest.raises((ValueError, TypeError)):
        build_dnn(4, 2, 3, dropout_rate=[0.5, rate])


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=5)
def test_any_seed_of_numpy_is_a_seed(seed):
    a, b = (build_dnn(3, 1, 2, random_state=seed).get_weights()[0] for _ in range(2))
    np.testing.assert_array_equal(a, b)
