"""A protocol is one entry: frames, tshark's fields and tables follow from it."""

import io
import struct

import dpkt
import numpy as np
import pandas as pd
import pytest

from skmirai.feature_extraction._keys import stream_keys
from skmirai.packets import (
    ARP,
    ICMP,
    ICMPV6,
    OTHER,
    PROTOCOLS,
    TCP,
    UDP,
    PacketProtocol,
    protocol_code,
    read_packets,
)
from skmirai.packets._report import TRUNCATED
from skmirai.packets._tshark import TSHARK_COLUMNS

MACS = bytes.fromhex("5ccf7f05f2c6 4c09d4c6127b")
#: Number 253 is set aside for experiments (RFC 3692): no entry will have it.
TRIAL = PacketProtocol(
    ip_number=253, ports_at=0, tshark_ports=("trial.srcport", "trial.dstport")
)


def pcap(*frames):
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for frame in frames:
        data += struct.pack("<IIII", 7, 0, len(frame), len(frame)) + frame
    return io.BytesIO(data)


def ipv4(payload, number):
    ends = {"src": b"\xc0\xa8\2\1", "dst": b"\xc0\xa8\2\2"}
    packet = dpkt.ip.IP(**ends, p=number, data=payload)
    return MACS + b"\x08\0" + bytes(packet)


def ipv6(payload, number):
    ends = {"src": bytes(15) + b"\1", "dst": bytes(15) + b"\2"}
    packet = dpkt.ip6.IP6(**ends, nxt=number, plen=len(payload), data=payload)
    return MACS + b"\x86\xdd" + bytes(packet)


def columns(packets):
    names = ["protocol", "source_port", "destination_port"]
    return packets.to_frame()[names].values.tolist()


def test_numbers_of_protocols_in_packets_are_these():
    assert list(PROTOCOLS)[:6] == ["other", "tcp", "udp", "icmp", "icmpv6", "arp"]
    assert tuple(range(6)) == (OTHER, TCP, UDP, ICMP, ICMPV6, ARP)
    with pytest.raises(ValueError, match=r"protocol='trial' must be one of \('other'"):
        protocol_code("trial")


@pytest.mark.parametrize("layer", [ipv4, ipv6])
def test_every_entry_is_read_where_it_says(layer):
    payload = bytes(range(1, 41))
    for name, protocol in PROTOCOLS.items():
        if protocol.ip_number is None:
            continue
        expected = [-1, -1]
        if (place := protocol.ports_at) is not None:
            expected = list(struct.unpack_from(">HH", payload, place))
        packets = read_packets(pcap(layer(payload, protocol.ip_number)))
        assert columns(packets) == [[name, *expected]]


def test_every_entry_is_told_by_its_fields_of_tshark():
    for name, protocol in PROTOCOLS.items():
        row = dict.fromkeys(TSHARK_COLUMNS, "") | {
            "frame.time_epoch": 7.5,
            "frame.len": 60,
        }
        if not isinstance(protocol.sign, str):
            continue
        expected = [name, -1, -1]
        row[protocol.sign] = "8"
        if protocol.tshark_ports:
            row |= zip(protocol.tshark_ports, ("2905", "3868"), strict=True)
            expected[1:] = 2905, 3868
        assert columns(read_packets(pd.DataFrame([row]))) == [expected]


def test_an_entry_adds_a_protocol_to_frames_and_tables(monkeypatch):
    payload = struct.pack(">HHII", 2905, 3868, 7, 0)
    frames = pcap(ipv4(payload, 253), ipv6(payload, 253), ipv4(payload, 254))
    before = read_packets(frames)
    assert columns(before) == 3 * [["other", -1, -1]]
    monkeypatch.setitem(PROTOCOLS, "trial", TRIAL)
    frames.seek(0)
    packets = read_packets(frames)
    trial = ["trial", 2905, 3868]
    assert columns(packets) == [trial, trial, ["other", -1, -1]]
    again = read_packets(packets.to_frame())
    np.testing.assert_array_equal(again.records, packets.records)
    # Its ports tell sockets apart, as those of TCP do.
    other = packets.records.copy()
    other["source_port"][0] += 1
    keys, others = (stream_keys(r)["HpHp"][0] for r in (packets.records, other))
    assert (keys != others).any()


def test_ports_may_stand_behind_other_fields_and_be_cut(monkeypatch):
    late = PacketProtocol(ip_number=254, ports_at=6)
    monkeypatch.setitem(PROTOCOLS, "late", late)
    payload = bytes(6) + struct.pack(">HH", 5, 6)
    packets = read_packets(
        pcap(ipv4(payload, 254), ipv4(payload[:9], 254)), on_malformed="ignore"
    )
    assert columns(packets) == [["late", 5, 6], ["late", -1, -1]]
    assert packets.records["flags"].tolist() == [0, TRUNCATED]


def test_an_entry_adds_a_protocol_beside_ip(monkeypatch):
    monkeypatch.setitem(PROTOCOLS, "lldp", PacketProtocol(ether_type=0x88CC))
    packets = read_packets(pcap(MACS + b"\x88\xcc" + bytes(46)))
    assert columns(packets) == [["lldp", -1, -1]]
    assert packets.to_frame()["source"].tolist() == ["4c:09:d4:c6:12:7b"]


@pytest.mark.parametrize("form", ["file", "frame"])
def test_an_entry_adds_a_protocol_to_the_fields_of_tshark(monkeypatch, form):
    monkeypatch.setitem(PROTOCOLS, "trial", TRIAL)
    row = dict.fromkeys(TSHARK_COLUMNS, "") | {
        "frame.time_epoch": "7.5", "frame.len": "60",
        "ip.src": "192.168.2.1", "ip.dst": "192.168.2.2",
    }  # fmt: skip
    ports = dict(zip(TRIAL.tshark_ports, ("2905", "3868"), strict=True))

    def read(fields):
        frame = pd.DataFrame(fields)
        if form == "frame":
            return read_packets(frame)
        return read_packets(io.BytesIO(frame.to_csv(sep="\t", index=False).encode()))

    # Files that tshark wrote without these fields are read as before.
    assert columns(read([row])) == [["other", -1, -1]]
    quoted = row | ports | {"icmp.type": "3"}
    nothing = row | dict.fromkeys(ports, "")
    assert columns(read([row | ports, quoted, nothing])) == [
        ["trial", 2905, 3868],
        ["icmp", -1, -1],
        ["other", -1, -1],
    ]
