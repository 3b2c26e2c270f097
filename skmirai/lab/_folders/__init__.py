"""Folders of finished runs: read as they are, compared, checked."""

from skmirai.lab._folders.check import LabCheck, check_lab
from skmirai.lab._folders.compare import LabComparison, compare_labs
from skmirai.lab._folders.read import read_folder

__all__ = ["LabCheck", "LabComparison", "check_lab", "compare_labs", "read_folder"]
