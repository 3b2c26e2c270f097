"""All settings that the trainings of a run had, in one table."""

from collections.abc import Container, Iterable, Mapping
from typing import Any

from skmirai.lab._comparison import RULE
from skmirai.lab._protocol import BEST, SETTINGS
from skmirai.lab._work.tasks import Plan, Task
from skmirai.lab._writing.markdown import table
from skmirai.lab.parts import PARTS


def training_settings(
    settings: Mapping[str, Any], done: Container[str] | None = None
) -> list[dict[str, Any]]:
    """Settings of every training of a run, seeds and folds of one kind together.

    Parameters
    ----------
    settings : mapping
        What ``settings.json`` of the run's folder holds.
    done : container of str or None, default=None
        Names of the results that are there; None for all.

    Returns
    -------
    list of dict
        For each kind of training, by part: "part"; "training", what is special about
        it; the parameters of the estimator that the lab sets, "class_weight" None for
        the regression; "scaling"; "seeds", a list; "n_trainings"; "validated",
        whether after every epoch; "alone", whether nothing ran beside it.

    Examples
    --------
    >>> from skmirai.lab import training_settings
    >>> run = {"epochs_scale": 1, "n_seeds": 3, "best": None, "random_state": 0}
    >>> found = training_settings({**run, "scaling": "all_rows"})
    >>> adam = next(row for row in found if row["part"] == 17)
    >>> adam["optimizer"], adam["learning_rate"], adam["seeds"]
    ('adam', 0.1, [0, 1, 2])
    """
    best = settings.get("best") or BEST
    plan = Plan(settings["epochs_scale"], settings["n_seeds"], best)
    tasks = [task for part in PARTS for task in part.tasks(plan)]
    kinds: dict[str, dict[str, Any]] = {}
    for task in tasks:
        if not task.epochs or (done is not None and task.name not in done):
            continue
        seed = settings["random_state"] + task.arguments.get("seed", 0)
        if (kind := kinds.get(_kind(task))) is None:
            kind = kinds[_kind(task)] = _described(task, settings)
        kind["n_trainings"] += 1
        if seed not in kind["seeds"]:
            kind["seeds"].append(seed)
    return list(kinds.values())


def _kind(task: Task) -> str:
    """Name of a training without the number of its seed or fold."""
    if "fold" in task.arguments:
        return task.name.rpartition("_")[0]
    return task.name.partition("_seed_")[0]


def _described(task: Task, settings: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {**SETTINGS, **task.arguments["settings"]}
    if task.name == "regression":
        parameters["class_weight"] = None
    folds = "fold" in task.arguments
    return {
        "part": task.part,
        "training": "each fold" if folds else task.title,
        **parameters,
        "scaling": settings["scaling"],
        "seeds": [],
        "n_trainings": 0,
        "validated": not folds,
        "alone": task.alone,
    }


def settings_section(settings: Mapping[str, Any], done: Iterable[str]) -> list[str]:
    """Paragraphs of the report: the table, what is timed, what ± stands for.

    Parameters
    ----------
    settings : mapping
        What ``settings.json`` of the run's folder holds.
    done : iterable of str
        Names of the results that are there.

    Returns
    -------
    list of str
        Heading, table and text in Markdown; empty if nothing was trained.
    """
    found = training_settings(settings, set(done))
    if not found:
        return []
    header = ["training", "part", "layers x units", "activation", "optimizer", "rate"]
    header += ["batch size", "epochs", "class weights", "dropout"]
    header += ["batch normalisation", "seeds", "trainings", "validated", "beside it"]
    return ["## Settings", table(header, map(_cells, found)), *_notes(settings)]


def _cells(row: Mapping[str, Any]) -> list[Any]:
    rates = row["dropout_rate"]
    rates = rates if isinstance(rates, list) else [rates]
    return [
        row["training"],
        row["part"],
        f"{row['n_layers']} x {row['n_nodes']}",
        row["activation"],
        row["optimizer"],
        f"{row['learning_rate']:.4g}",
        f"{row['batch_size']:,}",
        row["epochs"],
        row["class_weight"] or "none",
        ", ".join(f"{rate:g}" for rate in rates),
        "yes" if row["batch_norm"] else "no",
        ", ".join(map(str, row["seeds"])),
        row["n_trainings"],
        "each epoch" if row["validated"] else "no",
        "nothing" if row["alone"] else "others",
    ]


def _notes(settings: Mapping[str, Any]) -> list[str]:
    learned = (
        "over all rows, before the split"
        if settings["scaling"] == "all_rows"
        else "over the training rows of each training alone"
    )
    return [
        f"All networks end in one sigmoid unit and learn the binary cross-entropy, "
        f"that of part 22 in a linear one with the squared error, its target "
        f"standardised over the training rows. Columns are standardised {learned}. "
        f"Rows are shuffled anew in every epoch.",
        "Times of trainings are of `fit`: rows prepared, networks compiled, all epochs "
        "with their validation; reading the rows and the evaluation at the end are "
        "left out; that of part 20 holds a second validation, with dropout on, after "
        "every epoch. Times of epochs hold the validation and are medians without the "
        "first epoch. Trainings with nothing beside them may use all cores; the others "
        "share them, and take longer than they would alone.",
        f"± is the standard deviation over the seeds, divided by n - 1. Those over "
        f"passes (part 20) and folds (part 21) are divided by n, as in the lab. {RULE} "
        f"Rows and split are the same for all trainings that are compared, so that it "
        f"says nothing about other rows.",
    ]
