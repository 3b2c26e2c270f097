"""The threshold that keeps a budget of false alarms among given rows."""

import math

import numpy as np
from numpy.typing import NDArray


def n_allowed(max_rate: float, n_rows: int) -> int:
    """Rows that may raise an alarm, of so many.

    Examples
    --------
    >>> from skmirai.utils._budgets import n_allowed
    >>> n_allowed(0.07, 100), n_allowed(0.29, 100)
    (7, 29)
    """
    # 0.07 * 100 is 7.000000000000001, and 0.29 * 100 is 28.999999999999996.
    return math.floor(max_rate * n_rows * (1 + 1e-12))


def budget_threshold(benign_scores: NDArray[np.floating], max_rate: float) -> float:
    """Smallest threshold that at most this share of benign rows reaches.

    Examples
    --------
    One of four may; rows of equal score raise an alarm together:

    >>> import numpy as np
    >>> from skmirai.utils._budgets import budget_threshold
    >>> round(budget_threshold(np.array([0.1, 0.2, 0.3, 0.9]), 0.25), 9)
    0.3
    >>> round(budget_threshold(np.array([0.1, 0.2, 0.9, 0.9]), 0.25), 9)
    0.9
    """
    place = len(benign_scores) - 1 - n_allowed(max_rate, len(benign_scores))
    return float(np.nextafter(np.partition(benign_scores, place)[place], math.inf))
