"""The features by brute force, from the formulas: nothing is shared with skmirai."""

import numpy as np
import pandas as pd
import pytest

DECAYS = (5, 3, 1, 0.1, 0.01)


def _clock(times):
    return np.maximum.accumulate(times)


def _weights(now, then, decay):
    """2 ** (-decay * (now - then)), 0 for packets that are still to come."""
    return np.exp2(-decay * np.maximum(now[:, None] - then[None, :], 0))


def _moments(x, clock, decay):
    """Weight, mean, variance, residual of each packet, as sums over those before."""
    weights = np.tril(_weights(clock, clock, decay))
    w = weights.sum(1)
    mean = weights @ x / w
    # The variance of the paper, before it is multiplied out to |SS / w - mean**2|.
    variance = (weights * (x - mean[:, None]) ** 2).sum(1) / w
    scale = np.abs(x).max(initial=0)
    assert np.allclose(variance, weights @ x**2 / w - mean**2, 1e-9, 1e-12 * scale**2)
    residual = (weights * (x[:, None] - x[None, :])).sum(1) / w
    assert np.allclose(residual, x - mean, 0, 1e-9 * scale)
    return w, mean, _beyond_rounding(variance, mean, mean), residual


def _beyond_rounding(moment, mean, other_mean):
    """What is written of a variance or covariance: 0 where it is rounding."""
    return np.where(np.abs(moment) > 1e-12 * mean * other_mean, moment, 0)


def _groups(keys):
    return pd.Series(range(len(keys))).groupby(pd.Series(list(keys))).indices.values()


def _one_stream(keys, times, x, decay):
    out = np.empty((len(x), 3))
    for rows in _groups(keys):
        out[rows] = np.column_stack(_moments(x[rows], _clock(times[rows]), decay)[:3])
    return out


def _gaps(keys, times, clock):
    out = np.empty(len(times))
    for rows in _groups(keys):
        seen = _clock(times[rows])
        first = times[rows][:1] if clock == "epoch" else [0.0]
        out[rows] = np.maximum(np.concatenate((first, times[rows][1:] - seen[:-1])), 0)
        out[rows[0]] = first[0]
    return out


def _two_streams(sources, destinations, times, x, decay):
    """Seven statistics and, as an eighth column, the smaller standard deviation."""
    out = np.empty((len(x), 8))
    ends = list(zip(sources, destinations, strict=True))
    for rows in _groups([tuple(sorted(pair, key=repr)) for pair in ends]):
        n, t = len(rows), times[rows]
        direction = np.array([ends[row] == ends[rows[0]] for row in rows])
        own = np.empty((n, 4))
        for d in (True, False):
            own[direction == d] = np.column_stack(
                _moments(x[rows][direction == d], _clock(t[direction == d]), decay)
            )
        residual = own[:, 3]
        product = np.zeros(n)
        other = np.zeros((n, 4))
        to_itself = sources[rows[0]] == destinations[rows[0]]
        for p in range(n):
            wanted = direction if to_itself else direction != direction[p]
            before = np.flatnonzero(wanted[:p])
            if len(before):
                product[p] = residual[p] * residual[before[-1]]
            if to_itself:
                other[p] = own[p]
            elif len(before):
                seen = t[before].max()
                waited = max(t[p] - seen, 0)
                other[p] = own[before[-1]]
                other[p, 0] *= np.exp2(-decay * waited)
        joint = _clock(t)
        residuals = np.tril(_weights(joint, joint, decay)) @ product
        covariance = residuals / (own[:, 0] + other[:, 0])
        stds, others = np.sqrt(own[:, 2]), np.sqrt(other[:, 2])
        with np.errstate(divide="ignore", invalid="ignore"):
            pcc = covariance / (stds * others)
        out[rows] = np.column_stack(
            (
                own[:, :2],
                stds,
                np.hypot(own[:, 1], other[:, 1]),
                np.hypot(own[:, 2], other[:, 2]),
                _beyond_rounding(covariance, own[:, 1], other[:, 1]),
                pcc,
                np.minimum(stds, others),
            )
        )
    return out


def _features(frame, clock="relative"):
    """The 115 features of a DataFrame of packets, and the floor of each pcc."""
    times, x = frame["time"].to_numpy(float), frame["length"].to_numpy(float)
    mac, source = list(frame["source_mac"]), list(frame["source"])
    destination = list(frame["destination"])

    def sockets(end):
        columns = frame[[f"{end}_mac", end, f"{end}_port", "protocol"]]
        for mac, address, port, protocol in columns.itertuples(index=False):
            if protocol == "arp":
                yield (mac, "none")
            else:
                name = "icmp" if protocol == "icmp" else port
                yield (address, "none" if name == -1 else name)

    mac_and_source = list(zip(mac, source, strict=True))
    channel = list(zip(source, destination, strict=True))
    gaps = _gaps(channel, times, clock)
    ends = [list(sockets(end)) for end in ("source", "destination")]
    channels = [_two_streams(source, destination, times, x, d) for d in DECAYS]
    pairs = [_two_streams(*ends, times, x, d) for d in DECAYS]
    out = np.column_stack(
        [
            *(_one_stream(mac_and_source, times, x, d) for d in DECAYS),
            *(_one_stream(source, times, x, d) for d in DECAYS),
            *(found[:, :7] for found in channels),
            *(_one_stream(channel, times, gaps, d) for d in DECAYS),
            *(found[:, :7] for found in pairs),
        ]
    )
    smaller = np.column_stack([found[:, 7] for found in channels + pairs])
    return out, smaller, gaps.max(initial=0)


@pytest.fixture(scope="session")
def brute_force():
    """Features, smaller standard deviation beside each pcc, and the largest gap."""
    return _features
