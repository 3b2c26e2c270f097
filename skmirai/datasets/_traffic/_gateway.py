"""The gateway's answer to packets that it cannot deliver."""

import numpy as np

from skmirai.datasets._traffic import _network as net
from skmirai.datasets._traffic._events import frames
from skmirai.datasets._traffic._network import Host
from skmirai.packets import ICMP, TCP

#: Linux lets one message a second go to a host, and saves up to six.
_PERIOD, _SAVED = 1e6, 6e6  # microseconds

_ETHERNET, _QUOTED, _LARGEST = 14, 28, 590


def unreachable(events: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """ICMP messages to the senders of packets that leave the network.

    The gateway of the recording sent them at 0.6 to 1.0 per second to each camera,
    however many packets it dropped.

    Parameters
    ----------
    events : ndarray of dtype EVENT
        Sorted, times in microseconds.
    rng : Generator
        Source of randomness.

    Returns
    -------
    ndarray of dtype EVENT
        Not sorted. A message belongs to the attack where the packet it quotes does.
    """
    packet = events["packet"]
    leaving = (
        (packet["destination_mac"] == net.GATEWAY.mac)
        & (packet["family"] == 4)
        & ~net.is_local(packet["destination_low"])
    )
    events = events[leaving]
    packet = events["packet"]
    answered = np.zeros(len(events), bool)
    for address in np.unique(packet["source_low"]):
        own = np.flatnonzero(packet["source_low"] == address)
        answered[own] = _limited(packet["time"][own])
    cause = events[answered]
    packet = cause["packet"]
    # The message quotes the IP packet; short frames were padded to 60 bytes.
    inner = np.where(
        packet["length"] > 60,
        packet["length"] - _ETHERNET,
        np.where(packet["protocol"] == TCP, 44, 32),
    )
    length = np.minimum(_ETHERNET + _QUOTED + inner, _LARGEST)
    device = Host(packet["source_mac"], packet["source_low"])
    delay = np.rint(190 + rng.exponential(70, len(cause)))  # 0.25 ms
    out = frames(
        packet["time"] + delay, "unreachable", net.GATEWAY, device, ICMP, length
    )
    out["malicious"] = cause["malicious"]
    return out


def _limited(times: np.ndarray) -> np.ndarray:
    """Which messages a bucket of tokens lets through; each depends on those before."""
    passed = np.zeros(len(times), bool)
    saved, last = _SAVED, float(times[0]) if len(times) else 0.0
    for k, time in enumerate(times.tolist()):
        saved = min(saved + time - last, _SAVED)
        last = time
        if saved >= _PERIOD:
            saved -= _PERIOD
            passed[k] = True
    return passed
