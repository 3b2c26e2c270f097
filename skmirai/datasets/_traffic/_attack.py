"""What the infected camera does: it sweeps, scans, obeys and floods.

Numbers of sweep, scan and command session were read from 10,000 packets (51 seconds)
of the attack phase of the capture behind the published table. They show no infection,
no search for victims beyond the gateway and no flood; these follow the published
source code of Mirai as [1]_ describes it.

References
----------
.. [1] M. Antonakakis et al. Understanding the Mirai Botnet. USENIX Security 2017.
"""

import numpy as np

from skmirai.datasets._traffic import _network as net
from skmirai.datasets._traffic._devices import fresh_ports
from skmirai.datasets._traffic._events import frames
from skmirai.datasets._traffic._network import Host
from skmirai.datasets._traffic._timing import arrivals, during, ticks
from skmirai.packets import ARP, TCP, UDP

#: Seconds of sweeping, and of rest: one of each was seen whole, 33 and 12.
SWEEPING, RESTING = 33.0, 12.0

#: Seconds that the infection takes before the sweep begins.
INFECTION = 6.0

#: Packets per second of a flood, if it has time enough.
FLOOD_RATE = 1000.0

#: Floods: kind, protocol, range of frame lengths, when they begin and how long they
#: may last, as a share of the attack.
FLOODS = (
    ("udp_flood", UDP, (554, 555), 0.45),
    ("syn_flood", TCP, (74, 75), 0.65),
    ("ack_flood", TCP, (566, 567), 0.85),
)
_FLOOD_SHARE = 0.1

#: Address blocks that Mirai spares: private, reserved, military and others.
_SPARED = (0, 3, 6, 7, 10, 11, 15, 16, 21, 22, 26, 28, 29, 30, 33, 55, 56, 127)


def attack_traffic(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    """Packets of infection, sweep, scan and command, from the onset at 0.

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
    n = int(span / (SWEEPING + RESTING)) + 2
    lengths = np.array([SWEEPING, RESTING]) * rng.uniform(0.8, 1.2, (n, 2))
    edges = np.r_[0.0, np.cumsum(lengths.ravel())[:-1]].reshape(n, 2)
    # Columns: begin and end of sweeping.
    active = edges + INFECTION
    return [
        *_infection(rng),
        *_command(rng, span),
        _sweep(rng, span, active),
        *_local_scan(rng, span, active),
        _public_scan(rng, span),
        *_guessing(rng, span, active),
    ]


def flood_traffic(
    rng: np.random.Generator, duration: float, n_packets: int
) -> list[np.ndarray]:
    """Three floods of a victim beyond the gateway.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    duration : float, in seconds
        How long the attack lasts, from 0.
    n_packets : int
        Packets of all floods together.

    Returns
    -------
    list of ndarray of dtype EVENT
        Times in seconds.
    """
    parts = []
    counts = n_packets // 3 + (np.arange(3) < n_packets % 3)
    for (kind, protocol, (least, most), begin), n in zip(FLOODS, counts, strict=True):
        lasts = min(n / FLOOD_RATE, _FLOOD_SHARE * duration)
        # A sender that gets the processor in turns: bursts within a steady rate.
        times = begin * duration + lasts * np.sort(rng.beta(0.98, 0.98, n))
        ports = (rng.integers(1024, 65_536, n), rng.integers(1, 65_536, n))
        if kind == "udp_flood":
            ports = (int(fresh_ports(rng, 1)[0]), ports[1])
        elif kind == "syn_flood":
            ports = (ports[0], 80)
        length = rng.integers(least, most, n)
        parts.append(frames(times, kind, net.BOT, net.VICTIM, protocol, length, ports))
    return parts


def _conversation(
    times: np.ndarray,
    kind: str,
    server: Host,
    port: int,
    client: Host,
    client_port: int,
    said: np.ndarray,
    acknowledged: float,
) -> list[np.ndarray]:
    """Frames of a server, each acknowledged by an empty frame of the client."""
    ports = (port, client_port)
    return [
        frames(times, kind, server, client, TCP, said, ports),
        frames(times + acknowledged, kind, client, server, TCP, 66, ports[::-1]),
    ]


def _infection(rng: np.random.Generator) -> list[np.ndarray]:
    """A login by telnet, then the program: 60 kB in full frames."""
    port, more = fresh_ports(rng, 2).tolist()
    login = np.r_[0.0, np.sort(rng.uniform(0.01, INFECTION - 2.0, 20))]
    said = rng.integers(67, 120, len(login))
    load = INFECTION - 1.5 + np.cumsum(rng.exponential(0.012, 42))
    return [
        *_conversation(
            login, "infection", net.BOT, 23, net.COMMANDER, port, said, 4e-4
        ),
        *_conversation(
            load,
            "infection",
            net.COMMANDER,
            80,
            net.BOT,
            more,
            np.full(len(load), 1514),
            2e-3,
        ),
    ]


def _command(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    """The session that stays open: 1.2 frames a second, in clusters."""
    n = int(span * 1.6) + 50
    # gaps: a tenth below 4 ms, median 11 ms, a tenth above 1.3 s
    short = 3e-3 + rng.exponential(9e-3, n)
    long = rng.lognormal(-0.9, 1.6, n)
    gaps = np.where(rng.random(n) < 0.68, short, long)
    times = INFECTION + np.cumsum(gaps * (0.84 / gaps.mean()))
    times = times[times < span]
    lengths = [67, 68, 70, 72, 84, 130, 134, 140, 154, 245]
    shares = [0.26, 0.14, 0.09, 0.11, 0.12, 0.06, 0.1, 0.04, 0.03, 0.05]
    said = rng.choice(lengths, len(times), p=shares)
    port = int(fresh_ports(rng, 1)[0])
    return _conversation(
        times, "command", net.BOT, 23, net.COMMANDER, port, said, 4.5e-4
    )


def _sweep(rng: np.random.Generator, span: float, active: np.ndarray) -> np.ndarray:
    """ARP requests for one address after the other, the whole subnet every second."""
    live = [101, 103, 104, 105, 108, 109, 110, 111, 112, 113, 115, 118, 126, 196]
    targets = np.setdiff1d(np.arange(2, 255), live)
    starts = ticks(rng, span, 1.035, 0.022)
    starts = starts[during(starts, active)]
    # 204 to 236 requests per burst, 222 in the mean: the others are still pending.
    asked = rng.random((len(starts), len(targets))) < rng.choice(
        [1.0, 0.98, 0.86], (len(starts), 1), p=[0.3, 0.25, 0.45]
    )
    # gaps: least 1.1 ms, median 1.25 ms, a tenth above 3.1 ms, mean 1.85 ms
    gaps = 1.12e-3 + rng.exponential(1e-4, asked.shape)
    held = rng.random(asked.shape) < 0.19
    gaps += held * (9e-4 + rng.exponential(1.9e-3, asked.shape))
    times = starts[:, None] + np.cumsum(gaps, axis=1)
    address = np.broadcast_to(targets, asked.shape)
    nobody = Host(net.BROADCAST_MAC, net.SUBNET + address[asked])
    return frames(times[asked], "arp_sweep", net.BOT, nobody, ARP, 60)


def _local_scan(
    rng: np.random.Generator, span: float, active: np.ndarray
) -> list[np.ndarray]:
    """SYN to the hosts that answer; a tenth of the tries goes to port 2323."""
    rounds = ticks(rng, span, 1.75, 0.55)
    rounds = rounds[during(rounds, active)]
    # One source port for each stretch of scanning.
    own = 1024 + np.searchsorted(active[:, 0], rounds) * 7919 % 60_000
    parts = []
    for k, host in enumerate(net.ANSWERING):
        times = rounds + 1.3e-6 * k + rng.exponential(2e-5, len(rounds))
        port = np.where(rng.random(len(rounds)) < 0.1, 2323, 23)
        ports = (own, port)
        parts.append(frames(times, "telnet_scan", net.BOT, host, TCP, 60, ports))
        # The minicomputer's frames were captured before they were padded.
        length = 54 if host is net.MINICOMPUTER else 60
        late = 2e-4 + rng.exponential(2.5e-4, len(rounds))
        parts.append(
            frames(times + late, "telnet_scan", host, net.BOT, TCP, length, ports[::-1])
        )
        if host is net.SET_TOP_BOX:  # an open port: the bot resets the connection
            times = times + late + rng.exponential(0.01, len(rounds))
            parts.append(frames(times, "telnet_scan", net.BOT, host, TCP, 60, ports))
    return parts


def _guessing(
    rng: np.random.Generator, span: float, active: np.ndarray
) -> list[np.ndarray]:
    """Passwords tried where the port is open: a dozen frames every 25 s."""
    starts = ticks(rng, span, 12.5, 4.0)
    starts = starts[during(starts, active)]
    times = starts[:, None] + np.cumsum(rng.exponential(0.05, (len(starts), 4)), 1)
    said = rng.choice([66, 67, 68, 70], times.size)
    ports = np.repeat(fresh_ports(rng, len(starts)), 4)
    there = (ports, 23)
    host, flat = net.SET_TOP_BOX, times.ravel()
    return [
        frames(flat, "telnet_scan", net.BOT, host, TCP, said, there),
        frames(flat + 3e-4, "telnet_scan", host, net.BOT, TCP, 66, there[::-1]),
    ]


def _public_scan(rng: np.random.Generator, span: float) -> np.ndarray:
    """SYN to random public addresses, from a third of the span on."""
    times = arrivals(rng, span, 2.0)
    times = times[times > max(span / 3, 2 * INFECTION)]
    address = rng.integers(1 << 24, 224 << 24, len(times))
    first = address >> 24
    spared = np.isin(first, (*_SPARED, 100, 169, 172, 192, 198, 203, 214, 215))
    address, times = address[~spared], times[~spared]
    port = np.where(rng.random(len(times)) < 0.1, 2323, 23)
    ports = (int(fresh_ports(rng, 1)[0]), port)
    return frames(times, "telnet_scan", net.BOT, net.remote(address), TCP, 60, ports)
