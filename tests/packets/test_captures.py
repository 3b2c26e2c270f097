"""Both capture formats, in every order of bytes, in any pieces, cut anywhere."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmirai.packets import PacketReader, PacketWarning, read_packets
from skmirai.packets._report import MALFORMED, SNAPPED, UNTIMED

FRAME = bytes.fromhex("5ccf7f05f2c6 4c09d4c6127b 88cc") + bytes(46)
TIMES = [1540446382.933899, 1540446382.933904, 1540446383.000001]


def pcap(times=TIMES, order="<", magic=0xA1B2C3D4, link=1, frames=None, sent=None):
    """A pcap file; times are rounded to its unit."""
    units = 10**9 if magic == 0xA1B23C4D else 10**6
    out = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for k, time in enumerate(times):
        frame = frames[k] if frames else FRAME
        seconds, part = int(time), round((time - int(time)) * units)
        sizes = len(frame), sent or len(frame)
        out += struct.pack(f"{order}IIII", seconds, part, *sizes) + frame
    return out


def block(kind, body, order="<"):
    body += bytes(-len(body) % 4)
    size = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + size + body + size


def section(order="<"):
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(order="<", link=1, options=b"", snap=65535):
    return block(1, struct.pack(f"{order}HHI", link, 0, snap) + options, order)


def option(code, value, order="<"):
    value = struct.pack(f"{order}HH", code, len(value)) + value
    return value + bytes(-len(value) % 4)


def enhanced(ticks, frame=FRAME, number=0, order="<", held=None, sent=None):
    sizes = len(frame) if held is None else held, sent or len(frame)
    head = struct.pack(f"{order}5I", number, ticks >> 32, ticks & 0xFFFFFFFF, *sizes)
    return block(6, head + frame, order)


MICRO = [round(time * 10**6) for time in TIMES]
PCAPNG = section() + interface() + b"".join(enhanced(ticks) for ticks in MICRO)


def read(data):
    return read_packets(io.BytesIO(data), on_malformed="ignore")


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("magic", [0xA1B2C3D4, 0xA1B23C4D])
def test_pcap_in_both_orders_and_units(order, magic):
    packets = read(pcap(order=order, magic=magic))
    assert packets.records["time"].tolist() == TIMES  # to the last bit
    assert packets.records["length"].tolist() == [len(FRAME)] * 3
    assert packets.report.clean


def test_pcapng_gives_the_packets_of_pcap():
    np.testing.assert_array_equal(read(PCAPNG).records, read(pcap()).records)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("resolution", "units", "offset"),
    [
        (6, 10**6, 0),
        (9, 10**9, 0),
        (0x80 | 20, 2**20, 0),
        (3, 1000, -7),
        (19, 10**19, 0),
    ],
)
def test_units_and_offsets_of_pcapng(order, resolution, units, offset):
    options = option(9, bytes([resolution]), order)
    options += option(14, struct.pack(f"{order}q", offset), order) + option(0, b"")
    ticks = [0, units // 4, 5 * units // 4]
    ticks = [t for t in ticks if t < 1 << 64]
    data = section(order) + interface(order, options=options)
    data += b"".join(enhanced(t, order=order) for t in ticks)
    expected = [offset + quarter / 4 for quarter in (0, 1, 5)][: len(ticks)]
    assert read(data).records["time"].tolist() == expected


def test_a_step_of_time_below_64_bits_is_a_number_all_the_same():
    options = option(9, bytes([30])) + option(0, b"")
    data = section() + interface(options=options) + enhanced(1 << 63)
    assert read(data).records["time"][0] == pytest.approx(2**63 * 1e-30, rel=1e-12)


def test_interfaces_and_sections_have_their_own_numbers():
    frame = struct.pack(">H", 0x88CC) + bytes(40)
    cooked = struct.pack(">HHH8s", 0, 1, 6, b"\1\2\3\4\5\6") + frame
    options = option(9, b"\3") + option(0, b"")
    data = section() + interface() + interface(link=113, options=options)
    data += enhanced(2_000_000) + enhanced(3_000, cooked, number=1)
    data += block(0x0BAD, b"of a kind that nobody knows")
    data += (
        section(">") + interface(">", link=113) + enhanced(4_000_000, cooked, order=">")
    )
    frame = read(data).to_frame()
    assert frame["time"].tolist() == [2, 3, 4]
    macs = ["4c:09:d4:c6:12:7b", "01:02:03:04:05:06", "01:02:03:04:05:06"]
    assert frame["source_mac"].tolist() == macs


def test_old_and_simple_packet_blocks():
    old = struct.pack("<HHIIII", 0, 5, 0, 2_000_000, len(FRAME), len(FRAME)) + FRAME
    simple = struct.pack("<I", 100) + FRAME[:40]
    data = section() + interface(snap=40) + block(2, old) + block(3, simple)
    packets = read(data)
    assert packets.records["time"].tolist() == [2, 2]
    assert packets.records["length"].tolist() == [60, 100]
    assert packets.records["flags"].tolist() == [0, SNAPPED | UNTIMED]
    assert packets.report.n_untimed == 1


def test_frames_of_unknown_interfaces_keep_their_length():
    packets = read(
        section() + interface() + enhanced(1_000_000) + enhanced(5, number=3)
    )
    assert packets.records["length"].tolist() == [60, 60]
    assert packets.records["time"].tolist() == [1, 1]
    assert packets.records["flags"].tolist() == [0, MALFORMED | UNTIMED]


def test_a_frame_cannot_be_longer_than_its_block():
    packets = read(section() + interface() + enhanced(0, held=4000, sent=4000))
    assert packets.records["length"].tolist() == [4000]
    assert packets.records["flags"].tolist() == [SNAPPED | MALFORMED]


@pytest.mark.parametrize("data", [pcap(), PCAPNG], ids=["pcap", "pcapng"])
def test_a_capture_cut_anywhere_says_so(data):
    whole = read(data).records
    ends = [
        n for n in range(24, len(data) + 1) if n == len(data) or _whole(data[:n], whole)
    ]
    for size in range(28 if data is PCAPNG else 24, len(data)):
        packets = read(data[:size])
        np.testing.assert_array_equal(packets.records, whole[: len(packets)])
        # Every byte is a packet, a header, or counted.
        assert (packets.report.n_unreadable_bytes == 0) == (size in ends)
        assert packets.report.clean == (size in ends)
    assert len(ends) >= 4


def _whole(data, records):
    """Whether a capture ends between two packets or blocks, by its own sizes."""
    if data[:4] != b"\x0a\x0d\x0d\x0a":
        return (len(data) - 24) % (16 + len(FRAME)) == 0
    place = 0
    while place + 8 <= len(data):
        place += struct.unpack_from("<I", data, place + 4)[0]
    return place == len(data)


@pytest.mark.parametrize("data", [pcap(), PCAPNG], ids=["pcap", "pcapng"])
def test_pieces_give_the_packets_of_the_whole(data):
    whole = read(data).records
    for size in (1, 7, 24, 61, 100):
        file, found = io.BytesIO(), []
        reader = PacketReader(file)
        for start in range(0, len(data), size):
            file.seek(start)
            file.write(data[start : start + size])
            file.seek(start)
            found.append(reader.read().records)
        np.testing.assert_array_equal(np.concatenate(found), whole)
        assert len(reader.finish()) == 0
        assert reader.report.clean
        assert reader.report.n_packets == len(whole)


@pytest.mark.parametrize(
    ("data", "kept", "problem"),
    [
        (pcap()[:100] + b"\xff" * 200, 1, "a packet has an impossible size"),
        (PCAPNG + bytes(100), 3, "a block has an impossible size"),
        (PCAPNG[:-4] + bytes(100), 2, "a block has an impossible size"),
        (PCAPNG + b"\x0a\x0d\x0d\x0a" + bytes(24), 3, "an unknown byte order"),
        (section() + block(1, b"") + PCAPNG, 0, "a block has an impossible size"),
        (b"\x0a\x0d\x0d\x0a" + bytes(50), 0, "an unknown byte order"),
    ],
)
def test_what_cannot_be_read_is_counted_and_said(data, kept, problem):
    with pytest.warns(PacketWarning, match=f"bytes unreadable; .*{problem}"):
        packets = read_packets(io.BytesIO(data))
    assert len(packets) == kept
    assert packets.report.n_unreadable_bytes >= 24
    with pytest.raises(ValueError, match=f"{problem}; set on_malformed='warn'"):
        read_packets(io.BytesIO(data), on_malformed="raise")


def test_a_pcap_of_another_link_type_is_refused_by_number():
    with pytest.raises(ValueError, match=r"link type 105 cannot .* Ethernet \(1\)"):
        read_packets(io.BytesIO(pcap(link=105)))


def test_an_interface_of_another_link_type_costs_its_own_packets_only():
    opened = section() + interface() + interface(link=105) + interface(link=147)
    unused = read(opened + enhanced(1))
    assert unused.report.clean
    used = opened + enhanced(1) + enhanced(2, number=1) + enhanced(3)
    used += enhanced(4, number=1)
    with pytest.warns(PacketWarning, match=r"2 malformed; link type 105 cannot"):
        packets = read_packets(io.BytesIO(used))
    assert packets.records["flags"].tolist() == [0, MALFORMED, 0, MALFORMED]
    assert packets.records["time"].tolist() == [1e-6, 2e-6, 3e-6, 4e-6]
    assert packets.records["length"].tolist() == [60] * 4
    assert packets.records["source_mac"][1] == 0
    assert len(packets.report.problems) == 1
    both = read(used + section() + interface(link=147) + enhanced(5) + b"rest")
    (problem,) = both.report.problems
    assert problem.startswith("link type 105, 147 cannot be read: expected Ethernet")
    assert problem.endswith("tshark; the capture ends within a packet")


def test_the_length_is_that_on_the_wire():
    packets = read(pcap(sent=1514))
    assert packets.records["length"].tolist() == [1514] * 3
    assert packets.report.n_snapped == 3
    assert packets.report.clean


@given(data=st.data(), base=st.sampled_from([pcap(), PCAPNG]))
def test_damaged_captures_are_read_or_refused(data, base):
    damaged = bytearray(base)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged)))
        n_lost = data.draw(st.integers(0, 8))
        damaged[place : place + n_lost] = data.draw(st.binary(max_size=8))
    try:
        packets = read(bytes(damaged))
    except ValueError as error:
        # One damaged byte at the start makes it a gzip file.
        if any(
            text in str(error)
            for text in ("link type", "begins with", "cannot be unpacked")
        ):
            return
        raise
    report = packets.report
    assert len(packets) == report.n_packets <= len(damaged) / 12
    unread = any(problem.startswith("link type") for problem in report.problems)
    assert not unread or report.n_malformed
    assert bool(report.n_unreadable_bytes) <= bool(report.problems)
    assert unread or bool(report.n_unreadable_bytes) == bool(report.problems)
