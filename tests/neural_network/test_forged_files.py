"""Forged, damaged and foreign files: what is read is right, or there is an error."""

import contextlib
import copy
import functools
import hashlib
import io
import json
import os
import pickle
import pickletools
import re
import zipfile
from pathlib import Path

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.datasets import make_classification
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    SplineTransformer,
    StandardScaler,
)
from sklearn.random_projection import SparseRandomProjection

import skmirai
from skmirai import MiraiDNNClassifier
from skmirai.preprocessing import FORMER_SCALERS, QuantileNormalScaler

# -- what must not come in -------------------------------------------------------


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forged(path, change, compression=zipfile.ZIP_STORED):
    """Rewrite a file with right checksums after a change of its members."""
    members = members_of(path)
    del members["SHA256SUMS"]
    content = json.loads(members["estimator.json"])
    members["estimator.json"] = None
    change(content, members)
    if members.get("estimator.json", b"") is None:
        members["estimator.json"] = json.dumps(content).encode()
    members["SHA256SUMS"] = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n"
        for name, data in members.items()
    ).encode()
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_forging_nothing_changes_nothing(good_file, fitted_classifier, binary):
    """The tests below would prove nothing if their way of writing failed."""
    again = skmirai.load(forged(good_file, lambda content, members: None))
    np.testing.assert_array_equal(
        again.predict_proba(binary[0]), fitted_classifier.predict_proba(binary[0])
    )


def npy(array, pickled=False):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=pickled)
    return file.getvalue()


def place_of(content, *keys):
    for key in keys:
        content = content[key]
    return content["$array"]


def put(*keys, value):
    """Change that sets a value of the JSON."""

    def change(content, members):
        *path, last = keys
        for key in path:
            content = content[key]
        content[last] = value

    return change


def put_array(*keys, array):
    """Change that replaces an array."""

    def change(content, members):
        members[place_of(content, *keys)] = npy(array)

    return change


def add_member(content, members):
    members["more.npy"] = npy(np.zeros(3))


def drop_array(content, members):
    del members[place_of(content, "network", "floats")]


def drop_content(content, members):
    del members["estimator.json"]


def shrink_header(content, members):
    name = place_of(content, "network", "ints")
    members[name] = members[name][:-8]


def announce_more(content, members):
    name = place_of(content, "network", "floats")
    members[name] = members[name].replace(b"'shape': (", b"'shape': (9999999999999,")


def in_settings(name, value):
    def change(content, members):
        pairs = content["network"]["settings"]["$dict"]
        content["network"]["settings"]["$dict"] = [
            [key, value if key == name else old] for key, old in pairs
        ]

    return change


def scaler_state(name, value):
    return put("scaler", "scaler", "$estimator", "state", name, value=value)


FORGED = {
    "later version": (
        put("format_version", value=5),
        r"has version 5, .* reads \[1, 2, 3, 4\]",
    ),
    "other format": (put("format", value="x"), "does not say that it is"),
    "other class": (put("class", value="os.system"), "'os.system' is none of"),
    "missing JSON": (drop_content, "'estimator.json' is missing"),
    "missing array": (drop_array, r"arrays/\d+.npy' is missing"),
    "extra member": (add_member, "'more.npy'.* belong to nothing"),
    "short state": (
        put_array("network", "floats", array=np.zeros(300)),
        "has 300 floats and .* need",
    ),
    "tiny state": (
        put_array("network", "floats", array=np.zeros(3)),
        "more weights than its state",
    ),
    "other counters": (
        put_array("network", "ints", array=np.zeros(1, int)),
        "and 1 integers, .* need",
    ),
    "other precision": (
        put_array("network", "floats", array=np.zeros(300, "float32")),
        "no vector of float64",
    ),
    "matrix": (
        put_array("network", "floats", array=np.zeros((3, 100))),
        "no vector of float64",
    ),
    "short header": (shrink_header, "does not have the size that it declares"),
    "long header": (announce_more, "does not have the size that it declares"),
    "huge layer": (put("network", "n_nodes", value=10**12), "more weights than"),
    "many layers": (put("network", "n_layers", value=10**12), "at most 1,000"),
    "more features": (put("network", "n_features", value=10**9), "more weights than"),
    "more members": (put("network", "n_members", value=10**9), "more weights than"),
    "no members": (put("network", "n_members", value=0), "n_members=0 must be"),
    "other head": (
        put("network", "output_activation", value="linear"),
        "but the target needs",
    ),
    "unknown activation": (put("network", "activation", value="eval"), "is unknown"),
    "unknown optimizer": (put("network", "optimizer", value="evil"), "is unknown"),
    "unknown setting": (in_settings("seed", {"$system": "ls"}), "no known kind"),
    "missing part": (put("network", value={}), "cannot be loaded"),
    "one class": (
        put_array("learned", "classes_", array=np.array([1])),
        "two sorted labels",
    ),
    "unsorted": (
        put_array("learned", "classes_", array=np.array([1, 0])),
        "two sorted labels",
    ),
    "three classes": (
        put_array("learned", "classes_", array=np.array([0, 1, 2])),
        "one number for each class",
    ),
    "class weight": (
        put_array("learned", "class_weight_", array=np.zeros((2, 2))),
        "one number for each class",
    ),
    "columns": (put("learned", "n_features_in_", value=5), "are not 5 together"),
    "very many columns": (
        put("learned", "n_features_in_", value=10**13),
        "are not 10000000000000 together",
    ),
    "no columns": (put("learned", "n_features_in_", value=-6), "is no count"),
    "column 9": (
        put_array("columns", "kept", array=np.array([0, 1, 2, 3, 4, 9])),
        "are not 6 together",
    ),
    "other names": (
        put("learned", "feature_names_in_", value=["a"]),
        "does not hold 6 names",
    ),
    "scaler's columns": (scaler_state("n_features_in_", 4), "takes 4 columns"),
    "scaler's numbers": (scaler_state("mean_", [1.0, 2.0]), "cannot be loaded"),
    "scaler's method": (scaler_state("transform", 1), "is no fitted attribute"),
    "scaler's class": (scaler_state("__class__", 1), "is no fitted attribute"),
    "scaler none": (put("scaler", "scaler", value=5), "is no transformer"),
    "parameter": (put("params", "epochs", value=-3), "'epochs' parameter"),
    "unknown parameter": (put("params", "evil", value=1), "unexpected keyword"),
    "attribute": (put("learned", "predict", value=1), "unknown fitted attributes"),
    "short history": (
        put("network", "history", value={"$dict": [["loss", [1.0]], ["a", []]]}),
        "figures for every epoch",
    ),
    "no version": (put("written_with", value={}), "cannot be loaded"),
    "deep": (
        put("params", "tol", value=functools.reduce(lambda x, _: [x], range(900), 1)),
        "cannot be loaded",
    ),
}


@pytest.mark.parametrize(("change", "message"), FORGED.values(), ids=FORGED)
def test_forged_files_are_refused(good_file, change, message):
    with pytest.raises(ValueError, match=f"(?s)good.skmirai.*{message}.*save"):
        skmirai.load(forged(good_file, change))


class Payload:
    """Creates a file when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def call(module, name, marker):
    """What a configuration of Keras may look like that calls a function."""
    return {
        "module": module,
        "class_name": name,
        "config": {"value": f"touch {marker}"},
        "registered_name": name,
    }


def attacks(marker):
    payload = np.array([Payload(marker)], dtype=object)
    pickled = pickle.dumps(Payload(marker))
    assert "mkdir" in "".join(str(arg) for _, arg, _ in pickletools.genops(pickled))

    def objects(content, members):
        members[place_of(content, "network", "floats")] = npy(payload, pickled=True)

    def plain_pickle(content, members):
        members[place_of(content, "network", "floats")] = pickled

    def estimator(name, state=(), **params):
        encoded = {"class": name, "params": params, "state": dict(state)}
        return put("scaler", "scaler", value={"$estimator": encoded})

    def optimizer(rate):
        packed = {"class": "SGD", "undecayed": None}
        pairs = [["learning_rate", rate]]
        packed["config"] = {"$dict": pairs}
        value = {"$optimizer": {"$dict": [list(pair) for pair in packed.items()]}}
        return put("network", "optimizer", value=value)

    command = f"touch {marker}"
    config = call("os", "system", marker)
    function = {
        "$estimator": {
            "class": "sklearn.preprocessing.FunctionTransformer",
            "params": {"func": {"$ufunc": "os.system"}},
            "state": {},
        }
    }
    return {
        "object array": objects,
        "pickle": plain_pickle,
        "os.system": estimator("os.system", command=command),
        "Popen": estimator("subprocess.Popen", args=["touch", str(marker)]),
        "GridSearchCV": estimator("sklearn.model_selection.GridSearchCV"),
        "class": put("class", value="subprocess.Popen"),
        "ufunc": put("scaler", "scaler", value=function),
        "ufunc of NumPy": put("params", "activation", value={"$ufunc": "load"}),
        "activation": put(
            "network", "activation", value={"$activation": "deserialize"}
        ),
        "Keras": put("params", "optimizer", value={"$optimizer": config}),
        "configuration": put("params", "optimizer", value=config),
        "schedule": optimizer({"$schedule": config}),
        "learning rate": optimizer({"$dict": [list(p) for p in config.items()]}),
        "cache": estimator("sklearn.pipeline.Pipeline", steps=[], memory=str(marker)),
        "cache beside": estimator(
            "sklearn.pipeline.Pipeline", {"memory": str(marker)}, steps=[]
        ),
    }


@pytest.mark.parametrize("name", attacks("marker"))
def test_nothing_is_executed(good_file, tmp_path, name):
    marker = tmp_path / "marker"
    forged(good_file, attacks(marker)[name])
    with pytest.raises(ValueError, match=r"good.skmirai.* cannot be loaded"):
        skmirai.load(good_file)
    assert not marker.exists()


def test_pipelines_come_without_a_cache_of_pickles(binary, small, tmp_path):
    path, cache = tmp_path / "c", str(tmp_path / "cache")
    clf = MiraiDNNClassifier(**small, scaler=make_pipeline(StandardScaler()))
    clf.fit(*binary).save(path)
    whole = path.read_bytes()
    for part, name in (("params", "scaler"), ("scaler", "scaler")):
        for place in ("params", "state"):
            keys = (part, name, "$estimator", place, "memory")
            path.write_bytes(whole)
            with pytest.raises(ValueError, match="memory"):
                skmirai.load(forged(path, put(*keys, value=cache)))


def test_payload_would_work(tmp_path):
    """The test above would pass with a payload that does nothing."""
    pickle.loads(pickle.dumps(Payload(tmp_path / "marker")))
    assert (tmp_path / "marker").exists()


def test_nothing_is_unpickled(good_file, monkeypatch, fitted_classifier, binary):
    def fail(*args, **kwargs):
        raise AssertionError("something was unpickled")

    for module in (pickle, joblib):
        monkeypatch.setattr(module, "load", fail)
    for name in ("loads", "Unpickler", "_Unpickler", "_loads"):
        monkeypatch.setattr(pickle, name, fail)
    monkeypatch.setattr(np, "load", fail)
    again = skmirai.load(good_file)
    np.testing.assert_array_equal(
        again.predict_proba(binary[0]), fitted_classifier.predict_proba(binary[0])
    )


def test_archive_must_be_as_it_was_written(good_file, tmp_path):
    whole = good_file.read_bytes()
    members = members_of(good_file)

    def refused(content, message):
        good_file.write_bytes(content)
        with pytest.raises(ValueError, match=f"good.skmirai.*{message}"):
            skmirai.load(good_file)

    refused(b"", "not a zip file")
    refused(pickle.dumps(members), "not a zip file")
    refused(whole[: len(whole) // 2], "not a zip file, or its end is missing")
    refused(whole[:-1], "not a zip file, or its end is missing")
    changed = whole.replace(b'"epochs": 3', b'"epochs": 4')
    assert changed != whole
    refused(changed, "Bad CRC-32")

    def archive(changes, compression=zipfile.ZIP_STORED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", compression) as file:
            for name, data in changes:
                file.writestr(name, data)
        return buffer.getvalue()

    refused(archive(members.items(), zipfile.ZIP_DEFLATED), "is compressed")
    refused(archive([]), "SHA256SUMS is missing")
    less = {k: v for k, v in members.items() if k != "estimator.json"}
    refused(archive(less.items()), "'estimator.json' is missing")
    more = members | {"more": b""}
    refused(archive(more.items()), "'more' has no checksum")
    json_changed = members["estimator.json"].replace(b'"epochs": 3', b'"epochs": 4')
    other = members | {"estimator.json": json_changed}
    refused(archive(other.items()), "was changed: its checksum differs")
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = archive([*members.items(), *members.items()])
    refused(twice, "the same name")
    bomb = archive([("zeros", bytes(10**7))], zipfile.ZIP_DEFLATED)
    refused(bomb, "is compressed")


# -- what must stay small --------------------------------------------------------


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
    "optimizers": (many(SGD), "more than 2 values of kind 'optimizer'"),
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


# -- what is damaged -------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny():
    """Classifier whose file is small, the file's bytes, rows and probabilities."""
    X, y = make_classification(60, 4, random_state=0)
    clf = MiraiDNNClassifier(
        1, 3, epochs=1, optimizer="sgd", random_state=0, class_weight={0: 1, 1: 2}
    )
    return clf.fit(X, y), X, clf.predict_proba(X)


def _assert_names(error, path):
    assert str(path) in str(error)
    assert "save the estimator again" in str(error)


def loads_right_or_not_at_all(path, content, X, proba):
    path.write_bytes(content)
    try:
        again = skmirai.load(path)
    except ValueError as error:
        _assert_names(error, path)
    else:
        np.testing.assert_array_equal(again.predict_proba(X), proba)


@pytest.mark.slow
@settings(max_examples=300)
@given(data=st.data())
def test_damaged_bytes(tiny, tmp_path_factory, data):
    clf, X, proba = tiny
    path = tmp_path_factory.getbasetemp() / "damaged"
    clf.save(path)
    content = bytearray(path.read_bytes())
    place = st.integers(0, len(content) - 1)
    # names, sizes and places of the members are at the end
    place |= st.integers(content.index(b"PK\x01\x02"), len(content) - 1)
    for at in data.draw(st.lists(place, min_size=1, max_size=4)):
        content[at] = data.draw(st.integers(0, 255))
    loads_right_or_not_at_all(path, bytes(content), X, proba)


@pytest.mark.slow
@settings(max_examples=100)
@given(data=st.data())
def test_missing_bytes(tiny, tmp_path_factory, data):
    clf, X, proba = tiny
    path = tmp_path_factory.getbasetemp() / "cut"
    clf.save(path)
    content = path.read_bytes()
    start, stop = sorted(data.draw(st.integers(0, len(content))) for _ in range(2))
    for rest in (content[:stop], content[start:], content[:start] + content[stop:]):
        loads_right_or_not_at_all(path, rest, X, proba)


TAGS = [
    *("$array", "$estimator", "$dict", "$tuple", "$slice", "$float", "$scalar"),
    *("$objects", "$ufunc", "$activation", "$optimizer", "$schedule"),
    *("$metadata_request", "$sparse_rows", "$spline", "$score_func", "$type"),
    *("$column_selector", "$dtype", "$scalar_type", "class"),
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(TAGS), inner, max_size=1)
    ),
    max_leaves=8,
)


@pytest.mark.slow
@settings(max_examples=300)
@given(data=st.data())
def test_forged_values_never_lead_to_other_errors(tiny, tmp_path_factory, data):
    """Checksums are right here: it is for the decoder to refuse or to cope."""
    clf, *_ = tiny
    path = tmp_path_factory.getbasetemp() / "forged"
    clf.save(path)
    content = json.loads(members_of(path)["estimator.json"])
    parts = ["params", "learned", "columns", "scaler", "network"]
    inner = [[part, name] for part in parts for name in content[part]]
    keys = data.draw(st.sampled_from([*inner, *([name] for name in content)]))
    try:
        again = skmirai.load(forged(path, put(*keys, value=data.draw(JSON))))
    except ValueError as error:
        _assert_names(error, path)
    else:
        assert isinstance(again, MiraiDNNClassifier)
        assert again.n_iter_ == len(again.history_["loss"])


@pytest.fixture(scope="module")
def tiny_pipeline(tiny):
    """Pipeline with much that may be forged, and rows."""
    _, X, _ = tiny
    y = (X[:, 0] > 0).astype(int)
    table = pd.DataFrame(X.round(), columns=["a", "b", "c", "d"])
    text = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=3)
    front = ColumnTransformer(
        [
            ("codes", text.set_params(drop="first", sparse_output=False), ["a", "b"]),
            ("curves", SplineTransformer(3), make_column_selector("c")),
            ("sparse", SparseRandomProjection(2, random_state=0), ["a", "c"]),
        ],
        remainder=FunctionTransformer(np.arctan),
    )
    clf = MiraiDNNClassifier(1, 3, epochs=1, optimizer="sgd", random_state=0)
    pipe = make_pipeline(front, SelectKBest(f_classif, k=3), clf)
    return pipe.fit(table, y), table


def places(content, path=()):
    """Yield the paths to all values within a value of JSON."""
    if isinstance(content, dict | list):
        pairs = content.items() if isinstance(content, dict) else enumerate(content)
        for key, inner in pairs:
            yield (*path, key)
            yield from places(inner, (*path, key))


def at(content, path):
    for key in path:
        content = content[key]
    return content


@pytest.mark.slow
@settings(max_examples=150)
@given(data=st.data())
@pytest.mark.filterwarnings("ignore")  # of odd numbers, which are right to be odd
def test_pipelines_with_values_from_elsewhere(tiny_pipeline, tmp_path_factory, data):
    """Right values in wrong places get further than wrong values."""
    pipe, table = tiny_pipeline
    path = tmp_path_factory.getbasetemp() / "forged"
    skmirai.save(pipe, path)

    def change(content, members):
        known = [*places(content)]
        for _ in range(data.draw(st.integers(1, 3))):
            *keys, last = data.draw(st.sampled_from(known))
            other = data.draw(st.sampled_from(known) | st.none())
            with contextlib.suppress(IndexError, KeyError, TypeError):
                # unless an earlier change has removed the place
                value = data.draw(JSON) if other is None else at(content, other)
                at(content, keys)[last] = copy.deepcopy(value)

    try:
        again = skmirai.load(forged(path, change))
    except ValueError as error:
        _assert_names(error, path)
    else:
        with contextlib.suppress(Exception):  # but no crash of the process
            again.predict_proba(table)


def in_front(*keys, value):
    """Change of the state of the first transformer of the ColumnTransformer."""

    def change(content, members):
        front = content["params"]["steps"][0]["$tuple"][1]["$estimator"]
        for _, fitted, *_ in (t["$tuple"] for t in front["state"]["transformers_"]):
            state = fitted["$estimator"]["state"]
            if keys[0] in state:
                at(state, keys[:-1])[keys[-1]] = value
                return
        raise AssertionError(f"no transformer has {keys[0]}")

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (in_front("_n_features_outs", 0, value=1), "codes of OneHotEncoder are 0 to"),
        (
            in_front("_drop_idx_after_grouping", "$objects", 1, 0, value=99),
            "codes of OneHotEncoder are 0 to",
        ),
        (
            in_front(
                "components_", "$sparse_rows", 3, value={"$objects": [[1], [10**9]]}
            ),
            "cannot be loaded",
        ),
        (in_front("bsplines_", 0, "$spline", 2, value=99), "cannot be loaded"),
        (in_front("_n_features_outs", value=[]), "cannot be loaded"),
        (
            put(
                "params",
                "steps",
                0,
                "$tuple",
                1,
                "$estimator",
                "params",
                "n_jobs",
                value=10**6,
            ),
            "n_jobs is 1000000; files hold at most 1,024 jobs",
        ),
    ],
)
def test_indices_that_compiled_code_would_trust(
    tiny_pipeline, tmp_path, change, message
):
    path = tmp_path / "forged"
    skmirai.save(tiny_pipeline[0], path)
    skmirai.load(path)
    with pytest.raises(ValueError, match=f"(?s){message}"):
        skmirai.load(forged(path, change))


@pytest.mark.parametrize(
    "forge",
    [
        lambda indices, starts: indices.__setitem__(-1, 10**6),
        lambda indices, starts: indices.__setitem__(0, -1),
        lambda indices, starts: starts.__setitem__(-1, 10**6),
        lambda indices, starts: starts.__setitem__(1, 10**6),
        lambda indices, starts: starts.__setitem__(slice(None), [0, 2, 0]),
    ],
)
def test_indices_of_sparse_arrays(tiny_pipeline, tmp_path, forge):
    path = tmp_path / "forged"
    skmirai.save(tiny_pipeline[0], path)

    def change(content, members):
        packed = next(
            at(content, found)
            for found in places(content)
            if found[-1] == "$sparse_rows"
        )
        names = [packed[place]["$array"] for place in (3, 4)]
        arrays = [
            np.lib.format.read_array(io.BytesIO(members[name])).copy() for name in names
        ]
        forge(*arrays)
        members |= dict(zip(names, map(npy, arrays), strict=True))

    with pytest.raises(ValueError, match="indices of a sparse array of 2 rows"):
        skmirai.load(forged(path, change))


# -- tables with text and gaps ---------------------------------------------------


@pytest.fixture(scope="module")
def mixed():
    """Classifier of a table with two columns of text and two of numbers, and rows."""
    table = pd.DataFrame(
        {
            "proto": ["tcp", "udp", "tcp", "udp", "icmp"] * 4,
            "size": [1.0, np.nan, 3.0, 4.0, 5.0] * 4,
            "state": ["S0", None, "SF", "S0", "SF"] * 4,
            "count": np.arange(20.0),
        }
    )
    clf = MiraiDNNClassifier(1, 3, epochs=1, missing="impute", random_state=0)
    return clf.fit(table, [0, 1] * 10), table


ENCODER = ("columns", "encoder", "$estimator")
STATE = (*ENCODER, "state")
ONE_HOT = (*STATE, "one_hot_", "$estimator")


def in_encoder(name, array):
    return put_array(*STATE, name, array=array)


FORGED_TABLES = {
    "no encoder": (put("columns", "encoder", value=None), "need an encoder"),
    "no TableEncoder": (put("columns", "encoder", value=5), "does not take 4 columns"),
    "fewer columns": (put(*STATE, "n_features_in_", value=3), "no mask of 3 columns"),
    "very many columns": (put(*STATE, "n_features_in_", value=10**13), "no mask of"),
    "mask of numbers": (in_encoder("is_categorical_", np.ones(4)), "no mask of 4"),
    "short mask": (in_encoder("is_categorical_", np.ones(2, bool)), "no mask of 4"),
    "all numbers": (
        in_encoder("is_categorical_", np.zeros(4, bool)),
        "does not hold 4 numbers",
    ),
    "NaN": (in_encoder("fill_values_", np.full(2, np.nan)), "does not hold 2 numbers"),
    "long fill": (in_encoder("fill_values_", np.zeros(3)), "does not hold 2 numbers"),
    "indicator 2": (
        in_encoder("indicator_indices_", np.array([2])),
        "no ascending columns of 2",
    ),
    "many indicators": (
        in_encoder("indicator_indices_", np.zeros(1000, int)),
        "no ascending columns of 2",
    ),
    "empty -1": (in_encoder("empty_indices_", np.array([-1])), "no ascending columns"),
    "two indicators": (
        in_encoder("indicator_indices_", np.array([0, 1])),
        "scaler returns other columns|takes",
    ),
    "names": (put(*STATE, "feature_names_in_", value=["a"]), "does not hold 4 names"),
    "attribute": (put(*STATE, "transform", value=1), "is no fitted attribute"),
    "parameter": (
        put(*ENCODER, "params", "missing", value="drop"),
        "'missing' parameter",
    ),
    "other choice": (
        put(*ENCODER, "params", "missing", value="error"),
        "does not hold 0 numbers",
    ),
    "no codes": (put(*STATE, "one_hot_", value=None), "does not encode 2 columns"),
    "sparse codes": (
        put(*ONE_HOT, "params", "sparse_output", value=True),
        "does not encode 2 columns",
    ),
    "codes of one": (put(*ONE_HOT, "state", "n_features_in_", value=1), "not encode 2"),
    "very many codes": (
        put(*ONE_HOT, "state", "_n_features_outs", value=[10**12, 3]),
        r"returns 1000000000000 columns for 3 categories",
    ),
    "code 3": (put(*ONE_HOT, "state", "_n_features_outs", value=[2, 3]), "codes of"),
    "scaler": (put("scaler", "scaler", value=None), "have no scaler"),
}


@pytest.mark.parametrize(
    ("change", "message"), FORGED_TABLES.values(), ids=FORGED_TABLES
)
def test_forged_encoders_are_refused(mixed, tmp_path, change, message):
    path = tmp_path / "forged"
    mixed[0].save(path)
    skmirai.load(path)
    with pytest.raises(ValueError, match=f"(?s)forged.*({message})"):
        skmirai.load(forged(path, change))


@pytest.fixture(scope="module")
def many():
    """Classifier of a table with a column of 130 categories."""
    hosts = np.arange(1_300) % 130
    table = pd.DataFrame(
        {"host": [f"h{n}" for n in hosts], "size": np.arange(1_300.0), "proto": "tcp"}
    )
    clf = MiraiDNNClassifier(1, 3, epochs=1, random_state=0)
    return clf.fit(table, hosts % 2), table


def embeddings(*pairs):
    value = {"$tuple": [{"$tuple": [*pair]} for pair in pairs]}
    return put("network", "embeddings", value=value)


def fewer_categories(content, members):
    state = content["columns"]["encoder"]["$estimator"]["state"]
    shape, values = state["ordinal_categories_"][0]["$objects"]
    shape[0] -= 1
    del values[-1]


FORGED_EMBEDDINGS = {
    "no embeddings": (embeddings(), r"embeddings of \(\) codes.* have \(131,\)"),
    "fewer codes": (embeddings((130, 8)), r"of \(130,\) codes.* have \(131,\)"),
    "more codes": (embeddings((132, 8)), r"of \(132,\) codes.* have \(131,\)"),
    "very many codes": (embeddings((10**12, 8)), "at most 16,777,216"),
    "two": (embeddings((131, 8), (131, 8)), "but its columns have"),
    "huge vectors": (embeddings((131, 10**12)), "more weights than its state"),
    "small vectors": (embeddings((131, 7)), "floats and .* need"),
    "no vectors": (embeddings((131, 0)), "expected two integers"),
    "half a code": (embeddings((131.5, 8)), "expected two integers"),
    "fewer categories": (fewer_categories, r"of \(131,\) codes.* have \(130,\)"),
    "no categories": (
        put(*STATE, "ordinal_categories_", value=[]),
        "does not hold those of 1 columns",
    ),
    "categories of nothing": (
        put(*STATE, "ordinal_categories_", value=[{"$objects": [[130], [None] * 130]}]),
        "does not hold those of 1 columns",
    ),
    "numbers": (
        in_encoder("is_ordinal_", np.array([True, True, False])),
        "no mask of categorical columns",
    ),
    "short mask": (
        in_encoder("is_ordinal_", np.ones(1, bool)),
        "no mask of categorical columns",
    ),
    "one-hot": (
        in_encoder("is_ordinal_", np.zeros(3, bool)),
        "does not hold those of 0 columns",
    ),
    "both": (
        in_encoder("is_ordinal_", np.array([True, False, True])),
        "does not hold those of 2 columns",
    ),
}


@pytest.mark.parametrize(
    ("change", "message"), FORGED_EMBEDDINGS.values(), ids=FORGED_EMBEDDINGS
)
def test_forged_embeddings_are_refused(many, tmp_path, change, message):
    path = tmp_path / "forged"
    many[0].save(path)
    again = skmirai.load(path)
    np.testing.assert_array_equal(again.predict(many[1]), many[0].predict(many[1]))
    with pytest.raises(ValueError, match=f"(?s)forged.*({message})"):
        skmirai.load(forged(path, change))


def test_encoders_of_format_3(mixed, tmp_path):
    """Files of before there were embeddings say nothing about them."""
    mixed[0].save(tmp_path / "saved")

    def change(content, members):
        content["format_version"] = 3
        del content["params"]["embedding_dim"]
        encoder = content["columns"]["encoder"]["$estimator"]
        del encoder["params"]["many_categories"]
        del members[encoder["state"].pop("is_ordinal_")["$array"]]
        assert encoder["state"].pop("ordinal_categories_") == []

    again = skmirai.load(forged(tmp_path / "saved", change))
    assert again.embedding_dim is None
    np.testing.assert_array_equal(
        again.predict_proba(mixed[1]), mixed[0].predict_proba(mixed[1])
    )
    again.save(tmp_path / "saved")
    skmirai.load(tmp_path / "saved")


@pytest.mark.slow
@settings(max_examples=150)
@given(data=st.data())
@pytest.mark.filterwarnings("ignore")  # of odd numbers, which are right to be odd
def test_encoders_with_values_from_elsewhere(mixed, many, tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "forged"
    clf, table = data.draw(st.sampled_from([mixed, many]))
    clf.save(path)

    def change(content, members):
        known = [*places(content)]
        within = [place for place in known if place[:2] == ENCODER[:2]]
        for _ in range(data.draw(st.integers(1, 3))):
            *keys, last = data.draw(st.sampled_from(within))
            other = data.draw(st.sampled_from(known) | st.none())
            with contextlib.suppress(IndexError, KeyError, TypeError):
                value = data.draw(JSON) if other is None else at(content, other)
                at(content, keys)[last] = copy.deepcopy(value)

    try:
        again = skmirai.load(forged(path, change))
    except ValueError as error:
        _assert_names(error, path)
    else:
        with contextlib.suppress(Exception):  # but no crash of the process
            again.predict_proba(table)


# -- versions --------------------------------------------------------------------


def test_file_says_what_wrote_it(good_file):
    content = json.loads(members_of(good_file)["estimator.json"])
    assert content["written_with"]["skmirai"] == skmirai.__version__
    assert content["written_with"]["scikit-learn"] == sklearn.__version__
    assert content["written_with"]["keras"] == keras.__version__


DATA = Path(__file__).parent / "data"

#: Three columns of two rows.
ROWS = np.arange(6.0).reshape(2, 3) / 5


#: What the oldest supported scikit-learn says of files of a newer one.
OF_A_NEWER = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.InconsistentVersionWarning"
)


@OF_A_NEWER
def test_classifier_of_format_1():
    """Its figures are those of the release that wrote the file."""
    clf = skmirai.load(DATA / "classifier_version_1.skmirai")
    rows = pd.DataFrame(ROWS, columns=["a", "b", "c"])
    assert clf.classes_.tolist() == ["attack", "benign"]
    np.testing.assert_allclose(
        clf.predict_proba(rows)[:, 0], [0.5004855872229782, 0.502905017222944]
    )
    found = clf.predict_uncertainty(rows, n_passes=5, random_state=0)
    expected = [1.9190101618882238e-07, 4.617638302506499e-06]
    np.testing.assert_allclose(found.mutual_information, expected, rtol=1e-6)
    assert clf.set_params(warm_start=True).fit(rows, ["attack", "benign"]).n_iter_ == 4


@OF_A_NEWER
def test_pipeline_of_format_2():
    """Its figures are those of the release that wrote the file."""
    pipe = skmirai.load(DATA / "pipeline_version_2.skmirai")
    table = pd.DataFrame({"a": ["x", "y", "z"], "b": [1.0, 2.0, 4.0]})
    np.testing.assert_allclose(
        pipe.predict_proba(table[:2])[:, 0], [0.689844299448733, 0.4999198597604158]
    )
    assert pipe[-1].missing == "error"
    assert pipe.fit(table, ["attack", "benign", "benign"])[-1].n_iter_ == 4


@OF_A_NEWER
def test_regressor_of_format_1(tmp_path):
    path = DATA / "regressor_version_1.skmirai"
    reg = skmirai.load(path)
    expected = [
        [-0.1596121459233839, -0.2821361950388247],
        [-0.4558166325489404, -1.112007113646062],
    ]
    np.testing.assert_allclose(reg.predict(ROWS), expected)
    # files of estimators have the same format today, but for what came later
    reg.save(tmp_path / "again")
    one, other = members_of(path), members_of(tmp_path / "again")
    for members in (one, other):
        del members["SHA256SUMS"]
        members["estimator.json"] = json.loads(members["estimator.json"])
        del members["estimator.json"]["written_with"]
    content = one["estimator.json"]
    content["format_version"] = 4
    content["params"] |= {"categorical_features": "from_dtype", "missing": "error"}
    content["columns"]["encoder"] = None
    assert one == other


@OF_A_NEWER
def test_classifier_with_the_former_quantile_scaler(tmp_path):
    """It predicts as the release that wrote it, and so does what it saves."""
    clf = skmirai.load(DATA / "classifier_former_quantile.skmirai")
    assert clf.scaler == "quantile"
    assert type(clf.pipeline_["scale"]) in FORMER_SCALERS
    clf.save(tmp_path / "again")
    rows = np.array([[0, 1, 2.5], [0, 3, 1], [1, 2, 2], [0, 9, 3.5]])
    expected = [
        *(0.012253996785003487, 0.07533852365675732),
        *(0.31858636519890854, 0.10077333612047075),
    ]
    for loaded in (clf, skmirai.load(tmp_path / "again")):
        np.testing.assert_allclose(loaded.predict_proba(rows)[:, 1], expected)
    continued = copy.deepcopy(clf).set_params(warm_start=True)
    continued.fit(rows, [0, 1, 1, 0])
    assert type(continued.pipeline_["scale"]) in FORMER_SCALERS
    clf.fit(rows, [0, 1, 1, 0])
    assert type(clf.pipeline_["scale"]) is QuantileNormalScaler


def test_pipelines_have_a_later_format(tiny_pipeline, tmp_path):
    """Releases that know none say that they are too old."""
    skmirai.save(tiny_pipeline[0], tmp_path / "saved")
    content = json.loads(members_of(tmp_path / "saved")["estimator.json"])
    assert content["format_version"] == 4
    with pytest.raises(ValueError, match=r"'sklearn.pipeline.Pipeline' is none of"):
        skmirai.load(forged(tmp_path / "saved", put("format_version", value=1)))


def test_a_pipeline_must_end_in_one_of_ours(tiny_pipeline, tmp_path):
    skmirai.save(tiny_pipeline[0], tmp_path / "saved")

    def change(content, members):
        steps = content["params"]["steps"]
        steps[-1] = steps[1]

    with pytest.raises(ValueError, match=r"belong to nothing|ends in SelectK"):
        skmirai.load(forged(tmp_path / "saved", change))
    skmirai.save(tiny_pipeline[0], tmp_path / "saved")
    with pytest.raises(ValueError, match="more than 1 values of kind"):
        skmirai.load(forged(tmp_path / "saved", lambda c, m: twice(c)))


def twice(content):
    steps = content["params"]["steps"]
    steps[0]["$tuple"][1] = copy.deepcopy(steps[-1]["$tuple"][1])


def test_error_names_the_versions_that_differ(good_file):
    """A state of another length may be that of another version of Keras."""

    def change(content, members):
        content["written_with"]["keras"] = "3.0.0"
        put_array("network", "ints", array=np.zeros(1, int))(content, members)

    with pytest.raises(ValueError, match=rf"keras 3.0.0, not {keras.__version__}\)"):
        skmirai.load(forged(good_file, change))


def test_other_version_of_scikit_learn_warns(good_file, fitted_classifier, binary):
    forged(good_file, put("written_with", "scikit-learn", value="1.8.0"))
    with pytest.warns(InconsistentVersionWarning, match="1.8.0"):
        again = skmirai.load(good_file)
    np.testing.assert_array_equal(
        again.predict_proba(binary[0]), fitted_classifier.predict_proba(binary[0])
    )


def test_checksums_are_those_of_sha256sum(good_file):
    members = members_of(good_file)
    lines = members.pop("SHA256SUMS").decode().splitlines()
    assert lines == [
        f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in members.items()
    ]
