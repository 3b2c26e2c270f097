"""What a network says about itself: ARP, switch, router, discovery, time, pings.

Every number was read from 38,363 benign packets (23 minutes) of the capture behind the
published table, as a rate, a period or a frame length.
"""

import numpy as np

from skmirai.datasets._traffic import _network as net
from skmirai.datasets._traffic._devices import fresh_ports
from skmirai.datasets._traffic._events import frames
from skmirai.datasets._traffic._network import Host
from skmirai.datasets._traffic._timing import (
    arrivals,
    during,
    patient,
    program,
    ticks,
    visits,
)
from skmirai.packets import ARP, ICMP, ICMPV6, OTHER, UDP


def background_traffic(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    """Packets that no service asked for.

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
    return [
        *_arp(rng, span),
        *_pings(rng, span),
        *_link_layer(rng, span),
        *_discovery(rng, span),
        *_visitors(rng, span),
    ]


def _arp(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    """Devices and gateway look for each other when an entry expires."""
    parts = []
    for device, peer, mean in (
        *((d, net.GATEWAY, 18.8) for d in (net.MONITOR, net.CAMERA_2, net.CAMERA_5)),
        *((d, net.GATEWAY, 20.0) for d in (net.CAMERA_4, net.CAMERA_3, net.WEBCAM)),
        *((d, net.GATEWAY, 40.0) for d in (net.PLUG_1, net.PLUG_2, net.CAMERA_1)),
        *((d, net.GATEWAY, 60.0) for d in (net.DOORBELL, net.LAMP, net.THERMOSTAT)),
        (net.DESKTOP, net.CAMERA_4, 15.4),
    ):
        times = patient(rng, span, 5.0, mean)
        turn = rng.random(len(times)) < 0.5
        for asks, answers, mine in ((device, peer, turn), (peer, device, ~turn)):
            asked = times[mine]
            parts.append(frames(asked, "arp", asks, answers, ARP, 60))
            answered = asked + 2.5e-4 + rng.exponential(8e-5, len(asked))
            parts.append(frames(answered, "arp", answers, asks, ARP, 60))
    # Two cameras look for a recorder that is not there, some minutes at a time.
    for camera in (net.CAMERA_4, net.CAMERA_5):
        looking = visits(rng, span, 280.0, 1200.0)
        times = ticks(rng, span, 1.0, 0.006)
        nobody = net.ABSENT._replace(mac=net.BROADCAST_MAC)
        parts.append(
            frames(times[during(times, looking)], "arp", camera, nobody, ARP, 60)
        )
    return parts


def _pings(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    parts = []
    for asks, answers, length, times in (
        (net.DESKTOP, net.CAMERA_4, 74, ticks(rng, span, 1.0138, 0.005)),
        (
            net.CAMERA_2,
            net.GATEWAY,
            98,
            program(rng, ticks(rng, span, 180.0, 1.0), np.arange(10.0), 0.001).ravel(),
        ),
        (net.CAMERA_3, net.GATEWAY, 98, ticks(rng, span, 30.3, 3.0)),
    ):
        parts.append(frames(times, "ping", asks, answers, ICMP, length))
        # median 2.8 ms, a tenth above 14 ms: cameras have better things to do
        slow = rng.lognormal(0.25, 1.4, len(times)) * 1e-3
        delay = 4e-4 if answers is net.GATEWAY else 1.6e-3 + slow
        parts.append(frames(times + delay, "ping", answers, asks, ICMP, length))
    return parts


def _link_layer(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    """Spanning tree, loop detection and neighbours of a switch; IPv6 router."""
    parts = []
    for period, jitter, destination, length in (
        (2.0, 7e-4, net.BRIDGES, 60),
        (10.0, 0.01, net.SWITCH, 60),
        (60.0, 0.01, net.NEIGHBOURS, 384),
    ):
        times = ticks(rng, span, period, jitter)
        parts.append(frames(times, "switch", net.SWITCH, destination, OTHER, length))
    for length, times in (
        (86, ticks(rng, span, 8.0, 0.01)),
        (110, patient(rng, span, 3.0, 42.0)),
    ):
        parts.append(frames(times, "router", net.ROUTER, net.ALL_NODES, ICMPV6, length))
    return parts


def _discovery(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    """SSDP and NetBIOS to whom it may concern."""
    parts = []
    starts = ticks(rng, span, 30.0, 0.02)
    for k, length in enumerate((429, 469, 471)):
        times = starts + k * 1e-3
        ports = (1215, 1900)
        parts.append(
            frames(times, "discovery", net.MONITOR, net.SSDP_GROUP, UDP, length, ports)
        )
    # The gateway: three times 11 notices, a second apart, every 15 minutes.
    steps = (np.arange(3)[:, None] * 1.006 + np.arange(11) * 5e-4).ravel()
    lengths = np.tile([333, 342, 356, 360, 368, 372, 374, 380, 380, 382, 388], 3)
    times = program(rng, ticks(rng, span, 900.0, 1.0), steps)
    port = int(fresh_ports(rng, 1)[0])
    parts.append(
        frames(
            times.ravel(),
            "discovery",
            net.GATEWAY,
            net.SSDP_GROUP,
            UDP,
            np.tile(lengths, len(times)),
            (port, 1900),
        )
    )
    times = arrivals(rng, span, 1 / 470)
    everyone = Host(net.BROADCAST_MAC, net.SUBNET + 255)
    parts.append(
        frames(times, "discovery", net.DESKTOP, everyone, UDP, 243, (138, 138))
    )
    times = arrivals(rng, span, 1 / 600)
    parts.append(
        frames(
            times, "discovery", net.SET_TOP_BOX, net.MDNS_GROUP, UDP, 87, (5353, 5353)
        )
    )
    return parts


def _visitors(rng: np.random.Generator, span: float) -> list[np.ndarray]:
    """Addresses and the time, for devices that arrive; a camera's clock is unset."""
    parts = [
        frames(
            ticks(rng, span, 64.0, 0.05),
            "dhcp",
            net.GATEWAY,
            net.BROADCAST,
            UDP,
            362,
            (67, 68),
        )
    ]
    for device, length in ((net.PLUG_1, 590), (net.LAMP, 342), (net.PHONE, 334)):
        arrived = visits(rng, span, 60.0, 1500.0)[:, 0]
        arrived = arrived[arrived >= 0]
        asked = program(rng, arrived, (0.0, 0.95), 0.01).ravel()
        for times, source, size, ports in (
            (asked, device._replace(low=net.NOBODY), length, (68, 67)),
            (asked + 0.04, net.GATEWAY, 350, (67, 68)),
        ):
            parts.append(frames(times, "dhcp", source, net.BROADCAST, UDP, size, ports))
        if device is net.PHONE:
            for k, server in enumerate(net.TIME_SERVERS):
                times = arrived + 2.0 + 2.004 * k
                parts.append(frames(times, "ntp", device, server, UDP, 90, (123, 123)))
    rounds = ticks(rng, span, 128.0, 2.0)
    steps = program(rng, rounds, (0.0, 2.0, 4.0, 6.0), 0.01).ravel()
    addresses = np.array([server.low for server in net.TIME_SERVERS])
    one_of = net.remote(np.repeat(addresses[np.arange(len(rounds)) % 12], 4))
    parts.append(frames(steps, "ntp", net.CAMERA_2, one_of, UDP, 90, (123, 123)))
    return parts
