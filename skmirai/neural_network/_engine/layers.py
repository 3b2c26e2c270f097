"""What one training step computes: layers, dropout masks, loss and metric.

The same mathematics as Keras's layers, as functions of tensors: nothing is
kept between calls, so that a compiled program can run in several threads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skmirai.neural_network._backend import keras, tf, to_numpy
from skmirai.neural_network._engine.architecture import HEADS, NetworkSeeds, NetworkSpec
from skmirai.neural_network._engine.embeddings import embedded, initial_vectors
from skmirai.neural_network._engine.members import (
    MembersLoss,
    each,
    in_turns,
    own,
    picked,
    shared,
    spread,
)
from skmirai.neural_network._engine.weights import EPSILON, MOMENTUM, trained_weights


def initial_weights(
    spec: NetworkSpec, seeds: NetworkSeeds, groups: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Values of the trained weights before training, in Keras's order.

    Parameters
    ----------
    spec : NetworkSpec
        The architecture.
    seeds : NetworkSeeds
        Seeds of what is drawn.
    groups : ndarray of int, shape (n_features,), or None, default=None
        Columns of one number are scaled by the same draw of a member, since they
        stem from one column of the table; None draws for each by itself. The numbers
        of a vector of an embedding share a draw.
    """
    kernels = iter(seeds.kernels)
    of_inputs, *of_members = seeds.of_members(spec.n_members)
    _, *of_embeddings = seeds.of_embeddings(len(spec.embeddings))
    groups = np.arange(spec.n_features) if groups is None else groups
    groups = np.repeat(groups, spec.input_widths)
    vectors = iter(of_embeddings)
    for weight in trained_weights(spec):
        shape, dtype = weight.shape, spec.dtype
        if weight.start == "normal":
            rng = np.random.default_rng(of_inputs)
            drawn = rng.standard_normal((spec.n_members, int(groups.max()) + 1))
            yield drawn[:, groups].astype(dtype)
        elif weight.start == "vectors":
            yield initial_vectors(next(vectors), shape, dtype)
        elif weight.start != "glorot":
            yield np.full(shape, weight.start, dtype)
        elif len(shape) == 2:
            yield initial_kernel(next(kernels), shape, dtype)
        else:
            yield np.stack([initial_kernel(n, shape[1:], dtype) for n in of_members])


def initial_kernel(seed: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Glorot uniform weights: one draw for a seed, rounded to the precision."""
    drawn = keras.initializers.GlorotUniform(seed=seed)(shape, dtype="float32")
    return to_numpy(drawn).astype(dtype)


# -- one step --------------------------------------------------------------------


class TrainingPass:
    """Forward pass over one batch with dropout switched on.

    Where members take turns, every row goes through the one whose turn it is, by its
    place in the batch, and the outputs are (batch, n_outputs).

    Parameters
    ----------
    spec : NetworkSpec
        The architecture.
    rates : tensor of shape (n_layers,)
        Dropout rate after each hidden layer.
    valid : tensor of shape (batch,), bool
        Rows that count; batch statistics leave the others out.
    """

    def __init__(self, spec: NetworkSpec, rates: Any, valid: Any) -> None:
        self._spec, self._rates, self._valid = spec, rates, valid
        self._activation = keras.activations.get(spec.activation)

    def __call__(
        self, X: Any, weights: Sequence[Any], kept: Sequence[Any]
    ) -> tuple[Any, list[Any]]:
        """Outputs for a batch, and what the step leaves in place of ``kept``."""
        coming, old = iter(weights), iter(kept)
        new: list[Any] = []
        tables = [next(coming) for _ in self._spec.embeddings]
        signal = embedded(X, tables, lambda vectors: self._thinned(vectors, old, new))
        for depth, rate in enumerate(self._spec.rates):
            signal = self._activation(self._dense(signal, depth, coming))
            if self._spec.batch_norm:
                gamma, beta = next(coming), next(coming)
                mean, variance = _moments(signal, self._valid)
                new += [_moved(next(old), mean), _moved(next(old), variance)]
                signal = tf.nn.batch_normalization(
                    signal, mean, variance, beta, gamma, EPSILON
                )
            if rate > 0:
                counter = next(old)
                signal = dropout(signal, self._rates[depth], counter)
                new.append(counter + tf.constant([0, 1], tf.int64))
        # Keras's activation leaves the logits at its result, where the loss finds them
        activation = keras.activations.get(self._spec.output_activation)
        return activation(self._output(signal, coming)), new

    def _thinned(self, vectors: Any, old: Iterator[Any], new: list[Any]) -> Any:
        """Drop numbers of embedded categories."""
        rate = self._spec.embedding_dropout
        if not rate:
            return vectors
        counter = next(old)
        new.append(counter + tf.constant([0, 1], tf.int64))
        return dropout(vectors, tf.constant(rate, vectors.dtype), counter)

    def _dense(self, signal: Any, depth: int, coming: Iterator[Any]) -> Any:
        """Send a signal through a hidden layer, up to its activation."""
        spec = self._spec
        turns = spec.takes_turns
        product = tf.matmul if spec.n_members == 1 or turns else shared
        if not spec.is_adapted(depth):
            return product(signal, next(coming)) + next(coming)
        scale, kernel = next(coming), next(coming)
        if turns:
            signal = tf.matmul(signal * in_turns(scale, signal.shape[0]), kernel)
        else:
            signal = spread(signal, scale, kernel)
        return signal + next(coming)

    def _output(self, signal: Any, coming: Iterator[Any]) -> Any:
        """Send a signal through the output layer, up to its activation."""
        spec = self._spec
        if spec.n_members == 1:
            return tf.matmul(signal, next(coming)) + next(coming)
        if not spec.sizes:
            values = spread(signal, next(coming), next(coming)) + next(coming)
        elif spec.takes_turns:
            values = each(signal, next(coming)) + next(coming)
        else:
            return own(signal, next(coming)) + next(coming)
        return picked(values) if spec.takes_turns else values


def _moments(values: Any, valid: Any) -> tuple[Any, Any]:
    """Mean and variance of the rows that count, over the members together."""
    axes = [*range(len(values.shape) - 1)]
    counts = tf.reshape(valid, (-1, *[1 for _ in axes]))
    zeros = tf.zeros_like(values)
    n_valid = tf.reduce_sum(tf.cast(valid, values.dtype))
    if len(axes) > 1:
        n_valid *= values.shape[1]
    mean = tf.reduce_sum(tf.where(counts, values, zeros), axes) / n_valid
    distance = tf.where(counts, values - mean, zeros)
    return mean, tf.reduce_sum(tf.square(distance), axes) / n_valid


def _moved(moving: Any, of_batch: Any) -> Any:
    return moving * MOMENTUM + of_batch * (1.0 - MOMENTUM)


def dropout(values: Any, rate: Any, counter: Any) -> Any:
    """Drop units; the rate is an input of the compiled program.

    The masks are as likely as Keras's, but other ones: those of its generator
    cost more than ten times as much here. Every 32 random bits give two units
    their verdict, which rounds the rate to a multiple of 2**-16; what is kept
    is scaled by the rounded rate, so that its mean is exact.

    Parameters
    ----------
    values : tensor
        Values of the units.
    rate : scalar tensor
        Share of units to drop.
    counter : tensor of shape (2,), int64
        Seed of the layer, and number of the step.
    """
    kept = tf.maximum(tf.round((1.0 - rate) * 2**16), 1.0)
    mask = _random_16_bits(values.shape, counter) < tf.cast(kept, tf.uint32)
    scale = tf.cast(2**16 / kept, values.dtype)
    return tf.where(mask, values * scale, tf.zeros_like(values))


def _random_16_bits(shape: Any, counter: Any) -> Any:
    """Numbers below 2**16, others at every step and for every layer."""
    seed, count = tf.unstack(tf.cast(counter, tf.uint64))
    key = tf.bitwise.left_shift(seed, tf.constant(32, tf.uint64)) + count
    n_units = int(np.prod(shape))
    words = tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=[-(-n_units // 2)],
        key=[key],
        counter=tf.zeros(2, tf.uint64),
        alg=2,  # Threefry: cheap in ordinary instructions
        dtype=tf.uint32,
    )
    low = tf.bitwise.bitwise_and(words, tf.constant(0xFFFF, tf.uint32))
    high = tf.bitwise.right_shift(words, tf.constant(16, tf.uint32))
    return tf.reshape(tf.concat([low, high], 0)[:n_units], shape)


# -- loss and metric -------------------------------------------------------------


def head_loss(spec: NetworkSpec) -> keras.losses.Loss:
    """Loss of the output layer, in the network's precision."""
    name, _ = HEADS[spec.output_activation]
    if spec.n_members > 1:
        return MembersLoss(name, dtype=spec.dtype)
    # it would take Keras's default precision unless it is told
    return getattr(keras.losses, name)(name="loss", dtype=spec.dtype)


def training_loss(spec: NetworkSpec) -> keras.losses.Loss:
    """Loss of the outputs that a training pass gives."""
    return head_loss(replace(spec, n_members=1) if spec.takes_turns else spec)


def head_metric(spec: NetworkSpec, y: Any, predicted: Any) -> Any:
    """What Keras calls accuracy or mean absolute error, for each row.

    Outputs of members are (n_rows, n_members, n_outputs): that of their mean.
    """
    if len(predicted.shape) == 3:
        predicted = tf.reduce_mean(predicted, axis=1)
    if spec.output_activation == "linear":
        return tf.reduce_mean(tf.abs(y - predicted), axis=-1)
    if spec.output_activation == "sigmoid":
        right = (predicted[:, 0] > 0.5) == (y[:, 0] > 0.5)
    else:
        winners = tf.argmax(predicted, axis=-1, output_type=tf.int32)
        right = winners == tf.cast(y[:, 0], tf.int32)
    return tf.cast(right, spec.dtype)
