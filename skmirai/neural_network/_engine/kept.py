"""Programs that are kept for later fits, and what they are told apart by."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace
from functools import partial
from typing import Any

from skmirai.neural_network._backend import keras
from skmirai.neural_network._engine.architecture import NetworkSpec
from skmirai.neural_network._engine.optimizers import by_value, optimizer_key
from skmirai.neural_network._engine.program import Programs

#: Architectures whose programs are kept; the one unused for longest goes first.
_KEPT_NETWORKS = 32

_programs: OrderedDict[Hashable, Programs] = OrderedDict()
_programs_lock = threading.Lock()


def programs_for(
    spec: NetworkSpec, optimizer: str | keras.optimizers.Optimizer
) -> Programs:
    """Programs of an architecture and optimizer, kept from an earlier fit or new.

    What cannot be compared by its value, such as a function of the user's as
    activation, gets programs of its own at each call.

    Parameters
    ----------
    spec : NetworkSpec
        The architecture.
    optimizer : str or keras.optimizers.Optimizer
        As in ``build_dnn``; its learning rate does not matter, and neither
        does the size of dropout rates above 0.
    """
    alike = replace(spec, rates=tuple(0.5 * (rate > 0) for rate in spec.rates))
    parts = _activation_key(spec.activation), optimizer_key(optimizer)
    if None in parts:
        return Programs(alike, optimizer)
    key = (replace(alike, activation="linear"), *parts)
    with _programs_lock:
        if key in _programs:
            _programs.move_to_end(key)
            return _programs[key]
    made = Programs(alike, optimizer)
    with _programs_lock:
        made = _programs.setdefault(key, made)
        made.is_shared = True
        _programs.move_to_end(key)
        while len(_programs) > _KEPT_NETWORKS:
            _programs.popitem(last=False)
    return made


def _activation_key(activation: Any) -> Hashable | None:
    """Key of an activation that is certain to compute the same; None without one.

    A function of the user's may depend on what changes between two fits.
    """
    if isinstance(activation, str):
        return activation
    if isinstance(activation, partial):
        of_function = _activation_key(activation.func)
        try:
            settings = by_value([list(activation.args), activation.keywords])
        except TypeError:
            return None
        return None if of_function is None else (of_function, settings)
    name = getattr(activation, "__name__", "")
    if getattr(keras.activations, name, None) is activation:
        return name
    return None
