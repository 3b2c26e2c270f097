"""A Parquet data set: a folder with a part for each file that a command has read.

A part appears under its name once it is whole, and holds what it was made of and how.
So a command that is run again knows what is done.
"""

import errno
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from skmirai.cli._inputs import Input
from skmirai.cli._output import is_standard
from skmirai.cli._writers import check_parquet, write_batches

#: Column that names the file that a row is of.
CAPTURE = "capture"

_KEY = b"skmirai"


def check_folder(folder: Path, given: Iterable[Path]) -> None:
    """Raise an error unless parts can be written to a folder, and make it.

    Parameters
    ----------
    folder : Path
        The data set; ``-`` is standard output, which cannot be one.
    given : iterable of Path
        What the command reads.

    Raises
    ------
    ValueError
        If it cannot be a data set, or is one of the folders to read.
    OSError
        If the folder that it is in does not exist, or it is a file.
    """
    if is_standard(folder):
        raise ValueError(
            "several inputs make a folder of Parquet files: name it with -o"
        )
    if folder.suffix.lower() in (".csv", ".npy"):
        raise ValueError(
            f"{folder} ends in {folder.suffix!r}, but several inputs make a folder of "
            "Parquet files: give another name"
        )
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(
            errno.ENOTDIR,
            "is a file, but several inputs make a folder: give another name",
            str(folder),
        )
    if not folder.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "there is no such folder", str(folder.parent)
        )
    if folder.exists() and any(p.exists() and folder.samefile(p) for p in given):
        raise ValueError(f"{folder} is an input of the command: give another folder")
    folder.mkdir(exist_ok=True)


def part_of(folder: Path, source: Input) -> Path:
    """Name the part of a file; its folder within the data set is made."""
    ending = "" if source.name.endswith(".parquet") else ".parquet"
    part = folder / f"{source.name}{ending}"
    part.parent.mkdir(parents=True, exist_ok=True)
    return part


def facts_of(source: Input, how: Mapping[str, Any]) -> dict[str, Any]:
    """Collect what a part is made of: the size of the file, and the options."""
    return {**how, "bytes": source.path.stat().st_size}


def is_done(part: Path, facts: Mapping[str, Any]) -> bool:
    """Tell whether a part is there, made of the same file in the same way.

    Raises
    ------
    ValueError
        If there is another one.
    """
    if not part.exists():
        return False
    _, parquet = check_parquet()
    try:
        known = parquet.read_schema(part).metadata or {}
    except ValueError:
        known = {}
    before = json.loads(known.get(_KEY, "{}"))
    other = sorted(k for k in facts | before if before.get(k) != facts.get(k))
    if other:
        raise ValueError(
            f"{part} was made of another file or in another way "
            f"({', '.join(other)}): give another folder, or --force to replace it"
        )
    return True


def write_part(
    part: Path,
    source: Input,
    facts: Mapping[str, Any],
    columns: Sequence[tuple[str, Any]],
    pieces: Iterable[Sequence[Any]],
) -> None:
    """Write a part, with a column that names the file before the others.

    Parameters
    ----------
    part : Path
        The part; one of that name is replaced once this one is whole.
    source : Input
        The file.
    facts : mapping of str to object
        What the part is made of.
    columns : sequence of (str, pyarrow.DataType)
        The other columns.
    pieces : iterable of sequence
        Values of each of these, for some rows.
    """
    from skmirai.utils._files import replaced

    pyarrow, _ = check_parquet()
    schema = pyarrow.schema(
        [(CAPTURE, pyarrow.string()), *columns],
        metadata={_KEY: json.dumps(facts, sort_keys=True)},
    )
    named = ([[source.name] * len(values[0]), *values] for values in pieces)
    with replaced(part) as file:
        write_batches(schema, named, file)
