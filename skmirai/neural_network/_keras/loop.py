"""Keras's own loop over batches, on the batches of compiled epochs."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from skmirai.neural_network._backend import keras, tf
from skmirai.neural_network._engine.rows import epoch_order
from skmirai.neural_network._engine.streaming import StreamedRows
from skmirai.neural_network._keras.arrays import training_table, validation_table
from skmirai.neural_network._keras.choice import has_plain_options


def with_seeded_batches(model: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Give Keras's loop the batches of compiled epochs, if they are arrays."""
    table, seed = training_table(given), model.shuffle_seed
    plain = has_plain_options(given)
    if table is None or seed is None or not plain or not given["shuffle"]:
        return given
    batch_size = min(given["batch_size"] or 32, len(table[0]))
    arrays = tuple(part for part in table if part is not None)
    seeded = {
        "x": seeded_batches(arrays, batch_size, seed, given["initial_epoch"]),
        "y": None,
        "sample_weight": None,
        "batch_size": None,
        "steps_per_epoch": -(-len(arrays[0]) // batch_size),
        "shuffle": False,  # the batches are shuffled already
        "validation_batch_size": batch_size,
    }
    validation = validation_table(given)
    if validation is not None:
        # Keras casts arrays to its default precision, but no tensors
        rows = tuple(part for part in validation if part is not None)
        batches = tf.data.Dataset.from_tensor_slices(rows).batch(batch_size)
        seeded["validation_data"] = batches
    return given | seeded


def loop_over_batches(
    model: Any,
    rows: StreamedRows,
    validation: StreamedRows | None,
    *,
    batch_size: int,
    epochs: int,
    initial_epoch: int,
    shuffle_seed: int | None,
    callbacks: list[keras.callbacks.Callback],
) -> None:
    """Train with Keras's loop on rows that are read in parts."""
    extra: dict[str, Any] = {}
    if validation is not None:
        n_steps = -(-len(validation) // batch_size)
        rest = validation.batches(batch_size, None, 0).take(n_steps)
        extra = {"validation_data": rest, "validation_steps": n_steps}
    try:
        model.keras_fit(
            rows.batches(batch_size, shuffle_seed, initial_epoch).prefetch(2),
            steps_per_epoch=-(-len(rows) // batch_size),
            epochs=epochs,
            initial_epoch=initial_epoch,
            callbacks=callbacks,
            shuffle=False,  # the rows are shuffled already
            verbose=0,
            **extra,
        )
    except tf.errors.OpError:
        for part in (rows, validation):
            if part is not None and part.error is not None:
                raise part.error from None
        raise


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
