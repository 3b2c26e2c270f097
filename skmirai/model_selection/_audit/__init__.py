"""Audit of a table for leaks: each smell is a file, and an entry in ``SMELLS``."""

from skmirai.model_selection._audit._audit import audit_leakage
from skmirai.model_selection._audit._finding import Finding
from skmirai.model_selection._audit._report import LeakageAudit

__all__ = ["Finding", "LeakageAudit", "audit_leakage"]
