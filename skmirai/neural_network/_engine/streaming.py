"""Train on tables that stay on the disk, read, scaled and shuffled in parts."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from skmirai.neural_network._backend import tf
from skmirai.neural_network._engine.lazy import LazyArray, row_slices
from skmirai.neural_network._engine.program import ChunkShape

#: Rows that lie together on the disk and are read together.
_BLOCK_ROWS = 2**10

#: Rows that are shuffled among each other: 256 blocks from all over the table.
_WINDOW_ROWS = 2**18


def shuffled_windows(n_rows: int, seed: int, epoch: int) -> Iterator[np.ndarray]:
    """Order of the rows in an epoch, in parts: near rows are met together.

    Blocks of neighbouring rows come in random order; the rows of each few
    hundred blocks are shuffled among each other. Every row comes once. The
    order is a function of the arguments alone.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    seed, epoch : int
        What the order depends on.

    Yields
    ------
    ndarray of shape (n_window,)
        Row numbers.
    """
    rng = np.random.default_rng((seed, epoch))
    blocks = rng.permutation(-(-n_rows // _BLOCK_ROWS))
    at_once = _WINDOW_ROWS // _BLOCK_ROWS
    for start in range(0, len(blocks), at_once):
        first = blocks[start : start + at_once, None] * _BLOCK_ROWS
        window = (first + np.arange(_BLOCK_ROWS)).ravel()
        yield rng.permutation(window[window < n_rows])


def _in_parts(windows: Iterator[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Cut a sequence of row numbers into parts of one size; the last may be less."""
    left = np.empty(0, dtype=np.int64)
    for window in windows:
        left = np.concatenate([left, window])
        whole = len(left) - len(left) % size
        for start in range(0, whole, size):
            yield left[start : start + size]
        left = left[whole:]
    if len(left):
        yield left


class StreamedRows:
    """Rows for training that are read from where they lie.

    Does what :class:`ResidentRows` does, but holds one chunk at a time.

    Parameters
    ----------
    table : ndarray or LazyArray of shape (n_rows, n_features)
        Scaled rows.
    y : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Encoded targets.
    weight : ndarray of shape (n_rows,) or None
        Weights in the loss; None where all are 1.
    dtype : str
        Precision of the network.

    Attributes
    ----------
    error : Exception or None
        What went wrong while batches were read.
    """

    error: Exception | None = None

    def __init__(
        self,
        table: np.ndarray | LazyArray,
        y: np.ndarray,
        weight: np.ndarray | None,
        dtype: str,
    ) -> None:
        self._table = table
        self._y = np.asarray(y).reshape(len(y), -1)
        self._weight = np.ones(len(y)) if weight is None else weight
        self._dtype = dtype

    def __len__(self) -> int:
        return len(self._y)

    def epoch_chunks(
        self, shape: ChunkShape, seed: int | None, epoch: int
    ) -> Iterator[tuple[tuple[Any, ...], int]]:
        """Rows of an epoch, cut for the calls of a program.

        The last chunk is filled up; the number beside each chunk says how many
        of its rows count.
        """
        for rows in _in_parts(self._windows(seed, epoch), shape.rows):
            count = len(rows)
            parts = self._read(np.pad(rows, (0, shape.rows - count), mode="edge"))
            yield parts, count

    def slices(self) -> Iterator[tuple[Any, ...]]:
        """Rows as they lie, a bounded number at once."""
        return map(self._arrays, row_slices(*self._table.shape))

    def batches(self, batch_size: int, seed: int | None, epoch: int) -> tf.data.Dataset:
        """Endless batches in the order of compiled epochs, for Keras's loop."""

        def endless() -> Iterator[tuple[Any, ...]]:
            number = epoch
            try:
                while True:
                    for rows in _in_parts(self._windows(seed, number), batch_size):
                        yield self._read(rows)
                    number += 1
            except Exception as error:
                self.error = error  # TensorFlow would raise one of its own
                raise

        columns = [self._table.shape[1:], self._y.shape[1:], ()]
        signature = tuple(
            tf.TensorSpec((None, *shape), self._dtype) for shape in columns
        )
        return tf.data.Dataset.from_generator(endless, output_signature=signature)

    def _windows(self, seed: int | None, epoch: int) -> Iterator[np.ndarray]:
        if seed is not None:
            return shuffled_windows(len(self), seed, epoch)
        starts = range(0, len(self), _WINDOW_ROWS)
        return (np.arange(a, min(a + _WINDOW_ROWS, len(self))) for a in starts)

    def _arrays(self, rows: np.ndarray | slice) -> tuple[Any, ...]:
        X = np.asarray(self._table[rows], self._dtype)
        return X, self._y[rows], self._weight[rows]

    def _read(self, rows: np.ndarray) -> tuple[Any, ...]:
        return tuple(tf.constant(part, self._dtype) for part in self._arrays(rows))
