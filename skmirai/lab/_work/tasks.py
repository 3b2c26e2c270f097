"""What a piece of work is, and what it costs."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from skmirai.lab._protocol import BEST, SETTINGS
from skmirai.lab._work.context import STANDARDISATION

#: A function of the context and of a task's arguments; returns what it found.
Action = Callable[..., Mapping[str, Any]]


def scaled_epochs(epochs: int, scale: float) -> int:
    """Epochs at a scale, at least one."""
    return max(1, math.ceil(epochs * scale - 1e-9))


@dataclass(frozen=True)
class Plan:
    """How much of every training is done.

    Attributes
    ----------
    epochs_scale : float
        Factor on the number of epochs of every training.
    n_seeds : int
        Seeds with which the trainings of 20 epochs are repeated.
    best : mapping
        Configuration of parts 19 to 21: parameters that differ from ``SETTINGS``.
    """

    epochs_scale: float = 1.0
    n_seeds: int = 3
    best: Mapping[str, Any] = field(default_factory=lambda: BEST)


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
    action : callable
        A function of a module, so that other processes find it: of a
        :class:`LabContext` and of the arguments.
    arguments : dict
        Further arguments of that function.
    epochs : int
        Epochs that it trains.
    cost : float
        Expected time in some unit, for the order of the work and the time left.
    alone : bool
        Whether nothing else may run beside it, because it takes the time.
    in_worker : bool
        Whether it is done in another process, because it loads Keras.
    needs : tuple of str
        Results that must be there before it begins.
    """

    name: str
    part: int
    title: str
    action: Action
    arguments: dict[str, Any] = field(default_factory=dict)
    epochs: int = 0
    cost: float = 1.0
    alone: bool = False
    in_worker: bool = False
    needs: tuple[str, ...] = ()


def training_task(
    plan: Plan,
    name: str,
    part: int,
    title: str,
    action: Action,
    settings: Mapping[str, Any],
    *,
    share: float = 1.0,
    alone: bool = False,
    **arguments: Any,
) -> Task:
    """Make the task of a training.

    Parameters
    ----------
    plan : Plan
        Scales the epochs.
    name, part, title, action, alone
        As in :class:`Task`.
    settings : mapping
        Parameters of the network that differ from ``SETTINGS``; the action gets
        them with the scaled number of epochs.
    share : float, default=1.0
        Share of the training rows that it learns from.
    **arguments : object
        Further arguments of the action.

    Returns
    -------
    Task
        The task; its cost is in epochs of the 2 x 20 network.
    """
    parameters = {**SETTINGS, **settings}
    epochs = scaled_epochs(parameters["epochs"], plan.epochs_scale)
    hidden = (parameters["n_layers"] - 1) * parameters["n_nodes"]
    extra = 1.5 if parameters["batch_norm"] or parameters["dropout_rate"] else 1.0
    return Task(
        name,
        part,
        title,
        action,
        {"settings": {**settings, "epochs": epochs}, **arguments},
        epochs,
        share * (epochs * (1 + hidden / 100) * extra),
        alone,
        in_worker=True,
        needs=(STANDARDISATION,),
    )
