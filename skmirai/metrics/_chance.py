"""What random guessing reaches."""

from typing import Any, NamedTuple

import numpy as np


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


def chance_accuracy(
    y: Any,
    *,
    strategy: str = "uniform",
    n_draws: int = 1000,
    confidence_level: float = 0.95,
    random_state: int | np.random.Generator | np.random.RandomState | None = None,
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
    random_state : int, Generator, RandomState or None, default=None
        Seeds the guesses.

    Returns
    -------
    ChanceAccuracy
        Mean, interval and exact expectation.

    Raises
    ------
    ValueError
        If there are no labels, or an argument is out of its range.

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
    y = np.asarray(y)
    if y.ndim != 1 or not len(y):
        raise ValueError(
            f"y has the shape {y.shape}; chance_accuracy needs at least one label, in "
            f"one dimension"
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("y holds NaN or infinite values; every row needs a label")
    if strategy not in ("uniform", "prior"):
        raise ValueError(f"strategy={strategy!r} must be 'uniform' or 'prior'")
    if n_draws < 1:
        raise ValueError(f"n_draws={n_draws} must be at least 1")
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level={confidence_level} must be in (0, 1)")
    counts = np.unique(y, return_counts=True)[1]
    if strategy == "uniform":
        proba = np.full(len(counts), 1 / len(counts))
    else:
        proba = counts / len(y)
    rng = random_state
    if not isinstance(rng, np.random.RandomState):
        rng = np.random.default_rng(random_state)
    right = rng.binomial(counts, proba, size=(n_draws, len(counts))).sum(axis=1)
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(right / len(y), [tail, 1 - tail])
    return ChanceAccuracy(
        mean=float(right.mean() / len(y)),
        low=float(low),
        high=float(high),
        expected=float(counts @ proba / len(y)),
    )
