# numba infers the types of what it compiles.
# mypy: allow-untyped-defs
"""The hot loop: streams found by key, sums decayed and updated, features written.

For a packet of size x, a gap dt > 0 since the clock of its stream, and a decay rate
lambda: ``delta = 2 ** (-lambda dt)``, ``w <- delta w + 1``, ``LS <- delta LS + x``. A
gap dt <= 0 neither decays nor moves the clock.

NOTE[DIFF]: the variance |SS / w - (LS / w)**2| of the paper loses all digits where the
mean is large, and gives rounding noise for packets of one size. Kept instead is the
sum of squared deviations, S = SS - LS**2 / w, by its own recurrence, which adds nothing
but terms >= 0: ``S <- delta S + (x - mean)**2 (delta w) / (delta w + 1)`` with the mean
before the packet. Variance = S / w, the same quantity.

NOTE[DIFF]: the reference code decays the sum of residual products twice for a packet,
decays residuals, and divides by the count of its updates. The paper's definition is
used here: SR decays once per packet of either direction, by its own clock; residuals
are those of the last packets; covariance = SR / (w_i + w_j), the opposite weight
decayed to the time of the packet.

NOTE[DIFF]: what is rounding is 0. Packets of one size have a variance of 1e-30 of their
squared mean in place of 0, and a packet so long ago that its weight is 1e-12 of those
since leaves as little. Neither is told from rounding by the sums w, LS and SS of the
paper; a model would see differences between streams that have none. Only what is
written is rounded to 0, not the sums.

Needs numba: import it late.
"""

import math

import numpy as np

from skmirai.feature_extraction._feature_names import DECAYS
from skmirai.utils._compiled import compiled

_DECAYS = np.array(DECAYS, np.float64)
_N = len(DECAYS)

#: Values per stream of MI_dir and H: a clock; w, LS, S for each decay.
ONE_STREAM_WIDTH = 1 + 3 * _N
#: Values per pair of sockets: a clock, SR for each decay; for both directions a clock
#: and, for each decay, w, LS, S, last residual.
TWO_STREAM_WIDTH = 1 + _N + 2 * (1 + 4 * _N)
#: The same, with LS and S of the gaps of a channel for each decay and direction.
CHANNEL_WIDTH = TWO_STREAM_WIDTH + 2 * 2 * _N

# Places in the array of counters of a table of streams.
N_USED, NEWEST, OLDEST, N_EVICTED = range(4)

#: A variance that is less of the squared mean is rounding, and so is a covariance that
#: is less of the product of the means.
_ROUNDING = 1e-12


@compiled
def _bucket(key, seed, n_buckets):
    """Bucket of a key; the seed makes collisions hard to provoke from outside."""
    state = seed
    for word in key:
        state = (state ^ word) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
        state ^= state >> np.uint64(29)
    return np.int64(state & np.uint64(n_buckets - 1))


@compiled
def _unlink(slot, newer, older, counters):
    after, before = newer[slot], older[slot]
    if after >= 0:
        older[after] = before
    else:
        counters[NEWEST] = before
    if before >= 0:
        newer[before] = after
    else:
        counters[OLDEST] = after


@compiled
def _make_newest(slot, newer, older, counters):
    newest = counters[NEWEST]
    newer[slot], older[slot] = -1, newest
    if newest >= 0:
        newer[newest] = slot
    else:
        counters[OLDEST] = slot
    counters[NEWEST] = slot


@compiled
def touch(key, keys, values, heads, following, newer, older, counters, seed):
    """Find or make the slot of a key and mark it as the one last seen.

    Where all slots are taken, the one that was seen longest ago is cleared and used.
    """
    bucket = _bucket(key, seed, len(heads))
    slot = heads[bucket]
    while slot >= 0:
        same = True
        for k in range(len(key)):
            if keys[slot, k] != key[k]:
                same = False
                break
        if same:
            if counters[NEWEST] != slot:
                _unlink(slot, newer, older, counters)
                _make_newest(slot, newer, older, counters)
            return slot
        slot = following[slot]
    if counters[N_USED] < len(keys):
        slot = counters[N_USED]
        counters[N_USED] += 1
    else:
        slot = counters[OLDEST]
        counters[N_EVICTED] += 1
        _unlink(slot, newer, older, counters)
        old = _bucket(keys[slot], seed, len(heads))
        if heads[old] == slot:
            heads[old] = following[slot]
        else:
            place = heads[old]
            while following[place] != slot:
                place = following[place]
            following[place] = following[slot]
    for k in range(len(key)):
        keys[slot, k] = key[k]
    values[slot, :] = 0.0
    following[slot] = heads[bucket]
    heads[bucket] = slot
    _make_newest(slot, newer, older, counters)
    return slot


@compiled
def rehash(keys, heads, following, counters, seed):
    """Enter the keys of the used slots in empty buckets; False if one comes twice."""
    for slot in range(counters[N_USED]):
        bucket = _bucket(keys[slot], seed, len(heads))
        other = heads[bucket]
        while other >= 0:
            same = True
            for k in range(keys.shape[1]):
                same = same and keys[other, k] == keys[slot, k]
            if same:
                return False
            other = following[other]
        following[slot] = heads[bucket]
        heads[bucket] = slot
    return True


@compiled
def walk(newer, counters):
    """Slots in the order in which they were last seen, the oldest first."""
    order = np.empty(counters[N_USED], np.int64)
    slot = counters[OLDEST]
    for place in range(len(order)):
        order[place] = slot
        slot = newer[slot]
    return order


@compiled
def _decay(rate, gap):
    return np.exp2(-rate * gap) if gap > 0 else 1.0


@compiled
def _beyond_rounding(moment, mean, other_mean):
    """A variance or covariance, or 0 if it is rounding at the size of the means."""
    return moment if abs(moment) > _ROUNDING * mean * other_mean else 0.0


@compiled
def update_one_stream(time, length, wanted, table, out, column):
    """Update the streams of MI_dir or H and write weight, mean and variance."""
    keys, values, heads, following, newer, older, counters, seed = table
    for p in range(len(time)):
        slot = touch(
            wanted[p], keys, values, heads, following, newer, older, counters, seed[0]
        )
        v = values[slot]
        x, gap = length[p], 0.0
        if v[1] == 0.0:  # a new stream
            v[0] = time[p]
        elif time[p] > v[0]:
            gap = time[p] - v[0]
            v[0] = time[p]
        for d in range(_N):
            k = 1 + 3 * d
            delta = _decay(_DECAYS[d], gap)
            old = delta * v[k]
            away = x - v[k + 1] / v[k] if v[k] > 0.0 else 0.0
            w = old + 1.0
            v[k] = w
            v[k + 1] = delta * v[k + 1] + x
            v[k + 2] = delta * v[k + 2] + away * away * (old / w)
            c = column + 3 * d
            mean = v[k + 1] / w
            out[p, c] = w
            out[p, c + 1] = mean
            out[p, c + 2] = _beyond_rounding(v[k + 2] / w, mean, mean)


@compiled
def update_two_streams(time, length, wanted, table, out, column, jitter, epoch):
    """Update both directions of HH or HpHp and write their seven statistics.

    With ``jitter >= 0``, the column of HH_jit, the gaps of the channel are written
    too; ``epoch`` takes the time of a channel's first packet as its first gap.

    A packet from an address to itself belongs to a stream that is its own opposite.
    """
    keys, values, heads, following, newer, older, counters, seed = table
    n_words = wanted.shape[1]
    half = (n_words - 1) // 2
    direction = (values.shape[1] - 1 - _N) // 2
    key = np.empty(n_words, np.uint64)
    for p in range(len(time)):
        # Both directions share a key: the smaller address comes first.
        order = 0
        for k in range(1, 1 + half):
            if wanted[p, k] != wanted[p, k + half]:
                order = 1 if wanted[p, k] < wanted[p, k + half] else -1
                break
        shift = half if order < 0 else 0
        key[0] = wanted[p, 0]
        for k in range(half):
            key[1 + k] = wanted[p, 1 + k + shift]
            key[1 + k + half] = wanted[p, 1 + k + half - shift]
        slot = touch(
            key, keys, values, heads, following, newer, older, counters, seed[0]
        )
        v = values[slot]
        i = 1 + _N + (direction if order < 0 else 0)
        j = i
        if order != 0:
            j = 1 + _N + (0 if order < 0 else direction)

        t, x = time[p], length[p]
        new, other = v[i + 1] == 0.0, v[j + 1] > 0.0
        joint_gap = 0.0
        if new and not other:
            v[0] = t
        elif t > v[0]:
            joint_gap = t - v[0]
            v[0] = t
        gap, other_gap = 0.0, 0.0
        if new:
            v[i] = t
        elif t > v[i]:
            gap = t - v[i]
            v[i] = t
        if other and t > v[j]:
            other_gap = t - v[j]
        waited = t if new and epoch else gap

        for d in range(_N):
            rate = _DECAYS[d]
            a, b = i + 1 + 4 * d, j + 1 + 4 * d
            last_other = v[b + 3]
            delta = _decay(rate, gap)
            old = delta * v[a]
            w = old + 1.0
            share = old / w
            away = x - v[a + 1] / v[a] if v[a] > 0.0 else 0.0
            if jitter >= 0:
                g = i + 1 + 4 * _N + 2 * d
                more = waited - v[g] / v[a] if v[a] > 0.0 else 0.0
                v[g] = delta * v[g] + waited
                v[g + 1] = delta * v[g + 1] + more * more * share
                c = jitter + 3 * d
                mean = v[g] / w
                out[p, c] = w
                out[p, c + 1] = mean
                out[p, c + 2] = _beyond_rounding(v[g + 1] / w, mean, mean)
            v[a] = w
            v[a + 1] = delta * v[a + 1] + x
            v[a + 2] = delta * v[a + 2] + away * away * share
            mean = v[a + 1] / w
            variance = _beyond_rounding(v[a + 2] / w, mean, mean)
            v[a + 3] = away * share  # x - mean, without loss of digits

            v[1 + d] = _decay(rate, joint_gap) * v[1 + d] + v[a + 3] * last_other
            other_w, other_mean, other_variance = 0.0, 0.0, 0.0
            if v[b] > 0.0:
                other_w = v[b] * _decay(rate, other_gap)
                other_mean = v[b + 1] / v[b]
                other_variance = _beyond_rounding(
                    v[b + 2] / v[b], other_mean, other_mean
                )
            covariance = v[1 + d] / (w + other_w)
            c = column + 7 * d
            out[p, c] = w
            out[p, c + 1] = mean
            out[p, c + 2] = math.sqrt(variance)
            out[p, c + 3] = math.sqrt(mean * mean + other_mean * other_mean)
            out[p, c + 4] = math.sqrt(
                variance * variance + other_variance * other_variance
            )
            out[p, c + 5] = _beyond_rounding(covariance, mean, other_mean)
            out[p, c + 6] = 0.0
            if variance > 0.0 and other_variance > 0.0:
                out[p, c + 6] = covariance / (
                    math.sqrt(variance) * math.sqrt(other_variance)
                )
