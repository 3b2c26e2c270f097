"""Downloads against a real server with faults."""

import os
import ssl
import time
from urllib.error import URLError

import pytest

from skmirai.datasets import DownloadError, InvalidDatasetError, _download
from skmirai.datasets._download import download
from skmirai.utils._files import sha256

CONTENT = bytes(range(256)) * 4000
RETRIES = {"n_retries": 2, "delay": 0.0, "remedy": "ask for help"}


def fetch(server, tmp_path, **settings):
    path = tmp_path / "file.gz"
    download(f"{server.url}file.gz", path, **RETRIES | settings)
    return path


@pytest.fixture
def server(file_server):
    file_server.files["/file.gz"] = CONTENT
    return file_server


def test_a_file_comes_whole_and_alone(server, tmp_path):
    path = fetch(server, tmp_path)
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]
    assert server.ranges == [None]


def test_digest(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")  # the example of FIPS 180-4
    assert sha256(tmp_path / "x") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@pytest.mark.parametrize("version", ["etag", "date"])
def test_a_cut_connection_goes_on_with_the_rest(server, tmp_path, version):
    server.version = version
    server.faults = ["cut"]
    path = fetch(server, tmp_path)
    assert path.read_bytes() == CONTENT
    half = len(CONTENT) // 2
    assert server.ranges == [None, f"bytes={half}-"]
    assert server.sent == [half, len(CONTENT) - half]


def test_the_next_call_goes_on_too(server, tmp_path):
    server.faults = ["cut"]
    with pytest.raises(DownloadError, match=r"in 1 try: the connection") as caught:
        fetch(server, tmp_path, n_retries=0)
    assert f"{server.url}file.gz" in str(caught.value)
    assert "ask for help" in str(caught.value)
    assert isinstance(caught.value, OSError)
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={len(CONTENT) // 2}-"]
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("fault", ["no ranges", "no version", "weak"])
def test_a_server_that_cannot_go_on_begins_anew(server, tmp_path, fault):
    if fault == "no ranges":
        server.has_ranges = False
    else:
        server.version = fault.removeprefix("no ")
    server.faults = ["cut"]
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.sent == [len(CONTENT) // 2, len(CONTENT)]


@pytest.mark.parametrize("new", [CONTENT[::-1], CONTENT[::-1] + b"longer"])
@pytest.mark.parametrize(("checks", "version"), [(1, "etag"), (0, "etag"), (0, "date")])
def test_a_file_that_changes_between_two_tries_is_not_mixed(
    server, tmp_path, checks, version, new
):
    server.version = version
    server.checks_if_range = checks
    server.faults = ["cut"]
    with pytest.raises(DownloadError):
        fetch(server, tmp_path, n_retries=0)
    server.files["/file.gz"] = new
    assert fetch(server, tmp_path).read_bytes() == new


def test_a_file_that_became_shorter(server, tmp_path):
    server.checks_if_range = False
    server.faults = ["cut"]
    with pytest.raises(DownloadError):
        fetch(server, tmp_path, n_retries=0)
    server.files["/file.gz"] = b"short"
    assert fetch(server, tmp_path).read_bytes() == b"short"


def test_another_part_than_the_one_asked_for(server, tmp_path):
    server.faults = ["cut", "wrong part"]
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.ranges[-1] is None


def test_all_came_but_the_process_died_before_the_renaming(
    server, tmp_path, monkeypatch
):
    def killed(*paths):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            fetch(server, tmp_path)
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.ranges == [None]


def test_without_certainty_of_being_alone_nothing_is_shared(server, tmp_path):
    server.faults = ["cut"]
    with pytest.raises(DownloadError):
        fetch(server, tmp_path, n_retries=0)
    fetch(server, tmp_path, exclusive=False)
    assert server.ranges == [None, None]
    server.faults = [404]
    with pytest.raises(DownloadError):
        fetch(server, tmp_path, exclusive=False)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"file.gz", ".file.gz.part", ".file.gz.part.json"}


def test_killed_between_the_answer_and_its_first_byte(server, tmp_path, monkeypatch):
    """A part of one version is never taken for the start of another."""
    server.faults = ["cut"]
    with pytest.raises(DownloadError):
        fetch(server, tmp_path, n_retries=0)
    server.files["/file.gz"] = new = CONTENT[::-1]

    def killed(response):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_download, "_read", killed)
        with pytest.raises(KeyboardInterrupt):
            fetch(server, tmp_path)
    assert fetch(server, tmp_path).read_bytes() == new


def test_a_part_that_is_too_long_is_dropped(server, tmp_path):
    server.faults = ["cut"]
    with pytest.raises(DownloadError):
        fetch(server, tmp_path, n_retries=0)
    with open(tmp_path / ".file.gz.part", "ab") as part:
        part.write(CONTENT)
    assert fetch(server, tmp_path, n_retries=0).read_bytes() == CONTENT


def test_a_connection_that_stays_open_after_the_end(server, tmp_path, monkeypatch):
    monkeypatch.setattr(_download, "TIMEOUT", 5.0)
    server.faults = ["stays open"]
    assert fetch(server, tmp_path, n_retries=0).read_bytes() == CONTENT


def test_a_length_is_believed_whatever_the_encoding(server, tmp_path):
    server.more_headers = {"Content-Encoding": "x-gzip"}
    server.faults = ["cut"]
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_without_a_length_the_end_is_the_end(server, tmp_path):
    server.tells_length = False
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_busy_server_is_asked_again(server, tmp_path):
    server.faults = [503, 429]
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    server.faults = [503, 503, 503]
    with pytest.raises(DownloadError, match="in 3 tries: HTTP status 503"):
        fetch(server, tmp_path)


@pytest.mark.parametrize("code", [403, 404, 410])
def test_what_is_not_there_is_asked_for_once(server, tmp_path, code):
    server.faults = [code]
    with pytest.raises(DownloadError, match=f"HTTP status {code} .*ask for help"):
        fetch(server, tmp_path)
    assert len(server.ranges) == 1
    assert not list(tmp_path.iterdir())


def test_a_web_page_is_not_kept(server, tmp_path):
    server.files["/file.gz"] = b"\n<!DOCTYPE html><title>Moved</title>"
    with pytest.raises(InvalidDatasetError, match="web page in place of the file"):
        fetch(server, tmp_path)
    assert not list(tmp_path.iterdir())


def test_no_server(server, tmp_path):
    server.close()
    with pytest.raises(DownloadError, match="in 3 tries: no connection"):
        fetch(server, tmp_path)


def test_a_certificate_that_is_not_trusted_is_not_tried_again(
    server, tmp_path, monkeypatch
):
    def urlopen(request, timeout):
        server.ranges.append(None)
        raise URLError(ssl.SSLCertVerificationError("certificate has expired"))

    monkeypatch.setattr(_download.urllib.request, "urlopen", urlopen)
    with pytest.raises(DownloadError, match=r"has expired.*ask for help"):
        fetch(server, tmp_path)
    assert len(server.ranges) == 1


def test_a_silent_server(server, tmp_path, monkeypatch):
    monkeypatch.setattr(_download, "TIMEOUT", 0.2)
    server.faults = ["silent"]
    with pytest.raises(DownloadError, match=r"1 try: .*timed out"):
        fetch(server, tmp_path, n_retries=0)
    server.faults = ["stall"]
    with pytest.raises(DownloadError, match=r"1 try: .*timed out"):
        fetch(server, tmp_path, n_retries=0)
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.ranges[-1] == f"bytes={len(CONTENT) // 2}-"


def test_waits_between_tries(server, tmp_path, monkeypatch):
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    server.faults = [503, 503]
    fetch(server, tmp_path, delay=7.5)
    assert waited == [7.5, 7.5]


def test_a_folder_that_cannot_be_written_is_no_fault_of_the_connection(
    server, tmp_path
):
    path = tmp_path / "missing" / "file.gz"
    with pytest.raises(FileNotFoundError):
        download(f"{server.url}file.gz", path, **RETRIES)
    assert server.ranges == [None]  # asked once, not again and again
