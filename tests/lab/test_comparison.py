"""A change and its baseline: when a difference is more than another seed would do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from skmirai.lab._comparison import comparison, difference

accuracies = st.lists(st.floats(0.5, 1, width=32), min_size=2, max_size=6)


@given(accuracies, accuracies)
def test_interval_is_that_of_welch(before, after):
    found = difference(before, after)
    assert found.value == pytest.approx(np.mean(after) - np.mean(before), abs=1e-12)
    if min(np.std(before), np.std(after)) < 1e-6:
        return  # where SciPy warns of lost digits
    test = ttest_ind(after, before, equal_var=False)
    expected = test.confidence_interval(0.95)
    np.testing.assert_allclose([found.low, found.high], expected, rtol=1e-6, atol=1e-9)
    if abs(test.pvalue - 0.05) > 1e-6:
        assert found.is_beyond_seeds == (test.pvalue < 0.05)


@given(accuracies)
def test_no_change_is_no_difference(values):
    assert difference(values, values).is_beyond_seeds is False


def test_trainings_that_do_not_spread():
    assert difference([0.8, 0.8], [0.9, 0.9]).is_beyond_seeds is True
    assert difference([0.8, 0.8], [0.8, 0.8]).is_beyond_seeds is False


def test_one_seed_cannot_tell():
    assert difference([0.8], [0.9, 0.9]).is_beyond_seeds is None
    assert difference([0.8, 0.8], [0.9]).low is None


def results(*accuracies, balanced=None, benign=0.5):
    balanced = accuracies if balanced is None else balanced
    return [
        {
            "accuracy": a,
            "balanced_accuracy": b,
            "recalls": [benign, 0.9],
            "loss": 1 - a,
        }
        for a, b in zip(accuracies, balanced, strict=True)
    ]


def test_words_follow_the_figures():
    low, high = results(0.8, 0.81, 0.79), results(0.9, 0.91, 0.89)
    assert "accuracy +0.1000" in comparison(low, high)
    assert comparison(low, high).count("higher beyond the seeds") == 2
    assert comparison(high, low).count("lower beyond the seeds") == 2
    near = comparison(low, results(0.80, 0.815, 0.79))
    assert near.startswith("no difference beyond the seeds: +0.0017 (")
    one = comparison(low[:1], high[:1])
    assert one.startswith("accuracy +0.1000, balanced accuracy +0.1000. With one seed")
    assert "beyond" not in one


def test_class_weights_may_trade_accuracy_for_recall():
    plain = results(0.95, 0.95, 0.95, balanced=(0.7, 0.71, 0.69), benign=0.4)
    weighted = results(0.90, 0.90, 0.90, balanced=(0.9, 0.91, 0.89), benign=0.9)
    told = comparison(plain, weighted)
    assert "accuracy -0.0500 (-0.0500 to -0.0500), lower beyond the seeds" in told
    assert "balanced accuracy +0.2000" in told
    assert "Recall of benign rows 0.4000 to 0.9000, of attack rows 0.9000" in told
    assert told.endswith("loss 0.0500 to 0.1000.")
