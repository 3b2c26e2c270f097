"""Ends of an interval, from a score and how its draws spread."""

import math
from numbers import Real
from typing import Any

import numpy as np
from scipy.special import stdtrit

#: Share of a score, or of the distance of its bounds, by which equal draws may differ.
_ROUNDING = 1e-12


def check_confidence(confidence: Any) -> None:
    """Raise a ValueError unless it can be a share of intervals."""
    if not isinstance(confidence, Real) or not 0 < float(confidence) < 1:
        raise ValueError(f"confidence_level={confidence!r} must lie in (0, 1)")


def check_bounds(bounds: tuple[float, float]) -> None:
    """Raise a ValueError unless they can be bounds of a score."""
    least, most = bounds
    if not least < most:
        raise ValueError(f"bounds={bounds!r} must be two numbers, the lower one first")


def spread_of(drawn: np.ndarray, bounds: tuple[float, float]) -> float:
    """Standard deviation of draws.

    Parameters
    ----------
    drawn : ndarray of shape (n_draws,)
        Scores of draws, all finite.
    bounds : tuple of (float, float)
        Least and largest value of the score.

    Returns
    -------
    float
        0 of draws that are equal but for rounding.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.metrics._interval_ends import spread_of
    >>> spread_of(np.array([0.3, 0.1 + 0.2]), (0, 1))
    0.0
    """
    least, most = bounds
    scale = most - least if math.isfinite(most - least) else np.abs(drawn).max()
    spread = float(drawn.std())
    return spread if spread > _ROUNDING * scale else 0.0


def interval_ends(
    value: float,
    spread: float,
    bounds: tuple[float, float],
    confidence: float,
    n_blocks: float,
) -> tuple[float, float]:
    """Ends of Student's interval, computed where the score has no bounds.

    Parameters
    ----------
    value : float
        Score of all rows.
    spread : float
        Standard deviation of its draws.
    bounds : tuple of (float, float)
        Least and largest value of the score.
    confidence : float
        Share of such intervals that are to hold the true score.
    n_blocks : float
        Blocks or groups of a draw.

    Returns
    -------
    low, high : float
        Without any spread the score itself; but at a bound the exact interval of as
        many blocks without an error, or NaN if the other bound is infinite, as nobody
        knows how large an error would be.

    Examples
    --------
    >>> from skmirai.metrics._interval_ends import interval_ends
    >>> low, high = interval_ends(1.0, 0.0, (0, 1), 0.95, 10)
    >>> round(low, 3), high
    (0.692, 1)
    >>> interval_ends(0.0, 0.0, (0, float("inf")), 0.95, 10)
    (nan, nan)
    """
    for end in bounds:
        if math.isclose(value, end, rel_tol=_ROUNDING):
            value = end
    return _ends(value, spread, bounds, confidence, n_blocks)


def _ends(
    value: float,
    deviation: float,
    bounds: tuple[float, float],
    confidence: float,
    n_blocks: float,
) -> tuple[float, float]:
    """Ends by the standard deviation of the draws."""
    least, most = bounds
    tail = (1 - confidence) / 2
    freedom = max(n_blocks - 1, 1.0)
    # a draw of k blocks varies by (k - 1) / k of what the blocks vary by
    factor = float(stdtrit(freedom, 1 - tail)) * math.sqrt(n_blocks / freedom)
    if value in (least, most):
        if deviation > 0:
            return max(least, value - factor * deviation), min(
                most, value + factor * deviation
            )
        if math.isinf(most - least):
            return math.nan, math.nan
        width = (most - least) * (1 - tail ** (1 / n_blocks))
        return (least, least + width) if value == least else (most - width, most)
    if math.isinf(least) and math.isinf(most):
        return value - factor * deviation, value + factor * deviation
    if math.isinf(most):
        step = math.exp(factor * deviation / (value - least))
        return least + (value - least) / step, least + (value - least) * step
    if math.isinf(least):
        low, high = _ends(-value, deviation, (-most, math.inf), confidence, n_blocks)
        return -high, -low
    share = (value - least) / (most - least)
    step = factor * deviation / (most - least) / (share * (1 - share))
    centre = math.log(share / (1 - share))
    low, high = (1 / (1 + math.exp(-(centre + sign * step))) for sign in (-1, 1))
    return least + (most - least) * low, least + (most - least) * high
