"""Time and memory of a start: ``skmirai predict`` on one packet and on none.

Run: ``python benchmarks/start.py``. Each line is a process of its own: its processor
time, its wall time and its peak memory, medians over the rounds, which take the
processes by turns. Beside the command there are a worker that loads the model and
predicts one row, what of it is scikit-learn's import, and a script that imports
TensorFlow.
"""

import argparse
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import machine

#: A pcap file without packets, and the record of one: UDP between two hosts.
EMPTY = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
FRAME = bytes.fromhex(
    "020000000001020000000002080045000020000000004011000a0a0000010a000002"
    "04000035000c00000102030405060708"
)
PACKET = struct.pack("<IIII", 1_500_000_000, 0, len(FRAME), len(FRAME)) + FRAME

#: Fits a classifier of the default size to 115 columns.
FIT = """
import sys
import numpy as np
from skmirai import MiraiDNNClassifier
X = np.random.default_rng(0).random((2_000, 115))
MiraiDNNClassifier(epochs=2, random_state=0).fit(X, X[:, 0] > 0.5).save(sys.argv[1])
"""

WORKER = """
import sys
import numpy as np
import skmirai
skmirai.load(sys.argv[1]).predict_uncertainty(np.ones((1, 115)))
"""


def started(arguments: list[str]) -> tuple[float, float, float]:
    """Processor seconds, wall seconds and peak memory in MB of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{arguments} ended with {process.returncode}")
    wall = time.perf_counter() - start
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        model = f"{folder}/model.skmirai"
        # in another process: the peak of a child is never below its parent's
        started(["-c", FIT, model])
        captures = {"one packet": EMPTY + PACKET, "no packets": EMPTY}
        tasks = {}
        for name, content in captures.items():
            path = Path(folder, f"{name}.pcap")
            path.write_bytes(content)
            tasks[f"skmirai predict, {name}"] = [
                *("-m", "skmirai", "predict", model, str(path))
            ]
        tasks |= {
            "load, predict_uncertainty of a row": ["-c", WORKER, model],
            "import sklearn.base": ["-c", "import sklearn.base"],
            "import tensorflow": ["-c", "import tensorflow"],
        }
        figures: dict[str, list[tuple[float, float, float]]] = {n: [] for n in tasks}
        for _ in range(options.rounds + 1):
            for name, arguments in tasks.items():
                figures[name].append(started(arguments))
    print(f"{'':36}{'processor':>10}{'wall':>9}{'memory':>10}")
    for name, taken in figures.items():  # the first round fills the caches
        cpu, wall, memory = map(statistics.median, zip(*taken[1:], strict=True))
        print(f"{name:36}{cpu:8.2f} s{wall:7.2f} s{memory:7.0f} MB")
