"""Keras's default precision, which the process may set, changes no network."""

import keras
import numpy as np
import pytest

from skmirai import MiraiDNNClassifier, build_dnn


@pytest.fixture
def precision():
    """Set Keras's default precision; what was set before comes back."""
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy().name

    def choose(name):
        if name.startswith("mixed"):
            keras.config.set_dtype_policy(name)
        else:
            keras.config.set_floatx(name)

    yield choose
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)


def outputs(rows, batch_watcher, dtype):
    """Weights of networks trained by either loop, and what a classifier says."""
    X, y = rows
    for callbacks in ([], [batch_watcher]):
        model = build_dnn(4, 1, 8, batch_norm=True, dtype=dtype, random_state=0)
        model.fit(X, y, epochs=2, verbose=0, callbacks=callbacks)
        assert model.learning_rate == pytest.approx(0.003, rel=1e-3)
        yield from model.get_weights()
    clf = MiraiDNNClassifier(1, 8, epochs=2, dtype=dtype, random_state=0)
    clf.set_params(callbacks=[keras.callbacks.LambdaCallback()]).fit(X, y)
    yield clf.predict_proba(X)
    yield clf.predict_uncertainty(X, n_passes=3, random_state=0).std


@pytest.fixture(scope="module")
def rows():
    X = np.random.default_rng(0).normal(size=(50, 4)).astype("float32")
    return X, (X[:, 0] > 0).astype(int)


@pytest.fixture(scope="module")
def known():
    """Outputs by precision, while Keras's default is not set."""
    return {}


@pytest.mark.slow
#: Keras rounds the step size of any optimizer to its default precision.
@pytest.mark.parametrize(
    ("name", "tolerance"),
    [("mixed_float16", 0), ("mixed_bfloat16", 0), ("float64", 1e-6), ("float16", 1e-4)],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_networks_keep_their_own(
    rows, known, batch_watcher, precision, name, tolerance, dtype
):
    if dtype not in known:
        known[dtype] = list(outputs(rows, batch_watcher, dtype))
    precision(name)
    for a, b in zip(known[dtype], outputs(rows, batch_watcher, dtype), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance / 100)
