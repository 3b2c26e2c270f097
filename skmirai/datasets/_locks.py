"""One process at a time writes a file."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold a lock on the name `path`; wait while another process or thread does.

    The operating system keeps the lock and lets go of it when the process ends,
    killed or not, so that no stale lock is ever in the way.

    Parameters
    ----------
    path : Path
        A hidden file beside it, ``.<name>.lock``, carries the lock and is removed
        afterwards.

    Yields
    ------
    held : bool
        False on a file system without locks (some network drives): the block then
        runs all the same.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    lock = path.with_name(f".{path.name}.lock")
    while True:
        with open(lock, "ab") as file:
            held = _acquire(file.fileno())
            # The one that held the lock before may have removed the file meanwhile:
            # others then lock a new file of that name.
            if not _is_at(lock, file.fileno()):
                continue
            try:
                yield held
            finally:
                with suppress(OSError):  # Windows keeps files that are open
                    lock.unlink()
            return


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _acquire(descriptor: int) -> bool:
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                return True
            except OSError:
                time.sleep(0.1)

else:
    import fcntl

    def _acquire(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            return False
        return True
