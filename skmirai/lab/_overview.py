"""All results together: what follows from them, and the runs in one table."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skmirai.lab._plots import plot_overview
from skmirai.lab._protocol import BEST_PARTS, Run
from skmirai.lab._runs import of_all_seeds, run_name, runs_done, runs_table
from skmirai.lab._work.store import ResultStore
from skmirai.lab._writing.curves import HOW_TO_READ, SAME_AXES
from skmirai.lab._writing.figures import Figures
from skmirai.lab._writing.markdown import image
from skmirai.lab._writing.material import Material
from skmirai.lab.parts import PARTS, PUBLISHED, RUNS


def lab_figures(store: ResultStore) -> Figures:
    """Read all results and derive means, ratios and best runs.

    Parameters
    ----------
    store : ResultStore
        Results of a run, not necessarily of all parts.

    Returns
    -------
    Figures
        One entry for each piece of work; what the parts derive from them; "best_test"
        and "best_validation" of the runs; and what was "published", for ``BEST_PARTS``
        of the configuration that was trained.
    """
    results = {name: Figures(store.load(name) or {}) for name in store}
    found = Figures(results)
    for part in PARTS:
        found |= part.figures(results)
    found |= _choices(results)
    found["published"] = Figures(
        {**{run.name: run.published for run in RUNS}, **PUBLISHED}
    )
    if store.settings.get("best") is not None:
        for part in (part for part in PARTS if part.number in BEST_PARTS):
            for name in part.published:
                del found["published"][name]
    return found


def _accuracies(run: Run, results: Mapping[str, Any]) -> list[float]:
    """Test accuracies of a run with each of its seeds."""
    return [result["accuracy"] for result in of_all_seeds(run, results)]


def _choices(results: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the best run, on the test rows and on the validation rows."""
    runs = [(run, results[run_name(run.name)]) for run in runs_done(RUNS, results)]
    if not runs:
        return {}
    found = {}
    for choice, metric in (
        ("best_test", "accuracy"),
        ("best_validation", "val_accuracy"),
    ):
        run, result = max(runs, key=lambda pair: pair[1][metric])
        found[choice] = {
            "run": run.name,
            "title": run.title,
            **{name: result[name] for name in ("accuracy", "loss", "val_accuracy")},
        }
    return found


def overview(material: Material) -> str:
    """Table and picture of all runs; empty if there is none."""
    done = runs_done(RUNS, material.figures)
    if not done:
        return ""
    measured = {run.title: _accuracies(run, material.figures) for run in done}
    published = {
        run.title: run.published["accuracy"]
        for run in done
        if material.published and "accuracy" in run.published
    }
    naive = _constant_on_test_rows(material)
    plot_overview(measured, published, naive, material.pictures / "overview.png")
    picture = image("overview.png", "Test accuracy of every run, over its seeds")
    text = (
        "Losses in tables are without class weights, those of the curves with them "
        "where their axis says so."
    )
    shown = [runs_table(material, done), _about_seeds(measured), text]
    return "\n\n".join(filter(None, [*shown, f"{HOW_TO_READ} {SAME_AXES}", picture]))


def _about_seeds(measured: Mapping[str, Sequence[float]]) -> str:
    """Say what ± stands for; empty where no run has several seeds."""
    seeds = {len(values) for values in measured.values() if len(values) > 1}
    if not seeds:
        return ""
    numbers = " or ".join(map(str, sorted(seeds)))
    text = (
        f"± is the standard deviation of the test accuracy over {numbers} seeds, with "
        f"n - 1 in the denominator, beside their mean; the first seed is the run of "
        f"the first column."
    )
    if any(len(values) == 1 for values in measured.values()):
        text += " Runs without ± were trained once."
    return text


def _constant_on_test_rows(material: Material) -> float | None:
    """Accuracy on the test rows of the class that is larger in the training rows."""
    if not material.has("part_08"):
        return None
    found = material.figures["part_08"]
    train, test = found["train"], found["test"]
    return float(test[int(np.argmax(train))] / sum(test))
