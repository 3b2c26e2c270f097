"""The simulated packets as a capture: written by dpkt, read back, the same."""

import ipaddress

import numpy as np
import pytest

from skmirai.datasets import make_mirai_traffic
from skmirai.datasets._traffic._events import KINDS
from skmirai.feature_extraction import AfterImageExtractor, read_packets
from skmirai.packets import PROTOCOLS

dpkt = pytest.importorskip("dpkt")


def frame_of(record):
    """Bytes of a frame of which the record is the description."""
    room = int(record["length"]) - 14
    protocol = list(PROTOCOLS)[record["protocol"]]
    macs = [
        int(record[f"{end}_mac"]).to_bytes(6, "big")
        for end in ("source", "destination")
    ]
    if record["family"] == 0:  # IEEE 802.3: a length in place of a type
        return macs[1] + macs[0] + room.to_bytes(2, "big") + bytes(room)
    size = 4 if record["family"] == 4 else 16
    ends = [
        (int(record[f"{end}_high"]) << 64 | int(record[f"{end}_low"])).to_bytes(
            size, "big"
        )
        for end in ("source", "destination")
    ]
    ports = {
        "sport": int(record["source_port"]),
        "dport": int(record["destination_port"]),
    }
    if protocol == "arp":
        inner = dpkt.arp.ARP(sha=macs[0], spa=ends[0], tha=bytes(6), tpa=ends[1])
    elif size == 16:
        inner = dpkt.ip6.IP6(
            src=ends[0], dst=ends[1], nxt=58, plen=room - 40, data=bytes(room - 40)
        )
        inner.extension_hdrs = {}
    else:
        payload, number = {
            "udp": lambda: (dpkt.udp.UDP(**ports, data=bytes(room - 28)), 17),
            "tcp": lambda: (dpkt.tcp.TCP(**ports, data=bytes(room - 40)), 6),
            "icmp": lambda: (dpkt.icmp.ICMP(data=bytes(room - 24)), 1),
        }[protocol]()
        if protocol == "udp":
            payload.ulen = room - 20
        inner = dpkt.ip.IP(src=ends[0], dst=ends[1], p=number, data=payload)
        inner.len = room
    kind = {"arp": 0x0806}.get(protocol, 0x0800 if size == 4 else 0x86DD)
    whole = dpkt.ethernet.Ethernet(src=macs[0], dst=macs[1], type=kind, data=inner)
    return bytes(whole).ljust(room + 14, b"\0")


def test_frames_are_what_dpkt_reads():
    packets = make_mirai_traffic(400, random_state=0, return_packets=True).packets
    for record in packets.records:
        if record["family"] == 4 and record["source_port"] >= 0:
            inner = dpkt.ethernet.Ethernet(frame_of(record)).data
            assert ipaddress.ip_address(inner.src) == ipaddress.ip_address(
                int(record["source_low"])
            )
            assert inner.data.dport == record["destination_port"]
            assert inner.len == record["length"] - 14


@pytest.mark.parametrize("media", [False, True])
def test_a_capture_gives_the_same_table(tmp_path, media):
    made = make_mirai_traffic(
        12_000,
        attack_fraction=0.8,
        media=media,
        random_state=0,
        return_packets=True,
        drop_index=True,
    )
    assert len(set(made.kind)) > len(KINDS) - 5
    path = tmp_path / "traffic.pcap"
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file)
        for record in made.packets.records:
            writer.writepkt(frame_of(record), float(record["time"]))
    read = read_packets(path)
    assert read.report.clean
    for name in read.records.dtype.names:
        assert np.array_equal(read.records[name], made.packets.records[name]), name
    features = AfterImageExtractor(clock="epoch").transform(read)
    assert np.array_equal(features, made.data)
