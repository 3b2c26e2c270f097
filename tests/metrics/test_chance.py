"""What random guessing reaches, against exact probabilities."""

import numpy as np
import pytest
from scipy.stats import binom

from skmirai.metrics import chance_accuracy


def test_uniform_guesses_follow_the_binomial_distribution():
    y = np.repeat([0, 1], [100, 300])
    chance = chance_accuracy(y, n_draws=200_000, random_state=0)
    low, high = binom.ppf([0.025, 0.975], 400, 0.5) / 400
    assert chance.expected == 0.5
    assert chance.mean == pytest.approx(0.5, abs=6 * 0.025 / np.sqrt(200_000))
    assert chance.low == pytest.approx(low, abs=1 / 400)
    assert chance.high == pytest.approx(high, abs=1 / 400)


def test_guesses_in_proportion_agree_with_guessing_labels():
    y = np.repeat(["a", "b", "c"], [60, 30, 10])
    chance = chance_accuracy(y, strategy="prior", n_draws=100_000, random_state=0)
    assert chance.expected == pytest.approx(0.36 + 0.09 + 0.01)
    rng = np.random.default_rng(1)
    guessed = rng.choice(["a", "b", "c"], p=[0.6, 0.3, 0.1], size=(5_000, 100))
    accuracy = (guessed == y).mean(axis=1)
    error = accuracy.std() / np.sqrt(5_000)
    assert chance.mean == pytest.approx(accuracy.mean(), abs=5 * error)
    quantiles = np.quantile(accuracy, [0.025, 0.975])
    np.testing.assert_allclose([chance.low, chance.high], quantiles, atol=0.011)


def test_confidence_level_widens_the_interval():
    y = np.arange(50) % 2
    narrow = chance_accuracy(y, confidence_level=0.5, random_state=0)
    wide = chance_accuracy(y, confidence_level=0.99, random_state=0)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_one_class_is_always_guessed_right():
    for strategy in ("uniform", "prior"):
        assert chance_accuracy([1, 1], strategy=strategy) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("y", "arguments", "message"),
    [
        ([], {}, "at least one label"),
        ([0.0, np.nan], {}, "NaN"),
        ([0, 1], {"strategy": "best"}, "strategy"),
        ([0, 1], {"n_draws": 0}, "n_draws"),
        ([0, 1], {"confidence_level": 1.0}, "confidence_level"),
    ],
)
def test_bad_arguments(y, arguments, message):
    with pytest.raises(ValueError, match=message):
        chance_accuracy(y, **arguments)


def test_same_seed_same_result():
    y = np.arange(30) % 3
    assert chance_accuracy(y, random_state=4) == chance_accuracy(y, random_state=4)
