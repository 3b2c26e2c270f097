"""Splits that do not flatter, reports, and search spaces for tuning the estimators."""

from skmirai.model_selection._audit import Finding, LeakageAudit, audit_leakage
from skmirai.model_selection._baseline_report import baseline_report
from skmirai.model_selection._baseline_result import BaselineReport
from skmirai.model_selection._baselines import default_baselines
from skmirai.model_selection._blocks import BlockedStratifiedKFold
from skmirai.model_selection._cross_val_uncertainty import (
    CrossValUncertainty,
    cross_val_uncertainty,
)
from skmirai.model_selection._drift_report import drift_report
from skmirai.model_selection._drift_result import DriftReport
from skmirai.model_selection._duplicates import duplicate_groups
from skmirai.model_selection._search.search import MiraiSearchCV
from skmirai.model_selection._search_space import (
    param_distributions,
    search_distributions,
    suggest_params,
)
from skmirai.model_selection._split import train_val_test_split

__all__ = [
    "BaselineReport",
    "BlockedStratifiedKFold",
    "CrossValUncertainty",
    "DriftReport",
    "Finding",
    "LeakageAudit",
    "MiraiSearchCV",
    "audit_leakage",
    "baseline_report",
    "cross_val_uncertainty",
    "default_baselines",
    "drift_report",
    "duplicate_groups",
    "param_distributions",
    "search_distributions",
    "suggest_params",
    "train_val_test_split",
]
