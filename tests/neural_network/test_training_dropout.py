"""Dropout in compiled epochs: as random as Keras's, though not the same draws.

Seeds are fixed, so these tests pass or fail for good. "Error rate" is the chance
that a right implementation would have failed at the seeds' first choice.
"""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from skmirai import MiraiDNNClassifier
from skmirai.neural_network._engine.layers import dropout

N_STEPS, SHAPE = 40, (250, 40)


def drawn(rate, seed=0, shape=SHAPE):
    """What dropout makes of ones, over some steps of one compiled program."""

    @tf.function(jit_compile=True)
    def step(rate, counter):
        return dropout(tf.ones(shape), rate, counter)

    counters = (tf.constant([seed, count], tf.int64) for count in range(N_STEPS))
    return np.stack([step(tf.constant(rate), c).numpy() for c in counters])


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.5, 0.9])
def test_share_of_units_that_are_kept(rate):
    """Error rate 1e-6 for the binomial test."""
    values = drawn(rate)
    kept = values > 0
    rounded = np.round((1 - rate) * 2**16) / 2**16
    assert stats.binomtest(int(kept.sum()), kept.size, rounded).pvalue > 1e-6
    np.testing.assert_allclose(values[kept], 1 / rounded, rtol=1e-6)


def test_units_rows_and_steps_are_independent():
    """Error rate 1e-5 for each of four chi-squared tests of neighbours."""
    kept = drawn(0.3) > 0
    halves = kept.reshape(N_STEPS, 2, -1)  # the two units that share 32 bits
    pairs = {
        "units": (kept[:, :, :-1], kept[:, :, 1:]),
        "rows": (kept[:, :-1], kept[:, 1:]),
        "steps": (kept[:-1], kept[1:]),
        "bits of one word": (halves[:, 0], halves[:, 1]),
    }
    for name, (a, b) in pairs.items():
        table = [[(x & z).sum() for z in (b, ~b)] for x in (a, ~a)]
        assert stats.chi2_contingency(table).pvalue > 1e-5, name


def test_layers_of_other_seeds_differ():
    a, b = drawn(0.5, seed=1) > 0, drawn(0.5, seed=2) > 0
    agreement = stats.binomtest(int((a == b).sum()), a.size, 0.5)
    assert agreement.pvalue > 1e-6


def test_odd_number_of_units():
    values = drawn(0.5, shape=(3, 3))
    assert values.shape == (N_STEPS, 3, 3)
    assert 0.3 < (values > 0).mean() < 0.7


def test_rate_of_almost_one_keeps_numbers_finite():
    assert np.isfinite(drawn(1 - 1e-7)).all()


@pytest.mark.slow
def test_training_is_equal_in_distribution(
    batch_watcher,
):
    """Losses after three epochs over 90 seeds, compiled and in Keras's loop.

    Two-sample Kolmogorov-Smirnov test, error rate 1e-3; the start is the same.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, 5)).astype(np.float32)
    y = (X[:, 0] > 0).astype(int)
    common = {
        "n_layers": 2,
        "n_nodes": 8,
        "dropout_rate": 0.4,
        "epochs": 3,
        "batch_size": 32,
        "learning_rate": 0.01,
        "optimizer": "sgd",
    }
    losses = [
        [
            MiraiDNNClassifier(**common, callbacks=callbacks, random_state=seed)
            .fit(X, y)
            .history_["loss"][-1]
            for seed in seeds
        ]
        for callbacks, seeds in ((None, range(60)), (batch_watcher, range(60, 90)))
    ]
    assert stats.ks_2samp(*losses).pvalue > 1e-3
    assert np.std(losses[0]) > 0.01, "the seeds matter"
