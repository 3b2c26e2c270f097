"""Passes over many rows, by networks with units cut out, against masks and enumeration.

Few rows are multiplied by masks, which test_mc_dropout.py compares with all thinned
networks there are; many rows go through networks without the dropped units.
"""

from itertools import product
from operator import attrgetter

import keras
import numpy as np
import pytest
from scipy.special import expit
from threadpoolctl import threadpool_info

from skmirai.neural_network._engine import passes
from skmirai.neural_network._keras.network import Network
from tests.neural_network.networks import TOLERANCE, rows_of, seeds_of, spec_of


def network_of(**changes):
    """Network whose weights and moving statistics are not those of the start."""
    spec = spec_of(**changes)
    network = Network(spec, seeds_of(spec), "sgd", 0.1)
    rng = np.random.default_rng(1)
    for variable in network.model.weights:
        size, sign = rng.uniform(0.2, 1, variable.shape), rng.choice([-1, 1])
        variable.assign(size if "variance" in variable.path else sign * size)
    return network


def outputs(network, X, n_passes=7, masks="shared", batch_size="auto", seed=3):
    """Values of all passes, (n_passes, n_rows, n_outputs)."""
    values = np.full((n_passes, len(X), network.spec.n_outputs), np.nan)

    def take(block):
        assert np.isnan(values[block.passes, block.rows]).all()
        values[block.passes, block.rows] = block.values

    how = {"n_passes": n_passes, "masks": masks, "batch_size": batch_size, "seed": seed}
    list(network.mc_passes(X, take, **how))
    return values


MEMBERS_ALONE = "members without dropout"

NETWORKS = {
    "one layer": {"n_layers": 1, "n_nodes": 6, "dropout_rate": 0.3},
    "two layers": {"dropout_rate": 0.4},
    "three layers": {
        "n_layers": 3,
        "n_nodes": [6, 5, 4],
        "dropout_rate": [0.2, 0.7, 0.1],
        "activation": "relu",
    },
    "no dropout between": {
        "n_layers": 3,
        "n_nodes": 5,
        "dropout_rate": [0.5, 0, 0.5],
    },
    "late dropout": {"n_layers": 3, "n_nodes": 5, "dropout_rate": [0, 0, 0.5]},
    "batch norm": {"dropout_rate": 0.5, "batch_norm": True},
    "batch norm without dropout": {
        "n_layers": 3,
        "n_nodes": 5,
        "dropout_rate": [0.5, 0, 0.5],
        "batch_norm": True,
    },
    "softmax inside": {"dropout_rate": 0.5, "activation": "softmax"},
    "no name": {
        "dropout_rate": 0.5,
        "activation": lambda x: keras.ops.tanh(x - keras.ops.max(x, -1, keepdims=True)),
    },
    "classes": {
        "dropout_rate": 0.5,
        "n_outputs": 3,
        "output_activation": "softmax",
    },
    "members": {"dropout_rate": 0.5, "n_members": 3},
    "members, batch norm": {"dropout_rate": 0.5, "n_members": 3, "batch_norm": True},
    MEMBERS_ALONE: {"n_members": 3},
}


@pytest.fixture(params=NETWORKS)
def network(request):
    return network_of(**NETWORKS[request.param])


@pytest.fixture(autouse=True)
def _cut(monkeypatch):
    """No rows are so few that masks are multiplied."""
    monkeypatch.setattr(passes, "_MASKED_VALUES", 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_cut_networks_are_those_of_masks(name, dtype, monkeypatch):
    network = network_of(**NETWORKS[name], dtype=dtype)
    X, _, _ = rows_of(network.spec, 60)
    cut = outputs(network, X)
    tolerance = 10 * TOLERANCE[dtype]
    monkeypatch.setattr(passes, "_MASKED_VALUES", 2**20)
    expected = outputs(network, X)
    np.testing.assert_allclose(cut, expected, rtol=tolerance, atol=tolerance)
    assert cut.std(axis=0).max() > 1e-3


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_pass_is_one_of_all_thinned_networks(batch_norm):
    """Every pass over many rows is one network of the 2^7, the same for all rows."""
    network = network_of(dropout_rate=[0.4, 0.5], n_nodes=[4, 3], batch_norm=batch_norm)
    X, _, _ = rows_of(network.spec, 50)
    layers = [x for x in network.model.layers if x.get_weights()]
    thinned = []
    for first, second in product(product([0, 1], repeat=4), product([0, 1], repeat=3)):
        signal, masks = X, iter([np.array(first) / 0.6, np.array(second) / 0.5])
        for layer in layers:
            if isinstance(layer, keras.layers.Dense):
                kernel, bias = layer.get_weights()
                signal = signal @ kernel + bias
                if layer.name == "output":
                    break
                signal = np.tanh(signal)
            else:
                gamma, beta, mean, variance = layer.get_weights()
                signal = gamma * (signal - mean) / np.sqrt(variance + 1e-3) + beta
            if isinstance(layer, keras.layers.BatchNormalization) or not batch_norm:
                signal = signal * next(masks)
        thinned.append(signal)
    found = outputs(network, X, n_passes=200)
    distance = np.abs(found[:, np.newaxis] - np.array(thinned)).max(axis=(2, 3))
    assert distance.min(axis=1).max() < 1e-9
    assert len(np.unique(distance.argmin(axis=1))) > 60


@pytest.mark.parametrize("masks", ["shared", "per_row"])
def test_neither_batches_nor_threads_change_a_bit(network, masks, monkeypatch):
    X, _, _ = rows_of(network.spec, 9_000)
    monkeypatch.setattr("skmirai.utils._threads.n_threads", lambda: 1)
    alone = outputs(network, X, masks=masks)
    monkeypatch.setattr("skmirai.utils._threads.n_threads", lambda: 3)
    np.testing.assert_array_equal(outputs(network, X, masks=masks), alone)
    batches = outputs(network, X, masks=masks, batch_size=4_096)
    np.testing.assert_array_equal(batches, alone)


@pytest.mark.parametrize("masks", ["shared", "per_row"])
def test_batches_that_part_blocks_change_rounding_only(network, masks):
    X, _, _ = rows_of(network.spec, 3_000)
    whole = outputs(network, X, masks=masks)
    parted = outputs(network, X, masks=masks, batch_size=700)
    np.testing.assert_allclose(parted, whole, rtol=1e-9, atol=1e-11)


def test_rows_subsets_and_order_do_not_matter(network, monkeypatch):
    monkeypatch.setattr(passes, "_MASKED_VALUES", 7 * 7 * 300)  # some so, some so
    X, _, _ = rows_of(network.spec, 5_000)
    whole = outputs(network, X)
    order = np.random.default_rng(0).permutation(len(X))
    for rows in (order, slice(0, 1), slice(100, 140), slice(4_990, 5_000)):
        part = outputs(network, X[rows])
        np.testing.assert_allclose(part, whole[:, rows], rtol=1e-9, atol=1e-11)


def test_the_state_stays_as_it_was(network):
    X, _, _ = rows_of(network.spec, 5_000)

    def state():
        now = network.read_state()
        return np.array(now.floats).tobytes(), np.array(now.ints).tobytes()

    before = state()
    outputs(network, X)
    outputs(network, X, masks="per_row")
    assert state() == before


@pytest.mark.parametrize("name", [x for x in NETWORKS if x != MEMBERS_ALONE])
def test_more_passes_begin_with_the_same(name):
    network = network_of(**NETWORKS[name])
    X, _, _ = rows_of(network.spec, 50)
    few, many = (outputs(network, X, n_passes=n, masks="per_row") for n in (3, 8))
    np.testing.assert_allclose(many[:3], few, rtol=1e-12)


def test_networks_too_large_to_keep_are_cut_again(network, monkeypatch):
    X, _, _ = rows_of(network.spec, 5_000)
    expected = outputs(network, X)
    monkeypatch.setattr(passes, "_KEPT_WEIGHTS", 1)
    monkeypatch.setattr(passes, "_BLOCK_VALUES", 2**12)
    np.testing.assert_allclose(outputs(network, X), expected, rtol=1e-9, atol=1e-11)


def test_a_unit_is_dropped_as_often_as_its_rate_says():
    """Of masks for every row: shares of 400,000 draws, within 5 standard errors."""
    for rate in (0.05, 1 / 3, 0.9):
        drawn = passes._bit_mask(
            np.random.default_rng(0).bit_generator, (100_000, 4), rate, np.dtype(float)
        )
        dropped = (drawn == 0).mean(axis=0)
        assert np.abs(dropped - rate).max() < 5 * np.sqrt(rate * (1 - rate) / 100_000)
        np.testing.assert_allclose(drawn[drawn > 0], 1 / (1 - rate), rtol=1e-15)
        pairs = np.corrcoef(drawn.T) - np.eye(4)
        assert np.abs(pairs).max() < 5 / np.sqrt(100_000)


def test_threads_of_linear_algebra_come_back():
    def blas():
        return [x["num_threads"] for x in threadpool_info() if x["user_api"] == "blas"]

    network = network_of(dropout_rate=0.4)
    X, _, _ = rows_of(network.spec, 9_000)
    before = blas()
    inside = []
    how = {"n_passes": 2, "masks": "shared", "batch_size": "auto", "seed": 0}
    list(network.mc_passes(X, lambda _: inside.append(blas()), **how))
    assert set(inside[0]) == {1}
    assert blas() == before


def test_an_error_in_a_thread_comes_through():
    network = network_of(dropout_rate=0.4, activation="relu")
    X, _, _ = rows_of(network.spec, 20_000)
    X[12_345] = 1e308
    with pytest.raises(ValueError, match="output for row 12345 "):
        outputs(network, X)


def test_probabilities_of_many_passes_are_those_of_the_logits():
    network = network_of(dropout_rate=0.4)
    X, _, _ = rows_of(network.spec, 100)
    how = {"n_passes": 5, "masks": "shared", "batch_size": "auto", "seed": 3}
    (block,) = network.mc_passes(X, attrgetter("values"), **how)
    np.testing.assert_allclose(expit(block), expit(outputs(network, X, 5)), rtol=1e-12)
