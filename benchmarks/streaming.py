"""Memory and time of a fit on a table that stays on the disk.

Run: ``python benchmarks/streaming.py``. A table of the lab's full size, 764,137 x 116
in double precision, is written to a temporary file and fitted twice in processes of
their own: streamed (``working_memory`` of 100 MiB), and held in memory.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from common import lab_table, machine

FIT = """
import sys, threading, time
import numpy as np
import sklearn
from skmirai import MiraiDNNClassifier

folder, kind, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
settings = {"drop_columns": slice(92, None), "batch_size": 1000, "random_state": 0}
few = np.arange(2000) % 2
MiraiDNNClassifier(epochs=1, **settings).fit(np.ones((2000, 116)) * few[:, None], few)

def own_memory():  # without the pages of the file, which the system may take back
    with open("/proc/self/status") as lines:
        return int(next(x for x in lines if x.startswith("RssAnon")).split()[1]) / 1024

seen = [own_memory()]
def watch():
    while True:
        seen.append(own_memory())
        time.sleep(0.01)

threading.Thread(target=watch, daemon=True).start()
y = np.load(f"{folder}/y.npy")
X = np.load(f"{folder}/X.npy", mmap_mode="r")
if kind == "streamed":
    sklearn.set_config(working_memory=100)
else:
    X = np.array(X)
start = time.perf_counter()
clf = MiraiDNNClassifier(epochs=epochs, **settings).fit(X, y)
taken = time.perf_counter() - start
peak = max(seen) - seen[0]
accuracy = clf.evaluate(X, y)["accuracy"]
print(f"| {kind:9} | {peak:8.0f} MB | {taken:6.1f} s | {accuracy:.4f} |")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=764_137)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        X, y = lab_table(options.rows, 116)
        order = np.argsort(y, kind="stable")  # benign first, as in a capture
        np.save(Path(folder) / "X.npy", X[order].astype(float))
        np.save(Path(folder) / "y.npy", y[order].astype(int))
        size = (Path(folder) / "X.npy").stat().st_size / 2**20
        del X
        print(f"\nA sorted table of {size:.0f} MB, {options.epochs} epochs")
        print("|           | peak memory | fit      | accuracy |")
        print("|-----------|-------------|----------|----------|")
        for kind in ("streamed", "in memory"):
            arguments = [sys.executable, "-c", FIT, folder, kind, str(options.epochs)]
            found = subprocess.run(
                arguments, check=True, capture_output=True, text=True
            )
            print(found.stdout.strip())


if __name__ == "__main__":
    main()
