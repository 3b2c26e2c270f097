"""The parts of a Brier score add up to it, and are what they are called."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from skmirai.metrics import brier_score_decomposition


def forecasts(n_rows=200, seed=0):
    rng = np.random.default_rng(seed)
    proba = rng.random(n_rows)
    return (rng.random(n_rows) < proba**2).astype(int), proba


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1]), st.floats(0, 1)), min_size=2, max_size=30
    ),
    st.integers(1, 15) | st.none(),
)
def test_parts_add_up_to_the_score(rows, n_bins):
    y, proba = map(np.array, zip(*rows, strict=True))
    if n_bins is not None:
        n_bins = min(n_bins, len(y) // 2)
    parts = brier_score_decomposition(y, proba, n_bins=n_bins, labels=[0, 1])
    score = brier_score_loss(y, proba, labels=[0, 1])
    assert parts.brier_score == pytest.approx(score, abs=1e-12)
    assert min(parts[:4]) >= 0


@pytest.mark.parametrize("n_bins", [None, 10])
def test_more_classes(n_bins):
    rng = np.random.default_rng(0)
    proba = rng.dirichlet([1, 2, 3], 100)
    y = np.array(["arp", "dns", "syn"])[rng.integers(0, 3, 100)]
    parts = brier_score_decomposition(y, proba, n_bins=n_bins)
    assert parts.brier_score == pytest.approx(brier_score_loss(y, proba))
    shares = np.unique(y, return_counts=True)[1] / 100
    assert parts.uncertainty == pytest.approx((shares * (1 - shares)).sum())


def test_parts_by_definition():
    y, proba = forecasts()
    proba = proba.round(1)
    reliability = resolution = 0.0
    for value in np.unique(proba):
        seen = y[proba == value]
        reliability += len(seen) / len(y) * (value - seen.mean()) ** 2
        resolution += len(seen) / len(y) * (seen.mean() - y.mean()) ** 2
    parts = brier_score_decomposition(y, proba)
    assert parts.reliability == pytest.approx(reliability)
    assert parts.resolution == pytest.approx(resolution)
    assert parts.uncertainty == pytest.approx(y.var())
    assert parts[3:] == pytest.approx((0, 0), abs=1e-15)


def test_parts_within_bins_by_definition():
    y, proba = forecasts()
    variance = covariance = 0.0
    for rows in np.array_split(np.argsort(proba), 8):
        variance += np.var(proba[rows]) / 8
        covariance += 2 * np.cov(proba[rows], y[rows], ddof=0)[0, 1] / 8
    parts = brier_score_decomposition(y, proba, n_bins=8)
    assert parts.within_bin_variance == pytest.approx(variance)
    assert parts.within_bin_covariance == pytest.approx(covariance)


def test_each_forecast_another():
    """Then reliability is the score: bins show more."""
    y, proba = forecasts()
    parts = brier_score_decomposition(y, proba)
    assert parts.reliability == pytest.approx(brier_score_loss(y, proba))
    assert parts.resolution == pytest.approx(parts.uncertainty)


def test_two_columns_are_the_second():
    y, proba = forecasts()
    both = np.column_stack([1 - proba, proba])
    assert brier_score_decomposition(y, both) == brier_score_decomposition(y, proba)


def test_bad_input():
    with pytest.raises(ValueError, match=r"n_bins=3 must .* half of the 4 rows"):
        brier_score_decomposition([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], n_bins=3)
    with pytest.raises(ValueError, match=r"n_bins=2\.0 must be an integer or None"):
        brier_score_decomposition([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], n_bins=2.0)
    with pytest.raises(ValueError, match=r"classes \[0\].* by labels="):
        brier_score_decomposition([0, 0], [0.1, 0.2])
