"""How far a trial trains before it is judged: rungs of epochs, where it can go on."""

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from sklearn.pipeline import Pipeline

#: Rungs that are chosen automatically, and the factor from one to the next.
_N_RUNGS, _FACTOR = 3, 3


@dataclass(frozen=True)
class LastStep:
    """The step of an estimator that trains: itself, or the end of its Pipelines.

    Attributes
    ----------
    step : estimator
        The step.
    prefix : str
        What its parameters are called by from outside, before their names: "" or
        "mirai__".
    """

    step: Any
    prefix: str

    @property
    def goes_on(self) -> bool:
        """Tell whether it has what training on takes."""
        return {"warm_start", "epochs", "schedule_epochs"} <= {*self._params}

    @property
    def why_not(self) -> str:
        """Why a fit with its parameters cannot be parted; empty if it can."""
        if not self.goes_on:
            return f"{type(self.step).__name__} has no warm_start and epochs"
        params = self._params
        if params["early_stopping"]:
            return "early_stopping=True counts the epochs of one fit"
        if params["callbacks"] is not None:
            return "callbacks of Keras see one fit"
        drawn = params["validation_fraction"] is not None
        if drawn and not isinstance(params["random_state"], Integral):
            return "validation_fraction without an integer random_state draws anew"
        return ""

    @property
    def _params(self) -> dict[str, Any]:
        if isinstance(self.step, str | None):  # a step that is left out
            return {}
        return self.step.get_params(deep=False)


def last_step(estimator: Any) -> LastStep:
    """Return the step that trains, of nested Pipelines too."""
    prefix = ""
    for pipeline in pipelines_of(estimator):
        name, estimator = pipeline.steps[-1]
        prefix += f"{name}__"
    return LastStep(estimator, prefix)


def pipelines_of(estimator: Any) -> Iterator[Pipeline]:
    """Go through a Pipeline, the one at its end, and so on."""
    while isinstance(estimator, Pipeline):
        yield estimator
        _, estimator = estimator.steps[-1]


def rungs_of(rungs: Any, epochs: int) -> tuple[int, ...]:
    """Epochs after which trials are judged.

    Parameters
    ----------
    rungs : "auto" or iterable of int
        Increasing; "auto" ends at ``epochs``, after a third and a ninth of them.
    epochs : int
        What the estimator is trained for otherwise.

    Returns
    -------
    tuple of int
        The rungs.

    Raises
    ------
    ValueError
        If they are no increasing whole numbers from 1.

    Examples
    --------
    >>> from skmirai.model_selection._search.rungs import rungs_of
    >>> rungs_of("auto", 27), rungs_of("auto", 30), rungs_of("auto", 2)
    ((3, 9, 27), (4, 10, 30), (1, 2))
    """
    if isinstance(rungs, str) and rungs == "auto":
        return tuple(sorted({-(-epochs // _FACTOR**n) for n in range(_N_RUNGS)}))
    steps = [] if isinstance(rungs, str) else list(rungs)
    whole = all(isinstance(n, Integral) for n in steps)
    if not whole or not steps or steps != sorted({*steps}) or steps[0] < 1:
        raise ValueError(
            f"rungs={rungs!r} must be 'auto', None, or increasing numbers of epochs "
            f"from 1, such as (3, 9, 27)"
        )
    return tuple(int(n) for n in steps)
