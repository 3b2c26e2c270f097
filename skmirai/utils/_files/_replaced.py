"""Replace a file by a whole one, or not at all.

A new file grows under a hidden name, ``.<name>.part``, and takes the name in the end.
Who writes it holds a lock on it. So the next one can tell what a killed process left
behind, which nobody holds, from what another process is writing just now: the former
is removed, beside the latter a second file grows, ``.<name>.part1``. Nobody waits, and
the last to finish wins.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import BinaryIO

from skmirai.utils._files._locks import hold, is_at
from skmirai.utils._files._names import hidden

#: What to do about a file that cannot be written.
REMEDY = "give a file in a folder that may be written to and has room"

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def replaced(
    path: str | os.PathLike[str], *, remedy: str = REMEDY
) -> Iterator[BinaryIO]:
    """Open a file that takes the place of another one once it is complete.

    Where the block fails, or the process is killed, an older file is as it was. The
    new one is on the disk before it gets the name. It has the permissions of the file
    that it replaces from its first byte on, a new one those of a file that ``open``
    makes. A link stays one: the file at its other end is replaced.

    Parameters
    ----------
    path : str or path-like
        The file.
    remedy : str, optional
        What the reader of an error message should do.

    Yields
    ------
    file : binary file
        For writing, reading back and seeking.

    Raises
    ------
    IsADirectoryError
        If the path is a folder.
    FileNotFoundError
        If its folder does not exist.
    OSError
        If the path is a device or a pipe, or the file cannot be written, for want of
        permission or room: the error names `path`, never the hidden file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skmirai.utils._files import replaced
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "greeting")
    ...     _ = path.write_bytes(b"good morning")
    ...     with replaced(path) as file:
    ...         _ = file.write(b"hello")
    ...         path.read_bytes()  # not yet
    ...     path.read_bytes()
    b'good morning'
    b'hello'
    """
    wanted = Path(path)
    target = Path(os.path.realpath(wanted))
    _check_target(wanted, target)
    with naming(wanted, remedy):
        file, part = _open_part(target)
        with file:  # which is held as long as it is open
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                _imitate(target, file.fileno(), part)
                if os.name == "posix":
                    put_in_place(part, target)
            except BaseException:
                with suppress(OSError):  # Windows keeps it, and the next one removes it
                    part.unlink()
                raise
        if os.name != "posix":  # Windows cannot rename a file that is open
            put_in_place(part, target)


def put_in_place(part: Path, path: Path) -> None:
    """Give a complete file its name, for good.

    Parameters
    ----------
    part : Path
        The file, in the same folder.
    path : Path
        Its new name; a file of that name is gone.
    """
    os.replace(part, path)
    # A file is as lasting as its entry in the folder, which not every system can sync.
    with suppress(OSError, AttributeError):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def naming(path: Path, remedy: str) -> Iterator[None]:
    """Name the file that is wanted in errors about the hidden ones on the way to it.

    Parameters
    ----------
    path : Path
        File that the block writes, by hidden files beside it or beside the file that
        it links to.
    remedy : str
        What the reader of the message should do.

    Raises
    ------
    OSError
        In place of those of the system, of the same class.
    """
    try:
        yield
    except OSError as error:
        if remedy in str(error.strerror):  # said further in
            raise
        if error.errno in _FULL or _is_hidden_of(error.filename, path):
            raise OSError(
                error.errno, f"{error.strerror}: {remedy}", str(path)
            ) from error
        raise


def _is_hidden_of(name: object, path: Path) -> bool:
    if not isinstance(name, str | bytes):
        return False
    found = Path(os.fsdecode(name))
    for target in (path, Path(os.path.realpath(path))):
        # The end of a long name is a digest, see `hidden`.
        if found.parent == target.parent and found.name.startswith(
            f".{target.name[:50]}"
        ):
            return True
    return False


def _check_target(wanted: Path, target: Path) -> None:
    if target.is_dir():
        raise IsADirectoryError(
            errno.EISDIR, "is a folder; give the name of a file in it", str(wanted)
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "this folder does not exist; make it", str(target.parent)
        )
    if target.exists() and not target.is_file():
        raise OSError(
            errno.EINVAL, "is no regular file; give the name of one", str(wanted)
        )


def _open_part(target: Path) -> tuple[BinaryIO, Path]:
    """Open the first hidden file that no living process holds, empty."""
    for number in count():
        part = hidden(target, f"part{number or ''}")
        while (file := _try_to_open(part, target)) is None:
            if not _remove_dead(part):
                break
        if file is not None:
            return file, part
    raise AssertionError("count() has no end")


def _try_to_open(part: Path, target: Path) -> BinaryIO | None:
    """Make a file and hold it; None where there is one, or another took it."""
    try:
        permissions = target.stat().st_mode & 0o600
    except FileNotFoundError:
        permissions = 0o666  # less the umask
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(part, flags, permissions)
    except FileExistsError:
        return None
    # With `part` for a name of the file.
    file = open(part, "w+b", opener=lambda *_: descriptor)  # noqa: SIM115
    try:
        # Another process may have taken it, before it was held, for a dead one's.
        if hold(descriptor, wait=False) is False or not is_at(part, descriptor):
            file.close()
            return None
        _imitate(target, descriptor, part)
    except BaseException:
        file.close()
        with suppress(OSError):
            part.unlink()
        raise
    return file


def _remove_dead(part: Path) -> bool:
    """Remove a file that a killed process left; False where one may be alive."""
    try:
        flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(part, flags)
    except FileNotFoundError:
        return True  # its owner has just finished
    except OSError:
        return False  # somebody else's
    try:
        # Without locks (None) the living cannot be told from the dead.
        if hold(descriptor, wait=False) is not True:
            return False
        if is_at(part, descriptor):
            # Not emptied and used again: others may have it open, or may read it.
            part.unlink()
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _imitate(target: Path, descriptor: int, part: Path) -> None:
    """Give an open file the owner and the permissions of another, if that exists."""
    try:
        known = target.stat()
    except FileNotFoundError:
        return
    now = os.fstat(descriptor)
    if hasattr(os, "fchown"):
        for owner in (known.st_uid, -1):
            if (known.st_uid, known.st_gid) == (now.st_uid, now.st_gid):
                break
            with suppress(OSError):  # not everybody may
                os.fchown(descriptor, owner, known.st_gid)
                break
    mode = stat.S_IMODE(known.st_mode) & 0o777
    if mode != stat.S_IMODE(now.st_mode):
        os.chmod(descriptor if os.chmod in os.supports_fd else part, mode)
