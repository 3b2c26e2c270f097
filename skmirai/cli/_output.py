"""Where text goes: a new file, or standard output."""

import errno
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import typer

#: What to do about a file that cannot be written.
REMEDY = "give a file in a folder that may be written to and has room"


def is_standard(path: Path) -> bool:
    """Whether a path stands for standard output."""
    return str(path) == "-"


def check_output(path: Path, *, force: bool, inputs: Iterable[Path]) -> None:
    """Raise an error if a file cannot be written under a name.

    Parameters
    ----------
    path : Path
        The file; ``-`` is standard output.
    force : bool
        Whether it may replace another one.
    inputs : iterable of Path
        Files that it must not replace.

    Raises
    ------
    ValueError
        If there is a file already, it is one of the inputs, or standard output is
        closed.
    OSError
        If there is no such folder, or the path is a folder.
    """
    if is_standard(path):
        if sys.stdout is None:
            raise ValueError("standard output is closed: give a file with -o")
        return
    if path.is_dir():
        raise IsADirectoryError(
            errno.EISDIR, "is a folder: give the name of a file", str(path)
        )
    if path.exists():
        if any(other.exists() and path.samefile(other) for other in inputs):
            raise ValueError(f"{path} is an input of the command: give another name")
        if not force:
            raise ValueError(
                f"{path} exists: give another name, or --force to replace it"
            )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "there is no such folder", str(path.parent)
        )


@contextmanager
def text_output(path: Path) -> Iterator[TextIO]:
    """Open a file that others may read while it grows, or standard output.

    The file is opened at the first line: where the block fails before, there is no
    new file, and an older one is as it was. The block ends quietly where nobody reads
    standard output any more.

    Parameters
    ----------
    path : Path
        A file that is replaced; ``-`` is standard output.

    Yields
    ------
    TextIO
        Flush it where a reader waits.
    """
    if is_standard(path):
        try:
            yield sys.stdout
            sys.stdout.flush()
        except BrokenPipeError:
            # Or the interpreter would try again at its end, and say so.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit from None
        return
    from skmirai.utils._files import naming

    with naming(path, REMEDY), _OpenedLate(path) as file:
        yield file


class _OpenedLate(io.TextIOBase, TextIO):
    """A text file that is opened, and replaces another one, at the first line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def write(self, text: str) -> int:
        if self._file is None:
            self._file = open(self._path, "w", encoding="utf-8", newline="")  # noqa: SIM115
        return self._file.write(text)

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        super().close()
        if self._file is not None:
            self._file.close()
