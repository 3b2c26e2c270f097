"""Programs are compiled once for an architecture and batch shape, and shared."""

import dataclasses
import functools
import gc
import weakref
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone
from sklearn.model_selection import KFold, cross_val_score

from skmirai import MiraiDNNClassifier
from skmirai.neural_network._engine import kept, program
from skmirai.neural_network._engine.program import Programs


@pytest.fixture
def traces(monkeypatch):
    """Shapes of the programs that are traced, with a cache that is empty before."""
    return watched(monkeypatch, Programs._trace_training)


@pytest.fixture
def hollow(monkeypatch):
    """Like ``traces``, where a program takes no time to compile and trains nothing."""

    def compiled(self, shape):
        return lambda floats, ints, sums, *rows: (floats, ints, sums)

    return watched(monkeypatch, compiled)


def watched(monkeypatch, compiled):
    """Let programs be compiled by a function; return the list of their shapes."""
    monkeypatch.setattr(kept, "_programs", OrderedDict())
    found = []

    def trace(self, shape):
        found.append(shape)
        return compiled(self, shape)

    monkeypatch.setattr(Programs, "_trace_training", trace)
    return found


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1_003, 4)).astype(np.float32)
    return X, (X[:, 0] > 0).astype(int)


def classifier(**settings):
    common = {"n_layers": 1, "n_nodes": 4, "epochs": 1, "batch_size": 50}
    return MiraiDNNClassifier(**common | settings)


def test_folds_share_a_program(traces, table):
    """Ten folds of 1,003 rows hold 902 or 903 rows each."""
    cross_val_score(classifier(), *table, cv=KFold(10), error_score="raise")
    assert len(traces) == 1


@pytest.fixture(scope="module")
def usual(table):
    """Programs that are kept after a fit of the classifier without more settings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "_programs", OrderedDict())
        classifier().fit(*table)
        return kept._programs


@pytest.mark.parametrize(
    "settings",
    [
        {"random_state": 5},
        {"learning_rate": 0.1},
        {"dropout_rate": 0.4},
        {"epochs": 3},
        {"class_weight": "balanced"},
        {"validation_fraction": 0.1},
        {"callbacks": keras.callbacks.TerminateOnNaN()},
        {"shuffle": False},
        {"scaler": "signed_log"},
        {"early_stopping": True},
    ],
)
def test_settings_that_need_no_other_program(
    monkeypatch, traces, usual, table, settings
):
    monkeypatch.setattr(kept, "_programs", usual.copy())
    classifier(**settings).fit(*table)
    assert not traces


@pytest.mark.parametrize(
    "settings",
    [
        {"n_nodes": 5},
        {"activation": "tanh"},
        {"optimizer": "sgd"},
        {"batch_size": 60},
        {"batch_norm": True},
        {"dropout_rate": 0},
        {"dtype": "float64"},
    ],
)
def test_settings_that_need_another_program(hollow, table, settings):
    classifier().fit(*table)
    classifier(**settings).fit(*table)
    assert len(hollow) == 2


def test_instances_of_equal_optimizers_share_a_program(hollow, table):
    for rate in (0.1, 0.2):
        sgd = keras.optimizers.SGD(rate, momentum=0.9)
        classifier(optimizer=sgd).fit(*table)
    assert len(hollow) == 1
    classifier(optimizer=keras.optimizers.SGD(0.1, momentum=0.8)).fit(*table)
    assert len(hollow) == 2


@pytest.mark.slow
def test_least_recently_used_architecture_goes(monkeypatch, traces, table):
    monkeypatch.setattr(kept, "_KEPT_NETWORKS", 2)
    for n_nodes in (2, 3):
        classifier(n_nodes=n_nodes).fit(*table)
    classifier(n_nodes=2).fit(*table)
    oldest = next(iter(kept._programs.values()))  # 3 nodes: unused for longest
    gone = weakref.ref(oldest)
    assert oldest.spec.sizes == (3,)
    del oldest
    classifier(n_nodes=5).fit(*table)
    sizes = [network.spec.sizes for network in kept._programs.values()]
    assert sizes == [(2,), (5,)]
    gc.collect()
    assert gone() is None, "nothing else holds it"


def test_programs_of_an_architecture_are_bounded(monkeypatch, hollow, table):
    monkeypatch.setattr(program, "_KEPT_PROGRAMS", 2)
    for batch_size in (20, 30, 40, 20):
        classifier(batch_size=batch_size).fit(*table)
    assert len(hollow) == 4, "the program for 20 rows was let go"
    (network,) = kept._programs.values()
    assert len(network._training) == 2


@pytest.mark.slow
def test_threads_share_one_program_and_agree(traces, table):
    def proba(seed):
        return (
            classifier(random_state=seed, epochs=3).fit(*table).predict_proba(table[0])
        )

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(proba, [0, 1, 2, 3] * 2))
    assert len(traces) == 1
    for seed in range(4):
        np.testing.assert_array_equal(together[seed], proba(seed))
        np.testing.assert_array_equal(together[seed], together[seed + 4])


class Masked(keras.optimizers.SGD):
    """Leaves out updates where its table is 0."""

    def __init__(self, table=None, **kwargs):
        super().__init__(**kwargs)
        self.table = table

    def get_config(self):
        return {**super().get_config(), "table": self.table}

    def apply(self, grads, trainable_variables=None):
        return super().apply([g * self.table[700] for g in grads], trainable_variables)


@pytest.mark.slow
def test_long_arrays_in_optimizers_are_told_apart(traces, table):
    """``repr`` leaves the middle of an array out."""
    off = np.ones(2_000, "float32")
    off[700] = 0
    losses = [
        classifier(
            optimizer=Masked(values, learning_rate=0.5), epochs=3, dropout_rate=0
        )
        .fit(*table)
        .history_["loss"]
        for values in (np.ones(2_000, "float32"), off)
    ]
    assert losses[0][0] - losses[0][2] > 0.01
    # shuffled batches of the same network add up to the same loss
    np.testing.assert_allclose(losses[1], losses[1][0], rtol=1e-5)


def test_clones_of_a_partial_activation_share_a_program(hollow, table):
    leaky = functools.partial(keras.activations.leaky_relu, negative_slope=0.3)
    clf = classifier(activation=leaky)
    for _ in range(2):
        clone(clf).fit(*table)
    assert len(hollow) == 1
    steeper = functools.partial(keras.activations.leaky_relu, negative_slope=0.4)
    classifier(activation=steeper).fit(*table)
    assert len(hollow) == 2


@dataclasses.dataclass
class Scaled:
    """An activation that cannot be hashed."""

    factor: float

    def __call__(self, x):
        return self.factor * x


class Alike(Scaled):
    """Its objects look the same, whatever they compute."""

    def __repr__(self):
        return "an activation"


def by_table(table, x):
    return x * keras.ops.convert_to_tensor(table[700], x.dtype)


def tables():
    """Two arrays whose ``repr`` is the same."""
    for factor in (1.0, 3.0):
        table = np.zeros(2_000)
        table[700] = factor
        yield functools.partial(by_table, table)


def changing():
    """One object, changed between the fits."""
    activation = Scaled(1.0)
    yield activation
    activation.factor = 3.0
    yield activation


def closure():
    """One function that reads what changes around it."""
    factor = 1.0

    def scaled(x):
        return factor * x

    yield scaled
    factor = 3.0
    yield scaled


@pytest.fixture(scope="module")
def loss_of_linear_units(table):
    """Loss in the first epoch of a network whose hidden units let all through."""
    plain = functools.partial(keras.activations.relu, negative_slope=1.0)
    clf = classifier(activation=plain, dropout_rate=0, random_state=0).fit(*table)
    return clf.history_["loss"][0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "activations",
    [
        lambda: (Scaled(1.0), Scaled(3.0)),
        lambda: (Alike(1.0), Alike(3.0)),
        lambda: (functools.partial(Alike(factor)) for factor in (1.0, 3.0)),
        tables,
        changing,
        closure,
    ],
    ids=["values", "same repr", "partials", "arrays", "attribute", "closure"],
)
def test_activations_that_compute_otherwise_get_programs_of_their_own(
    traces, table, loss_of_linear_units, activations
):
    """Losses of linear networks whose hidden units are scaled by 1 and by 3."""
    losses = [
        classifier(activation=activation, dropout_rate=0, random_state=0)
        .fit(*table)
        .history_["loss"][0]
        for activation in activations()
    ]
    np.testing.assert_allclose(losses[0], loss_of_linear_units, rtol=1e-5)
    assert abs(losses[1] - losses[0]) > 1e-3
    assert len(traces) == 2


@pytest.fixture(scope="module")
def proba_of_leaky_units(table):
    named = classifier(activation="leaky_relu", random_state=0).fit(*table)
    return named.predict_proba(table[0])


@pytest.mark.slow
@pytest.mark.parametrize("make", [tf.constant, tf.Variable, keras.Variable])
def test_activation_that_holds_a_tensor(table, proba_of_leaky_units, make):
    slope = make(0.2)
    held = classifier(activation=lambda x: tf.maximum(x, slope * x), random_state=0)
    np.testing.assert_allclose(
        held.fit(*table).predict_proba(table[0]), proba_of_leaky_units, rtol=1e-5
    )


@keras.saving.register_keras_serializable(package="tests")
class Changing(keras.optimizers.schedules.LearningRateSchedule):
    """Computes what its configuration does not tell."""

    factor = 1.0

    def __call__(self, step):
        return tf.cast(0.5 * self.factor, "float32")

    def get_config(self):
        return {}


@keras.saving.register_keras_serializable(package="tests")
class OwnSGD(keras.optimizers.SGD):
    """Computes what its configuration does not tell."""

    factor = 1.0

    def apply(self, grads, trainable_variables=None):
        return super().apply([g * self.factor for g in grads], trainable_variables)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cls", "make"),
    [
        (Changing, lambda: keras.optimizers.SGD(Changing())),
        (OwnSGD, lambda: OwnSGD(0.5)),
    ],
)
def test_classes_of_the_user_are_compiled_anew(monkeypatch, traces, table, cls, make):
    losses = []
    for factor in (1.0, 0.0):
        monkeypatch.setattr(cls, "factor", factor)
        clf = classifier(optimizer=make(), epochs=3, dropout_rate=0, random_state=0)
        losses.append(clf.fit(*table).history_["loss"])
    assert losses[0][0] - losses[0][2] > 0.01
    np.testing.assert_allclose(losses[1], losses[1][0], rtol=1e-5)
    assert len(traces) == 2


@pytest.mark.slow
def test_a_network_keeps_its_own_programs(traces, table):
    """One that shares none is compiled once, however often it trains on."""
    clf = classifier(activation=Scaled(2.0), warm_start=True)
    for _ in range(3):
        clf.fit(*table)
    assert clf.predict_proba(table[0]).shape == (1_003, 2)
    assert len(traces) == 1
