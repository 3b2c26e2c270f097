"""The 22 parts of the lab, each in a file of its own or with its next of kin.

A part is a :class:`skmirai.lab.Part`: what it runs, what of it the report shows, and
the questions that it answers. All else of the lab walks over ``PARTS``.
"""

from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any

from skmirai.lab._part import Part, Question
from skmirai.lab._protocol import Run
from skmirai.lab.parts import (
    _always_on,
    _batches,
    _best,
    _data,
    _dropout,
    _first_trainings,
    _folds,
    _hardware,
    _layers,
    _naive,
    _network,
    _regression,
    _splits,
    _standardisation,
    _variations,
)

__all__ = ["PARTS", "PUBLISHED", "QUESTIONS", "RUNS"]

_FILES = (
    _data,
    _hardware,
    _layers,
    _naive,
    _standardisation,
    _splits,
    _network,
    _first_trainings,
    _batches,
    _variations,
    _dropout,
    _best,
    _always_on,
    _folds,
    _regression,
)

PARTS: tuple[Part, ...] = tuple(
    sorted(
        chain.from_iterable(file.PARTS for file in _FILES),
        key=lambda part: part.number,
    )
)

QUESTIONS: tuple[Question, ...] = tuple(
    question for part in PARTS for question in part.questions
)

RUNS: tuple[Run, ...] = tuple(run for part in PARTS for run in part.runs)

#: Figures of the published run besides those of the trainings.
PUBLISHED: Mapping[str, Any] = MappingProxyType(
    {name: value for part in PARTS for name, value in part.published.items()}
)
