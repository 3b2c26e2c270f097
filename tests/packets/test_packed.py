"""Packed captures: what compresses well is read, what no capture holds is refused."""

import gzip
import io
import struct
import tracemalloc

import numpy as np
import pytest

from skmirai.packets import PACKET, PacketReader, read_packets
from skmirai.packets._gzip import FREE_PACKETS

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def flood(n, step):
    """Equal frames of 60 bytes, one each step of microseconds."""
    fields = [(name, "<u4") for name in ("seconds", "micros", "held", "sent")]
    records = np.zeros(n, [*fields, ("frame", "V60")])
    records["seconds"], records["micros"] = np.divmod(np.arange(n) * step, 10**6)
    records["held"] = records["sent"] = 60
    return HEADER + records.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, 10, 1000])
def test_a_flood_of_equal_frames_is_read(step):
    plain = flood(200_000, step)
    packed = gzip.compress(plain, 9)
    assert 20 * len(packed) < len(plain)
    packets = read_packets(io.BytesIO(packed))
    expected = read_packets(io.BytesIO(plain))
    np.testing.assert_array_equal(packets.records, expected.records)


@pytest.mark.slow
def test_records_of_zeros_are_refused_before_they_take_memory():
    n = 20_000_000
    packed = gzip.compress(HEADER + bytes(16 * n), 9)
    assert len(packed) < 400_000
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"the stream: \d{3},\d{3} packets have"):
            read_packets(io.BytesIO(packed))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * PACKET.itemsize * (FREE_PACKETS + len(packed)) + 2**26
    assert peak < n * PACKET.itemsize / 10


def test_what_is_refused_packed_is_read_plain(tmp_path):
    path = tmp_path / "equal.pcap"
    path.write_bytes(HEADER + bytes(16 * 200_000))
    assert len(read_packets(path, on_malformed="ignore")) == 200_000
    packed = tmp_path / "equal.pcap.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    message = (
        r"equal\.pcap\.gz: 131,\d{3} packets have come out of 3,\d{3} packed bytes, "
        "expected at most 65,536 and one for each byte: .* unpack it with gunzip"
    )
    with pytest.raises(ValueError, match=message):
        read_packets(packed)
    few = gzip.compress(HEADER + bytes(16 * FREE_PACKETS))
    assert len(read_packets(io.BytesIO(few), on_malformed="ignore")) == FREE_PACKETS


def test_pieces_of_packed_data_come_one_after_the_other():
    plain = flood(100_000, 1000)
    reader = PacketReader(io.BytesIO(gzip.compress(plain)))
    first = next(iter(reader))
    assert 0 < len(first) < 2**21 / 76
    rest = reader.read()  # nothing is lost where an iteration was left
    found = np.concatenate([first.records, rest.records])
    expected = read_packets(io.BytesIO(plain)).records
    np.testing.assert_array_equal(found, expected)
    assert reader.report.n_packets == 100_000


def test_a_section_has_not_more_interfaces_than_any_machine():
    def block(kind, body):
        size = struct.pack("<I", len(body) + 12)
        return struct.pack("<I", kind) + size + body + size

    section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack("<HHI", 1, 0, 0))
    packet = block(6, struct.pack("<5I", 65_535, 0, 7, 0, 0))
    some = section + interface * 65_536 + packet
    assert read_packets(io.BytesIO(some), on_malformed="ignore").report.n_packets == 1
    problem = "more than 65,536 interfaces"
    for data in (some + interface, section + interface * 65_537 + packet):
        packets = read_packets(io.BytesIO(data), on_malformed="ignore")
        assert problem in packets.report.problems[0]
        assert packets.report.n_unreadable_bytes >= len(interface)
