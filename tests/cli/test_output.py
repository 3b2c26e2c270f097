"""Where the lines go: whole files, growing ones, full disks, odd names."""

import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")
full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")


@pytest.fixture
def table(features, tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, features)
    return path


@pytest.mark.parametrize("kind", ["table", "capture"])
def test_the_old_file_is_kept_until_the_new_one_is_whole(
    call, model, table, capture, tmp_path, monkeypatch, kind
):
    from skmirai.cli._verdicts import Verdicts

    path, seen = tmp_path / "v.csv", []
    path.write_text("precious")
    whole = Verdicts.__call__

    def look(verdicts, X):
        found = whole(verdicts, X)
        seen.append(path.read_text())
        return found

    monkeypatch.setattr(Verdicts, "__call__", look)
    for name in ("skmirai.cli._sources.ROWS", "skmirai.cli._feature_tables.ROWS"):
        monkeypatch.setattr(name, 100)
    source = table if kind == "table" else capture
    options = ["-o", path, "--force", "--n-passes", 0]
    assert call("predict", model, source, *options)[0] == 0
    assert seen == ["precious"] * 6
    assert path.read_text() == call("predict", model, source, "--n-passes", 0)[1]


@posix
def test_a_full_disk_leaves_the_old_file(call, model, table, tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "v.csv"
    path.write_text("precious")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
    try:
        options = ["-o", path, "--force", "--n-passes", 0]
        status, _, err = call("predict", model, table, *options)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert status == 1
    assert err.startswith(f"skmirai: {path}: File too large: give a file in a folder")
    assert err.count("\n") == 1
    assert path.read_text() == "precious"
    assert sorted(os.listdir(tmp_path)) == ["v.csv", "x.npy"]


@pytest.mark.slow
@posix
def test_a_killed_run_leaves_the_old_file(start, model, table, tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("precious")
    options = ["-o", path, "--force", "--batch", 1]
    process = start("predict", model, table, *options)
    while not (tmp_path / ".v.csv.part").exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert path.read_text() == "precious"


@pytest.mark.slow
def test_a_stream_says_that_it_replaces_at_once(start, model, capture, tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("precious")
    options = ["-o", path, "--force", "--n-passes", 0]
    process = start("predict", model, "-", *options, stdin=subprocess.PIPE)
    process.stdin.write(capture.read_bytes()[:10_000])
    process.stdin.flush()
    while path.read_bytes().count(b"\n") < 50:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    process.stdin.close()
    assert process.wait(120) == 0
    process.stdin = None
    said = process.stderr.read().decode().splitlines()
    assert said[0] == (
        f"skmirai: {path} is replaced at the first line, since lines are written as "
        "packets arrive"
    )


@full
@pytest.mark.parametrize("command", ["extract", "predict"])
def test_full_devices(call, model, capture, command):
    first = [model] if command == "predict" else ["--format", "csv"]
    options = ["-o", "/dev/full", "--force"]
    status, _, err = call(command, *first, capture, *options)
    assert status == 1
    assert err.startswith("skmirai: /dev/full: No space left on device: give a file")
    assert err.count("\n") == 1


@pytest.mark.slow
@full
@pytest.mark.parametrize("command", ["extract", "predict"])
def test_full_standard_output(start, model, capture, command):
    first = [model] if command == "predict" else []
    with open("/dev/full", "wb") as nowhere:
        process = start(command, *first, capture, "-q", stdout=nowhere)
        assert process.wait(120) == 1
    assert process.stderr.read().decode() == (
        "skmirai: standard output: No space left on device: make room, or give a file "
        "with -o\n"
    )


@pytest.mark.slow
@posix
@pytest.mark.parametrize("name", [b"a\nb\x1b[2J.csv", b"a\xff.csv"])
def test_odd_names_are_escaped(start, model, features, tmp_path, name):
    """They neither break the line nor talk to the terminal."""
    path = tmp_path / os.fsdecode(name)
    shown = {b"a\nb\x1b[2J.csv": "a\\nb\\x1b[2J.csv", b"a\xff.csv": "a\\udcff.csv"}
    process = start("predict", model, path)
    process.wait(120)
    said = process.stderr.read().decode()
    assert said == f"skmirai: {tmp_path}/{shown[name]}: No such file or directory\n"
    np.savetxt(path, features[:5], delimiter=",")
    process = start("predict", model, path, "--n-passes", 0, stdout=subprocess.DEVNULL)
    process.wait(120)
    said = process.stderr.read().decode()
    assert said.startswith(f"{tmp_path}/{shown[name]}: 5 rows; ")
    assert said.count("\n") == 1
