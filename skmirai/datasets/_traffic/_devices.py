"""What the devices do without malice: heartbeats, connections, names.

Every number was read from 38,363 benign packets (23 minutes) of the capture behind the
published table, as a rate, a period, a share or a frame length. The servers do not
answer, and neither does the name server in most cases, because the recorded network
had no way to the internet.
"""

from collections.abc import Sequence

import numpy as np

from skmirai.datasets._traffic import _network as net
from skmirai.datasets._traffic._events import frames
from skmirai.datasets._traffic._network import Host
from skmirai.datasets._traffic._timing import during, program, ticks, visits
from skmirai.packets import TCP, UDP


def together(rng: np.random.Generator, n_frames: int, n_bursts: int) -> np.ndarray:
    """Delays of frames that leave a device together, to several servers.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    n_frames : int
        Frames of a burst.
    n_bursts : int
        Bursts.

    Returns
    -------
    ndarray of shape (n_frames, n_bursts), in seconds
        Ascending in each burst: half of the gaps are 1 to 4 microseconds,
        the others some tenths of a millisecond.
    """
    shape = (n_frames, n_bursts)
    close = 1e-6 + rng.exponential(1e-6, shape)
    apart = rng.exponential(6.5e-4, shape)
    return np.where(rng.random(shape) < 0.5, close, apart).cumsum(axis=0)


def fresh_ports(rng: np.random.Generator, n: int) -> np.ndarray:
    """Source ports as a device chooses them for new sockets.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    n : int
        How many.

    Returns
    -------
    ndarray of shape (n,)
        From 32768 to 60999.
    """
    return rng.integers(32_768, 61_000, n)


def device_traffic(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    """Packets of all devices to servers and name servers.

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
    return [*_heartbeats(rng, span), *_connections(rng, span), *_names(rng, span)]


def _heartbeats(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    """UDP to all servers of a maker at once; a third of the benign packets."""
    parts = []
    for camera, servers, period, offsets in (
        # 11 bursts every 10 s: 0.5 s apart, one pause of 1 s and one of 4.5 s
        (net.CAMERA_1, net.SERVERS[:5], 10.0, [*np.arange(9) / 2, 5.0, 5.5]),
        # 10 bursts, then 19.7 s of silence
        (net.CAMERA_2, net.SERVERS[:8], 24.3, [*np.arange(10) * 0.505]),
    ):
        bursts = program(rng, ticks(rng, span, period, 0.02), offsets, 0.004).ravel()
        port = int(fresh_ports(rng, 1)[0])
        behind = together(rng, len(servers), len(bursts))
        parts += [
            frames(bursts + late, "heartbeat", camera, server, UDP, 82, (port, 10_240))
            for server, late in zip(servers, behind, strict=True)
        ]
    # A webcam looks for its relays; 0.1 packets a second.
    calls = ticks(rng, span, 30.0, 8.0)
    port = int(fresh_ports(rng, 1)[0])
    behind = together(rng, 3, len(calls))
    for late, relay in zip(behind, net.SERVERS[20:23], strict=True):
        length = rng.choice([90, 60], len(calls), p=[0.85, 0.15])
        ports = (port, 32_100)
        parts.append(
            frames(calls + late, "heartbeat", net.WEBCAM, relay, UDP, length, ports)
        )
    return parts


def _connections(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    """SYN after SYN to servers that do not answer; a sixth of the benign packets."""
    backoff, impatient = (0.0, 1.0, 3.0, 7.0), (0.0, 0.115, 0.23, 0.345, 0.46, 3.47)
    parts = []
    for device, servers, port, length, period, start, offsets, kept in (
        (net.CAMERA_1, [5, 6], 80, 60, 4.62, 0, (0.0, 0.5, 1.0, 1.5), 1.0),
        (net.CAMERA_2, [0, 1, 2, 3], 8080, 74, 24.3, 0, backoff, 0.72),
        (net.CAMERA_2, [4, 7, 8, 9], 443, 74, 24.3, 0, backoff, 0.72),
        (net.CAMERA_2, [10, 11, 12, 13], 80, 74, 24.3, 7.11, backoff, 0.59),
        (net.CAMERA_3, [0, 1, 2, 3, 4], 8000, 74, 12.65, 0, (0.0,), 1.0),
        (net.CAMERA_3, [2, 3, 14, 15], 80, 74, 12.65, 0.095, backoff[:3], 0.61),
        (net.CAMERA_4, [16], 80, 74, 50.0, 0, (*impatient, 3.58), 1.0),
        (net.CAMERA_5, [16], 80, 74, 46.0, 0, impatient, 1.0),
    ):
        starts = ticks(rng, span, period, period / 200) + start
        late = together(rng, len(servers) * len(offsets), len(starts)).T
        slow = rng.exponential(0.003, (len(starts), len(offsets)))
        for place, server in enumerate(net.SERVERS[k] for k in servers):
            times = program(rng, starts, offsets) + slow
            times += late[:, place :: len(servers)]
            # The first SYN is always sent; of the others some are not needed.
            sent = rng.random(times.shape) < kept
            sent[:, 0] = True
            source_port = np.broadcast_to(
                fresh_ports(rng, len(starts))[:, None], times.shape
            )
            ports = (source_port[sent], port)
            parts.append(
                frames(times[sent], "connect", device, server, TCP, length, ports)
            )
    return parts


def _names(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    """Queries to name servers, a quarter of the benign packets, mostly unanswered."""
    parts = _monitor_names(rng, span)

    def ask(
        times: np.ndarray, device: Host, length: int, server: Host = net.GATEWAY
    ) -> None:
        ports = (fresh_ports(rng, len(times)), 53)
        parts.append(frames(times, "dns", device, server, UDP, length, ports))

    # Two names in turn, five tries each: 0.62 queries a second.
    starts = ticks(rng, span, 16.23, 2.0)
    for length, offsets in (
        (86, (0.0, 0.044, 1.0, 2.0, 3.04)),
        (88, (4.04, 5.0, 5.044, 6.04, 8.0)),
    ):
        ask(program(rng, starts, offsets, 0.01).ravel(), net.THERMOSTAT, length)
    # Two cameras ask three servers in turn, several names at a time.
    for camera, period in ((net.CAMERA_4, 5.1), (net.CAMERA_5, 5.93)):
        for lengths in ((82, 83), (72, 70), (73, 83), (76, 71)):
            times = ticks(rng, span, period, 0.05)
            name = np.resize(lengths, 1000)[np.arange(len(times)) // 40 % 1000]
            for k, server in enumerate([net.GATEWAY, *net.RESOLVERS]):
                for length in set(lengths):
                    turn = (np.arange(len(times)) % 3 == k) & (name == length)
                    ask(times[turn], camera, length, server)
    ask(ticks(rng, span, 5.15, 0.3), net.CAMERA_3, 75)
    ask(ticks(rng, span, 20.6, 0.2), net.WEBCAM, 73)
    ask(ticks(rng, span, 20.6, 0.2), net.WEBCAM, 73, net.RESOLVERS[0])
    steps = program(rng, ticks(rng, span, 60.05, 0.1), (0.0, 10.0, 20.0), 0.005)
    ask(steps.ravel(), net.DOORBELL, 74)
    # Plugs and a lamp come and go: one appeared after 4 minutes, one left then.
    for plug in (net.PLUG_1, net.PLUG_2):
        there = visits(rng, span, 2400.0, 300.0)
        for length, period in ((75, 10.01), (80, 15.02)):
            times = ticks(rng, span, period, 0.01)
            ask(times[during(times, there)], plug, length)
    there = visits(rng, span, 900.0, 900.0)
    times = ticks(rng, span, 7.5, 2.0)
    times = times[during(times, there)]
    ask(times, net.LAMP, 75)
    parts.append(_replies(parts[-1][::3], 108))
    return parts


def _monitor_names(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    """The busiest asker (1.8 queries a second), and the only one with answers."""
    seconds = ticks(rng, span, 2.007, 0.012)
    late = 0.012 + rng.exponential(0.012, len(seconds))
    tens = ticks(rng, span, 10.03, 0.02)
    parts = []
    # (times, length, whether there is an answer)
    schedule: Sequence[tuple[np.ndarray, int, bool]] = [
        (seconds, 117, True),
        (seconds + late, 84, False),
        (seconds + 1.0, 84, False),
        *(
            step
            for k, (long, short) in enumerate(
                ((105, 72), (110, 77), (112, 79), (119, 86), (106, 73))
            )
            for step in (
                (tens[k::5], long, True),
                (tens[k::5] + 0.014, short, False),
                (tens[k::5] + 5.0, short, False),
            )
        ),
    ]
    for times, length, answered in schedule:
        # Ports are taken in turn from a small range.
        ports = (2000 + (times // 1.2).astype(int) % 1000, 53)
        parts.append(frames(times, "dns", net.MONITOR, net.GATEWAY, UDP, length, ports))
        if answered:
            parts.append(_replies(parts[-1], length))
    return parts


def _replies(queries: np.ndarray, length: int) -> np.ndarray:
    """Answers of the gateway, 2 ms later."""
    packet = queries["packet"]
    device = Host(packet["source_mac"], packet["source_low"])
    ports = (53, packet["source_port"])
    return frames(
        packet["time"] + 0.0022, "dns", net.GATEWAY, device, UDP, length, ports
    )
