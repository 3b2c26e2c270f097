"""Copies of parameters that would lose something if they were copied as usual."""

import copy
import sys
from collections.abc import Iterator
from types import ModuleType
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
    optuna = sys.modules.get("optuna")  # who holds a trial has imported it
    if optuna is None:
        return copy.deepcopy(callback)
    kinds = (optuna.trial.BaseTrial, optuna.Study)
    return copy.deepcopy(callback, {id(v): v for v in _held(callback, kinds)})


def copied_callbacks(callbacks: Any) -> Any:
    """Copy of the parameter ``callbacks`` in the form that it has."""
    if isinstance(callbacks, list | tuple):
        return type(callbacks)([copied_callback(callback) for callback in callbacks])
    return copied_callback(callbacks)


#: Objects that are looked through for a trial at most; a callback holds few.
_MOST = 10_000


def _held(callback: Any, kinds: tuple[type, ...]) -> Iterator[Any]:
    """Objects of some kinds that a callback holds, at any depth."""
    waiting, seen = [callback], {id(callback)}
    while waiting and len(seen) < _MOST:
        value = waiting.pop()
        if isinstance(value, kinds):
            yield value
            continue
        inner: list[Any] = []
        if isinstance(value, dict):
            inner = [*value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            inner = [*value]
        elif hasattr(value, "__dict__") and not isinstance(value, type | ModuleType):
            inner = [*vars(value).values()]
        waiting += [v for v in inner if id(v) not in seen]
        seen.update(map(id, inner))
