"""Measures of predictions: functions of arrays, NumPy and SciPy only."""

from skmirai.metrics._brier_decomposition import (
    BrierDecomposition,
    brier_score_decomposition,
)
from skmirai.metrics._calibration_error import expected_calibration_error
from skmirai.metrics._chance import ChanceAccuracy, chance_accuracy
from skmirai.metrics._fpr_at_tpr import fpr_at_tpr
from skmirai.metrics._intervals import (
    ScoreInterval,
    bootstrap_interval,
    bootstrap_intervals,
)
from skmirai.metrics._risk_coverage_areas import augrc_score, aurc_score
from skmirai.metrics._risk_coverage_curve import RiskCoverageCurve, risk_coverage_curve
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
    "BrierDecomposition",
    "ChanceAccuracy",
    "RiskCoverageCurve",
    "ScoreInterval",
    "UncertaintyMeasure",
    "augrc_score",
    "aurc_score",
    "bootstrap_interval",
    "bootstrap_intervals",
    "brier_score_decomposition",
    "chance_accuracy",
    "expected_calibration_error",
    "expected_entropy",
    "fpr_at_tpr",
    "mutual_information",
    "predictive_entropy",
    "risk_coverage_curve",
    "variation_ratio",
]
