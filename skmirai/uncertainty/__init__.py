"""Results that say how far a prediction can be trusted."""

from skmirai.uncertainty._accumulate import (
    RegressionAccumulator,
    UncertaintyAccumulator,
)
from skmirai.uncertainty._classification import PredictiveUncertainty
from skmirai.uncertainty._regression import RegressionUncertainty

__all__ = [
    "PredictiveUncertainty",
    "RegressionAccumulator",
    "RegressionUncertainty",
    "UncertaintyAccumulator",
]
