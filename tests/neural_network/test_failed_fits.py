"""A fit that fails says why, and nothing learned is lost."""

import copy
import re
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.decomposition import PCA

from skmirai import MiraiDNNClassifier
from skmirai.neural_network._engine.program import Programs


class Raises(keras.callbacks.Callback):
    """Raises at the end of an epoch, counted from 1."""

    def __init__(self, epoch, error):
        super().__init__()
        self.epoch, self.error = epoch, error

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.epoch:
            raise self.error


# -- continued training ------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_nodes", 5),
        ("n_layers", 2),
        ("activation", "tanh"),
        ("dropout_rate", 0.3),
        ("dropout_rate", 0),
        ("batch_norm", True),
        ("optimizer", "sgd"),
        ("dtype", "float32"),
    ],
)
def test_architecture_must_not_change_in_a_warm_start(
    named, fitted_named, unchanged, name, value
):
    X, y = named
    clf = copy.deepcopy(fitted_named).set_params(warm_start=True, **{name: value})
    message = rf"{name}='?{value}'? does not match the fitted network.*warm_start=False"
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        clf.fit(X, y)


@pytest.mark.slow
@pytest.mark.parametrize("mutated", [False, True])
def test_optimizer_instance_must_not_change_in_a_warm_start(
    small, named, unchanged, mutated
):
    X, y = named
    mine = keras.optimizers.SGD(0.5, momentum=0.5)
    clf = MiraiDNNClassifier(**small, optimizer=mine, warm_start=True).fit(X, y)
    if mutated:
        mine.learning_rate = 0.25
    else:
        clf.set_params(optimizer=keras.optimizers.SGD(0.25, momentum=0.5))
    message = (
        "optimizer=SGD(learning_rate=0.25) does not match the fitted network, which "
        "was trained with SGD(learning_rate=0.5)"
    )
    with unchanged(clf, X), pytest.raises(ValueError, match=re.escape(message)):
        clf.fit(X, y)
    clf.set_params(optimizer=keras.optimizers.Adam(0.5))
    with unchanged(clf, X), pytest.raises(ValueError, match=r"Adam\(\) .*SGD\(\)"):
        clf.fit(X, y)
    clf.set_params(optimizer=keras.optimizers.SGD)
    with unchanged(clf, X), pytest.raises(TypeError, match=r"pass SGD\(\)"):
        clf.fit(X, y)


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("callback", ["x", Raises(4, RuntimeError("disk full"))])
def test_failed_warm_start_leaves_the_learning_rate(
    named, fitted_named, unchanged, callback, live
):
    X, y = named
    clf = copy.deepcopy(fitted_named)
    if live:
        assert clf.model_.optimizer.learning_rate > 0
    clf.set_params(warm_start=True, learning_rate=0.7, callbacks=[callback])
    with unchanged(clf, X), pytest.raises((TypeError, RuntimeError)):
        clf.fit(X, y)
    assert float(clf.model_.optimizer.learning_rate) == pytest.approx(0.003)
    clf.set_params(callbacks=None).fit(X, y)
    assert float(clf.model_.optimizer.learning_rate) == pytest.approx(0.7)


def test_labels_must_not_be_new_in_a_warm_start(named, fitted_named, unchanged):
    X, y = named
    clf = copy.deepcopy(fitted_named).set_params(warm_start=True)
    message = r"y holds labels that were not there before: \[2\]"
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        clf.fit(X, y + 1)


def test_number_of_targets_must_not_change_in_a_warm_start(
    regression, fitted_regressor, unchanged
):
    X, y = regression
    reg = copy.deepcopy(fitted_regressor).set_params(warm_start=True)
    message = "y has 2 targets for each row, but the network was fitted with 1"
    with unchanged(reg, X), pytest.raises(ValueError, match=message):
        reg.fit(X, np.column_stack([y, y]))


@pytest.mark.parametrize(
    "scaler", ["quantile", "robust_clip", "piecewise_linear", PCA(3)]
)
def test_partial_fit_needs_a_scaler_that_learns_in_parts(small, binary, scaler):
    X, y = binary
    clf = MiraiDNNClassifier(**small, scaler=scaler)
    message = (
        f"partial_fit needs a scaler that learns in parts, but scaler={scaler!r} has "
        f"no partial_fit; use scaler='standard'"
    )
    message = re.escape(message)
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, y, classes=[0, 1])
    assert not [name for name in vars(clf) if name.endswith("_")]


def test_partial_fit_errors_of_a_fitted_scaler(small, binary, unchanged):
    X, y = binary
    clf = MiraiDNNClassifier(**small, scaler="quantile").fit(X, y)
    with unchanged(clf, X), pytest.raises(ValueError, match="has no partial_fit"):
        clf.partial_fit(X, y)


PARTS = {
    "no classes": ({}, None, "classes must be passed on the first call"),
    "new label": ({}, [1, 2], r"labels that were not there before: \[0\]"),
    "one class": ({}, [0], "one class only"),
    "mixed classes": ({}, [0, "a"], "Mix of label input types"),
    "balanced": (
        {"class_weight": "balanced"},
        [0, 1],
        "'balanced' cannot be used with partial_fit.*compute_class_weight and pass a",
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_first_part_that_cannot_be_fitted(small, binary, name):
    X, y = binary
    settings, classes, message = PARTS[name]
    clf = MiraiDNNClassifier(**small, **settings)
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, y, classes=classes)
    assert not [attribute for attribute in vars(clf) if attribute.endswith("_")]
    clf.set_params(class_weight=None).partial_fit(X, y, classes=[0, 1])
    assert clf.n_iter_ == 1


@pytest.mark.parametrize(
    ("X", "y", "classes", "message"),
    [
        (lambda X: X, lambda y: y + 1, None, r"not there before: \[2\]"),
        (lambda X: X, lambda y: y, [0, 1, 2], "not the same as on last call"),
        (lambda X: X[:, :5], lambda y: y, None, "X has 5 features"),
        (lambda X: X * np.nan, lambda y: y, None, "contains NaN"),
        (lambda X: X, lambda y: y[1:], None, "inconsistent numbers of samples"),
    ],
)
def test_later_part_that_cannot_be_fitted(
    small, binary, unchanged, X, y, classes, message
):
    clf = MiraiDNNClassifier(**small).partial_fit(*binary, classes=[0, 1])
    with unchanged(clf, binary[0]), pytest.raises(ValueError, match=message):
        clf.partial_fit(X(binary[0]), y(binary[1]), classes=classes)


# -- errors in the middle of training ----------------------------------------------


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("how", ["fit", "warm_start", "partial_fit"])
@pytest.mark.parametrize("error", [RuntimeError("disk full"), SystemExit(3)])
def test_callback_that_raises(named, fitted_named, unchanged, same_state, how, error):
    X, y = named
    clf = copy.deepcopy(fitted_named).set_params(warm_start=how != "fit")
    epoch = {"fit": 2, "warm_start": 5, "partial_fit": 4}[how]
    clf.set_params(callbacks=[Raises(epoch, error)])
    train = clf.partial_fit if how == "partial_fit" else clf.fit
    with unchanged(clf, X), pytest.raises(type(error), match=str(error)):
        train(X + 10, y)
    # and what follows is as if it had never happened
    untouched = copy.deepcopy(fitted_named).set_params(warm_start=True)
    clf.set_params(callbacks=None, warm_start=True)
    same_state(clf.fit(X, y), untouched.fit(X, y))


def test_callback_that_cannot_be_copied(small, named):
    callback = Raises(9, None)
    callback.lock = threading.Lock()
    message = "callbacks holds a Raises that cannot be copied .*lock.*on_train_begin"
    with pytest.raises(TypeError, match=message):
        MiraiDNNClassifier(**small, callbacks=callback).fit(*named)


def test_callback_that_raises_in_the_first_fit_leaves_it_unfitted(small, binary):
    clf = MiraiDNNClassifier(**small, callbacks=[Raises(2, RuntimeError("disk full"))])
    with pytest.raises(RuntimeError, match="disk full"):
        clf.fit(*binary)
    assert not [name for name in vars(clf) if name.endswith("_")]
    assert not hasattr(clf, "model_")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 1.2 TiB"),
        tf.errors.ResourceExhaustedError(None, None, "Out of memory: 1.2 TiB"),
    ],
)
def test_out_of_memory(monkeypatch, small, binary, error):
    """The message says what to do, and the network of the earlier fit stays."""
    X, y = binary
    clf = MiraiDNNClassifier(**small).fit(X, y)
    before = clf.predict_proba(X)

    def train(*args, **kwargs):
        raise error

    monkeypatch.setattr(Programs, "train", train)
    message = r"batch_size=\d+ ran out of memory .*1.2 TiB.*smaller batch_size.*mmap"
    with pytest.raises(MemoryError, match=message):
        clf.fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), before)
