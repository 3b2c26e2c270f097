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


def _both(values: np.ndarray) -> np.ndarray:
    """Log odds of both classes from those of the second."""
    return np.concatenate([-values, values], axis=-1)
