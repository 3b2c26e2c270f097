"""Ctrl-C: noticed while a network is trained, and never lost on its way."""

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skmirai.utils._interrupts import first_told

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

#: Seconds after which an interrupt that was lost comes again.
_AGAIN = 0.05


@contextmanager
def noticed_interrupts() -> Iterator[list[int]]:
    """Count interrupts in a block; they are raised as they always are.

    A network keeps its whole epochs when it is interrupted, and raises no error.

    Yields
    ------
    list of int
        Grows by a number for each. It stays empty where somebody else sees to
        interrupts, or in a thread that gets none.
    """
    noticed: list[int] = []
    with first_told(lambda: noticed.append(signal.SIGINT)):
        yield noticed


@contextmanager
def returning_interrupts() -> Iterator[None]:
    """Let an interrupt come again that met a function which cannot raise it.

    Python prints and forgets what is raised where C calls Python without a way to
    tell of errors: in callbacks of ctypes, which numba has while it compiles, in
    those of weak references, and in finalizers. Without this, Ctrl-C at such a
    moment has no effect.
    """
    before = sys.unraisablehook
    coming: list[threading.Timer] = []

    def hook(what: "UnraisableHookArgs") -> None:
        if what.exc_type is not KeyboardInterrupt:
            before(what)
            return
        # at once it would be raised in here, and be lost again
        timer = threading.Timer(_AGAIN, _interrupt)
        timer.daemon = True
        coming.append(timer)
        timer.start()

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
        for timer in coming:
            timer.cancel()


def _interrupt() -> None:
    """Interrupt the main thread, whatever it waits for."""
    if hasattr(signal, "pthread_kill"):
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)
    else:  # Windows, where this ends no wait, but what comes after it
        _thread.interrupt_main()
