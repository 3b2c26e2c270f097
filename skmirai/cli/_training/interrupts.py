"""Ctrl-C while a network is trained, which keeps its whole epochs without an error."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def noticed_interrupts() -> Iterator[list[int]]:
    """Count interrupts in a block; they are raised as they always are.

    Yields
    ------
    list of int
        Grows by a number for each. It stays empty where somebody else sees to
        interrupts, or in a thread that gets none.
    """
    noticed: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield noticed
        return

    def notice(number: int, frame: FrameType | None) -> None:
        noticed.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, notice)
    try:
        yield noticed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
