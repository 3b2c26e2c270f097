"""Classes whose estimators have files, and Pipelines that end in them."""

from typing import Any, TypeVar

from sklearn.pipeline import Pipeline

_Class = TypeVar("_Class", bound=type)

#: By the name that stands in a file.
CLASSES: dict[str, Any] = {}


def has_files(cls: _Class) -> _Class:
    """Enter a class of estimators, as its decorator."""
    CLASSES[cls.__name__] = cls
    return cls


def last_step(estimator: Any) -> Any:
    """Return what a Pipeline ends in, also one in another; else the estimator."""
    while isinstance(estimator, Pipeline) and estimator.steps:
        estimator = estimator.steps[-1][1]
    return estimator
