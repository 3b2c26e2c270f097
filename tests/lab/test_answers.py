"""Sentences that are made from figures say what the figures say."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, t

from skmirai import MiraiDNNClassifier
from skmirai.lab import PUBLISHED, QUESTIONS
from skmirai.lab._overview import lab_figures
from skmirai.lab._work.store import ResultStore
from skmirai.lab._writing.figures import Figures
from skmirai.lab.parts import _batches
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


def trainings(apart=0.01, **losses):
    """Results of runs with two seeds each, all that the answer looks at."""
    return {
        f"run_{name}{seed}": Figures(loss=loss, balanced_accuracy=1 - loss / 2)
        for name, mean in losses.items()
        for seed, loss in (("", mean - apart / 2), ("_seed_1", mean + apart / 2))
    }


def told(apart=0.01, **losses):
    before = trainings(0, **{"2": 0.5, "3": 0.69, "5": 0.8})
    after = trainings(apart, **losses)
    return _on_normalisation(before | after)["normalisation"]["told"]


def test_lesson_of_normalisation_follows_the_losses():
    losses = {"6": 0.4, "6_deep": 0.2, "6_deep_and_wide": 0.75}
    deep = told(**losses)
    assert "4 x 20: loss 0.6900 (near ln 2) to 0.2000" in deep
    assert "4 x 50: loss 0.8000 (above ln 2) to 0.7500" in deep
    assert "2 x 20: loss 0.5000 to 0.4000" in deep
    assert "4 x 20 gains 0.3900 more (" in deep
    assert "4 x 50 gains 0.0500 less (" in deep
    assert deep.count("beyond the seeds) than 2 x 20") == 2
    assert told(0.6, **losses).count("within the seeds) than 2 x 20") == 2


def test_interval_of_a_gain_over_another():
    """Welch's interval of two gains with two seeds each, of equal spread."""
    apart = 0.02
    deep = told(apart, **{"6": 0.4, "6_deep": 0.2, "6_deep_and_wide": 0.2})
    half = t.ppf(0.975, 2) * np.sqrt(2 * (apart**2 / 2) / 2)
    assert f"0.3900 more ({0.39 - half:+.4f} to {0.39 + half:+.4f}, " in deep


def test_no_lesson_without_the_trainings():
    assert _on_normalisation(trainings(**{"2": 0.5, "6": 0.4})) == {}


def test_times_of_both_sides_are_counted():
    run = {"fit_seconds": 60.0, "passes_seconds": 5.0, "passes": [0.9] * 100}
    both = _against_passes({"run_11": Figures(run)}, 500.0)
    assert "ten trainings took 500 s" in both
    assert "60 s and its 100 passes 5 s, 65 s in all" in both
    assert _against_passes({}, 500.0) == "Ten trainings took 500 s here."


def question(number):
    """A question of the lab."""
    (found,) = (question for question in QUESTIONS if question.number == number)
    return found


def test_line_through_the_published_times():
    updates, seconds = PUBLISHED["updates"], PUBLISHED["epoch_seconds"]
    sizes = sorted(updates)
    slope, constant = np.polyfit(
        [updates[size] for size in sizes], [seconds[size] for size in sizes], 1
    )
    told = (
        f"{1000 * slope:.1f} ms for every update and {constant:.0f} s for every epoch"
    )
    assert told in question(9).answer


LOAD = {
    "processors": {"low": 1.0, "mean": 1.0, "peak": 1.0},
    "memory": {"low": 1, "mean": 1, "peak": 1},
    "cards": [],
    "n_looks": 1,
}


@pytest.mark.parametrize("n_epochs", [1, 20])
def test_line_through_the_times_leaves_out_compilation(n_epochs):
    """Of a single epoch the time holds it."""
    results = {
        f"batch_{size}": Figures(
            updates=updates, epoch_seconds=1 + updates / 1_000, n_epochs=n_epochs,
            loss=0.5, load=LOAD,
        )
        for size, updates in ((100, 5_000), (1_000, 500), (10_000, 50))
    }  # fmt: skip
    found = _batches._figures(results)
    if n_epochs == 1:
        assert "costs" not in found
    else:
        assert found["costs"] == pytest.approx({"update_ms": 1, "epoch": 1})


def test_rates_in_proportion_to_the_batch():
    """Their losses stand beside those at the fixed rate, smallest batch first."""
    losses = {"batch_100": 0.1, "batch_1000": 0.3, "batch_10000": 0.5}
    losses |= {"rate_of_batch_100": 0.52, "rate_of_batch_1000": 0.47}
    run = {"epoch_seconds": 1.0, "n_epochs": 1, "load": LOAD}
    results = {
        name: Figures(loss=loss, updates=k, **run)
        for k, (name, loss) in enumerate(losses.items(), start=1)
    }
    found = _batches._figures(results)["scaled"]
    assert found["losses"] == "0.5200, 0.4700 and 0.5000"
    assert found["apart"] == pytest.approx(0.05)
    assert found["fixed_apart"] == pytest.approx(0.4)
    assert pytest.approx({100: 0.001, 1_000: 0.01, 10_000: 0.1}) == _batches._RATES


def test_parameters_are_told_without_a_run():
    """They follow from the architecture; what was trained is set beside them."""
    plain = question(13).answered(Figures(), published=False)
    sizes = {"4 x 50": [92, 50, 50, 50, 50, 1], "2 x 20": [92, 20, 20, 1]}
    for name, layers in sizes.items():
        n = sum((a + 1) * b for a, b in pairwise(layers))
        assert f" = {n:,}." in plain.partition(f"{name}: ")[2]
    assert "here" not in plain
    counted = Figures({"2 x 20": {"trainable": 7}, "4 x 50": {"trainable": 8}})
    assert "in part 9, count 8 and 7." in question(13).answered(
        Figures(part_09=counted), published=False
    )


@pytest.mark.parametrize("best", [None, {"n_layers": 3}])
def test_published_passes_and_folds_are_of_the_published_configuration(tmp_path, best):
    store = ResultStore(tmp_path, {"best": best})
    found = lab_figures(store)
    found["passes"] = {"mean": 0.9, "sd": 0.1, "n": 100, "thinned_sd": 0.2}
    found["run_11"] = {"accuracy": 0.9}
    spread = {"mean": 0.9, "sd": 0.1}
    found["folds"] = spread | {"balanced": spread, "against_passes": ""}
    for number, known in ((18, "0.9132 and 0.0002"), (19, "0.9168 and 0.0032")):
        answer = question(number).answered(found, published=True)
        assert (f" (published: {known})" in answer) is (best is None)
        assert "published" not in question(number).answered(found, published=False)
