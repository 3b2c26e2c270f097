"""Equal seeds, equal bits; and no state of the process is touched."""

import hashlib
import json
import os
import random
from collections import OrderedDict

import keras
import numpy as np
import pytest
import tensorflow as tf
from joblib import parallel_config
from sklearn.model_selection import StratifiedKFold, cross_val_predict, cross_val_score
from tensorflow.python.framework.config import is_op_determinism_enabled

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor, build_dnn
from skmirai.neural_network._engine import kept

DTYPES = ["float32", "float64"]


@pytest.fixture(scope="module")
def random_fit(small):
    """Everything random at once: weights, split, order, dropout, quantiles."""
    return {
        **small,
        "n_layers": 2,
        "dropout_rate": 0.4,
        "batch_norm": True,
        "validation_fraction": 0.2,
        "scaler": "quantile",
    }


@pytest.fixture
def seeds_restored():
    """Put the global generators back after a test that moves them."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    yield
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002
    tf.random.set_seed(None)


def seed_everything(seed):
    keras.utils.set_random_seed(seed)  # Python, NumPy, TensorFlow and Keras


# -- equal seeds, equal bits --------------------------------------------------------


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        (MiraiDNNClassifier, "float32"),
        (MiraiDNNClassifier, "float64"),
        (MiraiDNNRegressor, "float64"),
    ],
)
def test_two_fits(random_fit, binary, same_state, kind, dtype):
    first = kind(**random_fit, dtype=dtype).fit(*binary)
    second = kind(**random_fit, dtype=dtype).fit(*binary)
    same_state(first, second)
    np.testing.assert_array_equal(first.predict(binary[0]), second.predict(binary[0]))


@pytest.mark.slow
def test_other_seed_gives_another_network(random_fit, binary):
    X, y = binary
    first = MiraiDNNClassifier(**random_fit).fit(X, y)
    other = MiraiDNNClassifier(**random_fit | {"random_state": 1}).fit(X, y)
    assert (first.predict_proba(X) != other.predict_proba(X)).any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_global_seeds_do_not_matter(
    random_fit, binary, same_state, seeds_restored, dtype
):
    first = MiraiDNNClassifier(**random_fit, dtype=dtype).fit(*binary)
    seed_everything(123)
    second = MiraiDNNClassifier(**random_fit, dtype=dtype).fit(*binary)
    tf.random.set_seed(7)
    third = MiraiDNNClassifier(**random_fit, dtype=dtype).fit(*binary)
    same_state(first, second)
    same_state(first, third)


PROCESS = """
import hashlib, json, sys
import numpy as np
settings, X, y = json.loads(sys.argv[1])
import keras
keras.utils.set_random_seed(99)
from skmirai import MiraiDNNClassifier

X, y = np.array(X), np.array(y)
digests = {}
for dtype in ("float32", "float64"):
    clf = MiraiDNNClassifier(**settings, dtype=dtype).fit(X, y)
    proba = clf.predict_proba(X)
    spread = clf.predict_uncertainty(X, n_passes=7, random_state=0).std
    digests[dtype] = [
        hashlib.sha256(part.tobytes()).hexdigest() for part in (proba, spread)
    ]
print(json.dumps(digests))
"""


@pytest.mark.slow
def test_other_processes_agree(random_fit, binary, run_python):
    X, y = binary
    expected = {}
    for dtype in DTYPES:
        clf = MiraiDNNClassifier(**random_fit, dtype=dtype).fit(X, y)
        spread = clf.predict_uncertainty(X, n_passes=7, random_state=0).std
        expected[dtype] = [
            hashlib.sha256(part.tobytes()).hexdigest()
            for part in (clf.predict_proba(X), spread)
        ]
    arguments = json.dumps([random_fit, X.tolist(), y.tolist()])
    printed = run_python(PROCESS, arguments, PYTHONHASHSEED="1")
    assert json.loads(printed) == expected


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
def test_number_of_jobs_does_not_matter(random_fit, binary, dtype):
    X, y = binary
    clf = MiraiDNNClassifier(**random_fit, dtype=dtype)
    cv = StratifiedKFold(3)
    proba, scores = {}, {}
    with parallel_config(backend="loky"):
        for n_jobs in (1, 2):
            proba[n_jobs] = cross_val_predict(
                clf, X, y, cv=cv, n_jobs=n_jobs, method="predict_proba"
            )
            scores[n_jobs] = cross_val_score(clf, X, y, cv=cv, n_jobs=n_jobs)
    np.testing.assert_array_equal(proba[1], proba[2])
    np.testing.assert_array_equal(scores[1], scores[2])


@pytest.mark.parametrize("dtype", DTYPES)
def test_threads_do_not_matter(random_fit, binary, dtype):
    X, y = binary
    clf = MiraiDNNClassifier(**random_fit, dtype=dtype)
    alone = cross_val_predict(clf, X, y, cv=4, method="predict_proba")
    with parallel_config(backend="threading", n_jobs=4):
        together = cross_val_predict(clf, X, y, cv=4, method="predict_proba")
    np.testing.assert_array_equal(alone, together)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dtype", "batch_size"), [("float32", 32), ("float64", 10_000)]
)
def test_fits_before_do_not_matter(monkeypatch, random_fit, dtype, batch_size):
    """Programs are kept for later fits; which one is at hand must not show."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(900, 6)), np.arange(900) % 2
    clf = MiraiDNNClassifier(**random_fit | {"batch_size": batch_size}, dtype=dtype)
    outputs = []
    for sizes_before in ([], [900, 40, 130]):
        monkeypatch.setattr(kept, "_programs", OrderedDict())
        for n_rows in sizes_before:
            clf.fit(X[:n_rows], y[:n_rows])
        clf.fit(X[:120], y[:120])
        outputs.append((clf.predict_proba(X), clf.history_))
    np.testing.assert_equal(outputs[1], outputs[0])


# -- None and RandomState instances ---------------------------------------------------


def test_no_seed_after_a_seed(random_fit, binary):
    """A seeded fit leaves nothing behind that an unseeded one stumbles over."""
    X, y = binary
    seeded = MiraiDNNClassifier(**random_fit).fit(X, y)
    unseeded = [
        MiraiDNNClassifier(**random_fit | {"random_state": None}).fit(X, y)
        for _ in range(2)
    ]
    outputs = [clf.predict_proba(X) for clf in (seeded, *unseeded)]
    assert all(np.isfinite(output).all() for output in outputs)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert (outputs[first] != outputs[second]).any()


def test_no_seed_draws_from_numpy(random_fit, binary, seeds_restored):
    X, y = binary
    outputs = []
    for _ in range(2):
        np.random.seed(11)  # noqa: NPY002
        clf = MiraiDNNClassifier(**random_fit | {"random_state": None}).fit(X, y)
        spread = clf.predict_uncertainty(X, n_passes=3).std
        outputs.append((clf.predict_proba(X), spread))
    np.testing.assert_equal(outputs[0], outputs[1])


def test_random_state_instance_is_advanced(random_fit, binary):
    X, y = binary
    pairs = []
    for _ in range(2):
        rng = np.random.RandomState(5)
        clf = MiraiDNNClassifier(**random_fit | {"random_state": rng})
        pairs.append([clf.fit(X, y).predict_proba(X) for _ in range(2)])
    np.testing.assert_array_equal(pairs[0], pairs[1])
    assert (pairs[0][0] != pairs[0][1]).any()


# -- the state of the process ---------------------------------------------------------


def process_state():
    return {
        "Python": random.getstate(),
        "NumPy": np.random.get_state(legacy=False),  # noqa: NPY002
        "TensorFlow": tf.random.get_global_generator().state.numpy(),
        "determinism": is_op_determinism_enabled(),
        "environment": dict(os.environ),
        "precision": keras.config.floatx(),
        "policy": keras.config.dtype_policy().name,
        "eager": tf.config.functions_run_eagerly(),
        "jit": tf.config.optimizer.get_jit(),
    }


def next_draws():
    """What the global generators give next, hidden counters included."""
    return {
        "Python": random.random(),
        "NumPy": np.random.random(),  # noqa: NPY002
        "TensorFlow": [tf.random.uniform((3,)).numpy() for _ in range(2)],
        "Keras": [np.asarray(keras.random.uniform((3,))) for _ in range(2)],
        "weights": keras.layers.Dense(2, name="d")(np.ones((1, 2), "float32")).numpy(),
        "names": keras.layers.Dropout(0.5).name,
    }


@pytest.mark.slow
@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
def test_no_state_of_the_process_changes(random_fit, binary, seeds_restored, kind):
    X, y = binary

    def everything(n_nodes):
        estimator = kind(**random_fit | {"n_nodes": n_nodes}).fit(X, y)
        estimator.predict(X)
        estimator.predict_uncertainty(X, n_passes=3, random_state=0)
        estimator.predict_uncertainty(X, n_passes=3, masks="per_row", random_state=0)
        estimator.mc_score(X, y, n_passes=3, random_state=0)
        estimator.evaluate(X, y)
        estimator.set_params(warm_start=True).fit(X, y)
        assert estimator.model_.count_params() > 0

    everything(8)  # what the first use of a library changes is not ours
    seed_everything(3)
    before = process_state()
    everything(13)  # compiled afresh
    np.testing.assert_equal(process_state(), before)


@pytest.mark.slow
def test_next_draws_of_the_process_are_the_same(random_fit, binary, seeds_restored):
    keras.backend.clear_session()
    seed_everything(3)
    expected = next_draws()
    keras.backend.clear_session()
    seed_everything(3)
    clf = MiraiDNNClassifier(**random_fit | {"n_nodes": 14}).fit(*binary)
    clf.predict_uncertainty(binary[0], n_passes=3, random_state=0)
    clf.evaluate(*binary)
    assert clf.model_.count_params() > 0
    np.testing.assert_equal(next_draws(), expected)


# -- one seed, one draw ---------------------------------------------------------------


def test_precisions_start_from_the_same_weights():
    single, double = (
        build_dnn(5, 2, 8, batch_norm=True, dtype=dtype, random_state=3).get_weights()
        for dtype in DTYPES
    )
    for a, b in zip(single, double, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_precision_of_the_rows_is_no_other_seed(binary):
    """The same table in float32 and float64 gives the same network but for rounding."""
    X, y = binary
    settings = {"n_layers": 2, "n_nodes": 16, "epochs": 5, "random_state": 0}
    proba = [
        MiraiDNNClassifier(**settings).fit(X.astype(dtype), y).predict_proba(X)
        for dtype in DTYPES
    ]
    assert proba[0].dtype != proba[1].dtype, "auto follows the rows"
    np.testing.assert_allclose(*proba, rtol=0, atol=1e-4)
