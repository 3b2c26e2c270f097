"""One process at a time writes a file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import lock_descriptor

from skmirai.utils._files._names import hidden


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
    lock = hidden(path, "lock")
    while True:
        with open(lock, "ab") as file:
            held = hold(file.fileno(), wait=True) is True
            # The one that held the lock before may have removed the file meanwhile:
            # others then lock a new file of that name.
            if not is_at(lock, file.fileno()):
                continue
            try:
                yield held
            finally:
                with suppress(OSError):  # Windows keeps files that are open
                    lock.unlink()
            return


def hold(descriptor: int, *, wait: bool) -> bool | None:
    """Lock an open file until it is closed.

    Parameters
    ----------
    descriptor : int
        The open file.
    wait : bool
        Whether to wait for another one that holds it.

    Returns
    -------
    bool or None
        Whether the file is locked now; None where the file system has no locks.
    """
    try:
        return lock_descriptor(descriptor, blocking=wait)
    except OSError:
        return None


def is_at(path: Path, descriptor: int) -> bool:
    """Whether an open file is still the one at a path."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False
