"""Stand-ins for graphics cards: NVIDIA's library, and its command."""

import stat
import sys
import types

MIB = 2**20


class NVMLError(Exception):
    """As in ``pynvml``: the parent of all its errors."""


class NotSupportedError(NVMLError):
    pass


class GpuIsLostError(NVMLError):
    pass


def fake_nvml(looks, *, name="Tesla T4", total=15360 * MIB, cores=2560):
    """Module like ``pynvml`` with one card.

    Parameters
    ----------
    looks : sequence of (busy, used) or Exception
        What the card tells look by look; the last one stays. Where a figure is an
        error, asking for it raises it.
    """
    nvml = types.ModuleType("pynvml")
    nvml.NVMLError = NVMLError
    nvml.n_looks, nvml.n_open = 0, 0

    def now():
        return looks[min(nvml.n_looks, len(looks) - 1)]

    def told(value):
        if isinstance(value, Exception):
            raise value
        return value

    def opened(by):
        nvml.n_open += by

    def memory(handle):
        return types.SimpleNamespace(total=total, used=told(now()[1]))

    def rates(handle):
        busy = now()[0]
        nvml.n_looks += 1  # asked last at each look
        return types.SimpleNamespace(gpu=told(busy), memory=0)

    nvml.nvmlInit = lambda: opened(1)
    nvml.nvmlShutdown = lambda: opened(-1)
    nvml.nvmlDeviceGetCount = lambda: 1
    nvml.nvmlDeviceGetHandleByIndex = lambda index: index
    nvml.nvmlDeviceGetName = lambda handle: name
    nvml.nvmlDeviceGetNumGpuCores = lambda handle: told(cores)
    nvml.nvmlDeviceGetMemoryInfo = memory
    nvml.nvmlDeviceGetUtilizationRates = rates
    return nvml


def fake_command(folder, answers):
    """Write a ``nvidia-smi`` that gives one answer after the other; the last stays.

    An answer that is a number is its exit status.
    """
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "nvidia-smi"
    script.write_text(
        f"#!{sys.executable} -SE\n"
        "import pathlib, sys\n"
        f"answers = {list(answers)!r}\n"
        f"looks = pathlib.Path({str(folder / 'looks')!r})\n"
        "with looks.open('a') as file:\n"
        "    file.write('.')\n"
        "k = min(looks.stat().st_size, len(answers)) - 1\n"
        "if isinstance(answers[k], int):\n"
        "    sys.exit(answers[k])\n"
        "print(answers[k])\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script
