"""Figures and intervals of windows of time."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skmirai.metrics import ScoreInterval, bootstrap_interval
from skmirai.model_selection._scores import (
    FIGURES,
    Answers,
    balanced_share,
    figures,
    part,
)

#: Figures that have an interval.
WITH_INTERVAL = ("accuracy", "balanced_accuracy", "false_alarm_rate", "detection_rate")


class Said(NamedTuple):
    """What the models say about rows in the order of time.

    Attributes
    ----------
    fitted : Answers
        Of the model that is trained once, on the past.
    retrained : Answers or None
        Of the models that are trained anew before each window.
    shuffled : Answers
        Of the model that is trained on shuffled rows.
    unseen : ndarray of bool, shape (n_rows,)
        Rows that the last one was not trained on.
    """

    fitted: Answers
    retrained: Answers | None
    shuffled: Answers
    unseen: np.ndarray

    def of(self, rows: slice) -> "Said":
        """What they say about some of the rows."""
        anew = self.retrained
        return Said(
            part(self.fitted, rows),
            None if anew is None else part(anew, rows),
            part(self.shuffled, rows),
            self.unseen[rows],
        )


@dataclass(frozen=True, eq=False)
class DriftJudge:
    """Measures what models say about the rows of windows.

    Attributes
    ----------
    y : ndarray of shape (n_rows,)
        Labels of the whole table.
    classes : ndarray of shape (n_classes,)
        All labels, ascending.
    benign : label or None
        The class of rows that are no attack.
    confidence_level : float
        Of the intervals.
    n_resamples : int
        Number of draws.
    seed : int
        Of the draws.
    """

    y: np.ndarray
    classes: np.ndarray
    benign: Any
    confidence_level: float
    n_resamples: int
    seed: int

    def check_settings(self) -> None:
        """Refuse settings of intervals before anything is fitted."""
        bootstrap_interval(
            _mean_of_hits,
            [0, 0],
            [0, 1],
            confidence_level=self.confidence_level,
            n_resamples=self.n_resamples,
        )

    def attack_share(self, rows: np.ndarray) -> float:
        """Share of rows that are attacks; NaN if no class is the benign one."""
        if self.benign is None:
            return math.nan
        return float((self.y[rows] != self.benign).mean())

    def window(self, rows: np.ndarray, said: Said) -> dict[str, Any]:
        """Figures of a window: values of the columns of `DriftReport.to_frame`."""
        y = self.y[rows]
        shuffled = part(said.shuffled, said.unseen)
        others = {
            "retrained": self._figures(y, said.retrained),
            "shuffled": self._figures(y[said.unseen], shuffled),
        }
        lacking = np.setdiff1d(self.classes, y).tolist()
        return (
            {"n_rows": len(rows), "attack_share": self.attack_share(rows)}
            | self._with_intervals(y, said.fitted)
            | {
                f"{name}_{model}": value
                for model, found in others.items()
                for name, value in found.items()
            }
            | {"lacking": ", ".join(map(str, lacking))}
        )

    def overall(self, rows: np.ndarray, said: Said) -> pd.DataFrame:
        """Figures of all windows together, a row for each of the models."""
        y = self.y[rows]
        found = {"trained once": self._with_intervals(y, said.fitted)}
        if said.retrained is not None:
            # values of different models cannot be ranked together
            found["retrained"] = self._with_intervals(y, said.retrained) | {
                "roc_auc": math.nan
            }
        found["shuffled"] = self._with_intervals(
            y[said.unseen], part(said.shuffled, said.unseen)
        )
        return pd.DataFrame.from_dict(found, orient="index").rename_axis("model")

    def gain(self, rows: np.ndarray, said: Said) -> ScoreInterval | None:
        """How much balanced accuracy training anew adds, drawn in pairs."""
        if said.retrained is None:
            return None
        y = self.y[rows]
        codes, right = self._codes(y), said.retrained.labels == y
        more = right.astype(np.float64) - (said.fitted.labels == y)
        # drawn as a prediction that is off by the difference
        return self._drawn(self._mean_of_classes, codes, codes + more, (-1.0, 1.0))

    def _mean_of_classes(self, codes: np.ndarray, shown: np.ndarray) -> float:
        counts = np.bincount(codes)
        sums = np.bincount(codes, shown - codes)
        return float((sums[counts > 0] / counts[counts > 0]).mean())

    def _figures(self, y: np.ndarray, found: Answers | None) -> dict[str, float]:
        if found is None or not len(y):
            return dict.fromkeys(FIGURES, math.nan)
        return figures(y, found, self.classes, self.benign)

    def _with_intervals(self, y: np.ndarray, found: Answers) -> dict[str, float]:
        shown: dict[str, float] = {}
        for name, value in self._figures(y, found).items():
            shown[name] = value
            if name in WITH_INTERVAL:
                interval = self._interval(name, y, found.labels)
                shown |= {f"{name}_low": interval.low, f"{name}_high": interval.high}
        return shown

    def _interval(self, name: str, y: np.ndarray, labels: np.ndarray) -> ScoreInterval:
        if name == "balanced_accuracy":
            return self._drawn(balanced_share, self._codes(y), self._codes(labels))
        if name == "accuracy":
            hits = labels == y
        else:
            is_benign = y == self.benign
            chosen = is_benign if name == "false_alarm_rate" else ~is_benign
            hits = (labels != self.benign)[chosen]
            if self.benign is None:
                hits = hits[:0]
        hits = hits.astype(int)
        return self._drawn(_mean_of_hits, np.zeros_like(hits), hits)

    def _drawn(
        self,
        score: Callable[[np.ndarray, np.ndarray], float],
        codes: np.ndarray,
        said: np.ndarray,
        bounds: tuple[float, float] = (0.0, 1.0),
    ) -> ScoreInterval:
        """Interval of a score, NaN where too few draws have a value."""
        value = score(codes, said) if len(codes) else math.nan
        if len(codes) < 2 or math.isnan(value):
            return ScoreInterval(value, math.nan, math.nan, None)
        try:
            return bootstrap_interval(
                score,
                codes,
                said,
                bounds=bounds,
                confidence_level=self.confidence_level,
                n_resamples=self.n_resamples,
                random_state=self.seed,
            )
        except ValueError:  # most of the draws lack a class
            return ScoreInterval(value, math.nan, math.nan, None)

    def _codes(self, labels: np.ndarray) -> np.ndarray:
        return pd.Index(self.classes).get_indexer(labels)


def _mean_of_hits(_: np.ndarray, hits: np.ndarray) -> float:
    return float(hits.mean())
