"""What an estimator predicts, and how uncertain it is by which measure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skmirai.metrics import UNCERTAINTY_MEASURES, predictive_entropy
from skmirai.utils._wrapped import has_passes, that_makes_passes

#: Measures that need no passes.
_OF_PROBABILITIES = {
    "predictive_entropy": predictive_entropy,
    "confidence": lambda proba: np.max(proba, axis=1),
}


def predict_measured(
    estimator: Any, X: Any, by: Sequence[str], predict_params: Mapping[str, Any] | None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the label of each row, and its uncertainty by each measure."""
    for name in by:
        if name not in UNCERTAINTY_MEASURES:
            raise ValueError(f"by={name!r} must be one of {[*UNCERTAINTY_MEASURES]}")
    if has_passes(estimator):
        inner, X = that_makes_passes(estimator, X)
        result = inner.predict_uncertainty(X, **(predict_params or {}))
        if not hasattr(result, "label"):
            raise TypeError(
                f"{type(inner).__name__} predicts no labels: give a classifier, or "
                "losses and uncertainties to RiskCoverageDisplay.from_losses"
            )
        return result.label, {name: getattr(result, name) for name in by}
    if not hasattr(estimator, "predict_proba"):
        raise TypeError(
            f"{type(estimator).__name__} has neither predict_uncertainty nor "
            "predict_proba: compute its uncertainty, and use from_predictions"
        )
    for name in by:
        if name not in _OF_PROBABILITIES:
            raise ValueError(
                f"by={name!r} needs predict_uncertainty, which "
                f"{type(estimator).__name__} lacks: choose from {[*_OF_PROBABILITIES]}"
            )
    proba = np.asarray(estimator.predict_proba(X, **(predict_params or {})))
    label = np.asarray(estimator.classes_)[proba.argmax(axis=1)]
    return label, {name: _OF_PROBABILITIES[name](proba) for name in by}


def check_rows(y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return true and predicted labels, one of each for every row."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if y_true.ndim != 1 or y_true.shape != y_pred.shape:
        raise ValueError(
            f"y_true and y_pred have the shapes {y_true.shape} and {y_pred.shape}; "
            "expected a label of each for every row, (n_samples,)"
        )
    return y_true, y_pred
