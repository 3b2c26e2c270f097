"""What in a result cannot have come from a run: signs of damage, or of a hand."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from skmirai.lab._best import checked_best
from skmirai.lab._folders.read import LabFolder, finite
from skmirai.lab._rows.splits import shuffled_split
from skmirai.lab._work.tasks import Task

#: Figures that a result has, by the beginning of its name.
_FIGURES: Mapping[str, tuple[str, ...]] = {
    "run_": ("accuracy", "loss", "val_accuracy", "val_loss"),
    "batch_": ("accuracy", "loss", "updates"),
    "depth_": ("accuracy", "loss"),
    "fold_": ("accuracy", "loss"),
    "regression": ("r2_network", "r2_linear"),
    "part_05": ("majority",),
}
_LISTS: Mapping[str, tuple[str, ...]] = {
    "part_01": ("shape", "counts"),
    "part_07": ("train", "rest"),
    "part_08": ("train", "validation", "test", "rest", "class_weight"),
}

#: What a run of the lab's table tells of itself.
_TOLD = (("title", str, "text"), ("settings", dict, "settings by name"))

#: Rows in which an accuracy may miss a whole number of them, for want of digits.
_ROUNDING = 0.02


def faults(folder: LabFolder, task: Task) -> list[str]:
    """Say what is wrong with a result that could be read.

    A result of another part, figures that are missing, no numbers or out of range,
    accuracies that are no whole number of rows or not those of the confusion matrix,
    curves that have another length than the training had epochs or do not end in the
    figures.

    Parameters
    ----------
    folder : LabFolder
        The run; the piece of work is in its results.
    task : Task
        The piece of work.

    Returns
    -------
    list of str
        One sentence for each; empty if nothing is found.
    """
    result = folder.results[task.name]
    found = list(_of_kind(task, result))
    found += _out_of_range(result)
    sizes = _sizes(folder)
    if task.name.startswith(("run_", "batch_", "depth_")):
        found += _no_whole_rows(result, sizes)
    found += _of_confusion(result)
    found += _of_history(task, result, sizes)
    return found


def faults_of_settings(settings: Mapping[str, Any]) -> list[str]:
    """Say which settings no run has.

    Parameters
    ----------
    settings : mapping of str to object
        Settings of a run.

    Returns
    -------
    list of str
        One sentence for each.

    Examples
    --------
    >>> from skmirai.lab._folders.faults import faults_of_settings
    >>> faults_of_settings({"n_seeds": 3, "epochs_scale": "all"})
    ["epochs_scale is 'all', expected a number above 0"]
    """
    found = []
    scale, n_seeds = settings.get("epochs_scale"), settings.get("n_seeds")
    if (finite(scale) or 0) <= 0:
        found.append(f"epochs_scale is {scale!r}, expected a number above 0")
    if not isinstance(n_seeds, int) or not 1 <= n_seeds <= 100:
        found.append(f"n_seeds is {n_seeds!r}, expected a whole number from 1 to 100")
    if (best := settings.get("best")) is not None:
        try:
            checked_best(best, "best")
        except (TypeError, ValueError) as error:
            found.append(str(error))
    return found


def _of_kind(task: Task, result: Mapping[str, Any]) -> Iterator[str]:
    if result.get("part") != task.part:
        yield f"is of part {result.get('part')!r}, expected {task.part}"
    if finite(result.get("seconds")) is None:
        yield "has no time"
    for begin, names in _FIGURES.items():
        for name in names if task.name.startswith(begin) else ():
            if finite(result.get(name)) is None:
                yield f"{name} is {result.get(name)!r}, expected a number"
    for name, kind, what in _TOLD if "run_title" in task.arguments else ():
        if not isinstance(result.get(name), kind):
            yield f"{name} is {result.get(name)!r}, expected {what}"
    for name in _LISTS.get(task.name, ()):
        values = result.get(name)
        if not isinstance(values, list) or None in map(finite, values):
            yield f"{name} is {values!r}, expected a list of numbers"


def _out_of_range(result: Mapping[str, Any]) -> Iterator[str]:
    for name, value in result.items():
        figure = finite(value)
        if figure is None:
            continue
        if name.endswith("accuracy") and not 0 <= figure <= 1:
            yield f"{name} is {figure:g}, expected 0 to 1"
        if name.endswith("loss") and figure < 0:
            yield f"{name} is {figure:g}, expected no less than 0"


def _sizes(folder: LabFolder) -> dict[str, int]:
    """Rows that accuracies are shares of; empty where the table is not known."""
    counts = folder.results.get("part_01", {}).get("counts")
    if not isinstance(counts, list) or not all(isinstance(n, int) for n in counts):
        return {}
    return _split_sizes(sum(counts)) if sum(counts) >= 4 else {}


@lru_cache
def _split_sizes(n_rows: int) -> dict[str, int]:
    splits = shuffled_split(n_rows)
    n_test = len(splits.test)
    return {
        "accuracy": n_test,
        "val_accuracy": len(splits.validation),
        "pass_accuracy": n_test,
    }


def _no_whole_rows(
    result: Mapping[str, Any], sizes: Mapping[str, int]
) -> Iterator[str]:
    for name, n_rows in sizes.items():
        figure = finite(result.get(name))
        if figure is None or not 0 <= figure <= 1:
            continue
        right = figure * n_rows
        if abs(right - round(right)) > _ROUNDING:
            yield f"{name} {figure:.6f} is no whole number of {n_rows:,} rows"


def _of_confusion(result: Mapping[str, Any]) -> Iterator[str]:
    """Hold the accuracy against the confusion matrix, where there is one."""
    figure, matrix = finite(result.get("accuracy")), result.get("confusion")
    if figure is None or matrix is None:
        return
    try:
        (benign, _), (_, attack) = matrix
        share = (benign + attack) / sum(map(sum, matrix))
    except (TypeError, ValueError, ZeroDivisionError):
        yield f"confusion is {matrix!r}, expected two rows of two numbers"
        return
    if abs(share - figure) > 1e-6:
        yield f"accuracy is {figure:.6f}, but {share:.6f} by its confusion matrix"


def _of_history(
    task: Task, result: Mapping[str, Any], sizes: Mapping[str, int]
) -> Iterator[str]:
    if not task.epochs:
        return
    history = result.get("history")
    if not isinstance(history, dict) or not all(
        isinstance(values, list) for values in history.values()
    ):
        yield "has no curves"
        return
    lengths, n_epochs = (
        {len(values) for values in history.values()},
        result.get("n_epochs"),
    )
    if lengths != {n_epochs}:
        yield f"has curves of {sorted(lengths)} epochs, expected {n_epochs!r}"
    ends = history.get("val_accuracy")
    figure = finite(result.get("val_accuracy"))
    if not ends or figure is None:
        return
    last = finite(ends[-1])
    if last is None or abs(last - figure) * sizes.get("val_accuracy", 1_000) > 1.5:
        yield f"val_accuracy is {figure:.6f}, but its curve ends at {ends[-1]}"
