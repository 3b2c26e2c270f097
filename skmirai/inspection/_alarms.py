"""Scores of attacks, which rows are attacks, and the threshold of a budget."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pandas import isna

from skmirai.utils._benign import BENIGN_NAMES, benign_class
from skmirai.utils._budgets import budget_threshold
from skmirai.utils._wrapped import chain_of

Floats = NDArray[np.float64]


def attack_score(estimator: Any, X: Any, benign: Any) -> tuple[Floats, str]:
    """Score of each row, large where it looks like an attack.

    Parameters
    ----------
    estimator : classifier
        Fitted, with ``predict_proba``, or of two classes with ``decision_function``.
    X : array-like of shape (n_samples, n_features)
        Rows.
    benign : label
        The class of rows that are no attack, one of ``classes_``.

    Returns
    -------
    score : ndarray of shape (n_samples,)
        Probability of all other classes together, or the value of the decision.
    name : str
        What it is.

    Raises
    ------
    TypeError
        If the estimator has neither.
    """
    classes = classes_of(estimator).tolist()
    column = classes.index(benign)
    if hasattr(estimator, "predict_proba"):
        proba = np.asarray(estimator.predict_proba(X), dtype=np.float64)
        return np.delete(proba, column, axis=1).sum(axis=1), "attack probability"
    if hasattr(estimator, "decision_function") and len(classes) == 2:
        values = np.asarray(estimator.decision_function(X), dtype=np.float64)
        return (values if column == 0 else -values), "decision value"
    raise TypeError(
        f"{type(estimator).__name__} has no predict_proba, and no decision_function of "
        "two classes: compute scores of the rows, and give these to the display"
    )


def classes_of(estimator: Any) -> NDArray[Any]:
    """Classes of a fitted classifier."""
    if not hasattr(estimator, "classes_"):
        raise TypeError(
            f"{type(estimator).__name__} has no classes_: give a fitted classifier, or "
            "compute scores of the rows, and give these to the display"
        )
    return np.asarray(estimator.classes_)


def abstention_of(estimator: Any) -> Any:
    """Label of a classifier, or of what it asks, for rows without an answer.

    None for one that always answers.
    """
    labels = (getattr(part, "abstain_label_", None) for part in chain_of(estimator))
    return next((label for label in labels if label is not None), None)


def benign_of(labels: ArrayLike, benign: Any = None) -> Any:
    """Tell which label is the benign one, also where one kind of rows is missing.

    Parameters
    ----------
    labels : array-like of shape (n_labels,)
        All labels that there are.
    benign : label or None, default=None
        As the user names it. None takes the one called "benign" or "normal", else 0
        among 0 and 1, else the first of two.

    Returns
    -------
    label

    Raises
    ------
    ValueError
        If there is no such label, or several may be meant.

    Examples
    --------
    >>> from skmirai.inspection._alarms import benign_of
    >>> benign_of([1]), benign_of(["neptune", "normal", "smurf"])
    (0, 'normal')
    >>> benign_of(["neptune", "smurf"], "normal")
    'normal'
    """
    known = np.unique(np.asarray(labels)).tolist()
    if set(known) <= {0, 1}:
        known = [0, 1]
    named = {label for label in known if str(label).lower() in BENIGN_NAMES}
    if isinstance(benign, str) and benign.lower() in BENIGN_NAMES and not named:
        known.append(benign)
    array = np.empty(len(known), dtype=object)
    array[:] = known
    found = benign_class(array, benign)
    if found is None:
        raise ValueError(
            f"of the labels {known[:10]} none is known to be benign: say by benign= "
            "which of them stands for rows that are no attack"
        )
    return found


def all_labels(*labels: Any, but: Any) -> list[Any]:
    """All labels that occur, but that of abstention."""
    known = {label for array in labels for label in np.unique(array).tolist()} - {but}
    if len({isinstance(label, str) for label in known}) > 1:
        raise ValueError(
            f"labels {sorted(map(str, known))[:10]} are text in part: y_true and "
            "y_pred must hold labels of the same classes"
        )
    return [*known]


def checked_labels(y_true: Any, name: str = "y_true") -> NDArray[Any]:
    """Return one label for each row, none of them missing."""
    labels = np.asarray(y_true)
    if labels.ndim != 1 or not len(labels):
        raise ValueError(
            f"{name} has shape {labels.shape}; expected one label for each row, of "
            "shape (n_samples,)"
        )
    missing = isna(labels)
    if missing.any():
        row = int(missing.argmax())
        raise ValueError(
            f"{name}[{row}]={labels[row]} is no label: leave the row out, or label it"
        )
    return labels


def checked_scores(y_score: Any) -> Floats:
    """Return one finite score for each row, of one row at least."""
    score = np.asarray(y_score)
    if score.ndim != 1 or score.dtype.kind not in "biuf" or not len(score):
        raise ValueError(
            f"y_score has shape {score.shape} and dtype {score.dtype}; expected one "
            "number for each row, large for an attack, of shape (n_samples,): of "
            "predict_proba the column of the attacks"
        )
    score = score.astype(np.float64)
    if not np.isfinite(score).all():
        row = int((~np.isfinite(score)).argmax())
        raise ValueError(
            f"y_score[{row}]={score[row]} must be finite: leave the row out, or repair "
            "what it comes from"
        )
    return score


def check_length(name: str, values: Any, n_rows: int) -> NDArray[Any]:
    """Return an array of one value for each row."""
    array = np.asarray(values)
    if array.shape != (n_rows,):
        raise ValueError(
            f"{name} has the shape {array.shape}, but there are {n_rows} rows: give "
            "one value for each"
        )
    return array


def chosen_threshold(
    score: Floats,
    attack: NDArray[np.bool_] | None,
    threshold: float | None,
    max_false_alarm_rate: float | None,
) -> float | None:
    """Score from which on a row raises an alarm.

    Parameters
    ----------
    score : ndarray of shape (n_samples,)
        Large for attacks.
    attack : ndarray of bool of shape (n_samples,) or None
        Which rows are attacks.
    threshold : float or None
        The score itself.
    max_false_alarm_rate : float or None
        Largest share of the benign rows with an alarm, in [0, 1); the smallest
        threshold that keeps it among these rows is taken.

    Returns
    -------
    float or None
        None if neither is given.

    Raises
    ------
    ValueError
        If both are given, one is out of range, or a budget lacks benign rows.
    """
    if max_false_alarm_rate is None:
        if threshold is not None and math.isnan(threshold):
            raise ValueError("threshold=nan must be a number: a score, 0.5 for example")
        return None if threshold is None else float(threshold)
    if threshold is not None:
        raise ValueError(
            f"threshold={threshold} and max_false_alarm_rate={max_false_alarm_rate}: "
            "give one of them; the budget chooses a threshold"
        )
    if not 0 <= max_false_alarm_rate < 1:
        raise ValueError(
            f"max_false_alarm_rate={max_false_alarm_rate} must lie in [0, 1): 0.001 is "
            "one benign row in a thousand"
        )
    benign_scores = np.empty(0) if attack is None else score[~attack]
    if not len(benign_scores):
        raise ValueError(
            f"max_false_alarm_rate={max_false_alarm_rate} needs benign rows to count "
            "false alarms on, and there is none: give their labels, or a threshold"
        )
    return budget_threshold(benign_scores, max_false_alarm_rate)
