"""Measures of predictions: functions of arrays, NumPy only."""

from skmirai.metrics._uncertainty import (
    expected_entropy,
    mutual_information,
    predictive_entropy,
    variation_ratio,
)

__all__ = [
    "expected_entropy",
    "mutual_information",
    "predictive_entropy",
    "variation_ratio",
]
