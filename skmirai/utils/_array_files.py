"""Arrays as files in NumPy's format, in memory."""

import io
import math

import numpy as np

from skmirai.utils._kinds import ARRAY_KINDS, check_shape


def array_bytes(array: np.ndarray) -> bytes:
    """Return the file of an array.

    It keeps the order in which the numbers lie, by columns or by rows, also of a part
    of a larger array: products round by it.
    """
    file = io.BytesIO()
    if not (array.flags.c_contiguous or array.flags.f_contiguous):
        array = array.copy(order="K")
    np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return file.getvalue()


def array_from(content: bytes, name: str) -> np.ndarray:
    """Return the array of a file whose size is the one that it declares.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        What errors call it.

    Returns
    -------
    ndarray
        Of numbers, truth values or text; a copy, which may be written to.

    Raises
    ------
    ValueError
        If it is no such file, or its shape is out of proportion to its size.
    """
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError(f"{name} is not in version 1.0 of NumPy's format")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.kind not in ARRAY_KINDS:
        raise ValueError(f"{name} holds {dtype}, which is not loaded")
    check_shape(shape, name)
    n_values, n_bytes = math.prod(shape), len(content) - file.tell()
    if n_values * dtype.itemsize != n_bytes:
        raise ValueError(
            f"{name} does not have the size that it declares: {n_values:,} values of "
            f"{dtype.itemsize} bytes in {n_bytes:,}"
        )
    if n_values > len(content):  # of no bytes each
        raise ValueError(
            f"{name} declares {n_values:,} values of type {dtype} in "
            f"{len(content):,} bytes"
        )
    if not n_bytes:
        return np.zeros(shape, dtype)
    values = np.frombuffer(content, dtype, offset=file.tell())
    return values.reshape(shape, order="F" if by_columns else "C").copy("K")
