"""How certain a score is where neighbouring rows are alike."""

import math
import warnings
from collections.abc import Callable, Iterator
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtrit

#: Blocks as long as is best for a variance are too short for an interval.
_LONGER = 3


class ScoreInterval(NamedTuple):
    """A score and the interval around it.

    Attributes
    ----------
    score : float
        Score of all rows.
    low, high : float
        Ends of the interval.
    block_length : int or None
        Rows of a block; None where whole groups are drawn.
    """

    score: float
    low: float
    high: float
    block_length: int | None


def bootstrap_interval(
    score: Callable[[np.ndarray, np.ndarray], float],
    y_true: Any,
    y_pred: Any,
    *,
    groups: Any = None,
    block_length: int | str = "auto",
    bounds: tuple[float, float] = (0.0, 1.0),
    confidence_level: float = 0.95,
    n_resamples: int = 500,
    random_state: int | np.random.RandomState | None = None,
) -> ScoreInterval:
    """Confidence interval of a score by a bootstrap of blocks or groups.

    Packets of one stream are right or wrong together: ten thousand rows may be worth a
    hundred. A bootstrap that draws row by row knows nothing of it, and its intervals
    are far too narrow.

    Parameters
    ----------
    score : callable
        Takes true and predicted values, such as ``sklearn.metrics.roc_auc_score``.
    y_true : array-like of shape (n_samples,)
        True labels or targets, in the order of the traffic.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_classes)
        What ``score`` takes: labels, probabilities or predictions.
    groups : array-like of shape (n_samples,), default=None
        Recording, device or day of each row. Whole groups are drawn instead of blocks,
        and the interval is about other groups of the kind.
    block_length : int or "auto", default="auto"
        Rows of a block. "auto" follows from how long errors resemble their neighbours;
        1 draws row by row, which is right for independent rows only.
    bounds : tuple of (float, float), default=(0, 1)
        Least and largest value that the score can have; infinite where it has none.
        The interval stays within them.
    confidence_level : float, default=0.95
        Share of such intervals that are to hold the true score.
    n_resamples : int, default=500
        Number of draws.
    random_state : int, RandomState instance or None, default=None
        Seeds the draws.

    Returns
    -------
    ScoreInterval
        Named tuple of the score, the ends of the interval, and the length of a block.

    Raises
    ------
    ValueError
        If a setting is out of range, the rows do not fit together, or the score has no
        value for more than half of the draws.

    Notes
    -----
    Blocks are drawn with replacement from the rows laid in a circle. Their length is
    three times that of [1]_, which is best for a variance and leaves intervals that are
    too narrow. The standard deviation of the draws gives an interval of Student's t,
    with as many degrees of freedom as there are blocks less one, on the logit of the
    score between its bounds (its logarithm, or itself, where they are infinite). Where
    no draw differs from a score at its bound, it is the exact interval of as many
    independent blocks, none of which errs.

    References
    ----------
    .. [1] D. N. Politis, H. White: Automatic block-length selection for the dependent
       bootstrap. Econometric Reviews 23 (2004); with A. Patton's correction, 28 (2009).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.metrics import accuracy_score
    >>> from skmirai.metrics import bootstrap_interval
    >>> y = np.zeros(2000, int)
    >>> predicted = np.repeat(np.random.default_rng(0).random(40) < 0.2, 50).astype(int)
    >>> found = bootstrap_interval(accuracy_score, y, predicted, random_state=0)
    >>> rows = bootstrap_interval(
    ...     accuracy_score, y, predicted, block_length=1, random_state=0
    ... )
    >>> bool(found.high - found.low > 3 * (rows.high - rows.low))
    True
    """
    from sklearn.exceptions import UndefinedMetricWarning
    from sklearn.utils import check_consistent_length, check_random_state, column_or_1d

    _check_settings(bounds, confidence_level, n_resamples)
    y_true, y_pred = column_or_1d(y_true), np.asarray(y_pred)
    check_consistent_length(y_true, y_pred)
    if len(y_true) < 2:
        raise ValueError(f"{len(y_true)} rows are too few for an interval: give two")
    rng, n_rows = check_random_state(random_state), len(y_true)
    length = None
    if groups is None:
        length = _length(block_length, y_true, y_pred)
        draws, n_blocks = _blocks(n_rows, length, rng), n_rows / length
    else:
        draws, n_blocks = _groups(groups, n_rows, rng)
    value = float(score(y_true, y_pred))
    with warnings.catch_warnings():
        # draws that lack a class are counted below
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        drawn = np.array(
            [_value(score, y_true, y_pred, next(draws)) for _ in range(n_resamples)]
        )
    known = drawn[np.isfinite(drawn)]
    if not math.isfinite(value) or len(known) < n_resamples / 2:
        raise ValueError(
            f"the score has no value for {n_resamples - len(known)} of {n_resamples} "
            f"draws (for all rows it is {value}): some lack a class, perhaps; take a "
            f"score that allows it, or smaller blocks"
        )
    low, high = _interval(value, known.std(), bounds, confidence_level, n_blocks)
    return ScoreInterval(value, low, high, length)


def best_block_length(errors: np.ndarray) -> float:
    """Length of blocks that is best for the variance of a mean.

    Parameters
    ----------
    errors : ndarray of shape (n_rows,)
        A figure of each row, in order.

    Returns
    -------
    float
        Rows of a block of the circular bootstrap, at least 1.
    """
    n_rows = len(errors)
    n_small = max(5, math.ceil(math.sqrt(math.log10(n_rows))))
    most = min(math.ceil(math.sqrt(n_rows)) + n_small, n_rows - 1)
    centred = errors - errors.mean()
    spectrum = np.fft.rfft(centred, 2 * n_rows)
    products = np.fft.irfft(spectrum * np.conj(spectrum), 2 * n_rows)
    covariances = products[: most + 1] / n_rows
    if covariances[0] <= np.finfo(float).eps * np.abs(errors).max(initial=0.0) ** 2:
        return 1.0
    bound = 2 * math.sqrt(math.log10(n_rows) / n_rows)
    large = np.abs(covariances[1:] / covariances[0]) >= bound
    # the lag behind which so many correlations are small
    runs = np.convolve(large, np.ones(n_small), "full")[n_small - 1 :]
    none_large = np.flatnonzero(runs == 0)
    lag = int(none_large[0]) if len(none_large) else most
    width = min(2 * max(lag, 1), most)
    lags = np.arange(-width, width + 1)
    taper = np.minimum(1.0, 2 * (1 - np.abs(lags) / width))
    weighted = taper * covariances[np.abs(lags)]
    long_run, slope = weighted.sum(), (weighted * np.abs(lags)).sum()
    if long_run == 0:
        return 1.0
    best = (1.5 * (slope / long_run) ** 2 * n_rows) ** (1 / 3)
    return float(np.clip(best, 1, math.ceil(min(3 * math.sqrt(n_rows), n_rows / 3))))


def _check_settings(bounds: Any, confidence: Any, n_resamples: Any) -> None:
    if not isinstance(confidence, Real) or not 0 < float(confidence) < 1:
        raise ValueError(f"confidence_level={confidence!r} must lie in (0, 1)")
    if not isinstance(n_resamples, Integral) or int(n_resamples) < 2:
        raise ValueError(f"n_resamples={n_resamples!r} must be an integer of 2 or more")
    least, most = bounds
    if not least < most:
        raise ValueError(f"bounds={bounds!r} must be two numbers, the lower one first")


def _length(block_length: Any, y_true: np.ndarray, y_pred: np.ndarray) -> int:
    """Rows of a block."""
    n_rows = len(y_true)
    if isinstance(block_length, str) and block_length == "auto":
        length = math.ceil(_LONGER * best_block_length(_errors(y_true, y_pred)))
        return max(1, min(length, n_rows // 4))
    if not isinstance(block_length, Integral) or isinstance(block_length, bool):
        raise ValueError(f"block_length={block_length!r} must be an integer or 'auto'")
    if not 1 <= int(block_length) <= n_rows // 2:
        raise ValueError(
            f"block_length={block_length!r} must lie between 1 and half of the "
            f"{n_rows} rows"
        )
    return int(block_length)


def _errors(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """How wrong each row is, whatever is predicted."""
    if y_pred.ndim == 2:
        classes, codes = np.unique(y_true, return_inverse=True)
        if y_pred.shape[1] != len(classes):
            return np.abs(y_pred - y_pred.mean(axis=0)).sum(axis=1)
        return 1 - y_pred[np.arange(len(codes)), codes]
    if y_pred.dtype.kind != "f":
        return (y_true != y_pred).astype(float)
    if y_true.dtype.kind in "biuf":
        return np.abs(y_true.astype(float) - y_pred)
    return np.abs(np.unique(y_true, return_inverse=True)[1] - y_pred)


def _blocks(
    n_rows: int, length: int, rng: np.random.RandomState
) -> Iterator[np.ndarray]:
    """Rows of draw after draw: blocks of a circle."""
    n_blocks = -(-n_rows // length)
    within = np.arange(length)
    while True:
        starts = rng.randint(n_rows, size=n_blocks)
        rows = (starts[:, np.newaxis] + within).ravel()[:n_rows]
        yield rows % n_rows


def _groups(
    groups: Any, n_rows: int, rng: np.random.RandomState
) -> tuple[Iterator[np.ndarray], int]:
    """Rows of draw after draw, whole groups, and the number of groups."""
    from sklearn.utils import check_consistent_length, column_or_1d

    names = column_or_1d(groups)
    check_consistent_length(np.empty(n_rows), names)
    number = np.unique(names, return_inverse=True)[1]
    n_groups = int(number.max()) + 1
    if n_groups < 2:
        raise ValueError("groups holds one group: an interval needs at least two")
    order = np.argsort(number, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(number))[:-1])

    def draws() -> Iterator[np.ndarray]:
        while True:
            drawn = rng.randint(n_groups, size=n_groups)
            yield np.concatenate([members[group] for group in drawn])

    return draws(), n_groups


def _value(
    score: Callable[..., float], y_true: np.ndarray, y_pred: np.ndarray, rows: Any
) -> float:
    """Score of some rows, NaN where it has none."""
    try:
        return float(score(y_true[rows], y_pred[rows]))
    except ValueError:
        return math.nan


def _interval(
    value: float,
    deviation: float,
    bounds: tuple[float, float],
    confidence: float,
    n_blocks: float,
) -> tuple[float, float]:
    """Ends of the interval, computed where the score has no bounds."""
    least, most = bounds
    tail = (1 - confidence) / 2
    freedom = max(n_blocks - 1, 1.0)
    # a draw of k blocks varies by (k - 1) / k of what the blocks vary by
    factor = float(stdtrit(freedom, 1 - tail)) * math.sqrt(n_blocks / freedom)
    if value in (least, most):
        if deviation > 0 or not math.isfinite(most - least):
            return max(least, value - factor * deviation), min(
                most, value + factor * deviation
            )
        width = (most - least) * (1 - tail ** (1 / n_blocks))
        return (least, least + width) if value == least else (most - width, most)
    if math.isinf(least) and math.isinf(most):
        return value - factor * deviation, value + factor * deviation
    if math.isinf(most):
        step = math.exp(factor * deviation / (value - least))
        return least + (value - least) / step, least + (value - least) * step
    if math.isinf(least):
        low, high = _interval(
            -value, deviation, (-most, math.inf), confidence, n_blocks
        )
        return -high, -low
    share = (value - least) / (most - least)
    step = factor * deviation / (most - least) / (share * (1 - share))
    centre = math.log(share / (1 - share))
    low, high = (1 / (1 + math.exp(-(centre + sign * step))) for sign in (-1, 1))
    return least + (most - least) * low, least + (most - least) * high
