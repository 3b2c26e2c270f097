"""Keras's activations in NumPy: one entry for each name.

Prediction needs no TensorFlow for them, which starts with the first row, not after
100 microseconds of its own, and works in a process that was forked.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from scipy import special

from skmirai.neural_network._backend import keras, to_numpy
from skmirai.neural_network._engine.forks import check_not_forked

#: Constants that TensorFlow rounds to float32, also for float64.
_ROOT_OF_HALF, _SLOPE = np.float32(0.5**0.5), np.float32(0.2)


def _relu(x: np.ndarray) -> np.ndarray:
    # against an array of zeros in a fifth of the time that the number 0 takes
    return np.maximum(x, np.zeros_like(x), out=x)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    np.exp(-x, out=x)  # infinite for a large number: 1 / inf = 0
    x += 1
    return np.reciprocal(x, out=x)


def _silu(x: np.ndarray) -> np.ndarray:
    return x * special.expit(x)


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _selu(x: np.ndarray) -> np.ndarray:
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    negative = alpha * np.expm1(np.minimum(x, 0))
    return scale * np.where(x > 0, x, negative)


def _gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + special.erf(x * x.dtype.type(_ROOT_OF_HALF)))


def _leaky_relu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, x.dtype.type(_SLOPE) * x)


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _hard_sigmoid(x: np.ndarray) -> np.ndarray:
    return np.clip(x / 6 + 0.5, 0, 1)


def _hard_silu(x: np.ndarray) -> np.ndarray:
    return x * _hard_sigmoid(x)


def _sparse_plus(x: np.ndarray) -> np.ndarray:
    between = 0.25 * (np.clip(x, -1, 1) + 1) ** 2
    return np.where(x < 1, between, x)


def _sparsemax(x: np.ndarray) -> np.ndarray:
    # NOTE[DIFF] Martins, Astudillo (ICML 2016) take the last of these cumulative sums
    # for the threshold; Keras adds all of them up, and a network is trained with that
    in_order = -np.sort(-x, axis=-1)
    sums = np.cumsum(in_order, axis=-1)
    counts = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    support = in_order - (sums - 1) / counts > 0
    size = support.sum(axis=-1, keepdims=True).astype(x.dtype)
    total = np.where(support, sums, 0).sum(axis=-1, keepdims=True)
    return np.maximum(x - (total - 1) / size, 0)


#: What each name computes; the array that is given may be overwritten.
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "celu": _elu,
    "elu": _elu,
    "exponential": np.exp,
    "gelu": _gelu,
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _hard_silu,
    "hard_swish": _hard_silu,
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": _leaky_relu,
    "linear": lambda x: x,
    "log_sigmoid": lambda x: -_softplus(-x),
    "log_softmax": lambda x: special.log_softmax(x, axis=-1),
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "relu": _relu,
    "relu6": lambda x: np.clip(x, 0, 6),
    "selu": _selu,
    "sigmoid": _sigmoid,
    "silu": _silu,
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "softmax": lambda x: special.softmax(x, axis=-1),
    "softplus": _softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda x: 0.5 * (np.clip(x, -1, 1) + 1),
    "sparsemax": _sparsemax,
    "squareplus": lambda x: (x + np.sqrt(x * x + 4)) / 2,
    "swish": _silu,
    "tanh": lambda x: np.tanh(x, out=x),
    "tanh_shrink": lambda x: x - np.tanh(x),
}


#: Those that look at all units of a row together.
_ACROSS_UNITS = ("log_softmax", "softmax", "sparsemax")


@cache
def _by_function() -> dict[int, Callable[[np.ndarray], np.ndarray]]:
    known = {n: getattr(keras.activations, n, None) for n in ACTIVATIONS}
    return {id(f): ACTIVATIONS[n] for n, f in known.items() if f is not None}


def in_numpy(
    activation: str | Callable[..., Any],
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what an activation, a name or a function of tensors, does with arrays.

    The array that is given to it may be overwritten. Functions need Keras, which a
    name does not; those that Keras has no name for go through its tensors.
    """
    if isinstance(activation, str) and activation in ACTIVATIONS:
        return ACTIVATIONS[activation]
    function = keras.activations.get(activation)
    return _by_function().get(id(function)) or partial(_through_tensors, function)


def _through_tensors(activation: Callable[..., Any], values: np.ndarray) -> np.ndarray:
    check_not_forked("an activation that is no name of Keras")
    return to_numpy(activation(keras.ops.convert_to_tensor(values)))


def is_elementwise(activation: Callable[[np.ndarray], np.ndarray] | None) -> bool:
    """Tell whether each unit's value is known to depend on that unit alone.

    Activations are those that :func:`in_numpy` returns.
    """
    across = [ACTIVATIONS[name] for name in _ACROSS_UNITS]
    return activation in ACTIVATIONS.values() and activation not in across
