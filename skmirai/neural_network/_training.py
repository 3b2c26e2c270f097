"""A Keras model whose ``fit`` shuffles by its own seed."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf


def seeded_batches(
    arrays: tuple[np.ndarray, ...], batch_size: int, seed: int, first_epoch: int = 0
) -> tf.data.Dataset:
    """Endless batches, each epoch in an order of its own.

    The order of epoch ``e`` is a function of ``seed`` and ``e`` alone. Neither
    TensorFlow's global seed nor its global generator takes part, so that equal
    seeds give equal batches in any process.

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
    n_rows = len(arrays[0])
    tensors = tuple(tf.constant(array) for array in arrays)
    n_whole = n_rows // batch_size

    def epoch_order(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(
            tf.range(n_rows, dtype=tf.int64), seed=tf.stack([seed, epoch])
        )
        whole = tf.reshape(order[: n_whole * batch_size], (n_whole, batch_size))
        batches = tf.data.Dataset.from_tensor_slices(whole)
        if n_whole * batch_size < n_rows:
            rest = tf.data.Dataset.from_tensors(order[n_whole * batch_size :])
            batches = batches.concatenate(rest)
        return batches

    def take(rows: tf.Tensor) -> tuple[tf.Tensor, ...]:
        return tuple(tf.gather(tensor, rows) for tensor in tensors)

    epochs = tf.data.Dataset.counter(first_epoch, dtype=tf.int64)
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    batches = epochs.flat_map(epoch_order).map(take, num_parallel_calls=1)
    return batches.prefetch(2).with_options(options)


@keras.saving.register_keras_serializable(package="skmirai")
class DNNModel(keras.Model):
    """A functional Keras model that owns the seed of its row order.

    ``fit`` is Keras's, except that with ``shuffle=True`` and arrays the order
    of the rows depends on ``shuffle_seed`` and the epoch alone.

    Attributes
    ----------
    shuffle_seed : int or None
        Seed of the row order; None leaves shuffling to Keras.
    """

    shuffle_seed: int | None = None

    def fit(
        self,
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
        """Train as :meth:`keras.Model.fit` does.

        See :meth:`keras.Model.fit` for the parameters; all of them are taken.

        Returns
        -------
        keras.callbacks.History
            Loss and metrics of every epoch in its ``history``.
        """
        fit = {
            "epochs": epochs,
            "verbose": verbose,
            "callbacks": callbacks,
            "validation_data": validation_data,
            "class_weight": class_weight,
            "initial_epoch": initial_epoch,
        }
        ours = (
            shuffle
            and self.shuffle_seed is not None
            and not validation_split
            and not kwargs
            and isinstance(x, np.ndarray)
            and isinstance(y, np.ndarray)
        )
        if not ours:
            return super().fit(
                x,
                y,
                batch_size=batch_size,
                validation_split=validation_split,
                shuffle=shuffle,
                sample_weight=sample_weight,
                **fit,
                **kwargs,
            )
        batch_size = min(batch_size or 32, len(x))
        rows = (x, y) if sample_weight is None else (x, y, np.asarray(sample_weight))
        seed = int(self.shuffle_seed or 0)
        batches = seeded_batches(rows, batch_size, seed, initial_epoch)
        return super().fit(
            batches,
            steps_per_epoch=-(-len(x) // batch_size),
            shuffle=False,  # the batches are shuffled already
            validation_batch_size=batch_size,
            **fit,
        )
