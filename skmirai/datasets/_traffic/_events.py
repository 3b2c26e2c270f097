"""Packets while they are made: what was sent, when, and what made it."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from skmirai.datasets._traffic._network import Host
from skmirai.packets import PACKET

#: What makes packets without malice, and what belongs to the attack.
BENIGN_KINDS = (
    "heartbeat",
    "connect",
    "dns",
    "ping",
    "unreachable",
    "arp",
    "switch",
    "router",
    "discovery",
    "dhcp",
    "ntp",
    "video",
    "browsing",
)
ATTACK_KINDS = (
    "infection",
    "command",
    "arp_sweep",
    "telnet_scan",
    "udp_flood",
    "syn_flood",
    "ack_flood",
)
KINDS = BENIGN_KINDS + ATTACK_KINDS

#: A packet, its place in KINDS, and whether it belongs to the attack. While packets
#: are made, their time counts seconds from the start.
EVENT = np.dtype([("packet", PACKET), ("kind", np.uint8), ("malicious", np.bool_)])


def frames(
    times: np.ndarray,
    kind: str,
    source: Host,
    destination: Host,
    protocol: int,
    length: Any,
    ports: tuple[Any, Any] = (-1, -1),
) -> np.ndarray:
    """Packets from one host to another.

    Parameters
    ----------
    times : ndarray of shape (n,), in seconds
        When they are sent.
    kind : str
        One of KINDS; those of ATTACK_KINDS are malicious.
    source, destination : Host
        The ends; their numbers may be arrays of shape (n,).
    protocol : int
        Place in PROTOCOLS.
    length : int or ndarray of shape (n,)
        Bytes of the frames.
    ports : pair of int or ndarray, default=(-1, -1)
        Of source and destination.

    Returns
    -------
    ndarray of dtype EVENT, shape (n,)
        In the order given.
    """
    events = np.zeros(len(times), EVENT)
    packet = events["packet"]
    packet["time"], packet["length"], packet["protocol"] = times, length, protocol
    for name, end, port in (
        ("source", source, ports[0]),
        ("destination", destination, ports[1]),
    ):
        packet[f"{name}_mac"] = end.mac
        packet[f"{name}_low"], packet[f"{name}_high"] = end.low, end.high
        packet[f"{name}_port"] = port
    packet["family"] = source.family
    events["kind"] = KINDS.index(kind)
    events["malicious"] = kind in ATTACK_KINDS
    return events


def in_order(parts: Iterable[np.ndarray]) -> np.ndarray:
    """Join packets and sort them by time, which becomes whole microseconds.

    Parameters
    ----------
    parts : iterable of ndarray of dtype EVENT
        Times in seconds from 0 on; at equal times an earlier part comes first.

    Returns
    -------
    ndarray of dtype EVENT
        Times in microseconds.
    """
    events = np.concatenate([np.empty(0, EVENT), *parts])
    micros = np.rint(events["packet"]["time"] * 1e6)
    order = np.argsort(micros, kind="stable")
    events = events[order]
    events["packet"]["time"] = micros[order]
    return events


def merge(*tables: np.ndarray) -> np.ndarray:
    """Join sorted tables; at equal times an earlier table comes first.

    Parameters
    ----------
    *tables : ndarray of dtype EVENT
        Times in one unit.

    Returns
    -------
    ndarray of dtype EVENT
        Sorted.
    """
    events = np.concatenate(tables)
    return events[np.argsort(events["packet"]["time"], kind="stable")]
