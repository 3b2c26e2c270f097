"""Folders of lab runs, written without a training."""

import json

import numpy as np

from skmirai.lab import PUBLISHED, RUNS, shuffled_split
from skmirai.lab._protocol import BEST
from skmirai.lab._runs import run_name
from skmirai.lab._schedule import lab_tasks

#: Benign and attack rows of the published table.
COUNTS = [121_621, 642_516]


def settings(**changes):
    """Settings as a run keeps them; the published ones unless changed."""
    usual = {
        "data": "files",
        "n_rows": None,
        "subset": "full",
        "epochs_scale": 1.0,
        "scaling": "all_rows",
        "n_seeds": 3,
        "random_state": 0,
    }
    return usual | changes


def write_run(folder, *, seed=0, spread=0.0, shift=0.0, counts=COUNTS, **changes):
    """Write a complete run whose trainings have the published figures.

    Parameters
    ----------
    folder : Path
        Is made.
    seed : int, default=0
        Draws what the seeds of a training differ by.
    spread, shift : float, default=0.0
        Standard deviation over the seeds, and what is added to all accuracies.
    counts : list of int
        Benign and attack rows.
    **changes : object
        Settings that are not the published ones.
    """
    rng = np.random.default_rng(seed)
    known = settings(**changes)
    (folder / "parts").mkdir(parents=True)
    write(folder, "settings", known)
    write(folder, "table", {"data": f"{sum(counts):x}" * 8, "labels": "b" * 64})
    published = {run_name(run.name): run.published for run in RUNS}
    n_test = len(shuffled_split(sum(counts)).test)
    plan = {name: known[name] for name in ("epochs_scale", "n_seeds")}
    for task in lab_tasks(**plan, best=known.get("best") or BEST):
        figures = published.get(task.name.partition("_seed_")[0], {})
        wanted = figures.get("accuracy", 0.91) + shift + rng.normal(0, spread)
        accuracy = round(wanted * n_test) / n_test
        loss = figures.get("loss", 0.2)
        found = {"part": task.part, "seconds": 1.0, **FACTS.get(task.name, {})}
        if "run_title" in task.arguments:
            found["title"] = task.arguments["run_title"]
            found["settings"] = task.arguments["settings"]
        if task.name == "part_01":
            found["counts"] = counts
        if task.epochs:
            curve = np.geomspace(2 * loss, loss, task.epochs).tolist()
            found |= {"accuracy": accuracy, "loss": loss, "n_epochs": task.epochs}
            found |= {"val_accuracy": accuracy, "val_loss": loss}
            found["history"] = {"val_loss": curve, "val_accuracy": [0.5] * task.epochs}
            found["history"]["val_accuracy"][-1] = accuracy
            found |= {"updates": 5, "r2_network": 0.5, "r2_linear": 0.4}
        if "pass_accuracy" in figures:
            passes = round(figures["pass_accuracy"] * n_test) / n_test
            found |= {"pass_accuracy": passes, "pass_loss": figures["pass_loss"]}
            found["passes"] = [passes] * 100
        write(folder, f"parts/{task.name}", found)
    return folder


#: What the published rows determine.
FACTS = {
    "part_01": {
        "shape": [sum(COUNTS), 116],
        "n_nan": 0,
        "n_nan_labels": 0,
        "origin": "published",
    },
    "part_05": {"majority": 0.8408},
    "part_07": {
        "train": [*PUBLISHED["ordered_train"]],
        "rest": [*PUBLISHED["ordered_rest"]],
    },
    "part_08": {
        "train": [*PUBLISHED["train"]],
        "validation": [18_273, 96_348],
        "test": [18_396, 96_225],
        "rest": [*PUBLISHED["rest"]],
        "class_weight": [*PUBLISHED["class_weight"]],
    },
    "part_09": {
        name: {"trainable": number}
        for name, number in PUBLISHED["n_parameters"].items()
    },
}


def write(folder, name, content):
    """Write a file of JSON."""
    (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def change(folder, name, **figures):
    """Change figures of a result by hand; None takes one out."""
    path = folder / "parts" / f"{name}.json"
    found = json.loads(path.read_text(encoding="utf-8")) | figures
    kept = {key: value for key, value in found.items() if value is not None}
    path.write_text(json.dumps(kept), encoding="utf-8")
