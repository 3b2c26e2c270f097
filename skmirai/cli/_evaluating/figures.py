"""Figures of verdicts, with intervals: functions of arrays."""

import math
from typing import TYPE_CHECKING

import numpy as np

from skmirai.cli._evaluating.intervals import intervals, share, share_of
from skmirai.metrics import expected_calibration_error

if TYPE_CHECKING:
    import pandas as pd

    from skmirai.cli._evaluating.verdicts import LabelledVerdicts

#: What each figure says.
FIGURES = {
    "accuracy": "share of the rows that get their label",
    "balanced_accuracy": "mean of that share over the classes",
    "roc_auc": "area under the ROC curve, of more classes the mean of each",
    "log_loss": "mean negative logarithm of the probability of the label",
    "calibration_error": "mean distance of probabilities from frequencies",
    "false_alarm_rate": "share of benign rows that raise an alarm",
    "detection_rate": "share of attack rows that raise an alarm",
    "answered": "share of the rows that get an answer",
    "risk": "share of wrong answers among those",
    "r2": "share of the variance that is explained",
    "mean_absolute_error": "mean size of the errors",
    "root_mean_squared_error": "root of their mean square",
    "within_two_std": "share of the rows within two standard deviations",
}

#: Those of predicted numbers; the others are of classes.
OF_NUMBERS = {
    *("r2", "mean_absolute_error", "root_mean_squared_error", "within_two_std"),
}

#: Least probability in a logarithm.
_TINY = float(np.finfo(np.float32).tiny)


def class_figures(verdicts: "LabelledVerdicts") -> "pd.DataFrame":
    """Figures of all rows.

    Parameters
    ----------
    verdicts : LabelledVerdicts
        Of at least one row. Those whose label is no class that the model knows count
        as wrong, and have no part in figures of probabilities.

    Returns
    -------
    DataFrame
        Columns value, low and high, the figures as index. Intervals hold 95 %, by
        blocks of neighbouring rows, or by whole groups where there are some; that of
        calibration_error takes rows for independent. An interval by groups is NaN
        where a single group has all rows that a figure, or a class in it, is about:
        nobody can tell how it varies from group to group.
    """
    scores = _Scores(verdicts)
    errors = [(~verdicts.right).astype(float)]
    if scores.losses is not None:
        errors.append(1 - np.exp(-scores.losses))
    bounds = {"log_loss": (0.0, math.inf)}
    found = intervals(scores, np.column_stack(errors), verdicts.groups, bounds)
    if _has_class_of_one_group(verdicts):
        value = found["balanced_accuracy"][0]
        found["balanced_accuracy"] = (value, math.nan, math.nan)
    if verdicts.benign is not None:
        is_benign = verdicts.truth == verdicts.benign
        alarm, groups = verdicts.alarm, verdicts.groups
        found["false_alarm_rate"] = share_of(alarm, is_benign, groups)
        found["detection_rate"] = share_of(alarm, ~is_benign, groups)
    if not (answered := verdicts.answered).all():
        found["risk"] = share_of(~verdicts.right, answered, verdicts.groups)
    if verdicts.proba is not None and (known := verdicts.codes >= 0).any():
        found["calibration_error"] = _calibration(verdicts, known)
    order = [name for name in FIGURES if name in found]
    return _frame({name: found[name] for name in order})


def implied_value(figures: "pd.DataFrame", name: str) -> float | None:
    """Value of a figure that has no line since all rows get an answer.

    Parameters
    ----------
    figures : DataFrame
        As :func:`class_figures` or :func:`number_figures` returns it.
    name : str
        One of `FIGURES`.

    Returns
    -------
    float or None
        Of "answered" and "risk"; None of others, and where these have lines.
    """
    if "accuracy" not in figures.index or "answered" in figures.index:
        return None
    if name == "answered":
        return 1.0
    return 1 - float(figures["value"]["accuracy"]) if name == "risk" else None


def number_figures(
    y: np.ndarray,
    predicted: np.ndarray,
    std: np.ndarray | None,
    groups: np.ndarray | None,
) -> "pd.DataFrame":
    """Figures of predicted numbers.

    Parameters
    ----------
    y, predicted : ndarray of shape (n_rows,)
        The numbers.
    std : ndarray of shape (n_rows,) or None
        Their standard deviations over passes.
    groups : ndarray of shape (n_rows,) or None
        What is drawn in place of blocks.

    Returns
    -------
    DataFrame
        As :func:`class_figures` returns it.
    """
    error = predicted - y

    def scores(rows: np.ndarray) -> dict[str, float]:
        own, true = error[rows], y[rows]
        spread = ((true - true.mean()) ** 2).mean()
        square = (own**2).mean()
        found = {
            "r2": 1 - square / spread if spread else math.nan,
            "mean_absolute_error": np.abs(own).mean(),
            "root_mean_squared_error": math.sqrt(square),
        }
        if std is not None:
            found["within_two_std"] = (np.abs(own) <= 2 * std[rows]).mean()
        return found

    bounds = {
        "r2": (-math.inf, 1.0),
        "mean_absolute_error": (0.0, math.inf),
        "root_mean_squared_error": (0.0, math.inf),
    }
    return _frame(intervals(scores, np.abs(error), groups, bounds))


class _Scores:
    """Scores of drawn rows, by their weights."""

    def __init__(self, verdicts: "LabelledVerdicts") -> None:
        self._n_classes = len(verdicts.classes)
        self._codes, self._right = verdicts.codes, verdicts.right
        self._answered = verdicts.answered
        # labels that the model does not know are classes as others are
        self._labels = np.unique(verdicts.truth, return_inverse=True)[1]
        self.losses: np.ndarray | None = None
        self._ranks: list[np.ndarray] = []
        if verdicts.proba is not None:
            proba = np.asarray(verdicts.proba, dtype=np.float64)
            # in single precision they add up to 1 but nearly
            proba = proba / proba.sum(axis=1, keepdims=True)
            own = proba[np.arange(len(proba)), self._codes]
            known = self._codes >= 0
            self.losses = np.where(known, -np.log(np.maximum(own, _TINY)), 0.0)
            columns = proba.T[1:] if self._n_classes == 2 else proba.T
            self._ranks = [np.unique(c, return_inverse=True)[1] for c in columns]

    def __call__(self, rows: np.ndarray) -> dict[str, float]:
        weight = np.bincount(rows, minlength=len(self._right)).astype(float)
        found = {
            "accuracy": share(weight, self._right),
            "balanced_accuracy": self._balanced(weight),
        }
        if self.losses is not None:
            known = weight * (self._codes >= 0)
            found["roc_auc"] = self._roc_auc(known)
            found["log_loss"] = share(known, self.losses)
        if not self._answered.all():
            found["answered"] = share(weight, self._answered)
        return found

    def _balanced(self, weight: np.ndarray) -> float:
        counts = np.bincount(self._labels, weight)
        if (counts > 0).sum() < 2:
            return math.nan
        hits = np.bincount(self._labels, weight * self._right, len(counts))
        return float((hits[counts > 0] / counts[counts > 0]).mean())

    def _roc_auc(self, weight: np.ndarray) -> float:
        first = self._n_classes - len(self._ranks)
        areas = [
            _area(rank, weight, self._codes == code)
            for code, rank in enumerate(self._ranks, first)
        ]
        return float(np.mean(areas))


def _area(rank: np.ndarray, weight: np.ndarray, positive: np.ndarray) -> float:
    """Area under the ROC curve of weighted rows, equal ranks halved."""
    n_ranks = int(rank.max()) + 1
    of_class = np.bincount(rank, weight * positive, n_ranks)
    others = np.bincount(rank, weight * ~positive, n_ranks)
    pairs = of_class.sum() * others.sum()
    if not pairs:
        return math.nan
    return float(of_class @ (np.cumsum(others) - others / 2) / pairs)


def _has_class_of_one_group(verdicts: "LabelledVerdicts") -> bool:
    """Whether one group alone has the rows of a class, which a draw may leave out."""
    import pandas as pd

    if verdicts.groups is None:
        return False
    n_groups = pd.Series(verdicts.groups).groupby(verdicts.truth).nunique()
    return bool(n_groups.min() < 2)


def _calibration(
    verdicts: "LabelledVerdicts", known: np.ndarray
) -> tuple[float, float, float]:
    """Calibration error, and about 95 % around it."""
    n_bins = min(15, int(known.sum()) // 2)
    if n_bins < 1:
        return (math.nan,) * 3
    proba = np.asarray(verdicts.proba, dtype=np.float64)[known]
    value, std = expected_calibration_error(
        verdicts.codes[known],
        proba / proba.sum(axis=1, keepdims=True),
        labels=range(len(verdicts.classes)),
        n_bins=n_bins,
        return_std=True,
    )
    return value, max(0.0, value - 1.96 * std), value + 1.96 * std


def _frame(found: dict[str, tuple[float, float, float]]) -> "pd.DataFrame":
    import pandas as pd

    columns = ["value", "low", "high"]
    return pd.DataFrame.from_dict(found, orient="index", columns=columns)
