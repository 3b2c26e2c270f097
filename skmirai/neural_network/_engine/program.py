"""Programs compiled once for each architecture, and kept for later fits.

A program is a function of the network's state and of some rows: the state goes
in and comes out. Nothing is held between calls, so that any number of fits can
run it at the same time.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from skmirai.neural_network._backend import keras, tf, to_numpy
from skmirai.neural_network._engine.architecture import HEADS, NetworkSeeds, NetworkSpec
from skmirai.neural_network._engine.compiled import compile_program
from skmirai.neural_network._engine.embeddings import whole
from skmirai.neural_network._engine.layers import (
    TrainingPass,
    head_loss,
    head_metric,
    initial_weights,
    training_loss,
)
from skmirai.neural_network._engine.optimizers import (
    functional_optimizer,
    make_optimizer,
    works_elementwise,
)
from skmirai.neural_network._engine.state import NetworkState, StateLayout, flat
from skmirai.neural_network._engine.weights import kept_values, trained_weights

#: Programs kept for each architecture, one for each batch shape.
_KEPT_PROGRAMS = 8

#: Rows that one call of a training program takes at most.
_CHUNK_ROWS = 2**16

#: Values of X that it takes at most, one batch excepted: 128 MB in single precision.
_CHUNK_VALUES = 2**25


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


def _comparable(figure: float) -> float:
    """Figure that Keras's callbacks can compare.

    They take Python's floats for numbers of float32, which has none as large as a
    loss in float64 can be; those of NumPy keep their precision.
    """
    largest = float(np.finfo(np.float32).max)
    return np.float64(figure) if abs(figure) > largest else figure


class Programs:
    """Programs of one architecture and optimizer.

    Parameters
    ----------
    spec : NetworkSpec
        The architecture. Of the dropout rates only those above 0 and those
        equal to 0 are told apart.
    optimizer : str or keras.optimizers.Optimizer
        The optimizer. Its constants become part of the programs, its learning
        rate is part of the state.

    Attributes
    ----------
    metric_name : str
        Name that Keras gives the metric.
    n_parameters : int
        Number of trainable parameters.
    is_shared : bool
        Whether other networks get the same programs.
    """

    is_shared = False

    def __init__(
        self, spec: NetworkSpec, optimizer: str | keras.optimizers.Optimizer
    ) -> None:
        self.spec = spec
        self.metric_name = HEADS[spec.output_activation][1]
        self._weights = list(trained_weights(spec))
        self._kept = list(kept_values(spec))
        self._loss, self._training_loss = head_loss(spec), training_loss(spec)
        sizes = [int(np.prod(weight.shape)) for weight in self._weights]
        self.n_parameters = sum(sizes)
        ends = np.cumsum(sizes).tolist()
        self._places = [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
        # one update of one vector compiles and runs faster than one for each
        self._joined = works_elementwise(make_optimizer(optimizer, 0.001))
        if self._joined:
            start = np.zeros(self.n_parameters)
            trained = [keras.Variable(start, dtype=spec.dtype, name="trained")]
        else:
            trained = list(self._variables())
        self._optimizer = functional_optimizer(optimizer, trained)
        self._layout = StateLayout(trained, self._kept, self._optimizer, spec.dtype)
        rate = self._layout.place(self._optimizer._learning_rate)
        self._rate = rate  # None where a schedule sets it
        self._initial = self._layout.read()
        for holder in self._kept:
            place = self._layout.place(holder)
            if holder.start:
                self._initial.floats[place] = holder.start
        self._copies = self._layout.copies_of_weights()
        self._lock = threading.Lock()
        self._training: OrderedDict[ChunkShape, Callable] = OrderedDict()

    def _variables(self) -> Iterator[keras.Variable]:
        """Variables that the optimizer knows the weights by, as before training."""
        of_layers = (0,) * (len(self.spec.sizes) + 1)
        starts = initial_weights(self.spec, NetworkSeeds(of_layers, of_layers[1:], 0))
        for weight, start in zip(self._weights, starts, strict=True):
            with keras.name_scope(weight.layer):
                yield keras.Variable(start, dtype=self.spec.dtype, name=weight.name)

    # -- state -----------------------------------------------------------------

    @property
    def size(self) -> tuple[int, int]:
        """Number of floats and of integers in a state."""
        return self._layout.size

    def initial_state(
        self,
        seeds: NetworkSeeds,
        learning_rate: float,
        groups: np.ndarray | None = None,
    ) -> NetworkState:
        """State before training: the one that ``build_dnn`` starts from.

        Columns of one group start alike, see :func:`initial_weights`.
        """
        floats, ints = self._initial.floats.copy(), self._initial.ints.copy()
        starts = initial_weights(self.spec, seeds, groups)
        for place, start in zip(self._places, starts, strict=True):
            floats[place] = start.ravel()
        for slot, place in self._copies:
            floats[slot] = floats[place]
        counters = (kept for kept in self._kept if kept.dtype == "int64")
        if self.spec.embedding_dropout:
            ints[self._layout.place(next(counters))] = seeds.of_embeddings(0)[0], 0
        for seed, rate in zip(seeds.dropouts, self.spec.rates, strict=True):
            if rate > 0:
                ints[self._layout.place(next(counters))] = seed, 0
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
        schedule = self._optimizer._learning_rate
        if not isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
            return float(schedule())
        place = self._layout.place(self._optimizer.iterations)
        step = np.asarray(state.ints)[place][0]
        return float(to_numpy(schedule(step)))

    def weights(self, state: NetworkState) -> np.ndarray:
        """Weights and batch statistics of a state, without the optimizer's part."""
        return np.asarray(state.floats)[: self._layout.n_weights]

    def figures(self, loss: float, metric: float) -> dict[str, float]:
        """Mean loss and metric under the names that Keras gives them."""
        named = {self.metric_name: metric, "loss": loss}
        return {name: _comparable(named[name]) for name in sorted(named)}

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
        rows = min(_CHUNK_ROWS, _CHUNK_VALUES // self.spec.n_features)
        most = max(1, rows // batch_size)
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
        dropout = np.asarray(rates, self.spec.dtype)
        floats, ints, sums = program(
            state.floats, state.ints, sums, dropout, *rows, np.int32(n_rows)
        )
        return NetworkState(floats, ints), sums

    def _trace_training(self, shape: ChunkShape) -> Callable:
        layout, batch, n_batches = self._layout, shape.batch, shape.n_batches

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
            X = tf.reshape(X, (n_batches, batch, X.shape[-1]))
            y = tf.reshape(y, (n_batches, batch, y.shape[-1]))
            weight = tf.reshape(weight, (n_batches, batch))

            def step(number: Any, sums: Any, values: list[Any]) -> Any:
                n_valid = tf.minimum(batch, n_rows - number * batch)
                rows = X[number], y[number], weight[number]
                added, values = self._step(values, rates, rows, n_valid)
                return number + 1, sums + tf.cast(tf.stack(added), tf.float64), values

            _, sums, values = tf.while_loop(
                lambda number, *_: number * batch < n_rows,
                step,
                (tf.constant(0), sums, layout.cut(floats, ints)),
            )
            return *layout.join(values), sums

        return compile_program(chunk, self._signature(shape.rows))

    def _signature(self, n_rows: int) -> list[tf.TensorSpec]:
        """Shapes and types of what a training program takes."""
        spec = self.spec
        n_floats, n_ints = self._layout.size
        return [
            tf.TensorSpec((n_floats,), spec.dtype),
            tf.TensorSpec((n_ints,), tf.int64),
            tf.TensorSpec((2,), tf.float64),
            tf.TensorSpec((len(spec.sizes),), spec.dtype),
            tf.TensorSpec((n_rows, spec.n_features), spec.dtype),
            tf.TensorSpec((n_rows, spec.n_targets), spec.dtype),
            tf.TensorSpec((n_rows,), spec.dtype),
            tf.TensorSpec((), tf.int32),
        ]

    def _step(
        self, values: list[Any], rates: Any, rows: tuple[Any, Any, Any], n_valid: Any
    ) -> tuple[tuple[Any, Any], list[Any]]:
        """Update by one batch, of which the first rows count.

        Returns the sums of losses and metric, and the values after.
        """
        spec, (X, y, weight) = self.spec, rows
        valid = tf.range(X.shape[0]) < n_valid
        counted = tf.cast(valid, spec.dtype)
        trained, kept, of_optimizer = self._layout.split(values)
        weights = self._each_weight(trained)
        with tf.GradientTape() as tape:
            tape.watch(weights)
            predicted, kept = TrainingPass(spec, rates, valid)(X, weights, kept)
            losses = self._training_loss.call(y, predicted)
            total = tf.reduce_sum(losses * weight * counted)
            loss = total / tf.cast(n_valid, spec.dtype)
            loss = self._optimizer.scale_loss(loss)
        gradients = [whole(gradient) for gradient in tape.gradient(loss, weights)]
        if self._joined:
            gradients = [flat(gradients, spec.dtype)]
        trained, of_optimizer = self._optimizer.stateless_apply(
            of_optimizer, gradients, trained
        )
        metric = tf.reduce_sum(head_metric(spec, y, predicted) * counted)
        return (total, metric), self._layout.unsplit(trained, kept, of_optimizer)

    def _each_weight(self, trained: list[Any]) -> list[Any]:
        """Each trained weight, where they may be joined in one vector."""
        if not self._joined:
            return trained
        return [
            tf.reshape(trained[0][place], weight.shape)
            for weight, place in zip(self._weights, self._places, strict=True)
        ]

    # -- evaluation ------------------------------------------------------------

    def evaluate(
        self, logits: np.ndarray, y: np.ndarray, weight: np.ndarray
    ) -> tuple[float, float]:
        """Sums of loss and metric over rows, from the output layer's values.

        ``logits`` are (n_rows, n_outputs), of members (n_rows, n_members, n_outputs).
        """
        activation = keras.activations.get(self.spec.output_activation)
        # Keras's activation leaves the logits at its result, where the loss finds them
        predicted = activation(tf.constant(logits))
        targets = tf.constant(y, self.spec.dtype)
        losses = self._loss.call(targets, predicted)
        metric = tf.reduce_sum(head_metric(self.spec, targets, predicted))
        return float(tf.reduce_sum(losses * weight)), float(metric)
