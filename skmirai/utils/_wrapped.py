"""Classifiers that ask another one: frozen, calibrated, abstaining."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

_Class = TypeVar("_Class", bound=type)


def _calibrated(estimator: CalibratedClassifierCV) -> Any:
    fitted = getattr(estimator, "calibrated_classifiers_", None)
    return fitted[0].estimator if fitted else estimator.estimator


#: What each class of them asks, the fitted one where there is one. Of several alike
#: it is the first.
_INNER: dict[type, Callable[[Any], Any]] = {
    FrozenEstimator: lambda estimator: estimator.estimator,
    CalibratedClassifierCV: _calibrated,
}


def asks_its_estimator(cls: _Class) -> _Class:
    """Enter a class, as its decorator, whose ``estimator_`` is asked."""
    _INNER[cls] = lambda outer: getattr(outer, "estimator_", outer.estimator)
    return cls


def inner_of(estimator: Any) -> Any:
    """Return what a wrapper asks; None for anything else.

    Examples
    --------
    >>> from sklearn.frozen import FrozenEstimator
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmirai.utils._wrapped import inner_of
    >>> inner_of(FrozenEstimator(LogisticRegression()))
    LogisticRegression()
    """
    inner = _INNER.get(type(estimator))
    return None if inner is None else inner(estimator)


def chain_of(estimator: Any) -> Iterator[Any]:
    """Yield an estimator and what it asks: a wrapper's inner one, a Pipeline's last.

    The last one asks no other.
    """
    while True:
        yield estimator
        if isinstance(estimator, Pipeline) and estimator.steps:
            estimator = estimator.steps[-1][1]
        elif (inner := inner_of(estimator)) is not None:
            estimator = inner
        else:
            return
