"""Figures of a run by name, some of which may be missing."""

from collections.abc import Iterable, Sequence
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


def mean_and_spread(values: Sequence[float]) -> str | None:
    """Mean ± standard deviation, the latter with n - 1 in the denominator, as text.

    Parameters
    ----------
    values : sequence of float
        One for each seed, or for each fold.

    Returns
    -------
    str or None
        None of fewer than two values, which have no spread.

    Examples
    --------
    >>> from skmirai.lab._writing.figures import mean_and_spread
    >>> mean_and_spread([0.7, 0.8, 0.9])
    '0.8000 ± 0.1000'
    >>> mean_and_spread([0.7]) is None
    True
    """
    if len(values) < 2:
        return None
    return f"{np.mean(values):.4f} ± {np.std(values, ddof=1):.4f}"
