"""Warn of a training that came to less than a constant answer."""

import math
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning

from skmirai.neural_network._checks.remedies import remedies
from skmirai.neural_network._engine.heads import winners
from skmirai.utils._warnings import warn_user

#: What a training has before it is judged, one or the other: the fewest epochs that
#: ``epochs="auto"`` chooses, on however few rows, or so many updates of the weights.
#: Less is a trial, or the beginning of a training that goes on.
_LEAST_EPOCHS, _LEAST_UPDATES = 8, 100

#: Rows that are predicted to judge it.
_MOST_ROWS = 4096

#: Standard errors by which an accuracy must be below that of a constant answer.
_STANDARD_ERRORS = 3

#: A network that came so far of the way from guessing to no error has learned
#: something, and so has one of that R**2.
_LEAST_SKILL, _LEAST_R2 = 0.05, -0.05


def warn_of_collapse(
    estimator: Any, step: Any, X: Any, y: np.ndarray, weight: np.ndarray | None
) -> None:
    """Warn if the network is worse on its training rows than a constant would be.

    Parameters
    ----------
    estimator : BaseMiraiDNN
        Whose network it is.
    step : KerasStep
        The trained network.
    X : ndarray or LazyArray of shape (n_samples, n_features)
        Scaled training rows, of which some thousand are predicted.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Their encoded targets.
    weight : ndarray of shape (n_samples,) or None
        Their weights in the loss.

    Warns
    -----
    ConvergenceWarning
        If a training of at least 8 epochs, or 100 updates, came to less than a
        constant.
    """
    losses = step.history_["loss"]
    n_updates = len(losses) * math.ceil(len(y) / step.batch_size)
    if len(losses) < _LEAST_EPOCHS and n_updates < _LEAST_UPDATES:
        return
    if not np.isfinite(losses).all():
        return  # whoever stopped it at infinity has warned
    weight = np.ones(len(y)) if weight is None else weight
    classifies = is_classifier(estimator)
    rows = some_of_each(y) if classifies else evenly(np.arange(len(y)), _MOST_ROWS)
    values = step.decision_values(X[rows])
    if classifies:
        failed = failed_classes(y, weight, rows, winners(values), estimator.classes_)
    else:
        failed = failed_targets(y[rows], weight[rows], values)
    if failed is None:
        return
    rate = step.network_.learning_rate
    advice = remedies(estimator, losses, n_updates, rate, y, weight)
    warn_user(f"{failed}. Try {'; '.join(advice)}.", ConvergenceWarning)


def evenly(rows: np.ndarray, limit: int) -> np.ndarray:
    """Return all rows, or as many from the first to the last at even distances."""
    if len(rows) <= limit:
        return rows
    return rows[np.linspace(0, len(rows) - 1, limit).round().astype(int)]


def some_of_each(y: np.ndarray) -> np.ndarray:
    """Numbers of rows of every class, some thousand together at most.

    Parameters
    ----------
    y : ndarray of int of shape (n_samples,)
        Encoded labels.

    Returns
    -------
    ndarray of int
        Row numbers, ascending; at least one of each class.
    """
    order = np.argsort(y, kind="stable")
    classes = np.split(order, np.flatnonzero(np.diff(y[order])) + 1)
    limit = max(1, _MOST_ROWS // len(classes))
    return np.sort(np.concatenate([evenly(rows, limit) for rows in classes]))


def failed_classes(
    y: np.ndarray,
    weight: np.ndarray,
    rows: np.ndarray,
    predicted: np.ndarray,
    classes: np.ndarray,
) -> str | None:
    """Say in which way predicted labels are worse than one label for all rows.

    They are if the accuracy is below the share of the largest class by three standard
    errors, and weights do not explain it: the accuracy of rows weighted as in the loss
    is as far below the share of the heaviest class, or less than a twentieth of the way
    from guessing all classes equally often to no error.

    Parameters
    ----------
    y : ndarray of int of shape (n_samples,)
        Encoded labels of all training rows.
    weight : ndarray of shape (n_samples,)
        Their weights in the loss.
    rows : ndarray of int of shape (n_rows,)
        Numbers of the rows that were predicted, some of every class.
    predicted : ndarray of int of shape (n_rows,)
        Their predicted labels, encoded.
    classes : ndarray of shape (n_classes,)
        The labels.

    Returns
    -------
    str or None
        A sentence with the figures; None if they are not worse.
    """
    n_classes = len(classes)
    counts = np.bincount(y, minlength=n_classes)
    masses = np.bincount(y, weight, n_classes)
    seen = np.bincount(y[rows], weight[rows], n_classes)
    right = predicted == y[rows]
    found = np.bincount(y[rows][right], weight[rows][right], n_classes)
    recall = found / np.where(seen > 0, seen, 1)
    shares, loss_shares = counts / counts.sum(), masses / masses.sum()
    accuracy, constant = shares @ recall, shares.max()
    skill, chance = loss_shares @ recall, loss_shares.max()
    n_alike = seen.sum() ** 2 / (weight[rows] ** 2).sum()  # rows of equal weight
    if accuracy >= _clearly_below(constant, len(rows)):
        return None
    guessing = 1 / n_classes
    if skill >= max(
        _clearly_below(chance, n_alike), guessing + _LEAST_SKILL * (1 - guessing)
    ):
        return None
    sentence = (
        f"Training failed: an accuracy of {accuracy:.3f} on training rows is below the "
        f"{constant:.3f} of answering {classes[shares.argmax()]!s} always"
    )
    if np.ptp(masses / counts):
        sentence += (
            f"; with rows weighted as in the loss it is {skill:.3f}, and {chance:.3f} "
            f"for one answer"
        )
    return sentence


def _clearly_below(share: float, n_rows: float) -> float:
    return share - _STANDARD_ERRORS * math.sqrt(share * (1 - share) / n_rows)


def failed_targets(
    y: np.ndarray, weight: np.ndarray, predicted: np.ndarray
) -> str | None:
    """Say in which way predicted numbers are worse than the mean for all rows.

    They are if R**2, averaged over the targets, is below -0.05.

    Parameters
    ----------
    y : ndarray of shape (n_rows, n_targets)
        True targets.
    weight : ndarray of shape (n_rows,)
        Weights of the rows.
    predicted : ndarray of shape (n_rows, n_targets)
        Predicted targets.

    Returns
    -------
    str or None
        A sentence with the figure; None if they are not worse, or no target varies.
    """
    y = y.astype(float)
    with np.errstate(all="ignore"):  # squares of targets may be no numbers
        spread = np.average((y - np.average(y, 0, weight)) ** 2, 0, weight)
        error = np.average((y - predicted) ** 2, 0, weight)
        varies = spread > np.finfo(float).eps * np.average(y**2, 0, weight)
        r2 = float(np.mean(1 - error[varies] / spread[varies])) if varies.any() else 0.0
    if not r2 < _LEAST_R2:
        return None
    return (
        f"Training failed: an R**2 of {r2:.3g} on training rows is below the 0 of "
        f"predicting the mean of y always"
    )
