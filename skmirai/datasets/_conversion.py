"""Convert a table from CSV to a NumPy file, once."""

import errno
import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from skmirai.datasets._errors import DatasetNotFoundError, InvalidDatasetError
from skmirai.datasets._header import check_feature_order
from skmirai.feature_extraction import FEATURE_NAMES
from skmirai.utils._files import (
    locked,
    naming,
    open_npy,
    read_numbers,
    write_npy,
    write_text,
)
from skmirai.utils._finite import first_not_finite
from skmirai.utils._sklearn import StrOptions, validate_params

#: Raised when what is written changes, so that files of older releases are made anew.
_FORMAT = 1

#: Said by the note beside a file that holds values which are not finite numbers.
_GAPS = "has_gaps"

_REMEDY = "give a target in a folder that exists, may be written to and has room"


@validate_params(
    {
        "source": [str, os.PathLike],
        "target": [str, os.PathLike, None],
        "content": [StrOptions({"features", "labels"})],
        "ensure_all_finite": ["boolean"],
        "progress": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def convert_csv_to_npy(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str] | None = None,
    *,
    content: str = "features",
    ensure_all_finite: bool = True,
    progress: bool = True,
) -> Path:
    r"""Convert a CSV file of Kitsune's form to a NumPy file, unless that is done.

    The text is read in blocks: memory use is bounded, whatever the size of the file.
    The NumPy file appears whole or not at all, also when the process is killed; a
    second process that wants the same file waits for the first. A small JSON file
    beside it, ``<target>.json``, remembers size and time of the CSV file: once the
    CSV file has changed, the next call converts it again.

    Parameters
    ----------
    source : str or path-like
        CSV file, plain, gzipped or zipped, with or without a header row.
    target : str or path-like, default=None
        File to write; None adds ``.npy`` to the name of `source`.
    content : {"features", "labels"}, default="features"
        "features" are 115 columns, or a row counter and 115 columns, written as
        float64 of shape (n_rows, 115 or 116). "labels" are 0 or 1 in one column, or
        after a column that counts the rows, written as int64 of shape (n_rows,).
    ensure_all_finite : bool, default=True
        Whether features that are not finite numbers are an error. If not, they are
        written as NaN. Labels are always checked.
    progress : bool, default=True
        Whether a conversion that takes longer than a second shows a bar on standard
        error; only where that is a terminal.

    Returns
    -------
    path : Path
        The NumPy file.

    Raises
    ------
    DatasetNotFoundError
        If there is no file `source`.
    InvalidDatasetError
        If it does not hold what it should; the message names line and column.
    OSError
        If `target` cannot be written.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from pathlib import Path
    >>> from skmirai.datasets import convert_csv_to_npy
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     source = Path(folder, "labels.csv")
    ...     _ = source.write_text("0\n0\n1")
    ...     path = convert_csv_to_npy(source, content="labels")
    ...     path.name, np.load(path)
    ('labels.csv.npy', array([0, 0, 1]))
    """
    source = Path(source)
    if not source.is_file():
        raise DatasetNotFoundError(f"there is no file {source}")
    path = source.with_name(f"{source.name}.npy") if target is None else Path(target)
    if path.exists() and path.samefile(source):  # whatever its name
        raise ValueError(f"target={str(target)!r} is the source: give another name")
    if is_up_to_date(path, source, content, ensure_all_finite):
        return path
    if path.is_dir():
        raise IsADirectoryError(
            errno.EISDIR, "is a folder: give the name of a file", str(path)
        )
    with naming(path, _REMEDY), locked(path):
        if is_up_to_date(path, source, content, ensure_all_finite):
            return path  # another process has just done it
        before = identity(source)
        blocks = (
            _read_features(source, ensure_all_finite, progress)
            if content == "features"
            else _read_labels(source, progress)
        )
        write_npy(path, blocks, remedy=_REMEDY)
        if identity(source) != before:
            path.unlink(missing_ok=True)
            raise InvalidDatasetError(f"{source} has changed while it was read")
        _remember(path, source, content, ensure_all_finite)
    return path


def is_up_to_date(
    path: Path, source: Path, content: str, ensure_all_finite: bool = True
) -> bool:
    """Whether `path` is a whole conversion of `source` as it is now.

    One that holds NaN will do only where values need not be finite.
    """
    try:
        known = json.loads(_note(path).read_text(encoding="utf-8"))
        if not ensure_all_finite:
            known.pop(_GAPS, None)
        return bool(known == _facts(path, source, content))
    except (OSError, ValueError, AttributeError):
        return False


def _facts(path: Path, source: Path, content: str) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "content": content,
        "source": str(source.resolve()) if source.parent != path.parent else None,
        "source_name": source.name,
        "source_identity": identity(source),
        "npy_identity": identity(path),
    }


def identity(path: Path) -> list[int]:
    """Size and time: what tells a changed file without reading it."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _remember(path: Path, source: Path, content: str, ensure_all_finite: bool) -> None:
    facts = _facts(path, source, content)
    if not ensure_all_finite and first_not_finite(open_npy(path), axis=0) is not None:
        facts[_GAPS] = True
    write_text(_note(path), json.dumps(facts, indent=1) + "\n")


def _read_features(
    source: Path, ensure_all_finite: bool, progress: bool
) -> Iterator[np.ndarray]:
    n = len(FEATURE_NAMES)
    return read_numbers(
        source,
        (n, n + 1),
        check_header=partial(check_feature_order, source),
        ensure_all_finite=ensure_all_finite,
        progress=progress,
    )


def _read_labels(source: Path, progress: bool) -> Iterator[np.ndarray]:
    n_rows, offset = 0, None
    for rows in read_numbers(source, (1, 2), progress=progress):
        if rows.shape[1] == 2:
            if offset is None:
                offset = rows[0, 0]
            counted = offset + np.arange(n_rows, n_rows + len(rows))
            wrong = np.flatnonzero(rows[:, 0] != counted)
            if offset not in (0, 1) or len(wrong):
                row = n_rows + (wrong[0] if len(wrong) else 0)
                raise InvalidDatasetError(
                    f"{source}: the first of two columns does not count the rows "
                    f"from 0 or 1 (first fault in row {row} of the data): expected "
                    "labels in one column, or after such an index"
                )
        labels = rows[:, -1]
        check_labels(source, np.nan_to_num(labels), n_rows)
        n_rows += len(rows)
        yield np.nan_to_num(labels).astype(np.int64)


def check_labels(source: Path, labels: np.ndarray, first_row: int = 0) -> None:
    """Raise an error unless all labels are 0 or 1."""
    wrong = np.flatnonzero((labels != 0) & (labels != 1))
    if len(wrong):
        raise InvalidDatasetError(
            f"{source}: label {labels[wrong[0]]:g} in row {first_row + wrong[0]} (from "
            "0), expected 0 (benign) or 1 (attack): is this the label file?"
        )
