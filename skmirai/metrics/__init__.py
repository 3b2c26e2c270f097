"""Measures of predictions: functions of arrays, NumPy only."""

from skmirai.metrics._chance import ChanceAccuracy, chance_accuracy
from skmirai.metrics._intervals import (
    ScoreInterval,
    bootstrap_interval,
    bootstrap_intervals,
)
from skmirai.metrics._uncertainty import (
    UNCERTAINTY_MEASURES,
    UncertaintyMeasure,
    expected_entropy,
    mutual_information,
    predictive_entropy,
    variation_ratio,
)

__all__ = [
    "UNCERTAINTY_MEASURES",
    "ChanceAccuracy",
    "ScoreInterval",
    "UncertaintyMeasure",
    "bootstrap_interval",
    "bootstrap_intervals",
    "chance_accuracy",
    "expected_entropy",
    "mutual_information",
    "predictive_entropy",
    "variation_ratio",
]
