import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.utils import Bunch

from skmirai.datasets import KITSUNE_MIRAI_CLASS_COUNTS as CLASS_COUNTS
from skmirai.datasets import make_mirai_traffic
from skmirai.datasets._traffic._events import ATTACK_KINDS, KINDS
from skmirai.datasets._traffic._simulation import simulate
from skmirai.feature_extraction import FEATURE_NAMES, AfterImageExtractor, PacketTable
from skmirai.packets import (
    ARP,
    ICMP,
    ICMPV6,
    OTHER,
    TCP,
    UDP,
)

MEDIA = {"video", "browsing"}


@pytest.fixture(scope="module")
def bunch():
    return make_mirai_traffic(30_000, random_state=0, return_packets=True)


def columns(packets, *names):
    return [packets.records[name] for name in names]


@pytest.mark.slow(after=14)
@pytest.mark.parametrize("n_packets", [1, 2, 7, 50, 999, 20_000])
@pytest.mark.parametrize(
    "attack_fraction", [0, 0.25, CLASS_COUNTS[1] / sum(CLASS_COUNTS), 1]
)
@pytest.mark.parametrize("flood_fraction", [0, 0.1, 1])
def test_label_counts_are_exact(n_packets, attack_fraction, flood_fraction):
    found = make_mirai_traffic(
        n_packets,
        attack_fraction=attack_fraction,
        flood_fraction=flood_fraction,
        random_state=3,
    )
    n_attack = round(attack_fraction * n_packets)
    n_benign = n_packets - n_attack
    assert found.data.shape == (n_packets, 116)
    assert found.target.tolist() == n_benign * [0] + n_attack * [1]
    assert not found.y_true[:n_benign].any(), "no attack before its onset"
    assert found.y_true[n_benign : n_benign + 1].all(), "its first packet marks it"
    assert found.target.dtype == found.y_true.dtype == np.int64
    assert np.isfinite(found.data).all()


@pytest.mark.slow
@settings(max_examples=60)
@given(
    n_benign=st.integers(0, 400),
    n_attack=st.integers(0, 400),
    flood_fraction=st.floats(0, 1),
    media=st.booleans(),
    seed=st.integers(0, 2**64 - 1),
)
def test_any_simulation_is_well_formed(n_benign, n_attack, flood_fraction, media, seed):
    events = simulate(n_benign, n_attack, flood_fraction, media, seed)
    assert len(events) == n_benign + n_attack
    assert (np.diff(events["packet"]["time"]) >= 0).all()
    assert np.isfinite(events["packet"]["time"]).all()
    assert not events["malicious"][:n_benign].any()
    assert events["malicious"][n_benign : n_benign + 1].all()


@pytest.mark.slow
def test_the_published_size():
    events = simulate(*CLASS_COUNTS, 0.1, False, 0)
    assert len(events) == sum(CLASS_COUNTS)
    assert np.argmax(events["malicious"]) == CLASS_COUNTS[0]


def test_a_short_span_is_made_longer(monkeypatch):
    module = "skmirai.datasets._traffic._simulation"
    monkeypatch.setattr(f"{module}._BENIGN_RATE", 1e6)
    monkeypatch.setattr(f"{module}._ATTACK_RATE", 1e6)
    assert len(simulate(9_000, 40_000, 0.0, False, 0)) == 49_000


def test_default_share_gives_the_published_counts():
    default = make_mirai_traffic.__wrapped__.__kwdefaults__["attack_fraction"]
    assert round(default * sum(CLASS_COUNTS)) == CLASS_COUNTS[1]
    assert sum(CLASS_COUNTS) - round(default * sum(CLASS_COUNTS)) == CLASS_COUNTS[0]


def test_floods_have_their_share():
    found = make_mirai_traffic(20_000, flood_fraction=0.3, random_state=0)
    floods = pd.Series(found.kind).value_counts()[
        ["udp_flood", "syn_flood", "ack_flood"]
    ]
    # the gateway's answers may push the last few packets out
    assert floods.sum() == pytest.approx(0.3 * found.target.sum(), abs=30)
    assert floods.max() - floods.min() <= 30


def test_nothing_but_floods():
    found = make_mirai_traffic(3000, flood_fraction=1, random_state=0)
    attack = found.target == 1
    floods = {"udp_flood", "syn_flood", "ack_flood"}
    assert {*found.kind[attack]} == {*floods, "unreachable"}
    assert found.y_true[attack].all()
    text = " ".join(found.DESCR.split())
    assert "unless flood_fraction=1 leaves no rows to it" in text


def test_columns(bunch):
    assert bunch.feature_names == ["counter", *FEATURE_NAMES]
    assert (bunch.data[:, 0] == np.arange(30_000)).all()
    assert bunch.target_names == ["benign", "attack"]
    assert bunch.frame is None
    assert "random split" in bunch.DESCR


@pytest.mark.parametrize("clock", ["epoch", "relative"])
def test_features_are_those_of_the_extractor(clock, monkeypatch):
    monkeypatch.setattr("skmirai.datasets._traffic._make._BLOCK", 700)
    found = make_mirai_traffic(
        5_000, clock=clock, random_state=1, return_packets=True, drop_index=True
    )
    assert found.feature_names == list(FEATURE_NAMES)
    expected = AfterImageExtractor(clock=clock).transform(found.packets)
    assert np.array_equal(found.data, expected)


def test_epoch_is_the_default_clock(bunch):
    first = bunch.data[0, bunch.feature_names.index("HH_jit_L1_mean")]
    assert first == bunch.packets.records["time"][0] > 1.5e9


def test_equal_seeds_give_equal_bits(bunch):
    again = make_mirai_traffic(30_000, random_state=0, return_packets=True)
    for name in ("data", "target", "y_true", "kind"):
        assert np.array_equal(again[name], bunch[name]), name
    assert np.array_equal(again.packets.records, bunch.packets.records)


def test_seeds_of_all_types(bunch):
    def draw(seed):
        return make_mirai_traffic(300, random_state=seed).data

    assert np.array_equal(
        draw(np.random.RandomState(5)), draw(np.random.RandomState(5))
    )
    assert not np.array_equal(draw(1), draw(2))
    assert not np.array_equal(draw(None), draw(None))


def test_global_state_is_neither_used_nor_changed():
    np.random.seed(7)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = make_mirai_traffic(200, random_state=0).data
    make_mirai_traffic(200)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    np.random.seed(8)  # noqa: NPY002
    assert np.array_equal(first, make_mirai_traffic(200, random_state=0).data)


def test_times(bunch):
    times = bunch.packets.records["time"]
    assert (np.diff(times) >= 0).all()
    assert times[0] >= 1_540_000_000
    seconds = np.floor(times)
    micros = np.rint((times - seconds) * 1e6)
    assert np.array_equal(seconds + micros / 1e6, times), "as captures hold them"


def test_every_kind_is_there(bunch):
    assert bunch.kind_names == list(KINDS)
    assert set(bunch.kind) == set(KINDS) - MEDIA
    media = make_mirai_traffic(60_000, attack_fraction=0.4, media=True, random_state=0)
    assert set(media.kind) == set(KINDS)


def test_truth_and_kinds_agree(bunch):
    malicious = np.isin(bunch.kind, ATTACK_KINDS)
    assert (bunch.y_true <= bunch.target).all()
    assert bunch.y_true[malicious].all()
    # what the gateway says of the attack's packets belongs to it
    others = set(bunch.kind[(bunch.y_true == 1) & ~malicious])
    assert others == {"unreachable"}


def test_benign_traffic_goes_on(bunch):
    times, after = bunch.packets.records["time"], bunch.target == 1
    benign = bunch.y_true == 0
    rate_before = (~after).sum() / np.ptp(times[~after])
    rate_after = (benign & after).sum() / np.ptp(times[after])
    assert rate_after == pytest.approx(rate_before, rel=0.1)
    steady = {"heartbeat", "connect", "dns", "ping", "unreachable", "arp", "switch"}
    assert set(bunch.kind[benign & after]) >= steady


def test_the_attack_is_that_of_one_device(bunch):
    frame = bunch.packets.to_frame()[bunch.y_true == 1]
    involved = frame["source"].eq(bunch.infected) | frame["destination"].eq(
        bunch.infected
    )
    assert involved.all()
    assert bunch.infected.startswith("192.168.7.")


def test_onset_is_late_for_no_attack_packet(bunch):
    onset = np.flatnonzero(bunch.y_true)[0]
    assert onset == np.flatnonzero(bunch.target)[0]
    assert bunch.kind[onset] == "infection"


def test_addresses(bunch):
    family, high, low, other = columns(
        bunch.packets, "family", "source_high", "source_low", "destination_low"
    )
    protocol, mac = columns(bunch.packets, "protocol", "source_mac")
    subnet = (192 << 16) | (168 << 8) | 7
    ip = family == 4
    inside = ip & (low >> 8 == subnet)
    # beyond the gateway nobody answers, and nobody is without an address but to ask
    asking = ip & (low == 0)
    assert (inside | asking | ~ip).all()
    assert (bunch.kind[asking] == "dhcp").all()
    hosts = pd.DataFrame({"mac": mac[inside], "ip": low[inside]}).drop_duplicates()
    assert hosts["mac"].is_unique
    assert hosts["ip"].is_unique
    assert (high[ip] == 0).all()
    assert set(protocol[family == 6]) == {ICMPV6}
    assert set(protocol[family == 0]) == {OTHER}
    assert (mac >> 40 == 2).all(), "no maker's MAC"
    swept = other[bunch.kind == "arp_sweep"]
    assert (swept >> 8 == subnet).all()
    assert len(set(swept)) > 200


def test_ports_and_lengths(bunch):
    protocol, length, *ports = columns(
        bunch.packets, "protocol", "length", "source_port", "destination_port"
    )
    with_ports = np.isin(protocol, [TCP, UDP])
    for port in ports:
        assert (port[~with_ports] == -1).all()
        assert ((port[with_ports] > 0) & (port[with_ports] < 65_536)).all()
    assert length.min() >= 54
    assert length.max() <= 1514
    assert (length[protocol == ARP] == 60).all()
    assert length[protocol == ICMP].min() >= 74
    scan = bunch.kind == "telnet_scan"
    telnet = np.isin(ports[0], [23, 2323]) | np.isin(ports[1], [23, 2323])
    assert telnet[scan].all()
    assert {23, 2323} <= set(ports[1][scan])


def test_containers():
    frame = make_mirai_traffic(400, random_state=0, as_frame=True)
    array = make_mirai_traffic(400, random_state=0)
    assert isinstance(array, Bunch)
    assert array.packets is None
    assert isinstance(frame.data, pd.DataFrame)
    assert np.array_equal(frame.data.to_numpy(), array.data)
    assert list(frame.frame.columns) == [*array.feature_names, "target"]
    assert frame.kind.dtype == "category"
    assert list(frame.kind) == list(array.kind)
    assert list(frame.y_true) == list(array.y_true)
    X, y = make_mirai_traffic(400, random_state=0, return_X_y=True)
    assert np.array_equal(X, array.data)
    assert np.array_equal(y, array.target)
    X, y = make_mirai_traffic(400, random_state=0, return_X_y=True, as_frame=True)
    assert X.shape == (400, 116)
    assert y.name == "target"
    packets = make_mirai_traffic(400, random_state=0, return_packets=True).packets
    assert isinstance(packets, PacketTable)


def test_output_of_other_transformers_does_not_matter():
    with config_context(transform_output="pandas"):
        found = make_mirai_traffic(100, random_state=0)
    assert isinstance(found.data, np.ndarray)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_packets": 0},
        {"n_packets": 1.5},
        {"attack_fraction": 1.1},
        {"attack_fraction": -0.1},
        {"attack_fraction": float("nan")},
        {"flood_fraction": 2},
        {"media": "yes"},
        {"clock": "unix"},
        {"random_state": "seed"},
        {"random_state": -1},
        {"return_packets": 3},
    ],
)
def test_bad_arguments(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        make_mirai_traffic(**({"n_packets": 10} | wrong))
