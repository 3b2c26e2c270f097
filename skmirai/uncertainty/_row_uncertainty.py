"""How uncertain a fitted classifier is of each row, by one measure or another."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier

from skmirai.metrics import UNCERTAINTY_MEASURES
from skmirai.uncertainty._classification import PredictiveUncertainty
from skmirai.uncertainty._measured import checked_measure
from skmirai.utils._sklearn import num_samples
from skmirai.utils._wrapped import has_passes, that_makes_passes

By = str | Callable[[Any, Any], Any]

#: How little a row looks like an attack; no measure of uncertainty, but of alarms.
BENIGN_PROBABILITY = "benign_probability"

MEASURES = (BENIGN_PROBABILITY, *UNCERTAINTY_MEASURES)

#: Measures that probabilities alone tell, without passes.
OF_PROBABILITIES = ("predictive_entropy", "confidence")


def high_is_uncertain(by: By) -> bool:
    """Tell whether rows are uncertain where the measure is large."""
    measure = None if callable(by) else UNCERTAINTY_MEASURES.get(by)
    return measure is None or measure.high_is_uncertain


def checked_by(by: By, estimator: Any, *, of_alarms: bool) -> By:
    """Choose the measure, and refuse an estimator that cannot tell it.

    Raises
    ------
    ValueError
        If ``by`` ranks alarms and these are not asked for.
    TypeError
        If the estimator is no classifier, or lacks the method that ``by`` takes.
    """
    if by == "auto":
        by = BENIGN_PROBABILITY if of_alarms else "predictive_entropy"
    if by == BENIGN_PROBABILITY and not of_alarms:
        raise ValueError(
            f"by={by!r} ranks alarms only: give max_false_alarm_rate, or rank by "
            "'predictive_entropy'"
        )
    if not is_classifier(estimator):
        raise TypeError(
            f"estimator={estimator!r} is no classifier: what is given or withheld are "
            "labels"
        )
    if callable(by) or (by in UNCERTAINTY_MEASURES and has_passes(estimator)):
        return by
    name = type(estimator).__name__
    if not hasattr(estimator, "predict_proba"):
        raise TypeError(
            f"{name} has no predict_proba, which by={by!r} needs: wrap it in "
            "sklearn.calibration.CalibratedClassifierCV, or pass a callable as by"
        )
    if by not in (BENIGN_PROBABILITY, *OF_PROBABILITIES):
        raise TypeError(
            f"{name} has no predict_uncertainty, which by={by!r} needs: use "
            f"{' or '.join(map(repr, OF_PROBABILITIES))}, or a callable"
        )
    return by


def row_uncertainty(
    estimator: Any,
    X: Any,
    by: By,
    *,
    benign: Any,
    n_passes: int,
    seed: int,
) -> NDArray[np.float64]:
    """Measure each row.

    Parameters
    ----------
    estimator : classifier
        Fitted.
    X : array-like of shape (n_samples, n_features)
        Rows.
    by : str or callable
        A measure of ``UNCERTAINTY_MEASURES``, "benign_probability", or a function of
        estimator and rows.
    benign : label
        Class whose probability "benign_probability" is.
    n_passes, seed : int
        For ``predict_uncertainty``, where the estimator or one that it asks has it.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        If a callable returns another shape or NaN.
    """
    if callable(by):
        values = np.asarray(by(estimator, X), dtype=np.float64)
        expected = (num_samples(X),)
        if values.shape != expected or np.isnan(values).any():
            what = "NaN" if values.shape == expected else f"shape {values.shape}"
            raise ValueError(
                f"by={by!r} returned {what}; expected {expected}, one number for each "
                "row, large where it is uncertain"
            )
        return values
    if by == BENIGN_PROBABILITY:
        column = np.flatnonzero(estimator.classes_ == benign)[0]
        return np.asarray(estimator.predict_proba(X)[:, column], dtype=np.float64)
    if has_passes(estimator):
        checked_measure(by, n_passes)
        inner, X = that_makes_passes(estimator, X)
        result = inner.predict_uncertainty(X, n_passes=n_passes, random_state=seed)
    else:
        proba = np.asarray(estimator.predict_proba(X))
        result = PredictiveUncertainty.from_samples(proba[None], estimator.classes_)
    return np.asarray(getattr(result, by))
