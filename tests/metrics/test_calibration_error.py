"""Calibration error: unbiased on simulated forecasts, bins by definition, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import foldnorm

from skmirai.metrics import expected_calibration_error
from skmirai.metrics._bins import equal_mass_bins


def draws(truth, n_rows, n_repeats, seed=0):
    """Forecasts, and outcomes whose probability is a known function of them."""
    rng = np.random.default_rng(seed)
    for _ in range(n_repeats):
        proba = rng.beta(0.6, 0.6, n_rows)
        happened = (rng.random(n_rows) < truth(proba)).astype(int)
        yield happened, proba, rng


def estimates(truth, *, n_rows=600, n_repeats=400, weighted=False, **settings):
    """Estimates and standard errors over repeats, of shape (n_repeats, 2)."""
    return np.array(
        [
            expected_calibration_error(
                y,
                proba,
                return_std=True,
                labels=[0, 1],
                sample_weight=rng.exponential(size=n_rows) if weighted else None,
                **settings,
            )
            for y, proba, rng in draws(truth, n_rows, n_repeats)
        ]
    )


def z_score(values, expected):
    """How many standard errors a mean is from what was expected."""
    return (values.mean() - expected) / (values.std() / len(values) ** 0.5)


def perfect(proba):
    return proba


def shifted(proba):
    """Forecasts that are too low by a tenth of what is left to 1."""
    return proba + 0.1 * (1 - proba)


def by_definition(truth, n_bins, power):
    """Error of the bins of endless rows."""
    proba = np.sort(np.random.default_rng(1).beta(0.6, 0.6, 10**6))
    gaps = [part.mean() for part in np.array_split(truth(proba) - proba, n_bins)]
    return np.mean(np.abs(gaps) ** power)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_bins", [1, 15, 100])
def test_perfect_forecasts_have_no_squared_error(n_bins, weighted):
    settings = {"n_bins": n_bins, "norm": "l2_squared", "weighted": weighted}
    assert abs(z_score(estimates(perfect, **settings)[:, 0], 0)) < 3.5
    plug_in = estimates(perfect, debias=False, **settings)[:, 0]
    assert z_score(plug_in, 0) > 10


@pytest.mark.parametrize("weighted", [False, True])
def test_known_error_is_found(weighted):
    expected = by_definition(shifted, 15, 2)
    settings = {"norm": "l2_squared", "weighted": weighted}
    assert abs(z_score(estimates(shifted, **settings)[:, 0], expected)) < 3.5
    plug_in = estimates(shifted, debias=False, **settings)[:, 0]
    assert z_score(plug_in, expected) > 10


def test_distance_loses_what_chance_adds():
    for truth, left in ((perfect, 2**-0.5), (shifted, 1)):
        expected = by_definition(truth, 15, 1)
        plug_in = estimates(truth, debias=False)[:, 0].mean() - expected
        debiased = estimates(truth)[:, 0].mean() - expected
        assert abs(debiased) < left * plug_in


@pytest.mark.parametrize("debias", [True, False])
@pytest.mark.parametrize("norm", ["l1", "l2", "l2_squared"])
def test_standard_error_is_the_spread_over_repeats(norm, debias):
    found, std = estimates(shifted, n_rows=2000, norm=norm, debias=debias).T
    # the spread of 400 repeats is known to 3.5 %, and the error is rather too large
    assert 0.9 < std.mean() / found.std() < 1.2


def test_standard_error_of_perfect_forecasts():
    """Chance errors that look like real ones make it a tenth too large."""
    for norm in ("l1", "l2_squared"):
        found, std = estimates(perfect, norm=norm).T
        assert 0.95 < std.mean() / found.std() < 1.25


def test_standard_error_counts_which_forecasts_were_drawn():
    """Where all forecasts are far too low, the error is a plain mean."""
    y, proba = next(draws(lambda proba: 0.4 + 0.6 * proba, 2000, 1))[:2]
    proba = proba**2
    error, std = expected_calibration_error(
        y, proba, n_bins=5, debias=False, return_std=True
    )
    assert error == pytest.approx(np.mean(y - proba))
    assert std == pytest.approx(np.std(y - proba) / 2000**0.5, rel=0.01)


def published(happened, proba, norm):
    """Kumar, Liang and Ma's estimates for forecasts that are constant in a bin."""
    total = 0.0
    for value in np.unique(proba):
        seen = happened[proba == value]
        mean, rows = seen.mean(), len(seen)
        if norm == "l2_squared":
            term = (mean - value) ** 2 - mean * (1 - mean) / (rows - 1)
        else:
            scale = (mean * (1 - mean) / (rows - 1)) ** 0.5
            size = abs(mean - value)
            term = 2 * size - foldnorm.mean(size / scale, scale=scale)
        total += rows / len(proba) * term
    return total


@pytest.mark.parametrize("norm", ["l1", "l2_squared"])
def test_published_estimates_for_few_forecasts(norm):
    rng = np.random.default_rng(0)
    proba = np.repeat([0.1, 0.35, 0.6, 0.9], 50)
    y = (rng.random(200) < shifted(proba)).astype(int)
    found = expected_calibration_error(y, proba, n_bins=4, norm=norm)
    assert found == pytest.approx(published(y, proba, norm), rel=1e-10)


def test_root_of_the_mean_square():
    y, proba = next(draws(shifted, 500, 1))[:2]
    square = expected_calibration_error(y, proba, norm="l2_squared")
    root = expected_calibration_error(y, proba, norm="l2")
    assert root == pytest.approx(square**0.5)
    y, proba = np.array([0, 1] * 20), np.full(40, 0.5)
    assert expected_calibration_error(y, proba, norm="l2_squared") < 0
    assert expected_calibration_error(y, proba, norm="l2") == 0


def test_plug_in_by_definition():
    y, proba = next(draws(shifted, 90, 1))[:2]
    order = np.argsort(proba)
    parts = [abs((y[rows] - proba[rows]).mean()) for rows in np.array_split(order, 9)]
    found = expected_calibration_error(y, proba, n_bins=9, debias=False)
    assert found == pytest.approx(np.mean(parts))


def test_two_columns_are_the_second():
    y, proba = next(draws(shifted, 200, 1))[:2]
    alone = expected_calibration_error(y, proba, return_std=True)
    both = np.column_stack([1 - proba, proba])
    assert expected_calibration_error(y, both, return_std=True) == alone
    names = np.array(["benign", "mirai"])[y]
    assert expected_calibration_error(names, both, return_std=True) == alone


def test_more_classes_by_the_most_probable():
    rng = np.random.default_rng(0)
    proba = rng.dirichlet([1, 1, 1], 300)
    y = np.array(["a", "b", "c"])[rng.integers(0, 3, 300)]
    right = y == np.array(["a", "b", "c"])[proba.argmax(axis=1)]
    found = expected_calibration_error(y, proba, n_bins=5, return_std=True)
    assert found == expected_calibration_error(
        right, proba.max(axis=1), n_bins=5, return_std=True
    )


def test_rows_of_weight_zero_are_not_there():
    y, proba = next(draws(shifted, 200, 1))[:2]
    weight = np.r_[np.ones(100), np.zeros(100)]
    found = expected_calibration_error(y, proba, sample_weight=weight, return_std=True)
    assert found == expected_calibration_error(y[:100], proba[:100], return_std=True)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["l1", "l2", "l2_squared"]))
def test_any_rows_have_a_finite_error(seed, norm):
    rng = np.random.default_rng(seed)
    n_rows, n_classes = rng.integers(2, 40), rng.integers(2, 5)
    found = expected_calibration_error(
        rng.integers(0, n_classes, n_rows),
        rng.dirichlet(np.full(n_classes, rng.choice([0.05, 1, 10])), n_rows),
        n_bins=int(rng.integers(1, n_rows // 2 + 1)),
        norm=norm,
        labels=range(n_classes),
        sample_weight=rng.exponential(size=n_rows) ** rng.choice([1, 5, 20]),
        return_std=True,
    )
    assert np.isfinite(found).all()


@given(
    st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.8, 1.0]), min_size=2, max_size=40),
    st.integers(1, 20),
)
def test_equal_forecasts_share_a_bin_of_two_rows(values, n_bins):
    values = np.array(values)
    n_bins = min(n_bins, len(values) // 2)
    bins = equal_mass_bins(values, np.ones(len(values)), n_bins)
    assert np.bincount(bins).min() >= 2
    assert len(np.unique(bins)) <= n_bins
    for one, other in zip(values, bins, strict=True):
        assert (bins[values == one] == other).all()
    assert (np.diff(bins[np.argsort(values, kind="stable")]) >= 0).all()


def test_different_forecasts_have_bins_of_equal_size():
    values = np.random.default_rng(0).permutation(60) / 60
    assert np.bincount(equal_mass_bins(values, np.ones(60), 15)).tolist() == [4] * 15
    weight = np.where(values < 0.5, 3.0, 1.0)
    bins = equal_mass_bins(values, weight, 4)
    np.testing.assert_allclose(np.bincount(bins, weight), 30, atol=3)


@pytest.mark.parametrize(
    ("y", "proba", "settings", "message"),
    [
        ([], [], {}, "y_true is empty"),
        ([0, 1], [0.5], {}, "y_true and y_proba differ in length: 2, 1"),
        ([0, 1], [0.5, np.nan], {}, r"y_proba\[1\]=nan must be finite"),
        ([0, 1], [0.5, 1.5], {}, r"y_proba\[1\]=1.5 must lie in \[0, 1\]"),
        ([0, 1], [[0.5, 0.6], [1, 0]], {}, r"y_proba\[0\] sums to 1.1"),
        ([0, np.nan], [0.5, 0.5], {}, r"y_true\[1\]=nan is no label"),
        ([0, 0], [0.5, 0.5], {}, r"y_true holds the classes \[0\].* by labels="),
        ([0, 1], [[0.2, 0.3, 0.5]] * 2, {}, r"classes \[0, 1\].* 3 columns"),
        ([0, 2], [0.5, 0.5], {"labels": [0, 1]}, r"y_true\[1\]=2 is none of"),
        ([[0, 1]], [0.5], {}, r"y_true has shape \(1, 2\)"),
        ([0], np.zeros((1, 1, 1)), {}, r"y_proba has shape \(1, 1, 1\)"),
        ([0, 1], [0.5, 0.5], {"n_bins": 2}, "n_bins=2 must .* half of the 2 rows"),
        ([0, 1], [0.5, 0.5], {"n_bins": 1.5}, "n_bins=1.5 must be an integer"),
        ([0, 1], [0.5, 0.5], {"norm": "max"}, "norm='max' must be one of"),
        ([0, 1], [0.5, 0.5], {"sample_weight": [1]}, "has 1 values.* 2 rows"),
        ([0, 1], [0.5, 0.5], {"sample_weight": [1, -1]}, "must not be negative"),
        ([0, 1], [0.5, 0.5], {"sample_weight": [0, 0]}, "is 0 in all rows"),
    ],
)
def test_bad_input(y, proba, settings, message):
    with pytest.raises(ValueError, match=message):
        expected_calibration_error(y, proba, **{"n_bins": 1, **settings})


def test_rounding_above_one_is_one():
    above = np.nextafter(1, 2)
    found = expected_calibration_error([0, 1, 1, 1], [0, above, 1, above], n_bins=2)
    assert found == 0


def test_class_that_does_not_occur():
    error = expected_calibration_error([0] * 4, [0.2] * 4, n_bins=1, labels=[0, 1])
    assert error == pytest.approx(0.2)
