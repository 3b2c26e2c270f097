"""Text: files that may be packed, files that are replaced, names in messages."""

import codecs
import gzip
import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from skmirai.utils._files._errors import InvalidDatasetError
from skmirai.utils._files._replaced import REMEDY, replaced

_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)

#: Bytes that are read and unpacked at a time.
_BUFFER = 2**18


@contextmanager
def open_text(path: Path) -> Iterator[tuple[TextIO, Callable[[], int]]]:
    r"""Open a plain, gzipped or zipped text file for reading.

    The first bytes tell the kind, not the name: a file that a browser has unpacked
    and left its name ``.gz`` is read too.

    Parameters
    ----------
    path : Path
        A zip archive must hold one file.

    Yields
    ------
    text : TextIO
        The lines, ending in ``\n`` alone; a byte-order mark is left out.
    position : callable
        Bytes read so far of the file as it lies on the disk.

    Raises
    ------
    InvalidDatasetError
        If the file is empty, a web page, a NumPy file, a damaged archive or an
        archive of several files.
    """
    with ExitStack() as stack:
        raw = stack.enter_context(open(path, "rb", _BUFFER))
        try:
            binary = _unpacked(path, raw, stack)
            start = binary.peek(64)[:64]
            if not start:
                raise InvalidDatasetError(f"{path} is empty: get the file again")
            if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
                raise InvalidDatasetError(
                    f"{path} is a web page, not a table (it begins with "
                    f"{start[:40]!r}): a server sent an error or a login page "
                    "in place of the file; download it again"
                )
            if start.startswith(b"\x93NUMPY"):
                raise InvalidDatasetError(
                    f"{path} is a NumPy file: give it a name that ends in .npy"
                )
            text = io.TextIOWrapper(binary, encoding="utf-8-sig", errors="replace")
            yield stack.enter_context(text), raw.tell
        except _DAMAGED as error:
            raise InvalidDatasetError(
                f"{path} is cut off or damaged ({error or type(error).__name__}): "
                "download it again"
            ) from error


def _unpacked(path: Path, raw: BinaryIO, stack: ExitStack) -> io.BufferedReader:
    """Reader of the bytes that the file holds once unpacked."""
    magic = raw.read(4)
    raw.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        unzipped = stack.enter_context(gzip.GzipFile(fileobj=raw, mode="rb"))
        return io.BufferedReader(unzipped, _BUFFER)
    if magic.startswith(b"PK"):
        archive = stack.enter_context(zipfile.ZipFile(raw))
        members = [name for name in archive.namelist() if _is_file(name)]
        if len(members) != 1:
            raise InvalidDatasetError(
                f"{path} is an archive of {len(members)} files, expected one: "
                f"unpack it (first names: {members[:3]})"
            )
        member: Any = stack.enter_context(archive.open(members[0]))
        return io.BufferedReader(member, _BUFFER)
    return raw  # type: ignore[return-value]


def _is_file(member: str) -> bool:
    return not member.endswith("/") and not member.startswith("__MACOSX/")


@contextmanager
def replaced_text(
    path: str | os.PathLike[str], *, remedy: str = REMEDY
) -> Iterator[TextIO]:
    """Open a text file that takes the place of another one once it is complete.

    Parameters
    ----------
    path : str or path-like
        The file, see `replaced`.
    remedy : str, optional
        What the reader of an error message should do.

    Yields
    ------
    file : TextIO
        In UTF-8; ends of lines are written as they are.

    Raises
    ------
    OSError
        As `replaced` does.
    """
    with replaced(path, remedy=remedy) as file:
        # Not a TextIOWrapper: it would close the file, and write to a full disk again.
        yield cast(TextIO, codecs.getwriter("utf-8")(file))


def write_text(path: str | os.PathLike[str], content: str) -> None:
    """Replace a file by some text in UTF-8, see `replaced`."""
    with replaced(path) as file:
        file.write(content.encode())


def escaped(text: str) -> str:
    r"""Text with its control characters as Python writes them: it stays on its line.

    A terminal obeys what such a character tells it, wherever it comes from; the name
    of a file, for instance.

    Examples
    --------
    >>> from skmirai.utils._files import escaped
    >>> print(escaped("a\x1b[2Jb\nc"))
    a\x1b[2Jb\nc
    """
    return "".join(c if c.isprintable() or c == " " else _escape(c) for c in text)


def _escape(character: str) -> str:
    return ascii(character)[1:-1]
