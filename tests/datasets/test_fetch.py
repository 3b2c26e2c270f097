"""The Mirai table fetched from a real server, small in place of the published one."""

import contextlib
import errno
import gzip
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from skmirai.datasets import (
    DatasetNotFoundError,
    DownloadError,
    InvalidDatasetError,
    _conversion,
    _fetch,
    _store,
    fetch_kitsune_mirai,
    verify_kitsune_mirai,
)
from skmirai.datasets._store import Structure

DATA, LABELS = "Mirai_dataset.csv.gz", "Mirai_labels.csv.gz"
SMALL = Structure((200, 116), (40, 160))


def publish(server, kitsune, data=None, labels=None):
    data = kitsune.data() if data is None else data
    labels = "\n".join(kitsune.labels) if labels is None else labels
    server.files |= {
        f"/{DATA}": gzip.compress(data.encode()),
        f"/{LABELS}": gzip.compress(labels.encode()),
    }


@pytest.fixture
def server(file_server, kitsune, monkeypatch):
    monkeypatch.setattr(_store, "_STRUCTURE", SMALL)
    publish(file_server, kitsune)
    return file_server


@pytest.fixture
def fetch(server, tmp_path):
    def call(subset="full", **settings):
        fixed = {"data_home": tmp_path, "base_url": server.url, "delay": 0}
        return fetch_kitsune_mirai(subset, **fixed | settings)

    return call


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "skmirai" / "kitsune_mirai"


def test_fetch_once(fetch, server, kitsune, folder):
    bunch = fetch()
    np.testing.assert_array_equal(bunch.data, kitsune.X)
    np.testing.assert_array_equal(bunch.target, kitsune.y)
    names = {"Mirai_data.npy", "Mirai_labels.npy", "receipt.json"}
    assert {path.name for path in folder.iterdir()} == names
    assert server.paths == [f"/{LABELS}", f"/{DATA}"]
    server.close()
    np.testing.assert_array_equal(fetch().data, bunch.data)
    assert fetch(download_if_missing=False, return_X_y=True)[0].shape == (200, 116)
    assert set(verify_kitsune_mirai(folder.parents[1])) == names - {"receipt.json"}


def test_the_published_structure_is_the_default(file_server, kitsune, tmp_path):
    assert Structure((764_137, 116), (121_621, 642_516)) == _store._STRUCTURE
    publish(file_server, kitsune)
    with pytest.raises(InvalidDatasetError, match="40 zeros and 160 ones, expected 1"):
        fetch_kitsune_mirai(data_home=tmp_path, base_url=file_server.url)
    assert file_server.paths == [f"/{LABELS}"]  # the large file is spared


def test_parameters_reach_the_table(fetch, kitsune):
    bunch = fetch("half", drop_index=True, as_frame=True, random_state=3)
    assert bunch.frame.shape == (100, 116)
    np.testing.assert_array_equal(bunch.data, kitsune.X[bunch.rows, 1:])
    assert isinstance(fetch(mmap_mode="r").data, np.memmap)


def test_address_from_the_environment(fetch, server, monkeypatch, folder):
    monkeypatch.setenv("SKMIRAI_UCI_URL", server.url.rstrip("/"))
    fetch(base_url=None)
    archives = json.loads((folder / "receipt.json").read_text())["archives"]
    assert archives[DATA]["url"] == f"{server.url}{DATA}"


def test_data_home_from_the_environment(fetch, monkeypatch, tmp_path):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "other"))
    bunch = fetch(data_home=None)
    assert bunch.data_filename.startswith(str(tmp_path / "other" / "skmirai"))


@pytest.mark.parametrize("url", ["ftp://x/", "/folder", "file:///folder"])
def test_addresses_that_are_none(fetch, url, folder):
    with pytest.raises(ValueError, match="must begin with http"):
        fetch(base_url=url)
    assert not folder.exists()


def test_missing_and_not_to_be_downloaded(fetch, server, folder):
    with pytest.raises(OSError, match="download_if_missing is False"):
        fetch(download_if_missing=False)
    with pytest.raises(DatasetNotFoundError, match="call fetch_kitsune_mirai"):
        verify_kitsune_mirai(folder.parents[1])
    assert not folder.exists()
    assert server.paths == []


@pytest.mark.slow
def test_nothing_is_created_on_import(run_python, tmp_path):
    home = tmp_path / "home"
    run_python("import skmirai.datasets", SCIKIT_LEARN_DATA=str(home), HOME=str(home))
    assert not home.exists()


def test_interrupted_download_goes_on(fetch, server, kitsune):
    server.faults = [None, "cut"]
    np.testing.assert_array_equal(fetch().data, kitsune.X)
    size = len(server.files[f"/{DATA}"])
    assert server.ranges == [None, None, f"bytes={size // 2}-"]
    assert server.sent[1:] == [size // 2, size - size // 2]


def test_not_found_says_what_to_do(fetch, server):
    del server.files[f"/{DATA}"]
    with pytest.raises(DownloadError, match=r"404 .*base_url=.*by hand") as caught:
        fetch()
    assert f"{server.url}{DATA}" in str(caught.value)
    assert "load_kitsune_mirai" in str(caught.value)


WRONG = {
    "a row less": (lambda text: text[text.index("\n") + 1 :], r"shape \(199, 116\)"),
    "no counter": (
        lambda text: "\n".join(x.partition(",")[2] for x in text.split("\n")),
        r"shape \(200, 115\)",
    ),
    "a bad value": (lambda text: text.replace(",0,", ",x,", 1), "'x' in line"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_tables_are_not_kept(fetch, server, kitsune, folder, wrong):
    change, message = WRONG[wrong]
    publish(server, kitsune, data=change(kitsune.data()))
    with pytest.raises(InvalidDatasetError, match=message) as caught:
        fetch()
    assert server.url in str(caught.value)
    publish(server, kitsune)
    np.testing.assert_array_equal(fetch().data, kitsune.X)


@pytest.mark.parametrize("what", [DATA, LABELS])
@pytest.mark.parametrize("raw", ["cut", "html", "html in gz", "empty"])
def test_wrong_files_are_not_kept(fetch, server, kitsune, folder, what, raw):
    good = server.files[f"/{what}"]
    page = b"<!DOCTYPE html><html>Please log in</html>"
    server.files[f"/{what}"] = {
        "cut": good[:-9],
        "html": page,
        "html in gz": gzip.compress(page),
        "empty": b"",
    }[raw]
    with pytest.raises(InvalidDatasetError, match=r"cut off|web page|empty"):
        fetch()
    server.files[f"/{what}"] = good
    np.testing.assert_array_equal(fetch().data, kitsune.X)
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize("what", [DATA, LABELS])
def test_an_archive_put_there_is_used_and_kept(fetch, server, kitsune, folder, what):
    folder.mkdir(parents=True)
    path = folder / what
    path.write_bytes(wrong := gzip.compress(b"1,2,3\n"))
    with pytest.raises(InvalidDatasetError, match="was there and not down") as caught:
        fetch()
    assert str(path) in str(caught.value)
    assert server.url not in str(caught.value)
    assert path.read_bytes() == wrong
    path.write_bytes(right := server.files.pop(f"/{what}"))
    np.testing.assert_array_equal(fetch().data, kitsune.X)
    assert f"/{what}" not in server.paths
    assert path.read_bytes() == right
    assert len(list(folder.iterdir())) == 4


def test_a_table_that_changed_since_it_was_accepted(fetch, server, kitsune, folder):
    fetch()
    (folder / "Mirai_data.npy").unlink()
    publish(server, kitsune, data=kitsune.data().replace("\n1,", "\n7,"))
    with pytest.raises(InvalidDatasetError, match=r"other than .* accepted earlier"):
        fetch()
    publish(server, kitsune)
    server.paths.clear()
    server.files[f"/{DATA}"] = gzip.compress(kitsune.data().encode(), 1)
    np.testing.assert_array_equal(fetch().data, kitsune.X)  # packed anew, but equal
    assert server.paths == [f"/{DATA}"]  # the labels were still there
    (folder / "Mirai_data.npy").unlink()
    (folder / "receipt.json").unlink()
    publish(server, kitsune, data=kitsune.data().replace("\n1,", "\n7,"))
    assert fetch().data[1, 0] == 7


def test_verify_sees_a_changed_byte(fetch, folder, tmp_path):
    fetch()
    path = folder / "Mirai_data.npy"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(InvalidDatasetError, match=r"Mirai_data\.npy has changed"):
        verify_kitsune_mirai(tmp_path)


@pytest.mark.parametrize("harm", ["cut", "receipt", "labels"])
def test_a_damaged_cache_is_made_again(fetch, server, kitsune, folder, harm):
    fetch()
    path = folder / "Mirai_data.npy"
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:-8])
    elif harm == "receipt":
        (folder / "receipt.json").write_text('{"arrays": 3}')
    else:
        (folder / "Mirai_labels.npy").unlink()
    np.testing.assert_array_equal(fetch().data, kitsune.X)
    assert len(list(folder.iterdir())) == 3


def test_a_read_only_data_home(fetch, tmp_path, folder, monkeypatch):
    home = tmp_path / "read-only"
    home.mkdir(mode=0o500)

    def mkdir(self, *args, **settings):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    if os.access(home, os.W_OK):  # root writes everywhere
        monkeypatch.setattr(type(home), "mkdir", mkdir)
    with pytest.raises(PermissionError, match=r"writing to .*give a data_home"):
        fetch(data_home=home)
    with pytest.raises(DatasetNotFoundError):
        fetch(data_home=home, download_if_missing=False)


def test_a_complete_read_only_cache_is_enough(fetch, folder, monkeypatch):
    fetch()
    monkeypatch.setattr(_fetch, "locked", None)
    monkeypatch.setattr(_store, "download", None)
    assert fetch().data.shape == (200, 116)


def test_a_full_disk(fetch, folder, monkeypatch):
    def write_npy(*args, **settings):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_conversion, "write_npy", write_npy)
        with pytest.raises(OSError, match=r"No space left .* has 1 GB free"):
            fetch()
    assert fetch().data.shape == (200, 116)


# --- several processes, and killed ones --------------------------------------------

CHILD = """
import sys
from skmirai.datasets import _conversion, _store, _download, fetch_kitsune_mirai
_store._STRUCTURE = _store.Structure((200, 116), (40, 160))
home, url, mode = sys.argv[1:]
def hang():
    print("half-way", flush=True)
    sys.stdin.read()
whole, read = _conversion.read_numbers, _download._read
def read_numbers(path, *args, **more):
    for rows in whole(path, *args, **more, block=20_000):
        yield rows
        if mode == "conversion" and "dataset" in path.name:
            hang()
def read_some(response):
    if mode == "download" and "dataset" in response.url:
        read_some.n = getattr(read_some, "n", 0) + 1
        if read_some.n == 3:
            hang()
    return read(response)
_conversion.read_numbers, _download._read, _download._CHUNK = (
    read_numbers, read_some, 10_000)
if mode == "race":
    print("ready", flush=True)
    sys.stdin.read(1)
print(fetch_kitsune_mirai(data_home=home, base_url=url).data.sum())
"""


@contextlib.contextmanager
def child(tmp_path, server, mode):
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path), server.url, mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow(after=1)
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
@pytest.mark.parametrize("moment", ["download", "conversion"])
def test_killed_in_the_middle(fetch, server, kitsune, tmp_path, folder, moment):
    with child(tmp_path, server, moment) as process:
        assert process.stdout.readline() == "half-way\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    server.ranges.clear()
    np.testing.assert_array_equal(fetch().data, kitsune.X)
    assert len(list(folder.iterdir())) == 3
    if moment == "download":
        (asked,) = server.ranges  # for the rest of the data, not for the labels
        assert 0 < int(asked.removeprefix("bytes=").removesuffix("-")) <= 20_000
    else:
        assert server.ranges == []


@pytest.mark.slow
def test_processes_at_once_download_once(server, kitsune, tmp_path, folder):
    with contextlib.ExitStack() as stack:
        children = [
            stack.enter_context(child(tmp_path, server, "race")) for _ in range(3)
        ]
        for process in children:
            assert process.stdout.readline() == "ready\n"
        outputs = []
        for process in children:
            process.stdin.write("x")
            process.stdin.flush()
        for process in children:
            outputs.append(process.communicate()[0])
            assert process.returncode == 0
    assert {float(output) for output in outputs} == {kitsune.X.sum()}
    assert sorted(server.paths) == [f"/{DATA}", f"/{LABELS}"]
    assert len(list(folder.iterdir())) == 3
