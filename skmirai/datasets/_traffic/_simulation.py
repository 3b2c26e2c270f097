"""Benign traffic, an onset, and what follows it, cut to a number of packets."""

import numpy as np

from skmirai.datasets._traffic import _network as net
from skmirai.datasets._traffic._attack import attack_traffic, flood_traffic
from skmirai.datasets._traffic._background import background_traffic
from skmirai.datasets._traffic._devices import device_traffic
from skmirai.datasets._traffic._events import EVENT, KINDS, in_order, merge
from skmirai.datasets._traffic._gateway import unreachable
from skmirai.datasets._traffic._media import media_traffic

#: Unix seconds of the start, October 2018 as in the recording.
START = 1_540_000_000

#: Packets per second that are counted on when a span is chosen, on the safe side: the
#: recording has 27 benign ones and, in the attack, 196 in all.
_BENIGN_RATE, _ATTACK_RATE = 24.0, 130.0

#: The busy bot answers pings late, half of them by 0.16 s in the mean.
_BUSY_SHARE, _BUSY_DELAY = 0.5, 0.16


def simulate(
    n_benign: int, n_attack: int, flood_fraction: float, media: bool, seed: int
) -> np.ndarray:
    """Packets before the onset, then packets from it on.

    Parameters
    ----------
    n_benign : int
        Packets before the onset.
    n_attack : int
        Packets from the onset on, those without malice included.
    flood_fraction : float in [0, 1]
        Share of n_attack that belongs to floods.
    media : bool
        Whether there is video and browsing.
    seed : int
        Seed of all draws.

    Returns
    -------
    ndarray of dtype EVENT, shape (n_benign + n_attack,)
        Sorted; times in Unix seconds, of whole microseconds.
    """
    n_flood = round(flood_fraction * n_attack)
    n_rest = n_attack - n_flood
    span = n_benign / _BENIGN_RATE + n_rest / _ATTACK_RATE + 120.0
    while True:
        events = _try(n_benign, n_rest, n_flood, media, seed, span)
        if len(events) == n_benign + n_attack:
            break
        span *= 1.5  # fewer packets than usual, by chance
    micros = events["packet"]["time"]
    # As readers of captures compute it: seconds, and parts of a second.
    events["packet"]["time"] = START + micros // 1e6 + micros % 1e6 / 1e6
    return events


def _try(
    n_benign: int, n_rest: int, n_flood: int, media: bool, seed: int, span: float
) -> np.ndarray:
    """All packets, or fewer if the span was too short; times in microseconds."""
    benign_rng, attack_rng, flood_rng = (
        np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3)
    )
    events = in_order(
        [*device_traffic(benign_rng, span), *background_traffic(benign_rng, span)]
    )
    events = merge(events, unreachable(events, benign_rng))
    if media:
        events = merge(events, in_order(media_traffic(benign_rng, span)))
    if not n_rest + n_flood or len(events) <= n_benign:
        return events[:n_benign]
    before, after = events[:n_benign], events[n_benign:]
    onset = _onset(before, after)
    left = span - onset / 1e6
    # The gateway counts its messages about the attack apart from those about benign
    # packets, so that what comes before the onset does not depend on what follows.
    attack = in_order(attack_traffic(attack_rng, left))
    attack = merge(attack, unreachable(attack, attack_rng))
    after = _delay_pings(after, attack_rng)
    # The attack's packets come first at equal times, so that one marks the onset.
    rest = merge(_shift(attack, onset), after)[:n_rest]
    if n_flood:
        lasted = (rest["packet"]["time"][-1] - onset) / 1e6 if len(rest) else 60.0
        flood = in_order(flood_traffic(flood_rng, lasted, n_flood))
        flood = merge(flood, unreachable(flood, flood_rng))
        rest = merge(rest, _shift(flood, onset))
    return np.concatenate((before, rest[: n_rest + n_flood]))


def _onset(before: np.ndarray, after: np.ndarray) -> float:
    """A whole microsecond between the two, or that of the packet before."""
    if not len(before):
        return 0.0
    last, following = before["packet"]["time"][-1], after["packet"]["time"][0]
    return float((last + following) // 2)


def _shift(events: np.ndarray, onset: float) -> np.ndarray:
    events["packet"]["time"] += onset
    return events


def _delay_pings(after: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Let the bot answer its pings late: by 0.2 s in a tenth of the cases."""
    events = after.copy()
    packet = events["packet"]
    late = (events["kind"] == KINDS.index("ping")) & (
        packet["source_mac"] == net.BOT.mac
    )
    late &= rng.random(len(events)) < _BUSY_SHARE
    delay = np.rint(rng.exponential(_BUSY_DELAY * 1e6, late.sum()))
    times = packet["time"]
    times[late] += delay
    return merge(np.empty(0, EVENT), events)
