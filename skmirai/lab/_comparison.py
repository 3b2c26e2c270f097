"""A change held against its baseline: whether it does more than another seed would."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t

#: When a difference counts, in a report and between two of them.
RULE = (
    "A difference counts as beyond the seeds where Welch's 95 % interval of the "
    "difference between the means over the seeds (standard deviations with n - 1) "
    "leaves out 0; of twenty comparisons without a difference one is beyond by chance."
)


@dataclass(frozen=True)
class Difference:
    """Difference between the means of two sets of trainings.

    Attributes
    ----------
    value : float
        Mean after the change less the mean before.
    low, high : float or None
        Ends of Welch's 95 % interval; None where one of the sets has one training.
    """

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def is_beyond_seeds(self) -> bool | None:
        """Whether the interval leaves out 0; None where there is none."""
        if self.low is None or self.high is None:
            return None
        return self.low > 0 or self.high < 0


def difference(before: Sequence[float], after: Sequence[float]) -> Difference:
    """Compare two sets of trainings that differ in a setting and in their seeds.

    Parameters
    ----------
    before, after : sequence of float
        A figure of each training.

    Returns
    -------
    Difference
        With an interval where both sets have two trainings or more.

    Examples
    --------
    >>> from skmirai.lab._comparison import difference
    >>> found = difference([0.90, 0.91, 0.92], [0.92, 0.93, 0.94])
    >>> f"{found.value:.2f}, {found.low:.3f} to {found.high:.3f}"
    '0.02, -0.003 to 0.043'
    >>> found.is_beyond_seeds
    False
    >>> print(difference([0.90], [0.95]).is_beyond_seeds)
    None
    """
    value = float(np.mean(after) - np.mean(before))
    if min(len(before), len(after)) < 2:
        return Difference(value)
    # squared standard errors of the two means
    first, second = (np.var(side, ddof=1) / len(side) for side in (before, after))
    if first + second == 0:  # no spread, of which there is no test
        return Difference(value, value, value)
    shares = np.array([first, second]) / (first + second)
    degrees = 1 / np.sum(shares**2 / (np.array([len(before), len(after)]) - 1))
    half = float(t.ppf(0.975, degrees) * np.sqrt(first + second))
    return Difference(value, value - half, value + half)


def comparison(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> str:
    """Say what a change does, with the figures of its trainings.

    Parameters
    ----------
    before, after : sequence of mapping
        Results of the trainings without and with the change, one for each seed.

    Returns
    -------
    str
        What became of accuracy and balanced accuracy, and whether that is beyond
        the seeds; then recalls and loss.
    """
    metrics = ("accuracy", "balanced_accuracy")
    found = {
        name: difference([r[name] for r in before], [r[name] for r in after])
        for name in metrics
    }
    beyond = [found[name].is_beyond_seeds for name in metrics]
    if None in beyond:
        accuracy, balanced = (f"{found[name].value:+.4f}" for name in metrics)
        text = (
            f"accuracy {accuracy}, balanced accuracy {balanced}. With one seed it "
            f"cannot tell whether another seed would not do as much"
        )
    elif not any(beyond):
        told = " and ".join(
            f"{_interval(found[name])} in {name.replace('_', ' ')}" for name in metrics
        )
        text = f"no difference beyond the seeds: {told}"
    else:
        text = "; ".join(
            f"{name.replace('_', ' ')} {_verdict(found[name])}" for name in metrics
        )
    benign, attack = (
        _change([r["recalls"][k] for r in before], [r["recalls"][k] for r in after])
        for k in (0, 1)
    )
    loss = _change([r["loss"] for r in before], [r["loss"] for r in after])
    return (
        f"{text}. Recall of benign rows {benign}, of attack rows {attack}; loss {loss}."
    )


def compared(before: Sequence[float], after: Sequence[float]) -> str:
    """Say what a change does to one figure of the trainings with each seed."""
    found = difference(before, after)
    if found.is_beyond_seeds is None:
        return f"{found.value:+.4f}, which one seed cannot tell from chance"
    return _verdict(found)


def _interval(found: Difference) -> str:
    return f"{found.value:+.4f} ({found.low:+.4f} to {found.high:+.4f})"


def _verdict(found: Difference) -> str:
    if not found.is_beyond_seeds:
        return f"{_interval(found)}, no difference beyond the seeds"
    how = "higher" if found.value > 0 else "lower"
    return f"{_interval(found)}, {how} beyond the seeds"


def _change(before: Sequence[float | None], after: Sequence[float | None]) -> str:
    """Means before and after; NaN where a class has no rows."""
    means = (np.mean(np.array(values, float)) for values in (before, after))
    return " to ".join(f"{mean:.4f}" for mean in means)
