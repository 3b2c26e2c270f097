"""Programs compiled once for each architecture, and kept for later fits.

A program is a function of the network's state and of some rows: the state goes
in and comes out. The variables of the Keras model that it was traced from hold
nothing between calls, so that any number of fits can take turns.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np

from skmirai.neural_network._backend import keras, tf
from skmirai.neural_network._builder import (
    HEADS,
    NetworkSeeds,
    NetworkSpec,
    assemble,
    initial_kernel,
    make_optimizer,
    undecayed_names,
    works_elementwise,
)
from skmirai.neural_network._forward import Layer, decide
from skmirai.neural_network._state import NetworkState, StateLayout, flat

#: Architectures whose programs are kept; the one unused for longest goes first.
_KEPT_NETWORKS = 32

#: Programs kept for each architecture, one for each batch shape.
_KEPT_PROGRAMS = 8

#: Rows that one call of a training program takes at most.
_CHUNK_ROWS = 2**16


@dataclass(frozen=True)
class ChunkShape:
    """Rows that one call of a training program takes.

    Attributes
    ----------
    batch : int
        Rows per update of the weights.
    n_batches : int
        Largest number of batches per call.
    """

    batch: int
    n_batches: int

    @property
    def rows(self) -> int:
        """Largest number of rows per call."""
        return self.batch * self.n_batches


def _bucket(n: int) -> int:
    """Round up by at most an eighth, so that similar sizes become equal."""
    step = 1 << max(0, n.bit_length() - 4)
    return -(-n // step) * step


class _TunableDropout(keras.layers.Dropout):
    """Dropout whose rate is an input of the compiled program.

    The masks are as likely as Keras's, but other ones: those of its generator
    cost more than ten times as much here. Every 32 random bits give two units their
    verdict, which rounds the rate to a multiple of 2**-16; what is kept is
    scaled by the rounded rate, so that its mean is exact.
    """

    rate_in_graph: Any = None

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        kept = tf.maximum(tf.round((1.0 - self.rate_in_graph) * 2**16), 1.0)
        mask = self._random_16_bits(inputs.shape) < tf.cast(kept, tf.uint32)
        scale = tf.cast(2**16 / kept, inputs.dtype)
        return tf.where(mask, inputs * scale, tf.zeros_like(inputs))

    def _random_16_bits(self, shape: Any) -> Any:
        """Numbers below 2**16, others at every step and for every layer."""
        seed, count = tf.unstack(tf.cast(self.seed_generator.next(), tf.uint64))
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


class CompiledNetwork:
    """Programs of one architecture and optimizer.

    Parameters
    ----------
    spec : NetworkSpec
        The architecture. Of the dropout rates only those above 0 and those
        equal to 0 are told apart.
    optimizer : keras.optimizers.Optimizer
        An optimizer without state. Its constants become part of the programs,
        its learning rate is part of the state.

    Attributes
    ----------
    metric_name : str
        Name that Keras gives the metric.
    n_parameters : int
        Number of trainable parameters.
    """

    def __init__(
        self, spec: NetworkSpec, optimizer: keras.optimizers.Optimizer
    ) -> None:
        self.spec = spec
        self.metric_name = HEADS[spec.output_activation][1]
        seeds = NetworkSeeds.draw(0, len(spec.sizes))
        self._model = assemble(spec, seeds, None, dropout=_TunableDropout)
        self._dropouts = [
            (self._model.get_layer(f"dropout_{depth + 1}"), depth)
            for depth, rate in enumerate(spec.rates)
            if rate > 0
        ]
        self._optimizer = optimizer
        self._trained = list(self._model.trainable_variables)
        self._joined = works_elementwise(optimizer)
        self.n_parameters = sum(int(np.prod(v.shape)) for v in self._trained)
        if self._joined:
            # one update of one vector compiles and runs faster than one for each
            joined = keras.Variable(
                np.zeros(self.n_parameters), dtype=spec.dtype, name="trained"
            )
            self._trained = [joined]
        optimizer.build(self._trained)
        self._layout = StateLayout(self._model, optimizer, self._trained)
        rate = self._layout.place(optimizer._learning_rate)
        self._rate = rate  # None where a schedule sets it
        self._initial = self._layout.read()
        for variable, place in self._layout.trainable:  # the joined vector is all 0
            value = keras.ops.convert_to_numpy(variable)
            self._initial.floats[place] = value.ravel()
        self._copies = self._layout.copies_of_weights()
        self._lock = threading.Lock()
        self._training: OrderedDict[ChunkShape, Callable] = OrderedDict()

    # -- state -----------------------------------------------------------------

    @property
    def size(self) -> tuple[int, int]:
        """Number of floats and of integers in a state."""
        return self._layout.size

    def initial_state(self, seeds: NetworkSeeds, learning_rate: float) -> NetworkState:
        """State before training: the one that ``build_dnn`` starts from."""
        floats, ints = self._initial.floats.copy(), self._initial.ints.copy()
        dense = [x for x in self._model.layers if isinstance(x, keras.layers.Dense)]
        places = {id(v): place for v, place in self._layout.trainable}
        for layer, seed in zip(dense, seeds.kernels, strict=True):
            kernel = initial_kernel(seed)(layer.kernel.shape, dtype=self.spec.dtype)
            place = places[id(layer.kernel)]
            floats[place] = keras.ops.convert_to_numpy(kernel).ravel()
        for slot, place in self._copies:
            floats[slot] = floats[place]
        for layer, depth in self._dropouts:
            counter = self._layout.place(layer.seed_generator.state)
            ints[counter] = seeds.dropouts[depth], 0
        state = NetworkState(floats, ints)
        return self.with_learning_rate(state, learning_rate)

    def with_learning_rate(self, state: NetworkState, rate: float) -> NetworkState:
        """State with another step size, unless that follows a schedule."""
        if self._rate is None:
            return state
        floats = np.array(state.floats)
        floats[self._rate] = np.float32(rate)
        return NetworkState(floats, state.ints)

    def learning_rate(self, state: NetworkState) -> float:
        """Step size of the next update."""
        if self._rate is not None:
            return float(np.asarray(state.floats)[self._rate][0])
        with self._lock:
            self._layout.write(state)
            return float(keras.ops.convert_to_numpy(self._optimizer.learning_rate))

    def weights(self, state: NetworkState) -> Any:
        """Weights and batch statistics of a state, without the optimizer's part."""
        return state.floats[: self._layout.n_weights]

    def figures(self, loss: float, metric: float) -> dict[str, float]:
        """Mean loss and metric under the names that Keras gives them."""
        return dict(sorted({self.metric_name: metric, "loss": loss}.items()))

    # -- training --------------------------------------------------------------

    def chunk_shape(self, n_rows: int, batch_size: int) -> ChunkShape:
        """Choose the shape of the calls for a table.

        It depends on the table alone: a program of another shape may round sums
        differently, and a fit must not depend on the fits before it. Tables of
        similar size share a shape. A batch that holds the whole table may be
        larger than the table: rows that are not there weigh nothing.
        """
        if n_rows < batch_size:
            return ChunkShape(min(_bucket(n_rows), batch_size), 1)
        n_batches = -(-n_rows // batch_size)
        most = max(1, _CHUNK_ROWS // batch_size)
        return ChunkShape(batch_size, min(1 << (n_batches - 1).bit_length(), most))

    def train(
        self,
        shape: ChunkShape,
        state: NetworkState,
        sums: Any,
        rates: tuple[float, ...],
        rows: tuple[Any, Any, Any],
        n_rows: int,
    ) -> tuple[NetworkState, Any]:
        """Train on the first ``n_rows`` of some rows, batch after batch.

        Parameters
        ----------
        shape : ChunkShape
            Shape of the call.
        state : NetworkState
            State before.
        sums : tensor of shape (2,), float64
            Weighted losses and metric, summed over the rows of earlier calls.
        rates : tuple of float
            Dropout rate after each hidden layer.
        rows : tuple of tensors
            X, y and weights of ``shape.rows`` rows.
        n_rows : int
            Number of rows that count; those behind them are padding.

        Returns
        -------
        state : NetworkState
            State after.
        sums : tensor of shape (2,), float64
            Sums after. They go through the calls, so that their rounding does not
            depend on where the calls part the rows.
        """
        with self._lock:
            program = self._training.pop(shape, None) or self._trace_training(shape)
            self._training[shape] = program
            while len(self._training) > _KEPT_PROGRAMS:
                self._training.popitem(last=False)
            count = tf.constant(n_rows, dtype=tf.int32)
            dropout = tf.constant(rates, self.spec.dtype, shape=(len(rates),))
            floats, ints, sums = program(
                state.floats, state.ints, sums, dropout, *rows, count
            )
        return NetworkState(floats, ints), sums

    def _trace_training(self, shape: ChunkShape) -> Callable:
        layout, batch = self._layout, shape.batch

        def chunk(
            floats: Any,
            ints: Any,
            sums: Any,
            rates: Any,
            X: Any,
            y: Any,
            weight: Any,
            n_rows: Any,
        ) -> Any:
            layout.assign(floats, ints)
            for layer, depth in self._dropouts:
                layer.rate_in_graph = rates[depth]
            X = tf.reshape(X, (shape.n_batches, batch, X.shape[-1]))
            y = tf.reshape(y, (shape.n_batches, batch, y.shape[-1]))
            weight = tf.reshape(weight, (shape.n_batches, batch))

            def step(number: Any, sums: Any) -> Any:
                n_valid = tf.minimum(batch, n_rows - number * batch)
                added = self._step(X[number], y[number], weight[number], n_valid)
                return number + 1, sums + tf.cast(tf.stack(added), tf.float64)

            _, sums = tf.while_loop(
                lambda number, _: number * batch < n_rows,
                step,
                (tf.constant(0), sums),
            )
            return *layout.join(), sums

        traced = tf.function(chunk, autograph=False, jit_compile=True)
        return traced.get_concrete_function(*self._specs(shape.rows))

    def _specs(self, n_rows: int) -> list[tf.TensorSpec]:
        """Shapes and types of what a training program takes."""
        spec = self.spec
        n_floats, n_ints = self._layout.size
        n_targets = spec.n_outputs if spec.output_activation == "linear" else 1
        return [
            tf.TensorSpec((n_floats,), spec.dtype),
            tf.TensorSpec((n_ints,), tf.int64),
            tf.TensorSpec((2,), tf.float64),
            tf.TensorSpec((len(spec.sizes),), spec.dtype),
            tf.TensorSpec((n_rows, spec.n_features), spec.dtype),
            tf.TensorSpec((n_rows, n_targets), spec.dtype),
            tf.TensorSpec((n_rows,), spec.dtype),
            tf.TensorSpec((), tf.int32),
        ]

    def _step(self, X: Any, y: Any, weight: Any, n_valid: Any) -> tuple[Any, Any]:
        """Update the weights by one batch, of which the first rows count."""
        valid = tf.range(X.shape[0]) < n_valid
        counted = tf.cast(valid, self.spec.dtype)
        # batch statistics leave the padding out, as they do with Keras's masks
        mask = valid if self.spec.batch_norm else None
        trained = flat(self._trained, self.spec.dtype)
        values = [
            tf.reshape(trained[place], variable.shape)
            for variable, place in self._layout.trainable
        ]
        variables = [variable for variable, _ in self._layout.trainable]
        scope = keras.StatelessScope(list(zip(variables, values, strict=True)))
        with tf.GradientTape() as tape:
            tape.watch(values)
            with scope:
                predicted = self._model(X, training=True, mask=mask)
            losses = self._model.loss.call(y, predicted)
            total = tf.reduce_sum(losses * weight * counted)
            loss = total / tf.cast(n_valid, self.spec.dtype)
            loss = self._optimizer.scale_loss(loss)
        gradients = tape.gradient(loss, values)
        if self._joined:
            gradients = [flat(gradients, self.spec.dtype)]
        self._optimizer.apply(gradients, self._trained)
        for part in self._layout.statistics:
            changed = scope.get_current_value(part.variable)
            if changed is not None:
                part.variable.assign(changed)
        metric = tf.reduce_sum(self._metric(y, predicted) * counted)
        return total, metric

    def _metric(self, y: Any, predicted: Any) -> Any:
        """What Keras calls accuracy or mean absolute error, for each row."""
        if self.spec.output_activation == "linear":
            return tf.reduce_mean(tf.abs(y - predicted), axis=-1)
        if self.spec.output_activation == "sigmoid":
            right = (predicted[:, 0] > 0.5) == (y[:, 0] > 0.5)
        else:
            winners = tf.argmax(predicted, axis=-1, output_type=tf.int32)
            right = winners == tf.cast(y[:, 0], tf.int32)
        return tf.cast(right, self.spec.dtype)

    # -- evaluation and prediction ---------------------------------------------

    def forward_layers(self, weights: Any) -> list[Layer]:
        """Cut a vector of weights into layers for ``decide``, dropout left out."""
        values = self._layout.weights_of(np.asarray(weights))
        layers: list[Layer] = []
        for layer in self._model.layers:
            cut = tuple(values[id(v)] for v in layer.variables if id(v) in values)
            if isinstance(layer, keras.layers.Dense):
                layers.append(Layer(layer.activation, *cut))
            elif isinstance(layer, keras.layers.BatchNormalization):
                gamma, beta, mean, variance = cut
                epsilon = variance.dtype.type(layer.epsilon)
                scale = gamma / np.sqrt(variance + epsilon)
                layers.append(Layer(None, scale, beta - mean * scale))
        return layers

    def evaluate(
        self, layers: list[Layer], rows: tuple[np.ndarray, np.ndarray, np.ndarray]
    ) -> tuple[float, float]:
        """Sums of loss and metric over X, y and weights, dropout switched off."""
        X, y, weight = rows
        activation = layers[-1].activation or keras.activations.linear
        # Keras's activation leaves the logits at its result, where the loss finds them
        predicted = activation(tf.constant(decide(layers, X)))
        targets = tf.constant(y, self.spec.dtype)
        losses = self._model.loss.call(targets, predicted)
        metric = tf.reduce_sum(self._metric(targets, predicted))
        return float(tf.reduce_sum(losses * weight)), float(metric)


_networks: OrderedDict[Hashable, CompiledNetwork] = OrderedDict()
_networks_lock = threading.Lock()


def compiled_network(
    spec: NetworkSpec, optimizer: str | keras.optimizers.Optimizer
) -> CompiledNetwork:
    """Programs of an architecture and optimizer, kept from an earlier fit or new.

    Parameters
    ----------
    spec : NetworkSpec
        The architecture.
    optimizer : str or keras.optimizers.Optimizer
        As in :func:`build_dnn`; its learning rate does not matter, and neither
        does the size of dropout rates above 0.
    """
    rates = tuple(0.5 * (rate > 0) for rate in spec.rates)
    key = (
        replace(spec, rates=rates, activation="linear"),
        _activation_key(spec.activation),
        _optimizer_key(optimizer),
    )
    with _networks_lock:
        if key in _networks:
            _networks.move_to_end(key)
            return _networks[key]
    alike = replace(spec, rates=rates)
    compiled = CompiledNetwork(alike, make_optimizer(optimizer, 0.001))
    with _networks_lock:
        compiled = _networks.setdefault(key, compiled)
        _networks.move_to_end(key)
        while len(_networks) > _KEPT_NETWORKS:
            _networks.popitem(last=False)
    return compiled


def _optimizer_key(optimizer: str | keras.optimizers.Optimizer) -> Hashable:
    """What of an optimizer is built into a program: all but its learning rate."""
    if isinstance(optimizer, str):
        return _key_of_name(optimizer.lower())
    config = optimizer.get_config()
    if isinstance(config["learning_rate"], float):
        del config["learning_rate"]
    del config["name"]
    return type(optimizer), _frozen(config), undecayed_names(optimizer)


def _frozen(value: Any) -> Hashable:
    """Turn a configuration into something hashable that tells others apart."""
    if isinstance(value, dict):
        return tuple(sorted((str(k), _frozen(v)) for k, v in value.items()))
    if isinstance(value, list | tuple):
        return tuple(_frozen(v) for v in value)
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    return type(value).__name__, repr(value)


def _activation_key(activation: Any) -> Hashable:
    """Key of an activation; copies of a partial function are alike."""
    if isinstance(activation, partial):
        keywords = sorted(activation.keywords.items())
        return activation.func, repr(activation.args), repr(keywords)
    try:
        hash(activation)
    except TypeError:
        return id(activation)  # the kept network holds it, so no other gets its id
    return activation


@cache
def _key_of_name(optimizer: str) -> Hashable:
    """Key of an optimizer with its defaults, as its instance has it."""
    return _optimizer_key(make_optimizer(optimizer, 0.001))
