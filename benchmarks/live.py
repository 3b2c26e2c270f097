"""Packets a second of ``skmirai predict`` with 100 passes: a pipe, and a file.

Run: ``python benchmarks/live.py``. Goal: more than 20,000 packets a second, live. A
process reads a capture, of the traffic of ``benchmarks/extraction.py``, from a pipe
that another one fills as fast as it is emptied, or from its file; it makes the 115
features of every packet and writes a line with the verdict and its uncertainty. The
start, which is the time of a capture without packets, is subtracted. Of the rounds,
which take the tasks by turns, the median is printed, of wall and of processor time.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import machine
from extraction import traffic, write_pcap
from start import EMPTY

#: Fits a classifier to the features of a capture, of which one host's packets attack.
FIT = """
import sys
import numpy as np
from skmirai import MiraiDNNClassifier
from skmirai.feature_extraction import AfterImageExtractor, read_packets
packets = read_packets(sys.argv[2])
X = AfterImageExtractor().transform(packets)
n_layers, n_nodes = map(int, sys.argv[3:])
clf = MiraiDNNClassifier(n_layers, n_nodes, epochs=2, random_state=0)
clf.fit(X, X[:, 0] > np.median(X[:, 0])).save(sys.argv[1])
"""


def predicted(model: Path, source: Path, piped: bool) -> tuple[float, float]:
    """Wall and processor seconds of ``skmirai predict``."""
    command = [sys.executable, "-m", "skmirai", "predict", "--quiet", str(model)]
    command += ["-" if piped else str(source), "--n-passes", "100"]
    start = time.perf_counter()
    filler = None
    if piped:
        filler = subprocess.Popen(["cat", str(source)], stdout=subprocess.PIPE)
    process = subprocess.Popen(
        command,
        stdin=filler.stdout if filler else None,
        stdout=subprocess.DEVNULL,
    )
    if filler:
        filler.stdout.close()
        filler.wait()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packets = traffic(options.packets)
        for file, records in (("train", packets[:20_000]), ("capture", packets)):
            write_pcap(records, folder / f"{file}.pcap")
        empty, capture = folder / "empty.pcap", folder / "capture.pcap"
        empty.write_bytes(EMPTY)
        tasks = {}
        for sizes in ("2 64", "6 20"):
            model = folder / f"{sizes}.skmirai"
            training = [str(folder / "train.pcap"), *sizes.split()]
            subprocess.run([sys.executable, "-c", FIT, model, *training], check=True)
            for how, piped in (("a pipe", True), ("a file", False)):
                tasks[f"{sizes.replace(' ', ' x ')}, {how}"] = model, piped
        figures = {task: [] for task in tasks}
        for _ in range(options.rounds):
            for task, (model, piped) in tasks.items():
                start = predicted(model, empty, piped)
                whole = predicted(model, capture, piped)
                figures[task].append([a - b for a, b in zip(whole, start, strict=True)])
    print(f"{options.packets:,} packets, 100 passes, packets a second:")
    print(f"{'':16}{'wall':>10}{'processor':>12}")
    for task, taken in figures.items():
        wall, cpu = map(statistics.median, zip(*taken, strict=True))
        rates = options.packets / wall, options.packets / cpu
        print(f"{task:16}{rates[0]:10,.0f}{rates[1]:12,.0f}")


if __name__ == "__main__":
    main()
