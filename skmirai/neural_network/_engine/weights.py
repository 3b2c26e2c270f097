"""Weights and batch statistics of a network: their shapes and places in its state."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from skmirai.neural_network._engine.architecture import NetworkSpec

#: Share of the old moving statistics that a batch leaves, and what is added to
#: a variance before its root: the defaults of keras.layers.BatchNormalization.
MOMENTUM, EPSILON = 0.99, 1e-3


@dataclass(frozen=True)
class Weight:
    """A weight that is trained.

    Attributes
    ----------
    layer, name : str
        Names of the layer and, in it, of the weight, as in ``build_dnn``.
    shape : tuple of int
        Shape.
    start : float or {"glorot", "normal", "vectors"}
        Value of all its numbers before training, or how they are drawn.
    """

    layer: str
    name: str
    shape: tuple[int, ...]
    start: float | str


@dataclass(frozen=True)
class Kept:
    """What a step changes by itself: batch statistics and dropout counters.

    Attributes
    ----------
    shape : tuple of int
        Shape.
    dtype : str
        Type of its numbers.
    start : float
        Value before training; the seeds of dropout are put there afterwards.
    """

    shape: tuple[int, ...]
    dtype: str
    start: float


def trained_weights(spec: NetworkSpec) -> Iterator[Weight]:
    """Weights that are trained, in Keras's order."""
    members = (spec.n_members,) if spec.n_members > 1 else ()
    *hidden, output = spec.kernel_shapes()
    for number, shape in enumerate(spec.embeddings, start=1):
        yield Weight(f"embedding_{number}", "embeddings", shape, "vectors")
    if spec.is_adapted(0):
        yield Weight("members_in_1", "kernel", (*members, spec.n_inputs), "normal")
    for number, (n_inputs, units) in enumerate(hidden, start=1):
        yield Weight(f"dense_{number}", "kernel", (n_inputs, units), "glorot")
        yield Weight(f"dense_{number}", "bias", (units,), 0.0)
        if spec.batch_norm:
            yield Weight(f"batch_norm_{number}", "gamma", (units,), 1.0)
            yield Weight(f"batch_norm_{number}", "beta", (units,), 0.0)
    yield Weight("output", "kernel", (*members, *output), "glorot")
    yield Weight("output", "bias", (*members, *output[1:]), 0.0)


def kept_values(spec: NetworkSpec) -> Iterator[Kept]:
    """What a step changes besides trained weights, in Keras's order."""
    if spec.embedding_dropout:
        yield Kept((2,), "int64", 0.0)
    for units, rate in zip(spec.sizes, spec.rates, strict=True):
        if spec.batch_norm:
            yield Kept((units,), spec.dtype, 0.0)
            yield Kept((units,), spec.dtype, 1.0)
        if rate > 0:
            yield Kept((2,), "int64", 0.0)


def n_parameters(spec: NetworkSpec) -> int:
    """Count the numbers that are trained."""
    return sum(math.prod(weight.shape) for weight in trained_weights(spec))


def sizes_of_weights(spec: NetworkSpec) -> tuple[int, int]:
    """Count the leading floats and integers of a state: all but the optimizer's."""
    n_kept = {True: 0, False: 0}
    for kept in kept_values(spec):
        n_kept[kept.dtype == "int64"] += math.prod(kept.shape)
    return n_parameters(spec) + n_kept[False], n_kept[True]


def cut_weights(
    spec: NetworkSpec, floats: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Cut trained weights and batch statistics out of the floats of a state.

    Returns
    -------
    trained, statistics : list of ndarray
        Views, both in Keras's order.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.neural_network._engine.architecture import network_spec
    >>> from skmirai.neural_network._engine.weights import cut_weights
    >>> spec = network_spec(
    ...     2, 1, 3, activation="relu", batch_norm=True, dropout_rate=0, n_outputs=1,
    ...     output_activation="sigmoid", dtype="float32",
    ... )
    >>> trained, statistics = cut_weights(spec, np.arange(30))
    >>> [weight.shape for weight in trained]
    [(2, 3), (3,), (3,), (3,), (3, 1), (1,)]
    >>> statistics
    [array([19, 20, 21]), array([22, 23, 24])]
    """
    trained = [weight.shape for weight in trained_weights(spec)]
    statistics = [k.shape for k in kept_values(spec) if k.dtype != "int64"]
    shapes = [*trained, *statistics]
    parts = np.split(floats, np.cumsum([math.prod(shape) for shape in shapes]))
    arrays = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=False)]
    return arrays[: len(trained)], arrays[len(trained) :]
