"""Limits of uncertainty beside exact probabilities, and how often they mislead."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom, multinomial

from skmirai.uncertainty._thresholds import (
    coverage_threshold,
    false_alarm_threshold,
    rate_in_reach,
    risk_threshold,
    rows_needed,
)

RATES = st.floats(0.001, 0.5)


@given(RATES, st.floats(0.001, 0.5))
def test_rows_needed_is_the_least_number(rate, level):
    n = rows_needed(rate, level)
    assert (1 - rate) ** n <= level * (1 + 1e-9)
    assert (1 - rate) ** (n - 1) > level * (1 - 1e-9)
    assert rate_in_reach(n, level) <= rate * (1 + 1e-9)


def test_nothing_is_in_reach_of_no_rows():
    assert rate_in_reach(0, 0.05) == 1


@given(RATES, st.floats(0.5, 0.99), st.integers(0, 500))
def test_false_alarms_take_the_last_order_statistic_that_keeps_the_budget(
    rate, confidence, more
):
    n = rows_needed(rate, 1 - confidence) + more
    limit = false_alarm_threshold(np.arange(n), rate, confidence)
    place = math.ceil(limit)  # rows before it may raise an alarm
    assert limit < place
    # the k-th of n uniform numbers has a beta distribution
    assert beta.sf(rate, place + 1, n - place) <= (1 - confidence) * (1 + 1e-9)
    if place + 1 < n:
        assert beta.sf(rate, place + 2, n - place - 1) > (1 - confidence) * (1 - 1e-9)


@pytest.mark.parametrize(
    "shares", [(0.1, 0.2, 0.7), (0.3, 0.3, 0.4), (0.01, 0.2, 0.79)]
)
def test_ties_of_false_alarms_keep_the_guarantee(shares):
    n, rate, confidence = 40, 0.15, 0.9
    true_rates = np.cumsum(shares)
    broken = 0.0
    for a in range(n + 1):
        for b in range(n + 1 - a):
            counts = (a, b, n - a - b)
            limit = false_alarm_threshold(
                np.repeat([0, 1, 2], counts), rate, confidence
            )
            reached = [value for value in range(3) if value <= limit]
            if reached and true_rates[reached[-1]] > rate:
                broken += multinomial.pmf(counts, n, shares)
    assert broken <= 1 - confidence


def test_rows_that_are_just_enough():
    for n in range(1, 60):  # (1 - 1/2)^n is exactly the level, up to rounding
        assert false_alarm_threshold(np.arange(n), 0.5, 1 - 0.5**n) < 0


def test_rows_that_raise_no_alarm_leave_the_rest_alone():
    uncertainty = np.full(500, np.inf)
    uncertainty[:1] = 0.3
    assert false_alarm_threshold(uncertainty, 0.01, 0.95) == np.inf


@given(
    st.lists(st.integers(0, 8), min_size=2, max_size=40),
    st.floats(0.01, 1),
    st.booleans(),
)
def test_coverage_holds_on_average_over_exchangeable_rows(values, coverage, distinct):
    values = np.array(values) + (np.arange(len(values)) / 100 if distinct else 0.0)
    answered = [
        value <= coverage_threshold(np.delete(values, k), coverage)
        for k, value in enumerate(values)
    ]
    assert np.mean(answered) >= coverage * (1 - 1e-9)
    if distinct:
        assert np.mean(answered) < coverage + 1 / len(values)


def limit_of_risk(uncertainty, wrong, max_risk, confidence=0.95, seed=0):
    return risk_threshold(
        np.asarray(uncertainty, float),
        np.asarray(wrong, bool),
        max_risk,
        confidence,
        np.random.RandomState(seed),
    )


def test_risk_of_right_and_of_wrong_rows():
    n = rows_needed(0.05, 0.05)
    assert limit_of_risk(range(n), np.zeros(n), 0.05) == np.inf
    assert limit_of_risk(range(n - 1), np.zeros(n - 1), 0.05) == -np.inf
    assert limit_of_risk(range(n), np.ones(n), 0.05) == -np.inf


def test_risk_goes_on_from_a_place_as_long_as_the_tail_allows():
    wrong = np.arange(1000) >= 600
    limit = limit_of_risk(range(1000), wrong, 0.1)
    answered = math.ceil(limit)
    # four of five parts of the level have come along, from rows 62, 125, 250 and 500
    tails = [binom.cdf(n - 600, n, 0.1) for n in range(600, 1000)]
    assert answered == 600 + np.argmax(np.array(tails) >= 0.04) - 1


def test_risk_needs_no_order_of_the_rows():
    rng = np.random.default_rng(0)
    uncertainty = rng.random(400)
    wrong = rng.random(400) < 0.2 * uncertainty
    limit = limit_of_risk(uncertainty, wrong, 0.1)
    order = rng.permutation(400)
    assert limit_of_risk(uncertainty[order], wrong[order], 0.1) == limit
    assert 0 < limit < np.inf


def test_equal_rows_are_answered_together():
    uncertainty = np.repeat([0.1, 0.2, 0.3], 200)
    wrong = np.repeat([0, 0, 1], 200)
    for seed in range(5):
        limit = limit_of_risk(uncertainty, wrong, 0.1, seed=seed)
        assert 0.2 <= limit < 0.3


#: Edges of pieces of the uncertainty, and the risk in each.
SOURCES = {
    "rising": ([0, 0.5, 0.75, 1], [0.05, 0.15, 0.5]),
    "falling": ([0, 0.2, 1], [0.3, 0.08]),
    "to and fro": ([0, 0.15, 0.3, 0.6, 0.8, 1], [0.1, 0.13, 0.05, 0.25, 0.02]),
    "just above": ([0, 1], [0.101]),
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("digits", [16, 1], ids=["distinct", "ties"])
def test_risk_is_kept_as_often_as_promised(name, digits):
    edges, risks = map(np.array, SOURCES[name])
    below = np.append(0, np.cumsum(np.diff(edges) * risks))
    n_draws, n_rows, max_risk, confidence = 400, 300, 0.1, 0.8
    rng, broken = np.random.default_rng(0), 0
    for seed in range(n_draws):
        hidden = rng.random(n_rows)
        wrong = rng.random(n_rows) < risks[np.searchsorted(edges, hidden) - 1]
        step = 10.0**-digits
        seen = np.ceil(hidden / step) * step if digits == 1 else hidden
        limit = limit_of_risk(seen, wrong, max_risk, confidence, seed)
        if digits == 1:  # the upper end of the last step within the limit
            limit = np.floor(limit / step + 1e-6) * step if limit < 1 else limit
        answered = np.clip(limit, 0, 1)
        if answered > 0:
            broken += np.interp(answered, edges, below) / answered > max_risk + 1e-12
    assert broken <= binom.ppf(0.999, n_draws, 1 - confidence)
