"""Frames are read as dpkt reads them, and up to where they are cut."""

import io
import socket
import struct

import dpkt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skmirai.packets import read_packets
from skmirai.packets._report import MALFORMED, TRUNCATED

SOURCE, DESTINATION = bytes.fromhex("4c09d4c6127b"), bytes.fromhex("5ccf7f05f2c6")
A, B = socket.inet_aton("192.168.2.1"), socket.inet_aton("192.168.2.108")
A6, B6 = (socket.inet_pton(socket.AF_INET6, x) for x in ("fe80::1", "2001:db8::2"))
TCP = bytes(dpkt.tcp.TCP(sport=21074, dport=80))
UDP = bytes(dpkt.udp.UDP(sport=53, dport=2440))


def read(frame, link=1, sent=None):
    """Read one frame through a pcap file in memory; the row of its table."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    sizes = len(frame), len(frame) if sent is None else sent
    packet = struct.pack("<IIII", 7, 500_000, *sizes) + frame
    table = read_packets(io.BytesIO(head + packet), on_malformed="ignore")
    assert len(table) == 1
    row = table.to_frame().iloc[0].to_dict()
    return row | {"flags": int(table.records["flags"][0])}


def ethernet(kind, body, tags=b""):
    return DESTINATION + SOURCE + tags + struct.pack(">H", kind) + body


def ipv4(body, protocol=6, fragment=0):
    packet = bytes(dpkt.ip.IP(src=A, dst=B, p=protocol, data=body))
    return packet[:6] + struct.pack(">H", fragment) + packet[8:]


def ipv6(body, kind=6):
    return bytes(dpkt.ip6.IP6(src=A6, dst=B6, nxt=kind, plen=len(body), data=body))


ENDS4 = {"source": "192.168.2.1", "destination": "192.168.2.108"}
ENDS6 = {"source": "fe80::1", "destination": "2001:db8::2"}
MACS = {"source": "4c:09:d4:c6:12:7b", "destination": "5c:cf:7f:05:f2:c6"}
TCP_ENDS = {"protocol": "tcp", "source_port": 21074, "destination_port": 80}
NO_PORTS = {"source_port": -1, "destination_port": -1}
ARP = bytes(dpkt.arp.ARP(sha=SOURCE, spa=A, tha=bytes(6), tpa=B))
QUOTED = struct.pack(">BBHI", 3, 3, 0, 0) + ipv4(UDP, 17)

FRAMES = {
    "tcp": (ethernet(0x800, ipv4(TCP)), ENDS4 | TCP_ENDS),
    "udp": (
        ethernet(0x800, ipv4(UDP, 17)),
        ENDS4 | {"protocol": "udp", "source_port": 53, "destination_port": 2440},
    ),
    "icmp, quoting a packet": (
        ethernet(0x800, ipv4(QUOTED, 1)),
        ENDS4 | NO_PORTS | {"protocol": "icmp"},
    ),
    "options of IPv4": (
        ethernet(0x800, bytes([0x47]) + ipv4(TCP)[1:20] + bytes(8) + TCP),
        ENDS4 | TCP_ENDS,
    ),
    "later fragment": (
        ethernet(0x800, ipv4(TCP, fragment=5)),
        ENDS4 | NO_PORTS | {"protocol": "other"},
    ),
    "first fragment": (ethernet(0x800, ipv4(TCP, fragment=0x2000)), ENDS4 | TCP_ENDS),
    "padding is no header": (
        ethernet(0x800, ipv4(b"", 6) + bytes(26)),
        ENDS4 | NO_PORTS | {"flags": TRUNCATED},
    ),
    "igmp": (
        ethernet(0x800, ipv4(bytes(8), 2)),
        ENDS4 | NO_PORTS | {"protocol": "other", "flags": 0},
    ),
    "ipv6": (ethernet(0x86DD, ipv6(TCP)), ENDS6 | TCP_ENDS),
    "icmpv6": (
        ethernet(0x86DD, ipv6(bytes(16), 58)),
        ENDS6 | NO_PORTS | {"protocol": "icmpv6"},
    ),
    "extension headers": (
        ethernet(
            0x86DD,
            ipv6(
                bytes([60, 0, *bytes(6)])  # hop by hop
                + bytes([44, 1, *bytes(14)])  # destination options, 16 bytes
                + bytes([51, 0, *bytes(6)])  # the first of two fragments
                + bytes([6, 4, *bytes(22)])  # authentication, 24 bytes
                + TCP,
                0,
            ),
        ),
        ENDS6 | TCP_ENDS,
    ),
    "later fragment of IPv6": (
        ethernet(0x86DD, ipv6(bytes([6, 0, 0, 8, 0, 0, 0, 0]) + TCP, 44)),
        ENDS6 | NO_PORTS | {"protocol": "other"},
    ),
    "arp": (ethernet(0x806, ARP), ENDS4 | NO_PORTS | {"protocol": "arp"}),
    "arp of another protocol": (
        ethernet(0x806, ARP[:2] + b"\x86\xdd" + ARP[4:]),
        MACS | NO_PORTS | {"protocol": "arp", "flags": 0},
    ),
    "neither": (
        ethernet(0x88CC, bytes(46)),
        MACS | NO_PORTS | {"protocol": "other", "flags": 0},
    ),
    "spanning tree, a length for a type": (
        ethernet(38, bytes.fromhex("424203") + bytes(43)),
        MACS | NO_PORTS | {"protocol": "other", "flags": 0},
    ),
    "snap": (
        ethernet(48, bytes.fromhex("aaaa030000000800") + ipv4(TCP)),
        ENDS4 | TCP_ENDS,
    ),
    "vlan": (
        ethernet(0x800, ipv4(TCP), struct.pack(">HH", 0x8100, 7)),
        ENDS4 | TCP_ENDS,
    ),
    "two vlans": (
        ethernet(0x806, ARP, struct.pack(">HHHH", 0x88A8, 9, 0x8100, 7)),
        ENDS4 | NO_PORTS | {"protocol": "arp"},
    ),
}


@pytest.mark.parametrize("name", FRAMES)
def test_what_names_a_stream_is_read(name):
    frame, expected = FRAMES[name]
    row = read(frame)
    macs = {f"{end}_mac": mac for end, mac in MACS.items()}
    expected = {"time": 7.5, "length": len(frame), "flags": 0} | macs | expected
    assert {key: row[key] for key in expected} == expected


@pytest.mark.slow(after=2)
@pytest.mark.parametrize("name", FRAMES)
def test_what_stands_before_a_cut_is_used(name):
    frame, _ = FRAMES[name]
    whole = read(frame)
    for size in range(len(frame)):
        row = read(frame[:size], sent=len(frame))
        assert row["length"] == len(frame)
        assert row["time"] == 7.5
        if size >= 12:
            assert row["source_mac"] == whole["source_mac"]
        if size >= 6:
            assert row["destination_mac"] == whole["destination_mac"]
        if not row["flags"] & TRUNCATED:
            assert row | {"flags": 0} == whole | {"flags": 0}
        if row["source"] not in (MACS["source"], "00:00:00:00:00:00"):
            assert row["source"] == whole["source"]
    assert read(frame[:13])["flags"] & TRUNCATED


@pytest.mark.parametrize(
    ("link", "head", "mac"),
    [
        (101, b"", 0),
        (228, b"", 0),
        (0, struct.pack("<I", 2), 0),
        (108, struct.pack(">I", 2), 0),
        (113, struct.pack(">HHH8sH", 0, 1, 6, SOURCE, 0x800), SOURCE),
        (276, struct.pack(">HHIHBB8s", 0x800, 0, 1, 1, 0, 6, SOURCE), SOURCE),
    ],
)
def test_other_links(link, head, mac):
    expected = ENDS4 | TCP_ENDS | {"flags": 0}
    expected["source_mac"] = MACS["source"] if mac else "00:00:00:00:00:00"
    row = read(head + ipv4(TCP), link)
    assert {key: row[key] for key in expected} == expected
    for size in range(len(head) + 1):
        assert read((head + ipv4(TCP))[:size], link)["flags"] & TRUNCATED


@pytest.mark.parametrize(
    "frame",
    [
        ethernet(0x800, bytes([0x42]) + ipv4(TCP)[1:]),  # a header of 8 bytes
        ethernet(0x800, bytes([0x65]) + ipv4(TCP)[1:]),  # version 6 where 4 is said
        ethernet(0x800, ipv4(TCP)[:2] + b"\0\5" + ipv4(TCP)[4:]),  # 5 bytes in all
        ethernet(0x86DD, bytes([0x40]) + ipv6(TCP)[1:]),
        ethernet(0x806, ARP[:5] + b"\6" + ARP[6:]),  # IPv4 addresses of 6 bytes
    ],
)
def test_contradictions_are_malformed(frame):
    row = read(frame)
    assert row["flags"] == MALFORMED
    assert row["length"] == len(frame)
    assert row["source_port"] == -1


@pytest.mark.parametrize(
    ("frame", "source"),
    [
        (ethernet(0x8864, bytes(6) + b"\0\x21" + ipv4(TCP)), None),  # PPPoE
        (ethernet(0x8847, bytes(4) + ipv4(TCP)), None),  # MPLS
        (ethernet(0x0800, ipv4(ipv4(TCP), 4)), "192.168.2.1"),
        (ethernet(0x0800, ipv4(b"\0\0\x08\0" + ipv4(TCP), 47)), "192.168.2.1"),  # GRE
        (ethernet(0x0800, ipv4(b"\6\4" + bytes(22) + TCP, 51)), "192.168.2.1"),
        *(
            (ethernet(0x86DD, ipv6(b"\6" + bytes(7) + TCP, kind)), "fe80::1")
            for kind in (135, 139, 140, 41)
        ),
    ],
)
def test_what_is_not_opened_has_the_outer_addresses_and_no_ports(frame, source):
    row = read(frame)
    assert row["source"] == (source or "4c:09:d4:c6:12:7b")
    assert (row["source_port"], row["destination_port"]) == (-1, -1)
    assert (row["protocol"], row["flags"]) == ("other", 0)


def test_more_captured_than_sent_is_malformed():
    row = read(FRAMES["tcp"][0], sent=3)
    assert row["flags"] == MALFORMED
    assert row["length"] == len(FRAMES["tcp"][0])
    assert row["source_port"] == 21074


@given(body=st.binary(max_size=80), link=st.sampled_from([0, 1, 101, 113, 276]))
@example(body=b"", link=1)
def test_no_frame_is_refused(body, link):
    assert read(body, link)["length"] == len(body)


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name", ["mirai_benign_head_2000.pcap", "mirai_attack_10000.pcap"]
)
def test_real_frames_are_read_as_by_dpkt(data_dir, name):
    path = data_dir / "kitsune" / name
    expected = []
    with open(path, "rb") as file:
        for time, frame in dpkt.pcap.Reader(file):
            ether = dpkt.ethernet.Ethernet(frame)
            source, destination = ether.src.hex(":"), ether.dst.hex(":")
            row = [time, source, destination, source, destination, -1, -1, "other"]
            inner = ether.data
            if isinstance(inner, dpkt.arp.ARP):
                ends = (socket.inet_ntoa(end) for end in (inner.spa, inner.tpa))
                row[3:5], row[7] = ends, "arp"
            elif isinstance(inner, (dpkt.ip.IP, dpkt.ip6.IP6)):
                family = socket.AF_INET if len(inner.src) == 4 else socket.AF_INET6
                row[3:5] = (socket.inet_ntop(family, x) for x in (inner.src, inner.dst))
                names = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}
                row[7] = names.get(inner.p, "other")
                if row[7] in ("tcp", "udp") and not isinstance(inner.data, bytes):
                    row[5:7] = inner.data.sport, inner.data.dport
            expected.append(tuple(row))
    table = read_packets(path)
    assert table.report.clean
    ours = table.to_frame().drop(columns="length").itertuples(index=False, name=None)
    assert list(ours) == expected
