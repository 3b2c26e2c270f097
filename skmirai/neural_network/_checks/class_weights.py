"""Weights of classes, and what they may be."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from skmirai.utils._finite import quiet


@quiet
def weight_of_classes(
    class_weight: Mapping[Any, float] | str | None,
    classes: np.ndarray,
    y: np.ndarray,
    sample_weight: np.ndarray | None,
) -> np.ndarray:
    """Weight of each class in the loss.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        What the user gave.
    classes : ndarray of shape (n_classes,)
        Labels.
    y : ndarray of shape (n_samples,)
        Number of each row's label in ``classes``.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights of the rows.
    """
    try:
        weight = compute_class_weight(
            class_weight,
            classes=classes,
            y=classes[y],
            sample_weight=sample_weight,
        )
    except ValueError as error:
        raise ValueError(
            f"class_weight={class_weight!r} does not fit the classes "
            f"{classes.tolist()} ({error}); give each of them a number"
        ) from error
    if class_weight == "balanced" and not np.isfinite(weight).all():
        rare = classes[~np.isfinite(weight)].tolist()
        raise ValueError(
            f"class_weight='balanced' divides by the total sample_weight of each "
            f"class, which is next to none for {rare}; raise the weights of their "
            f"rows, or leave these out by weights of 0"
        )
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.any()):
        raise ValueError(
            f"class_weight={class_weight!r} must hold finite numbers of at "
            f"least 0, not all of them 0"
        )
    return weight
