"""Every Keras optimizer, by name and as an instance with its options."""

import keras
import numpy as np
import pytest

from skmirai import MiraiDNNClassifier, build_dnn
from skmirai.neural_network._engine.optimizers import optimizer_classes

INSTANCES = {
    "clipnorm": lambda: keras.optimizers.Adam(0.05, clipnorm=0.01),
    "global_clipnorm": lambda: keras.optimizers.Adam(0.05, global_clipnorm=0.01),
    "clipvalue": lambda: keras.optimizers.SGD(0.5, clipvalue=0.001),
    "weight_decay": lambda: keras.optimizers.SGD(0.5, weight_decay=0.1),
    "use_ema": lambda: keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.9),
    "ema every 3 steps": lambda: keras.optimizers.Adam(
        0.05, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3
    ),
    "loss_scale_factor": lambda: keras.optimizers.SGD(0.5, loss_scale_factor=1024.0),
    "gradient_accumulation": lambda: keras.optimizers.SGD(
        0.5, gradient_accumulation_steps=2
    ),
    "accumulation with counted steps": lambda: keras.optimizers.Adam(
        0.05, gradient_accumulation_steps=3, global_clipnorm=0.5, weight_decay=0.01
    ),
    "accumulation of nadam": lambda: keras.optimizers.Nadam(
        0.05, gradient_accumulation_steps=2
    ),
    "schedule": lambda: keras.optimizers.SGD(
        keras.optimizers.schedules.ExponentialDecay(0.5, 2, 0.8)
    ),
    "amsgrad": lambda: keras.optimizers.Adam(0.05, amsgrad=True),
    "nesterov": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "undecayed biases": lambda: _undecayed(keras.optimizers.AdamW(0.05, 0.5), ["bias"]),
}


def _undecayed(optimizer, names):
    optimizer.exclude_from_weight_decay(var_names=names)
    return optimizer


def every_optimizer():
    return [*sorted(optimizer_classes()), *INSTANCES]


def made(name):
    return INSTANCES[name]() if name in INSTANCES else name


class Start(keras.callbacks.Callback):
    """Keeps the network that training starts from."""

    def on_train_begin(self, logs=None):
        self.weights = self.model.get_weights()
        self.slots = [v.numpy() for v in self.model.optimizer.variables]


def classifier(name, **settings):
    common = {
        "n_layers": 1,
        "n_nodes": 6,
        "optimizer": made(name),
        "learning_rate": 0.05,
        "batch_norm": True,
        "dropout_rate": 0,
        "epochs": 3,
        "batch_size": 30,
        "dtype": "float32" if name == "muon" else "float64",
        "random_state": 0,
    }
    return MiraiDNNClassifier(**common | settings)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 4))
    return X, (X[:, 0] + X[:, 1] > 0).astype(int)


@pytest.fixture(scope="module", params=every_optimizer())
def compiled(request, table):
    """Name of an optimizer, and a classifier that it trained in compiled epochs."""
    return request.param, classifier(request.param).fit(*table)


@pytest.mark.slow
def test_fits_start_alike_and_end_alike(table, compiled):
    """A program that an earlier fit used starts from the weights of build_dnn."""
    name, first = compiled
    again = classifier(name, callbacks=Start()).fit(*table)
    np.testing.assert_array_equal(
        first.predict_proba(table[0]), again.predict_proba(table[0])
    )
    model = build_dnn(
        4,
        1,
        6,
        optimizer=made(name),
        learning_rate=0.05,
        batch_norm=True,
        dtype=again.dtype,
        random_state=again.pipeline_[-1].seed,
    )
    model.optimizer.build(model.trainable_variables)
    slots = [v.numpy() for v in model.optimizer.variables]
    start = again.callbacks_[0]
    for ours, built in zip(start.weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, built)
    for ours, built in zip(start.slots, slots, strict=True):
        np.testing.assert_array_equal(ours, built)


@pytest.mark.slow(after=2)
def test_compiled_epochs_train_as_the_loop_of_keras(batch_watcher, table, compiled):
    name, ours = compiled
    looped = classifier(name, callbacks=batch_watcher).fit(*table)
    # the loop weighs the rest of an epoch as the compiled program does; what
    # differs is rounding, which Muon's float32 iterations amplify
    tolerance = 2e-3 if name == "muon" else 1e-6
    np.testing.assert_allclose(
        ours.predict_proba(table[0]),
        looped.predict_proba(table[0]),
        rtol=0,
        atol=tolerance,
    )


@pytest.mark.slow
def test_optimizer_that_computes_in_float32_only(table):
    with pytest.raises(ValueError, match=r"'muon' computes in float32.*dtype='float32"):
        classifier("muon", dtype="float64").fit(*table)
    assert classifier("muon", dtype="auto").fit(*table).score(*table) > 0.5


def test_wrapped_optimizer_is_refused(table):
    wrapped = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())
    with pytest.raises(ValueError, match=r"LossScaleOptimizer wraps.*loss_scale"):
        classifier("adam", optimizer=wrapped).fit(*table)


def test_variables_of_another_network_are_refused(table):
    adamw = keras.optimizers.AdamW(0.05)
    adamw.exclude_from_weight_decay(var_list=[keras.Variable(1.0)])
    with pytest.raises(ValueError, match=r"variables of another network.*var_names"):
        classifier("adam", optimizer=adamw).fit(*table)


@pytest.mark.slow
def test_undecayed_weights_do_not_decay(table):
    """A huge decay drives kernels to 0; biases that are left out stay."""
    settings = {"dropout_rate": 0, "batch_norm": False, "epochs": 20}
    biases = []
    for names in ([], ["bias"]):
        adamw = keras.optimizers.AdamW(0.05, weight_decay=10.0)
        adamw.exclude_from_weight_decay(var_names=names)
        clf = classifier("adam", optimizer=adamw, **settings).fit(*table)
        weights = clf.model_.get_weights()
        biases.append(np.abs(np.concatenate(weights[1::2])).max())
    assert biases[1] > 2 * biases[0]


@pytest.mark.slow
def test_optimizer_of_the_user_may_change_after_the_fit(table):
    sgd = keras.optimizers.SGD(0.5)
    clf = classifier("sgd", optimizer=sgd).fit(*table)
    before = clf.predict_proba(table[0])
    sgd.momentum = 0.9
    np.testing.assert_array_equal(clf.predict_proba(table[0]), before)
    assert clf.evaluate(*table)["loss"] > 0


@pytest.mark.slow
def test_output_beyond_the_precision_is_an_error(table):
    X, y = table
    plain = {"scaler": None, "batch_norm": False, "dtype": "float32"}
    clf = classifier("adam", n_layers=3, **plain).fit(X, y)
    far = X.copy()
    far[7] = 3e38
    with pytest.raises(ValueError, match=r"row 7 .*float32.*robust_clip"):
        clf.predict_proba(far)
