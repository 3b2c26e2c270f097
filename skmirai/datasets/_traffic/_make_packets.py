"""Simulated packets of a network in which Mirai breaks out."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skmirai.datasets._table import (
    KITSUNE_MIRAI_CLASS_COUNTS,
    KITSUNE_MIRAI_SHAPE,
    TARGET_NAMES,
)
from skmirai.datasets._traffic._descr import DESCR
from skmirai.datasets._traffic._events import KINDS
from skmirai.datasets._traffic._network import BOT
from skmirai.datasets._traffic._simulation import simulate
from skmirai.packets import PacketTable, ints_to_address
from skmirai.utils._sklearn import Interval, validate_params


@validate_params(
    {
        "n_packets": [Interval(Integral, 1, None, closed="left")],
        "attack_fraction": [Interval(Real, 0, 1, closed="both")],
        "flood_fraction": [Interval(Real, 0, 1, closed="both")],
        "media": ["boolean"],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_mirai_packets(
    n_packets: int = 100_000,
    *,
    attack_fraction: float = KITSUNE_MIRAI_CLASS_COUNTS[1] / KITSUNE_MIRAI_SHAPE[0],
    flood_fraction: float = 0.1,
    media: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Simulate the packets of a network in which Mirai breaks out.

    They are those that :func:`make_mirai_traffic` makes its table of.

    Parameters
    ----------
    n_packets : int, default=100_000
        Number of packets.
    attack_fraction : float, default=642_516 / 764_137
        Share of the packets from the onset of the attack on, in [0, 1].
    flood_fraction : float, default=0.1
        Share of the packets from the onset on that belong to three floods, in [0, 1].
    media : bool, default=False
        Whether two cameras also stream video, and a person browses.
    random_state : int, RandomState instance or None, default=None
        An int gives the same packets each time. None draws afresh and leaves NumPy's
        global state alone.

    Returns
    -------
    Bunch
        With the entries

        - packets : PacketTable of n_packets packets, in the order of time
        - target : int64 of shape (n_packets,), 0 before the onset and 1 from it on,
          whatever the packet is
        - y_true : int64 of shape (n_packets,), 1 for packets that belong to the attack
        - kind : str of shape (n_packets,), what made the packet
        - target_names, kind_names : list of str
        - infected : str, address of the infected device
        - DESCR : str

    See Also
    --------
    make_mirai_traffic : Their features, as a table.
    skmirai.packets.write_pcap : Writes the packets as a capture.

    Examples
    --------
    >>> from skmirai.datasets import make_mirai_packets
    >>> made = make_mirai_packets(2_000, random_state=0)
    >>> len(made.packets), made.target.sum(), str(made.kind[0])
    (2000, np.int64(1682), 'dns')
    """
    n_attack = round(attack_fraction * n_packets)
    events = simulate(
        n_packets - n_attack,
        n_attack,
        float(flood_fraction),
        media,
        _seed(random_state),
    )
    return Bunch(
        packets=PacketTable(np.ascontiguousarray(events["packet"])),
        target=np.repeat([0, 1], [n_packets - n_attack, n_attack]),
        y_true=events["malicious"].astype(np.int64),
        kind=np.array(KINDS)[events["kind"]],
        target_names=list(TARGET_NAMES),
        kind_names=list(KINDS),
        infected=ints_to_address(4, 0, BOT.low),
        DESCR=DESCR,
    )


def _seed(random_state: int | np.random.RandomState | None) -> int:
    """One number from what scikit-learn takes as a source of randomness."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))
