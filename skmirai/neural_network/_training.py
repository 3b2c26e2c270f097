"""Train a network: whole epochs as one program, or Keras's loop where it must be."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import keras
import numpy as np
import tensorflow as tf

from skmirai.neural_network._model import DNNModel
from skmirai.neural_network._program import (
    ChunkShape,
    CompiledNetwork,
    compiled_network,
)
from skmirai.neural_network._state import NetworkState

_Item = TypeVar("_Item")

#: Rows that are evaluated at once.
_EVALUATION_ROWS = 2**14


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

    def chunks(
        self, shape: ChunkShape, order: np.ndarray
    ) -> Iterator[tuple[tuple[tf.Tensor, ...], int]]:
        """Rows in this order, cut for the calls of a program.

        The last chunk is filled up with row 0; the number beside each chunk
        says how many of its rows count.
        """
        for start in range(0, len(order), shape.rows):
            rows = order[start : start + shape.rows]
            count = len(rows)
            if count < shape.rows:
                rows = np.pad(rows, (0, shape.rows - count))
            index = tf.constant(rows)
            parts = (self.X, self.y, self.weight)
            yield tuple(tf.gather(part, index) for part in parts), count

    def slices(self) -> Iterator[tuple[tf.Tensor, ...]]:
        """Rows as they lie, a bounded number at once."""
        for start in range(0, len(self), _EVALUATION_ROWS):
            rows = slice(start, start + _EVALUATION_ROWS)
            yield self.X[rows], self.y[rows], self.weight[rows]


# -- compiled epochs -------------------------------------------------------------


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
    rows: ResidentRows,
    validation: ResidentRows | None,
    *,
    rates: tuple[float, ...],
    batch_size: int,
    epochs: int,
    initial_epoch: int,
    shuffle_seed: int | None,
    callbacks: list[keras.callbacks.Callback],
    verbose: int = 0,
) -> keras.callbacks.History:
    """Train on rows in memory, each epoch in as few calls as possible.

    Parameters
    ----------
    compiled : CompiledNetwork
        Programs of the architecture.
    holder : StateHolder or DNNModel
        Holds the state before, between and after epochs; callbacks see it as
        their model and may change its state between epochs.
    rows, validation : ResidentRows
        What to train on, and what to evaluate after each epoch.
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
        order = _order(len(rows), shuffle_seed, epoch)
        logs, state = _train_epoch(
            compiled, holder.read_state(), rates, rows, shape, order
        )
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


def _order(n_rows: int, seed: int | None, epoch: int) -> np.ndarray:
    if seed is None:
        return np.arange(n_rows, dtype=np.int32)
    return epoch_order(n_rows, seed, epoch)


def _train_epoch(
    compiled: CompiledNetwork,
    state: NetworkState,
    rates: tuple[float, ...],
    rows: ResidentRows,
    shape: ChunkShape,
    order: np.ndarray,
) -> tuple[dict[str, float], NetworkState]:
    sums = tf.zeros(2, tf.float64)
    chunks = rows.chunks(shape, order)
    if len(rows) > shape.rows:
        chunks = _ahead(chunks)
    for chunk, count in chunks:
        state, sums = compiled.train(shape, state, sums, rates, chunk, count)
    loss, metric = sums.numpy().tolist()
    return compiled.figures(loss / len(rows), metric / len(rows)), state


def _ahead(items: Iterator[_Item]) -> Iterator[_Item]:
    """Yield the items; the next one is made while the current one is used."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item


def evaluate_rows(
    compiled: CompiledNetwork, weights: Any, rows: ResidentRows
) -> dict[str, float]:
    """Loss and metric over rows, dropout switched off."""
    loss = metric = 0.0
    layers = compiled.forward_layers(weights)
    for part in rows.slices():
        sums = compiled.evaluate(layers, part)
        loss += sums[0]
        metric += sums[1]
    return compiled.figures(loss / len(rows), metric / len(rows))


# -- Keras's interface -----------------------------------------------------------


def fit_model(
    model: DNNModel,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: str | int = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: dict[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    **kwargs: Any,
) -> keras.callbacks.History:
    """Do what :meth:`keras.Model.fit` does, in compiled epochs if possible."""
    verbose = 1 if verbose == "auto" else int(verbose)
    callbacks = keras.tree.flatten(callbacks) if callbacks else []
    arrays = _as_arrays(x, y, sample_weight)
    reason = _reason_for_keras(
        model, arrays, callbacks, validation_split, validation_data, shuffle, kwargs
    )
    if reason is None and arrays is not None:
        dtype = model.spec.dtype
        x, y, weight = arrays
        if class_weight is not None:
            by_class = np.array([class_weight.get(int(label), 1.0) for label in y])
            weight = by_class if weight is None else weight * by_class
        validation = None
        if validation_data is not None:
            x_val, y_val, *rest = validation_data
            weight_val = rest[0] if rest else None
            validation = ResidentRows.from_arrays(x_val, y_val, weight_val, dtype)
        return run_epochs(
            compiled_network(model.spec, model.optimizer),
            model,
            ResidentRows.from_arrays(x, y, weight, dtype),
            validation,
            rates=model.spec.rates,
            batch_size=batch_size or 32,
            epochs=epochs,
            initial_epoch=initial_epoch,
            shuffle_seed=model.shuffle_seed if shuffle else None,
            callbacks=callbacks,
            verbose=verbose,
        )
    if verbose >= 2:
        print(f"Training with Keras's own loop over batches: {reason}.")
    common = {
        "epochs": epochs,
        "verbose": verbose,
        "callbacks": callbacks,
        "validation_data": validation_data,
        "class_weight": class_weight,
        "initial_epoch": initial_epoch,
        **kwargs,
    }
    seeded = shuffle is True and model.shuffle_seed is not None
    if arrays is None or not seeded or validation_split or kwargs:
        return model.keras_fit(
            x,
            y,
            batch_size=batch_size,
            validation_split=validation_split,
            shuffle=shuffle,
            sample_weight=sample_weight,
            **common,
        )
    batch_size = min(batch_size or 32, len(arrays[0]))
    rows = tuple(part for part in arrays if part is not None)
    return model.keras_fit(
        seeded_batches(rows, batch_size, int(model.shuffle_seed or 0), initial_epoch),
        steps_per_epoch=-(-len(rows[0]) // batch_size),
        shuffle=False,  # the batches are shuffled already
        validation_batch_size=batch_size,
        **common,
    )


def _as_arrays(
    x: Any, y: Any, weight: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None] | None:
    if not isinstance(x, np.ndarray) or not isinstance(y, np.ndarray):
        return None
    return x, y, None if weight is None else np.asarray(weight)


def _reason_for_keras(
    model: DNNModel,
    arrays: Any,
    callbacks: list[Any],
    validation_split: float,
    validation_data: Any,
    shuffle: Any,
    others: dict[str, Any],
) -> str | None:
    """Why compiled epochs cannot do what was asked for; None if they can."""
    if model.spec is None:
        return "loss, metrics or architecture are not those of build_dnn"
    if model.spec.mc_dropout or model.optimizer.use_ema:
        return "always-on dropout and averaged weights need it"
    if not all(layer.trainable for layer in model.layers):
        return "layers are frozen"
    if arrays is None or arrays[0].ndim != 2 or arrays[1].ndim > 2:
        return "the data are not arrays in memory"
    if validation_split or others or not isinstance(shuffle, bool):
        return "options of its own are used"
    if validation_data is not None and not isinstance(validation_data, tuple | list):
        return "the validation data are not arrays in memory"
    for callback in callbacks:
        if watches_batches(callback):
            return f"{type(callback).__name__} looks at single batches"
    return None


_BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)


def watches_batches(callback: keras.callbacks.Callback) -> bool:
    """Tell whether a callback does something at single batches."""
    if isinstance(callback, keras.callbacks.ModelCheckpoint):
        return callback.save_freq != "epoch"
    if isinstance(callback, keras.callbacks.TensorBoard):
        return callback.update_freq != "epoch" or callback._should_trace
    if type(callback) in (
        keras.callbacks.ProgbarLogger,
        keras.callbacks.TerminateOnNaN,
    ):
        return False
    hooks = (getattr(callback, name) for name in _BATCH_HOOKS)
    return not all(getattr(hook, "_is_default", False) for hook in hooks)


def seeded_batches(
    arrays: tuple[np.ndarray, ...], batch_size: int, seed: int, first_epoch: int = 0
) -> tf.data.Dataset:
    """Endless batches in the order that compiled epochs take, for Keras's loop.

    Parameters
    ----------
    arrays : tuple of ndarray
        Arrays of the same length, at least one row.
    batch_size : int
        Rows per batch; the last batch of an epoch holds what is left.
    seed : int
        Seed of the order.
    first_epoch : int, default=0
        Number of the first epoch.

    Returns
    -------
    tf.data.Dataset
        Yields tuples of tensors, ``ceil(n_rows / batch_size)`` per epoch.
    """
    tensors = tuple(tf.constant(array) for array in arrays)

    def batches() -> Iterator[np.ndarray]:
        epoch = first_epoch
        while True:
            order = epoch_order(len(arrays[0]), seed, epoch)
            for start in range(0, len(order), batch_size):
                yield order[start : start + batch_size]
            epoch += 1

    rows = tf.data.Dataset.from_generator(
        batches, output_signature=tf.TensorSpec((None,), tf.int32)
    )
    taken = rows.map(lambda index: tuple(tf.gather(part, index) for part in tensors))
    return taken.prefetch(2)
