"""UNSW-NB15: connections of a test bed of 2015, as partition or as raw records."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import Bunch

from skmirai.datasets._errors import DatasetNotFoundError, InvalidDatasetError
from skmirai.utils._files import open_text
from skmirai.utils._sklearn import StrOptions, validate_params

if TYPE_CHECKING:
    import pandas as pd

#: Columns of the partition files, in their order; some copies lack "id".
PARTITION = (
    *("id", "dur", "proto", "service", "state", "spkts", "dpkts", "sbytes", "dbytes"),
    *("rate", "sttl", "dttl", "sload", "dload", "sloss", "dloss", "sinpkt", "dinpkt"),
    *("sjit", "djit", "swin", "stcpb", "dtcpb", "dwin", "tcprtt", "synack", "ackdat"),
    *("smean", "dmean", "trans_depth", "response_body_len", "ct_srv_src"),
    *("ct_state_ttl", "ct_dst_ltm", "ct_src_dport_ltm", "ct_dst_sport_ltm"),
    *("ct_dst_src_ltm", "is_ftp_login", "ct_ftp_cmd", "ct_flw_http_mthd"),
    *("ct_src_ltm", "ct_srv_dst", "is_sm_ips_ports", "attack_cat", "label"),
)

#: Columns of the raw records, in their order; names in small letters.
RAW = (
    *("srcip", "sport", "dstip", "dsport", "proto", "state", "dur", "sbytes"),
    *("dbytes", "sttl", "dttl", "sloss", "dloss", "service", "sload", "dload"),
    *("spkts", "dpkts", "swin", "dwin", "stcpb", "dtcpb", "smeansz", "dmeansz"),
    *("trans_depth", "res_bdy_len", "sjit", "djit", "stime", "ltime", "sintpkt"),
    *("dintpkt", "tcprtt", "synack", "ackdat", "is_sm_ips_ports", "ct_state_ttl"),
    *("ct_flw_http_mthd", "is_ftp_login", "ct_ftp_cmd", "ct_srv_src", "ct_srv_dst"),
    *("ct_dst_ltm", "ct_src_ltm", "ct_src_dport_ltm", "ct_dst_sport_ltm"),
    *("ct_dst_src_ltm", "attack_cat", "label"),
)

#: Columns of either kind of file by their number.
_LAYOUTS = {len(names): names for names in (PARTITION[1:], PARTITION, RAW)}

#: Features that are names, not numbers.
SYMBOLIC = ("srcip", "dstip", "proto", "service", "state")

#: Numbers that raw records leave out where there is nothing to count, or no port.
_MAY_LACK = {"sport", "dsport", "ct_flw_http_mthd", "is_ftp_login", "ct_ftp_cmd"}
_LACKING = ["", " ", "-"]

#: Kind of the attacks of a file that names none.
UNNAMED = "unknown"

_PAGE = "https://research.unsw.edu.au/projects/unsw-nb15-dataset"

DESCR = f"""\
UNSW-NB15
---------

Connections of a test bed in which a generator made normal traffic and nine kinds of
attack, described by Argus, Zeek and programs of the authors. The partition has two
files of 175,341 and 82,332 connections, which circulate under each other's names; the
raw records, 2,540,047 of them, lie in four files and hold addresses, ports and times
besides. {_PAGE}

Of the file of 82,332 rows: "id" alone tells the label, which changes four times along
it; 42 % of the rows are in groups of exact duplicates, which a random split tears
apart; all rows whose "sttl" is 29 or 31 are normal. Addresses and times of the raw
records tell hosts and hours apart, not attacks.

References
----------
N. Moustafa, J. Slay, "UNSW-NB15: A Comprehensive Data Set for Network Intrusion
Detection Systems", Military Communications and Information Systems Conference, 2015.
"""


@validate_params(
    {
        "path": [str, os.PathLike, list, tuple],
        "target": [StrOptions({"label", "attack_cat"})],
        "drop_id": ["boolean"],
        "as_frame": ["boolean"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_unsw_nb15(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    target: str = "label",
    drop_id: bool = True,
    as_frame: bool = True,
    return_X_y: bool = False,
) -> Any:  # a Bunch, or a pair if return_X_y
    r"""Load UNSW-NB15 from a file of its partition or from raw records.

    Parameters
    ----------
    path : str, path-like or list of them
        A text file, plain, gzipped or zipped, with or without a header row and
        byte-order mark: of the partition (``UNSW_NB15_training-set.csv`` and
        ``UNSW_NB15_testing-set.csv``: 45 columns, or 44 without "id") or of the raw
        records (``UNSW-NB15_1.csv`` to ``UNSW-NB15_4.csv``: 49 columns). Several
        files of one kind are joined in the order given.
    target : {"label", "attack_cat"}, default="label"
        Whether the target is 0 for normal and 1 for attack, or the name of the kind
        of attack, "Normal" among them.
    drop_id : bool, default=True
        Leave out the column "id" of the partition, which numbers the rows: the rows
        lie in order of their labels.
    as_frame : bool, default=True
        Whether data and target are pandas objects; `frame` then holds both.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` only, in this order.

    Returns
    -------
    bunch : Bunch
        With the entries

        - data : DataFrame of shape (n_rows, n_features), 42 features of the partition
          (43 with "id") or 47 of the raw records, names in small letters; proto,
          service, state and addresses are categoricals with sorted categories, the
          other columns are float64. Otherwise an ndarray of objects: str and float.
        - target : Series or ndarray of shape (n_rows,): int64, or str for
          ``target="attack_cat"``
        - frame : DataFrame of data and target where `as_frame`, else None
        - attack : ndarray of str, "Normal" or the kind of attack; "unknown" for attacks
          that the file does not name
        - feature_names, categorical_feature_names, target_names : list of str
        - filenames : list of str
        - DESCR : str
    (data, target) : tuple
        If `return_X_y`.

    Raises
    ------
    DatasetNotFoundError
        If a file is not there (a FileNotFoundError).
    InvalidDatasetError
        If a file does not hold what it should, or its attacks have no names and these
        are the target (a ValueError).

    Notes
    -----
    Names of attacks are those of the partition, whatever blanks the raw records put
    around them; "Backdoors" is "Backdoor", and rows of label 0 are "Normal". Ports
    written in hexadecimal are read as such. Where the raw records leave a number out,
    as they do for ports that are none and for counts of connections that are not of
    FTP or HTTP, the value is NaN.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skmirai.datasets import load_unsw_nb15
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "UNSW_NB15_training-set.csv")
    ...     start, zeros = "0.1,tcp,http,FIN", ",".join(38 * ["0"])
    ...     rows = [f"1,{start},{zeros},Normal,0", f"2,{start},{zeros},Exploits,1"]
    ...     _ = path.write_text("\n".join(rows))
    ...     bunch = load_unsw_nb15(path)
    >>> bunch.data.shape, bunch.target.to_list(), bunch.attack.tolist()
    ((2, 42), [0, 1], ['Normal', 'Exploits'])
    """
    import pandas as pd

    given: Any = path if isinstance(path, list | tuple) else [path]
    if not given:
        raise ValueError("path=[] names no file: give one or more files of UNSW-NB15")
    files = [Path(file).expanduser() for file in given]
    tables = [_read(file) for file in files]
    for file, table in zip(files, tables, strict=True):
        if list(table) != list(tables[0]):
            raise InvalidDatasetError(
                f"{file} has {table.shape[1]} columns but {files[0]} has "
                f"{tables[0].shape[1]}: join files of one kind only"
            )
    table = tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)
    data: Any = table
    attack = np.array(table.pop("attack_cat"), dtype=str)
    label = table.pop("label").to_numpy()
    if target == "attack_cat" and (unnamed := int((attack == UNNAMED).sum())):
        raise InvalidDatasetError(
            f"target='attack_cat', but attack_cat is empty in {unnamed} rows of "
            f"attacks in {[str(file) for file in files]}: take target='label', or "
            f"files that name the attacks"
        )
    if drop_id and "id" in table:
        del table["id"]
    symbolic = [name for name in table if name in SYMBOLIC]
    for name in symbolic:
        table[name] = pd.Categorical(table[name], categories=sorted(set(table[name])))
    names = [str(name) for name in table]
    binary = target == "label"
    y: Any = pd.Series(label if binary else attack, name=target)
    frame = None
    if not as_frame:
        data, y = table.astype(object).to_numpy(), label if binary else attack
    elif not return_X_y:
        frame = pd.concat([table, y], axis=1)
    if return_X_y:
        return data, y
    return Bunch(
        data=data,
        target=y,
        frame=frame,
        attack=attack,
        feature_names=names,
        categorical_feature_names=symbolic,
        target_names=["normal", "attack"] if binary else np.unique(attack).tolist(),
        filenames=[str(file) for file in files],
        DESCR=DESCR,
    )


def _read(path: Path) -> "pd.DataFrame":
    """Table of a file: names as str, numbers as float64, labels as int64."""
    import pandas as pd

    if not path.is_file():
        raise DatasetNotFoundError(
            f"there is no file {path}: expected a CSV file of UNSW-NB15, gzipped or "
            f"not; get it from {_PAGE}"
        )
    with open_text(path) as (text, _):
        first = [field.strip() for field in text.readline().split(",")]
    names = _LAYOUTS.get(len(first))
    if names is None:
        raise InvalidDatasetError(
            f"{path}: {len(first)} comma-separated columns, expected 45 or 44 (a file "
            f"of the partition) or 49 (raw records): give a CSV file of UNSW-NB15"
        )
    # later releases read numbers as Python does, and warn of the word
    exact: dict[str, Any] = (
        {"float_precision": "round_trip"} if pd.__version__ < "3" else {}
    )
    has_header = _is_header(path, first, names)
    texts = [name for name in names if name in (*SYMBOLIC, "attack_cat")]
    with open_text(path) as (text, _):
        try:
            table = pd.read_csv(
                text,
                header=None,
                names=list(names),
                skiprows=int(has_header),
                dtype=dict.fromkeys(texts, str),
                na_values=dict.fromkeys(_MAY_LACK & {*names}, _LACKING),
                keep_default_na=False,
                index_col=False,
                skipinitialspace=True,
                low_memory=False,
                **exact,
            )
        except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
            raise InvalidDatasetError(
                f"{path}: {error}; expected {len(names)} columns in each line: get "
                "the file again"
            ) from error
    if not len(table):
        raise InvalidDatasetError(f"{path} has no rows of data: get the file again")
    for name in names:
        if name in texts:
            table[name] = _texts(path, name, table[name])
        else:
            table[name] = _numbers(path, name, table[name])
    table["label"] = table["label"].astype(np.int64)
    table["attack_cat"] = _attacks(path, table["attack_cat"], table["label"])
    return table


def _is_header(path: Path, first: list[str], names: tuple[str, ...]) -> bool:
    """Tell whether the first line holds names, which must be the right ones."""
    found = [field.lower().replace(" ", "") for field in first]
    if not {*found} & {"dur", "proto", "label"}:
        return False
    for k, (name, expected) in enumerate(zip(found, names, strict=True)):
        if name != expected:
            raise InvalidDatasetError(
                f"{path}: column {k} is named {first[k]!r} in the header, expected "
                f"{expected!r}: this is no file of UNSW-NB15, or its columns were moved"
            )
    return True


def _wrong(path: Path, name: str, row: int, value: Any, expected: str) -> Exception:
    shown = repr(value) if isinstance(value, str) else value
    return InvalidDatasetError(
        f"{path}: {name} is {shown} in row {row + 1} of the data, expected "
        f"{expected}: columns are shifted, or this is no file of UNSW-NB15"
    )


def _texts(path: Path, name: str, column: "pd.Series") -> "pd.Series":
    """Names without blanks around them; only that of the attack may be empty."""
    texts = column.fillna("").str.strip()
    if name != "attack_cat":
        bad = (texts == "") | texts.str.fullmatch(r"-?\d+(\.0*)?")
        if bad.any():
            row = int(np.argmax(bad))
            raise _wrong(path, name, row, texts[row], "a name")
    return texts


def _numbers(path: Path, name: str, column: "pd.Series") -> np.ndarray:
    """Finite numbers as float64; NaN where one may lack."""
    import pandas as pd

    values = pd.to_numeric(column, errors="coerce")
    texts = values.isna() & column.notna()
    if name in ("sport", "dsport") and texts.any():
        ports = column[texts].astype(str).map(_hexadecimal)
        values = values.astype(float)
        values[texts] = ports
    array = values.to_numpy(dtype=float)
    bad = ~np.isfinite(array)
    expected = "a finite number"
    if name in _MAY_LACK:
        bad &= column.notna().to_numpy()
    elif name == "label":
        bad = (array != 0) & (array != 1)
        expected = "0 or 1"
    if bad.any():
        row = int(np.argmax(bad))
        raise _wrong(path, name, row, column[row], expected)
    return array


def _hexadecimal(text: str) -> float:
    try:
        return int(text, 16) if text.startswith("0x") else np.nan
    except ValueError:
        return np.nan


def _attacks(path: Path, names: "pd.Series", label: "pd.Series") -> "pd.Series":
    """Kinds of attack, "Normal" where there is none, which the label must confirm."""
    none = names.isin(["", "0", "nan", "Normal", "normal"])
    unnamed = (names == "") & (label == 1)
    wrong = (none != (label == 0)) & ~unnamed
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InvalidDatasetError(
            f"{path}: row {row + 1} of the data has the label {label[row]} and the "
            f"attack {names[row]!r}, which contradict each other: get the file again"
        )
    names = names.mask(none, "Normal").mask(unnamed, UNNAMED)
    return names.replace("Backdoors", "Backdoor")
