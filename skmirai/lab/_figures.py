"""All figures of a run under one name: the results, and what follows from them."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from skmirai.lab._protocol import BATCH_SIZES, DEPTHS, N_FOLDS, PUBLISHED, RUNS
from skmirai.lab._store import ResultStore
from skmirai.lab._tasks import run_name


class NotRun:
    """Stands for a figure of a part that was not run."""

    def __getitem__(self, name: Any) -> "NotRun":
        return self

    def __format__(self, spec: str) -> str:
        return "(not run)"

    def __bool__(self) -> bool:
        return False


class Figures(dict[str, Any]):
    """Figures by name; one that is not there reads "(not run)"."""

    def __missing__(self, name: str) -> NotRun:
        return NotRun()


def lab_figures(store: ResultStore) -> Figures:
    """Read all results and derive means, ratios and best runs.

    Parameters
    ----------
    store : ResultStore
        Results of a run, not necessarily of all parts.

    Returns
    -------
    Figures
        One entry for each piece of work, and "passes", "folds", "seeds",
        "depth_ratio", "best_test", "best_validation" where their parts were run.
    """
    results = {name: Figures(store.load(name) or {}) for name in store}
    found = Figures(results)
    found |= _passes(results)
    found |= _folds(results)
    found |= _depths(results)
    found |= _choices(results)
    found |= _batches(results)
    if "part_02" in results:
        found["hardware"] = hardware_text(results["part_02"])
    found["published"] = {**{run.name: run.published for run in RUNS}, **PUBLISHED}
    found["seeds"] = Figures({run.name: _seeds(results, run.name) for run in RUNS})
    return found


def mean_and_deviation(values: Iterable[float]) -> dict[str, float]:
    """Mean and standard deviation, the latter with n in the denominator."""
    values = np.asarray(list(values))
    return {"mean": float(values.mean()), "sd": float(values.std())}


def _seeds(results: Mapping[str, Any], name: str) -> Any:
    first = run_name(name)
    names = [n for n in results if n == first or n.startswith(f"{first}_seed_")]
    found = [results[n]["accuracy"] for n in names]
    return Figures(mean_and_deviation(found), n=len(found)) if found else NotRun()


def _passes(results: Mapping[str, Any]) -> dict[str, Any]:
    run = results.get("run_11")
    if run is None:
        return {}
    thinned = mean_and_deviation(run["thinned"])
    seconds = run["passes_seconds"]
    extra = {"thinned_sd": thinned["sd"], "seconds": seconds, "n": len(run["passes"])}
    return {"passes": {**mean_and_deviation(run["passes"]), **extra}}


def _folds(results: Mapping[str, Any]) -> dict[str, Any]:
    folds = [results.get(f"fold_{k}") for k in range(N_FOLDS)]
    done = [fold for fold in folds if fold is not None]
    if len(done) < N_FOLDS:
        return {}
    seconds = sum(fold["fit_seconds"] for fold in done)
    return {
        "folds": {
            **mean_and_deviation(fold["accuracy"] for fold in done),
            "seconds": seconds,
        }
    }


def _depths(results: Mapping[str, Any]) -> dict[str, Any]:
    times = {
        depth: results[f"depth_{depth}"]["epoch_seconds"]
        for depth in DEPTHS
        if f"depth_{depth}" in results
    }
    if len(times) < len(DEPTHS):
        return {}
    return {
        "depth_ratio": {f"over_{depth}": times[10] / times[depth] for depth in DEPTHS}
    }


def _choices(results: Mapping[str, Any]) -> dict[str, Any]:
    runs = [(run, results[n]) for run in RUNS if (n := run_name(run.name)) in results]
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


def _batches(results: Mapping[str, Any]) -> dict[str, Any]:
    names = [f"batch_{size}" for size in BATCH_SIZES]
    if not all(name in results for name in names):
        return {}
    small, *_, large = (results[name] for name in names)
    return {"batch_ratio": small["epoch_seconds"] / large["epoch_seconds"]}


def hardware_text(found: Mapping[str, Any]) -> str:
    """Processor, and what networks are trained on, in words."""
    devices = ", ".join(found["training on"])
    return (
        f"{found['processor']}, {found['cores']} cores to use; networks trained on the "
        f"{devices}"
    )
