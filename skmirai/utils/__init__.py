"""Helpers shared by all parts: optional imports, version report."""

from skmirai.utils._optional import import_optional
from skmirai.utils._show_versions import show_versions

__all__ = ["import_optional", "show_versions"]
