"""Classes whose estimators have files of their own."""

from typing import TypeVar

_Class = TypeVar("_Class", bound=type)

#: By the name that stands in a file.
CLASSES: dict[str, type] = {}


def has_files(cls: _Class) -> _Class:
    """Enter a class of estimators, as its decorator."""
    CLASSES[cls.__name__] = cls
    return cls
