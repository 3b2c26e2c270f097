"""Classes whose estimators have files, and Pipelines that end in them."""

from typing import Any, TypeVar

from skmirai.utils._wrapped import chain_of

_Class = TypeVar("_Class", bound=type)

#: By the name that stands in a file.
CLASSES: dict[str, Any] = {}


def has_files(cls: _Class) -> _Class:
    """Enter a class of estimators, as its decorator."""
    CLASSES[cls.__name__] = cls
    return cls


def last_step(estimator: Any) -> Any:
    """Return the estimator that is asked in the end.

    It is what a Pipeline ends in, and what a frozen, calibrated or abstaining
    classifier asks, also where these are in one another.
    """
    *_, last = chain_of(estimator)
    return last
