"""Files of fitted Pipelines: ours beside skops and pickle.

Run: ``python benchmarks/files.py`` (``pip install skops`` first). For a Pipeline with a
ColumnTransformer before a MiraiDNNClassifier: size of the file, time to write and read
it, whether predictions and the next fit are the same to the bit, whether the same
Pipeline makes the same file, and which types somebody who reads it must trust by name.
Then the memory and time of a process that
serves it, and files that were forged: what they lead to, and the memory that it takes.
"""

import copy
import io
import json
import os
import pickle
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from common import machine, seconds
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

import skmirai

try:
    import skops.io as sio
except ImportError as error:
    raise SystemExit("this benchmark needs skops: pip install skops") from error

N_ROWS, N_NUMBERS, N_SERVICES = 4_000, 40, 60


def pipeline():
    """Return a fitted Pipeline, rows and labels."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.lognormal(size=(N_ROWS, N_NUMBERS))).add_prefix("f")
    X["service"] = rng.choice([f"service {i}" for i in range(N_SERVICES)], N_ROWS)
    X["protocol"] = rng.choice(["tcp", "udp", None], N_ROWS)
    y = np.where(X["f0"] > 1, "attack", "benign")
    text = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="?"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    front = make_column_transformer(
        (text, make_column_selector(dtype_exclude=np.number)),
        remainder=make_pipeline(FunctionTransformer(np.log1p), StandardScaler()),
    )
    clf = skmirai.MiraiDNNClassifier(epochs=2, warm_start=True, random_state=0)
    return make_pipeline(front, clf).fit(X, y), X, y


def with_skops(pipe, path):
    sio.dump(pipe, path)


def skops_load(path):
    return sio.load(path, trusted=sio.get_untrusted_types(file=path))


def with_pickle(pipe, path):
    path.write_bytes(pickle.dumps(pipe))


def pickle_load(path):
    return pickle.loads(path.read_bytes())


WAYS = {
    "skmirai": (skmirai.save, skmirai.load),
    "skops": (with_skops, skops_load),
    "pickle": (with_pickle, pickle_load),
}


def median_time(task, *arguments, rounds=15):
    """Milliseconds of a call."""
    return (
        statistics.median(seconds(partial(task, *arguments)) for _ in range(rounds))
        * 1e3
    )


def compare(folder):
    """Print a line for each way of writing one Pipeline; return the files."""
    pipe, X, y = pipeline()
    proba, paths = pipe.predict_proba(X), {}
    next_fit = copy.deepcopy(pipe).fit(X, y).predict_proba(X)
    print("\n| way | bytes | write, ms | read, ms | same bits ", end="")
    print("| same next fit | same file |")
    print("|" + "---|" * 7)
    for way, (save, load) in WAYS.items():
        path = paths[way] = folder / way
        save(pipe, path)
        first, again = path.read_bytes(), load(path)
        same_bits = np.array_equal(again.predict_proba(X), proba)
        save(again, path)
        same_file = path.read_bytes() == first
        goes_on = np.array_equal(again.fit(X, y).predict_proba(X), next_fit)
        times = median_time(save, pipe, path), median_time(load, path)
        print(f"| {way} | {len(first):,} | {times[0]:.1f} | {times[1]:.1f} |", end="")
        print(f" {same_bits} | {goes_on} | {same_file} |")
    print("\nTypes that skops asks its reader to trust, by the names of our modules:")
    for name in sio.get_untrusted_types(file=paths["skops"]):
        print(f"  {name}")
    print("Types that skmirai.load asks its reader to trust: none")
    return paths


# -- serving -------------------------------------------------------------------------

SERVE = """
import sys, time
import pandas as pd
import skmirai

def resident():
    with open("/proc/self/status") as lines:
        return int(next(x for x in lines if x.startswith("VmRSS")).split()[1]) / 1024

def each(task):
    task()
    start = time.perf_counter()
    for _ in range(200):
        task()
    return (time.perf_counter() - start) * 5

rows = pd.read_pickle(sys.argv[2])
before = resident()
pipe = skmirai.load(sys.argv[1])
first = resident()
more = [skmirai.load(sys.argv[1]) for _ in range(20)]
print(f"the first model takes {first - before:.0f} MB, each further one "
      f"{(resident() - first) / 20:.1f} MB")
array = pipe[:-1].transform(rows)
print(f"one row takes {each(lambda: pipe.predict_proba(rows)):.1f} ms, of which "
      f"{each(lambda: pipe[-1].predict_proba(array)):.2f} in the last step")
"""


def serve(path):
    """Print what a process that serves the Pipeline takes."""
    _, X, _ = pipeline()
    rows = path.with_name("rows")
    X[:1].to_pickle(rows)
    print(flush=True)
    command = [sys.executable, "-c", SERVE, path, rows]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


# -- forged files --------------------------------------------------------------------


def header(shape, dtype):
    file = io.BytesIO()
    fields = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, fields)
    return file.getvalue()


def rewritten(path, change, compression=zipfile.ZIP_STORED):
    """Rewrite a file of either kind after a change of its members, checksums right."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members.pop("SHA256SUMS", None)
    name = next(n for n in ("schema.json", "estimator.json") if n in members)
    document = json.loads(members[name])
    members[name] = b""
    change(document, members)
    members[name] = members[name] or json.dumps(document).encode()
    if name == "estimator.json":
        lines = (f"{sha256(data).hexdigest()}  {n}\n" for n, data in members.items())
        members["SHA256SUMS"] = "".join(lines).encode()
    target = path.with_name(f"{path.name}-forged")
    with zipfile.ZipFile(target, "w", compression) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return target


def largest(members):
    return max(
        (n for n in members if n.endswith(".npy")), key=lambda n: len(members[n])
    )


def pickles_on_the_disk(document, members):
    """Name a folder of pickles, which the next fit would read."""
    text = json.dumps(document)
    ours = '"memory": null', '"memory": "/tmp/pickles"'
    inner = '"content": "null", "is_json": true'
    start = text.find('"memory": {')
    if start >= 0:  # skops
        place = text.index(inner, start)
        new = inner.replace("null", r"\"/tmp/pickles\"")
        text = text[:place] + new + text[place + len(inner) :]
    else:
        text = text.replace(*ours)
    document.clear()
    document.update(json.loads(text))


FORGERIES = {
    "1 GB of zeros, deflated": (
        lambda document, members: members.update({largest(members): bytes(10**9)}),
        zipfile.ZIP_DEFLATED,
    ),
    "3e8 strings of no length": (
        lambda document, members: members.update(
            {largest(members): header((300_000_000,), "<U0")}
        ),
        zipfile.ZIP_STORED,
    ),
    "1 TB declared": (
        lambda document, members: members.update(
            {largest(members): header((10**12 // 8,), "<f8")}
        ),
        zipfile.ZIP_STORED,
    ),
    "a cache of pickles": (pickles_on_the_disk, zipfile.ZIP_STORED),
}


def resident_peak():
    with open("/proc/self/status") as lines:
        return int(next(x for x in lines if x.startswith("VmHWM")).split()[1]) / 1024


def forge(paths):
    """Print what forged files lead to, each in a process that is given two minutes."""
    print("\n| forged | way | kB | what happens | MB | s |\n|" + "---|" * 6)
    for title, (change, compression) in FORGERIES.items():
        for way in ("skmirai", "skops"):
            path = rewritten(paths[way], change, compression)
            if not os.fork():
                signal.alarm(120)
                before, start = resident_peak(), time.perf_counter()
                try:
                    WAYS[way][1](path)
                    said = "loaded"
                except BaseException as error:
                    words = f"{type(error).__name__}: {error}".split(
                        "cannot be loaded: "
                    )
                    said = words[-1].replace("|", "/").replace("\n", " ")[:90]
                size, taken = path.stat().st_size / 1e3, time.perf_counter() - start
                print(f"| {title} | {way} | {size:.0f} | {said} |", end="")
                print(f" {resident_peak() - before:.0f} | {taken:.1f} |", flush=True)
                os._exit(0)
            os.wait()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(machine(), f"skops {version('skops')}", sep="; ")
    with tempfile.TemporaryDirectory() as name:
        paths = compare(Path(name))
        serve(paths["skmirai"])
        forge(paths)
