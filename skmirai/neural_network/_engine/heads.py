"""Probabilities and classes from the output layer's values before its activation."""

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax


def probabilities(values: np.ndarray) -> np.ndarray:
    """Class probabilities from values of one or more units, over the last axis."""
    if values.shape[-1] == 1:
        return expit(_both(values))
    return softmax(values, axis=-1)


def log_probabilities(values: np.ndarray) -> np.ndarray:
    """Their logarithms, finite also where a probability rounds to 0."""
    if values.shape[-1] == 1:
        return log_expit(_both(values))
    return log_softmax(values, axis=-1)


def winners(values: np.ndarray) -> np.ndarray:
    """Index of the most probable class, over the last axis."""
    if values.shape[-1] == 1:
        return (values[..., 0] > 0).astype(np.intp)
    return values.argmax(axis=-1)


def pooled(values: np.ndarray, output_activation: str) -> np.ndarray:
    """Output layer's values of the mean of members' probabilities or outputs.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_members, n_outputs)
        Output layer's values of each member before its activation.
    output_activation : {"sigmoid", "softmax", "linear"}
        Activation of the output layer.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs)
        Values whose probabilities are the mean of the members', also where those
        round to 0 or 1. Those of a softmax are logarithms of probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.neural_network._engine.heads import pooled, probabilities
    >>> values = np.array([[[-2.0], [1.0], [4.0]]])
    >>> np.allclose(
    ...     probabilities(pooled(values, "sigmoid")), probabilities(values).mean(axis=1)
    ... )
    True
    """
    if output_activation == "sigmoid":
        return _log_mean(log_expit(values)) - _log_mean(log_expit(-values))
    if output_activation == "softmax":
        return _log_mean(log_softmax(values, axis=-1))
    return values.mean(axis=1)


def _log_mean(logarithms: np.ndarray) -> np.ndarray:
    """Logarithm of the mean over the members of what has these logarithms."""
    largest = logarithms.max(axis=1, keepdims=True)
    mean = np.exp(logarithms - largest).mean(axis=1)
    return np.log(mean) + largest[:, 0]


def _both(values: np.ndarray) -> np.ndarray:
    """Log odds of both classes from those of the second."""
    return np.concatenate([-values, values], axis=-1)
