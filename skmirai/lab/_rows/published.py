"""Tell the published rows from all others, by what is known of them."""

from collections.abc import Iterator

import numpy as np
from sklearn.utils import gen_batches

from skmirai.feature_extraction import FEATURE_NAMES
from skmirai.lab._protocol import N_ATTACK, N_BENIGN, N_ROWS, ROWS_AT_ONCE

#: Unix time of the first packet of the capture, and how far from it clocks may be.
_CAPTURE_BEGINS, _DAY = 1_540_446_383, 86_400

_LAMBDAS = ("L5", "L3", "L1", "L0.1", "L0.01")
_STREAMS = ("MI_dir", "H", "HH", "HH_jit", "HpHp")

#: Share of the rows that may break a rule that all should keep.
_TOLERATED = 0.01

#: A mean gap in seconds that the first gap of its channel, since 1970, outweighs.
_MOSTLY_CLOCK = 1e7

_PLACES = {name: k for k, name in enumerate(FEATURE_NAMES)}


def origin_of(X: np.ndarray, y: np.ndarray) -> str:
    """Whether rows are those of the published table, a part of them, or others.

    There is no official checksum, and files differ in how many digits they keep, so
    that facts decide which hold for the published rows alone:

    - as many rows as the published table, and its labels in its order; or, for a
      part, different numbers in column 0, with the label that each has there;
    - column 0, where there is one, counts the rows from 0 or from 1;
    - in 99 % of the rows the features are statistics of packets: every weight is at
      least 1, grows with the span of time and does not exceed the number of packets
      so far; nothing that is a spread is negative; magnitude and radius are at least
      mean and variance; no stream of a host is heavier than all of the host; mean
      frame lengths lie between 14 and 65,550 bytes;
    - the clock that the first gap of every channel leaves in the jitter is that of
      the capture, to a day.

    The last one tells simulated rows from recorded ones, which keep all other rules:
    the simulation's clock is five days earlier. What can still be fooled: rows of
    another simulation with this clock, or published rows of which a few were
    changed, or some columns that no rule looks at. Rows extracted anew from the
    published capture with the epoch as first gap pass, as far as they should.

    Parameters
    ----------
    X : ndarray of shape (n_rows, 116) or (n_rows, 115)
        Rows, with the counter or without.
    y : ndarray of int of shape (n_rows,)
        Labels.

    Returns
    -------
    {"published", "part", "other"}
        "part" for some of the published rows; without a counter these cannot be told
        from others.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.lab._rows.published import origin_of
    >>> origin_of(np.zeros((8, 116)), np.repeat([0, 1], [2, 6]))
    'other'
    """
    whole = len(X) == N_ROWS and np.array_equal(
        y, np.repeat([0, 1], [N_BENIGN, N_ATTACK])
    )
    if X.shape[1] == len(FEATURE_NAMES):
        numbers = np.arange(len(X)) if whole else None
    else:
        numbers = _row_numbers(np.asarray(X[:, 0], np.float64), y, whole)
    if numbers is None or not _are_statistics(X, numbers) or not _has_the_clock(X):
        return "other"
    return "published" if whole else "part"


def _row_numbers(counter: np.ndarray, y: np.ndarray, whole: bool) -> np.ndarray | None:
    """Numbers of the rows in the published table, from 0; None if they are none."""
    for first in (0, 1):
        numbers = counter - first
        if whole:
            if np.array_equal(numbers, np.arange(len(counter))):
                return numbers
            continue
        distinct = len(np.unique(numbers)) == len(numbers) < N_ROWS
        inside = np.all((numbers >= 0) & (numbers < N_ROWS) & (numbers % 1 == 0))
        if distinct and inside and np.array_equal(numbers >= N_BENIGN, y == 1):
            return numbers
    return None


def _chunks(X: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield the 115 features, some rows at a time."""
    for rows in gen_batches(len(X), ROWS_AT_ONCE):
        yield rows, np.asarray(X[rows, -len(FEATURE_NAMES) :], np.float64)


def _are_statistics(X: np.ndarray, numbers: np.ndarray) -> bool:
    """Whether nearly all rows keep the rules of damped statistics of packets."""
    kept = np.zeros(len(X), bool)
    for rows, features in _chunks(X):
        kept[rows] = _keeps_the_rules(features, numbers[rows] + 1)
    return bool(kept.mean() >= 1 - _TOLERATED)


def _keeps_the_rules(features: np.ndarray, n_packets: np.ndarray) -> np.ndarray:
    """Tell for each row whether its features can be those of so many packets."""

    def column(stream: str, span: str, what: str) -> np.ndarray:
        return features[:, _PLACES[f"{stream}_{span}_{what}"]]

    def at_least(larger: np.ndarray, smaller: np.ndarray | float) -> np.ndarray:
        slack = 1e-4 * np.abs(smaller) + 1e-3
        return np.asarray(larger >= smaller - slack)

    weight = {
        stream: [column(stream, span, "weight") for span in _LAMBDAS]
        for stream in _STREAMS
    }
    rules = [np.isfinite(features).all(axis=1)]
    for spans in weight.values():
        rules += [at_least(spans[0], 1.0), at_least(n_packets, spans[-1])]
        rules += [at_least(spans[k + 1], spans[k]) for k in range(len(spans) - 1)]
    for k, span in enumerate(_LAMBDAS):
        rules.append(at_least(weight["H"][k], weight["MI_dir"][k]))
        rules.append(at_least(weight["H"][k], weight["HH"][k]))
        for stream in ("MI_dir", "H"):
            rules.append(column(stream, span, "variance") >= -1e-3)
        for stream in ("MI_dir", "H", "HH", "HpHp"):
            mean = column(stream, span, "mean")
            rules += [at_least(mean, 14.0), at_least(65_550.0 - mean, 0.0)]
        for stream in ("HH", "HpHp"):
            mean, std = column(stream, span, "mean"), column(stream, span, "std")
            rules.append(std >= -1e-3)
            rules.append(at_least(column(stream, span, "magnitude"), mean))
            rules.append(at_least(column(stream, span, "radius"), std**2))
        rules.append(column("HH_jit", span, "mean") >= -1e-3)
    return np.all(rules, axis=0)


def _has_the_clock(X: np.ndarray) -> bool:
    """Whether first gaps of channels are times of the capture, in seconds since 1970.

    Where a first gap T outweighs all others, mean = p T and variance = p T² - mean²
    for its share p, so that T = variance / mean + mean.
    """
    mean_at, variance_at = (
        _PLACES[f"HH_jit_{_LAMBDAS[-1]}_{what}"] for what in ("mean", "variance")
    )
    found = []
    for _, features in _chunks(X):
        mean, variance = features[:, mean_at], features[:, variance_at]
        clock = mean > _MOSTLY_CLOCK
        found.append(variance[clock] / mean[clock] + mean[clock])
    times = np.concatenate(found)
    return bool(len(times)) and abs(np.median(times) - _CAPTURE_BEGINS) < _DAY
