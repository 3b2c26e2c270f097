"""All results together: what follows from them, and the runs in one table."""

from collections.abc import Mapping
from typing import Any

from skmirai.lab._figures import Figures, NotRun, mean_and_deviation
from skmirai.lab._markdown import image
from skmirai.lab._material import Material
from skmirai.lab._plots import plot_overview
from skmirai.lab._runs import run_name, runs_done, runs_table
from skmirai.lab._store import ResultStore
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
        One entry for each piece of work; what the parts derive from them; "seeds",
        "best_test" and "best_validation" of the runs; and what was published.
    """
    results = {name: Figures(store.load(name) or {}) for name in store}
    found = Figures(results)
    for part in PARTS:
        found |= part.figures(results)
    found |= _choices(results)
    found["published"] = {**{run.name: run.published for run in RUNS}, **PUBLISHED}
    found["seeds"] = Figures({run.name: _seeds(results, run.name) for run in RUNS})
    return found


def _seeds(results: Mapping[str, Any], name: str) -> Any:
    first = run_name(name)
    names = [n for n in results if n == first or n.startswith(f"{first}_seed_")]
    found = [results[n]["accuracy"] for n in names]
    return Figures(mean_and_deviation(found), n=len(found)) if found else NotRun()


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
            "accuracy": result["accuracy"],
            "val_accuracy": result["val_accuracy"],
        }
    return found


def overview(material: Material) -> str:
    """Table and picture of all runs; empty if there is none."""
    done = runs_done(RUNS, material.figures)
    if not done:
        return ""
    naive = material.figures.get("part_05", {}).get("majority")
    measured = {r.title: material.figures[run_name(r.name)]["accuracy"] for r in done}
    published = {
        run.title: run.published["accuracy"]
        for run in done
        if material.published and "accuracy" in run.published
    }
    plot_overview(measured, published, naive, material.pictures / "overview.png")
    picture = image("overview.png", "Accuracy of every run on the test rows")
    text = (
        "± is the standard deviation over seeds, of which the first is the run of the "
        "first column. Losses in tables are without class weights, those of the curves "
        "with them."
    )
    return f"{runs_table(material, done)}\n\n{text}\n\n{picture}"
