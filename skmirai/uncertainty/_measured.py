"""The measures of uncertainty as attributes of a result."""

from collections.abc import Callable
from dataclasses import fields
from difflib import get_close_matches
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from skmirai.metrics import UNCERTAINTY_MEASURES, UncertaintyMeasure
from skmirai.uncertainty._moments import read_only
from skmirai.utils._docstrings import listed

T = TypeVar("T", bound=type)

Values = NDArray[np.float64]

#: For the docstring of a method that takes the name of a measure.
MEASURES = listed(
    {name: m.summary for name, m in UNCERTAINTY_MEASURES.items()}, end="."
)

#: For the attributes in the docstring of a result.
ATTRIBUTES = "\n".join(
    f"{name} : ndarray of shape (n_samples,){', in ' * bool(measure.unit)}"
    f"{measure.unit}\n    {measure.summary[0].upper()}{measure.summary[1:]}."
    for name, measure in UNCERTAINTY_MEASURES.items()
    if name != "expected_entropy"  # a parameter
)


def with_measures(result: T) -> T:
    """Give a class of results an attribute for each measure that it lacks.

    A value is computed when it is first asked for, and read-only.
    """
    stored = {field.name for field in fields(result)}
    for name, measure in UNCERTAINTY_MEASURES.items():
        if name not in stored:
            attribute = cached_property(_value(name, measure))
            attribute.__set_name__(result, name)
            setattr(result, name, attribute)
    return result


def _value(name: str, measure: UncertaintyMeasure) -> Callable[[Any], Values]:
    def value(result: Any) -> Values:
        if measure.of_statistics is not None:
            return read_only(measure.of_statistics(result))
        if name not in result.pass_means:
            raise ValueError(
                f"{name} is a mean over passes, which pass_means does not hold: "
                "from_samples and UncertaintyAccumulator take it"
            )
        return result.pass_means[name]

    value.__doc__ = f"Return {measure.summary}, (n_samples,)."
    return value


def checked_measure(by: str, n_passes: int) -> UncertaintyMeasure:
    """Return the measure of this name, if that many passes are enough for it."""
    if by not in UNCERTAINTY_MEASURES:
        close = get_close_matches(str(by), UNCERTAINTY_MEASURES, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(
            f"by={by!r} must be one of {', '.join(UNCERTAINTY_MEASURES)}{hint}"
        )
    measure = UNCERTAINTY_MEASURES[by]
    if n_passes < measure.min_passes:
        raise ValueError(
            f"by={by!r} is NaN at n_passes={n_passes}: use at least "
            f"{measure.min_passes} passes, or by='predictive_entropy'"
        )
    return measure
