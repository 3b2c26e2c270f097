"""Copies of parameters that would lose something if they were copied as usual."""

import copy
import sys
from collections.abc import Iterator
from typing import Any

from sklearn.base import clone

from skmirai.neural_network._engine.exclusions import exclusions


def copied_optimizer(optimizer: Any) -> Any:
    """Copy of an optimizer, or a name as it is."""
    copied = clone(optimizer, safe=False)
    for name, value in exclusions(optimizer).items():
        setattr(copied, name, value)
    return copied


def copied_callback(callback: Any) -> Any:
    """Deep copy of a callback, but for trials and studies of Optuna in it.

    They are shared: what is reported to a copy of a trial reaches no study, so
    that nothing would ever be pruned.
    """
    shared = {id(value): value for value in _held(callback) if _is_of_a_study(value)}
    return copy.deepcopy(callback, shared)


def copied_callbacks(callbacks: Any) -> Any:
    """Copy of the parameter ``callbacks`` in the form that it has."""
    if isinstance(callbacks, list | tuple):
        return type(callbacks)([copied_callback(callback) for callback in callbacks])
    return copied_callback(callbacks)


def _held(callback: Any) -> Iterator[Any]:
    """Values of a callback's attributes, also those in containers."""
    waiting = [*vars(callback).values()] if hasattr(callback, "__dict__") else []
    while waiting:
        value = waiting.pop()
        yield value
        if type(value) in (list, tuple, set):
            waiting += value
        elif type(value) is dict:
            waiting += value.values()


def _is_of_a_study(value: Any) -> bool:
    optuna = sys.modules.get("optuna")  # who holds a trial has imported it
    if optuna is None:
        return False
    return isinstance(value, optuna.trial.BaseTrial | optuna.Study)
