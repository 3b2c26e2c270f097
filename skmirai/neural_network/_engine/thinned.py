"""Networks without the units that a pass of Monte Carlo dropout drops."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from skmirai.neural_network._engine.activations import is_elementwise
from skmirai.neural_network._engine.forward import Layer


def thinned(layers: list[Layer], masks: Iterator[np.ndarray]) -> list[Layer]:
    """Cut dropped units out of the weights, so that no mask is ever multiplied.

    A dropped unit passes nothing on, so neither its column of the kernel before it
    nor its row of the next is needed; what kept units are scaled by becomes part of
    the next kernel, as batch normalisation does. Units are kept where the activation
    looks at all of them together, as a softmax does; then their rows are 0.

    Parameters
    ----------
    layers : list of Layer
        Layers behind the first dropout, without members.
    masks : iterator of ndarray of shape (n_units,)
        What each unit in front of the layers is multiplied by, then those behind
        each of their dropouts: 0 where it is dropped.

    Returns
    -------
    list of Layer
        Dense layers, which take the units in front of all layers as they are.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.neural_network._engine.forward import Layer
    >>> from skmirai.neural_network._engine.thinned import thinned
    >>> layer = Layer(np.tanh, np.array([[1.0], [2.0]]), np.array([0.5]))
    >>> thinned([layer], iter([np.array([2.0, 0.0])]))[0].first
    array([[2.],
           [0.]])
    """
    gain = next(masks)
    shift, kept = np.zeros_like(gain), _all(gain)
    cut: list[Layer] = []
    for layer in layers:
        if layer.activation is None:
            gain, shift = gain * layer.first, shift * layer.first + layer.second
        else:
            kernel = layer.first[kept]
            bias = layer.second + shift @ kernel
            cut.append(replace(layer, first=gain[:, np.newaxis] * kernel, second=bias))
            gain, shift, kept = np.ones_like(bias), np.zeros_like(bias), _all(bias)
        if layer.dropout is not None:
            mask = next(masks)
            gain, shift = gain * mask, shift * mask
            if is_elementwise(cut[-1].activation):
                kept = mask > 0
                gain, shift = gain[kept], shift[kept]
                cut[-1] = _of_units(cut[-1], kept)
    return cut


def _of_units(layer: Layer, kept: np.ndarray) -> Layer:
    return replace(layer, first=layer.first[:, kept], second=layer.second[kept])


def _all(units: np.ndarray) -> np.ndarray:
    return np.full(len(units), fill_value=True)
