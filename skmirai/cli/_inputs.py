"""The files that several paths, folders and patterns stand for."""

import errno
import glob
import os
import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

#: Endings of captures in a folder, gzipped or not.
CAPTURES = (".pcap", ".pcapng", ".cap", ".tsv")

#: Endings of tables of features.
TABLES = (".parquet", ".npy", ".csv")

#: What makes a pattern of a path.
_MAGIC = re.compile(r"[*?]|\[.+\]")


class Input(NamedTuple):
    """A file that a command reads, and what it is called in a data set.

    Attributes
    ----------
    path : Path
        Where it is, from the root of the file system on.
    name : str
        Its place below the folder that was given, parted by slashes.
    """

    path: Path
    name: str


def are_many(given: Sequence[Path]) -> bool:
    """Tell whether paths stand for several files rather than for one."""
    return len(given) > 1 or given[0].is_dir() or _is_pattern(given[0])


def inputs(given: Sequence[Path], endings: Sequence[str]) -> list[Input]:
    """List the files that paths, folders and patterns stand for.

    Parameters
    ----------
    given : sequence of Path
        Files; folders, which stand for the files in them with one of the endings; and
        patterns, ``**`` for folders of any depth.
    endings : sequence of str
        Of files in folders, ``.gz`` behind them or not.

    Returns
    -------
    list of Input
        Each file once, in the order of names within a folder or pattern.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If a folder or pattern stands for no file, two files have one name, or a name
        is one that readers of data sets skip.
    """
    found: dict[str, Path] = {}
    for path in given:
        root, files = _below(path, endings)
        for file in files:
            name = file.relative_to(root).as_posix()
            other = found.setdefault(name, file)
            if not other.samefile(file):
                raise ValueError(
                    f"{other} and {file} would both be called {name}: give a pattern "
                    "that begins at a folder above both"
                )
            if any(part.startswith(("_", ".")) for part in Path(name).parts):
                raise ValueError(
                    f"{file} would be called {name} in the data set, and readers skip "
                    "names that begin with '_' or '.': link to it by another name"
                )
    return [Input(Path(os.path.abspath(file)), name) for name, file in found.items()]


def _below(path: Path, endings: Sequence[str]) -> tuple[Path, list[Path]]:
    """Folder that names begin at, and the files of one argument."""
    if path.is_file():
        return path.parent, [path]
    if path.is_dir():
        files = [
            file
            for file in sorted(path.iterdir())
            if file.name.lower().removesuffix(".gz").endswith(tuple(endings))
            and not file.name.startswith(".")
        ]
        expected = f"files that end in {', '.join(endings)}; or give a pattern"
    elif _is_pattern(path):
        files = [Path(file) for file in sorted(glob.glob(str(path), recursive=True))]
        expected = "files that it fits"
    else:
        what = "is no regular file" if path.exists() else "there is no such file"
        raise FileNotFoundError(errno.ENOENT, what, str(path))
    files = [file for file in files if file.is_file()]
    if not files:
        raise ValueError(f"{path} stands for no file: expected {expected}")
    if path.is_dir():
        return path, files
    return Path(*takewhile(lambda part: not _MAGIC.search(part), path.parts)), files


def _is_pattern(path: Path) -> bool:
    return bool(_MAGIC.search(str(path))) and not path.exists()
