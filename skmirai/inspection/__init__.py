"""Displays: figures that compute first and draw later. They need matplotlib."""

from skmirai.inspection._baseline_report import BaselineReportDisplay
from skmirai.inspection._detection import DetectionRateDisplay
from skmirai.inspection._drift_report import DriftReportDisplay
from skmirai.inspection._leakage_audit import LeakageAuditDisplay
from skmirai.inspection._risk_coverage import RiskCoverageDisplay
from skmirai.inspection._search import SearchDisplay
from skmirai.inspection._timeline import ScoreTimelineDisplay
from skmirai.inspection._training_history import TrainingHistoryDisplay
from skmirai.inspection._uncertainty import UncertaintyDisplay

__all__ = [
    "BaselineReportDisplay",
    "DetectionRateDisplay",
    "DriftReportDisplay",
    "LeakageAuditDisplay",
    "RiskCoverageDisplay",
    "ScoreTimelineDisplay",
    "SearchDisplay",
    "TrainingHistoryDisplay",
    "UncertaintyDisplay",
]
