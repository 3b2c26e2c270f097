"""What the report hands to its pictures, and what it says about them."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from skmirai.lab import RUNS, _overview
from skmirai.lab._overview import lab_figures, overview
from skmirai.lab._protocol import Run
from skmirai.lab._work.store import ResultStore
from skmirai.lab._writing import curves as _curves
from skmirai.lab._writing.curves import HOW_TO_READ, curves
from skmirai.lab._writing.figures import Figures
from skmirai.lab._writing.material import Material

PLAIN = Run("a", 10, "plain", {"class_weight": None})
WEIGHTED = Run("b", 12, "weighted")


def result(accuracy=0.9, n_epochs=2, **further):
    curve = np.linspace(0.6, 0.5, n_epochs).tolist()
    names = ("loss", "val_loss", "accuracy", "val_accuracy")
    return {
        "accuracy": accuracy,
        "val_accuracy": accuracy,
        "loss": 0.2,
        "val_loss": 0.2,
        "fit_seconds": 1.0,
        "n_epochs": n_epochs,
        "history": dict.fromkeys(names, curve),
        **further,
    }


@pytest.fixture
def drawn(monkeypatch):
    """What was to be drawn, in place of drawing it."""
    calls = {}

    def note(name):
        def plot(*arguments, **options):
            calls[name] = arguments, options

        return plot

    for module in (_curves, _overview):
        for name in ("plot_histories", "plot_confusion", "plot_overview"):
            monkeypatch.setattr(module, name, note(name), raising=False)
    return calls


def material(tmp_path, **results):
    return Material(Figures(results), tmp_path, same_labels=False, published=False)


def test_curves_know_their_runs_and_those_of_as_many_epochs(tmp_path, drawn):
    compared = result(0.8)
    found = material(
        tmp_path,
        run_a=result(),
        run_b=result(),
        run_other=compared,
        run_long=result(n_epochs=9),
        depth_2=result(),
    )
    text = curves(found, 12, {"run_a": PLAIN, "run_b": WEIGHTED})
    (histories, path), options = drawn["plot_histories"]
    assert list(histories) == ["plain", "weighted"]
    assert path == tmp_path / "part_12.png"
    assert options["title"] == "What do class weights change?"
    assert options["weighted"] == ["weighted"]
    assert len(options["scale"]) == 3
    assert any(history is compared["history"] for history in options["scale"])
    assert text == (
        "![Loss and accuracy over the epochs: plain; weighted](figures/part_12.png)"
    )
    assert "plot_confusion" not in drawn


def test_confusion_matrices_where_results_have_them(tmp_path, drawn):
    matrix = [[5, 1], [2, 9]]
    found = material(tmp_path, run_a=result(), run_b=result(confusion=matrix))
    text = curves(found, 12, {"run_a": PLAIN, "run_b": WEIGHTED})
    (matrices, path), _ = drawn["plot_confusion"]
    assert matrices == {"weighted": matrix}
    assert path == tmp_path / "part_12_confusion.png"
    assert text.endswith("rows: weighted](figures/part_12_confusion.png)")


def of_run(name, accuracy):
    """A result that tells which run of the lab's table was trained."""
    (run,) = (run for run in RUNS if run.name == name)
    return result(accuracy, title=run.title, settings=dict(run.settings))


@pytest.fixture
def store(tmp_path):
    store = ResultStore(tmp_path, {})
    for seed, accuracy in enumerate((0.8, 0.9, 0.7)):
        name = "run_2" + (f"_seed_{seed}" if seed else "")
        store.save(name, 12, 1.0, of_run("2", accuracy))
    store.save("run_10", 19, 1.0, of_run("10", 0.95))
    counts = {"train": [10, 50], "validation": [3, 9], "test": [4, 8]}
    store.save("part_08", 8, 1.0, counts)
    return store


def test_overview_shows_seeds_and_the_larger_training_class_on_test_rows(
    store, tmp_path, drawn
):
    found = Material(lab_figures(store), tmp_path, same_labels=False, published=False)
    text = overview(found)
    (measured, published, naive, _), _ = drawn["plot_overview"]
    assert [sorted(values) for values in measured.values()] == [[0.7, 0.8, 0.9], [0.95]]
    assert published == {}
    assert naive == 8 / 12
    assert "0.8000 ± 0.1000" in text  # n - 1 in the denominator
    assert "over 3 seeds, with n - 1 in the denominator" in text
    assert "Runs without ± were trained once." in text
    assert HOW_TO_READ in text


def test_overview_of_single_trainings_has_no_word_of_seeds(tmp_path, drawn):
    store = ResultStore(tmp_path, {})
    store.save("run_2", 12, 1.0, of_run("2", 0.9))
    found = Material(lab_figures(store), tmp_path, same_labels=False, published=True)
    text = overview(found)
    (measured, published, naive, _), _ = drawn["plot_overview"]
    assert list(measured.values()) == [[0.9]]
    assert list(published.values()) == [0.9003]
    assert naive is None
    assert "±" not in text
