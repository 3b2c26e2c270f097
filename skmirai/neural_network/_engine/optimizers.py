"""Optimizers of Keras: their names and copies, and updates without variables."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from skmirai.neural_network._backend import keras, tf, to_numpy


@cache
def optimizer_classes() -> "dict[str, type[keras.optimizers.Optimizer]]":
    found = (getattr(keras.optimizers, name) for name in dir(keras.optimizers))
    classes = {
        cls.__name__.lower(): cls
        for cls in found
        if isinstance(cls, type) and issubclass(cls, keras.optimizers.Optimizer)
    }
    return {
        name: cls
        for name, cls in classes.items()
        if cls is not keras.optimizers.Optimizer and not issubclass(cls, _wrappers())
    }


@cache
def schedule_classes() -> dict[str, type]:
    """Keras's learning rate schedules by their names."""
    home = keras.optimizers.schedules
    classes = {n: c for n, c in vars(home).items() if isinstance(c, type)}
    return {n: c for n, c in classes.items() if c is not home.LearningRateSchedule}


@cache
def _wrappers() -> "tuple[type[keras.optimizers.Optimizer], ...]":
    """Classes that wrap other optimizers."""
    names = ("LossScaleOptimizer", "MultiOptimizer")
    return tuple(c for n in names if (c := getattr(keras.optimizers, n, None)))


def make_optimizer(
    optimizer: "str | keras.optimizers.Optimizer", learning_rate: float
) -> "keras.optimizers.Optimizer":
    """Make a fresh optimizer from a name, or a fresh copy of an instance.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        A name in any case, such as "sgd" or "AdamW". An instance is copied
        from its configuration, its learning rate included; its state is not.
    learning_rate : float
        Step size for a named optimizer.

    Returns
    -------
    keras.optimizers.Optimizer
        A new optimizer without state.

    Raises
    ------
    ValueError
        If there is no optimizer of that name; the message lists the names.
    """
    check_optimizer(optimizer)
    with rates_in_float32():
        if isinstance(optimizer, keras.optimizers.Optimizer):
            config = {**optimizer.get_config(), "name": "optimizer"}
            copied = type(optimizer).from_config(config)
            if names := undecayed_names(optimizer):
                copied.exclude_from_weight_decay(var_names=[names])
            return copied
        cls = optimizer_classes()[optimizer.lower()]
        return cls(learning_rate=float(learning_rate), name="optimizer")


@contextmanager
def rates_in_float32() -> Iterator[None]:
    """Keep step sizes in float32; Keras would round them to its default float."""
    default = keras.config.floatx()
    if default == "float32":
        yield
        return
    keras.config.set_floatx("float32")
    try:
        yield
    finally:
        keras.config.set_floatx(default)


def undecayed_names(optimizer: "keras.optimizers.Optimizer") -> str | None:
    """Pattern of the variables that an instance was told not to decay."""
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    return None if pattern is None else pattern.pattern


def check_optimizer(optimizer: Any) -> None:
    """Insist on the name of an optimizer or an instance that can be copied."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        _check_instance(optimizer)
        return
    classes = optimizer_classes()
    if not isinstance(optimizer, str) or optimizer.lower() not in classes:
        raise ValueError(
            f"optimizer={optimizer!r} is unknown; use one of {sorted(classes)} "
            f"or a keras.optimizers.Optimizer instance"
        )


def _check_instance(optimizer: "keras.optimizers.Optimizer") -> None:
    name = type(optimizer).__name__
    if isinstance(optimizer, _wrappers()):
        raise ValueError(
            f"optimizer={name} wraps other optimizers, which is not supported; pass "
            f"the optimizer itself, with loss_scale_factor=... if losses must be scaled"
        )
    if getattr(optimizer, "_exclude_from_weight_decay", None):
        raise ValueError(
            f"optimizer={name} excludes variables of another network from weight "
            f"decay; exclude_from_weight_decay(var_names=['bias']) works by name"
        )


@dataclass(frozen=True)
class Details:
    """What the engine must know of a kind of optimizer.

    Attributes
    ----------
    elementwise : bool
        Whether the update of a weight depends on that weight's history alone, so
        that weights may be joined in one vector.
    float64 : bool
        Whether it computes in float64 if the weights do.
    functional : bool
        Whether its update is a function of values. One that reads a variable
        after it has changed it, where it means the value before, is not, and
        Keras's own loop must train with it to train as Keras does.
    """

    elementwise: bool = False
    float64: bool = True
    functional: bool = True


#: Kinds of optimizers that differ from the defaults of :class:`Details`.
DETAILS = {
    "adadelta": Details(elementwise=True),
    "adagrad": Details(elementwise=True),
    "adam": Details(elementwise=True),
    "adamax": Details(elementwise=True),
    "adamw": Details(elementwise=True),
    "ftrl": Details(elementwise=True),
    "lion": Details(elementwise=True),
    "muon": Details(float64=False),
    "nadam": Details(elementwise=True),
    "rmsprop": Details(elementwise=True),
    "schedulefreeadamw": Details(functional=False),
    "sgd": Details(elementwise=True),
}


def check_precision(optimizer: Any, dtype: str) -> None:
    """Refuse float64 for an optimizer that computes in float32."""
    if dtype == "float64" and not computes_in_float64(optimizer):
        raise ValueError(
            f"optimizer={optimizer!r} computes in float32 only, but dtype is "
            f"'float64'; use dtype='float32' or another optimizer"
        )


def computes_in_float64(optimizer: Any) -> bool:
    """Tell whether an optimizer, also one of a derived class, can use float64."""
    return all(kind.float64 for kind in _kinds(optimizer))


def is_functional(optimizer: Any) -> bool:
    """Tell whether a compiled program trains as Keras's loop does."""
    return all(kind.functional for kind in _kinds(optimizer))


def _kinds(optimizer: Any) -> Iterator[Details]:
    """Details of an optimizer and, for an instance, of the classes behind it."""
    names = [optimizer]
    if not isinstance(optimizer, str):
        names = [cls.__name__ for cls in type(optimizer).__mro__]
    return (DETAILS.get(name.lower(), Details()) for name in names)


def works_elementwise(optimizer: "keras.optimizers.Optimizer") -> bool:
    """Tell whether weights may be joined in one vector without a difference."""
    known = [optimizer_classes()[n] for n, kind in DETAILS.items() if kind.elementwise]
    by_name = undecayed_names(optimizer) is not None
    return type(optimizer) in known and optimizer.clipnorm is None and not by_name


# -- what programs are told apart by -----------------------------------------------


def optimizer_key(optimizer: "str | keras.optimizers.Optimizer") -> Hashable | None:
    """What of an optimizer is built into a program: all but its learning rate.

    Returns
    -------
    hashable or None
        Equal for optimizers that train alike; None where settings cannot be
        compared by their values, so that a program must not be shared.
    """
    if isinstance(optimizer, str):
        return _key_of_name(optimizer.lower())
    # a class of the user's may compute what its configuration does not tell
    if type(optimizer) not in optimizer_classes().values():
        return None
    config = optimizer.get_config()
    if isinstance(config["learning_rate"], float):
        del config["learning_rate"]
    elif type(optimizer._learning_rate) not in schedule_classes().values():
        return None
    del config["name"]
    try:
        values = by_value(config)
    except TypeError:
        return None
    return type(optimizer), values, undecayed_names(optimizer)


@cache
def _key_of_name(optimizer: str) -> Hashable | None:
    """Key of an optimizer with its defaults, as its instance has it."""
    return optimizer_key(make_optimizer(optimizer, 0.001))


_PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic)


def by_value(value: Any) -> Hashable:
    """Turn settings into something hashable that is equal for equal values only.

    Raises
    ------
    TypeError
        If a part is nothing that can be compared by its value.
    """
    if isinstance(value, dict):
        pairs = [(by_value(k), by_value(v)) for k, v in value.items()]
        return "dict", tuple(sorted(pairs, key=repr))
    if isinstance(value, list | tuple):
        return "list", tuple(by_value(v) for v in value)
    if isinstance(value, tf.Tensor | keras.Variable):
        value = to_numpy(value)
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, _PLAIN):
        return type(value).__name__, repr(value)
    raise TypeError(f"{type(value).__name__} cannot be compared by its value")


# -- updates without variables -----------------------------------------------------


class _Functional:
    """Make the methods of an optimizer go through Keras's variables.

    Keras's scope of a stateless call stands in for those. On TensorFlow an
    optimizer goes past them, to the variables of TensorFlow, which a program
    would keep and share between the threads that run it.
    """

    # of the class that this one is mixed into
    gradient_accumulation_steps: int | None
    variables: "list[keras.Variable]"
    update_step: Any
    _accumulated_gradients: "list[keras.Variable]"
    _get_variable_index: Any
    _iterations: "keras.Variable"
    _clip_gradients: Any
    _apply_weight_decay: Any
    _backend_update_step: Any
    learning_rate: Any
    _trainable_variables: "list[keras.Variable]"

    def _var_key(self, variable: Any) -> int:
        return id(variable)

    def _all_reduce_sum_gradients(self, grads_and_vars: Any) -> Any:
        return grads_and_vars

    def _distributed_tf_update_step(
        self, distribution: Any, grads_and_vars: Any, learning_rate: Any
    ) -> None:
        """Update variables that a method of TensorFlow's optimizer gives as values."""
        for gradient, value in grads_and_vars:
            (variable,) = (v for v in self._trainable_variables if v.value is value)
            self.update_step(gradient, variable, learning_rate)

    def _backend_apply_gradients(self, grads: Any, trainable_variables: Any) -> None:
        steps = self.gradient_accumulation_steps
        if not steps:
            super()._backend_apply_gradients(grads, trainable_variables)  # type: ignore[misc]
            return
        # both branches are computed: what a branch assigns is lost to the scope
        sums = [
            self._accumulated_gradients[self._get_variable_index(variable)]
            for variable in trainable_variables
        ]
        added = [g + so_far.value for g, so_far in zip(grads, sums, strict=True)]
        changed = [*trainable_variables, *self.variables]
        before = [variable.value for variable in changed]
        # as Keras's branch does; the number of steps stays, since ``iterations``
        # counts updates by it
        means = self._clip_gradients([g / steps for g in added])
        self._apply_weight_decay(trainable_variables)
        self._backend_update_step(means, trainable_variables, self.learning_rate)
        is_update = tf.equal((self._iterations.value + 1) % steps, 0)
        for variable, old in zip(changed, before, strict=True):
            variable.assign(tf.where(is_update, variable.value, old))
        for so_far, total in zip(sums, added, strict=True):
            so_far.assign(tf.where(is_update, tf.zeros_like(total), total))


#: Methods of Keras's optimizers that TensorFlow's replace by ones of its own.
_OF_TENSORFLOW = (
    "assign",
    "assign_add",
    "assign_sub",
    "stateless_apply",
    "_apply_weight_decay",
    "_backend_update_step",
    "_backend_increment_gradient_accumulators",
)


@cache
def _functional_class(cls: Any) -> Any:
    base = next(c for c in cls.__mro__ if c.__name__ == "BaseOptimizer")
    on_tensorflow = next(c for c in cls.__mro__ if c.__name__ == "TFOptimizer")
    general = {
        name: vars(base)[name]
        for name in _OF_TENSORFLOW
        if getattr(cls, name) is vars(on_tensorflow)[name]
    }
    return type(cls.__name__, (_Functional, cls), general)


def functional_optimizer(
    optimizer: "str | keras.optimizers.Optimizer", trained: "list[keras.Variable]"
) -> "keras.optimizers.Optimizer":
    """Copy of an optimizer, built for variables, that can update without them.

    Its ``stateless_apply`` takes the values of its variables, gradients and the
    values of ``trained``, and returns the values after one step.
    """
    copied = make_optimizer(optimizer, 0.001)
    copied.__class__ = _functional_class(type(copied))  # type: ignore[arg-type]
    copied.build(trained)
    return copied
