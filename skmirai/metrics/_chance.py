"""What random guessing reaches."""

from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.validation import assert_all_finite

from skmirai.utils._sklearn import Interval, StrOptions, validate_params


class ChanceAccuracy(NamedTuple):
    """Accuracy of random guesses.

    Attributes
    ----------
    mean : float
        Mean over the draws.
    low, high : float
        Quantiles between which ``confidence_level`` of the draws lie.
    expected : float
        Exact expectation, without draws.
    """

    mean: float
    low: float
    high: float
    expected: float


@validate_params(
    {
        "y": ["array-like"],
        "strategy": [StrOptions({"uniform", "prior"})],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "confidence_level": [Interval(Real, 0, 1, closed="neither")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def chance_accuracy(
    y: Any,
    *,
    strategy: str = "uniform",
    n_draws: int = 1000,
    confidence_level: float = 0.95,
    random_state: int | np.random.RandomState | None = None,
) -> ChanceAccuracy:
    """Accuracy of random guesses, by Monte Carlo.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        True labels.
    strategy : {"uniform", "prior"}, default="uniform"
        Guess all classes equally often, or as often as they are in ``y``.
    n_draws : int, default=1000
        Number of times that all labels are guessed.
    confidence_level : float, default=0.95
        Share of the draws between ``low`` and ``high``.
    random_state : int, RandomState instance or None, default=None
        Seeds the guesses.

    Returns
    -------
    ChanceAccuracy
        Mean, interval and exact expectation.

    Notes
    -----
    Guesses are independent, so the number of right ones in a class is binomial;
    it is drawn as such.

    Examples
    --------
    >>> from skmirai.metrics import chance_accuracy
    >>> chance = chance_accuracy([0] * 90 + [1] * 10, strategy="prior", random_state=0)
    >>> round(chance.expected, 2), chance.low < 0.82 < chance.high
    (0.82, True)
    """
    y = column_or_1d(y, input_name="y")
    if y.dtype.kind == "f":
        assert_all_finite(y, input_name="y")
    if not len(y):
        raise ValueError("y is empty; chance_accuracy needs at least one label")
    counts = np.unique(y, return_counts=True)[1]
    if strategy == "uniform":
        proba = np.full(len(counts), 1 / len(counts))
    else:
        proba = counts / len(y)
    rng = check_random_state(random_state)
    right = rng.binomial(counts, proba, size=(n_draws, len(counts))).sum(axis=1)
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(right / len(y), [tail, 1 - tail])
    return ChanceAccuracy(
        mean=float(right.mean() / len(y)),
        low=float(low),
        high=float(high),
        expected=float(counts @ proba / len(y)),
    )
