"""Results that say how far a prediction can be trusted, and decisions by them."""

from skmirai.uncertainty._abstaining import AbstainingClassifier
from skmirai.uncertainty._accumulate import (
    RegressionAccumulator,
    UncertaintyAccumulator,
)
from skmirai.uncertainty._classification import PredictiveUncertainty
from skmirai.uncertainty._regression import RegressionUncertainty

__all__ = [
    "AbstainingClassifier",
    "PredictiveUncertainty",
    "RegressionAccumulator",
    "RegressionUncertainty",
    "UncertaintyAccumulator",
]
