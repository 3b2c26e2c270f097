"""Memory and time of converting the Mirai table from CSV, and of opening it again.

Run: ``python benchmarks/conversion.py``. A CSV file of the published size, 764,137 x
116, is made in a temporary folder (about 1.3 GB, and as much again for the NumPy file)
from a block of random rows and a running counter. Conversion and opening run in
processes of their own; the peak is that of the whole process, Python and NumPy
included. ``--gz`` packs the CSV file first.
"""

import argparse
import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from common import machine

TASK = """
import resource, sys, time
from skmirai.datasets import load_kitsune_mirai

start = time.perf_counter()
bunch = load_kitsune_mirai(sys.argv[1], **eval(sys.argv[2]))
taken = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
size = "{} x {}".format(*bunch.data.shape)
print(f"| {sys.argv[3]:28} | {size:13} | {taken:7.2f} s | {peak:7.0f} MB |")
"""


def write_csv(path: Path, n_rows: int, packed: bool, n_block: int = 2000) -> None:
    """Write rows of 15 to 17 digits, as a text writer prints double precision."""
    rng = np.random.default_rng(0)
    block = rng.lognormal(3, 4, (n_block, 115))
    block[:, ::5] = np.round(block[:, ::5])
    lines = [",".join(map(repr, row)) + "\n" for row in block.tolist()]
    with gzip.open(path, "wt", 1) if packed else open(path, "w") as file:
        for start in range(0, n_rows, n_block):
            few = lines[: n_rows - start]
            file.write("".join(f"{start + i},{line}" for i, line in enumerate(few)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=764_137)
    parser.add_argument("--gz", action="store_true")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        end = ".gz" if options.gz else ""
        source = Path(folder) / f"Mirai_dataset.csv{end}"
        write_csv(source, options.rows, options.gz)
        benign = options.rows * 121_621 // 764_137
        labels = ["0"] * benign + ["1"] * (options.rows - benign)
        (Path(folder) / "Mirai_labels.csv").write_text("\n".join(labels))
        print(f"\n{source.name}: {source.stat().st_size / 2**20:.0f} MB")
        print(
            "|                              | table         | time      | peak RSS   |"
        )
        print(
            "|------------------------------|---------------|-----------|------------|"
        )
        for settings, name in (
            ({"mmap_mode": "r"}, "convert, map from the disk"),
            ({"mmap_mode": "r"}, "again, map from the disk"),
            ({"subset": "quarter"}, "again, a quarter in memory"),
            ({}, "again, whole table in memory"),
        ):
            subprocess.run(
                [sys.executable, "-c", TASK, folder, repr(settings), name], check=True
            )


if __name__ == "__main__":
    main()
