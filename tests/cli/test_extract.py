"""``skmirai extract``: the features of AfterImageExtractor, in files of any length."""

import errno
import gzip
import os
import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skmirai.cli import _sources, _writers
from skmirai.cli._extract import Format
from skmirai.feature_extraction import (
    FEATURE_NAMES,
    AfterImageExtractor,
    PacketReader,
    read_packets,
)

ROOT = str(Path(__file__).parents[2])
PACKETS = ["time", "source", "destination", "source_port", "destination_port"]
PACKETS += ["protocol"]


def read(path):
    if path.suffix == ".npy":
        return pd.DataFrame(np.load(path), columns=FEATURE_NAMES)
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, engine="pyarrow")  # exact before pandas 3.1 too


@pytest.mark.parametrize("ending", [*Format])
@pytest.mark.parametrize("rows", [7, 100, 4096])
def test_features_are_exact(
    call, capture, features, tmp_path, monkeypatch, ending, rows
):
    monkeypatch.setattr(_sources, "ROWS", rows)
    monkeypatch.setattr(_writers, "GROUP_ROWS", 250)
    path = tmp_path / f"features.{ending}"
    status, out, err = call("extract", capture, "-o", path)
    assert (status, out) == (0, "")
    assert err.startswith(f"{capture}: 600 packets; ")
    assert err.endswith(" packets/s\n")
    found = read(path)
    assert found.columns.tolist() == list(FEATURE_NAMES)
    np.testing.assert_array_equal(found.to_numpy(), features)
    assert [path.name for path in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_columns_of_packets(call, capture, features, tmp_path, ending):
    path = tmp_path / f"features.{ending}"
    assert call("extract", capture, "-o", path, "--packets", "-q") == (0, "", "")
    found = read(path)
    assert found.columns.tolist() == [*PACKETS, *FEATURE_NAMES]
    np.testing.assert_array_equal(found[list(FEATURE_NAMES)], features)
    expected = read_packets(capture).to_frame()[PACKETS]
    pd.testing.assert_frame_equal(found[PACKETS], expected, check_dtype=False)


def test_standard_output_is_csv(call, capture, tmp_path):
    path = tmp_path / "features.csv"
    call("extract", capture, "-o", path)
    assert call("extract", capture, "-q") == (0, path.read_text(), "")


def test_options_reach_the_extractor(call, capture, tmp_path):
    path = tmp_path / "features.npy"
    options = ["--clock", "epoch", "--max-streams", 3]
    status, _, err = call("extract", capture, "-o", path, *options)
    assert status == 0
    extractor = AfterImageExtractor(clock="epoch", max_streams=3)
    np.testing.assert_array_equal(np.load(path), extractor.transform(capture))
    forgotten = sum(extractor.n_evicted_.values())
    assert forgotten > 0
    assert f"; {forgotten} streams forgotten; " in err


def test_format_goes_before_the_ending(call, capture, features, tmp_path):
    path = tmp_path / "features.dat"
    assert call("extract", capture, "-o", path, "--format", "npy")[0] == 0
    np.testing.assert_array_equal(np.load(path), features)


def test_gzipped_capture(call, capture, features, tmp_path):
    packed = tmp_path / "small.pcap.gz"
    packed.write_bytes(gzip.compress(capture.read_bytes()))
    assert call("extract", packed, "-o", tmp_path / "x.npy")[0] == 0
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), features)


@pytest.mark.slow
@pytest.mark.parametrize("ending", [*Format])
def test_no_piece_is_large(call, tmp_path, monkeypatch, ending):
    """The smallest packets that there are give most rows for a piece of the file."""
    n_packets = 50_000
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    record = np.zeros((n_packets, 4), "<u4")
    record[:, 0] = np.arange(n_packets)
    path = tmp_path / "tiny.pcap"
    path.write_bytes(header + record.tobytes())
    with PacketReader(path) as reader:
        assert len(next(iter(reader))) == n_packets

    largest = {"rows": 0, "waiting": 0}
    transform = AfterImageExtractor.partial_transform

    def seen(self, X):
        largest["rows"] = max(largest["rows"], len(X))
        return transform(self, X)

    monkeypatch.setattr(AfterImageExtractor, "partial_transform", seen)
    output = tmp_path / f"features.{ending}"
    assert call("extract", path, "-o", output)[0] == 0
    assert largest["rows"] == _sources.ROWS
    if ending == "parquet":
        from pyarrow.parquet import ParquetFile

        facts = ParquetFile(output).metadata
        groups = [facts.row_group(i).num_rows for i in range(facts.num_row_groups)]
        assert max(groups) < _writers.GROUP_ROWS + _sources.ROWS
        assert sum(groups) == n_packets
    else:
        assert len(read(output)) == n_packets


def test_faulty_frames_are_reported(call, capture, tmp_path):
    path = tmp_path / "cut.pcap"
    path.write_bytes(capture.read_bytes()[:-5])
    status, _, err = call("extract", path, "-o", tmp_path / "x.npy")
    assert status == 0
    assert "599 packets, " in err
    assert "bytes unreadable; the capture ends within a packet; " in err
    assert len(np.load(tmp_path / "x.npy")) == 599


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "x.txt"], "x.txt ends in '.txt': expected .parquet, .npy or .csv"),
        (["-o", "x"], "x ends in '': expected .parquet, .npy or .csv"),
        (["-o", "x.npy", "--packets"], "write a .parquet or .csv file"),
        (["--format", "npy"], "--format npy needs a file"),
        (["-o", "old.csv"], "old.csv exists: give another name, or --force"),
        (["-o", "no/x.csv"], "no: there is no such folder"),
        (["-o", "."], "is a folder"),
    ],
)
def test_output_that_cannot_be(call, capture, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.csv").write_text("precious")
    status, out, err = call("extract", capture, *options)
    assert (status, out) == (1, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert (tmp_path / "old.csv").read_text() == "precious"


def test_force(call, capture, features, tmp_path):
    path = tmp_path / "old.npy"
    path.write_text("old")
    assert call("extract", capture, "-o", path, "--force")[0] == 0
    np.testing.assert_array_equal(np.load(path), features)


@pytest.mark.parametrize("ending", [*Format])
def test_a_link_stays_one(call, capture, tmp_path, ending):
    path, target = tmp_path / f"link.{ending}", tmp_path / "folder" / "x"
    target.parent.mkdir()
    path.symlink_to(target)
    for options in [], ["--force"]:
        assert call("extract", capture, "-o", path, *options)[0] == 0
        assert path.is_symlink()
        assert len(read(path)) == 600
        assert list(target.parent.iterdir()) == [target]


def test_a_pipe_is_written_to(call, capture, tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for ending in "npy", "parquet":
        options = ["-o", path, "--force", "--format", ending]
        status, _, err = call("extract", capture, *options)
        assert status == 1
        assert f"{path} is no regular file: give the name of one, or --format" in err
    found = []
    reader = threading.Thread(target=lambda: found.append(path.read_text()))
    reader.start()
    status = call("extract", capture, "-o", path, "--force", "--format", "csv")[0]
    assert path.is_fifo()
    assert status == 0
    reader.join()
    assert found == [call("extract", capture, "-q")[1]]


@pytest.mark.parametrize("ending", [*Format])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no.pcap: No such file or directory"),
        (b"", "no.pcap is empty: expected packets"),
        (b"PK is no capture", "no.pcap begins with b'PK is no': expected a pcap"),
        (
            struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1),
            "no.pcap holds no packets: 0 packets",
        ),
    ],
)
def test_bad_captures_leave_nothing(call, tmp_path, ending, content, message):
    path = tmp_path / "no.pcap"
    if content is not None:
        path.write_bytes(content)
    there = list(tmp_path.iterdir())
    status, out, err = call("extract", path, "-o", tmp_path / f"x.{ending}")
    assert (status, out) == (1, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == there


def test_parquet_without_pyarrow(call, capture, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    status, _, err = call("extract", capture, "-o", tmp_path / "x.parquet")
    assert status == 1
    assert err == ("skmirai: Parquet files need pyarrow: pip install 'skmirai[pcap]'\n")


def test_standard_input_from_a_file(call, capture, features, tmp_path, monkeypatch):
    with open(capture) as file:
        monkeypatch.setattr(sys, "stdin", file)
        status, _, err = call("extract", "-", "-o", tmp_path / "x.npy")
    assert status == 0
    assert "600 packets" in err
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), features)


def test_named_pipe(call, capture, features, tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=[capture.read_bytes()])
    writer.start()
    assert _sources.kind_of(path) == "capture"
    assert call("extract", path, "-o", tmp_path / "x.npy")[0] == 0
    writer.join()
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), features)


def test_a_terminal_is_no_capture(call, monkeypatch):
    ends = os.openpty()
    with open(ends[1]) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        status, _, err = call("extract", "-")
    os.close(ends[0])
    assert status == 1
    assert err.startswith("skmirai: standard input is a terminal: expected a capture")


@pytest.mark.parametrize("ending", [*Format])
def test_a_folder_that_cannot_be_written(call, capture, tmp_path, monkeypatch, ending):
    path = tmp_path / f"x.{ending}"

    whole = os.open

    def refuse(file, *args, **settings):  # permissions do not stop root
        if ".part" in str(file):
            raise PermissionError(errno.EACCES, "Permission denied", str(file))
        return whole(file, *args, **settings)

    monkeypatch.setattr(os, "open", refuse)
    status, _, err = call("extract", capture, "-o", path)
    assert status == 1
    assert err.startswith(f"skmirai: {path}: Permission denied: give a file in a fold")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
def test_a_full_disk(call, capture):
    options = ["-o", "/dev/full", "--force", "--format", "csv"]
    status, _, err = call("extract", capture, *options)
    assert status == 1
    assert err.startswith("skmirai: /dev/full: No space left on device: give a file")


def test_closed_streams(call, capture, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", None)
        status, _, err = call("extract", "-", "-o", tmp_path / "x.npy")
        assert status == 1
        assert err == (
            "skmirai: standard input is closed: give a file, or use a pipe\n"
        )
    line = f"{sys.executable} -m skmirai extract {capture} >&-"
    done = subprocess.run(
        line, shell=True, env=os.environ | {"PYTHONPATH": ROOT}, stderr=subprocess.PIPE
    )
    assert done.returncode == 1
    assert done.stderr == (b"skmirai: standard output is closed: give a file with -o\n")


@pytest.mark.slow
def test_interrupted_pipe_is_finished(start, capture, features, tmp_path):
    """Ctrl-C while a pipe is silent: what has come is written."""
    path = tmp_path / "features.npy"
    process = start("extract", "-", "-o", path, stdin=subprocess.PIPE)
    whole = capture.read_bytes()
    process.stdin.write(whole[: len(whole) // 2])
    process.stdin.flush()
    while not any(p.stat().st_size > 10_000 for p in tmp_path.iterdir()):
        assert process.poll() is None
    assert not path.exists()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    found = np.load(path)
    assert 0 < len(found) < len(features)
    np.testing.assert_array_equal(found, features[: len(found)])
    assert b"the capture ends within a packet" in process.stderr.read()


@pytest.mark.slow
def test_a_killed_run_leaves_no_half_file(start, capture, tmp_path):
    path = tmp_path / "features.csv"
    process = start("extract", "-", "-o", path, stdin=subprocess.PIPE)
    process.stdin.write(capture.read_bytes())
    process.stdin.flush()
    while not any(p.stat().st_size > 10_000 for p in tmp_path.iterdir()):
        assert process.poll() is None
    process.kill()
    process.wait()
    assert not path.exists()


@pytest.mark.slow
def test_nobody_reads_on(start, capture):
    """As with ``| head -1``: the reader leaves, nothing is said about it."""
    process = start("extract", capture, "-q", stdout=subprocess.PIPE)
    assert process.stdout.readline().startswith(b"MI_dir_L5_weight,")
    process.stdout.close()
    assert process.wait(60) == 0
    assert process.stderr.read() == b""


@pytest.mark.real_data
def test_real_capture(call, data_dir, tmp_path):
    path = data_dir / "kitsune" / "mirai_benign_head_2000.pcap"
    output = tmp_path / "features.parquet"
    status, _, err = call("extract", path, "-o", output, "--packets")
    assert status == 0
    assert ": 2000 packets" in err
    found = read(output)
    expected = AfterImageExtractor().transform(path)
    np.testing.assert_array_equal(found[list(FEATURE_NAMES)], expected)
    assert found["source"].tolist() == read_packets(path).to_frame()["source"].tolist()
