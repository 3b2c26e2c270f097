"""Processes that tests start, and that must not outlive them."""

import os
from contextlib import suppress

import psutil


def kill_family(process):
    """Kill a process and its children, which would keep its pipes open.

    Parameters
    ----------
    process : subprocess.Popen
        One that nobody has waited for.
    """
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()
    process.kill()


def without_cache():
    """Environment of a process that compiles its own programs.

    Of programs from the cache of the tests TensorFlow tells on standard error.
    """
    return {k: v for k, v in os.environ.items() if k != "TF_XLA_FLAGS"}
