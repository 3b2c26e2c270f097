"""CSV files are converted once, whole or not at all."""

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from skmirai.datasets import (
    DatasetNotFoundError,
    InvalidDatasetError,
    _conversion,
    convert_csv_to_npy,
    load_kitsune_mirai,
)

DATA = "Mirai_dataset.csv"


def read_with_python(path):
    """Rows of a plain file, through the csv module and float()."""
    with open(path, newline="") as text:
        return np.array([[float(x) for x in row] for row in csv.reader(text)])


@pytest.fixture
def folder(kitsune, tmp_path):
    return kitsune.write(tmp_path)


@pytest.fixture
def readings(monkeypatch):
    """Names of the files that were read from text."""
    names, whole = [], _conversion.read_numbers

    def read_numbers(path, *args, **more):
        names.append(path.name)
        return whole(path, *args, **more)

    monkeypatch.setattr(_conversion, "read_numbers", read_numbers)
    return names


def test_equal_to_an_independent_reading(folder):
    path = convert_csv_to_npy(folder / DATA)
    assert path == folder / f"{DATA}.npy"
    assert np.load(path).tobytes() == read_with_python(folder / DATA).tobytes()
    path = convert_csv_to_npy(str(folder / "Mirai_labels.csv"), content="labels")
    np.testing.assert_array_equal(
        np.load(path), read_with_python(folder / "Mirai_labels.csv")[:, 0]
    )


@pytest.mark.parametrize("block", [1, 3000, 20_000, 10**9])
def test_blocks_of_any_size_give_the_same_file(folder, monkeypatch, block):
    whole = _conversion.read_numbers
    monkeypatch.setattr(
        _conversion, "read_numbers", lambda *a, **k: whole(*a, **k, block=block)
    )
    text = (folder / DATA).read_text()
    (folder / DATA).write_text("\n\n" + text.replace("\n", "\n \n", 5))
    load = load_kitsune_mirai(folder)
    (folder / DATA).write_text(text)
    np.testing.assert_array_equal(load.data, read_with_python(folder / DATA))


def test_read_once_until_the_csv_changes(kitsune, folder, readings):
    for _ in range(3):
        load_kitsune_mirai(folder)
    assert readings == [DATA, "Mirai_labels.csv"]
    (folder / DATA).write_text(kitsune.data().replace("\n1,", "\n7,"))
    os.utime(folder / DATA, ns=(0, 0))  # same size: the time tells
    assert load_kitsune_mirai(folder).data[1, 0] == 7
    assert readings == [DATA, "Mirai_labels.csv", DATA]
    with open(folder / DATA, "a") as file:
        file.write("\n")
    os.utime(folder / DATA, ns=(0, 0))  # same time: the size tells
    load_kitsune_mirai(folder)
    assert len(readings) == 4


@pytest.mark.parametrize("harm", ["note", "cut note", "npy", "cut npy", "format"])
def test_what_is_lost_is_made_again(folder, readings, monkeypatch, harm):
    X = load_kitsune_mirai(folder).data
    npy, note = folder / f"{DATA}.npy", folder / f"{DATA}.npy.json"
    if harm == "note":
        note.unlink()
    elif harm == "cut note":
        note.write_text(note.read_text()[:20])
    elif harm == "npy":
        npy.unlink()
    elif harm == "cut npy":
        npy.write_bytes(npy.read_bytes()[:-100])
    else:
        monkeypatch.setattr(_conversion, "_FORMAT", 99)
    np.testing.assert_array_equal(load_kitsune_mirai(folder).data, X)
    assert readings.count(DATA) == 2
    assert json.loads(note.read_text())["source_name"] == DATA


def test_a_folder_that_moves_keeps_its_conversion(folder, tmp_path, readings):
    load_kitsune_mirai(folder)
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in list(folder.iterdir()):
        if path != moved:
            path.rename(moved / path.name)
    load_kitsune_mirai(moved)
    assert len(readings) == 2


def test_files_left_in_the_folder(folder):
    load_kitsune_mirai(folder)
    names = {DATA, "Mirai_labels.csv"}
    names |= {f"{name}.npy{end}" for name in names for end in ("", ".json")}
    assert {path.name for path in folder.iterdir()} == names
    usual = (folder / DATA).stat().st_mode
    assert (folder / f"{DATA}.npy").stat().st_mode == usual


def test_nothing_is_left_of_a_failed_conversion(folder):
    with open(folder / DATA, "a") as file:
        file.write("1,2,3")
    before = set(folder.iterdir())
    with pytest.raises(InvalidDatasetError, match="line 201: 3 comma"):
        convert_csv_to_npy(folder / DATA)
    assert set(folder.iterdir()) == before


def test_a_failed_conversion_keeps_the_one_before(folder, readings):
    path = convert_csv_to_npy(folder / DATA)
    before = path.read_bytes()
    with open(folder / DATA, "a") as file:
        file.write("1,2,3")
    with pytest.raises(InvalidDatasetError, match="line 201"):
        load_kitsune_mirai(folder)
    assert path.read_bytes() == before
    with pytest.raises(InvalidDatasetError, match="line 201"):
        load_kitsune_mirai(folder)  # the old conversion is not taken for the new


def test_a_file_that_changes_while_it_is_read(folder, monkeypatch):
    whole = _conversion.read_numbers

    def read_numbers(path, *args, **more):
        yield from whole(path, *args, **more)
        os.utime(path, ns=(0, 0))

    monkeypatch.setattr(_conversion, "read_numbers", read_numbers)
    with pytest.raises(InvalidDatasetError, match="changed while it was read"):
        convert_csv_to_npy(folder / DATA)
    assert not (folder / f"{DATA}.npy").exists()


def test_missing_source_and_wrong_content(folder):
    with pytest.raises(DatasetNotFoundError, match=r"no file .*none\.csv"):
        convert_csv_to_npy(folder / "none.csv")
    with pytest.raises(ValueError, match="The 'content' parameter"):
        convert_csv_to_npy(folder / DATA, content="table")


@pytest.mark.parametrize("names", ["equal", "absolute", "relative", "link"])
def test_the_source_is_not_overwritten(folder, monkeypatch, names):
    monkeypatch.chdir(folder)
    source = target = folder / DATA
    if names == "absolute":
        source = DATA
    elif names == "relative":
        target = DATA
    elif names == "link":
        target = folder / "link.csv"
        os.link(source, target)
    before = (folder / DATA).read_bytes()
    with pytest.raises(ValueError, match="is the source"):
        convert_csv_to_npy(source, target)
    assert (folder / DATA).read_bytes() == before


def test_a_target_that_cannot_be_written(folder, monkeypatch):
    path = folder / "none" / "x.npy"
    with pytest.raises(FileNotFoundError, match="give a target in") as caught:
        convert_csv_to_npy(folder / DATA, path)
    assert caught.value.filename == str(path)
    with pytest.raises(IsADirectoryError, match="is a folder: give the name") as caught:
        convert_csv_to_npy(folder / DATA, folder)
    assert caught.value.filename == str(folder)

    def fsync(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match=r"No space left .* has room") as caught:
        convert_csv_to_npy(folder / DATA)
    assert str(caught.value).count("give a target") == 1
    assert caught.value.filename == str(folder / f"{DATA}.npy")


# A conversion that says when it is half-way, and goes on when it may.
SLOW = """
import sys, time
from pathlib import Path
from skmirai.datasets import _conversion, load_kitsune_mirai
folder, mode = Path(sys.argv[1]), sys.argv[2]
whole, n_read = _conversion.read_numbers, 0

def read_numbers(path, *args, **more):
    global n_read
    n_read += "dataset" in path.name
    for rows in whole(path, *args, **more, block=20_000):
        yield rows
        if mode == "hang" and "dataset" in path.name:
            print("half-way", flush=True)
            time.sleep(600)
        time.sleep(0.02)

_conversion.read_numbers = read_numbers
while mode == "race" and not (folder / "go").exists():
    time.sleep(0.001)
X, y = load_kitsune_mirai(folder, return_X_y=True)
print(n_read, X.sum(), y.sum())
"""


def start(folder, mode):
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, str(folder), mode],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_killed_in_the_middle(kitsune, folder):
    load_kitsune_mirai(folder)
    kitsune.write(folder, data=kitsune.data().replace("\n1,", "\n7,"))
    os.utime(folder / DATA, ns=(0, 0))
    with start(folder, "hang") as process:
        assert process.stdout.readline() == "half-way\n"
        process.send_signal(signal.SIGKILL)
    hidden = [path for path in folder.iterdir() if path.name.startswith(".")]
    assert {path.suffix for path in hidden} == {".part", ".lock"}
    X = load_kitsune_mirai(folder).data
    np.testing.assert_array_equal(X, read_with_python(folder / DATA))
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_three_processes_at_once_convert_once(folder):
    processes = [start(folder, "race") for _ in range(3)]
    (folder / "go").touch()
    reports = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(report[0] for report in reports) == ["0", "0", "1"]
    assert len({tuple(report[1:]) for report in reports}) == 1
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_threads_at_once_convert_once(folder, readings):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(load_kitsune_mirai(folder).data))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(np.array_equal(X, found[0]) for X in found)
    assert sorted(readings) == [DATA, "Mirai_labels.csv"]


def test_without_locks_conversions_still_do_not_mix(folder, monkeypatch):
    """On a file system without locks two conversions write files of their own."""

    def no_lock(descriptor, *, blocking):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("skmirai.utils._files._locks.lock_descriptor", no_lock)
    whole, both = _conversion.read_numbers, threading.Barrier(2)

    def read_numbers(path, *args, **more):
        both.wait(60)
        for rows in whole(path, *args, **more, block=20_000):
            yield rows
            time.sleep(0)

    monkeypatch.setattr(_conversion, "read_numbers", read_numbers)
    paths = []
    threads = [
        threading.Thread(target=lambda: paths.append(convert_csv_to_npy(folder / DATA)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 2
    np.testing.assert_array_equal(np.load(paths[0]), read_with_python(folder / DATA))


@pytest.mark.slow
def test_importing_is_light(run_python):
    code = """
import sys, skmirai.datasets
print({"numba", "tensorflow", "sklearn.datasets"} & {*sys.modules})
"""
    assert run_python(code) == "set()\n"
