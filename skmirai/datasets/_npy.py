"""Write arrays to NumPy files piece by piece, and open them without surprises."""

import contextlib
import glob
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from skmirai.datasets._errors import InvalidDatasetError


def write_npy(path: Path, blocks: Iterable[np.ndarray], *, exclusive: bool) -> None:
    """Write blocks of rows as one array; the file appears whole or not at all.

    Parameters
    ----------
    path : Path
        File to write. Until all is written and read back, the rows are in a hidden
        file beside it.
    blocks : iterable of ndarray of shape (n, ...)
        Blocks of one dtype; their rows are those of the array, in this order.
    exclusive : bool
        Whether no other process writes the same file now: what killed processes left
        behind is then removed.
    """
    beginning = f".{path.name}."
    if exclusive:
        for left in path.parent.glob(f"{glob.escape(beginning)}*.part"):
            with contextlib.suppress(OSError):
                left.unlink()
    part = path.with_name(f"{beginning}{secrets.token_hex(4)}.part")
    try:
        with open(part, "xb") as file:
            n_rows, last = _write_blocks(file, blocks)
            file.flush()
            os.fsync(file.fileno())
        written = open_npy(part)
        if written.shape != (n_rows, *last.shape[1:]) or not np.array_equal(
            written[n_rows - len(last) :], last
        ):
            raise OSError(f"{part} does not read back as written: check the disk")
        del written
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _write_blocks(
    file: BinaryIO, blocks: Iterable[np.ndarray]
) -> tuple[int, np.ndarray]:
    """Write header and rows; return the number of rows and the last block."""
    n_rows, start = 0, -1
    block = np.empty(0)
    for block in blocks:
        if start < 0:
            start = _write_header(file, 0, block)
        file.write(np.ascontiguousarray(block).data)
        n_rows += len(block)
    file.seek(0)
    # NumPy leaves room in the header for the first axis to grow.
    if _write_header(file, n_rows, block) != start:
        raise AssertionError("the header of the NumPy file has changed its length")
    return n_rows, block


def _write_header(file: BinaryIO, n_rows: int, block: np.ndarray) -> int:
    header = {
        "descr": np.lib.format.dtype_to_descr(block.dtype),
        "fortran_order": False,
        "shape": (n_rows, *block.shape[1:]),
    }
    np.lib.format.write_array_header_1_0(file, header)
    return file.tell()


def open_npy(path: Path, mmap_mode: Literal["r", "c"] = "r") -> np.memmap[Any, Any]:
    """Map an array of real numbers from a NumPy file into memory.

    Raises
    ------
    InvalidDatasetError
        If the file is not a whole NumPy file of real numbers with at least one row.
    """
    again = "save it again with numpy.save(path, np.asarray(data, dtype=float))"
    try:
        array = np.load(path, mmap_mode=mmap_mode, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InvalidDatasetError(
            f"{path} is no NumPy file of numbers, or one that is cut off or empty "
            f"({error}): {again}"
        ) from error
    if not isinstance(array, np.memmap):
        array.close()
        raise InvalidDatasetError(f"{path} is an archive of arrays: {again}")
    if not array.size:
        raise InvalidDatasetError(f"{path} has no values: {again}")
    if array.dtype.kind not in "biuf":
        raise InvalidDatasetError(
            f"{path} holds values of type {array.dtype}, expected real numbers: {again}"
        )
    return array
