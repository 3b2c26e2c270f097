"""Run epochs: each in as few calls of a compiled program as possible."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import numpy as np

from skmirai.neural_network._backend import keras
from skmirai.neural_network._engine.forward import decide, forward_layers
from skmirai.neural_network._engine.program import ChunkShape, Programs
from skmirai.neural_network._engine.rows import ResidentRows
from skmirai.neural_network._engine.state import NetworkState
from skmirai.neural_network._engine.streaming import StreamedRows

_Item = TypeVar("_Item")


class HoldsState(Protocol):
    """What is trained: it gives and takes the state, and can be told to stop."""

    stop_training: bool

    def read_state(self) -> NetworkState:
        """Weights and optimizer state."""

    def write_state(self, state: NetworkState) -> None:
        """Replace weights and optimizer state."""


class _Events(keras.callbacks.CallbackList):
    """Keras's callbacks, which get figures as they are.

    Keras makes Python's floats of them, which its callbacks then take for numbers of
    float32: a loss in float64 can be larger than those go.
    """

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        logs = dict(logs or {})
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        logs = dict(logs or {})
        for callback in self.callbacks:
            callback.on_test_end(logs)


def run_epochs(
    programs: Programs,
    holder: HoldsState,
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
    programs : Programs
        Programs of the architecture.
    holder : HoldsState
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
    shape = programs.chunk_shape(len(rows), batch_size)
    events = _Events(
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
        sums, state = _train_epoch(programs, holder.read_state(), rates, shape, chunks)
        logs = programs.figures(*(value / len(rows) for value in sums))
        if not np.isfinite(logs["loss"]):
            for callback in callbacks:  # of its kind only: others wait for the epoch
                if type(callback) is keras.callbacks.TerminateOnNaN:
                    callback.on_batch_end(-(-len(rows) // batch_size) - 1, logs)
        holder.write_state(state)
        if validation is not None:
            events.on_test_begin()
            figures = evaluate_rows(programs, programs.weights(state), validation)
            events.on_test_end(figures)
            logs |= {f"val_{name}": value for name, value in figures.items()}
        events.on_epoch_end(epoch, logs)
        if holder.stop_training:
            break
    events.on_train_end(logs)
    return events._history


def _train_epoch(
    programs: Programs,
    state: NetworkState,
    rates: tuple[float, ...],
    shape: ChunkShape,
    chunks: Iterator[tuple[tuple[Any, ...], int]],
) -> tuple[list[float], NetworkState]:
    """Sums of losses and metric over the rows of an epoch, and the state after."""
    sums: Any = np.zeros(2)
    for chunk, count in chunks:
        state, sums = programs.train(shape, state, sums, rates, chunk, count)
    return np.asarray(sums).tolist(), state


def _ahead(items: Iterator[_Item]) -> Iterator[_Item]:
    """Yield the items; the next one is made while the current one is used."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item


def evaluate_rows(
    programs: Programs, weights: Any, rows: StreamedRows
) -> dict[str, float]:
    """Loss and metric over rows, dropout switched off."""
    loss = metric = 0.0
    layers = forward_layers(programs.spec, weights)
    for part in rows.slices():
        X, y, weight = part
        sums = programs.evaluate(decide(layers, X), y, weight)
        loss += sums[0]
        metric += sums[1]
    return programs.figures(loss / len(rows), metric / len(rows))
