"""Ctrl-C, where Python would raise it and nobody else sees to it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def first_told(notice: Callable[[], object]) -> Iterator[None]:
    """Call a function at each interrupt of a block before it is raised as always.

    Nothing changes where somebody else sees to interrupts, or in a thread that gets
    none.

    Parameters
    ----------
    notice : callable
        Called without arguments.

    Examples
    --------
    >>> import signal
    >>> from skmirai.utils._interrupts import first_told
    >>> noticed = []
    >>> try:
    ...     with first_told(lambda: noticed.append("once")):
    ...         signal.raise_signal(signal.SIGINT)
    ... except KeyboardInterrupt:
    ...     noticed
    ['once']
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def handle(number: int, frame: object) -> None:
        notice()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
