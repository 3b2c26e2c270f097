"""What the benchmarks share: tables of the lab's shape, timing, printing."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

#: Recorded traffic.
DATA = Path(
    os.environ.get("SKMIRAI_DATA", Path(__file__).parents[2] / "shared" / "data")
)

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

#: Training rows of the lab, and columns that it keeps.
LAB_ROWS, LAB_COLUMNS = 534_895, 92


def lab_table(n_rows: int = LAB_ROWS, n_columns: int = LAB_COLUMNS, seed: int = 0):
    """Standardised rows with 84 % attacks, which some of the columns tell apart."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n_rows) < 0.8408).astype(np.float32)
    X = rng.standard_normal((n_rows, n_columns), dtype=np.float32)
    X[:, :8] += 0.5 * y[:, None]
    return X, y


def seconds(task: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def by_turns(
    tasks: dict[str, Callable[[], float]], rounds: int
) -> dict[str, list[float]]:
    """Seconds that each task reports, taken by turns: noise then meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            times[name].append(task())
    return times


def median_ratio(other: Sequence[float], ours: Sequence[float]) -> float:
    """Median over the rounds of the quotient within a round."""
    return statistics.median(a / b for a, b in zip(other, ours, strict=True))


def print_times(title: str, times: dict[str, list[float]], unit: str = "s") -> None:
    """One line per task: median, range, ratio to the first task."""
    scale = {"s": 1.0, "ms": 1e3}[unit]
    first = next(iter(times.values()))
    print(f"\n{title}")
    print(f"| {'':32} | median {unit:>2} | {'range':17} | ratio to ours |")
    print(f"|{'-' * 34}|-----------|{'-' * 19}|---------------|")
    for name, taken in times.items():
        low, high = min(taken) * scale, max(taken) * scale
        middle = statistics.median(taken) * scale
        spread = f"{low:.3g} to {high:.3g}"
        ratio = median_ratio(taken, first)
        print(f"| {name:32} | {middle:9.3g} | {spread:17} | {ratio:13.2f} |")


def machine() -> str:
    """Processor and releases that the figures belong to."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as lines:
            model = next(x.split(":")[1].strip() for x in lines if "model name" in x)
    except (OSError, StopIteration):
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else "?"
    parts = [f"{model}, {cores} cores", f"Python {platform.python_version()}"]
    for package in ("tensorflow", "keras", "scikit-learn", "torch", "skorch", "jax"):
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            parts.append(f"{package} absent")
    return "; ".join(parts)
