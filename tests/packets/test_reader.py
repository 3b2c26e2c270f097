"""Every kind of source gives the same packets, or an error that helps."""

import gzip
import io
import os
import struct
import threading
import zlib

import numpy as np
import pandas as pd
import pytest

from skmirai.feature_extraction import AfterImageExtractor
from skmirai.packets import PacketReader, PacketTable, PacketWarning, read_packets
from skmirai.packets._report import MALFORMED

HEADER = [
    *("frame.time_epoch", "frame.len", "eth.src", "eth.dst", "ip.src", "ip.dst"),
    *("tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport"),
    *("icmp.type", "icmp.code", "arp.opcode", "arp.src.hw_mac", "arp.src.proto_ipv4"),
    *("arp.dst.hw_mac", "arp.dst.proto_ipv4", "ipv6.src", "ipv6.dst"),
]
LINE = ["1540446382.933899000", "60", "5c:cf:7f:05:f2:c6", "4c:09:d4:c6:12:7b"]
LINE += ["192.168.2.108", "52.24.43.67", "21074", "80", *[""] * 11]
TSV = "".join("\t".join(line) + "\n" for line in (HEADER, LINE, LINE)).encode()
LINK_105 = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 105)


@pytest.fixture
def pcap(data_dir):
    return (data_dir / "kitsune" / "mirai_benign_head_2000.pcap").read_bytes()


def assert_same(packets, expected):
    np.testing.assert_array_equal(packets.records, expected.records)


@pytest.mark.real_data
def test_pcap_and_tshark_fields_give_identical_features(data_dir):
    folder = data_dir / "kitsune"
    captured = read_packets(folder / "mirai_benign_head_2000.pcap")
    fields = read_packets(folder / "mirai_benign_head.pcap.tsv.gz")
    assert (len(captured), len(fields)) == (2000, 38363)
    for clock in ("relative", "epoch"):
        extractor = AfterImageExtractor(clock=clock)
        np.testing.assert_array_equal(
            extractor.transform(captured), extractor.transform(fields)[:2000]
        )
    # All that differs is that tshark was not asked for ICMPv6.
    ours, theirs = captured.to_frame(), fields[:2000].to_frame()
    ours["protocol"] = ours["protocol"].replace("icmpv6", "other")
    pd.testing.assert_frame_equal(ours, theirs)


@pytest.mark.real_data
def test_every_kind_of_source_gives_the_same_packets(pcap, tmp_path):
    expected = read_packets(io.BytesIO(pcap))
    path = tmp_path / "no ending"
    path.write_bytes(pcap)
    packed = tmp_path / "packed"
    half = len(pcap) // 2
    packed.write_bytes(gzip.compress(pcap[:half]) + gzip.compress(pcap[half:]))
    assert_same(read_packets(path), expected)
    assert_same(read_packets(str(path)), expected)
    assert_same(read_packets(packed), expected)
    assert_same(read_packets(expected), expected)
    with open(path, "rb") as file:
        assert_same(read_packets(file), expected)
    with open(path, "rb", buffering=0) as file:
        assert_same(read_packets(PacketReader(file)), expected)
    frame = read_packets(expected.to_frame())
    for name in ("time", "length", "source_low", "destination_high", "protocol"):
        np.testing.assert_array_equal(frame.records[name], expected.records[name])


@pytest.mark.real_data
def test_a_pipe_gives_packets_before_it_ends(pcap):
    read_end, write_end = os.pipe()
    expected = read_packets(io.BytesIO(pcap))
    go_on = threading.Event()

    def write():
        with open(write_end, "wb", buffering=0) as file:
            file.write(pcap[:10_000])
            assert go_on.wait(60)
            file.write(pcap[10_000:])

    writer = threading.Thread(target=write)
    writer.start()
    tables = []
    with open(read_end, "rb") as file:
        for table in PacketReader(file):
            tables.append(table)
            go_on.set()  # the rest is written after the first packets have come
    writer.join()
    assert len(tables) >= 2
    assert_same(PacketTable.concatenate(tables), expected)


@pytest.mark.real_data
@pytest.mark.parametrize("packed", [False, True])
def test_a_growing_capture_continues(pcap, packed):
    whole = read_packets(io.BytesIO(pcap))
    data = gzip.compress(pcap) if packed else pcap
    expected = AfterImageExtractor().transform(whole)
    extractor, file, rows = AfterImageExtractor(), io.BytesIO(), []
    reader = PacketReader(file)
    for start in range(0, len(data), 30_011):
        file.write(data[start : start + 30_011])
        file.seek(start)
        rows.append(extractor.partial_transform(reader))
        assert extractor.report_.clean
        assert extractor.report_.n_packets == len(rows[-1])
    assert reader.report.n_packets == 2000
    assert reader.finish().report.clean
    np.testing.assert_array_equal(np.vstack(rows), expected)


@pytest.mark.real_data
def test_packed_data_that_end_early_say_so(pcap):
    packed = gzip.compress(pcap)
    with pytest.warns(PacketWarning, match="packed data end too early"):
        packets = read_packets(io.BytesIO(packed[: len(packed) // 2]))
    assert 100 < len(packets) < 2000
    broken = bytearray(packed)
    broken[len(packed) // 2] ^= 0xFF
    with pytest.warns(PacketWarning, match="packed data are damaged"):
        packets = read_packets(io.BytesIO(bytes(broken)))
    assert 100 < len(packets) < 2000
    assert len(read_packets(io.BytesIO(packed + bytes(100)))) == 2000  # padding
    for data in (packed[:5], packed[:2] + b"damage"):
        with pytest.raises(ValueError, match="cannot be unpacked: the packed data"):
            read_packets(io.BytesIO(data))


@pytest.mark.parametrize("n_zeros", [0, 1, 5000])  # more than is unpacked at a time
def test_what_follows_the_packed_data_is_read_or_said(n_zeros):
    packed = gzip.compress(TSV) + bytes(n_zeros)
    assert read_packets(io.BytesIO(packed)).report.clean
    more = gzip.compress(TSV[TSV.index(b"\n") + 1 :])
    again = read_packets(io.BytesIO(packed + more + bytes(n_zeros)))
    assert (len(again), again.report.clean) == (4, True)
    for rest in (b"garbage", b"garbage" + more, b"\xff"):
        with pytest.warns(PacketWarning, match="2 packets; bytes that are not packed"):
            assert len(read_packets(io.BytesIO(packed + rest))) == 2
    with pytest.warns(PacketWarning, match="2 packets; the packed data are damaged"):
        read_packets(io.BytesIO(packed + b"\x1f garbage"))
    with pytest.warns(PacketWarning, match="2 packets; the packed data end too early"):
        read_packets(io.BytesIO(packed + more[:5]))


def test_packed_data_damaged_at_their_start_say_so():
    packed = gzip.compress(TSV, mtime=0)
    damaged = packed[:10] + b"\xff" * 8 + packed[18:]
    # A head that came out before the damage is too short to tell what it was.
    head = zlib.compressobj(wbits=31)
    cut = head.compress(TSV[:3]) + head.flush(zlib.Z_SYNC_FLUSH)
    for data, problem in (
        (damaged, "are damaged"),
        (packed[:5], "end too early"),
        (cut, "end too early"),
        (cut + b"\xff" * 20, "are damaged"),
    ):
        with pytest.raises(ValueError, match=f"cannot be unpacked: .*data {problem}"):
            read_packets(io.BytesIO(data))
    for nothing in (gzip.compress(b""), gzip.compress(b"") * 2 + bytes(9)):
        with pytest.raises(ValueError, match="the stream is empty: expected packets"):
            read_packets(io.BytesIO(nothing))


def test_fields_of_tshark_in_pieces_and_without_a_last_newline():
    expected = read_packets(io.BytesIO(TSV))
    assert len(expected) == 2
    assert_same(read_packets(io.BytesIO(TSV[:-1])), expected)
    assert_same(read_packets(io.BytesIO(TSV.replace(b"\n", b"\r\n"))), expected)
    file = io.BytesIO()
    reader, found = PacketReader(file), []
    for start in range(0, len(TSV), 5):
        file.seek(start)
        file.write(TSV[start : start + 5])
        file.seek(start)
        found.append(reader.read().records)
    np.testing.assert_array_equal(np.concatenate(found), expected.records)
    with pytest.warns(PacketWarning, match="70 bytes unreadable; the last line lacks"):
        assert len(read_packets(io.BytesIO(TSV + TSV[-91:-21]))) == 2


def test_lines_with_too_few_or_too_many_fields_are_counted():
    line = TSV.splitlines(keepends=True)[1]
    short, long = b"1540446383.0\t60\n", line[:-1] + b"\tx\n"
    with pytest.warns(PacketWarning, match="5 packets, 2 malformed"):
        packets = read_packets(io.BytesIO(TSV + short + b"\n" + long + line))
    assert packets.records["flags"].tolist() == [0, 0, MALFORMED, MALFORMED, 0]
    assert packets.records["length"].tolist() == [60] * 5
    assert_same(packets[[0, 1, 4]], packets[[0, 0, 0]])


def test_lines_that_lack_fields_are_counted_however_they_are_cut():
    """Pandas takes the names to be too many where no line of a piece is whole."""
    header, line, _ = TSV.splitlines(keepends=True)
    data = header + b"1540446382\t60\n" * 3 + line
    whole = read_packets(io.BytesIO(data), on_malformed="ignore")
    assert whole.records["flags"].tolist() == [MALFORMED] * 3 + [0]
    for end in (len(header) + 15, len(data) - len(line)):
        file = io.BytesIO(data[:end])
        reader = PacketReader(file)
        first = reader.read()
        file.write(data[end:])
        file.seek(end)
        found = np.concatenate([first.records, reader.read().records])
        np.testing.assert_array_equal(found, whole.records)


def test_a_carriage_return_within_a_line_is_no_end_of_it():
    text = TSV.replace(b"52.24.43.67", b"52.24.43.67\r")
    assert_same(read_packets(io.BytesIO(text)), read_packets(io.BytesIO(TSV)))


def test_a_table_that_lacks_columns_is_named(tmp_path):
    path = tmp_path / "fields.tsv"
    path.write_bytes(TSV.replace(b"ip.dst", b"ip.ttl"))
    with pytest.raises(ValueError, match=r"fields\.tsv lacks the columns \['ip.dst'\]"):
        read_packets(path)
    path.write_bytes(TSV.replace(b"icmp.code", b"icmp.type"))
    with pytest.raises(ValueError, match=r"fields\.tsv has two columns of one name"):
        read_packets(path)


def test_a_table_without_lines_holds_no_packets():
    header = TSV[: TSV.index(b"\n")]
    for data in (header, header + b"\n", header + b"\n\n"):
        assert len(read_packets(io.BytesIO(data))) == 0
        with pytest.raises(ValueError, match=r"holds no packets: 0 packets"):
            AfterImageExtractor().transform(io.BytesIO(data))
        assert AfterImageExtractor().partial_transform(io.BytesIO(data)).shape == (
            0,
            115,
        )


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (b"", ValueError, "the stream is empty: expected packets"),
        (b"PK\3\4 zipped", ValueError, r"begins with b'PK.*expected a pcap or pcapng"),
        (b"\xd4\xc3\xb2\xa1 too short", ValueError, "begins with b'.xd4"),
        (b"frame.tim", ValueError, "begins with b'frame.ti"),
        (b"frame.time_epoch\tip.src\n", ValueError, r"lacks the columns \['frame.len'"),
        (TSV + b"x" * (1 << 21), ValueError, "a line of more than 1048576 bytes"),
        (TSV.replace(b"\t60\t", b"\t-1\t"), ValueError, "lines from 2 on: length=-1"),
        (TSV.replace(b"1540446382", b"noon"), ValueError, "frame.time_epoch='noon.933"),
        (TSV.replace(b"21074", b"70000"), ValueError, "port='70000' must be a whole"),
        (3, TypeError, "a source of type int cannot be read: expected a path"),
        (None, TypeError, "a source of type NoneType"),
        (io.StringIO("text"), TypeError, "type StringIO .* binary mode"),
    ],
)
def test_what_is_no_source_is_refused(source, error, message):
    given = io.BytesIO(source) if isinstance(source, bytes) else source
    with pytest.raises(error, match=message):
        read_packets(given)


def test_control_characters_in_names_are_escaped(tmp_path):
    path = tmp_path / "a\x1b[2Jb\n.pcap"
    for content, message in (
        (b"", "is empty"),
        (b"PK\3\4 zipped", "begins with"),
        (b"frame.time_epoch\tip.src\n", "lacks the columns"),
        (TSV.replace(b"\t60\t", b"\t-1\t"), "lines from 2 on"),
        (LINK_105, "link type 105 cannot be read"),
        (gzip.compress(bytes(9))[:-9], "cannot be unpacked|begins with"),
    ):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message) as caught:
            read_packets(path)
        assert str(caught.value).startswith(f"{tmp_path}/a\\x1b[2Jb\\n.pcap")
    path.write_bytes(TSV.splitlines()[0])
    with pytest.raises(ValueError, match=r"a\\x1b\[2Jb\\n\.pcap holds no packets"):
        AfterImageExtractor().transform(path)


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_packets(tmp_path / "nowhere.pcap")
    with pytest.raises(OSError, match="directory"):
        read_packets(tmp_path)


def test_progress_is_shown_where_it_is_asked_for(tmp_path, capsys):
    path = tmp_path / "packets.tsv"
    path.write_bytes(TSV)
    for verbose in (False, "auto"):  # the tests run off a terminal
        AfterImageExtractor(verbose=verbose).transform(path)
        assert capsys.readouterr().err == ""
    AfterImageExtractor(verbose=True).transform(path)
    shown = capsys.readouterr()
    assert "packets: 100%" in shown.err
    assert "features: 100%" in shown.err
    assert shown.out == ""


@pytest.mark.slow
def test_without_numba_the_extra_is_named(run_python):
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from skmirai.feature_extraction import AfterImageExtractor\n"
        "from skmirai.packets import read_packets\n"
        "import io\n"
        f"packets = read_packets(io.BytesIO({TSV!r}))\n"  # text needs no numba
        "try: AfterImageExtractor().transform(packets)\n"
        "except ImportError as error: print(error)"
    )
    expected = "captures and AfterImage need numba: pip install 'skmirai[pcap]'"
    assert run_python(code).strip() == expected


@pytest.mark.slow
def test_importing_does_not_load_numba(run_python):
    modules = "skmirai.packets, skmirai.feature_extraction"
    code = f"import sys, {modules}; print('numba' in sys.modules)"
    assert run_python(code).strip() == "False"
