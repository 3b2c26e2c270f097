"""What the machine has: processors, memory, graphics cards."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

_MIB = 2**20


def hardware() -> dict[str, Any]:
    """Processors, memory and graphics cards of this machine.

    Returns
    -------
    dict
        "processor" (its name), "cores" (that this process may use), "memory"
        and "free memory" in bytes, and "gpus", a list with "name", "memory" and
        "used memory" in bytes and "busy" in percent of each card that
        ``nvidia-smi`` lists; empty where there is no such command.

    Examples
    --------
    >>> from skmirai.utils import hardware
    >>> hardware()["cores"] >= 1
    True
    """
    import psutil

    memory = psutil.virtual_memory()
    return {
        "processor": _processor_name(),
        "cores": n_usable_cores(),
        "memory": int(memory.total),
        "free memory": int(memory.available),
        "gpus": _gpus(),
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


def _gpus() -> list[dict[str, Any]]:
    fields = "name,memory.total,memory.used,utilization.gpu"
    try:
        listed = subprocess.run(
            ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [_gpu(line) for line in listed.splitlines() if line.count(",") >= 3]


def _gpu(line: str) -> dict[str, Any]:
    """Read one line of what nvidia-smi lists; a figure it does not know is None."""
    name, *figures = (value.strip() for value in line.rsplit(",", 3))
    total, used, busy = (int(f) if f.isdigit() else None for f in figures)
    return {
        "name": name,
        "memory": total and total * _MIB,
        "used memory": None if used is None else used * _MIB,
        "busy": busy,
    }
