"""Helpers shared by all parts: optional imports, versions and hardware."""

from skmirai.utils._hardware import hardware, n_usable_cores
from skmirai.utils._optional import import_optional
from skmirai.utils._show_versions import show_versions, versions

__all__ = ["hardware", "import_optional", "n_usable_cores", "show_versions", "versions"]
