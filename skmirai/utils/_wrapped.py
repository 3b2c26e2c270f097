"""Estimators that ask another one: frozen, calibrated, abstaining, a search."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

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


def _is_search(estimator: Any) -> bool:
    """Tell scikit-learn's and Optuna's by their parameters, not a tuned threshold."""
    is_one = hasattr(estimator, "refit") and hasattr(estimator, "estimator")
    return is_one and not isinstance(estimator, TunedThresholdClassifierCV)


def inner_of(estimator: Any) -> Any:
    """Return what a wrapper or a search asks; None for anything else.

    Examples
    --------
    >>> from sklearn.frozen import FrozenEstimator
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmirai.utils._wrapped import inner_of
    >>> inner_of(FrozenEstimator(LogisticRegression()))
    LogisticRegression()
    """
    inner = _INNER.get(type(estimator))
    if inner is not None:
        return inner(estimator)
    if _is_search(estimator):
        return getattr(estimator, "best_estimator_", estimator.estimator)
    return None


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


def step_into(estimator: Any, X: Any) -> tuple[Any, Any] | None:
    """Return what a fitted estimator asks, and rows as that one sees them.

    Parameters
    ----------
    estimator : estimator
        Of any kind.
    X : array-like of shape (n_samples, n_features)
        Rows for it.

    Returns
    -------
    tuple or None
        None for one that asks no other.

    Raises
    ------
    NotFittedError
        If a Pipeline or a search is not fitted.
    TypeError
        If a search has no best estimator.
    """
    if isinstance(estimator, Pipeline):
        check_is_fitted(estimator)
        before = estimator[:-1]
        return estimator.steps[-1][1], before.transform(X) if before.steps else X
    if _is_search(estimator) and not hasattr(estimator, "best_estimator_"):
        check_is_fitted(estimator)
        raise TypeError(
            f"{type(estimator).__name__} with refit={estimator.refit!r} has no "
            "best estimator: search with refit=True"
        )
    inner = inner_of(estimator)
    return None if inner is None else (inner, X)


def has_passes(estimator: Any) -> bool:
    """Tell whether probabilities of an estimator come from one that makes passes.

    Those of a calibrated classifier are others than those of the passes below it.
    """
    for part in chain_of(estimator):
        if callable(getattr(part, "predict_uncertainty", None)):
            return True
        if isinstance(part, CalibratedClassifierCV):
            return False
    return False


def that_makes_passes(estimator: Any, X: Any) -> tuple[Any, Any]:
    """Return the one that makes them, of an estimator that `has_passes`, and its rows.

    Parameters and errors are those of `step_into`.
    """
    while not callable(getattr(estimator, "predict_uncertainty", None)):
        estimator, X = step_into(estimator, X)  # type: ignore[misc]
    return estimator, X
