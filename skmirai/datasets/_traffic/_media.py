"""Traffic that the recorded network does not have: video and a person who browses.

Nothing here is measured. Frame sizes and rates are those of common devices: a camera
sends 15 pictures a second, every thirtieth a whole one; visits to pages have
heavy-tailed sizes.
"""

import numpy as np

from skmirai.datasets._traffic import _network as net
from skmirai.datasets._traffic._devices import fresh_ports
from skmirai.datasets._traffic._events import frames
from skmirai.datasets._traffic._timing import arrivals, during, ticks, visits
from skmirai.packets import TCP, UDP

_FULL = 1514


def media_traffic(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    """Packets of two cameras to their recorder, and of a desktop to web servers.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    span : float, in seconds
        Packets are sent in about [0, span).

    Returns
    -------
    list of ndarray of dtype EVENT
        Times in seconds.
    """
    return [*_video(rng, span), *_browsing(rng, span)]


def _bursts(starts: np.ndarray, counts: np.ndarray, gap: float) -> tuple:
    """Times of the packets of bursts, and the burst that each belongs to."""
    burst = np.repeat(np.arange(len(starts)), counts)
    place = np.arange(len(burst)) - np.repeat(np.cumsum(counts) - counts, counts)
    return starts[burst] + place * gap, burst


def _video(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    parts = []
    for camera in (net.CAMERA_2, net.CAMERA_5):
        pictures = ticks(rng, span, 1 / 15, 0.002)
        # Motion starts a stream, and it ends a minute after.
        pictures = pictures[during(pictures, visits(rng, span, 60.0, 600.0))]
        whole = np.arange(len(pictures)) % 30 == 0
        counts = np.where(
            whole, rng.poisson(14, len(whole)), rng.poisson(2, len(whole))
        )
        times, burst = _bursts(pictures, counts + 1, 3e-4)
        last = np.r_[np.diff(burst) > 0, True] if len(burst) else np.empty(0, bool)
        length = np.where(last, rng.integers(200, _FULL, len(last)), _FULL - 100)
        ports = (int(fresh_ports(rng, 1)[0]), 5004)
        parts.append(frames(times, "video", camera, net.RECORDER, UDP, length, ports))
        reports = times[last][::45] + 0.001
        parts.append(
            frames(
                reports, "video", net.RECORDER, camera, UDP, 74, (5005, ports[0] + 1)
            )
        )
    return parts


def _browsing(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    reading = visits(rng, span, 240.0, 500.0)
    clicks = arrivals(rng, span, 1 / 15)
    clicks = clicks[during(clicks, reading)]
    counts = np.minimum(1 + 3 * rng.pareto(1.2, len(clicks)), 2000).astype(int)
    times, page = _bursts(clicks + 0.03, counts, 8e-4)
    server = net.remote((198 << 24) | (51 << 16) | (100 << 8) | 128 + page % 100)
    ports = (443, fresh_ports(rng, len(clicks))[page])
    last = np.r_[np.diff(page) > 0, True] if len(page) else np.empty(0, bool)
    length = np.where(last, rng.integers(66, _FULL, len(last)), _FULL)
    back = ports[::-1]
    first = np.unique(page, return_index=True)[1]
    asked = (back[0][first], 443)
    asked_of = server._replace(low=server.low[first])
    even = np.arange(len(times)) % 2 == 0  # every second frame is acknowledged
    return [
        frames(times[first] - 0.03, "browsing", net.DESKTOP, asked_of, TCP, 583, asked),
        frames(times, "browsing", server, net.DESKTOP, TCP, length, ports),
        frames(
            times[even] + 2e-4,
            "browsing",
            net.DESKTOP,
            server._replace(low=server.low[even]),
            TCP,
            66,
            (back[0][even], 443),
        ),
    ]
