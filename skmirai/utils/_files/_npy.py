"""Write arrays to NumPy files piece by piece, and open them without surprises."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from skmirai.utils._files._errors import InvalidDatasetError
from skmirai.utils._files._replaced import REMEDY, replaced


def write_npy(
    path: Path, blocks: Iterable[np.ndarray], *, remedy: str = REMEDY
) -> None:
    """Write blocks of rows as one array; the file appears whole or not at all.

    Parameters
    ----------
    path : Path
        File to write, see `replaced`. It is read back before it gets its name.
    blocks : iterable of ndarray of shape (n, ...)
        Blocks of one dtype; their rows are those of the array, in this order.
    remedy : str, optional
        What the reader of an error message should do.
    """
    with replaced(path, remedy=remedy) as file:
        n_rows, last = _write_blocks(file, blocks)
        file.seek(0)
        if not _is_as_written(file, n_rows, last):
            raise OSError(f"{path} does not read back as written: check the disk")


def _is_as_written(file: BinaryIO, n_rows: int, last: np.ndarray) -> bool:
    """Whether an open file has the shape, and ends in the last block."""
    try:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    except ValueError:
        return False
    n_bytes = n_rows * last.nbytes // max(1, len(last))
    file.seek(n_bytes - last.nbytes, 1)
    rest = file.read()
    expected = (n_rows, *last.shape[1:]), last.dtype
    return (shape, dtype) == expected and rest == last.tobytes()


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
    except (OSError, MemoryError):
        raise
    except Exception as error:  # NumPy has one for every kind of damage
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
