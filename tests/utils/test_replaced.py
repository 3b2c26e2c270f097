"""A file is replaced by a whole one, or not at all."""

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from contextlib import ExitStack

import pytest

from skmirai.utils._archive import write_archive
from skmirai.utils._files import _replaced, hidden, replaced, replaced_text

posix = pytest.mark.skipif(os.name != "posix", reason="a promise for POSIX systems")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def parts(folder):
    return sorted(path.name for path in folder.iterdir() if path.name[0] == ".")


@pytest.fixture
def umask():
    """Set the umask; it is restored afterwards."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with replaced(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["x"]


def test_a_failure_leaves_the_old_file(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), replaced(path) as file:
        file.writelines([b"new" * 10**6, "no bytes"])
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x"]


def test_text_is_written_as_it_is(tmp_path):
    with replaced_text(tmp_path / "x") as file:
        file.write("ä\r\n")
        file.writelines(["b\n", "c"])
        file.flush()
    assert (tmp_path / "x").read_bytes() == b"\xc3\xa4\r\nb\nc"


# -- killed ------------------------------------------------------------------------

#: Saves for ever; says when it has begun.
SAVES = """
import sys
from skmirai.utils._archive import write_archive
print("ready", flush=True)
while True:
    write_archive(sys.argv[1], {"a": bytes(5_000_000)})
"""


@pytest.mark.slow
@posix
def test_killed_saves_leave_one_file_at_most(tmp_path):
    path = tmp_path / "m.skmirai"
    n_left = []
    for kill in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVES, path], stdout=subprocess.PIPE
        )
        process.stdout.readline()
        try:
            process.wait(0.003 * kill)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        n_left.append(len(parts(tmp_path)))
    assert max(n_left) == 1  # some kills did hit a save
    write_archive(path, {"a": b"whole"})
    assert os.listdir(tmp_path) == ["m.skmirai"]


@posix
def test_a_file_left_behind_is_not_written_to(tmp_path, umask):
    """Somebody may have it open, from when its permissions were wider."""
    left = tmp_path / ".x.part"
    left.write_bytes(b"left")
    (tmp_path / "x").write_bytes(b"old")
    (tmp_path / "x").chmod(0o600)
    with open(left, "rb") as reader, replaced(tmp_path / "x") as file:
        file.write(b"secret")
        file.flush()
        assert mode(left) == 0o600
        assert reader.read() == b"left"
    assert os.listdir(tmp_path) == ["x"]


@posix
def test_what_is_no_file_of_ours_is_left_alone(tmp_path):
    (tmp_path / ".x.part").mkdir()
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / ".x.part1").symlink_to(tmp_path / "precious")
    with replaced(tmp_path / "x") as file:
        file.write(b"new")
    assert (tmp_path / "x").read_bytes() == b"new"
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert parts(tmp_path) == [".x.part", ".x.part1"]


# -- several at a time -------------------------------------------------------------


@posix
def test_the_living_are_told_from_the_dead(tmp_path):
    """Nobody waits; the last one to finish wins."""
    path = tmp_path / "x"
    with ExitStack() as first, ExitStack() as second:
        one = first.enter_context(replaced(path))
        other = second.enter_context(replaced(path))
        assert parts(tmp_path) == [".x.part", ".x.part1"]
        one.write(b"one")
        other.write(b"other")
        second.close()
        assert path.read_bytes() == b"other"
        first.close()
        assert path.read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["x"]


def test_many_threads_write_whole_files(tmp_path):
    path = tmp_path / "x"
    contents = [bytes([i]) * 10_000 for i in range(6)]
    path.write_bytes(contents[0])
    stop = threading.Event()
    found, errors = set(), []

    def write(content):
        try:
            for _ in range(30):
                with replaced(path) as file:
                    file.write(content)
        except BaseException as error:
            errors.append(error)

    def read():
        while not stop.is_set():
            found.add(path.read_bytes())

    writers = [threading.Thread(target=write, args=[c]) for c in contents]
    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert errors == []
    assert found <= set(contents)
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize("left", [[], [".x.part"]])
def test_without_locks_every_writer_has_a_file_of_its_own(tmp_path, monkeypatch, left):
    """What is there may be alive, for all that can be known."""

    def no_lock(descriptor, *, blocking):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("skmirai.utils._files._locks.lock_descriptor", no_lock)
    for name in left:
        (tmp_path / name).write_bytes(b"left")
    with replaced(tmp_path / "x") as one, replaced(tmp_path / "x") as other:
        one.write(b"one")
        other.write(b"other")
    assert (tmp_path / "x").read_bytes() == b"one"
    assert parts(tmp_path) == left


# -- permissions and links ---------------------------------------------------------


@posix
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_new_file_is_as_open_makes_it(tmp_path, umask, mask):
    umask(mask)
    with replaced(tmp_path / "x"):
        assert mode(tmp_path / ".x.part") == 0o666 & ~mask
    assert mode(tmp_path / "x") == 0o666 & ~mask


@posix
@pytest.mark.parametrize("permissions", [0o600, 0o640, 0o444, 0o666, 0o400])
def test_permissions_are_those_of_the_old_file_from_the_start(
    tmp_path, umask, permissions, monkeypatch
):
    """At no moment is the new file wider than the old one."""
    path = tmp_path / "x"
    path.write_bytes(b"old")
    path.chmod(permissions)
    seen = set()

    def look():
        seen.update(mode(tmp_path / name) for name in parts(tmp_path))

    monkeypatch.setattr(_replaced, "hold", watched(_replaced.hold, look))
    for name in ("fstat", "fsync", "chmod", "replace"):
        monkeypatch.setattr(_replaced.os, name, watched(getattr(os, name), look))
    monkeypatch.setattr(os, "supports_fd", {os.chmod})
    with replaced(path) as file:
        look()
        file.write(b"new")
    assert mode(path) == permissions
    assert seen
    assert all(found & ~permissions == 0 for found in seen)


def watched(function, look):
    """Let somebody look before each call."""

    def call(*arguments, **keywords):
        look()
        return function(*arguments, **keywords)

    return call


@posix
def test_a_private_model_is_never_readable_by_others(tmp_path, umask, monkeypatch):
    path = tmp_path / "m.skmirai"
    write_archive(path, {"a": b"old"})
    path.chmod(0o600)
    seen = []

    def look(*arguments):
        seen.extend(mode(p) for p in tmp_path.iterdir())

    monkeypatch.setattr(os, "fsync", look)
    write_archive(path, {"a": b"new"})
    assert set(seen) == {0o600}
    assert mode(path) == 0o600


@posix
def test_permissions_that_change_meanwhile(tmp_path, umask):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with replaced(path):
        path.chmod(0o600)
    assert mode(path) == 0o600


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid(), reason="only root may")
def test_the_owner_stays(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    os.chown(path, 12, 34)
    with replaced(path):
        pass
    assert (path.stat().st_uid, path.stat().st_gid) == (12, 34)


@posix
@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_one(tmp_path, exists):
    folder = tmp_path / "folder"
    folder.mkdir()
    if exists:
        (folder / "x").write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to("folder/x")
    with replaced(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert (folder / "x").read_bytes() == b"new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "link"]


# -- names -------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("letter", ["x", "ä", "😀"])
def test_the_longest_names(tmp_path, letter):
    longest = os.pathconf(tmp_path, "PC_NAME_MAX")
    name = letter * (longest // len(letter.encode()))
    path = tmp_path / name
    with replaced(path) as file:
        file.write(b"new")
        (part,) = parts(tmp_path)
        assert len(part.encode()) <= longest
    assert os.listdir(tmp_path) == [name]
    other = tmp_path / f"{name[:-1]}y"
    assert hidden(path, "part") == hidden(path, "part") != hidden(other, "part")


# -- errors ------------------------------------------------------------------------


def test_no_file_can_be_there(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder; give") as caught:
        replaced(tmp_path).__enter__()
    assert caught.value.filename == str(tmp_path)
    with pytest.raises(FileNotFoundError, match="does not exist; make it") as caught:
        replaced(tmp_path / "none" / "x").__enter__()
    assert caught.value.filename == str(tmp_path / "none")
    assert not list(tmp_path.iterdir())


@posix
def test_devices_and_pipes_are_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to(os.devnull)
    for name in ("pipe", "null"):
        with pytest.raises(OSError, match="is no regular file; give the name"):
            replaced(tmp_path / name).__enter__()
    assert not os.path.isfile(os.devnull)


@posix
@pytest.mark.parametrize("n_bytes", [1000, 10**6])  # found out at the end, and before
@pytest.mark.parametrize("opener", [replaced, replaced_text])
def test_a_full_disk_names_the_file(tmp_path, n_bytes, opener):
    resource = pytest.importorskip("resource")
    path = tmp_path / "x"
    path.write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match="has room") as caught, opener(path) as file:
            file.write("x" * n_bytes if opener is replaced_text else b"x" * n_bytes)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize("name", ["x", "y" * 250])
def test_permission_errors_name_the_file(tmp_path, monkeypatch, name):
    def denied(path, *arguments):
        raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))

    monkeypatch.setattr(_replaced.os, "open", denied)
    with pytest.raises(PermissionError, match="a folder that may be wr") as caught:
        replaced(tmp_path / name).__enter__()
    assert caught.value.filename == str(tmp_path / name)


def test_other_errors_stay_what_they_are(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, replaced(tmp_path / "x"):
        (tmp_path / "input").read_bytes()
    assert caught.value.filename == str(tmp_path / "input")
