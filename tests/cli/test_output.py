"""Where the lines go: whole files, growing ones, full disks, odd names."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]

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


PREDICTIONS = """
import sys
from skmirai.cli import main

_, model, *paths = sys.argv
for path in paths:
    sys.argv = ["skmirai", "predict", model, path, "--n-passes", "0"]
    try:
        main()
    except SystemExit:
        pass
"""


@pytest.mark.slow
@posix
def test_odd_names_are_escaped(model, features, tmp_path):
    """They neither break the line nor talk to the terminal."""
    missing, there = tmp_path / "missing", tmp_path / "there"
    shown = {b"a\nb\x1b[2J.csv": "a\\nb\\x1b[2J.csv", b"a\xff.csv": "a\\udcff.csv"}
    there.mkdir()
    for name in shown:
        np.savetxt(there / os.fsdecode(name), features[:5], delimiter=",")
    names = [
        folder / os.fsdecode(name) for folder in (missing, there) for name in shown
    ]
    done = subprocess.run(
        [sys.executable, "-c", PREDICTIONS, model, *names],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=120,
        check=True,
    )
    said = done.stderr.decode().splitlines()
    one, other = shown.values()
    assert said[:2] == [
        f"skmirai: {missing}/{one}: No such file or directory",
        f"skmirai: {missing}/{other}: No such file or directory",
    ]
    assert said[2].startswith(f"{there}/{one}: 5 rows; ")
    assert said[3].startswith(f"{there}/{other}: 5 rows; ")
    assert len(said) == 4
