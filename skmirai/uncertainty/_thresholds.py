"""Limits of uncertainty, learned from calibration rows: functions of arrays.

Each returns the largest uncertainty of the rows that keep their answer.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom


def rows_needed(rate: float, level: float) -> int:
    """Rows without a single event that show its rate to be at most this.

    Parameters
    ----------
    rate : float
        The rate, in (0, 1).
    level : float
        How often a larger rate may go undetected, in (0, 1).

    Returns
    -------
    int
        The least n with ``(1 - rate)**n <= level``.

    Examples
    --------
    >>> from skmirai.uncertainty._thresholds import rows_needed
    >>> rows_needed(0.01, 0.05), rows_needed(0.001, 0.05)
    (299, 2995)
    """
    return math.ceil(math.log(level) / math.log1p(-rate))


def rate_in_reach(n_rows: int, level: float) -> float:
    """Smallest rate that this many rows can show: `rows_needed` turned around."""
    return float(-np.expm1(math.log(level) / n_rows)) if n_rows else 1.0


def coverage_threshold(uncertainty: NDArray, coverage: float) -> float:
    """Limit below which, on average over calibration sets, this share of rows lies.

    Parameters
    ----------
    uncertainty : ndarray of shape (n_rows,)
        Of the calibration rows.
    coverage : float
        Share of rows to answer, in (0, 1].

    Returns
    -------
    float
        Infinite where all are to be answered, or the rows are too few to tell.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.uncertainty._thresholds import coverage_threshold
    >>> coverage_threshold(np.arange(9.0), 0.5)
    4.0
    """
    # 0.07 * 100 is 7.000000000000001, and 7 rows are meant.
    rank = math.ceil(coverage * (len(uncertainty) + 1) * (1 - 1e-12))
    if rank > len(uncertainty):
        return math.inf
    return float(np.partition(uncertainty, rank - 1)[rank - 1])


def false_alarm_threshold(
    uncertainty: NDArray, max_rate: float, confidence: float
) -> float:
    """Limit that at most this share of benign rows stays within.

    Parameters
    ----------
    uncertainty : ndarray of shape (n_rows,)
        Of benign calibration rows as alarms; infinite for those that raise none.
    max_rate : float
        The budget, in (0, 1).
    confidence : float
        Probability that it is kept, in (0, 1).

    Returns
    -------
    float

    Notes
    -----
    The order statistic of [1]_: of n benign rows at most m may raise an alarm, the
    largest m that a rate above the budget comes to with a probability of at most
    ``1 - confidence``. The limit lies just below the next row, so that ties with it
    raise none.

    References
    ----------
    .. [1] X. Tong, Y. Feng and J. J. Li, "Neyman-Pearson classification algorithms and
       NP receiver operating characteristics", Science Advances 4, 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.uncertainty._thresholds import false_alarm_threshold
    >>> round(false_alarm_threshold(np.arange(1.0, 500), 0.01, 0.95), 9)
    2.0
    """
    n_rows, level = len(uncertainty), 1 - confidence
    most = int(binom.ppf(level, n_rows, max_rate))
    most -= binom.cdf(most, n_rows, max_rate) > level
    most = max(most, 0)  # by rounding, where the rows are just enough
    return _just_below(np.partition(uncertainty, most)[most])


def risk_threshold(
    uncertainty: NDArray,
    wrong: NDArray,
    max_risk: float,
    confidence: float,
    rng: np.random.RandomState,
) -> float:
    """Limit within which at most this share of the answers is wrong.

    Parameters
    ----------
    uncertainty : ndarray of shape (n_rows,)
        Of the calibration rows.
    wrong : ndarray of bool of shape (n_rows,)
        Whether their answers are wrong.
    max_risk : float
        Share of wrong answers among the rows that get one, in (0, 1).
    confidence : float
        Probability that it is kept, in (0, 1).
    rng : RandomState
        Puts rows of equal uncertainty in order.

    Returns
    -------
    float
        Infinite where all rows may be answered, -infinite where none may.

    Notes
    -----
    Learn then Test [1]_. From the most certain row on, the hypothesis that the share of
    wrong answers up to here is above ``max_risk`` is tested by the binomial tail, and
    rejected as long as that is below the level. Tests set out from the last row, and
    from a half, a quarter and so on of the rows, down to twice the number that can show
    the risk at all; each has an equal part of ``1 - confidence``, and one that comes to
    the next place takes its part along [2]_. Places are ranks: given how many rows lie
    below a limit at which the risk crosses ``max_risk``, their errors are binomial, and
    so the tail is a p-value there although limits are not laid down beforehand.

    References
    ----------
    .. [1] A. N. Angelopoulos, S. Bates, E. J. Candes, M. I. Jordan and L. Lei, "Learn
       then Test: Calibrating predictive algorithms to achieve risk control",
       arXiv:2110.01052, 2021.
    .. [2] B. L. Wiens and A. Dmitrienko, "The fallback procedure for evaluating a
       single family of hypotheses", Journal of Biopharmaceutical Statistics 15, 2005.

    Examples
    --------
    Answers are wrong from the hundred and first row on:

    >>> import numpy as np
    >>> from skmirai.uncertainty._thresholds import risk_threshold
    >>> rows, rng = np.arange(300.0), np.random.RandomState(0)
    >>> round(risk_threshold(rows, rows >= 100, 0.1, 0.95, rng), 9)
    103.0
    """
    n_rows = len(uncertainty)
    order = np.lexsort((rng.random_sample(n_rows), uncertainty))
    ordered, n_wrong = uncertainty[order], np.cumsum(wrong[order])
    p_values = binom.cdf(n_wrong, np.arange(1, n_rows + 1), max_risk)
    starts = _starts(n_rows, 2 * rows_needed(max_risk, 1 - confidence))
    part = (1 - confidence) / len(starts)
    following = np.append(ordered[1:], math.inf)
    threshold, level = -math.inf, 0.0
    for k, p_value in enumerate(p_values):
        level += part * (k + 1 in starts)
        if p_value >= level:
            level = 0.0
        elif ordered[k] < following[k]:  # equal rows are answered together
            threshold = _just_below(following[k])
    return threshold


def _starts(n_rows: int, least: int) -> set[int]:
    starts, start = {n_rows}, n_rows // 2
    while start >= least:
        starts.add(start)
        start //= 2
    return starts


def _just_below(limit: float) -> float:
    return float(limit if limit == math.inf else np.nextafter(limit, -math.inf))
