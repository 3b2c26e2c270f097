"""Captures that are written: they read back the same, and others can read them."""

import io

import dpkt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmirai.datasets import make_mirai_packets
from skmirai.packets import (
    ARP,
    ICMP,
    ICMPV6,
    OTHER,
    PACKET,
    TCP,
    UDP,
    PacketTable,
    read_packets,
    write_pcap,
)

#: Families that packets of each protocol have, and bytes of their headers above IP.
KINDS = {
    TCP: ((4, 6), 20),
    UDP: ((4, 6), 8),
    ICMP: ((4, 6), 8),
    ICMPV6: ((4, 6), 8),
    ARP: ((0, 4), 28),
    OTHER: ((0, 4, 6), 0),
}
IP_BYTES = {0: 0, 4: 20, 6: 40}


def written(packets):
    file = io.BytesIO()
    write_pcap(packets, file)
    file.seek(0)
    return file


def some(n_packets, seed):
    """Draw packets of all kinds."""
    rng = np.random.default_rng(seed)
    records = np.zeros(n_packets, PACKET)
    micros = rng.integers(0, 4 * 10**15, n_packets)
    records["time"] = micros // 10**6 + micros % 10**6 / 1e6
    records["source_port"] = records["destination_port"] = -1
    for record in records:
        record["protocol"] = code = rng.choice([*KINDS])
        families, above = KINDS[code]
        record["family"] = family = rng.choice(families)
        ip = 0 if code == ARP else IP_BYTES[family]
        record["length"] = 14 + ip + above + rng.choice([0, 1, 200, 70_000])
        for end in ("source", "destination"):
            record[f"{end}_mac"] = mac = rng.choice([rng.integers(1 << 48), 2**48 - 1])
            low = rng.integers(1 << [48, 0, 0, 0, 32, 0, 63][family])
            record[f"{end}_low"] = low if family else mac
            record[f"{end}_high"] = rng.integers(1 << 63) if family == 6 else 0
            if code in (TCP, UDP):
                record[f"{end}_port"] = rng.integers(1 << 16)
    return PacketTable(records)


@given(st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_all_kinds_of_packets_read_back(n_packets, seed):
    packets = some(n_packets, seed)
    again = read_packets(written(packets)) if n_packets else packets
    np.testing.assert_array_equal(again.records, packets.records)
    assert again.report.clean


@pytest.mark.parametrize("media", [False, True])
def test_simulated_packets_read_back(media):
    packets = make_mirai_packets(20_000, media=media, random_state=0).packets
    again = read_packets(written(packets))
    np.testing.assert_array_equal(again.records, packets.records)
    assert again.report.clean


def test_another_reader_finds_the_same_and_right_checksums():
    packets = some(300, 1)
    frames = list(dpkt.pcap.Reader(written(packets)))
    assert len(frames) == 300
    n_sums = 0
    for record, (time, raw) in zip(packets.records, frames, strict=True):
        assert float(time) == pytest.approx(record["time"], abs=1e-6)
        assert len(raw) == record["length"]
        frame = dpkt.ethernet.Ethernet(raw)
        assert int.from_bytes(frame.src, "big") == record["source_mac"]
        assert int.from_bytes(frame.dst, "big") == record["destination_mac"]
        if record["protocol"] == ARP and record["family"] == 4:
            assert int.from_bytes(frame.data.spa, "big") == record["source_low"]
            assert int.from_bytes(frame.data.tpa, "big") == record["destination_low"]
        if record["protocol"] == ARP or record["family"] == 0:
            continue
        ip = frame.data
        if record["length"] > 65_000:  # no header can say so
            continue
        assert int.from_bytes(ip.src[-4:], "big") == record["source_low"] % 2**32
        if record["family"] == 4:
            assert dpkt.in_cksum(raw[14:34]) == 0
        if record["protocol"] in (TCP, UDP):
            assert ip.data.sport == record["source_port"]
            assert ip.data.dport == record["destination_port"]
        start = 14 + IP_BYTES[int(record["family"])]
        above = raw[start:]
        if record["protocol"] == ICMP:
            assert dpkt.in_cksum(above) == 0
        elif record["protocol"] != OTHER:
            number = {TCP: 6, UDP: 17, ICMPV6: 58}[int(record["protocol"])]
            addresses = raw[26:34] if record["family"] == 4 else raw[22:54]
            tail = len(above).to_bytes(4, "big") + number.to_bytes(4, "big")
            assert dpkt.in_cksum(addresses + tail + above) == 0
            n_sums += 1
    assert n_sums > 50


def test_times_are_rounded_to_microseconds():
    packets = some(1, 0)
    packets.records["time"] = 1.9999999
    assert read_packets(written(packets)).records["time"] == 2.0


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("length", 53, "too short for its headers"),
        ("length", 300_000, "longer than 262,144 bytes"),
        ("time", -1.0, "between 1970 and 2106"),
        ("source_port", -1, "must have ports as TCP and UDP do"),
        ("family", 0, "needs IP addresses for its protocol"),
        ("flags", 1, "was not read in full"),
    ],
)
def test_what_cannot_be_a_frame_is_refused(field, value, what, tmp_path):
    packets = make_mirai_packets(2_000, random_state=0).packets
    tcp = int(np.flatnonzero(packets.records["protocol"] == TCP)[0])
    packets.records[field][tcp] = value
    path = tmp_path / "older.pcap"
    path.write_text("older")
    with pytest.raises(ValueError, match=rf"packet {tcp} \(tcp, .*{what}: leave it"):
        write_pcap(packets, path)
    assert path.read_text() == "older"
    assert [*tmp_path.iterdir()] == [path]
