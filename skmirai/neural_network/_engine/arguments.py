"""Checks of the arguments that describe a network."""

import math
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from skmirai.neural_network._backend import keras
from skmirai.neural_network._engine.activations import ACTIVATIONS


def check_count(name: str, value: Any, least: int) -> int:
    """Insist on an integer of at least ``least``."""
    if not _is_count(value, least):
        raise ValueError(f"{name}={value!r} must be an integer of at least {least}")
    return int(value)


def _is_count(value: Any, least: int) -> bool:
    if not isinstance(value, Integral) or isinstance(value, bool):
        return False
    return int(value) >= least


def check_flag(name: str, value: Any) -> bool:
    """Insist on True or False."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name}={value!r} must be True or False")
    return bool(value)


def check_dtype(dtype: Any) -> str:
    """Insist on a precision that the compiled epochs know."""
    if not isinstance(dtype, str) or dtype not in ("float32", "float64"):
        raise ValueError(f"dtype={dtype!r} must be 'float32' or 'float64'")
    return dtype


def check_learning_rate(rate: Any) -> None:
    """Insist on a finite number above 0."""
    if (
        not isinstance(rate, Real)
        or isinstance(rate, bool)
        or not 0 < float(rate) < math.inf
    ):
        raise ValueError(
            f"learning_rate={rate!r} must be a finite number above 0; a schedule "
            f"goes into an optimizer instance"
        )


def check_outputs(n_outputs: Any, output_activation: Any, known: Sequence[str]) -> int:
    """Insist on as many units of the output layer as its activation needs."""
    if not isinstance(output_activation, str) or output_activation not in known:
        raise ValueError(
            f"output_activation={output_activation!r} is unknown; "
            f"use one of {sorted(known)}"
        )
    n_outputs = check_count("n_outputs", n_outputs, 1)
    if output_activation == "sigmoid" and n_outputs != 1:
        raise ValueError(
            f"n_outputs={n_outputs} with output_activation='sigmoid' must be 1; "
            f"use 'softmax' for more than two classes"
        )
    if output_activation == "softmax" and n_outputs == 1:
        raise ValueError(
            "n_outputs=1 with output_activation='softmax' must be at least 2: one "
            "unit would always be 1; use 'sigmoid' for two classes"
        )
    return n_outputs


# -- one value, or one per layer ---------------------------------------------------


def layer_sizes(n_nodes: int | Sequence[int], n_layers: int) -> tuple[int, ...]:
    """Units of each hidden layer."""
    sizes = _per_layer("n_nodes", n_nodes, n_layers)
    if not all(_is_count(size, 1) for size in sizes):
        raise ValueError(f"n_nodes={n_nodes!r} must hold integers of at least 1")
    return tuple(int(size) for size in sizes[:n_layers])


def dropout_rates(
    dropout_rate: float | Sequence[float], n_layers: int
) -> tuple[float, ...]:
    """Dropout rate after each hidden layer."""
    rates = _per_layer("dropout_rate", dropout_rate, n_layers)
    if not all(isinstance(rate, Real) and 0 <= float(rate) < 1 for rate in rates):
        raise ValueError(f"dropout_rate={dropout_rate!r} must be in [0, 1)")
    return tuple(float(rate) for rate in rates[:n_layers])


def _per_layer(name: str, value: Any, n_layers: int) -> list[Any]:
    """Spread one value over the layers, or check that there is one for each.

    One value comes back even for no layer, so that it is checked.
    """
    if isinstance(value, Real):
        return [value] * max(1, n_layers)
    if isinstance(value, str) or not np.iterable(value):
        raise ValueError(
            f"{name}={value!r} must be a number, or a sequence of one number per "
            f"hidden layer"
        )
    values = list(value)
    if len(values) != n_layers:
        raise ValueError(
            f"{name}={value!r} has {len(values)} entries for n_layers={n_layers} "
            f"hidden layers; give one number, or one per hidden layer"
        )
    return values


# -- activation --------------------------------------------------------------------

#: Names in keras.activations that are no activation of a layer: "glu" halves the
#: number of units, "threshold" needs two more arguments.
_NOT_BY_NAME = {"get", "serialize", "deserialize", "glu", "threshold"}


def activation_names() -> list[str]:
    """Names that ``activation`` may be."""
    names = (name for name in dir(keras.activations) if name.islower())
    return sorted(n for n in names if not n.startswith("_") and n not in _NOT_BY_NAME)


def check_activation(activation: str | Callable[..., Any], dtype: str) -> None:
    """Insist on a known name, or on a function that keeps the shape."""
    if isinstance(activation, str) and activation in ACTIVATIONS:
        return
    if isinstance(activation, keras.layers.Layer | type):
        raise ValueError(
            f"activation={activation!r} must be a name or a function; "
            f"keras.activations has the functions of Keras's activation layers"
        )
    if not callable(activation):
        names = activation_names()
        if activation not in names:
            raise ValueError(
                f"activation={activation!r} is unknown; use one of {names} "
                f"or a callable"
            )
        return
    units = keras.ops.zeros((2, 4), dtype)
    shape = getattr(activation(units), "shape", None)
    if shape is None or tuple(shape) != (2, 4):
        raise ValueError(
            f"activation={activation!r} turns a tensor of shape (2, 4) into one of "
            f"shape {shape}; use a function that keeps the shape"
        )
