"""How certain a score is where neighbouring rows are alike."""

import math
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from skmirai.metrics._interval_ends import (
    check_bounds,
    check_confidence,
    interval_ends,
    spread_of,
)
from skmirai.metrics._resampling import blocks, groups_drawn, length_for_interval
from skmirai.metrics._silent_draws import DecidingGroups, Scores, differing

#: Bounds of a score that is a share.
_SHARE = (0.0, 1.0)


class ScoreInterval(NamedTuple):
    """A score and the interval around it.

    Attributes
    ----------
    score : float
        Score of all rows.
    low, high : float
        Ends of the interval; NaN where the draws cannot tell them.
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
        The ends are NaN where the draws say nothing of them, see the notes.

    Raises
    ------
    ValueError
        If a setting is out of range, the rows do not fit together, or the score has no
        value for more than half of the draws.

    See Also
    --------
    bootstrap_intervals : Several scores by the same draws.

    Notes
    -----
    Blocks are drawn with replacement from the rows laid in a circle. Their length is
    three times that of [1]_, which is best for a variance and leaves intervals that are
    too narrow. The standard deviation of the draws gives an interval of Student's t,
    with as many degrees of freedom as there are blocks less one, on the logit of the
    score between its bounds (its logarithm, or itself, where they are infinite). Where
    no draw differs from a score at its bound, it is the exact interval of as many
    independent blocks, none of which errs. All blocks count: give a score that is about
    one class the rows of this class alone.

    There are no ends where these say nothing of them: groups, or blocks, agree by
    chance, so that all draws have one score, though draws of single rows differ in
    theirs; one group alone has the rows without which the score has no value (NaN or a
    ValueError, as ``roc_auc_score`` has without rows of a class; of scores that leave
    such a class out, ``balanced_accuracy_score`` for instance, it is not seen); or no
    draw differs from a score at its one bound. A score that is the same whatever is
    drawn, such as the area of a constant, has an interval of no width.

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
    from sklearn.utils import check_consistent_length, column_or_1d

    y_true, y_pred = column_or_1d(y_true), np.asarray(y_pred)
    check_consistent_length(y_true, y_pred)
    draws = _draws(
        lambda rows: {"score": float(score(y_true[rows], y_pred[rows]))},
        _errors(y_true, y_pred),
        groups,
        block_length,
        n_resamples,
        random_state,
        {"score": bounds},
        confidence_level,
    )
    found = draws.interval("score")
    if draws.lacks("score"):
        n_lost = int((~np.isfinite(draws.drawn["score"])).sum())
        raise ValueError(
            f"the score has no value for {n_lost} of {n_resamples} draws (for all "
            f"rows it is {found.score}): some lack a class, perhaps; take a score that "
            f"allows it, or smaller blocks"
        )
    return found


def bootstrap_intervals(
    scores: Callable[[np.ndarray], Mapping[str, float]],
    errors: Any,
    *,
    groups: Any = None,
    block_length: int | str = "auto",
    bounds: Mapping[str, tuple[float, float]] | None = None,
    confidence_level: float = 0.95,
    n_resamples: int = 500,
    random_state: int | np.random.RandomState | None = None,
) -> dict[str, ScoreInterval]:
    """Confidence intervals of several scores by the same draws of blocks or groups.

    Parameters
    ----------
    scores : callable
        Takes numbers of rows, some of them several times, and returns the scores of
        these rows by name; NaN, or a ValueError, where there is none.
    errors : array-like of shape (n_samples,) or (n_samples, n_figures)
        How wrong each row is, in the order of the traffic. The length of the blocks
        follows from it: that of the figure which resembles its neighbours longest.
    groups, block_length, confidence_level, n_resamples, random_state
        As :func:`bootstrap_interval` has them.
    bounds : dict of str to (float, float), default=None
        Least and largest value of each score; (0, 1) for those that are not named.

    Returns
    -------
    dict of str to ScoreInterval
        The scores. The ends of an interval are NaN where more than half of the draws
        have no value, and where those of :func:`bootstrap_interval` are.

    Raises
    ------
    ValueError
        If a setting is out of range, or the rows do not fit together.

    See Also
    --------
    bootstrap_interval : One score; how the intervals are made.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.metrics import bootstrap_intervals
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(2, size=500)
    >>> right = rng.random(500) < 0.9
    >>> def scores(rows):
    ...     hits, attack = right[rows], y[rows] == 1
    ...     return {"accuracy": hits.mean(), "detected": hits[attack].mean()}
    >>> found = bootstrap_intervals(scores, ~right, random_state=0)
    >>> round(found["detected"].low, 2), round(found["detected"].high, 2)
    (0.87, 0.94)
    """
    errors = np.asarray(errors, dtype=np.float64)
    draws = _draws(
        scores,
        errors,
        groups,
        block_length,
        n_resamples,
        random_state,
        {} if bounds is None else bounds,
        confidence_level,
    )
    return {name: draws.interval(name) for name in draws.values}


class _Draws(NamedTuple):
    """Scores of all rows, and of those of each draw."""

    values: dict[str, float]
    drawn: dict[str, np.ndarray]
    length: int | None
    n_blocks: float
    bounds: Mapping[str, tuple[float, float]]
    confidence_level: float
    silent: frozenset[str]  # scores of whose intervals the draws say nothing

    def lacks(self, name: str) -> bool:
        """Whether a score has no value, of all rows or of most draws."""
        known = np.isfinite(self.drawn[name])
        return not math.isfinite(self.values[name]) or bool(known.mean() < 1 / 2)

    def spread(self, name: str) -> float:
        """Standard deviation of the draws that have a value."""
        known = self.drawn[name][np.isfinite(self.drawn[name])]
        return spread_of(known, self.bounds.get(name, _SHARE))

    def interval(self, name: str) -> ScoreInterval:
        value, bounds = self.values[name], self.bounds.get(name, _SHARE)
        ends = math.nan, math.nan
        if not self.lacks(name) and name not in self.silent:
            ends = interval_ends(
                value, self.spread(name), bounds, self.confidence_level, self.n_blocks
            )
        return ScoreInterval(value, *ends, self.length)


def _draws(
    scores: Scores,
    errors: np.ndarray,
    groups: Any,
    block_length: int | str,
    n_resamples: int,
    random_state: int | np.random.RandomState | None,
    bounds: Mapping[str, tuple[float, float]],
    confidence_level: float,
) -> _Draws:
    from sklearn.exceptions import UndefinedMetricWarning
    from sklearn.utils import check_random_state

    n_rows, rng, length = len(errors), check_random_state(random_state), None
    if n_rows < 2:
        raise ValueError(f"{n_rows} rows are too few for an interval: give two")
    if not isinstance(n_resamples, Integral) or int(n_resamples) < 2:
        raise ValueError(f"n_resamples={n_resamples!r} must be an integer of 2 or more")
    check_confidence(confidence_level)
    for ends in bounds.values():
        check_bounds(ends)
    deciding = None
    if groups is None:
        length = _length(block_length, errors)
        rows, n_blocks = blocks(n_rows, length, rng), n_rows / length
    else:
        rows, group = groups_drawn(groups, n_rows, rng)
        deciding, n_blocks = DecidingGroups(group), float(group.max() + 1)
    values = {name: float(value) for name, value in scores(np.arange(n_rows)).items()}
    drawn = {name: np.full(n_resamples, math.nan) for name in values}
    found = _Draws(
        values, drawn, length, n_blocks, bounds, confidence_level, frozenset()
    )
    with warnings.catch_warnings():
        # draws that lack a class count as those without a value
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        for k in range(n_resamples):
            own = next(rows)
            with suppress(ValueError):
                for name, value in scores(own).items():
                    drawn[name][k] = value
            if deciding is not None:
                deciding.see(own, {name: drawn[name][k] for name in drawn})
        silent = set() if deciding is None else deciding.scores_of_one(scores)
        equal = [n for n in values if not (found.lacks(n) or found.spread(n))]
        silent |= differing(scores, {n: values[n] for n in equal}, n_rows, rng)
    return found._replace(silent=frozenset(silent))


def _length(block_length: Any, errors: np.ndarray) -> int:
    """Rows of a block."""
    if isinstance(block_length, str) and block_length == "auto":
        return length_for_interval(errors)
    if not isinstance(block_length, Integral) or isinstance(block_length, bool):
        raise ValueError(f"block_length={block_length!r} must be an integer or 'auto'")
    if not 1 <= int(block_length) <= len(errors) // 2:
        raise ValueError(
            f"block_length={block_length!r} must lie between 1 and half of the "
            f"{len(errors)} rows"
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
