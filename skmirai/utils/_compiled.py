"""Compile functions with numba, keeping the machine code where that is possible."""

from collections.abc import Callable
from typing import Any

from skmirai.utils import import_optional

numba = import_optional("numba", extra="pcap", purpose="captures and AfterImage")


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function on its first call.

    Parameters
    ----------
    function : callable
        A function of numbers and arrays.

    Returns
    -------
    callable
        The compiled function. Its machine code is kept in numba's cache; where no
        folder for it can be written, it is compiled afresh in every process.
    """
    # A change of this function's file, not of constants that it takes from others,
    # makes numba compile it again: after such a change, remove __pycache__.
    try:
        return numba.njit(cache=True)(function)
    except RuntimeError:  # no folder for the cache
        return numba.njit(function)
