"""
Tables that stay on the disk
============================

A table of packets is soon larger than memory. A file of NumPy that is mapped, not read,
can be trained on as it is; a file of Parquet is read group by group. What does either
cost, in memory and in what is learned? The largest table here has 320 MB, so that the
article fits a laptop, and memory is measured.
"""

# %%
# A file, sorted
# --------------
# 400,000 rows of 100 columns in double precision, written block by block: it never is
# in memory as a whole. Benign rows come first, as in a capture.

import tempfile
import threading
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import sklearn

from skmirai import MiraiDNNClassifier

N_ROWS, N_COLUMNS, BLOCK = 400_000, 100, 50_000
ONSET = N_ROWS // 4
folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # mapped files
path = Path(folder.name) / "table.npy"


def block(start, n_rows, seed=0):
    """Return rows of the table from a place on, and their labels."""
    y = (np.arange(start, start + n_rows) >= ONSET).astype(int)
    X = np.random.default_rng((seed, start)).normal(size=(n_rows, N_COLUMNS))
    X[:, :10] += 0.8 * y[:, np.newaxis]  # ten columns say a little each
    return X, y


table = np.lib.format.open_memmap(path, "w+", np.float64, (N_ROWS, N_COLUMNS))
y = np.empty(N_ROWS, int)
for start in range(0, N_ROWS, BLOCK):
    rows = slice(start, start + BLOCK)
    table[rows], y[rows] = block(start, BLOCK)
table.flush()
X_test, y_test = (
    np.concatenate(side)
    for side in zip(block(0, 5_000, seed=1), block(ONSET, 5_000, seed=1), strict=True)
)
print(f"{path.name}: {path.stat().st_size / 2**20:,.0f} MiB")

# %%
# On the disk, and in memory
# --------------------------
# A mapped file that would take more than scikit-learn's ``working_memory`` is read in
# parts: there is nothing else to do. The limit is 1 GiB unless it is set; here it is
# 50 MiB. What the process holds is looked at every few milliseconds, without the pages
# of the file, which the system may take back. Half of the test rows are benign.


def own_memory():
    """Return the memory of this process in MiB, as far as told without files."""
    info = psutil.Process().memory_info()
    return (info.rss - getattr(info, "shared", 0)) / 2**20


class Watch:
    """Note the memory of the process while a block runs."""

    def __enter__(self):
        self.seen, self._over = [], threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def _look(self):
        begin = time.perf_counter()
        while not self._over.wait(0.02):
            self.seen.append((time.perf_counter() - begin, own_memory()))

    def __exit__(self, *error):
        self._over.set()
        self._thread.join()


settings = {"n_nodes": 32, "epochs": 2, "batch_size": 2_000, "random_state": 0}
warm = MiraiDNNClassifier(**settings).fit(X_test, y_test)  # TensorFlow is there now
before = own_memory()
watched, scores = {}, {}
for name in ("on the disk", "in memory"):
    X = np.load(path, mmap_mode="r" if name == "on the disk" else None)
    with Watch() as watch, sklearn.config_context(working_memory=50):
        clf = MiraiDNNClassifier(**settings).fit(X, y)
    watched[name] = pd.Series(dict(watch.seen)) - before
    scores[name] = clf.score(X_test, y_test)
figures = pd.DataFrame(
    {
        "peak memory (MiB)": {name: seen.max() for name, seen in watched.items()},
        "seconds": {name: seen.index[-1] for name, seen in watched.items()},
        "accuracy": scores,
    }
)
print(figures.round({"peak memory (MiB)": 0, "seconds": 1, "accuracy": 3}).to_string())

figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for (name, seen), colour in zip(watched.items(), ("#0072B2", "#D55E00"), strict=True):
    ax.plot(seen.index, seen, color=colour, label=name)
ax.axhline(path.stat().st_size / 2**20, color="grey", linestyle=":", label="the file")
ax.set(xlabel="seconds of the fit", ylabel="MiB above the start")
ax.set_ylim(0)
ax.set_title("Memory while training on 320 MB")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %%
# What is held at once has a fixed size, however large the file: blocks of rows from
# all over it are read, scaled and shuffled together. A sorted file is no harm.
# Predictions read it in parts as well:

X = np.load(path, mmap_mode="r")
with sklearn.config_context(working_memory=50):
    share = np.mean(clf.predict(X[: 2 * ONSET]) == y[: 2 * ONSET])
print(f"accuracy on half of the file: {share:.3f}")

# %%
# Parquet, group by group
# -----------------------
# Parquet is not mapped but decoded, so it comes in pieces, and pieces are for
# ``partial_fit``: each call trains one epoch on its rows, and the scaler learns on.
# Here the order counts. A sorted file has groups of one class, and what the network saw
# last it believes.

small = Path(folder.name) / "table.parquet"
rng = np.random.default_rng(0)
chosen = np.sort(rng.choice(N_ROWS, 40_000, replace=False))
names = [f"column_{i}" for i in range(N_COLUMNS)]


def write(order):
    """Write rows in this order to a file of Parquet, in groups of 4,000."""
    columns = dict(zip(names, X[order].T, strict=True))
    frame = pa.table({**columns, "label": y[order]})
    pq.write_table(frame, small, row_group_size=4_000)


def trained_in_pieces():
    """Train on one group after the other; none of them stays."""
    clf = MiraiDNNClassifier(n_nodes=32, batch_size=500, random_state=0)
    file = pq.ParquetFile(small)
    for group in range(file.num_row_groups):
        piece = file.read_row_group(group)
        labels = piece["label"].to_numpy()
        clf.partial_fit(piece.drop_columns("label"), labels, classes=[0, 1])
    file.close()
    return clf


tests = pd.DataFrame(X_test, columns=names)
pieces = {}
for name, order in (("sorted", chosen), ("shuffled", rng.permutation(chosen))):
    write(order)
    clf = trained_in_pieces()
    found = clf.predict(tests)
    pieces[name] = {
        "recall, benign": np.mean(found[y_test == 0] == 0),
        "recall, attack": np.mean(found[y_test == 1] == 1),
    }
pieces = pd.DataFrame(pieces).T
print(pieces.round(3).to_string())

# %%
# From Parquet to a mapped file
# -----------------------------
# Where more than one pass is worth it, write the groups to a file of NumPy once, and
# train on that: in any order of the rows, with as many epochs as are needed.

file = pq.ParquetFile(small)
shape = (file.metadata.num_rows, N_COLUMNS)
target = Path(folder.name) / "again.npy"
again = np.lib.format.open_memmap(target, "w+", np.float32, shape)
labels, filled = [], 0
for piece in file.iter_batches(batch_size=4_000):
    labels.append(piece["label"].to_numpy())
    columns = [piece[name] for name in names]
    again[filled : filled + len(piece)] = np.column_stack(columns)
    filled += len(piece)
file.close()
again.flush()
labels = np.concatenate(labels)

with sklearn.config_context(working_memory=5):
    clf = MiraiDNNClassifier(n_nodes=32, epochs=3, random_state=0)
    clf.fit(np.load(target, mmap_mode="r"), labels)
print(f"{filled:,} rows converted, accuracy {clf.score(X_test, y_test):.3f}")

folder.cleanup()

# %%
# In words
# --------
# - ``np.load(path, mmap_mode="r")`` and ``fit``: a table larger than
#   ``working_memory`` stays on the disk. It takes more seconds and less memory, and
#   learns as much.
# - ``partial_fit`` takes pieces of any kind and any source, but it knows nothing of the
#   others: shuffle the rows before they are cut into pieces. A scaler that needs all
#   rows, such as "quantile", cannot learn in this way, and an error says so.
# - The commands of :doc:`/command_line` write and read Parquet and npy too, and stream
#   them.
#
# :doc:`/large_tables` has the figures for the table of the lab at full size.
