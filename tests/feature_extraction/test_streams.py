"""Streams are told apart by their keys; the one seen longest ago is forgotten."""

from collections import OrderedDict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmirai.feature_extraction import (
    FEATURE_NAMES,
    AfterImageExtractor,
    PacketTable,
    read_packets,
)
from skmirai.feature_extraction._keys import stream_keys
from skmirai.packets import PACKET


def packets(rows, **common):
    columns = ["source_mac", "source", "source_port", "destination", "destination_port"]
    frame = pd.DataFrame(rows, columns=columns).assign(
        time=np.arange(len(rows)) * 0.1, length=60, destination_mac="ff:ff:ff:ff:ff:ff"
    )
    return read_packets(frame.assign(**({"protocol": "tcp"} | common)))


def n_streams(table, block):
    """Different keys of a block, both directions of a channel being one."""
    keys = stream_keys(table.records)[block]
    if block in ("MI_dir", "H"):
        return len(np.unique(keys, axis=0))
    half = (keys.shape[1] - 1) // 2
    swapped = np.column_stack((keys[:, 0], keys[:, 1 + half :], keys[:, 1 : 1 + half]))
    return len({min(tuple(a), tuple(b)) for a, b in zip(keys, swapped, strict=True)})


MAC, OTHER_MAC = "4c:09:d4:c6:12:7b", "5c:cf:7f:05:f2:c6"


@pytest.mark.parametrize(
    ("rows", "common", "expected"),
    [
        # Joined without a separator, these sockets would be one.
        ([(MAC, "10.0.0.1", 180, "10.0.0.2", 80),
          (MAC, "10.0.0.11", 80, "10.0.0.2", 80)],
         {}, (2, 2, 2, 2)),
        # A host behind two MACs, and its answer.
        ([(MAC, "10.0.0.1", 1, "10.0.0.2", 80),
          (OTHER_MAC, "10.0.0.1", 1, "10.0.0.2", 80),
          (MAC, "10.0.0.2", 80, "10.0.0.1", 1)], {}, (3, 2, 1, 1)),
        # TCP and UDP ports of one number are one socket.
        ([(MAC, "10.0.0.1", 1, "10.0.0.2", 53)] * 2, {"protocol": ["tcp", "udp"]},
         (1, 1, 1, 1)),
        # ICMP is one port, whatever is quoted; no port is another.
        ([(MAC, "10.0.0.1", 1, "10.0.0.2", 53), (MAC, "10.0.0.1", 2, "10.0.0.2", 54),
          (MAC, "10.0.0.1", -1, "10.0.0.2", -1)],
         {"protocol": ["icmp", "icmp", "other"]}, (1, 1, 1, 2)),
        # The sockets of ARP are its MACs: a sweep is one pair of them.
        ([(MAC, "10.0.0.1", -1, f"10.0.0.{k}", -1) for k in range(2, 9)],
         {"protocol": "arp"}, (1, 1, 7, 1)),
        # Frames without a network layer, and ARP between the same MACs.
        ([(MAC, None, -1, None, -1), (MAC, "10.0.0.1", -1, "10.0.0.2", -1)],
         {"protocol": ["other", "arp"]}, (2, 2, 2, 1)),
        # An IPv4 address is not the IPv6 address of the same number.
        ([(MAC, "0.0.0.1", 1, "0.0.0.2", 1), (MAC, "::1", 1, "::2", 1)], {},
         (2, 2, 2, 2)),
    ],
)  # fmt: skip
def test_what_makes_a_stream(rows, common, expected):
    table = packets(rows, **common)
    blocks = ("MI_dir", "H", "HH", "HpHp")
    assert tuple(n_streams(table, block) for block in blocks) == expected
    # As many streams begin in the features.
    X = AfterImageExtractor().set_output(transform="pandas").transform(table)
    for block, number in zip(blocks[:2], expected, strict=False):
        assert (X[f"{block}_L0.01_weight"] == 1).sum() == number


def columns_of(block):
    names = [n.startswith(f"{block}_L") for n in FEATURE_NAMES]
    if block == "HH":
        names = [n.startswith(("HH_L", "HH_jit_L")) for n in FEATURE_NAMES]
    return np.flatnonzero(names)


def lives(keys, limit):
    """Number of the life of each packet's stream, and of the streams forgotten."""
    tracked, found, n_evicted = OrderedDict(), [], 0
    for number, key in enumerate(keys):
        if key in tracked:
            tracked.move_to_end(key)
        else:
            if len(tracked) == limit:
                tracked.popitem(last=False)
                n_evicted += 1
            tracked[key] = number
        found.append(tracked[key])
    return np.array(found, np.uint64), n_evicted


@given(
    ends=st.lists(
        st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=120
    ),
    limit=st.integers(1, 6),
    block=st.sampled_from(["MI_dir", "H", "HH", "HpHp"]),
)
def test_a_forgotten_stream_begins_anew(ends, limit, block):
    records = np.zeros(len(ends), PACKET)
    source, destination = np.array(ends).T
    records["source_low"], records["destination_low"] = source, destination
    records["time"] = np.arange(len(ends)) * 0.3
    records["length"] = 60 + 7 * np.arange(len(ends)) % 50
    records["family"], records["protocol"] = 4, 1
    extractor = AfterImageExtractor(max_streams=limit)
    X = extractor.transform(PacketTable(records))
    keys = list(source) if block in ("MI_dir", "H") else map(tuple, np.sort(ends, 1))
    life, n_evicted = lives(list(keys), limit)
    # The same packets, where each life of a stream has addresses of its own.
    for name in ("source_high", "destination_high"):
        records[name] = life + np.uint64(1)
    expected = AfterImageExtractor().transform(PacketTable(records))
    columns = columns_of(block)
    np.testing.assert_array_equal(X[:, columns], expected[:, columns])
    assert extractor.n_evicted_[block] == n_evicted


def test_a_limit_that_is_not_reached_changes_nothing():
    rng = np.random.default_rng(0)
    records = np.zeros(20_000, PACKET)
    records["source_low"], records["destination_low"] = rng.integers(
        0, 3000, (2, 20_000)
    )
    records["time"] = np.cumsum(rng.exponential(0.1, len(records)))
    records["length"] = rng.integers(60, 1514, len(records))
    table = PacketTable(records)
    X = AfterImageExtractor().transform(table)
    bounded = AfterImageExtractor(max_streams=20_000)
    np.testing.assert_array_equal(bounded.transform(table), X)
    assert set(bounded.n_evicted_.values()) == {0}


def test_a_lowered_limit_forgets_the_oldest():
    rows = [(MAC, f"10.0.0.{k}", 1, "10.1.1.1", 2) for k in range(9)]
    extractor = AfterImageExtractor()
    extractor.partial_transform(packets(rows))
    extractor.set_params(max_streams=4)
    again = extractor.partial_transform(packets(rows[::-1][:5]))
    weights = again[:, FEATURE_NAMES.index("H_L0.01_weight")]
    assert ((weights > 1.5) == [True, True, True, True, False]).all()
    assert extractor.n_evicted_ == dict.fromkeys(("MI_dir", "H", "HH", "HpHp"), 6)
    state = extractor.get_state()
    assert {len(state[f"{block}_keys"]) for block in extractor.n_evicted_} == {4}


def test_memory_is_bounded_by_the_limit():
    records = np.zeros(50_000, PACKET)
    records["source_low"] = np.arange(len(records))
    extractor = AfterImageExtractor(max_streams=100)
    extractor.partial_transform(PacketTable(records))
    tables = extractor._state.tables.values()
    assert {len(table.keys) for table in tables} == {100}
    assert max(len(table.heads) for table in tables) <= 256
