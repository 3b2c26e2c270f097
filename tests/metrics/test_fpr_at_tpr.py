"""False positives at a share of finds, beside all thresholds and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from skmirai.metrics import fpr_at_tpr

ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=2, max_size=60
).filter(lambda rows: len({label for label, _ in rows}) == 2)


@given(ROWS, st.sampled_from([0.05, 0.1, 0.3, 0.5, 0.7, 0.95, 1.0]))
def test_every_threshold(rows, tpr):
    y, score = np.array(rows).T
    rates = [
        np.mean(score[y == 0] >= threshold)
        for threshold in np.unique(score)
        if np.mean(score[y == 1] >= threshold) >= tpr
    ]
    assert fpr_at_tpr(y, score, tpr=tpr) == min(rates)
    fpr, found, _ = roc_curve(y, score, drop_intermediate=False)
    assert fpr_at_tpr(y, score, tpr=tpr) == fpr[found >= tpr].min()


@pytest.mark.parametrize("n_positive", [20, 100, 300])
def test_shares_are_met_exactly(n_positive):
    """That seven of a hundred are .07 must not be lost in rounding."""
    y = np.repeat([1, 0], n_positive)
    score = np.tile(np.arange(n_positive), 2)
    for k in range(1, n_positive + 1):
        assert fpr_at_tpr(y, score, tpr=k / n_positive) == k / n_positive


def test_names_of_classes():
    y, score = ["attack", "normal", "normal"], [0.9, 0.1, 0.95]
    assert fpr_at_tpr(y, score, pos_label="attack") == 0.5
    assert fpr_at_tpr(np.array([True, False, False]), score) == 0.5
    assert fpr_at_tpr([1, -1, -1], score) == 0.5
    with pytest.raises(ValueError, match=r"\['attack', 'normal'\]: say by pos_label="):
        fpr_at_tpr(y, score)
    with pytest.raises(ValueError, match=r"pos_label='dos' must be one of \['attack'"):
        fpr_at_tpr(y, score, pos_label="dos")


@pytest.mark.parametrize(
    ("y", "score", "settings", "message"),
    [
        ([], [], {}, "y_true is empty"),
        ([0, 1], [0.5], {}, "y_true and y_score differ in length: 2, 1"),
        ([0, 1], [0.5, np.nan], {}, r"y_score\[1\]=nan must be a number"),
        ([1, 1], [0.5, 0.4], {}, r"classes \[1\]; expected two"),
        ([0, 1], [0.5, 0.4], {"tpr": 0}, r"tpr=0 must lie in \(0, 1\]"),
        ([0, 1], [0.5, 0.4], {"tpr": 95}, r"tpr=95 must lie in \(0, 1\]"),
    ],
)
def test_bad_input(y, score, settings, message):
    with pytest.raises(ValueError, match=message):
        fpr_at_tpr(y, score, **settings)
