"""Forged files that are small take little memory and time."""

import io
import json
import os
import re

import numpy as np
import pandas as pd
import pytest

import skmirai
from skmirai import MiraiDNNClassifier
from tests.neural_network.forging import forged, npy, place_of, put


def array(*keys, shape, dtype, values=b""):
    """Change that puts an array with some header in place of a value."""

    def change(content, members):
        file = io.BytesIO()
        header = {"descr": dtype, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        members["z.npy"] = file.getvalue() + values
        put(*keys, value={"$array": "z.npy"})(content, members)

    return change


def text_of_json(*keys, text):
    """Change that puts text in place of a value."""

    def change(content, members):
        put(*keys, value="@@@")(content, members)
        document = json.dumps(content).replace('"@@@"', text)
        members["estimator.json"] = document.encode()

    return change


def many(value, n_bytes=1_000_000):
    """Change that puts a list of equal values in place of one."""
    each = json.dumps(value) + ","
    items = each * (n_bytes // len(each))
    return text_of_json("params", "tol", text=f"[{items[:-1]}]")


def network_of(n_layers, n_features=6):
    """Change to a network of layers of one unit, right in every other way."""

    def change(content, members):
        network = content["network"]
        network |= {"n_layers": n_layers, "n_nodes": 1, "n_features": n_features}
        seeds = {"kernels": [1] * (n_layers + 1), "dropouts": [1] * n_layers}
        pairs = [[name, {"$tuple": values}] for name, values in seeds.items()]
        network["seeds"] = {"$dict": [*pairs, ["shuffle", 1]]}
        n_weights = n_features + 1 + 2 * n_layers  # Adam has two numbers for each
        floats = np.zeros(3 * n_weights + 1)
        members[place_of(content, "network", "floats")] = npy(floats)
        n_ints = 1 + 2 * n_layers
        members[place_of(content, "network", "ints")] = npy(np.ones(n_ints, int))

    return change


def wide_times_tall(content, members):
    """A row of columns and a column of means, which make a table of 20 GB."""
    n = 50_000
    members[place_of(content, "columns", "kept")] = npy(np.arange(n))
    state = content["scaler"]["scaler"]["$estimator"]["state"]
    content["learned"]["n_features_in_"] = state["n_features_in_"] = n
    members[place_of(state, "mean_")] = npy(np.zeros((n, 1)))
    members[place_of(state, "scale_")] = npy(np.ones(n))
    network_of(0, n_features=n)(content, members)


def many_members(content, members):
    members |= {f"{number}": b"" for number in range(10_000)}


SGD = {
    "$optimizer": {
        "$dict": [
            ["class", "SGD"],
            ["config", {"$dict": [["learning_rate", 0.1]]}],
            ["undecayed", None],
        ]
    }
}
SCALER = {
    "$estimator": {
        "class": "sklearn.preprocessing.StandardScaler",
        "params": {},
        "state": {},
    }
}
NODES, N_EMPTY = ("network", "n_nodes"), 300_000_000
EMPTY = "without a value: at most 65,536"
JSON_TOO_DENSE = r"has \d+,\d+ lists and objects in 1,\d+,\d+ bytes"
LAYERS = "hidden layers: at most 1,000"

LARGE = {
    "features": (put("network", "n_features", value=10**9), "more weights than"),
    "empty objects": (put(*NODES, value={"$objects": [[N_EMPTY, 0], []]}), EMPTY),
    "empty rows": (array(*NODES, shape=(N_EMPTY, 0), dtype="<f8"), EMPTY),
    "empty columns": (
        array("learned", "classes_", shape=(0, N_EMPTY), dtype="<f8"),
        EMPTY,
    ),
    "no text": (
        array(*NODES, shape=(N_EMPTY,), dtype="<U0"),
        "300,000,000 values of type <U0 in 128 bytes",
    ),
    "no bytes": (
        array("params", "n_nodes", shape=(N_EMPTY,), dtype="|S0"),
        r"300,000,000 values of type \|S0 in 128 bytes",
    ),
    "declared": (
        array(*NODES, shape=(10**12,), dtype="<f8", values=bytes(800)),
        "1,000,000,000,000 values of 8 bytes in 800",
    ),
    "2,000 layers": (network_of(2000), f"2000 {LAYERS}"),
    "no number of layers": (
        put("network", "n_layers", value=[1]),
        rf"\[1\] {LAYERS}",
    ),
    "a table of products": (wide_times_tall, "do not have 50000 columns"),
    "lists": (many([]), JSON_TOO_DENSE),
    "objects": (many({}), JSON_TOO_DENSE),
    "tuples": (many({"$tuple": []}), JSON_TOO_DENSE),
    "deep": (text_of_json("params", "tol", text="[" * 100_000), "lists and objects"),
    "numbers": (many(1e5), "'tol' parameter"),
    "scalers": (many(SCALER), "'tol' parameter"),
    "optimizers": (many(SGD), "more than 514 values of kind 'optimizer'"),
    "members": (many_members, "the members .* \\.\\.\\.; copy it anew"),
    "digits": (text_of_json("params", "tol", text="9" * 10**6), "4300 digits"),
    "not a number": (text_of_json("params", "tol", text="NaN"), "NaN, which is no"),
    "sparse": (
        put("params", "tol", value={"$sparse_rows": [True, [N_EMPTY, 9], [], [], [0]]}),
        "indices of a sparse array of 300000000 rows",
    ),
}

#: Loads each file in a process of its own, which begins as this one is after it has
#: loaded a good file.
MEASURE = """
import json, os, signal, sys, time
import skmirai

def highest():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

good, *paths = sys.argv[1:]
skmirai.load(good)
for path in paths:
    if not os.fork():
        signal.alarm(60)
        before, start = highest(), time.perf_counter()
        try:
            skmirai.load(path)
            said = "loaded"
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        found = [path, said, highest() - before, time.perf_counter() - start]
        os.write(1, json.dumps(found).encode() + b"\\n")
        os._exit(0)
    os.wait()
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs Linux")
def test_forged_files_take_little_memory_and_time(good_file, tmp_path, run_python):
    paths = {}
    for name, (change, _) in LARGE.items():
        path = tmp_path / f"{name}.skmirai"
        path.write_bytes(good_file.read_bytes())
        paths[str(forged(path, change))] = name
    lines = run_python(MEASURE, good_file, *paths).splitlines()
    found = {paths[path]: rest for path, *rest in map(json.loads, lines)}
    assert found.keys() == LARGE.keys()
    for name, (said, kilobytes, seconds) in found.items():
        size = (tmp_path / f"{name}.skmirai").stat().st_size
        assert re.search(rf"ValueError: .*{LARGE[name][1]}", said, re.S), (name, said)
        assert len(said) < 1000, name
        # 8 MB are what any first error of this kind loads
        assert kilobytes * 1024 < 8e6 + 40 * size, (name, kilobytes, size)
        assert seconds < 30, name  # forged right, some took minutes


@pytest.mark.slow
def test_a_network_of_many_layers_is_not_saved(binary, tmp_path, monkeypatch):
    clf = MiraiDNNClassifier(5, 2, epochs=1, random_state=0).fit(*binary)
    monkeypatch.setattr("skmirai.neural_network._files.parts.MOST_LAYERS", 4)
    with pytest.raises(TypeError, match="n_layers is 5; files hold at most 4 layers"):
        clf.save(tmp_path / "c")


def test_brackets_in_names_are_no_lists(binary, small, tmp_path):
    X, y = binary
    names = [f'[[[[{{{{"\\"[[{number}]]' for number in range(3000)]
    table = pd.DataFrame(np.resize(X, (len(X), 3000)), columns=names)
    clf = MiraiDNNClassifier(**small, drop_columns=slice(5, None)).fit(table, y)
    clf.save(tmp_path / "c")
    np.testing.assert_array_equal(skmirai.load(tmp_path / "c").feature_names_in_, names)
