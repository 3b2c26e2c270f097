"""``skmirai info`` beside the model that was saved."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

import skmirai
from skmirai import (
    MiraiDNNClassifier,
    MiraiDNNEnsembleClassifier,
    MiraiDNNRegressor,
)
from skmirai.uncertainty import AbstainingClassifier
from tests.cli.common import CALL, SMALL


@pytest.fixture
def facts(call, tmp_path):
    """Save a model, and return what the command says of its file as JSON."""

    def of(model):
        path = tmp_path / "m.skmirai"
        skmirai.save(model, path)
        status, out, err = call("info", path, "--json")
        assert (status, err) == (0, "")
        assert call("info", path)[::2] == (0, "")
        return json.loads(out)

    return of


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    return X, np.where(X["a"] > 0, "mirai", "benign")


def test_a_classifier(facts, rows):
    clf = MiraiDNNClassifier(drop_columns=["b"], scaler="auto", **SMALL).fit(*rows)
    found = facts(clf)
    assert found["made_of"] == ["MiraiDNNClassifier"]
    assert found["classes"] == ["benign", "mirai"]
    assert (found["n_columns"], found["columns"]) == (3, ["a", "b", "c"])
    (network,) = found["networks"]
    assert network["n_parameters"] == clf.n_parameters_
    assert network["hidden_layers"] == [8]
    assert network["dropped_columns"] == 1
    scaler = clf.pipeline_["scale"]
    assert network["scaler"] == type(scaler.scaler_).__name__
    assert network["epochs"] == 2
    assert network["last_loss"] == clf.history_["loss"][-1]
    assert found["changed"] == {"drop_columns": ["b"], "scaler": "auto", **SMALL}
    assert found["params"].keys() == clf.get_params().keys()
    assert found["written_with"]["skmirai"] == skmirai.__version__
    assert found["calibrated"] is found["abstains"] is found["novelty_rows"] is None


def test_calibrated_and_abstaining(facts, rows):
    X, y = rows
    clf = MiraiDNNClassifier(novelty_rows=20, **SMALL).fit(X, y)
    calibrated = CalibratedClassifierCV(FrozenEstimator(clf), method="temperature")
    careful = AbstainingClassifier(
        FrozenEstimator(calibrated.fit(X, y)), max_false_alarm_rate=0.2, random_state=0
    ).fit(X, y)
    found = facts(careful)
    beta = calibrated.calibrated_classifiers_[0].calibrators[0].beta_
    assert found["calibrated"]["temperatures"] == [1 / beta]
    assert found["abstains"]["max_false_alarm_rate"] == 0.2
    assert found["abstains"]["benign_label"] == "benign"
    assert found["abstains"]["n_calibration"] == careful.n_calibration_
    assert found["novelty_rows"] == 20
    assert found["made_of"][0] == "AbstainingClassifier"
    assert found["made_of"][-1] == "MiraiDNNClassifier"


def test_a_pipeline_a_regressor_and_an_ensemble(facts, rows):
    X, y = rows
    pipe = make_pipeline(PCA(2), MiraiDNNClassifier(**SMALL)).fit(X.to_numpy(), y)
    found = facts(pipe)
    assert found["made_of"] == ["Pipeline", "PCA", "MiraiDNNClassifier"]
    assert (found["n_columns"], found["columns"]) == (3, None)
    found = facts(MiraiDNNRegressor(**SMALL).fit(X, X["a"]))
    assert found["classes"] is None
    members = MiraiDNNEnsembleClassifier(
        MiraiDNNClassifier(**SMALL), n_estimators=3, random_state=0
    ).fit(X, y)
    assert len(facts(members)["networks"]) == 3


@pytest.mark.slow
def test_without_tensorflow(run_python, model, call):
    assert run_python(CALL, "info", model) == f"{call('info', model)[1]}[]\n"


def test_lines(model, call):
    _, out, _ = call("info", model)
    told = dict(line.split("  ", 1) for line in out.splitlines())
    assert told["made of"].strip() == "MiraiDNNClassifier"
    assert told["calibrated"].strip() == told["abstains"].strip() == "no"
    assert "115 inputs, hidden layers 8, " in told["network"]


def test_what_is_no_model(call, capture, tmp_path):
    status, out, err = call("info", capture)
    assert (status, out) == (1, "")
    assert "cannot be loaded: it is not a zip file" in err
    status, _, err = call("info", tmp_path / "none.skmirai")
    assert status == 1
    assert "No such file" in err
