"""Pipes and growing files: what arrives is read, SIGINT is the end, nothing is lost."""

import os
import signal
import threading

import pytest

from skmirai.cli._live import LiveInput


def later(seconds, action):
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def pipe():
    """Both ends of a pipe."""
    ends = list(os.pipe())
    yield ends
    for end in ends:
        os.close(end)


def test_a_pipe_gives_what_has_come(pipe):
    with LiveInput(pipe[0]) as source:
        os.write(pipe[1], b"abc")
        assert source.read1(2) == b"ab"
        assert source.read1(10) == b"c"
        timer = later(0.05, lambda: os.write(pipe[1], b"late"))
        assert source.read1(10) == b"late"
        timer.join()
        os.close(pipe[1])
        pipe[1] = os.dup(pipe[0])
        assert source.read1(10) == b""
        assert not source.stopped
    assert source.name == "standard input"


def test_interrupt_ends_a_pipe_that_is_silent(pipe):
    before = signal.getsignal(signal.SIGINT)
    with LiveInput(pipe[0]) as source:
        timer = later(0.05, interrupt)
        assert source.read1(10) == b""
        assert source.stopped
        timer.join()
        with pytest.raises(KeyboardInterrupt):  # the second one is in earnest
            interrupt()
    assert signal.getsignal(signal.SIGINT) is before


def test_interrupt_while_busy_waits_for_what_the_pipe_holds(pipe):
    with LiveInput(pipe[0]) as source:
        os.write(pipe[1], b"abcdef")
        interrupt()
        assert source.stopped
        timer = later(0.05, lambda: os.write(pipe[1], b"last"))
        assert source.read1(3) == b"abc"
        assert source.read1(3) == b"def"
        assert source.read1(10) == b"last"
        timer.join()
        assert source.read1(10) == b""


def test_a_pipe_that_never_falls_silent_ends_all_the_same(pipe):
    full = bytes(1000)
    os.write(pipe[1], full)
    with LiveInput(pipe[0]) as source:
        interrupt()
        n_pieces = 0
        while source.read1(len(full)):
            os.write(pipe[1], full)
            n_pieces += 1
            assert n_pieces < 1_000_000
        assert n_pieces > 0


def test_a_growing_file(tmp_path):
    path = tmp_path / "capture"
    path.write_bytes(b"begin")

    def append():
        with open(path, "ab") as file:
            file.write(b"more")

    with LiveInput(path, follow=True, interval=0.01) as source:
        assert source.read1(100) == b"begin"
        timer = later(0.05, append)
        assert source.read1(100) == b"more"
        timer.join()
        timer = later(0.05, interrupt)
        assert source.read1(100) == b""
        timer.join()
    assert source.name == str(path)


def test_a_file_is_read_to_its_end_after_an_interrupt(tmp_path):
    path = tmp_path / "capture"
    path.write_bytes(b"begin")
    with LiveInput(path, follow=True) as source:
        interrupt()
        assert [source.read1(3), source.read1(3), source.read1(3)] == [
            b"beg",
            b"in",
            b"",
        ]
        assert source.stopped


def test_a_file_that_never_stops_growing_ends_all_the_same(tmp_path):
    path = tmp_path / "capture"
    path.write_bytes(b"begin")
    with LiveInput(path, follow=True) as source, open(path, "ab") as file:
        interrupt()
        pieces = []
        while piece := source.read1(2):
            pieces.append(piece)
            file.write(b"more")
            file.flush()
            assert len(pieces) < 10
    assert b"".join(pieces) == b"begin"


def test_a_file_that_becomes_shorter(tmp_path):
    path = tmp_path / "capture"
    path.write_bytes(b"begin")
    with LiveInput(path, follow=True, interval=0.01) as source:
        source.read1(100)
        os.truncate(path, 2)
        with pytest.raises(ValueError, match="has become shorter than the 5 bytes"):
            source.read1(100)
