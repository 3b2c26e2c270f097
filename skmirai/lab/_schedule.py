"""Which pieces of work a run of the lab consists of, and in which order."""

from collections.abc import Collection, Mapping
from typing import Any

from skmirai.lab._protocol import BEST
from skmirai.lab._work.tasks import Plan, Task
from skmirai.lab.parts import PARTS


def chosen_parts(numbers: Collection[int] | None, argument: str) -> set[int]:
    """Numbers of parts that were asked for.

    Parameters
    ----------
    numbers : collection of int or None
        What was given; None stands for all.
    argument : str
        Name of the argument, for errors.

    Returns
    -------
    set of int
        The numbers.

    Raises
    ------
    ValueError
        If a part does not exist, or there is none.
    """
    known = {part.number for part in PARTS}
    chosen = known if numbers is None else {*numbers}
    if chosen - known or not chosen:
        raise ValueError(
            f"{argument}={sorted(chosen)} must be parts of the lab, 1 to {max(known)}, "
            f"at least one"
        )
    return set(chosen)


def lab_tasks(
    only: Collection[int] | None = None,
    *,
    epochs_scale: float = 1.0,
    n_seeds: int = 3,
    best: Mapping[str, Any] = BEST,
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
    best : mapping
        Configuration of parts 19 to 21.

    Returns
    -------
    list of Task
        Those that run alone first, then the others, long ones first.

    Raises
    ------
    ValueError
        If a part does not exist, or there is none.
    """
    wanted = chosen_parts(only, "only")
    for part in PARTS:
        if part.number in wanted:
            wanted |= {*part.looks_at}
    plan = Plan(epochs_scale, n_seeds, best)
    tasks = [task for part in PARTS for task in part.tasks(plan)]
    chosen = [task for task in tasks if task.part in wanted]
    needed = {name for task in chosen for name in task.needs}
    chosen += [
        task for task in tasks if task.name in needed and task.part not in wanted
    ]
    return sorted(chosen, key=_place)


def _place(task: Task) -> tuple[bool, bool, float]:
    return not task.alone, task.epochs > 0, 0.0 if task.alone else -task.cost
