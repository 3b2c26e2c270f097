"""When things happen: clocks that tick, programs that repeat, devices that leave."""

from collections.abc import Sequence

import numpy as np


def ticks(
    rng: np.random.Generator, span: float, period: float, jitter: float = 0.0
) -> np.ndarray:
    """Times of something periodic, from a random phase on.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    span : float, in seconds
        Times are in [0, span).
    period : float, in seconds
        Mean gap.
    jitter : float, default=0, in seconds
        Standard deviation of a gap; no gap is below a tenth of the period.

    Returns
    -------
    ndarray of shape (n,), in seconds
        Ascending.
    """
    n = int(span / period * 1.2) + 20
    gaps = period + jitter * rng.standard_normal(n)
    times = rng.random() * period + np.cumsum(np.maximum(gaps, period / 10)) - period
    while times[-1] < span:  # by chance, where the jitter is large
        more = period + jitter * rng.standard_normal(n)
        times = np.r_[times, times[-1] + np.cumsum(np.maximum(more, period / 10))]
    return times[(times >= 0) & (times < span)]


def arrivals(rng: np.random.Generator, span: float, rate: float) -> np.ndarray:
    """Times that have nothing to do with each other.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    span : float, in seconds
        Times are in [0, span).
    rate : float, per second
        Mean number.

    Returns
    -------
    ndarray of shape (n,), in seconds
        Ascending.
    """
    return np.sort(rng.random(rng.poisson(rate * span)) * span)


def patient(
    rng: np.random.Generator, span: float, least: float, mean: float
) -> np.ndarray:
    """Times with a least gap and an exponential rest, as of entries that expire.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    span : float, in seconds
        Times are in [0, span).
    least, mean : float, in seconds
        Of the gaps.

    Returns
    -------
    ndarray of shape (n,), in seconds
        Ascending.
    """
    n = int(span / mean * 1.5) + 20
    times = rng.random() * mean + np.cumsum(least + rng.exponential(mean - least, n))
    while times[-1] < span:
        gaps = least + rng.exponential(mean - least, n)
        times = np.r_[times, times[-1] + np.cumsum(gaps)]
    times = times - least
    return times[(times >= 0) & (times < span)]


def program(
    rng: np.random.Generator,
    starts: np.ndarray,
    offsets: Sequence[float] | np.ndarray,
    jitter: float = 0.0,
) -> np.ndarray:
    """Times of the steps of a program that is run again and again.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    starts : ndarray of shape (n,), in seconds
        When it is run.
    offsets : sequence of floats, of shape (n_steps,), in seconds
        When each step comes.
    jitter : float, default=0, in seconds
        Mean of an exponential delay of each step.

    Returns
    -------
    ndarray of shape (n, n_steps), in seconds
        The steps of each run.
    """
    times = starts[:, None] + np.asarray(offsets)
    return times + rng.exponential(jitter, times.shape) if jitter else times


def visits(
    rng: np.random.Generator, span: float, stay: float, away: float
) -> np.ndarray:
    """When a device is there: exponential stays and absences.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    span : float, in seconds
        Visits begin in [0, span), or before.
    stay, away : float, in seconds
        Means.

    Returns
    -------
    ndarray of shape (n_visits, 2), in seconds
        Begin and end of each.
    """
    n = int(span / (stay + away) * 2) + 20
    lengths = np.column_stack((rng.exponential(away, n), rng.exponential(stay, n)))
    # Begin long before, so that the start is like any other time.
    edges = np.cumsum(lengths.ravel()).reshape(n, 2) - 4 * (stay + away)
    while edges[-1, 1] < span:
        lengths = np.column_stack((rng.exponential(away, n), rng.exponential(stay, n)))
        edges = np.r_[edges, edges[-1, 1] + np.cumsum(lengths.ravel()).reshape(n, 2)]
    return edges[(edges[:, 1] > 0) & (edges[:, 0] < span)]


def during(times: np.ndarray, visits: np.ndarray) -> np.ndarray:
    """Times that fall into visits.

    Parameters
    ----------
    times : ndarray of any shape, in seconds
        Times.
    visits : ndarray of shape (n_visits, 2), in seconds
        Ascending.

    Returns
    -------
    ndarray of bool
        Of the shape of times.
    """
    # Begins and ends alternate: inside, an odd number of edges lies before.
    return np.searchsorted(visits.ravel(), times, side="right") % 2 == 1
