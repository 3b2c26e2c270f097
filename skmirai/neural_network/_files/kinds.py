"""What a saved estimator may hold besides numbers, text and arrays."""

from collections import ChainMap
from functools import cache
from typing import Any

from skmirai.neural_network._backend import is_started, keras
from skmirai.neural_network._engine.arguments import activation_names
from skmirai.neural_network._engine.optimizers import (
    check_optimizer,
    optimizer_classes,
    rates_in_float32,
    schedule_classes,
    undecayed_names,
)
from skmirai.neural_network._files.classes import CLASSES
from skmirai.neural_network._files.ensembles import (
    MOST_MEMBERS,
    members_of,
    with_members,
)
from skmirai.neural_network._files.parts import parts_of
from skmirai.neural_network._files.restoring import restored
from skmirai.neural_network._files.transformers import (
    SKLEARN_FORMS,
    SKLEARN_KINDS,
    transformers,
)
from skmirai.neural_network._files.wrappers import CALIBRATED, FORMS, WRAPPERS
from skmirai.utils._encoding import Codec
from skmirai.utils._forms import Form
from skmirai.utils._kinds import Kind

#: Wrappers name what they ask twice: as a parameter, and fitted.
_MOST_ENSEMBLES = 8


@cache
def codec() -> Codec:
    """What files of estimators may hold."""
    own = {
        cls: Form(parts_of, restored, most=MOST_MEMBERS + 1)  # and what they came from
        if cls._kind is None
        else Form(members_of, with_members, most=_MOST_ENSEMBLES)
        for cls in CLASSES.values()
    }
    return Codec(
        ChainMap(CLASSES, WRAPPERS, transformers()),  # type: ignore[arg-type]
        [_ACTIVATION, _OPTIMIZER, _SCHEDULE, CALIBRATED, *SKLEARN_KINDS],
        {**SKLEARN_FORMS, **FORMS, **own},
    )


# -- activations -------------------------------------------------------------------


def _is_activation(value: Any) -> bool:
    name = getattr(value, "__name__", "")
    known = is_started() and name in activation_names()
    return known and getattr(keras.activations, name) is value


def _activation(name: Any) -> Any:
    if name not in activation_names():
        raise ValueError(f"{name!r} is no activation of Keras")
    return getattr(keras.activations, name)


_ACTIVATION = Kind(
    "activation", _is_activation, lambda value: value.__name__, _activation
)


# -- optimizers --------------------------------------------------------------------

# Keras can write and read configurations itself, but imports what they name.


def _is_optimizer(value: Any) -> bool:
    return is_started() and type(value) in optimizer_classes().values()


def _packed_optimizer(optimizer: Any) -> dict[str, Any]:
    config = {  # Keras keeps lists as a class of its own
        name: list(value) if isinstance(value, list) else value
        for name, value in optimizer.get_config().items()
    }
    if isinstance(config["learning_rate"], dict):  # a schedule or a function
        config["learning_rate"] = optimizer._learning_rate
    names = undecayed_names(optimizer)
    return {"class": type(optimizer).__name__, "config": config, "undecayed": names}


def _optimizer(packed: Any) -> "keras.optimizers.Optimizer":
    cls = optimizer_classes()[packed["class"].lower()]
    config = dict(packed["config"])
    rate = config.pop("learning_rate")
    if not isinstance(rate, float | keras.optimizers.schedules.LearningRateSchedule):
        raise ValueError(f"learning_rate={rate!r} of {cls.__name__} is no number")
    _check_config(config)
    with rates_in_float32():
        optimizer = cls(learning_rate=rate, **config)
    if packed["undecayed"] is not None:
        optimizer.exclude_from_weight_decay(var_names=[str(packed["undecayed"])])
    check_optimizer(optimizer)
    return optimizer


#: Of each network one is a parameter, and the other one has trained it.
_OPTIMIZER = Kind(
    "optimizer",
    _is_optimizer,
    _packed_optimizer,
    _optimizer,
    most=2 * (MOST_MEMBERS + 1),
)


def _is_schedule(value: Any) -> bool:
    return is_started() and type(value) in schedule_classes().values()


def _packed_schedule(schedule: Any) -> dict[str, Any]:
    return {"class": type(schedule).__name__, "config": schedule.get_config()}


def _schedule(packed: Any) -> Any:
    cls, config = schedule_classes()[packed["class"]], dict(packed["config"])
    _check_config(config)
    return cls(**config)


_SCHEDULE = Kind("schedule", _is_schedule, _packed_schedule, _schedule)


def _check_config(config: dict[str, Any]) -> None:
    for name, value in config.items():
        values = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(v, bool | int | float | str | None) for v in values):
            raise ValueError(f"{name}={value!r} is no setting of an optimizer")
