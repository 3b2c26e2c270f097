"""Results that say how far a prediction can be trusted, and novelty of rows."""

from skmirai.uncertainty._accumulate import (
    RegressionAccumulator,
    UncertaintyAccumulator,
)
from skmirai.uncertainty._classification import PredictiveUncertainty
from skmirai.uncertainty._novelty import NoveltyReference, conformal_p_values
from skmirai.uncertainty._regression import RegressionUncertainty

__all__ = [
    "NoveltyReference",
    "PredictiveUncertainty",
    "RegressionAccumulator",
    "RegressionUncertainty",
    "UncertaintyAccumulator",
    "conformal_p_values",
]
