"""Where text goes: a new file, or standard output."""

import errno
import io
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import typer


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
        If there is no such folder, it may not be written to, or the path is a folder.
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
    is_new = path.is_file() or not path.exists()
    written_to = path.resolve().parent if is_new else path
    if not os.access(written_to, os.W_OK):
        raise PermissionError(
            errno.EACCES, "may not be written to: give another place", str(written_to)
        )


@contextmanager
def text_output(path: Path, *, live: bool = False) -> Iterator[TextIO]:
    """Open a file for text, or standard output.

    A file appears under its name whole or not at all, an older one is kept until
    then, see `skmirai.utils._files.replaced`. Others may read a live one while it
    grows: it is opened, and an older one replaced, at the first line. So is what is no
    regular file, a pipe or a device. The block ends quietly where nobody reads
    standard output any more.

    Parameters
    ----------
    path : Path
        The file; ``-`` is standard output.
    live : bool, default=False
        Whether others are to read the lines as they come.

    Yields
    ------
    TextIO
        Flush it where a reader waits.
    """
    from skmirai.utils._files import REMEDY, naming, replaced_text

    if is_standard(path):
        with _standard_output() as file:
            yield file
    elif live or (path.exists() and not path.is_file()):
        with naming(path, REMEDY), _OpenedLate(path) as file:
            yield file
    else:
        with replaced_text(path) as file:
            yield file


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    from skmirai.utils._files import naming

    with naming(Path("standard output"), "make room, or give a file with -o"):
        try:
            yield sys.stdout
            sys.stdout.flush()
        except OSError as error:
            if not isinstance(error, BrokenPipeError) and error.errno != errno.ENOSPC:
                raise
            # Or the interpreter would try again at its end, and say so.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(error, BrokenPipeError):
                raise typer.Exit from None
            raise


def say(text: str, *, err: bool = False) -> None:
    """Print a line; control characters, in the names of files, are escaped.

    Parameters
    ----------
    text : str
        The line.
    err : bool, default=False
        Whether it goes to standard error.
    """
    from skmirai.utils._files import escaped

    typer.echo(escaped(text), err=err)


@contextmanager
def warnings_in_lines() -> Iterator[None]:
    """Print what a block warns of at its end, each once, as lines on standard error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for text in dict.fromkeys(in_short(str(warning.message)) for warning in caught):
        say(f"skmirai: {text}", err=True)


def in_short(text: str) -> str:
    """Return a message as one line; of tracebacks in it the last error alone."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if any(line.startswith("Traceback") for line in lines):
        last = re.sub(r"^(\w+\.)+(?=\w+: )", "", lines[-1])  # without its module
        return f"{lines[0]} The last error: {last}"
    return " ".join(lines)


def in_one_line(error: BaseException) -> str:
    """Say in one line what an error is, with the name of the file that it is about."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return f"the memory is not enough{f' ({text})' if text else ''}"
    return text or type(error).__name__


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
