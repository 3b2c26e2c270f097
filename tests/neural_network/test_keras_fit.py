"""DNNModel.fit is keras.Model.fit: the same signature, results and errors."""

import inspect

import keras
import numpy as np
import pytest

from skmirai import build_dnn

N_ROWS = 50


@pytest.fixture
def rows():
    """50 rows of 4 columns, in single precision, and labels."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, 4)).astype("float32")
    return X, (X[:, 0] > 0).astype(int)


def a_model(**settings):
    return build_dnn(4, 1, 8, **{"dropout_rate": 0, "random_state": 0} | settings)


def trained(x, y, *, model=None, by_keras=False, change=None, **options):
    """History and weights after a fit in the order of the rows."""
    model = model or a_model()
    if change:
        change(model)
    fit = model.keras_fit if by_keras else model.fit
    history = fit(x, y, **{"epochs": 2, "shuffle": False, "verbose": 0} | options)
    return history.history, model.get_weights()


def assert_same(ours, theirs):
    assert ours[0].keys() == theirs[0].keys()
    for name, figures in ours[0].items():
        np.testing.assert_allclose(figures, theirs[0][name], rtol=1e-4, atol=1e-6)
    for a, b in zip(ours[1], theirs[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-6)


def test_signature_is_that_of_keras(rows):
    ours = inspect.signature(type(a_model()).fit)
    assert ours == inspect.signature(keras.Model.fit)
    X, y = rows
    by_place = a_model().fit(X, y, 16, 3, 0).history
    by_name = a_model().fit(x=X, y=y, batch_size=16, epochs=3, verbose=0).history
    assert by_place == by_name
    assert len(by_place["loss"]) == 3
    with pytest.raises(TypeError, match="unexpected keyword argument 'bath_size'"):
        a_model().fit(X, y, bath_size=16)


WEIGHT = np.linspace(0.1, 3, N_ROWS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_size": 7},
        {"sample_weight": WEIGHT},
        {"sample_weight": WEIGHT[:, np.newaxis]},
        {"class_weight": {0: 0.5, 1: 3}},
        {"class_weight": {1: 3.0}},
        {"validation_split": 0.3},
        {"validation_split": 0.3, "sample_weight": WEIGHT},
        {"validation_split": 0.3, "class_weight": {0: 0.5, 1: 3}},
        {"steps_per_epoch": 2, "batch_size": 16},
        {"batch_size": None, "validation_freq": 1, "steps_per_epoch": None},
    ],
    ids="-".join,
)
def test_options_mean_what_they_mean_in_keras(rows, options):
    """Labels in a column mean the same: those of a row are a column to Keras too."""
    X, y = rows
    theirs = trained(X, y[:, np.newaxis], by_keras=True, **options)
    for labels in (y, y[:, np.newaxis]):
        assert_same(trained(X, labels, **options), theirs)


@pytest.mark.slow
def test_keras_makes_a_column_of_labels(rows):
    X, y = rows
    options = {
        "by_keras": True,
        "validation_split": 0.3,
        "class_weight": {0: 0.5, 1: 3},
    }
    assert_same(trained(X, y[:, np.newaxis], **options), trained(X, y, **options))


@pytest.mark.parametrize("kind", [bool, np.uint8, np.float16, np.float64])
def test_any_kind_of_number_is_a_label(rows, kind):
    X, y = rows
    assert_same(trained(X, y.astype(kind)), trained(X, y))


@pytest.mark.slow
def test_labels_between_the_classes_are_soft_as_in_keras(rows):
    X, y = rows
    soft = 0.1 + 0.6 * y
    assert_same(trained(X, soft), trained(X, soft, by_keras=True))


@pytest.mark.slow
def test_validation_data_may_have_weights_and_columns(rows):
    X, y = rows
    for validation in (
        [X[:9], y[:9, np.newaxis]],
        (X[:9], y[:9], WEIGHT[:9]),
        (X[:9], y[:9], WEIGHT[:9, np.newaxis]),
    ):
        options = {"validation_data": validation}
        theirs = trained(X, y, by_keras=True, **options)
        assert_same(trained(X, y, **options), theirs)


@pytest.mark.slow
@pytest.mark.parametrize("shuffle", [True, False])
def test_column_of_weights_trains_in_the_same_order(rows, shuffle):
    X, y = rows
    plain = trained(X, y, sample_weight=WEIGHT, shuffle=shuffle)
    column = trained(X, y, sample_weight=WEIGHT[:, np.newaxis], shuffle=shuffle)
    assert_same(plain, column)


@pytest.mark.slow(after=9)
@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ({"y": np.zeros(49)}, ValueError, "same number of samples"),
        ({"sample_weight": np.ones(49)}, ValueError, "same number of samples"),
        ({"x": np.zeros((N_ROWS, 3))}, ValueError, r"expected shape=\(None, 4\)"),
        ({"y": np.eye(N_ROWS)[:, :2]}, ValueError, "must have the same shape"),
        ({"batch_size": -3}, ValueError, "shape: -17"),
        ({"batch_size": 2.5}, TypeError, "int"),
        ({"epochs": 2.0}, TypeError, "'float' object"),
        (
            {"class_weight": {0: 1, 1: 2}, "sample_weight": np.ones(N_ROWS)},
            ValueError,
            "`class_weight` and `sample_weight`",
        ),
        ({"x": np.zeros((N_ROWS, 4), dtype=object)}, ValueError, "object"),
        ({"validation_data": (np.zeros((5, 3)), np.zeros(5))}, ValueError, "shape"),
        ({"validation_data": (np.zeros((5, 4)), np.zeros(4))}, ValueError, "number of"),
        ({"callbacks": [3]}, AttributeError, "'int' object"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("shuffle", [True, False])
def test_errors_are_those_of_keras(rows, bad, error, message, shuffle):
    given = dict(zip("xy", rows, strict=True)) | {"shuffle": shuffle} | bad
    for by_keras in (False, True):
        with pytest.raises(error, match=message):
            trained(**given, by_keras=by_keras)


def stiff(model):
    model.layers[1].kernel.regularizer = keras.regularizers.L2(0.1)


def bounded(model):
    model.layers[1].kernel.constraint = keras.constraints.NonNeg()


def bent(model):
    model.layers[1].activation = keras.activations.tanh


def frozen(model):
    model.layers[1].trainable = False


def penalised(model):
    model.layers[1].activity_regularizer = keras.regularizers.L1(0.1)


def eager(model):
    model.run_eagerly = True


@pytest.mark.slow
@pytest.mark.parametrize("change", [stiff, bounded, bent, frozen, penalised, eager])
def test_changed_layers_train_as_they_are_now(rows, capsys, change):
    X, y = rows
    changed = trained(X, y, change=change, verbose=2)
    message = "Keras's own loop over batches: the model or its layers were changed."
    assert message in capsys.readouterr().out
    assert_same(changed, trained(X, y, change=change, by_keras=True))


def test_message_says_why_keras_trains(rows, capsys):
    X, y = rows
    for weight, expected in ((WEIGHT, False), (WEIGHT[:, np.newaxis], True)):
        trained(X, y, sample_weight=weight, verbose=2)
        shown = "Keras's own loop over batches: the data" in capsys.readouterr().out
        assert shown is expected


@pytest.mark.parametrize("rate", [0.1, 0.9])
def test_changed_dropout_rate_counts(rows, capsys, rate):
    X, y = rows

    def change(model):
        model.get_layer("dropout_1").rate = rate

    changed = trained(X, y, model=a_model(dropout_rate=0.5), change=change, verbose=2)
    assert "Keras's own loop" not in capsys.readouterr().out
    np.testing.assert_equal(changed, trained(X, y, model=a_model(dropout_rate=rate)))


def test_dropout_layer_that_is_switched_off_drops_nothing(rows, capsys):
    X, y = rows

    def change(model):
        model.get_layer("dropout_1").rate = 0

    changed = trained(X, y, model=a_model(dropout_rate=0.5), change=change, verbose=2)
    assert "a dropout layer was switched off" in capsys.readouterr().out
    assert_same(changed, trained(X, y))


def test_same_seed_same_training(rows):
    X, y = rows
    for options in ({}, {"validation_split": 0.2}, {"class_weight": {0: 1, 1: 2}}):
        one, two = (
            trained(X, y, model=a_model(dropout_rate=0.5), shuffle=True, **options)
            for _ in range(2)
        )
        np.testing.assert_equal(one, two)
