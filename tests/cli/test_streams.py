"""``skmirai predict`` in a process of its own: the same lines however they come."""

import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise

import pytest

N_PASSES = ["--n-passes", "20"]


@pytest.fixture(scope="module")
def expected(model, capture, tmp_path_factory):
    """Lines of one pass over the whole file."""
    done = subprocess.run(
        [sys.executable, "-m", "skmirai", "predict", model, capture, *N_PASSES],
        capture_output=True,
        check=True,
    )
    assert done.stdout.count(b"\n") == 601
    assert done.stderr.startswith(f"{capture}: 600 packets; ".encode())
    assert done.stderr.count(b"\n") == 1  # TensorFlow says nothing
    return done.stdout


def wait_for(process, path, n_lines):
    """Wait until a file has so many lines."""
    while not path.exists() or path.read_bytes().count(b"\n") < n_lines:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)


@pytest.mark.slow
def test_pieces_of_standard_input(start, model, capture, expected):
    process = start(
        "predict", model, "-", *N_PASSES, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout))
    reader.start()
    whole = capture.read_bytes()
    cuts = [0, 30, 1000, 1001, 20_000, len(whole)]
    for first, last in pairwise(cuts):
        process.stdin.write(whole[first:last])
        process.stdin.flush()
        if last > 1001:  # each packet has its line before more arrives
            while len(lines) < 100:
                assert process.poll() is None
                time.sleep(0.02)
    process.stdin.close()
    assert process.wait(120) == 0
    reader.join()
    assert b"".join(lines) == expected
    process.stdin = None


@pytest.mark.slow
def test_follow_a_growing_file(start, model, capture, expected, tmp_path):
    """Parts of a capture are appended; SIGINT ends the run, tidily."""
    whole = capture.read_bytes()
    growing, output = tmp_path / "growing.pcap", tmp_path / "verdicts.csv"
    growing.touch()
    options = ["--follow", *N_PASSES, "-o", output]
    process = start("predict", model, growing, *options)
    for first, last, n_lines in (
        (0, 10_000, 50),
        (10_000, 10_700, 51),
        (10_700, len(whole), 601),
    ):
        with open(growing, "ab") as file:
            file.write(whole[first:last])
        wait_for(process, output, n_lines)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0
    assert output.read_bytes() == expected
    assert b"600 packets; " in process.stderr.read()


@pytest.mark.slow
def test_interrupted_pipe(start, model, capture, expected, tmp_path):
    """Whole lines, those of the packets that came."""
    output = tmp_path / "verdicts.csv"
    process = start(
        "predict", model, "-", *N_PASSES, "-o", output, stdin=subprocess.PIPE
    )
    process.stdin.write(capture.read_bytes()[:10_000])
    process.stdin.flush()
    wait_for(process, output, 50)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0
    written = output.read_bytes()
    assert written.endswith(b"\n")
    assert expected.startswith(written)


@pytest.mark.slow
def test_nobody_reads_on(start, model, capture):
    process = start("predict", model, capture, "-q", stdout=subprocess.PIPE)
    process.stdout.close()
    assert process.wait(120) == 0
    assert process.stderr.read() == b""
