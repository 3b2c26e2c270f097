"""How the step size changes over the epochs of a fit: one entry for each name."""

import math
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

#: Share of the step size in an epoch, from the share of the epochs that lie behind it.
#: A schedule is one entry here; parameters, docstrings and messages follow from it.
RATE_SCHEDULES = MappingProxyType[str, Callable[[float], float]](
    {
        "constant": lambda done: 1.0,
        "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
        "linear": lambda done: 1 - done,
    }
)


def rate_at(schedule: str, rate: float, epoch: int, n_epochs: int) -> float:
    """Step size in an epoch.

    Parameters
    ----------
    schedule : str
        Name in ``RATE_SCHEDULES``.
    rate : float
        Step size of the first epoch.
    epoch : int
        Number of the epoch, from 0.
    n_epochs : int
        Number of epochs.

    Returns
    -------
    float
        Above 0 in every epoch.

    Examples
    --------
    >>> from skmirai.neural_network._engine.rates import rate_at
    >>> [round(rate_at("cosine", 0.1, epoch, 4), 4) for epoch in range(4)]
    [0.1, 0.0854, 0.05, 0.0146]
    """
    return rate * RATE_SCHEDULES[schedule](epoch / n_epochs)


def check_schedule(schedule: str, optimizer: Any) -> None:
    """Insist that only one of the two changes the step size."""
    if schedule == "constant" or isinstance(optimizer, str):
        return
    if not isinstance(optimizer.get_config()["learning_rate"], float):
        raise ValueError(
            f"learning_rate_schedule={schedule!r} would change a step size that "
            f"follows a schedule of the optimizer's own; use "
            f"learning_rate_schedule='constant', or an optimizer with a number for "
            f"its learning_rate"
        )
