"""What the machine has: processors, memory, graphics cards."""

import os
import platform
from pathlib import Path
from typing import Any

from skmirai.utils._cards import GraphicsCards


def hardware() -> dict[str, Any]:
    """Processors, memory and graphics cards of this machine.

    Returns
    -------
    dict
        "processor" (its name), "cores" (that this process may use), "memory"
        and "free memory" in bytes, and "gpus", a list with "name", "memory" and
        "used memory" in bytes, "busy" in percent and "cuda cores" of each card that
        NVIDIA's library (extra ``gpu``) or ``nvidia-smi`` tells of; empty where
        there is neither. What a card does not tell is None.

    Examples
    --------
    >>> from skmirai.utils import hardware
    >>> hardware()["cores"] >= 1
    True
    """
    import psutil

    memory = psutil.virtual_memory()
    with GraphicsCards() as cards:
        gpus = cards.read()
    return {
        "processor": _processor_name(),
        "cores": n_usable_cores(),
        "memory": int(memory.total),
        "free memory": int(memory.available),
        "gpus": gpus,
    }


def n_usable_cores() -> int:
    """Number of logical processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.processor() or platform.machine()
