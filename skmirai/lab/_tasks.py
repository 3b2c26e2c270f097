"""The lab's pieces of work: what each does, what it costs, what runs alone."""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from skmirai.lab._protocol import (
    BATCH_SIZES,
    BEST,
    DEPTHS,
    N_FOLDS,
    PARTS,
    RUNS,
    SETTINGS,
)

#: Epochs of the trainings that only take the time of an epoch at some depth.
_TIMED_EPOCHS = 10

#: Parts that look at what the trainings of another part found.
_LOOKS_AT = {11: 13}


def run_name(name: str, seed: int = 0) -> str:
    """Name of the result of a run of the lab's table."""
    return f"run_{name.replace(' ', '_')}" + (f"_seed_{seed}" if seed else "")


@dataclass(frozen=True)
class Task:
    """A piece of work with a result of its own.

    Attributes
    ----------
    name : str
        Name of its file.
    part : int
        Part of the lab.
    title : str
        What is shown while it runs.
    action : str
        Name of the function in ``skmirai.lab._actions``.
    arguments : dict
        Arguments of that function.
    epochs : int
        Epochs that it trains.
    cost : float
        Expected time in some unit, for the order of the work and the time left.
    alone : bool
        Whether nothing else may run beside it, because it takes the time.
    """

    name: str
    part: int
    title: str
    action: str
    arguments: dict[str, Any] = field(default_factory=dict)
    epochs: int = 0
    cost: float = 1.0
    alone: bool = False


def scaled_epochs(epochs: int, scale: float) -> int:
    """Epochs at a scale, at least one."""
    return max(1, math.ceil(epochs * scale - 1e-9))


def lab_tasks(
    only: Collection[int] | None = None,
    *,
    epochs_scale: float = 1.0,
    n_seeds: int = 3,
) -> list[Task]:
    """Pieces of work of some parts, or of all.

    Parameters
    ----------
    only : collection of int or None, default=None
        Numbers of the parts; None takes all 22.
    epochs_scale : float, default=1.0
        Factor on the number of epochs of every training.
    n_seeds : int, default=3
        Seeds with which the trainings of 20 epochs are repeated.

    Returns
    -------
    list of Task
        Those that run alone first, then the others, long ones first.

    Raises
    ------
    ValueError
        If a part does not exist.
    """
    numbers = {part.number for part in PARTS}
    wanted = numbers if only is None else set(only)
    if wanted - numbers:
        raise ValueError(
            f"only={sorted(wanted - numbers)} are no parts of the lab; its parts are "
            f"1 to {max(numbers)}"
        )
    wanted |= {_LOOKS_AT[part] for part in wanted & _LOOKS_AT.keys()}
    tasks = [task for task in _all_tasks(epochs_scale, n_seeds) if task.part in wanted]
    if any(task.epochs for task in tasks) and 6 not in wanted:
        # every training needs the standardisation
        tasks += [task for task in _facts() if task.part == 6]
    return sorted(tasks, key=lambda task: (not task.alone, task.epochs > 0))


def _all_tasks(scale: float, n_seeds: int) -> Iterator[Task]:
    yield from _facts()
    yield from _timed(scale)
    trainings = [*_folds(scale), *_runs(scale, n_seeds), _regression(scale)]
    yield from sorted(trainings, key=lambda task: -task.cost)


def _facts() -> Iterator[Task]:
    """Work without training; quick, so that it runs alone."""
    for part, action in (
        (1, "describe_table"),
        (2, "describe_hardware"),
        (3, "describe_memory"),
        (4, "open_table"),
        (5, "naive_accuracies"),
        (6, "standardisation"),
        (7, "split_in_order"),
        (8, "split_shuffled"),
        (9, "count_parameters"),
    ):
        title = PARTS[part - 1].title
        yield Task(f"part_{part:02}", part, title, action, alone=True)


def _timed(scale: float) -> Iterator[Task]:
    for batch_size in BATCH_SIZES:
        epochs = scaled_epochs(SETTINGS["epochs"], scale)
        yield Task(
            f"batch_{batch_size}",
            13,
            f"batches of {batch_size:,}",
            "time_epochs",
            {"settings": {"batch_size": batch_size, "epochs": epochs}},
            epochs,
            _cost({**SETTINGS, "epochs": epochs}),
            alone=True,
        )
    for n_layers in DEPTHS:
        epochs = scaled_epochs(_TIMED_EPOCHS, scale)
        settings = {**BEST, "n_layers": n_layers, "epochs": epochs}
        yield Task(
            f"depth_{n_layers}",
            19,
            f"{n_layers} layers, timed",
            "time_epochs",
            {"settings": settings},
            epochs,
            _cost({**SETTINGS, **settings}),
            alone=True,
        )


def _runs(scale: float, n_seeds: int) -> Iterator[Task]:
    for run in RUNS:
        epochs = scaled_epochs(run.parameters["epochs"], scale)
        settings = {**run.settings, "epochs": epochs}
        cheap = run.parameters["epochs"] <= SETTINGS["epochs"]
        for seed in range(n_seeds if cheap else 1):
            name = run_name(run.name, seed)
            yield Task(
                name,
                run.part,
                f"run {run.name}: {run.title}" + (f", seed {seed}" if seed else ""),
                "train_always_on" if run.name == "11" else "train",
                {"settings": settings, "seed": run.first_seed + seed, "model": name},
                epochs,
                _cost({**SETTINGS, **settings}),
            )


def _folds(scale: float) -> Iterator[Task]:
    epochs = scaled_epochs(BEST["epochs"], scale)
    settings = {**BEST, "epochs": epochs}
    for fold in range(N_FOLDS):
        yield Task(
            f"fold_{fold}",
            21,
            f"fold {fold + 1} of {N_FOLDS}",
            "train_fold",
            {"settings": settings, "fold": fold},
            epochs,
            0.9 * _cost({**SETTINGS, **settings}),
        )


def _regression(scale: float) -> Task:
    epochs = scaled_epochs(SETTINGS["epochs"], scale)
    settings = {"optimizer": "adam", "learning_rate": 0.005, "epochs": epochs}
    cost = _cost({**SETTINGS, **settings})
    return Task(
        "regression",
        22,
        "regression",
        "train_regressor",
        {"settings": settings},
        epochs,
        cost,
    )


def _cost(parameters: dict[str, Any]) -> float:
    """Time of a training, in epochs of the 2 x 20 network."""
    hidden = (parameters["n_layers"] - 1) * parameters["n_nodes"]
    extra = 1.5 if parameters["batch_norm"] or parameters["dropout_rate"] else 1.0
    return parameters["epochs"] * (1 + hidden / 100) * extra
