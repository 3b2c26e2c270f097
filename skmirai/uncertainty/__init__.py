"""Results that say how far to trust a prediction, decisions, novelty of rows."""

from skmirai.uncertainty._abstaining import AbstainingClassifier
from skmirai.uncertainty._accumulate import (
    RegressionAccumulator,
    UncertaintyAccumulator,
)
from skmirai.uncertainty._classification import PredictiveUncertainty
from skmirai.uncertainty._novelty import NoveltyReference, conformal_p_values
from skmirai.uncertainty._regression import RegressionUncertainty

__all__ = [
    "AbstainingClassifier",
    "NoveltyReference",
    "PredictiveUncertainty",
    "RegressionAccumulator",
    "RegressionUncertainty",
    "UncertaintyAccumulator",
    "conformal_p_values",
]
