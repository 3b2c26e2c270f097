"""Figures of verdicts, with intervals: functions of arrays."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from skmirai.metrics import (
    aurc_score,
    bootstrap_intervals,
    expected_calibration_error,
    risk_coverage_curve,
)
from skmirai.utils._budgets import budget_threshold, n_allowed

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

#: Budgets of false alarms.
BUDGETS = (0.0001, 0.001, 0.01, 0.05, 0.1)

#: Shares of the rows that get an answer.
COVERAGES = (1.0, 0.99, 0.95, 0.9, 0.8, 0.5)

_DRAWS: dict[str, Any] = {"n_resamples": 200, "random_state": 0}

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
        calibration_error takes rows for independent.
    """
    scores = _Scores(verdicts)
    errors = [(~verdicts.right).astype(float)]
    if scores.losses is not None:
        errors.append(1 - np.exp(-scores.losses))
    bounds = {"log_loss": (0.0, math.inf)}
    found = _intervals(scores, np.column_stack(errors), verdicts.groups, bounds)
    if verdicts.proba is not None and (known := verdicts.codes >= 0).any():
        found["calibration_error"] = _calibration(verdicts, known)
    order = [name for name in FIGURES if name in found]
    return _frame({name: found[name] for name in order})


def recalls(verdicts: "LabelledVerdicts", names: np.ndarray) -> "pd.DataFrame":
    """Share of right verdicts among the rows of each name.

    Parameters
    ----------
    verdicts : LabelledVerdicts
        The rows.
    names : ndarray of shape (n_rows,)
        Of classes or of kinds.

    Returns
    -------
    DataFrame
        By name, in their order: n_rows, recall, its interval low and high, and
        withheld, the share without an answer.
    """
    import pandas as pd

    right, withheld, rows = verdicts.right, ~verdicts.answered, []
    for name in (known := np.unique(names)):
        own = np.flatnonzero(names == name)
        groups = None if verdicts.groups is None else verdicts.groups[own]

        def recall(drawn: np.ndarray, own: np.ndarray = own) -> dict[str, float]:
            return {"recall": right[own[drawn]].mean()}

        value = _intervals(recall, ~right[own], groups, {})["recall"]
        rows.append((len(own), *value, withheld[own].mean()))
    columns = ["n_rows", "recall", "low", "high", "withheld"]
    return pd.DataFrame(rows, index=known, columns=columns)


def confusion(verdicts: "LabelledVerdicts") -> "pd.DataFrame":
    """Count of the rows by label (index) and verdict (columns), all classes first."""
    import pandas as pd

    more = [np.setdiff1d(v, verdicts.classes) for v in (verdicts.truth, verdicts.said)]
    index, columns = ([*verdicts.classes, *names.tolist()] for names in more)
    table = pd.crosstab(verdicts.truth, verdicts.said)
    table = table.reindex(index=index, columns=columns, fill_value=0)
    return table.rename_axis(index="label", columns="verdict")


def budgets(verdicts: "LabelledVerdicts") -> "pd.DataFrame":
    """Attacks that are found at each budget of false alarms.

    Parameters
    ----------
    verdicts : LabelledVerdicts
        With a benign class and probabilities.

    Returns
    -------
    DataFrame
        By budget: threshold (the probability of any attack from which on there is an
        alarm), false_alarm_rate and detection_rate. Thresholds are chosen on these very
        rows. Budgets that are less than one benign row are left out.
    """
    import pandas as pd

    score, is_benign = attack_score(verdicts), verdicts.truth == verdicts.benign
    benign, rows = score[is_benign], {}
    for budget in BUDGETS:
        if 1 <= n_allowed(budget, len(benign)) < len(benign):
            threshold = budget_threshold(benign, budget)
            alarm = score >= threshold
            rows[budget] = (
                threshold,
                alarm[is_benign].mean(),
                alarm[~is_benign].mean() if (~is_benign).any() else math.nan,
            )
    columns = ["threshold", "false_alarm_rate", "detection_rate"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def attack_score(verdicts: "LabelledVerdicts") -> np.ndarray:
    """Probability of any attack."""
    attacks = [name != verdicts.benign for name in verdicts.classes]
    return np.asarray(verdicts.proba, dtype=np.float64)[:, attacks].sum(axis=1)


def risks(verdicts: "LabelledVerdicts") -> "pd.DataFrame":
    """Errors that are left where the rows in most doubt get no answer.

    Parameters
    ----------
    verdicts : LabelledVerdicts
        With probabilities, and measures of doubt.

    Returns
    -------
    DataFrame
        By measure: the risk at each of `COVERAGES`, and the area under the curve.
    """
    import pandas as pd

    wrong, rows = losses_of(verdicts), {}
    for name, doubt in verdicts.doubts.items():
        curve = risk_coverage_curve(wrong, doubt)
        places = np.searchsorted(curve.coverages, COVERAGES, side="right") - 1
        rows[name] = [
            *(curve.risks[k] if k >= 0 else math.nan for k in places),
            aurc_score(wrong, doubt),
        ]
    columns = [*(f"{share:.0%}" for share in COVERAGES), "area"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def losses_of(verdicts: "LabelledVerdicts") -> np.ndarray:
    """Whether the most probable class of each row is wrong, answered or not."""
    best = np.array(verdicts.classes)[np.asarray(verdicts.proba).argmax(axis=1)]
    return (best != verdicts.truth).astype(float)


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
    return _frame(_intervals(scores, np.abs(error), groups, bounds))


class _Scores:
    """Scores of drawn rows, by their weights."""

    def __init__(self, verdicts: "LabelledVerdicts") -> None:
        self._n_classes = len(verdicts.classes)
        self._codes, self._right = verdicts.codes, verdicts.right
        self._answered, self._alarm = verdicts.answered, verdicts.alarm
        self._benign = None
        if verdicts.benign is not None:
            self._benign = verdicts.truth == verdicts.benign
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
        answered = weight * self._answered
        found = {
            "accuracy": _share(weight, self._right),
            "balanced_accuracy": self._balanced(weight),
        }
        if self.losses is not None:
            known = weight * (self._codes >= 0)
            found["roc_auc"] = self._roc_auc(known)
            found["log_loss"] = _share(known, self.losses)
        if self._benign is not None:
            found["false_alarm_rate"] = _share(weight * self._benign, self._alarm)
            found["detection_rate"] = _share(weight * ~self._benign, self._alarm)
        if not self._answered.all():
            found["answered"] = _share(weight, self._answered)
            found["risk"] = _share(answered, ~self._right)
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


def _share(weight: np.ndarray, values: np.ndarray) -> float:
    total = weight.sum()
    return float(weight @ values / total) if total else math.nan


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


def _intervals(
    scores: Any,
    errors: np.ndarray,
    groups: np.ndarray | None,
    bounds: dict[str, tuple[float, float]],
) -> dict[str, tuple[float, float, float]]:
    """Scores and their intervals, NaN where there is nothing to draw from."""
    errors = np.asarray(errors, dtype=np.float64)
    n_units = len(errors) if groups is None else len(np.unique(groups))
    if n_units < 2:
        found = scores(np.arange(len(errors)))
        return {name: (float(s), math.nan, math.nan) for name, s in found.items()}
    drawn = bootstrap_intervals(scores, errors, groups=groups, bounds=bounds, **_DRAWS)
    return {name: (one.score, one.low, one.high) for name, one in drawn.items()}


def _frame(found: dict[str, tuple[float, float, float]]) -> "pd.DataFrame":
    import pandas as pd

    columns = ["value", "low", "high"]
    return pd.DataFrame.from_dict(found, orient="index", columns=columns)
