"""The features are what the formulas say, however the packets are divided."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skmirai.feature_extraction import (
    FEATURE_NAMES,
    AfterImageExtractor,
    read_packets,
)

NAMES = np.array(FEATURE_NAMES)
IS_STD = np.char.endswith(NAMES, "_std")
IS_PCC = np.char.endswith(NAMES, "_pcc")
IS_GAP = np.char.startswith(NAMES, "HH_jit") & ~np.char.endswith(NAMES, "_weight")

MACS = ["4c:09:d4:c6:12:7b", "5c:cf:7f:05:f2:c6", "ff:ff:ff:ff:ff:ff"]
HOSTS = ["10.0.0.1", "10.0.0.11", "fe80::1", "10.0.0.2", *MACS[:2]]


def assert_agree(X, frame, brute_force, clock="relative"):
    """Compare with brute force, to rounding at the scale of the largest value."""
    expected, smaller_std, longest_gap = brute_force(frame, clock)
    scale = np.where(IS_GAP, longest_gap, frame["length"].max())
    floor = 1e-12 * scale**2
    floor[IS_STD] = np.sqrt(floor[IS_STD])
    allowed = 1e-9 * np.abs(expected) + floor
    wrong = np.abs(X - expected) > allowed
    # The quotient of two roundings means nothing.
    wrong[:, IS_PCC] = (np.abs(X - expected) > 1e-9 * np.abs(expected) + 1e-12)[
        :, IS_PCC
    ]
    wrong[:, IS_PCC] &= smaller_std > np.sqrt(floor[IS_PCC])
    assert not wrong.any(), [
        (row, NAMES[column], X[row, column], float(expected[row, column]))
        for row, column in np.argwhere(wrong)[:5]
    ]


@st.composite
def streams(draw, max_size=60):
    """Packets between few hosts, with equal times and times that go back."""
    n = draw(st.integers(1, max_size))
    gap = st.one_of(
        st.sampled_from([0.0, 0.25, -0.5, 1e-6, 30.0, -200.0, 5000.0]),
        st.floats(-5, 20, allow_nan=False),
    )
    gaps = draw(st.lists(gap, min_size=n, max_size=n))
    rows = []
    for _ in range(n):
        family = draw(st.sampled_from([HOSTS[:2], HOSTS[:2], HOSTS[2:3], HOSTS[4:]]))
        protocol = draw(st.sampled_from(["tcp", "udp", "icmp", "arp", "other"]))
        has_port = protocol in ("tcp", "udp")
        port = st.sampled_from([80, 180, 1]) if has_port else st.just(-1)
        size = st.one_of(st.sampled_from([60, 60, 1514]), st.integers(0, 9000))
        rows.append(
            {
                "length": draw(size),
                "source_mac": draw(st.sampled_from(MACS)),
                "destination_mac": draw(st.sampled_from(MACS)),
                "source": draw(st.sampled_from(family)),
                "destination": draw(st.sampled_from(family)),
                "source_port": draw(port),
                "destination_port": draw(port),
                "protocol": protocol,
            }
        )
    start = draw(st.sampled_from([0.0, 1540446382.9338990]))
    return pd.DataFrame(rows).assign(time=start + np.cumsum(gaps))


@pytest.mark.slow
@settings(max_examples=30)
@given(frame=streams())
@pytest.mark.parametrize("clock", ["relative", "epoch"])
def test_features_are_those_of_brute_force(frame, clock, brute_force):
    X = AfterImageExtractor(clock=clock).transform(frame)
    assert_agree(X, frame, brute_force, clock)


@pytest.mark.slow(after=1)
@pytest.mark.real_data
@pytest.mark.parametrize("clock", ["relative", "epoch"])
@pytest.mark.parametrize(
    "name", ["mirai_benign_head_2000.pcap", "mirai_attack_10000.pcap"]
)
def test_real_packets_give_the_features_of_brute_force(
    name, clock, data_dir, brute_force
):
    packets = read_packets(data_dir / "kitsune" / name)[:2000]
    X = AfterImageExtractor(clock=clock).transform(packets)
    assert_agree(X, packets.to_frame(), brute_force, clock)


def test_rounding_is_0():
    rng = np.random.default_rng(0)
    ends = np.array(HOSTS[:2], object)[np.arange(500) % 2]
    frame = pd.DataFrame(
        {
            "time": np.cumsum(rng.exponential(0.2, 500)),
            "length": np.where(ends == HOSTS[0], 97, 1031),
            "source_mac": MACS[0],
            "destination_mac": MACS[1],
            "source": ends,
            "destination": ends[::-1],
            "source_port": 80,
            "destination_port": 80,
            "protocol": "tcp",
        }
    )
    X = AfterImageExtractor().transform(frame)
    # Each direction has packets of one size: what varies is rounding.
    for name in ("HH_L", "HpHp_L"):
        for statistic in ("std", "radius", "covariance", "pcc"):
            columns = np.char.startswith(NAMES, name) & np.char.endswith(
                NAMES, f"_{statistic}"
            )
            assert columns.sum() == 5
            assert (X[:, columns] == 0).all()
    assert (X[2:, np.char.startswith(NAMES, "HH_jit")] > 0).all()


@pytest.mark.parametrize("gap", [0, 10, 1_000, 3_000, 5_000, 20_000])
def test_packets_of_long_ago_leave_no_variance(gap):
    frame = pd.DataFrame(
        {
            "time": [0.0, gap],
            "length": [1514, 60],
            "source_mac": MACS[0],
            "destination_mac": MACS[1],
            "source": HOSTS[0],
            "destination": HOSTS[1],
            "source_port": 80,
            "destination_port": 80,
            "protocol": "tcp",
        }
    )
    X = pd.DataFrame(AfterImageExtractor().transform(frame), columns=FEATURE_NAMES)
    for decay in (5, 3, 1, 0.1, 0.01):
        left = 2.0 ** (-decay * gap)
        mean = (1514 * left + 60) / (1 + left)
        variance = 1454**2 * left / (1 + left) ** 2
        expected = variance if variance > 1e-12 * mean**2 else 0
        found = X.loc[1, f"H_L{decay}_variance"]
        np.testing.assert_allclose(found, expected, rtol=1e-9)
        np.testing.assert_allclose(X.loc[1, f"HH_L{decay}_std"], np.sqrt(found))


@pytest.mark.real_data
def test_real_features_hold_no_rounding(data_dir):
    """A ninth of the values that are not 0 was below 1e-9."""
    packets = read_packets(data_dir / "kitsune" / "mirai_benign_head_2000.pcap")
    X = AfterImageExtractor().transform(packets)
    tiny = (X != 0) & (np.abs(X) < 1e-9)
    # variances of gaps are seconds squared, and microseconds are real
    assert not tiny[:, ~IS_GAP].any()
    assert tiny.sum() < 0.002 * (X != 0).sum()
