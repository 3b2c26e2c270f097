"""What a model's answers about some rows are worth."""

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score

from skmirai.utils._sklearn import num_samples

#: Figures of a set of answers, by the field's names, and what each says.
FIGURES = {
    "accuracy": "share of the rows that get their label",
    "balanced_accuracy": "mean of that share over the classes",
    "roc_auc": "area under the ROC curve; of more than two classes the mean of each "
    "against the others",
    "log_loss": "mean negative logarithm of the probability of the label",
    "false_alarm_rate": "share of benign rows that get the label of an attack",
    "detection_rate": "share of attack rows that get the label of any attack",
}


class Answers(NamedTuple):
    """What a model says about some rows.

    Attributes
    ----------
    labels : ndarray of shape (n_rows,)
        Predicted labels.
    ranks : ndarray of shape (n_rows, n_classes) or None
        How much speaks for each class: probabilities, or else values of the decision
        function; NaN for a class that the model has not learned. None if it has
        neither.
    proba : ndarray of shape (n_rows, n_classes) or None
        Probabilities, 0 for a class that the model has not learned.
    """

    labels: np.ndarray
    ranks: np.ndarray | None
    proba: np.ndarray | None


def answers(estimator: Any, X: Any, classes: np.ndarray) -> Answers:
    """Ask a fitted classifier about rows.

    Parameters
    ----------
    estimator : classifier
        Fitted on some or all of the classes.
    X : array-like or DataFrame of shape (n_rows, n_features)
        Rows.
    classes : ndarray of shape (n_classes,)
        All labels, ascending: the order of the columns.

    Returns
    -------
    Answers
        Labels, and what speaks for each class.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.svm import LinearSVC
    >>> from skmirai.model_selection._scores import answers
    >>> X, classes = np.array([[-1.0], [1.0]]), np.array(["attack", "normal"])
    >>> found = answers(LinearSVC().fit(X, classes), X, classes)
    >>> found.labels, found.ranks.shape, found.proba
    (array(['attack', 'normal'], dtype='<U6'), (2, 2), None)
    """
    labels = np.asarray(estimator.predict(X))
    known = np.asarray(estimator.classes_)
    if hasattr(estimator, "predict_proba"):
        values = np.asarray(estimator.predict_proba(X), dtype=np.float64)
        proba = _aligned(values, known, classes, 0.0)
        ranks = proba if len(known) == len(classes) else None
        if ranks is None:
            ranks = _aligned(values, known, classes, np.nan)
        return Answers(labels, ranks, proba)
    if hasattr(estimator, "decision_function") and len(known) > 1:
        values = np.asarray(estimator.decision_function(X), dtype=np.float64)
        if values.ndim == 1:
            values = np.column_stack([-values, values])
        if values.shape == (num_samples(X), len(known)):  # not one against one
            return Answers(labels, _aligned(values, known, classes, np.nan), None)
    return Answers(labels, None, None)


def _aligned(
    values: np.ndarray, known: np.ndarray, classes: np.ndarray, other: float
) -> np.ndarray:
    """Put columns in the place of their class."""
    found = np.full((len(values), len(classes)), other)
    found[:, np.searchsorted(classes, known)] = values
    return found


def part(found: Answers, rows: np.ndarray | slice) -> Answers:
    """Answers about some of the rows."""
    labels, ranks, proba = found
    return Answers(
        labels[rows],
        None if ranks is None else ranks[rows],
        None if proba is None else proba[rows],
    )


def joined(parts: list[Answers]) -> Answers:
    """Answers of several models, one after the other."""
    labels, ranks, proba = (
        None if any(one is None for one in values) else np.concatenate(values)
        for values in zip(*parts, strict=True)
    )
    return Answers(np.asarray(labels), ranks, proba)


def figures(
    y: np.ndarray, found: Answers, classes: np.ndarray, benign: Any = None
) -> dict[str, float]:
    """Measure answers.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        True labels, at least one.
    found : Answers
        What a model says about these rows.
    classes : ndarray of shape (n_classes,)
        All labels, ascending.
    benign : label or None, default=None
        The class of benign rows; None leaves the last two figures out.

    Returns
    -------
    dict of str to float
        The figures of `FIGURES`. NaN stands for one that the rows or the model do not
        have: the balanced accuracy of one class, the area under the curve where a
        class is missing, the logarithmic loss without probabilities, the share of no
        rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._scores import Answers, figures
    >>> y, labels = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    >>> found = figures(y, Answers(labels, None, None), np.array([0, 1]), benign=0)
    >>> round(found["balanced_accuracy"], 3), round(found["false_alarm_rate"], 3)
    (0.833, 0.333)
    """
    right = found.labels == y
    alarm, is_benign = found.labels != benign, y == benign
    named = benign is not None
    return {
        "accuracy": float(right.mean()),
        "balanced_accuracy": balanced_accuracy(y, found.labels),
        "roc_auc": _roc_auc(y, found.ranks, classes),
        "log_loss": _log_loss(y, found.proba, classes),
        "false_alarm_rate": _share(alarm[is_benign]) if named else math.nan,
        "detection_rate": _share(alarm[~is_benign]) if named else math.nan,
    }


def balanced_accuracy(y: np.ndarray, labels: np.ndarray) -> float:
    """Mean over the classes in y of the share of right labels; NaN if there is one."""
    codes = np.unique(y, return_inverse=True)[1]
    return balanced_share(codes, np.where(labels == y, codes, -1))


def balanced_share(codes: np.ndarray, said: np.ndarray) -> float:
    """Balanced accuracy of numbers of classes, NaN for rows of one class."""
    counts = np.bincount(codes)
    known = counts > 0
    if known.sum() < 2:
        return math.nan
    hits = np.bincount(codes, codes == said)
    return float((hits[known] / counts[known]).mean())


def recall_by_kind(
    y: np.ndarray, labels: np.ndarray, kinds: Any, benign: Any = None
) -> pd.DataFrame:
    """Measure answers about each kind of rows.

    Parameters
    ----------
    y, labels : ndarray of shape (n_rows,)
        True and predicted labels.
    kinds : array-like of shape (n_rows,)
        Kind of each row, such as the name of its attack.
    benign : label or None, default=None
        The class of benign rows; None leaves ``alarm_rate`` NaN.

    Returns
    -------
    DataFrame
        A row for each kind, which is the index, with ``n_rows``, ``recall`` (share
        of its rows that get their label) and ``alarm_rate`` (share that gets the label
        of an attack).

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._scores import recall_by_kind
    >>> y, labels = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 0, 1])
    >>> kinds = ["normal", "normal", "scan", "scan", "flood"]
    >>> recall_by_kind(y, labels, kinds, benign=0)
            n_rows  recall  alarm_rate
    kind
    flood        1     1.0         1.0
    normal       2     0.5         0.5
    scan         2     0.5         0.5
    """
    alarm = np.full(len(y), np.nan) if benign is None else labels != benign
    table = pd.DataFrame(
        {
            "kind": np.asarray(kinds),
            "right": labels == y,
            "alarm": np.asarray(alarm, dtype=np.float64),
        }
    )
    return table.groupby("kind", dropna=False, observed=True).agg(
        n_rows=("right", "size"), recall=("right", "mean"), alarm_rate=("alarm", "mean")
    )


def _roc_auc(y: np.ndarray, ranks: np.ndarray | None, classes: np.ndarray) -> float:
    if ranks is None or np.isnan(ranks).any() or len(np.unique(y)) < len(classes):
        return math.nan
    areas = [
        roc_auc_score(y == name, column)
        for name, column in zip(classes, ranks.T, strict=True)
    ]
    return float(np.mean(areas))  # the two of two classes are equal


def _log_loss(y: np.ndarray, proba: np.ndarray | None, classes: np.ndarray) -> float:
    if proba is None:
        return math.nan
    # in single precision they add up to 1 but nearly
    proba = proba / proba.sum(axis=1, keepdims=True)
    return float(log_loss(y, proba, labels=classes))


def _share(of: np.ndarray) -> float:
    return float(of.mean()) if len(of) else math.nan
