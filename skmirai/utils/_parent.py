"""Worker processes that do not outlive the process that started them."""

import multiprocessing
import os
import threading


def leave_with_parent() -> None:
    """End this process of :mod:`multiprocessing` as soon as its parent has ended.

    A pool's processes wait for work for ever where their parent was killed.
    """
    threading.Thread(target=_leave, daemon=True).start()


def _leave() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
