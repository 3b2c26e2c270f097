"""Embeddings: codes of categories, which a network turns into vectors that it learns.

The last columns of its rows are such codes, whole numbers from 0 in the network's
precision. The vectors take their places in front of the first dense layer.

NOTE[DIFF] Guo and Berkhahn train vectors as any other weights. Adam then moves each
number by about its step size whatever the gradient is, and vectors of categories of
few rows learn these by heart: the network predicts new rows worse than without the
column. Here what is trained is eight times the vectors, and half of their numbers are
dropped in training. ``benchmarks/categories.py`` prints both.

References
----------
Guo, Berkhahn: Entity embeddings of categorical variables. 2016. arXiv:1604.06737.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from skmirai.neural_network._backend import tf

#: Most codes of a column: single precision has all whole numbers up to here.
MOST_CODES = 2**24

#: What the trained numbers, normally drawn at first, are multiplied by. Every precision
#: holds it exactly.
SCALE = 0.125


def check_embeddings(
    embeddings: Sequence[Sequence[int]], n_features: int
) -> tuple[tuple[int, int], ...]:
    """Insist on a number of codes and a size of the vectors for the last columns."""
    pairs = []
    for pair in embeddings:
        counts = [n for n in pair if type(n) is int and n > 0]
        if len(pair) != 2 or len(counts) != 2 or pair[0] > MOST_CODES:
            raise ValueError(
                f"embeddings has {pair!r}; expected two integers, at least 1: how many "
                f"codes, at most {MOST_CODES:,}, and the size of their vectors"
            )
        pairs.append((counts[0], counts[1]))
    if len(pairs) > n_features:
        raise ValueError(
            f"embeddings has {len(pairs)} entries, but there are {n_features} columns"
        )
    return tuple(pairs)


def initial_vectors(seed: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Draw what is trained of the vectors: that of code 0, unknown, starts at 0.

    Where no training row has that code it stays there, and says nothing.
    """
    vectors = np.random.default_rng(seed).standard_normal(shape)
    vectors[0] = 0
    return vectors.astype(dtype)


def embedded(
    X: Any,
    tables: Sequence[Any],
    thinned: Callable[[Any], Any] = lambda vectors: vectors,
) -> Any:
    """Put vectors in place of codes, in a compiled function.

    Parameters
    ----------
    X : tensor of shape (batch, n_features)
        Rows, codes in their last columns.
    tables : sequence of tensors of shape (n_codes, size)
        What is trained of the vectors of each of these columns.
    thinned : callable
        Turns the vectors, (batch, sum of their sizes), into what is left of them.

    Returns
    -------
    tensor of shape (batch, n_inputs)
        The other columns, then the vectors.
    """
    if not tables:
        return X
    n_others = X.shape[-1] - len(tables)
    codes = tf.cast(X[:, n_others:], tf.int32)
    vectors = [tf.gather(table, codes[:, i]) for i, table in enumerate(tables)]
    return tf.concat([X[:, :n_others], thinned(SCALE * tf.concat(vectors, -1))], -1)


def whole(gradient: Any) -> Any:
    """Gradient of vectors as one tensor, in place of one of each row with its code."""
    if isinstance(gradient, tf.IndexedSlices):
        return tf.convert_to_tensor(gradient)
    return gradient


def embedded_rows(X: np.ndarray, tables: Sequence[np.ndarray]) -> np.ndarray:
    """Put vectors in place of codes, those of the tables as they are.

    The parameters are arrays with the shapes that :func:`embedded` describes.
    """
    if not tables:
        return X
    others, codes = np.split(X, [X.shape[1] - len(tables)], axis=1)
    numbers = codes.astype(np.int64)
    vectors = (table[numbers[:, i]] for i, table in enumerate(tables))
    return np.concatenate([others, *vectors], axis=1)


def are_codes(X: np.ndarray, embeddings: Sequence[tuple[int, int]]) -> bool:
    """Tell whether the last columns of rows hold codes that there are vectors for."""
    if not embeddings:
        return True
    codes = X[:, X.shape[1] - len(embeddings) :]
    counts = np.array([n_codes for n_codes, _ in embeddings])
    return bool(((codes == np.rint(codes)) & (codes >= 0) & (codes < counts)).all())
