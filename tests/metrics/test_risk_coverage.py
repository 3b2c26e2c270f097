"""Risk by coverage and its areas, beside brute force over thresholds and orders."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from skmirai.metrics import augrc_score, aurc_score, risk_coverage_curve

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=30
)
FEW_ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=6
)


def columns(rows):
    losses, uncertainty = np.array(rows, dtype=float).T
    return losses, uncertainty


def area_of_order(losses):
    """Mean over numbers of rows of the mean loss of the first so many."""
    return np.mean([losses[: k + 1].mean() for k in range(len(losses))])


def generalised_area_of_order(losses):
    kept = np.r_[0, np.cumsum(losses)] / len(losses)
    return np.trapezoid(kept, np.linspace(0, 1, len(kept)))


def mean_over_orders(area, losses, uncertainty):
    """Mean of an area over all orders that sort the uncertainty."""
    areas = [
        area(losses[[*order]])
        for order in permutations(range(len(losses)))
        if (np.diff(uncertainty[[*order]]) >= 0).all()
    ]
    return np.mean(areas)


@given(ROWS)
def test_every_threshold(rows):
    losses, uncertainty = columns(rows)
    curve = risk_coverage_curve(losses, uncertainty)
    np.testing.assert_array_equal(curve.thresholds, np.unique(uncertainty))
    for coverage, risk, threshold in zip(*curve, strict=True):
        kept = uncertainty <= threshold
        assert coverage == pytest.approx(kept.mean())
        assert risk == pytest.approx(losses[kept].mean())
    assert curve.coverages[-1] == 1


@given(ROWS)
def test_weights_are_counts(rows):
    losses, uncertainty = columns(rows)
    weight = np.arange(len(losses)) % 3
    weight[0] = 1
    curve = risk_coverage_curve(losses, uncertainty, sample_weight=weight)
    again = risk_coverage_curve(
        np.repeat(losses, weight), np.repeat(uncertainty, weight)
    )
    for one, other in zip(curve, again, strict=True):
        np.testing.assert_allclose(one, other)


@given(FEW_ROWS)
def test_areas_are_means_over_all_orders_of_ties(rows):
    losses, uncertainty = columns(rows)
    for score, area in (
        (aurc_score, area_of_order),
        (augrc_score, generalised_area_of_order),
    ):
        expected = mean_over_orders(area, losses, uncertainty)
        assert score(losses, uncertainty) == pytest.approx(expected)


@given(FEW_ROWS)
def test_excess_over_the_best_of_all_orders(rows):
    losses, uncertainty = columns(rows)
    best = min(area_of_order(losses[[*o]]) for o in permutations(range(len(losses))))
    excess = aurc_score(losses, uncertainty, excess=True)
    assert excess == pytest.approx(aurc_score(losses, uncertainty) - best)
    assert aurc_score(losses, losses, excess=True) == 0


def test_area_is_the_mean_of_the_curve():
    rng = np.random.default_rng(0)
    losses, uncertainty = rng.random(100), rng.random(100)
    curve = risk_coverage_curve(losses, uncertainty)
    assert aurc_score(losses, uncertainty) == pytest.approx(curve.risks.mean())
    risks = np.r_[0, curve.coverages * curve.risks]
    expected = np.trapezoid(risks, np.r_[0, curve.coverages])
    assert augrc_score(losses, uncertainty) == pytest.approx(expected)


def test_best_area_tends_to_its_formula():
    wrong = np.arange(100_000) < 20_000
    accuracy = 0.8
    assert aurc_score(wrong, wrong) == pytest.approx(
        1 - accuracy + accuracy * np.log(accuracy), abs=1e-5
    )


def test_generalised_area_by_the_auc():
    rng = np.random.default_rng(0)
    wrong = rng.random(300) < 0.2
    uncertainty = (rng.random(300) + wrong).round(1)  # with ties
    share, auc = wrong.mean(), roc_auc_score(wrong, uncertainty)
    expected = (1 - auc) * share * (1 - share) + share**2 / 2
    assert augrc_score(wrong, uncertainty) == pytest.approx(expected)


def test_uncertainty_that_knows_nothing():
    losses = np.random.default_rng(0).random(50)
    assert aurc_score(losses, np.zeros(50)) == pytest.approx(losses.mean())
    assert augrc_score(losses, np.zeros(50)) == pytest.approx(losses.mean() / 2)


def test_infinite_uncertainty_is_the_largest():
    curve = risk_coverage_curve([0, 1], [0.5, np.inf])
    assert curve.thresholds.tolist() == [0.5, np.inf]
    assert aurc_score([0, 1], [0.5, np.inf]) == 0.25


@pytest.mark.parametrize("metric", [risk_coverage_curve, aurc_score, augrc_score])
@pytest.mark.parametrize(
    ("losses", "uncertainty", "message"),
    [
        ([], [], "losses is empty"),
        ([0, 1], [0.5], "losses and uncertainty differ in length: 2, 1"),
        ([0, np.inf], [0.5, 0.5], r"losses\[1\]=inf must be finite"),
        ([0, 1], [0.5, np.nan], r"uncertainty\[1\]=nan must be a number"),
        ([0, 1], [[0.5], [0.5]], r"uncertainty has shape \(2, 1\)"),
        (["a", "b"], [0.5, 0.5], r"losses has shape \(2,\) and dtype <U1"),
    ],
)
def test_bad_input(metric, losses, uncertainty, message):
    with pytest.raises(ValueError, match=message):
        metric(losses, uncertainty)
