"""Files of an extractor's state: NumPy's ``.npz``, without pickle or compression."""

import io
from math import prod
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from skmirai.utils._archive import stored_members
from skmirai.utils._files import escaped


def read_state(path: str | PathLike[str]) -> dict[str, Any]:
    """Read what ``save_state`` wrote; memory stays a small multiple of the file.

    Parameters
    ----------
    path : str or PathLike
        The file.

    Returns
    -------
    dict
        Arrays by name.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no such file.
    """
    data = Path(path).read_bytes()
    try:
        return {
            name.removesuffix(".npy"): _array(content)
            for name, content in stored_members(data).items()
        }
    except Exception as error:  # of zipfile, zlib, struct and NumPy
        why = f" ({error})" if type(error) is ValueError else ""
        raise ValueError(
            f"{escaped(str(path))} is no state of an extractor, or a damaged one{why}: "
            "expected the .npz file that save_state writes; one that you have packed "
            "yourself is read by numpy.load and set_state"
        ) from error


def _array(content: bytes) -> np.ndarray:
    """Array of a member, if that is as large as its header says."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):  # for names of fields, which a state has none of
        raise ValueError(f"a member has a header of version {version}")
    shape, _, dtype = read(file)
    n_bytes = prod(shape) * dtype.itemsize
    if dtype.hasobject:
        raise ValueError("a member holds Python objects")
    if n_bytes != len(content) - file.tell():
        raise ValueError(
            f"a member of {len(content):,} bytes says that it holds {n_bytes:,}"
        )
    file.seek(0)
    return np.load(file, allow_pickle=False)
