"""What an abstaining classifier promises, and what it takes to keep it."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmirai.uncertainty._thresholds import (
    coverage_threshold,
    false_alarm_threshold,
    rate_in_reach,
    risk_threshold,
    rows_needed,
)
from skmirai.utils._warnings import warn_user


class Promise(NamedTuple):
    """A figure that is to be kept.

    Attributes
    ----------
    name : {"coverage", "max_false_alarm_rate", "max_risk"}
        Parameter that sets it.
    value : float
        Its bound.
    confidence : float
        Probability that it is kept.
    """

    name: str
    value: float
    confidence: float

    def __str__(self) -> str:
        return f"{self.name}={self.value} at confidence={self.confidence}"

    @property
    def about_alarms(self) -> bool:
        """Whether only alarms can become abstentions, and only benign rows count."""
        return self.name == "max_false_alarm_rate"

    def check_enough(self, n_rows: int, unit: str) -> None:
        """Refuse calibration rows or groups that are too few to show the figure.

        Raises
        ------
        ValueError
            That says how many it takes, and what these can show.
        """
        if self.name == "coverage":
            return
        level = 1 - self.confidence
        needed = rows_needed(self.value, level)
        if n_rows < needed:
            raise ValueError(
                f"{self} takes {needed:,} {'benign ' * self.about_alarms}{unit} to "
                f"calibrate on, and there are {n_rows:,}, which can show "
                f"{rate_in_reach(n_rows, level):.2g} at best: give more rows, raise "
                "calibration_fraction, or allow more"
            )

    def check_benign(self, benign: Any, classes: NDArray) -> None:
        """Refuse classes among which nobody knows the benign one, where it matters.

        Raises
        ------
        ValueError
            If ``benign`` is None.
        """
        if self.about_alarms and benign is None:
            raise ValueError(
                f"none of the classes {classes.tolist()} is called benign or normal: "
                "name the one that is no attack in benign_label"
            )

    def warn_if_idle(self, abstained: NDArray) -> None:
        """Warn if each of the calibration rows that might be abstained from was."""
        if len(abstained) and abstained.all():
            warn_user(
                f"{self} leaves no {'alarm' if self.about_alarms else 'answer'}: all "
                f"{len(abstained):,} among the calibration rows became abstentions. "
                "Allow more, rank the rows by another measure, or take a classifier "
                "that is wrong less often where it is certain",
                UserWarning,
            )

    def limit(
        self,
        uncertainty: NDArray,
        alarms: NDArray,
        wrong: NDArray,
        rng: np.random.RandomState,
    ) -> float:
        """Largest uncertainty with an answer.

        Parameters
        ----------
        uncertainty : ndarray of shape (n_rows,)
            Of the calibration rows that count.
        alarms, wrong : ndarray of bool of shape (n_rows,)
            Whether their labels are those of an attack, and not their own.
        rng : RandomState
            Puts rows of equal uncertainty in order.

        Returns
        -------
        float
        """
        if self.name == "coverage":
            return coverage_threshold(uncertainty, self.value)
        if self.about_alarms:
            uncertainty = np.where(alarms, uncertainty, math.inf)
            return false_alarm_threshold(uncertainty, self.value, self.confidence)
        return risk_threshold(uncertainty, wrong, self.value, self.confidence, rng)


def promise_of(confidence: float, **bounds: float | None) -> Promise:
    """Return the one promise that has a bound.

    Raises
    ------
    ValueError
        If not exactly one has.
    """
    given = [(name, bound) for name, bound in bounds.items() if bound is not None]
    if len(given) != 1:
        raise ValueError(
            f"{', '.join(f'{name}={bound}' for name, bound in bounds.items())}: give "
            "exactly one, the promise to keep"
        )
    return Promise(*given[0], confidence)
