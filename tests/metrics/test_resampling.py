"""Length of blocks by its definition; draws of blocks and of groups by hand."""

import math

import numpy as np
import pytest

from skmirai.metrics._resampling import (
    best_block_length,
    blocks,
    groups_drawn,
    length_for_interval,
)


def length_by_definition(x):
    """Politis and White's choice for the circular bootstrap, sum by sum."""
    n = len(x)
    x = x - x.mean()

    def covariance(k):
        return sum(x[i] * x[i + k] for i in range(n - k)) / n

    small = max(5, math.ceil(math.sqrt(math.log10(n))))
    most = min(math.ceil(math.sqrt(n)) + small, n - 1)
    bound = 2 * math.sqrt(math.log10(n) / n)
    rho = [covariance(k) / covariance(0) for k in range(most + 1)]
    lag = most
    for m in range(most):
        if all(abs(r) < bound for r in rho[m + 1 : m + 1 + small]):
            lag = m
            break
    width = min(2 * max(lag, 1), most)
    g0 = g1 = 0.0
    for k in range(-width, width + 1):
        taper = 1 if abs(k) / width <= 0.5 else 2 * (1 - abs(k) / width)
        g0 += taper * covariance(abs(k))
        g1 += taper * abs(k) * covariance(abs(k))
    best = (2 * g1**2 / (4 / 3 * g0**2) * n) ** (1 / 3)
    return min(max(best, 1), math.ceil(min(3 * math.sqrt(n), n / 3)))


@pytest.mark.parametrize("memory", [1, 5, 40])
@pytest.mark.parametrize("n_rows", [150, 400])
def test_length_of_blocks_follows_its_definition(memory, n_rows):
    rng = np.random.default_rng(memory)
    errors = np.convolve(rng.normal(size=n_rows + memory), np.ones(memory), "valid")
    assert best_block_length(errors) == pytest.approx(
        length_by_definition(errors), rel=1e-9
    )


def test_length_for_an_interval():
    """Three times the longest of the figures, at most a quarter of the rows."""
    rng = np.random.default_rng(0)
    short, long = rng.normal(size=1000), np.repeat(rng.normal(size=40), 25)
    both = np.column_stack([short, long])
    assert length_for_interval(both) == length_for_interval(long)
    assert length_for_interval(long) == math.ceil(3 * best_block_length(long))
    assert length_for_interval(np.linspace(0, 1, 40)) == 10
    assert (length_for_interval(np.ones(50)), best_block_length(np.ones(50))) == (3, 1)


def test_blocks_lie_in_a_circle():
    draws = blocks(10, 4, np.random.RandomState(0))
    for _ in range(50):
        rows = next(draws)
        assert rows.shape == (10,)
        steps = np.delete(np.diff(rows), [3, 7])
        assert np.isin(steps, [1, -9]).all()


def test_groups_come_whole():
    groups = np.array(list("abacbc"))
    draws, number = groups_drawn(groups, 6, np.random.RandomState(0))
    assert number.tolist() == [0, 1, 0, 2, 1, 2]
    for _ in range(50):
        counts = np.bincount(next(draws), minlength=6)
        assert counts.sum() == 6
        assert all(len(set(counts[groups == name])) == 1 for name in "abc")
