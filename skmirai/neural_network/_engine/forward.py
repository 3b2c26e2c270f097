"""Send rows through a network on the processor: the one forward pass.

NumPy's products of a tall table and a small matrix take a third of the time of
TensorFlow's, compiled or not; a single row is quicker by more than that.

Signals are (n_rows, units), behind the first layer of a network of members
(n_rows, n_members, units).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from skmirai.neural_network._engine.activations import ACTIVATIONS, in_numpy
from skmirai.neural_network._engine.architecture import NetworkSpec
from skmirai.neural_network._engine.embeddings import SCALE, embedded_rows
from skmirai.neural_network._engine.lazy import VALUES_AT_ONCE
from skmirai.neural_network._engine.weights import EPSILON, cut_weights

#: Values of one layer that are held at once where there are members. Parts that fit
#: the processor's cache take a tenth less time where it is idle, but NumPy's threads
#: wait for each other at every product, which costs far more where it is not.
_VALUES_AT_ONCE = 2**21


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer as prediction needs it, equal to itself alone.

    Attributes
    ----------
    activation : callable or None
        Activation of a dense layer, in NumPy; None for batch normalisation.
    first, second : ndarray
        Kernel and bias, or scale and shift. Kernels of members are (n_members,
        n_inputs, units), in memory (n_inputs, n_members, units), and biases may be
        (n_members, units).
    dropout : int or None
        Number of the hidden layer whose dropout follows; None if none does.
    tables : tuple of ndarray of shape (n_codes, size)
        Of the first layer: vectors of the codes in the last columns of its rows.
    """

    activation: Callable[[np.ndarray], np.ndarray] | None
    first: np.ndarray
    second: np.ndarray
    dropout: int | None = None
    tables: tuple[np.ndarray, ...] = ()


def forward_layers(spec: NetworkSpec, floats: np.ndarray) -> list[Layer]:
    """Cut the floats of a state, or its weights alone, into layers."""
    trained, kept = map(iter, cut_weights(spec, floats))
    activation = in_numpy(spec.activation)
    tables = tuple(SCALE * next(trained) for _ in spec.embeddings)
    layers = []
    for depth, rate in enumerate(spec.rates):
        dropout = depth if rate > 0 else None
        dense = _kernel_and_bias(spec, depth, trained)
        if not spec.batch_norm:
            layers.append(Layer(activation, *dense, dropout))
            continue
        layers.append(Layer(activation, *dense))
        gamma, beta, mean, variance = (
            next(part) for part in (trained, trained, kept, kept)
        )
        scale = gamma / np.sqrt(variance + variance.dtype.type(EPSILON))
        layers.append(Layer(None, scale, beta - mean * scale, dropout))
    output = _kernel_and_bias(spec, len(spec.sizes), trained)
    layers.append(Layer(ACTIVATIONS["linear"], *output))
    return [replace(layers[0], tables=tables), *layers[1:]]


def _kernel_and_bias(
    spec: NetworkSpec, depth: int, trained: Iterator[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias of a dense layer, what members scale by made part of it."""
    is_output = depth == len(spec.sizes)
    if not spec.is_adapted(depth):
        kernel, bias = next(trained), next(trained)
        if is_output and spec.n_members > 1:
            kernel = _inputs_first(kernel)
        return kernel, bias
    scale, kernel = next(trained), next(trained)
    kernel = scale[:, :, np.newaxis] * kernel
    return _inputs_first(kernel), next(trained)


def _inputs_first(kernel: np.ndarray) -> np.ndarray:
    """Kernels of members in memory as one matrix of all their units takes them."""
    return np.ascontiguousarray(kernel.swapaxes(0, 1)).swapaxes(0, 1)


def n_inputs(layers: list[Layer]) -> int:
    """Count the inputs of the first layer, vectors in place of codes."""
    return layers[0].first.shape[-2]


def n_members(layers: list[Layer]) -> int:
    """Count the members of a network."""
    kernel = layers[0].first
    return len(kernel) if kernel.ndim == 3 else 1


def through(layer: Layer, signal: np.ndarray) -> np.ndarray:
    """Send rows through one layer, into an array of their own."""
    if layer.activation is None:
        signal = signal * layer.first
        signal += layer.second
        return signal
    signal = _product(embedded_rows(signal, layer.tables), layer.first)
    signal += layer.second
    return layer.activation(signal)


def _product(signal: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Product of a signal, of members or not, and a kernel, theirs or shared."""
    if kernel.ndim == 2:
        if signal.ndim == 2:
            return signal @ kernel
        flat = signal.reshape(-1, len(kernel)) @ kernel
        return flat.reshape(*signal.shape[:2], -1)
    if signal.ndim == 2:
        n_members, n_inputs, units = kernel.shape
        together = kernel.swapaxes(0, 1).reshape(n_inputs, -1)
        return (signal @ together).reshape(-1, n_members, units)
    if kernel.shape[-1] == 1:  # in one pass, not in a product for each member
        return np.einsum("rki,kio->rko", signal, kernel)
    return np.matmul(signal.swapaxes(0, 1), kernel).swapaxes(0, 1)


def decide(layers: list[Layer], X: np.ndarray) -> np.ndarray:
    """Output layer's values before its activation.

    Dropout is switched off. Values that are not finite are left to who asked.

    Parameters
    ----------
    layers : list of Layer
        The network.
    X : ndarray of shape (n_rows, n_features)
        Scaled rows, in the network's precision.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs) or (n_rows, n_members, n_outputs)
    """
    return _in_parts(layers, X)


def last_hidden(layers: list[Layer], X: np.ndarray) -> np.ndarray:
    """What the output layer gets; without hidden layers, the rows.

    Parameters
    ----------
    layers, X
        As `decide` takes them.

    Returns
    -------
    ndarray of shape (n_rows, units) or (n_rows, n_members, units)
    """
    if len(layers) == 1:
        return embedded_rows(X, layers[0].tables)
    return _in_parts(layers[:-1], X)


def _in_parts(layers: list[Layer], X: np.ndarray) -> np.ndarray:
    """Send rows through layers, so many at once as memory and cache like."""
    with np.errstate(over="ignore", invalid="ignore"):
        step = len(X)
        if n_members(layers) > 1:
            width = max(layer.second.shape[-1] for layer in layers)
            step = max(1, _VALUES_AT_ONCE // (width * n_members(layers)))
        if layers[0].tables:
            step = min(step, max(1, VALUES_AT_ONCE // n_inputs(layers)))
        if step >= len(X):
            return _through_all(layers, X)
        starts = range(0, len(X), step)
        return np.concatenate([_through_all(layers, X[n : n + step]) for n in starts])


def _through_all(layers: list[Layer], signal: np.ndarray) -> np.ndarray:
    for layer in layers:
        signal = through(layer, signal)
    return signal
