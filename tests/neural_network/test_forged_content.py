"""Forged files are refused, and nothing in them is executed or unpickled."""

import copy
import functools
import os
import pickle
import pickletools

import joblib
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skmirai
from skmirai import MiraiDNNClassifier
from tests.neural_network.forging import forged, npy, place_of, put, put_array


def test_forging_nothing_changes_nothing(good_file, fitted_classifier, binary):
    """The tests below would prove nothing if their way of writing failed."""
    again = skmirai.load(forged(good_file, lambda content, members: None))
    np.testing.assert_array_equal(
        again.predict_proba(binary[0]), fitted_classifier.predict_proba(binary[0])
    )


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
        put("format_version", value=6),
        r"has version 6, .* reads \[1, 2, 3, 4, 5\]",
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


def test_a_pipeline_must_end_in_one_of_ours(tiny_pipeline, tmp_path):
    skmirai.save(tiny_pipeline[0], tmp_path / "saved")

    def change(content, members):
        steps = content["params"]["steps"]
        steps[-1] = steps[1]

    with pytest.raises(ValueError, match=r"belong to nothing|ends in SelectK"):
        skmirai.load(forged(tmp_path / "saved", change))
    skmirai.save(tiny_pipeline[0], tmp_path / "saved")
    with pytest.raises(ValueError, match="belong to nothing"):
        skmirai.load(forged(tmp_path / "saved", lambda c, m: twice(c)))


def twice(content):
    steps = content["params"]["steps"]
    steps[0]["$tuple"][1] = copy.deepcopy(steps[-1]["$tuple"][1])
