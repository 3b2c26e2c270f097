"""Figures of a run by name, some of which may be missing."""

from collections.abc import Iterable
from typing import Any

import numpy as np


class NotRunError(LookupError):
    """A text asks for a figure of a part that was not run."""


class NotRun:
    """Stands for a figure of a part that was not run; a text cannot hold it."""

    __iter__ = None  # or __getitem__ would make an endless sequence of it

    def __getitem__(self, name: Any) -> "NotRun":
        return self

    def __format__(self, spec: str) -> str:
        raise NotRunError("a figure of a part that was not run")

    def __bool__(self) -> bool:
        return False


class Figures(dict[str, Any]):
    """Figures by name; one that is not there is a :class:`NotRun`."""

    def __missing__(self, name: str) -> NotRun:
        return NotRun()


def mean_and_deviation(values: Iterable[float]) -> dict[str, float]:
    """Mean and standard deviation, the latter with n in the denominator."""
    values = np.asarray(list(values))
    return {"mean": float(values.mean()), "sd": float(values.std())}
