"""Loading and predicting start neither TensorFlow nor Keras; training does."""

import pickle
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import skmirai
from skmirai import (
    MiraiDNNClassifier,
    MiraiDNNEnsembleClassifier,
    MiraiDNNEnsembleRegressor,
    MiraiDNNRegressor,
)
from skmirai.neural_network import _backend
from skmirai.neural_network._engine.state import NetworkState
from skmirai.neural_network._keras.network import Network
from tests.neural_network.outputs import outputs

#: Begins a fresh process: it reads what the test wrote, and says what was imported.
BEGIN = """
import pickle, sys
from pathlib import Path
import numpy as np
import skmirai
from tests.neural_network.outputs import outputs

def heavy():
    return sorted({"tensorflow", "keras", "scikeras"} & set(sys.modules))

folder = Path(sys.argv[1])
"""


@pytest.fixture(scope="module")
def estimators(
    small, binary, regression, fitted_multiclass, three_classes, tiny_pipeline
):
    """Fitted estimators of all kinds by their names, each with rows."""
    X, y = binary
    table = pd.DataFrame(X, columns=[*"abcdef"])
    table["a"] = table["a"].where(np.arange(len(X)) % 7 > 0)
    words = table.assign(word=np.where(X[:, 0] > 0, "tcp", "udp"))
    hosts = pd.concat([table] * 12, ignore_index=True)
    hosts["word"] = [f"host {n % 135}" for n in range(len(hosts))]  # not one-hot
    members = {"n_members": 3, "batch_norm": True, "activation": "selu"}
    classifier = MiraiDNNClassifier(**small)
    regressor = MiraiDNNRegressor(**small)
    imputing = MiraiDNNClassifier(**small, missing="impute", embedding_dim=4)
    return {
        "binary": (classifier.fit(X, y), X),
        "multiclass": (fitted_multiclass, three_classes[0]),
        "regressor": (regressor.fit(*regression), regression[0]),
        "members": (MiraiDNNClassifier(**small, **members).fit(X, y), X),
        "text": (imputing.fit(words, y), words),
        "embeddings": (clone(imputing).fit(hosts, [*y] * 12), hosts),
        "pipeline": tiny_pipeline,
        "classifiers": (MiraiDNNEnsembleClassifier(classifier, 2).fit(X, y), X),
        "regressors": (
            MiraiDNNEnsembleRegressor(regressor, 2).fit(*regression),
            regression[0],
        ),
    }


@pytest.mark.slow
@pytest.mark.parametrize("way", ["load", "pickle"])
def test_predicting_starts_no_tensorflow(run_python, estimators, tmp_path, way):
    assert estimators["embeddings"][0].pipeline_["dnn"].network_.spec.embeddings
    for name, (estimator, X) in estimators.items():
        (tmp_path / f"{name}.rows").write_bytes(pickle.dumps(X))
        if way == "pickle":
            (tmp_path / name).write_bytes(pickle.dumps(estimator))
        else:
            skmirai.save(estimator, tmp_path / name)
    code = f"""{BEGIN}
found = {{}}
for rows in folder.glob("*.rows"):
    path = rows.with_suffix("")
    pickled = sys.argv[2] == "pickle"
    estimator = pickle.loads(path.read_bytes()) if pickled else skmirai.load(path)
    found[path.name] = outputs(estimator, pickle.loads(rows.read_bytes()))
(folder / "found").write_bytes(pickle.dumps(found))
print(heavy())
"""
    assert run_python(code, tmp_path, way).strip() == "[]"
    found = pickle.loads((tmp_path / "found").read_bytes())
    expected = {name: outputs(*fitted) for name, fitted in estimators.items()}
    np.testing.assert_equal(found, expected)


#: Trains on, fits anew and looks at the Keras model, after having predicted without.
TRAIN = f"""{BEGIN}
X, y = pickle.loads((folder / "rows").read_bytes())
forked = skmirai.load(folder / "model")
if sys.platform != "win32":
    import os, signal
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        forked.predict_proba(X)
        assert not heavy()
        forked.fit(X, y)  # TensorFlow did nothing before the fork
        os._exit(0 if heavy() else 1)
    assert os.waitpid(child, 0)[1] == 0
clf = skmirai.load(folder / "model")
before = clf.predict_proba(X)
assert not heavy()
again = pickle.loads(pickle.dumps(clf))
skmirai.save(clf, folder / "again")
assert not heavy()
figures = clf.evaluate(X, y)
assert heavy() == ["keras", "tensorflow"]
clf.model_.count_params()
np.testing.assert_array_equal(clf.predict_proba(X), before)
clf.summary()
for estimator in clf, again, skmirai.load(folder / "again"):
    estimator.partial_fit(X, y)
    np.testing.assert_array_equal(estimator.predict_proba(X), clf.predict_proba(X))
assert "scikeras" in sys.modules
on, new = clf.predict_proba(X), clf.fit(X, y).predict_proba(X)
(folder / "found").write_bytes(pickle.dumps((figures, on, new)))
"""


@pytest.mark.slow
def test_training_starts_it_in_the_same_process(run_python, small, binary, tmp_path):
    X, y = binary
    clf = MiraiDNNClassifier(**small).fit(X, y)
    clf.save(tmp_path / "model")
    (tmp_path / "rows").write_bytes(pickle.dumps(binary))
    assert "Total params" in run_python(TRAIN, tmp_path)
    figures, on, new = pickle.loads((tmp_path / "found").read_bytes())
    assert figures == clf.evaluate(X, y)
    np.testing.assert_array_equal(on, clf.partial_fit(X, y).predict_proba(X))
    np.testing.assert_array_equal(new, clf.fit(X, y).predict_proba(X))


@pytest.mark.slow
def test_a_function_of_keras_in_a_file_starts_it(run_python, small, binary, tmp_path):
    X, y = binary
    clf = MiraiDNNClassifier(**small, activation=keras.activations.elu).fit(X, y)
    clf.save(tmp_path / "model")
    expected = clf.predict_proba(X)
    (tmp_path / "rows").write_bytes(pickle.dumps((X, expected)))
    code = f"""{BEGIN}
X, expected = pickle.loads((folder / "rows").read_bytes())
clf = skmirai.load(folder / "model")
np.testing.assert_array_equal(clf.predict_proba(X), expected)
print(heavy())
"""
    assert run_python(code, tmp_path).strip() == "['keras', 'tensorflow']"


@pytest.fixture
def parts(fitted_classifier):
    """What a network is restored from."""
    network = fitted_classifier.pipeline_["dnn"].network_
    return network.spec, network.seeds, network.optimizer, network.read_state()


def test_the_weights_of_a_file_are_always_checked(parts, monkeypatch):
    monkeypatch.setattr(_backend, "wanted_backend", lambda: "other")
    *others, state = parts
    short = NetworkState(state.floats[:10], state.ints)
    with pytest.raises(
        ValueError, match=r"10 floats .* its architecture needs at least"
    ):
        Network.restored(*others, short)
    with pytest.raises(ValueError, match="and 0 integers, but its architecture needs"):
        Network.restored(*others, NetworkState(state.floats, state.ints[:0]))


@pytest.mark.parametrize("use", ["programs", "model", "learning_rate"])
def test_the_rest_is_checked_when_training_needs_it(parts, monkeypatch, use):
    *others, state = parts
    short = NetworkState(state.floats[:-1], state.ints)
    message = "but its architecture and optimizer need"
    with pytest.raises(ValueError, match=message):
        Network.restored(*others, short)
    with monkeypatch.context() as patch:
        patch.setattr(_backend, "wanted_backend", lambda: "other")
        network = Network.restored(*others, short)
    for _ in range(2):
        with pytest.raises(ValueError, match=message):
            getattr(network, use)


def test_unknown_optimizers_are_found_then_too(parts, monkeypatch):
    spec, seeds, _, state = parts
    with monkeypatch.context() as patch:
        patch.setattr(_backend, "wanted_backend", lambda: "other")
        network = Network.restored(spec, seeds, "adamant", state)
        with pytest.raises(ValueError, match="optimizer=7 is unknown"):
            Network.restored(spec, seeds, 7, state)
    with pytest.raises(ValueError, match="optimizer='adamant' is unknown"):
        network.programs  # noqa: B018


def test_the_modules_are_those_of_keras_and_tensorflow():
    tensorflow = sys.modules["tensorflow"]
    assert _backend.keras.Model is keras.Model
    assert _backend.tf.Tensor is tensorflow.Tensor
    with pytest.raises(AttributeError, match="module 'keras' has no attribute 'Modle'"):
        _backend.keras.Modle  # noqa: B018
