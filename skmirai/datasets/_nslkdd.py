"""NSL-KDD: connections of a military network of 1998, with its own train and test."""

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from skmirai.datasets._errors import DatasetNotFoundError, InvalidDatasetError
from skmirai.utils._files import open_text
from skmirai.utils._sklearn import StrOptions, validate_params

#: The 41 features in the order of the files.
FEATURES = (
    *("duration", "protocol_type", "service", "flag", "src_bytes", "dst_bytes"),
    *("land", "wrong_fragment", "urgent", "hot", "num_failed_logins", "logged_in"),
    *("num_compromised", "root_shell", "su_attempted", "num_root"),
    *("num_file_creations", "num_shells", "num_access_files", "num_outbound_cmds"),
    *("is_host_login", "is_guest_login", "count", "srv_count", "serror_rate"),
    *("srv_serror_rate", "rerror_rate", "srv_rerror_rate", "same_srv_rate"),
    *("diff_srv_rate", "srv_diff_host_rate", "dst_host_count", "dst_host_srv_count"),
    *("dst_host_same_srv_rate", "dst_host_diff_srv_rate"),
    *("dst_host_same_src_port_rate", "dst_host_srv_diff_host_rate"),
    *("dst_host_serror_rate", "dst_host_srv_serror_rate", "dst_host_rerror_rate"),
    "dst_host_srv_rerror_rate",
)

#: Features that are names, not numbers.
SYMBOLIC = ("protocol_type", "service", "flag")

_N_COLUMNS = len(FEATURES) + 2  # attack and difficulty

#: Training files by the parameter `subset`.
_TRAINING_FILES = {"full": "KDDTrain+.txt", "20_percent": "KDDTrain+_20Percent.txt"}

#: What names look like; numbers or capitals in their place mean shifted columns or
#: another data set (KDD Cup 1999 writes "normal.").
_PATTERNS = {
    "protocol_type": "icmp|tcp|udp",
    "service": r"[A-Za-z]\S*",
    "flag": "[A-Z][A-Z0-9]*",
    "attack": "[a-z][a-z0-9_]*",
}

DESCR = """\
NSL-KDD
-------

Connections of the KDD Cup 1999 without its repeated records: 41 features each, three of
them names, the attack or "normal", and a difficulty, the number (0 to 21) of simple
learners that classified the record correctly. The test file holds attacks that the
training file lacks: use the two files as they are, not a random split of one.

References
----------
M. Tavallaee, E. Bagheri, W. Lu, A. A. Ghorbani, "A Detailed Analysis of the KDD CUP 99
Data Set", IEEE Symposium on Computational Intelligence for Security and Defense
Applications, 2009.
"""


@validate_params(
    {
        "train": [str, os.PathLike],
        "test": [str, os.PathLike, None],
        "subset": [StrOptions({*_TRAINING_FILES})],
        "as_frame": ["boolean"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_nslkdd(
    train: str | os.PathLike[str],
    test: str | os.PathLike[str] | None = None,
    *,
    subset: str = "full",
    as_frame: bool = True,
    return_X_y: bool = False,
) -> Any:  # a Bunch, or four tables if return_X_y
    r"""Load NSL-KDD from its two files, such as ``KDDTrain+.txt`` and ``KDDTest+.txt``.

    Parameters
    ----------
    train : str or path-like
        The training file, or without ``test`` the folder of both files. Files are
        text, plain, gzipped or zipped, of 43 columns: 41 features, attack, difficulty.
    test : str or path-like, default=None
        The test file. None looks into the folder ``train`` for ``KDDTest+.txt``, with
        ``.gz`` or ``.zip`` behind it or without.
    subset : {"full", "20_percent"}, default="full"
        Which training file of the folder is taken: ``KDDTrain+.txt``, of 125,973 rows,
        or ``KDDTrain+_20Percent.txt``, the first 25,192 of them.
    as_frame : bool, default=True
        Whether data and targets are pandas objects.
    return_X_y : bool, default=False
        Whether to return ``(X_train, y_train, X_test, y_test)`` only: in this order,
        which is not that of scikit-learn's ``train_test_split``.

    Returns
    -------
    bunch : Bunch
        `train` and `test` are each a Bunch with the entries

        - data : DataFrame of shape (n_rows, 41); protocol_type, service and flag are
          categoricals with the same categories, sorted, in both tables; the other
          columns are float64. Otherwise an ndarray of objects: str and float
        - target : Series or ndarray of int64, 0 normal, 1 attack
        - attack : ndarray of str, "normal" or the name of the attack
        - difficulty : ndarray of int64, 0 to 21
        - filename : str

        The Bunch around them has feature_names, categorical_feature_names,
        target_names (lists of str) and DESCR.
    (X_train, y_train, X_test, y_test) : tuple
        If `return_X_y`.

    Raises
    ------
    DatasetNotFoundError
        If a file is not there (a FileNotFoundError).
    InvalidDatasetError
        If a file does not hold what it should (a ValueError).
    ValueError
        If there are two files and a subset: it chooses among those of a folder.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skmirai.datasets import load_nslkdd
    >>> row = ",".join(["0", "udp", "domain_u", "SF", *37 * ["1"]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     train, test = Path(folder, "train.txt"), Path(folder, "test.txt")
    ...     _ = train.write_text(f"{row},normal,21\n{row},neptune,18")
    ...     _ = test.write_text(f"{row},mscan,3")
    ...     bunch = load_nslkdd(train, test)
    >>> bunch.train.data.shape, bunch.train.target.to_list(), bunch.test.attack
    ((2, 41), [0, 1], array(['mscan'], dtype='<U5'))
    """
    files = _find(Path(train).expanduser(), test, subset)
    columns = {name: _read(path) for name, path in files.items()}
    categories = {
        name: sorted(set(columns["train"][i]).union(columns["test"][i]))
        for i, name in enumerate(FEATURES)
        if name in SYMBOLIC
    }
    parts = {
        name: _part(path, columns[name], categories, as_frame)
        for name, path in files.items()
    }
    if return_X_y:
        first, second = parts["train"], parts["test"]
        return first.data, first.target, second.data, second.target
    return Bunch(
        **parts,
        feature_names=list(FEATURES),
        categorical_feature_names=list(SYMBOLIC),
        target_names=["normal", "attack"],
        DESCR=DESCR,
    )


def _find(
    train: Path, test: str | os.PathLike[str] | None, subset: str
) -> dict[str, Path]:
    """Training and test file: those given, or those of a folder."""
    if test is not None:
        if subset != "full":
            raise ValueError(
                f"subset={subset!r} chooses among the training files of a folder, but "
                f"train and test are two files: give the file that you want as train, "
                f"or the folder alone"
            )
        return {"train": train, "test": Path(test).expanduser()}
    if not train.is_dir():
        raise DatasetNotFoundError(
            f"there is no folder {train}: give the folder of KDDTrain+.txt and "
            f"KDDTest+.txt, or both files, as load_nslkdd(train, test)"
        )
    found = {}
    for name, stem in (("train", _TRAINING_FILES[subset]), ("test", "KDDTest+.txt")):
        tried = [train / f"{stem}{ending}" for ending in ("", ".gz", ".zip")]
        there = [path for path in tried if path.is_file()]
        if not there:
            raise DatasetNotFoundError(
                f"there is no {stem} in {train}, nor {stem}.gz or {stem}.zip: put it "
                f"there, or give both files, as load_nslkdd(train, test)"
            )
        found[name] = there[0]
    return found


def _read(path: Path) -> list[np.ndarray]:
    """Columns of a file, numbers as float64 and names as str."""
    if not path.is_file():
        raise DatasetNotFoundError(
            f"there is no file {path}: expected KDDTrain+.txt or KDDTest+.txt of "
            "NSL-KDD, gzipped or not"
        )
    rows: list[list[str]] = []
    lines: list[int] = []
    with open_text(path) as (text, _):
        for number, line in enumerate(text, 1):
            if line.isspace():
                continue
            fields = [field.strip() for field in line.split(",")]
            if not rows and fields[0] == FEATURES[0]:
                _check_header(path, fields)
                continue
            if len(fields) != _N_COLUMNS:
                raise InvalidDatasetError(
                    f"{path}, line {number}: {len(fields)} comma-separated columns, "
                    f"expected {_N_COLUMNS} (41 features, attack, difficulty): give "
                    "the .txt files of NSL-KDD (not .arff), whole"
                )
            rows.append(fields)
            lines.append(number)
    if not rows:
        raise InvalidDatasetError(f"{path} has no rows of data: get the file again")
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    for i, name in enumerate((*FEATURES, "attack", "difficulty")):
        if name in _PATTERNS:
            _check_names(path, lines, name, columns[i])
        else:
            columns[i] = _numbers(path, lines, name, columns[i])
    return columns


def _check_header(path: Path, names: list[str]) -> None:
    for i, (found, expected) in enumerate(zip(names, FEATURES, strict=False)):
        if found != expected:
            raise InvalidDatasetError(
                f"{path}: column {i} is named {found!r} in the header, expected "
                f"{expected!r}: this is no file of NSL-KDD"
            )


def _check_names(path: Path, lines: list[int], name: str, values: np.ndarray) -> None:
    for value in np.unique(values):
        if re.fullmatch(_PATTERNS[name], value) is None:
            line = lines[int(np.argmax(values == value))]
            raise InvalidDatasetError(
                f"{path}, line {line}: {name} is {str(value)!r}, expected a name of "
                f"the form {_PATTERNS[name]}: columns are shifted, or this is no file "
                "of NSL-KDD"
            )


def _numbers(path: Path, lines: list[int], name: str, texts: np.ndarray) -> np.ndarray:
    try:
        values = texts.astype(float)
    except ValueError:
        values = np.array([_number(text) for text in texts])
    bad = ~np.isfinite(values) | (values < 0)
    if name == "difficulty":
        bad |= (values > 21) | (values != np.floor(values))
    if bad.any():
        first = int(np.argmax(bad))
        raise InvalidDatasetError(
            f"{path}: {int(bad.sum())} values of {name} are wrong, the first is "
            f"{str(texts[first])!r} in line {lines[first]}, expected "
            + ("whole numbers from 0 to 21" if name == "difficulty" else "numbers >= 0")
            + ": get the file again"
        )
    return values


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _part(
    path: Path,
    columns: list[np.ndarray],
    categories: dict[str, Any],
    as_frame: bool,
) -> Bunch:
    """Table, target and the rest of one file."""
    import pandas as pd

    data = pd.DataFrame(
        {
            name: pd.Categorical(column, categories=categories[name])
            if name in SYMBOLIC
            else column
            for name, column in zip(FEATURES, columns, strict=False)
        }
    )
    attack, difficulty = columns[-2:]
    target = (attack != "normal").astype(np.int64)
    return Bunch(
        data=data if as_frame else data.astype(object).to_numpy(),
        target=pd.Series(target, name="target") if as_frame else target,
        attack=attack,
        difficulty=difficulty.astype(np.int64),
        filename=str(path),
    )
