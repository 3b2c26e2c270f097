"""Long vectors of a state are joined piece by piece, short ones at once: the same."""

from collections import OrderedDict

import numpy as np
import pytest
import tensorflow as tf

from skmirai import MiraiDNNClassifier
from skmirai.neural_network._engine import kept, state

WAYS = {"at once": 2**40, "one by one": 0}


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    monkeypatch.setattr(state, "_CONCATENATED", WAYS[request.param])
    return request.param


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(
    "shapes",
    [[(3, 4), (), (0, 5), (2,), (1, 1, 6)], [(7,)], [(0,), (5, 2)]],
    ids=str,
)
def test_parts_follow_each_other(way, shapes, jit_compile):
    rng = np.random.default_rng(0)
    parts = [rng.integers(-9, 9, shape) for shape in shapes]
    joined = tf.function(
        lambda: state.flat([tf.constant(part) for part in parts], "float32"),
        jit_compile=jit_compile,
    )()
    expected = np.concatenate([part.ravel() for part in parts]).astype(np.float32)
    assert joined.dtype == tf.float32
    np.testing.assert_array_equal(joined, expected)


def test_nothing_is_an_empty_vector(way):
    assert state.flat([], "int64").shape == (0,)


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "adam"},
        {"optimizer": "sgd", "batch_norm": True},
        {"n_members": 4, "optimizer": "adamw"},
        {"optimizer": "lamb"},  # its updates are no joined vector
    ],
    ids=str,
)
def test_networks_are_equal_to_the_bit(monkeypatch, settings):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 130)).astype(np.float32)
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    found = {}
    for way, longest in WAYS.items():
        monkeypatch.setattr(state, "_CONCATENATED", longest)
        monkeypatch.setattr(kept, "_programs", OrderedDict())
        clf = MiraiDNNClassifier(
            2, 150, epochs=2, batch_size=64, random_state=0, **settings
        ).fit(X, y)
        assert clf.n_parameters_ > 2**14  # so that these were joined by default too
        found[way] = [*clf.model_.get_weights(), clf.history_["loss"]]
    for a, b in zip(found["at once"], found["one by one"], strict=True):
        np.testing.assert_array_equal(a, b)
