"""The Mirai table of Kitsune, from files that the user has."""

import os
import tempfile
from pathlib import Path
from typing import Any, Literal

import numpy as np

from skmirai.datasets._conversion import convert_csv_to_npy, is_up_to_date
from skmirai.datasets._errors import DatasetNotFoundError
from skmirai.datasets._home import data_folder, writing
from skmirai.datasets._table import TABLE_PARAMETERS, load_table
from skmirai.utils._files import sha256_of
from skmirai.utils._sklearn import validate_params

#: Names of the two files, the one that is preferred first; case is ignored.
DATA_FILES = ("Mirai_data.npy", "Mirai_dataset.csv", "Mirai_dataset.csv.gz")
LABEL_FILES = ("Mirai_labels.npy", "Mirai_labels.csv", "Mirai_labels.csv.gz")

#: Parts that may have files of their own.
PARTS = ("half", "quarter")

_REMEDY = "give a cache_dir that can be written to and has 1 GB free"


@validate_params(
    TABLE_PARAMETERS
    | {
        "data_dir": [str, os.PathLike],
        "ensure_all_finite": ["boolean"],
        "cache_dir": [str, os.PathLike, None],
    },
    prefer_skip_nested_validation=True,
)
def load_kitsune_mirai(
    data_dir: str | os.PathLike[str],
    *,
    subset: str | int = "full",
    drop_index: bool = False,
    as_frame: bool = False,
    return_X_y: bool = False,
    mmap_mode: Literal["r", "c"] | None = None,
    ensure_all_finite: bool = True,
    random_state: int | np.random.RandomState | None = 0,
    cache_dir: str | os.PathLike[str] | None = None,
) -> Any:  # a Bunch, or a pair if return_X_y
    """Load the Mirai table of Kitsune from files in a folder.

    The folder holds data and labels: ``Mirai_data.npy`` and ``Mirai_labels.npy``, or
    the files of the UCI repository, ``Mirai_dataset.csv`` and ``Mirai_labels.csv``,
    as they are or gzipped. Upper and lower case are alike; NumPy files come before
    CSV files. CSV files are converted once, see :func:`convert_csv_to_npy`.

    Any number of rows is accepted. The data have 116 columns, a row counter and 115
    features in the order of `FEATURE_NAMES`, or the 115 features alone.

    Parameters
    ----------
    data_dir : str or path-like
        Folder of the files.
    subset : {"full", "half", "quarter"} or int, default="full"
        How many rows: all, n_rows // 2 (382,068 of the published table), n_rows // 4
        (191,034), or a number. A part is drawn without replacement, of each class
        the share that it has in the table, and keeps the order of time. Where the
        lab's ``Mirai_data_half.npy`` and ``Mirai_labels_half.npy`` (or ``_quarter``)
        lie in the folder, "half" (or "quarter") are these files as they are.
    drop_index : bool, default=False
        Whether to leave out the row counter, which gives the label away. Without
        effect on data of 115 columns. The 24 columns that the lab drops count from
        the counter on.
    as_frame : bool, default=False
        Whether data and target are pandas objects; `frame` then holds both.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` only.
    mmap_mode : {"r", "c"}, default=None
        Leave the full table on the disk and map it into memory, read-only ("r") or
        with changes kept in memory ("c"). A part of the table is always read into
        memory.
    ensure_all_finite : bool, default=True
        Whether values that are not finite numbers are an error. If not, those of CSV
        files are NaN, and those of NumPy files are what they are.
    random_state : int, RandomState instance or None, default=0
        Seed of the choice of rows.
    cache_dir : str or path-like, default=None
        Folder for converted files. None is the folder of the CSV file or, where that
        is read-only, ``skmirai/converted`` in scikit-learn's data home.

    Returns
    -------
    bunch : Bunch
        With the entries

        - data : float64 of shape (n_rows, 116 or 115), ndarray or DataFrame; a file
          of float32 that stays on the disk is float32
        - target : int64 of shape (n_rows,), 0 benign, 1 attack; ndarray or Series
        - frame : DataFrame of data and target where `as_frame`, else None
        - feature_names : list of str, the first of 116 is "counter"
        - target_names : list of str
        - rows : ndarray of shape (n_rows,), where the rows stand in the file
        - DESCR : str
        - data_filename, target_filename : str, the NumPy files

    (data, target) : tuple
        If `return_X_y`.

    Raises
    ------
    DatasetNotFoundError
        If the files are not there (a FileNotFoundError).
    InvalidDatasetError
        If a file does not hold what it should (a ValueError). Values of a NumPy file
        that is left on the disk by `mmap_mode` are not looked at.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from pathlib import Path
    >>> from skmirai.datasets import load_kitsune_mirai
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(Path(folder, "Mirai_data.npy"), np.ones((8, 116)))
    ...     np.save(Path(folder, "Mirai_labels.npy"), np.repeat([0, 1], [2, 6]))
    ...     bunch = load_kitsune_mirai(folder, subset="half")
    >>> bunch.data.shape, bunch.target
    ((4, 116), array([0, 1, 1, 1]))
    """
    folder = Path(data_dir).expanduser()
    cache = None if cache_dir is None else Path(cache_dir).expanduser()
    data_file, label_file = _files_of_part(folder, subset)
    if data_file is not None and label_file is not None:
        subset = "full"
    else:
        data_file, label_file = _find(folder, DATA_FILES), _find(folder, LABEL_FILES)
    if data_file is None or label_file is None:
        raise _not_found(folder, data_file, label_file)
    return load_table(
        _as_npy(data_file, "features", cache, ensure_all_finite),
        _as_npy(label_file, "labels", cache, True),
        check_finite=ensure_all_finite and data_file.suffix.lower() == ".npy",
        subset=subset,
        drop_index=drop_index,
        as_frame=as_frame,
        return_X_y=return_X_y,
        mmap_mode=mmap_mode,
        random_state=random_state,
    )


def _files_of_part(folder: Path, subset: str | int) -> tuple[Path | None, Path | None]:
    """The lab's files of a half or a quarter, where they lie in the folder."""
    if subset not in PARTS:
        return None, None
    names = (Path(files[0]) for files in (DATA_FILES, LABEL_FILES))
    data, labels = (
        _find(folder, (f"{name.stem}_{subset}{name.suffix}",)) for name in names
    )
    return data, labels


def _find(folder: Path, names: tuple[str, ...]) -> Path | None:
    """First of the names that is a file in the folder, whatever its case."""
    try:
        files = {path.name.lower(): path for path in folder.iterdir() if path.is_file()}
    except FileNotFoundError as error:
        raise DatasetNotFoundError(
            f"there is no folder {folder}: give the folder that holds the files, or "
            "call fetch_kitsune_mirai to download them"
        ) from error
    except NotADirectoryError as error:
        raise DatasetNotFoundError(
            f"{folder} is a file: give the folder that holds it and the other file"
        ) from error
    return next((files[x.lower()] for x in names if x.lower() in files), None)


def _not_found(
    folder: Path, data_file: Path | None, label_file: Path | None
) -> DatasetNotFoundError:
    wanted = [
        f"{what} ({', '.join(names)})"
        for what, names, found in (
            ("data", DATA_FILES, data_file),
            ("labels", LABEL_FILES, label_file),
        )
        if found is None
    ]
    there = sorted(path.name for path in folder.iterdir())
    parts = [part for part in PARTS if all(_files_of_part(folder, part))]
    hint = f"ask for subset={parts[0]!r}, which is there, " if parts else ""
    return DatasetNotFoundError(
        f"no {' and no '.join(wanted)} in {folder}, which holds "
        f"{there[:8] or 'nothing'}: {hint}put the file there, give another data_dir, "
        "or call fetch_kitsune_mirai"
    )


def _as_npy(
    source: Path, content: str, cache_dir: Path | None, ensure_all_finite: bool
) -> Path:
    """Convert a CSV file where that has not been done; return the NumPy file."""
    if source.suffix.lower() == ".npy":
        return source
    beside = source.with_name(f"{source.name}.npy")
    if cache_dir is None:
        done = is_up_to_date(beside, source, content, ensure_all_finite)
        if done or _is_writable(source.parent):
            with writing(source.parent, _REMEDY):
                return convert_csv_to_npy(
                    source,
                    beside,
                    content=content,
                    ensure_all_finite=ensure_all_finite,
                )
        cache_dir = data_folder(None, "converted")
    # Files of one name from different folders may share the cache.
    tag = sha256_of(bytes(source.resolve()))[:12]
    target = cache_dir / f"{source.name}.{tag}.npy"
    with writing(cache_dir, _REMEDY):
        cache_dir.mkdir(parents=True, exist_ok=True)
        return convert_csv_to_npy(
            source, target, content=content, ensure_all_finite=ensure_all_finite
        )


def _is_writable(folder: Path) -> bool:
    """Try it: permissions do not tell about read-only file systems."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
