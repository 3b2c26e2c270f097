"""The simulated packets against those of the capture that set their numbers."""

import numpy as np
import pandas as pd
import pytest

from skmirai.datasets import make_mirai_traffic
from skmirai.feature_extraction import read_packets
from skmirai.packets import ARP, ICMP, TCP, UDP

pytestmark = pytest.mark.real_data

N_BENIGN, N_EXTRACT = 38_363, 10_000

#: Seconds after the onset at which the extract of the attack begins.
AFTER_ONSET = 37.0


class Summary:
    """Rate, protocols, frame lengths, gaps and channels of packets."""

    def __init__(self, records):
        times = records["time"] - records["time"][0]
        self.rate = len(times) / times[-1]
        self.shares = np.array(
            [(records["protocol"] == p).mean() for p in (TCP, UDP, ICMP, ARP)]
        )
        self.lengths = records["length"]
        self.gaps = np.diff(times)
        seconds = np.bincount(times.astype(int))[:-1]
        self.burstiness = seconds.var() / seconds.mean()
        ends = [f"{e}_{h}" for e in ("source", "destination") for h in ("high", "low")]
        frame = pd.DataFrame({name: records[name] for name in ends} | {"time": times})
        channels = frame.groupby(ends)["time"]
        self.n_channels = channels.ngroups
        self.channel_gaps = channels.diff().dropna().to_numpy()


@pytest.fixture(scope="module", params=[0, 1, 2])
def simulated(request):
    n_packets = N_BENIGN + 25_000
    made = make_mirai_traffic(
        n_packets,
        attack_fraction=25_000 / n_packets,
        flood_fraction=0.0,
        random_state=request.param,
        return_packets=True,
    )
    records = made.packets.records
    times = records["time"]
    start = np.searchsorted(times, times[N_BENIGN] + AFTER_ONSET)
    return records[:N_BENIGN], records[start : start + N_EXTRACT]


@pytest.fixture(scope="module")
def benign(simulated, real):
    return Summary(real[0]), Summary(simulated[0])


@pytest.fixture(scope="module")
def attack(simulated, real):
    return Summary(real[1]), Summary(simulated[1])


@pytest.fixture(scope="module")
def real(data_dir):
    folder = data_dir / "kitsune"
    names = ("mirai_benign_head.pcap.tsv.gz", "mirai_attack_10000.pcap")
    return [read_packets(folder / name).records for name in names]


def test_benign_rate(benign):
    real, made = benign
    assert len(real.lengths) == len(made.lengths) == N_BENIGN
    assert made.rate == pytest.approx(real.rate, rel=0.05)
    assert made.burstiness == pytest.approx(real.burstiness, rel=0.25)


def test_benign_protocols(benign):
    real, made = benign
    assert made.shares == pytest.approx(real.shares, abs=0.025)


def test_benign_lengths(benign):
    real, made = benign
    q = [0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
    found, expected = np.quantile(made.lengths, q), np.quantile(real.lengths, q)
    assert found == pytest.approx(expected, abs=5)
    assert made.lengths.mean() == pytest.approx(real.lengths.mean(), abs=1.5)
    assert made.lengths.std() == pytest.approx(real.lengths.std(), rel=0.1)


def test_benign_gaps(benign):
    real, made = benign
    q = [0.5, 0.75, 0.9, 0.95, 0.99]
    ratio = np.quantile(made.gaps, q) / np.quantile(real.gaps, q)
    assert np.abs(np.log2(ratio)).max() < 1, "none is twice or half as long"
    assert np.abs(np.log2(ratio[1:])).max() < 0.2
    q = [0.25, 0.5, 0.75, 0.9]
    ratio = np.quantile(made.channel_gaps, q) / np.quantile(real.channel_gaps, q)
    assert np.abs(np.log2(ratio)).max() < 0.75


def test_benign_channels(benign):
    real, made = benign
    assert 0.6 < made.n_channels / real.n_channels < 1.2


def test_attack_rate(attack):
    real, made = attack
    # it depends on how much of the extract is rest between sweeps
    assert made.rate == pytest.approx(real.rate, rel=0.2)


def test_attack_protocols(attack):
    real, made = attack
    assert made.shares == pytest.approx(real.shares, abs=0.05)


def test_attack_lengths(attack):
    real, made = attack
    q = [0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
    found, expected = np.quantile(made.lengths, q), np.quantile(real.lengths, q)
    assert found == pytest.approx(expected, abs=8)
    assert made.lengths.mean() == pytest.approx(real.lengths.mean(), abs=1.5)


def test_attack_gaps(attack):
    real, made = attack
    q = [0.25, 0.5, 0.75, 0.9, 0.99]
    ratio = np.quantile(made.gaps, q) / np.quantile(real.gaps, q)
    assert np.abs(np.log2(ratio)).max() < 0.5
    assert 0.9 < made.n_channels / real.n_channels < 1.1


def sweep_of(records):
    """ARP requests of the host that sends most, and how often one comes again."""
    arp = records[records["protocol"] == ARP]
    bot = pd.Series(arp["source_mac"]).value_counts().index[0]
    sweep = arp[arp["source_mac"] == bot]
    times = sweep["time"][sweep["destination_low"] & 255 == 200]
    return sweep, np.median(np.diff(times))


def test_attack_sweep(simulated, real):
    """One host asks for nearly all addresses, about once a second."""
    (expected, real_period), (found, period) = map(sweep_of, (real[1], simulated[1]))
    assert len(found) == pytest.approx(len(expected), rel=0.08)
    assert period == pytest.approx(real_period, rel=0.06)
    assert len(set(found["destination_low"])) == pytest.approx(
        len(set(expected["destination_low"])), abs=5
    )


def test_attack_telnet(simulated, real):
    def share(records):
        return np.mean(
            np.isin(records["source_port"], [23, 2323])
            | np.isin(records["destination_port"], [23, 2323])
        )

    assert share(simulated[1]) == pytest.approx(share(real[1]), rel=0.35)
