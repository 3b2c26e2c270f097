"""Train a network: whole epochs as one program."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from sklearn import config_context, get_config

from skmirai.neural_network._backend import keras, tf
from skmirai.neural_network._model import DNNModel
from skmirai.neural_network._program import ChunkShape, CompiledNetwork
from skmirai.neural_network._state import NetworkState
from skmirai.neural_network._streaming import StreamedRows
from skmirai.neural_network._tables import LazyArray

_Item = TypeVar("_Item")


def epoch_order(n_rows: int, seed: int, epoch: int) -> np.ndarray:
    """Order of the rows in an epoch: a function of seed and epoch alone."""
    order = np.random.default_rng((seed, epoch)).permutation(n_rows)
    return order.astype(np.int32)


# -- rows in memory --------------------------------------------------------------


@dataclass(frozen=True)
class ResidentRows:
    """Rows on the device that computes, where they are copied once for a fit.

    Attributes
    ----------
    X : tf.Tensor of shape (n_rows, n_features)
        Scaled rows.
    y : tf.Tensor of shape (n_rows, n_targets)
        Encoded targets.
    weight : tf.Tensor of shape (n_rows,)
        Weights in the loss.
    """

    X: tf.Tensor
    y: tf.Tensor
    weight: tf.Tensor

    @classmethod
    def from_arrays(
        cls, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, dtype: str
    ) -> "ResidentRows":
        """Copy arrays to the device; weights that are None are all 1."""
        if weight is None:
            weight = np.ones(len(X))
        targets = np.asarray(y).reshape(len(X), -1)
        return cls(*(tf.constant(part, dtype) for part in (X, targets, weight)))

    def __len__(self) -> int:
        return int(self.X.shape[0])

    def epoch_chunks(
        self, shape: ChunkShape, seed: int | None, epoch: int
    ) -> Iterator[tuple[tuple[tf.Tensor, ...], int]]:
        """Rows of an epoch, cut for the calls of a program.

        The last chunk is filled up with row 0; the number beside each chunk
        says how many of its rows count. Without a seed the rows come as they
        lie.
        """
        order = np.arange(len(self), dtype=np.int32)
        if seed is not None:
            order = epoch_order(len(self), seed, epoch)
        for start in range(0, len(order), shape.rows):
            rows = order[start : start + shape.rows]
            count = len(rows)
            if count < shape.rows:
                rows = np.pad(rows, (0, shape.rows - count))
            index = tf.constant(rows)
            parts = (self.X, self.y, self.weight)
            yield tuple(tf.gather(part, index) for part in parts), count


def rows_for_training(
    X: np.ndarray | LazyArray, y: np.ndarray, weight: np.ndarray | None, dtype: str
) -> ResidentRows | StreamedRows:
    """Copy rows to the device that computes, or leave them where they are."""
    if isinstance(X, LazyArray):
        return StreamedRows(X, y, weight, dtype)
    return ResidentRows.from_arrays(X, y, weight, dtype)


class StateHolder:
    """What callbacks see in place of a model where only its state matters.

    Parameters
    ----------
    compiled : CompiledNetwork
        Programs of the architecture.
    state : NetworkState
        State to start from.
    """

    stop_training = False

    def __init__(self, compiled: CompiledNetwork, state: NetworkState) -> None:
        self._compiled = compiled
        self._state = state

    def read_state(self) -> NetworkState:
        """Weights and optimizer state."""
        return self._state

    def write_state(self, state: NetworkState) -> None:
        """Replace weights and optimizer state."""
        self._state = state

    def get_weights(self) -> list[Any]:
        """Weights in one vector, for :class:`keras.callbacks.EarlyStopping`."""
        return [self._compiled.weights(self._state)]

    def set_weights(self, weights: list[Any]) -> None:
        """Replace the weights, but not the optimizer's state."""
        floats = np.array(self._state.floats)
        floats[: len(weights[0])] = weights[0]
        self._state = NetworkState(floats, self._state.ints)

    @property
    def learning_rate(self) -> float:
        """Step size of the next update."""
        return self._compiled.learning_rate(self._state)


def run_epochs(
    compiled: CompiledNetwork,
    holder: StateHolder | DNNModel,
    rows: ResidentRows | StreamedRows,
    validation: StreamedRows | None,
    *,
    rates: tuple[float, ...],
    batch_size: int,
    epochs: int,
    initial_epoch: int,
    shuffle_seed: int | None,
    callbacks: list[keras.callbacks.Callback],
    verbose: int = 0,
) -> keras.callbacks.History:
    """Train on rows, each epoch in as few calls as possible.

    Parameters
    ----------
    compiled : CompiledNetwork
        Programs of the architecture.
    holder : StateHolder or DNNModel
        Holds the state before, between and after epochs; callbacks see it as
        their model and may change its state between epochs.
    rows : ResidentRows or StreamedRows
        What to train on.
    validation : StreamedRows or None
        What to evaluate after each epoch, on the processor.
    rates : tuple of float
        Dropout rate after each hidden layer.
    batch_size, epochs, initial_epoch, callbacks, verbose
        As in :meth:`keras.Model.fit`.
    shuffle_seed : int or None
        Seed of the order of the rows; None keeps them as they lie.

    Returns
    -------
    keras.callbacks.History
        Figures of every epoch.
    """
    shape = compiled.chunk_shape(len(rows), batch_size)
    events = keras.callbacks.CallbackList(
        callbacks,
        add_history=True,
        add_progbar=verbose != 0,
        model=holder,
        verbose=verbose,
        epochs=epochs,
        steps=-(-len(rows) // batch_size),
    )
    holder.stop_training = False
    events.on_train_begin()
    logs: dict[str, float] = {}
    for epoch in range(initial_epoch, epochs):
        events.on_epoch_begin(epoch)
        chunks = rows.epoch_chunks(shape, shuffle_seed, epoch)
        if len(rows) > shape.rows:
            chunks = _ahead(chunks)
        sums, state = _train_epoch(compiled, holder.read_state(), rates, shape, chunks)
        logs = compiled.figures(*(value / len(rows) for value in sums))
        if not np.isfinite(logs["loss"]):
            for callback in callbacks:  # of its kind only: others wait for the epoch
                if type(callback) is keras.callbacks.TerminateOnNaN:
                    callback.on_batch_end(-(-len(rows) // batch_size) - 1, logs)
        holder.write_state(state)
        if validation is not None:
            events.on_test_begin()
            figures = evaluate_rows(compiled, compiled.weights(state), validation)
            events.on_test_end(figures)
            logs |= {f"val_{name}": value for name, value in figures.items()}
        events.on_epoch_end(epoch, logs)
        if holder.stop_training:
            break
    events.on_train_end(logs)
    return events._history


def _train_epoch(
    compiled: CompiledNetwork,
    state: NetworkState,
    rates: tuple[float, ...],
    shape: ChunkShape,
    chunks: Iterator[tuple[tuple[tf.Tensor, ...], int]],
) -> tuple[list[float], NetworkState]:
    """Sums of losses and metric over the rows of an epoch, and the state after."""
    sums = tf.zeros(2, tf.float64)
    for chunk, count in chunks:
        state, sums = compiled.train(shape, state, sums, rates, chunk, count)
    return sums.numpy().tolist(), state


def _ahead(items: Iterator[_Item]) -> Iterator[_Item]:
    """Yield the items; the next one is made while the current one is used."""
    settings = get_config()  # scikit-learn's are those of one thread

    def following() -> _Item | None:
        with config_context(**settings):
            return next(items, None)

    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(following)
        while (item := coming.result()) is not None:
            coming = thread.submit(following)
            yield item


def evaluate_rows(
    compiled: CompiledNetwork, weights: Any, rows: StreamedRows
) -> dict[str, float]:
    """Loss and metric over rows, dropout switched off."""
    loss = metric = 0.0
    layers = compiled.forward_layers(weights)
    for part in rows.slices():
        sums = compiled.evaluate(layers, part)
        loss += sums[0]
        metric += sums[1]
    return compiled.figures(loss / len(rows), metric / len(rows))
