"""Rows that stay in memory while a network is trained on them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from skmirai.neural_network._backend import tf
from skmirai.neural_network._engine.lazy import LazyArray
from skmirai.neural_network._engine.program import ChunkShape
from skmirai.neural_network._engine.streaming import StreamedRows


def epoch_order(n_rows: int, seed: int, epoch: int) -> np.ndarray:
    """Order of the rows in an epoch: a function of seed and epoch alone."""
    order = np.random.default_rng((seed, epoch)).permutation(n_rows)
    return order.astype(np.int32)


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
