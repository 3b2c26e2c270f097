"""The Mirai table of Kitsune, downloaded from the UCI repository."""

import os
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np

from skmirai.datasets._errors import DatasetNotFoundError, InvalidDatasetError
from skmirai.datasets._home import data_folder, writing
from skmirai.datasets._store import fill, is_complete, read_receipt
from skmirai.datasets._table import TABLE_PARAMETERS, load_table
from skmirai.utils._files import locked, sha256
from skmirai.utils._sklearn import Interval, validate_params

#: Folder of the files, and the environment variable that names a mirror.
UCI_URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/00516/mirai/"
URL_VARIABLE = "SKMIRAI_UCI_URL"

_REMEDY = (
    "give a data_home that can be written to and has 1 GB free, or set "
    "SCIKIT_LEARN_DATA to one"
)


@validate_params(
    TABLE_PARAMETERS
    | {
        "data_home": [str, os.PathLike, None],
        "download_if_missing": ["boolean"],
        "base_url": [str, None],
        "n_retries": [Interval(Integral, 0, None, closed="left")],
        "delay": [Interval(Real, 0, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def fetch_kitsune_mirai(
    subset: str | int = "full",
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    drop_index: bool = False,
    as_frame: bool = False,
    return_X_y: bool = False,
    mmap_mode: Literal["r", "c"] | None = None,
    random_state: int | np.random.RandomState | None = 0,
    base_url: str | None = None,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Any:  # a Bunch, or a pair if return_X_y
    """Load the Mirai table of Kitsune; download it from the UCI repository if needed.

    ``Mirai_labels.csv.gz`` and ``Mirai_dataset.csv.gz`` are downloaded, converted to
    NumPy files, which stay (0.7 GB), and removed. An interrupted download goes on
    where it stopped. There is no official checksum: the table is accepted if it has
    764,137 rows of 116 columns, 121,621 of them benign, and the SHA-256 of what was
    accepted is remembered for the next download and for :func:`verify_kitsune_mirai`.

    All 116 columns are returned, the row counter first, so that the 24 columns that
    the lab drops (``drop_columns=24``) leave its 92.

    Parameters
    ----------
    subset : {"full", "half", "quarter"} or int, default="full"
        How many rows: all 764,137, 382,068, 191,034, or a number; see
        :func:`load_kitsune_mirai`.
    data_home : str or path-like, default=None
        Folder in which the files get a sub-folder ``skmirai/kitsune_mirai``. None is
        scikit-learn's: the environment variable ``SCIKIT_LEARN_DATA`` or
        ``~/scikit_learn_data``.
    download_if_missing : bool, default=True
        False raises an OSError where the files are not there.
    drop_index : bool, default=False
        Whether to leave out the row counter, which gives the label away.
    as_frame : bool, default=False
        Whether data and target are pandas objects; `frame` then holds both.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` only.
    mmap_mode : {"r", "c"}, default=None
        Leave the full table on the disk and map it into memory, read-only ("r") or
        with changes kept in memory ("c").
    random_state : int, RandomState instance or None, default=0
        Seed of the choice of rows.
    base_url : str, default=None
        Address of a folder with the two files, of a mirror for instance. None is the
        environment variable ``SKMIRAI_UCI_URL`` or the UCI repository.
    n_retries : int, default=3
        Tries after the first one, where the connection or the server fails.
    delay : float, default=1.0
        Seconds between two tries.

    Returns
    -------
    bunch : Bunch
        As of :func:`load_kitsune_mirai`.
    (data, target) : tuple
        If `return_X_y`.

    Raises
    ------
    DatasetNotFoundError
        If the files are not there and `download_if_missing` is False (an OSError).
    DownloadError
        If they cannot be downloaded (an OSError).
    InvalidDatasetError
        If what was downloaded is not the published table (a ValueError).
    OSError
        If `data_home` cannot be written to.

    Examples
    --------
    >>> from skmirai.datasets import fetch_kitsune_mirai
    >>> X, y = fetch_kitsune_mirai("half", return_X_y=True)  # doctest: +SKIP
    """
    url = base_url or os.environ.get(URL_VARIABLE) or UCI_URL
    if not url.startswith(("http://", "https://")):
        raise ValueError(
            f"base_url={url!r} must begin with http:// or https://; files in a folder "
            "are read by load_kitsune_mirai"
        )
    folder = data_folder(data_home, "kitsune_mirai")
    if not is_complete(folder):
        if not download_if_missing:
            raise DatasetNotFoundError(
                f"the Mirai table is not in {folder} and download_if_missing is False"
            )
        with writing(folder, _REMEDY):
            folder.mkdir(parents=True, exist_ok=True)
            with locked(folder / "table") as exclusive:
                if not is_complete(folder):  # no other process has just done it
                    fill(folder, url, n_retries, delay, exclusive)
    return load_table(
        folder / "Mirai_data.npy",
        folder / "Mirai_labels.npy",
        check_finite=False,
        subset=subset,
        drop_index=drop_index,
        as_frame=as_frame,
        return_X_y=return_X_y,
        mmap_mode=mmap_mode,
        random_state=random_state,
    )


@validate_params(
    {"data_home": [str, os.PathLike, None]}, prefer_skip_nested_validation=True
)
def verify_kitsune_mirai(
    data_home: str | os.PathLike[str] | None = None,
) -> dict[str, str]:
    """Compare the fetched files with the SHA-256 that they had when they were made.

    Parameters
    ----------
    data_home : str or path-like, default=None
        As of :func:`fetch_kitsune_mirai`.

    Returns
    -------
    digests : dict of str to str
        SHA-256 of each NumPy file, in hexadecimal digits.

    Raises
    ------
    DatasetNotFoundError
        If nothing has been fetched.
    InvalidDatasetError
        If a file has changed since.

    Examples
    --------
    >>> from skmirai.datasets import verify_kitsune_mirai
    >>> digests = verify_kitsune_mirai()  # doctest: +SKIP
    """
    folder = data_folder(data_home, "kitsune_mirai")
    if not is_complete(folder):
        raise DatasetNotFoundError(
            f"the Mirai table is not in {folder}, or not whole: call "
            "fetch_kitsune_mirai"
        )
    found = {}
    for name, facts in read_receipt(folder)["arrays"].items():
        found[name] = sha256(folder / name)
        if found[name] != facts["sha256"]:
            raise InvalidDatasetError(
                f"{folder / name} has changed since it was made: its SHA-256 is "
                f"{found[name]}, expected {facts['sha256']}; remove the file and call "
                "fetch_kitsune_mirai"
            )
    return found
