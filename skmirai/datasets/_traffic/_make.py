"""The Mirai table that needs no network: simulated packets, real features."""

from numbers import Integral, Real
from typing import Any, Literal

import numpy as np

from skmirai.datasets._bunch import make_bunch
from skmirai.datasets._table import KITSUNE_MIRAI_CLASS_COUNTS, KITSUNE_MIRAI_SHAPE
from skmirai.datasets._traffic._descr import DESCR
from skmirai.datasets._traffic._events import KINDS
from skmirai.datasets._traffic._make_packets import make_mirai_packets
from skmirai.feature_extraction import FEATURE_NAMES, AfterImageExtractor
from skmirai.packets import PacketTable
from skmirai.utils._sklearn import Interval, StrOptions, validate_params

#: Packets per call of the extractor: what it returns is copied beside the counter.
_BLOCK = 65_536


@validate_params(
    {
        "n_packets": [Interval(Integral, 1, None, closed="left")],
        "attack_fraction": [Interval(Real, 0, 1, closed="both")],
        "flood_fraction": [Interval(Real, 0, 1, closed="both")],
        "media": ["boolean"],
        "clock": [StrOptions({"epoch", "relative"})],
        "random_state": ["random_state"],
        "drop_index": ["boolean"],
        "return_packets": ["boolean"],
        "as_frame": ["boolean"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_mirai_traffic(
    n_packets: int = 100_000,
    *,
    attack_fraction: float = KITSUNE_MIRAI_CLASS_COUNTS[1] / KITSUNE_MIRAI_SHAPE[0],
    flood_fraction: float = 0.1,
    media: bool = False,
    clock: Literal["epoch", "relative"] = "epoch",
    random_state: int | np.random.RandomState | None = None,
    drop_index: bool = False,
    return_packets: bool = False,
    as_frame: bool = False,
    return_X_y: bool = False,
) -> Any:  # a Bunch, or a pair if return_X_y
    """Simulate a network in which Mirai breaks out, and make its table of features.

    The packets are those of a small network of cameras and other devices, of which
    one is infected. Rates, frame lengths, protocols and gaps were set by packets of
    the capture behind the published table; no packet of it is used. The features are
    made from them as from any capture, by :class:`AfterImageExtractor`. The table has
    the columns, the order and the rule of labels of the published one, see
    :func:`load_kitsune_mirai`.

    Parameters
    ----------
    n_packets : int, default=100_000
        Rows. The published table has 764,137.
    attack_fraction : float, default=642_516 / 764_137
        Share of the packets from the onset of the attack on, in [0, 1]. The number is
        rounded, so that 764,137 packets have the published 121,621 zeros and 642,516
        ones.
    flood_fraction : float, default=0.1
        Share of the packets from the onset on that belong to three floods, in [0, 1].
        The packets that were studied show none. 1 leaves no rows to other
        traffic, but for the gateway's answers to the floods.
    media : bool, default=False
        Whether two cameras also stream video, and a person browses. The recorded
        network, which had no way to the internet, had neither.
    clock : {"epoch", "relative"}, default="epoch"
        The gap before the first packet of a channel, see :class:`AfterImageExtractor`.
        "epoch" is that of the published table, and leaks the age of a channel.
    random_state : int, RandomState instance or None, default=None
        An int gives the same table each time. None draws afresh and leaves NumPy's
        global state alone.
    drop_index : bool, default=False
        Whether to leave out the row counter, which gives the label away.
    return_packets : bool, default=False
        Whether to return the packets as well.
    as_frame : bool, default=False
        Whether data and labels are pandas objects; `frame` then holds both.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` only.

    Returns
    -------
    bunch : Bunch
        With the entries

        - data : float64 of shape (n_packets, 116 or 115), ndarray or DataFrame
        - target : int64 of shape (n_packets,), 0 before the onset and 1 from it on,
          whatever the packet is; ndarray or Series
        - y_true : int64 of shape (n_packets,), 1 for packets that belong to the
          attack: all of them come from or go to the infected device; ndarray or Series
        - kind : str of shape (n_packets,), what made the packet; ndarray, or Series
          of categories
        - packets : PacketTable where `return_packets`, else None
        - frame : DataFrame of data and target where `as_frame`, else None
        - feature_names : list of str, the first of 116 is "counter"
        - target_names, kind_names : list of str
        - infected : str, address of the infected device
        - DESCR : str

    (data, target) : tuple
        If `return_X_y`.

    See Also
    --------
    make_mirai_packets : The packets alone.
    load_kitsune_mirai : The published table, from files.
    skmirai.feature_extraction.AfterImageExtractor : Makes the features.

    Notes
    -----
    By the published rule of labels about an eighth of the ones is benign traffic
    like that before the onset: no look at a packet alone can tell them apart. The
    entry ``DESCR`` says what scores this allows, and which columns give the label
    away.

    Examples
    --------
    >>> from skmirai.datasets import make_mirai_traffic
    >>> bunch = make_mirai_traffic(2_000, random_state=0)
    >>> bunch.data.shape, bunch.target.sum()
    ((2000, 116), np.int64(1682))
    >>> bool((bunch.y_true <= bunch.target).all())
    True
    """
    made = make_mirai_packets(
        n_packets,
        attack_fraction=attack_fraction,
        flood_fraction=flood_fraction,
        media=media,
        random_state=random_state,
    )
    packets = made.packets
    y_true: Any = made.y_true
    kinds: Any = made.kind
    data = _table(packets, clock, counter=not drop_index)
    if as_frame and not return_X_y:
        import pandas as pd

        y_true = pd.Series(y_true, name="y_true")
        kinds = pd.Series(pd.Categorical(kinds, pd.Index(KINDS)), name="kind")
    return make_bunch(
        data,
        made.target,
        ["counter", *FEATURE_NAMES][int(drop_index) :],
        as_frame=as_frame,
        return_X_y=return_X_y,
        target_names=made.target_names,
        y_true=y_true,
        kind=kinds,
        kind_names=made.kind_names,
        infected=made.infected,
        packets=packets if return_packets else None,
        DESCR=DESCR,
    )


def _table(packets: PacketTable, clock: str, *, counter: bool) -> np.ndarray:
    """Features of all packets, in one table; the counter is its first column."""
    first = int(counter)
    data = np.empty((len(packets), first + len(FEATURE_NAMES)))
    extractor = AfterImageExtractor(clock=clock, verbose=False)
    for start in range(0, len(packets), _BLOCK):
        part = slice(start, start + _BLOCK)
        data[part, first:] = np.asarray(extractor.partial_transform(packets[part]))
    if counter:
        data[:, 0] = np.arange(len(packets))
    return data
