"""Sentences that are made from figures say what the figures say."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from skmirai import MiraiDNNClassifier
from skmirai.lab._writing.figures import Figures
from skmirai.lab.parts._always_on import _MEASURES, _about_doubt, _worth
from skmirai.lab.parts._folds import _against_passes
from skmirai.lab.parts._variations import _on_normalisation


@pytest.fixture(scope="module")
def asked():
    """Answers of dropout passes on rows of overlapping classes, and the labels."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    X = rng.normal(size=(400, 3)) + y[:, None]
    clf = MiraiDNNClassifier(dropout_rate=0.3, epochs=5, random_state=0).fit(X, y)
    return clf.predict_uncertainty(X, n_passes=30, random_state=0), y


@pytest.mark.parametrize("measure", _MEASURES.values())
def test_worth_of_a_measure(asked, measure):
    asked, y = asked
    right, doubt = asked.label == y, getattr(asked, measure)
    found = _worth(asked, measure, right)
    n_pairs = right.sum() * (~right).sum()
    larger = mannwhitneyu(doubt[~right], doubt[right]).statistic / n_pairs
    assert found["auroc"] == pytest.approx(larger, abs=1e-6)
    assert found["right"] == pytest.approx(doubt[right].mean())
    assert found["wrong"] == pytest.approx(doubt[~right].mean())
    surest = np.argsort(doubt, kind="stable")[:360]
    assert found["surest"] == pytest.approx(right[surest].mean(), abs=1 / 360)


def test_worth_where_all_answers_are_right(asked):
    asked, _ = asked
    found = _worth(asked, "predictive_entropy", np.ones(400, bool))
    assert found == {"right": None, "wrong": None, "auroc": None, "surest": 1.0}


def doubt(total, expected, shared):
    return {
        name: {"auroc": auroc}
        for name, auroc in zip(_MEASURES, (total, expected, shared), strict=True)
    }


def test_mutual_information_that_points_the_wrong_way_is_said_to():
    told = _about_doubt(doubt(0.9, 0.8, 0.3))
    assert "mutual information points the wrong way: an AUROC of 0.300" in told
    assert "finds errors best here is predictive entropy (0.900" in told
    told = _about_doubt(doubt(0.8, 0.7, 0.9))
    assert "wrong way" not in told
    assert "finds errors best here is mutual information (0.900" in told
    assert "better than chance" in _about_doubt(doubt(0.4, 0.4, 0.5))
    assert "no comparison" in _about_doubt(doubt(None, None, None))


def trainings(**losses):
    """Results of runs with two seeds each, all that the answer looks at."""
    return {
        f"run_{name}{seed}": Figures(loss=loss, balanced_accuracy=1 - loss / 2)
        for name, loss in losses.items()
        for seed in ("", "_seed_1")
    }


def told(**losses):
    before = trainings(**{"2": 0.5, "3": 0.69, "5": 0.8})
    after = trainings(**losses)
    return _on_normalisation(before | after)["normalisation"]["told"]


def test_lesson_of_normalisation_follows_the_losses():
    deep = told(**{"6": 0.4, "6_deep": 0.2, "6_deep_and_wide": 0.2})
    assert "Both deep networks gain more than the shallow one" in deep
    assert "4 x 20: loss 0.6900 (near ln 2) to 0.2000" in deep
    assert "4 x 50: loss 0.8000 (above ln 2) to 0.2000" in deep
    assert "2 x 20: loss 0.5000 to 0.4000" in deep
    shallow = told(**{"6": 0.1, "6_deep": 0.6, "6_deep_and_wide": 0.2})
    assert "Here it is not so" in shallow


def test_no_lesson_without_the_trainings():
    assert _on_normalisation(trainings(**{"2": 0.5, "6": 0.4})) == {}


def test_times_of_both_sides_are_counted():
    run = {"fit_seconds": 60.0, "passes_seconds": 5.0, "passes": [0.9] * 100}
    both = _against_passes({"run_11": Figures(run)}, 500.0)
    assert "ten trainings took 500 s" in both
    assert "60 s and its 100 passes 5 s, 65 s in all" in both
    assert _against_passes({}, 500.0) == "Ten trainings took 500 s here."
