"""The deep-learning lab on the Mirai part of the Kitsune data set, as data and runs."""

from skmirai.lab._explore import explore_lab
from skmirai.lab._folders import LabCheck, LabComparison, check_lab, compare_labs
from skmirai.lab._notebook import lab_notebook
from skmirai.lab._part import Part, Question
from skmirai.lab._protocol import SETTINGS, Run
from skmirai.lab._rows.splits import Splits, ordered_split, shuffled_split
from skmirai.lab._runner import run_lab
from skmirai.lab._settings import training_settings
from skmirai.lab._training.memory import training_memory
from skmirai.lab.parts import PARTS, PUBLISHED, QUESTIONS, RUNS

__all__ = [
    "PARTS",
    "PUBLISHED",
    "QUESTIONS",
    "RUNS",
    "SETTINGS",
    "LabCheck",
    "LabComparison",
    "Part",
    "Question",
    "Run",
    "Splits",
    "check_lab",
    "compare_labs",
    "explore_lab",
    "lab_notebook",
    "ordered_split",
    "run_lab",
    "shuffled_split",
    "training_memory",
    "training_settings",
]
