"""Validation figures are the estimator's own, and those of Keras's ``fit``."""

import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from skmirai import MiraiDNNClassifier
from skmirai.lab._training.validation import ValidationCurves

SETTINGS = {
    "n_layers": 2,
    "n_nodes": 5,
    "activation": "sigmoid",
    "optimizer": "sgd",
    "learning_rate": 0.3,
    "epochs": 4,
    "batch_size": 64,
    "class_weight": "balanced",
    "dropout_rate": 0.0,
    "scaler": None,
    "shuffle": False,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y = (rng.random(500) < 0.8).astype(int)
    X = rng.normal(size=(500, 6)) + 0.8 * y[:, None]
    return X[:300], y[:300], X[300:], y[300:]


@pytest.fixture
def watched(rows):
    """Fit with the callback; return what it saw and the estimator."""
    X, y, X_val, y_val = rows

    def fit(*, dropout_on=False, **settings):
        curves = ValidationCurves(X_val, y_val, dropout_on=dropout_on)
        clf = MiraiDNNClassifier(**SETTINGS | settings)
        clf.set_callbacks(curves).fit(X, y)
        return curves.history, clf

    return fit


@pytest.mark.parametrize("class_weight", ["balanced", None, {0: 3, 1: 0.5}])
@pytest.mark.parametrize("scaler", ["standard", None])
def test_equal_to_validation_of_the_estimator(rows, watched, class_weight, scaler):
    X, y, X_val, y_val = rows
    settings = {"class_weight": class_weight, "scaler": scaler}
    history, _ = watched(**settings)
    clf = MiraiDNNClassifier(**SETTINGS | settings).fit(X, y, X_val=X_val, y_val=y_val)
    for name in ("val_loss", "val_accuracy"):
        np.testing.assert_allclose(history[name], clf.history_[name], rtol=1e-5)
    same = np.allclose(history["val_loss"], history["val_loss_unweighted"], rtol=1e-6)
    assert same == (class_weight is None)


def test_unweighted_loss_is_that_of_keras(rows, watched):
    X, y, X_val, y_val = rows
    history, clf = watched()
    _, untrained = watched(learning_rate=1e-30, epochs=1)
    layers = [keras.layers.Dense(5, "sigmoid") for _ in range(2)]
    model = keras.Sequential(
        [keras.Input((6,)), *layers, keras.layers.Dense(1, "sigmoid")]
    )
    model.set_weights(untrained.model_.get_weights())
    optimizer = keras.optimizers.SGD(0.3)
    model.compile(optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    keras_history = model.fit(
        X, y[:, None].astype("float32"), batch_size=64, epochs=4, shuffle=False,
        class_weight=dict(enumerate(clf.class_weight_)), verbose=0,
        validation_data=(X_val, y_val[:, None].astype("float32")),
    ).history  # fmt: skip
    np.testing.assert_allclose(clf.history_["loss"], keras_history["loss"], rtol=1e-4)
    expected, weighted = keras_history["val_loss"], history["val_loss"]
    np.testing.assert_allclose(history["val_loss_unweighted"], expected, rtol=1e-4)
    assert not np.allclose(weighted, expected, rtol=0.05)
    accuracy = keras_history["val_accuracy"]
    np.testing.assert_allclose(history["val_accuracy"], accuracy, rtol=1e-6)


def test_dropped_units_are_those_of_one_pass(rows, watched):
    _, _, X_val, y_val = rows
    history, clf = watched(dropout_rate=0.4, dropout_on=True)
    asked = clf.predict_uncertainty(
        X_val, n_passes=1, masks="per_row", random_state=len(history["val_loss"])
    )
    right = accuracy_score(y_val, asked.label)
    assert history["val_accuracy_dropout_on"][-1] == pytest.approx(right)
    loss = -np.log(asked.proba[np.arange(len(y_val)), y_val].astype(float)).mean()
    assert history["val_loss_dropout_on"][-1] == pytest.approx(loss, rel=1e-5)
    assert {len(values) for values in history.values()} == {4}
    switched_off = clf.evaluate(X_val, y_val)["loss"]
    assert history["val_loss_unweighted"][-1] == pytest.approx(switched_off, rel=1e-5)
    assert abs(loss - switched_off) > 1e-3


def test_without_dropout_both_evaluations_agree(watched):
    with pytest.warns(UserWarning, match="dropout"):
        history, _ = watched(dropout_on=True)
    for name in ("accuracy", "loss"):
        ordinary = history[f"val_{name}" + ("_unweighted" if name == "loss" else "")]
        dropped = history[f"val_{name}_dropout_on"]
        np.testing.assert_allclose(dropped, ordinary, rtol=1e-5)
