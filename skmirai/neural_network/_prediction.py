"""Run a fitted network forward over a table."""

from collections.abc import Iterator

import keras
import numpy as np

#: Values held at once by the widest layer while a table streams through.
_CHUNK_VALUES = 2**22


def row_chunks(n_rows: int, width: int) -> Iterator[slice]:
    """Cut rows into chunks whose widest layer holds a bounded number of values."""
    step = max(1, _CHUNK_VALUES // max(1, width))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))


def widest_layer(model: keras.Model) -> int:
    """Largest number of units or columns of any layer of the network."""
    return max(layer.output.shape[-1] for layer in model.layers)


def decision_values(model: keras.Model, X: np.ndarray) -> np.ndarray:
    """Output layer's values before its activation.

    Parameters
    ----------
    model : keras.Model
        A network as ``build_dnn`` makes it.
    X : ndarray of shape (n_samples, n_features)
        Scaled rows, in the network's precision.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs)
        Logits of a classifier, predictions of a regressor.
    """
    _, *hidden, output = model.layers
    values = np.empty((len(X), output.units), dtype=X.dtype)
    for rows in row_chunks(len(X), widest_layer(model)):
        signal = keras.ops.convert_to_tensor(X[rows])
        for layer in hidden:
            signal = layer(signal, training=False)
        signal = keras.ops.matmul(signal, output.kernel) + output.bias
        values[rows] = keras.ops.convert_to_numpy(signal)
    return values
