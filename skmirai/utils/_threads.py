"""Work in threads of our own, beside those of linear algebra."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from joblib import Parallel, delayed
from threadpoolctl import ThreadpoolController

from skmirai.utils._sklearn import openmp_effective_n_threads

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def n_threads() -> int:
    """Count the threads that a computation may use.

    Those that scikit-learn's would: the processors of this process or container, or
    fewer where OMP_NUM_THREADS says so, as it does in joblib's processes.
    """
    return int(openmp_effective_n_threads())


def in_threads(
    function: Callable[[_Item], _Result], items: Iterable[_Item]
) -> Iterator[_Result]:
    """Apply a function to items side by side, and yield its results in their order.

    Few items are taken ahead, so that neither these nor results pile up. Linear
    algebra uses one thread for each of ours meanwhile: it would start as many again,
    and round otherwise with another number of them.

    Parameters
    ----------
    function : callable
        Called in several threads at the same time.
    items : iterable
        Read in one thread at a time, not always in the caller's.

    Yields
    ------
    object
        What the function returned.

    Examples
    --------
    >>> from skmirai.utils._threads import in_threads
    >>> list(in_threads(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    with single_threaded_products():
        parallel = Parallel(
            n_threads(), backend="threading", batch_size=1, return_as="generator"
        )
        yield from parallel(delayed(function)(item) for item in items)


_users = 0
_users_lock = threading.Lock()
_limits = None


@contextmanager
def single_threaded_products() -> Iterator[None]:
    """Let linear algebra use one thread, until the last of those who ask is done."""
    global _users, _limits
    with _users_lock:
        if _users == 0:
            _limits = _controller().limit(limits=1, user_api="blas")
        _users += 1
    try:
        yield
    finally:
        with _users_lock:
            _users -= 1
            if _users == 0:
                _limits.restore_original_limits()


@cache
def _controller() -> ThreadpoolController:
    """Libraries of linear algebra in this process; to look for them takes long."""
    return ThreadpoolController()
