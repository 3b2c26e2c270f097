"""N-BaIoT: captures of nine devices, each benign or under one attack."""

import os
import re
from collections.abc import Iterable
from contextlib import closing
from fnmatch import fnmatchcase
from numbers import Integral
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from skmirai.datasets._bunch import make_bunch
from skmirai.datasets._errors import DatasetNotFoundError, InvalidDatasetError
from skmirai.datasets._header import check_feature_order
from skmirai.feature_extraction import FEATURE_NAMES
from skmirai.utils._files import read_numbers
from skmirai.utils._sklearn import Interval, validate_params

FAMILIES = ("gafgyt", "mirai")
ATTACKS = ("ack", "combo", "junk", "scan", "syn", "tcp", "udp", "udpplain")

#: Devices by the number that begins a file name in the numbered distribution.
DEVICES = (
    "Danmini_Doorbell",
    "Ecobee_Thermostat",
    "Ennio_Doorbell",
    "Philips_B120N10_Baby_Monitor",
    "Provision_PT_737E_Security_Camera",
    "Provision_PT_838_Security_Camera",
    "Samsung_SNH_1011_N_Webcam",
    "SimpleHome_XCS7_1002_WHT_Security_Camera",
    "SimpleHome_XCS7_1003_WHT_Security_Camera",
)

#: Endings of capture files, the one that is preferred first.
_ENDINGS = (".csv", ".csv.gz", ".zip")

#: Files that come with the captures and are none.
_COMPANIONS = {"data_summary", "demonstrate_structure", "device_info", "features"}

DESCR = """\
N-BaIoT: Network-based Detection of IoT Botnet Attacks
------------------------------------------------------

Traffic of nine devices, captured one by one: benign, or under one attack of the Gafgyt
(BASHLITE) or Mirai botnets. Every row is a packet and describes the recent traffic of
its hosts by 115 damped statistics (AfterImage). A capture is of one class throughout,
so that a random split of rows, with neighbours from one capture on both sides, tells
captures apart rather than attacks: leave whole captures or devices out.

References
----------
Y. Meidan, M. Bohadana, Y. Mathov, Y. Mirsky, A. Shabtai, D. Breitenbacher, Y. Elovici,
"N-BaIoT: Network-based Detection of IoT Botnet Attacks Using Deep Autoencoders", IEEE
Pervasive Computing 17(3), 2018.
"""


class Capture(NamedTuple):
    """What the name of a file tells."""

    name: str  # path below the folder, without ending
    kind: str  # "benign", or attack with its family if known: "gafgyt_udp", "udp"
    device: str  # "unknown" where no name tells


@validate_params(
    {
        "folder": [str, os.PathLike],
        "patterns": [str, "array-like", None],
        "max_rows": [Interval(Integral, 1, None, closed="left"), None],
        "as_frame": ["boolean"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_nbaiot(
    folder: str | os.PathLike[str],
    *,
    patterns: str | Iterable[str] | None = None,
    max_rows: int | None = None,
    as_frame: bool = False,
    return_X_y: bool = False,
) -> Any:  # a Bunch, or a pair if return_X_y
    r"""Load captures of N-BaIoT from the files in a folder and its sub-folders.

    Every file ``.csv``, ``.csv.gz`` or ``.zip`` (of one file) is a capture: a header
    row, then 115 features per packet. Its name tells what it is. "benign" in it makes
    it benign; "ack", "combo", "junk", "scan", "syn", "tcp", "udp" or "udpplain", as a
    word of its own, an attack; "gafgyt" or "mirai", there or in the name of a folder,
    the family of the attack. The device is what else the name says, or the first
    folder: ``Ennio_Doorbell/gafgyt_attacks/tcp.csv``, ``3.gafgyt.tcp.csv`` and
    ``ennio_gafgyt_tcp.zip`` are all understood.

    Parameters
    ----------
    folder : str or path-like
        Folder of the files.
    patterns : str or list of str, default=None
        Load only files whose path below `folder` matches one of these patterns, such
        as ``"*benign*"`` or ``"Ennio_Doorbell/*/udp.csv"``. None loads all.
    max_rows : int, default=None
        Read no more than the first rows of each capture. None reads all.
    as_frame : bool, default=False
        Whether data and target are pandas objects; `frame` then holds both.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` only.

    Returns
    -------
    bunch : Bunch
        With the entries

        - data : float64 of shape (n_rows, 115), ndarray or DataFrame
        - target : int64 of shape (n_rows,), 0 benign, 1 attack; ndarray or Series
        - frame : DataFrame of data and target where `as_frame`, else None
        - groups : ndarray of int64 of shape (n_rows,), the number of each row's
          capture, for ``LeaveOneGroupOut`` and other splits by group
        - captures, kinds, devices : list of str of length n_captures, of each capture
          the name, "benign" or the attack, and the device; kinds[groups[i]] is that
          of row i
        - feature_names, target_names : list of str
        - filenames : list of str of length n_captures
        - DESCR : str

    (data, target) : tuple
        If `return_X_y`.

    Raises
    ------
    DatasetNotFoundError
        If no capture is there (a FileNotFoundError).
    InvalidDatasetError
        If a file does not hold what it should, or its name does not tell whether it is
        benign (a ValueError).

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skmirai.datasets import load_nbaiot
    >>> from skmirai.feature_extraction import FEATURE_NAMES
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, n in ("benign_traffic.csv", 2), ("mirai_udp.csv", 3):
    ...         rows = [",".join(FEATURE_NAMES), *n * [",".join(115 * ["1.0"])]]
    ...         _ = Path(folder, name).write_text("\n".join(rows))
    ...     bunch = load_nbaiot(folder)
    >>> bunch.data.shape, bunch.kinds
    ((5, 115), ['benign', 'mirai_udp'])
    >>> bunch.target, bunch.groups
    (array([0, 0, 1, 1, 1]), array([0, 0, 1, 1, 1]))
    """
    folder = Path(folder).expanduser()
    files = _find(folder, [patterns] if isinstance(patterns, str) else patterns)
    captures = [_describe(path, folder) for path in files]
    tables = [_read(path, max_rows) for path in files]
    sizes = [len(table) for table in tables]
    attacks = np.array([capture.kind != "benign" for capture in captures], np.int64)
    return make_bunch(
        np.concatenate(tables),
        np.repeat(attacks, sizes),
        list(FEATURE_NAMES),
        as_frame=as_frame,
        return_X_y=return_X_y,
        groups=np.repeat(np.arange(len(files), dtype=np.int64), sizes),
        captures=[capture.name for capture in captures],
        kinds=[capture.kind for capture in captures],
        devices=[capture.device for capture in captures],
        target_names=["benign", "attack"],
        filenames=[str(path) for path in files],
        DESCR=DESCR,
    )


def _find(folder: Path, patterns: Iterable[str] | None) -> list[Path]:
    """Capture files, by name; of several forms of one capture the first."""
    if not folder.is_dir():
        raise DatasetNotFoundError(
            f"there is no folder {folder}: give the folder that holds the captures"
        )
    found: dict[str, Path] = {}
    for ending in _ENDINGS:
        for path in sorted(folder.rglob("*")):
            below = path.relative_to(folder)
            hidden = any(x.startswith((".", "__MACOSX")) for x in below.parts)
            name = below.as_posix()
            if hidden or not name.lower().endswith(ending) or not path.is_file():
                continue
            stem = name[: -len(ending)]
            if stem.rpartition("/")[2].lower() in _COMPANIONS:
                continue
            if patterns is None or any(fnmatchcase(name, p) for p in patterns):
                found.setdefault(stem, path)
    if not found:
        raise DatasetNotFoundError(
            f"no captures ({', '.join(f'*{x}' for x in _ENDINGS)}) in {folder}"
            + ("" if patterns is None else f" that match {list(patterns)}")
            + ": give the folder of the N-BaIoT files"
        )
    return [found[name] for name in sorted(found)]


def _describe(path: Path, folder: Path) -> Capture:
    """Read from the name of a file what it holds."""
    name = path.relative_to(folder).as_posix()
    name = name[: -len(next(x for x in _ENDINGS if name.lower().endswith(x)))]
    *folders, stem = name.split("/")
    words = [word for word in re.split(r"[^A-Za-z0-9]+", stem) if word]
    low = [word.lower() for word in words]
    attacks = [word for word in low if word in ATTACKS]
    benign = any(word.startswith("benign") for word in low)
    if len(attacks) + benign != 1:
        raise InvalidDatasetError(
            f"{path}: the name tells {'more than one' if benign or attacks else 'no'} "
            f"kind of traffic, expected 'benign' or one of {', '.join(ATTACKS)} as a "
            "word in it: rename the file, or choose files by patterns="
        )
    kind = "benign"
    if attacks:
        everywhere = re.split(r"[^a-z0-9]+", name.lower())
        family = [word for word in FAMILIES if word in everywhere]
        kind = "_".join([*family, attacks[0]])
    known = {*FAMILIES, *ATTACKS, "attack", "attacks", "traffic"}
    rest = [
        word
        for word, lower in zip(words, low, strict=True)
        if lower not in known and not lower.startswith("benign")
    ]
    places = [x for x in folders if not set(x.lower().split("_")) & known]
    if words[0] in map(str, range(1, 1 + len(DEVICES))):
        device = DEVICES[int(words[0]) - 1]
    else:
        device = "_".join(rest) or (places[0] if places else "unknown")
    return Capture(name, kind, device)


def _read(path: Path, max_rows: int | None) -> np.ndarray:
    """Rows of a capture, which must have the header of N-BaIoT."""
    seen: list[list[str]] = []

    def check_header(names: list[str]) -> None:
        seen.append(names)
        if tuple(names) != FEATURE_NAMES:
            check_feature_order(path, names)
            k = next(i for i, x in enumerate(names) if x != FEATURE_NAMES[i])
            raise InvalidDatasetError(
                f"{path}: column {k} is named {names[k]!r}, expected "
                f"{FEATURE_NAMES[k]!r}: this is no file of N-BaIoT"
            )

    blocks, n_rows = [], 0
    reader = read_numbers(
        path, (len(FEATURE_NAMES),), check_header=check_header, progress=True
    )
    with closing(reader):
        for block in reader:
            if not seen:
                raise InvalidDatasetError(
                    f"{path} has no header row, expected the names of the 115 features "
                    "(skmirai.feature_extraction.FEATURE_NAMES): put it back"
                )
            blocks.append(block if max_rows is None else block[: max_rows - n_rows])
            n_rows += len(block)
            if max_rows is not None and n_rows >= max_rows:
                break
    return np.concatenate(blocks)
