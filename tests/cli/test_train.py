"""``skmirai train`` beside the fits that it makes."""

import json
import os
import signal
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

import skmirai
from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.cli._training.parts import parts_of
from skmirai.cli._training.rows import TrainingRows
from skmirai.uncertainty import AbstainingClassifier
from tests.cli.common import QUICK, read_csv
from tests.cli.tuning import COLUMNS, flow_table

#: What `QUICK` and the command set.
SETTINGS = {"n_layers": 1, "n_nodes": 4, "epochs": 3, "scaler": "auto"}


@pytest.fixture
def flows(tmp_path):
    """A table of flows."""
    path = tmp_path / "flows.csv"
    table = pd.concat(
        [flow_table().assign(rate=flow_table()["rate"] + k) for k in range(5)]
    )
    table.to_csv(path, index=False)
    return path


def features(path):
    frame = read_csv(path, dtype={"service": str})
    frame["retries"] = pd.to_numeric(frame["retries"], errors="coerce")
    return frame.drop(columns=["id", "label", "capture"]), frame["label"].to_numpy(str)


def held_back(y, shares, blocks=False):
    how = {"of_classes": True, "blocks": blocks, "random_state": 0}
    return parts_of(TrainingRows(np.zeros((len(y), 1)), y, None, {}), shares, **how)


def test_the_model_is_that_of_the_rows_to_train(call, flows, tmp_path):
    model = tmp_path / "m.skmirai"
    status, out, err = call("train", flows, *COLUMNS, *QUICK, "-o", model)
    assert status == 0, err
    X, y = features(flows)
    parts = held_back(y, {"compare": 0.2})
    clf = MiraiDNNClassifier(missing="impute", random_state=0, **SETTINGS)
    clf.fit(X.iloc[parts["train"]], y[parts["train"]])
    np.testing.assert_array_equal(
        skmirai.load(model).predict_proba(X), clf.predict_proba(X)
    )
    assert "600 rows: " in err
    assert f"kept from training, in single rows: {len(parts['compare'])} to" in err
    lines = out.splitlines()
    assert [line.split("  ")[0] for line in lines[2:]] == [
        "model",
        "boosted trees",
        "majority",
    ]
    score = clf.score(X.iloc[parts["compare"]], y[parts["compare"]])
    found = json.loads(
        call("train", flows, *COLUMNS, *QUICK, "-o", model, "-f", "--json", "-q")[1]
    )
    assert found["scores"]["model"]["accuracy"]["value"] == pytest.approx(score)
    assert found["scores"]["majority"]["balanced_accuracy"]["value"] == 0.5
    assert found["rows"] == {name: len(own) for name, own in parts.items()}
    assert found["params"]["scaler"] == "auto"


def test_without_comparison_all_rows_train(call, flows, tmp_path):
    model = tmp_path / "m.skmirai"
    given = ["train", flows, *COLUMNS, *QUICK, "-o", model, "--no-compare", "-q"]
    assert call(*given) == (0, "", "")
    X, y = features(flows)
    clf = MiraiDNNClassifier(missing="impute", random_state=0, **SETTINGS).fit(X, y)
    np.testing.assert_array_equal(
        skmirai.load(model).predict_proba(X), clf.predict_proba(X)
    )


def test_each_step_learns_from_rows_of_its_own(call, flows, tmp_path):
    model = tmp_path / "m.skmirai"
    options = ["--calibrate", "--budget", 0.1, "--benign", "normal", "-q"]
    given = ["train", flows, *COLUMNS, *QUICK, "-o", model, *options, "--json"]
    status, out, err = call(*given)
    assert (status, err) == (0, "")
    X, y = features(flows)
    parts = held_back(y, {"compare": 0.2, "calibrate": 0.15, "budget": 0.25})
    of = {name: (X.iloc[own], y[own]) for name, own in parts.items()}
    clf = MiraiDNNClassifier(missing="impute", random_state=0, **SETTINGS)
    clf.fit(*of["train"])
    calibrated = CalibratedClassifierCV(FrozenEstimator(clf), method="temperature")
    calibrated.fit(*of["calibrate"])
    careful = AbstainingClassifier(
        FrozenEstimator(calibrated),
        max_false_alarm_rate=0.1,
        benign_label="normal",
        random_state=0,
    ).fit(*of["budget"])
    found = skmirai.load(model)
    assert found.threshold_ == careful.threshold_
    assert found.n_calibration_ == (of["budget"][1] == "normal").sum()
    np.testing.assert_array_equal(found.predict_proba(X), careful.predict_proba(X))
    np.testing.assert_array_equal(found.predict(X), careful.predict(X))
    figures = json.loads(out)["scores"]["model"]
    answers = careful.predict(of["compare"][0])
    assert figures["answered"]["value"] == pytest.approx((answers != "abstain").mean())


@pytest.mark.parametrize("labels", [(1, 2), (0, 1), ("a", "b")])
def test_a_temperature_of_any_labels(labels, call, tmp_path):
    """Scikit-learn takes whole numbers for columns, and 1 and 2 would be wrong."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=400)
    y = np.where(a + rng.normal(size=400) > 0, *labels[::-1])
    path, model = tmp_path / "t.csv", tmp_path / "m.skmirai"
    pd.DataFrame({"a": a, "y": y}).to_csv(path, index=False)
    given = ["train", path, "--target", "y", *QUICK, "--epochs", 20, "--no-compare"]
    assert call(*given, "--calibrate", "-o", model, "-q") == (0, "", "")
    found = skmirai.load(model)
    proba = found.predict_proba(pd.DataFrame({"a": a}))[:, 1]
    assert [*map(str, found.classes_)] == [*map(str, labels)]
    assert np.corrcoef(proba, a)[0, 1] > 0.8
    temperature = found.calibrated_classifiers_[0].calibrators[0].beta_
    assert 0.2 < temperature < 5


def test_what_was_learned_is_told(call, flows, tmp_path):
    model = tmp_path / "m.skmirai"
    given = ["train", flows, *COLUMNS, *QUICK, "-o", model, "--no-compare"]
    given += ["--calibrate", "--budget", 0.1]
    status, out, err = call(*given)
    assert (status, out) == (0, "")
    told = json.loads(call(*given, "-f", "-q", "--json")[1])
    known = json.loads(call("info", model, "--json")[1])
    for what in ("calibrated", "abstains"):
        assert told[what] == known[what]
        assert told[what]
    found = skmirai.load(model)
    calibrator = found.estimator_.estimator.calibrated_classifiers_[0].calibrators[0]
    assert f"calibrated: temperature {1 / calibrator.beta_:.3g}\n" in err
    rate = found.calibration_false_alarm_rate_
    assert "without an answer" not in call(*given, "-f")[1]
    out = call(*[each for each in given if each != "--no-compare"], "-f")[1]
    assert "rows to compare (a row without an answer is not right):\n" in out
    assert f"budget 0.1: {rate:.2%} of the {found.n_calibration_} benign rows" in err


def test_captures_in_blocks(call, capture, copied, labels, tmp_path):
    beside, model = tmp_path / "l.csv", tmp_path / "m.skmirai"
    pd.DataFrame({"label": np.where(labels, "mirai", "benign")}).to_csv(
        beside, index=False
    )
    given = ["--labels", beside, "--labels", beside, *QUICK, "-o", model, "--json"]
    status, out, err = call("train", capture, copied, *given)
    assert status == 0, err
    found = json.loads(out)
    assert found["kept_together"] == "blocks of neighbouring rows"
    assert sum(found["rows"].values()) == 1200
    assert skmirai.load(model).n_features_in_ == 115
    status, _, err = call("predict", model, capture, "-o", tmp_path / "v.csv")
    assert status == 0, err
    assert call("evaluate", model, capture, "--labels", beside)[0] == 0


def test_numbers(call, flows, tmp_path):
    model = tmp_path / "m.skmirai"
    columns = ["--target", "length", "--drop", "id", "--drop", "label", "--regress"]
    status, out, err = call("train", flows, *columns, *QUICK, "-o", model)
    assert status == 0, err
    assert "R2" in out
    assert "mean absolute error" in out
    assert isinstance(skmirai.load(model), MiraiDNNRegressor)


def test_optuna_is_for_searches_alone(call, flows, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna.distributions", None)
    given = ["train", flows, *COLUMNS, *QUICK, "-o", tmp_path / "m.skmirai", "-q"]
    assert call(*given, "--no-compare") == (0, "", "")
    assert "skmirai[tune]" in call(*given, "-f", "--tune")[2]


@pytest.mark.slow
def test_a_search_sees_rows_to_train_only(call, flows, tmp_path, monkeypatch):
    pytest.importorskip("optuna")
    from skmirai.model_selection import MiraiSearchCV

    seen = []
    fit = MiraiSearchCV.fit

    def spied(self, X, y, **params):
        seen.append((X, y))
        return fit(self, X, y, **params)

    monkeypatch.setattr(MiraiSearchCV, "fit", spied)
    model = tmp_path / "m.skmirai"
    given = ["train", flows, *COLUMNS, *QUICK, "-o", model, "--tune", "--n-trials", 2]
    status, out, err = call(*given, "--budget", 0.1, "--benign", "normal")
    assert status == 0, err
    assert "balanced_accuracy 0." in err
    assert "in 2 trials: " in err
    X, y = features(flows)
    parts = held_back(y, {"compare": 0.2, "budget": 0.25})
    ((X_seen, y_seen),) = seen
    np.testing.assert_array_equal(y_seen, y[parts["train"]])
    pd.testing.assert_index_equal(X_seen.index, X.iloc[parts["train"]].index)
    assert "boosted trees" in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--budget", 0.001],
            "--budget 0.001 at confidence=0.95 takes 2,995 benign rows",
        ),
        (
            ["--budget", 0.1, "--benign", "none"],
            "--benign 'none' is no class of the rows",
        ),
        (["--calibrate-on", 0.3], "keeps rows for --calibrate: give that too"),
        (["--budget-on", 0.3], "--budget-on 0.3 keeps rows for --budget: give that"),
        (["--no-compare", "--compare-on", 0.3], "keeps rows for --compare: give that"),
        (["--n-trials", 3], "are about a search: give --tune too"),
        (["--calibrate", "--regress"], "--regress has none of: leave them out"),
        (["--groups", "capture", "--blocks"], "are two ways: give one"),
        (["--set", "layers=3"], "--set layers: parameters are activation, "),
        (["--set", "n_layers=-1"], "The 'n_layers' parameter of MiraiDNNClassifier"),
        (["--compare-on", 0.9, "--calibrate"], "nothing is left to train on"),
        (["--drop", "none"], "has no column 'none'"),
    ],
)
def test_errors_leave_the_older_model(options, message, call, flows, tmp_path):
    older = tmp_path / "m.skmirai"
    older.write_text("older")
    given = ["train", flows, *COLUMNS, "-o", older, "-f", *options]
    status, out, err = call(*given)
    assert (status, out) == (1, "")
    assert message in err
    assert call(*given, "--dry-run") == (1, "", err)
    assert older.read_text() == "older"
    assert sorted(tmp_path.iterdir()) == [flows, older]


def test_errors_before_anything_is_read(call, flows, capture, tmp_path, monkeypatch):
    older = tmp_path / "m.skmirai"
    older.write_text("older")
    status, _, err = call("train", flows, *COLUMNS, "-o", older)
    assert (status, older.read_text()) == (1, "older")
    assert "--force to replace it" in err
    assert "is no text" in call("train", flows, *COLUMNS, "-o", "-")[2]
    new = tmp_path / "new.skmirai"
    assert "name their column with --target" in call("train", flows, "-o", new)[2]
    assert "a capture, which has no labels" in call("train", capture, "-o", new)[2]
    given = ["train", flows, *COLUMNS, "-o"]
    assert "is no regular file: give" in call(*given, os.devnull, "-f")[2]
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path)
    assert f"{tmp_path}: may not be written to" in call(*given, new)[2]
    monkeypatch.undo()
    (empty := tmp_path / "empty.csv").touch()
    assert f"{empty} is empty: exp" in call("train", empty, *COLUMNS, "-o", new)[2]
    assert (
        "is an input of the command"
        in call("train", flows, *COLUMNS, "-o", flows, "-f")[2]
    )
    assert not new.exists()


def test_classes_that_are_too_rare(call, tmp_path):
    path = tmp_path / "t.csv"
    y = ["benign"] * 50 + ["mirai"] * 2
    pd.DataFrame({"a": np.arange(52.0), "y": y}).to_csv(path, index=False)
    given = ["train", path, "--target", "y", "-o", tmp_path / "m.skmirai"]
    status, _, err = call(*given, "--calibrate")
    assert status == 1
    assert (
        "'mirai' in 2 of its rows, fewer than the 3 parts (train, compare, cal" in err
    )


def test_a_temperature_beside_a_rare_class(call, tmp_path):
    """A class may have a single row to calibrate on, all classes twenty at least."""
    path, model = tmp_path / "t.csv", tmp_path / "m.skmirai"
    given = ["train", path, "--target", "y", *QUICK, "--no-compare", "--calibrate"]
    given += ["--calibrate-on", 0.2, "-o", model, "-q", "-f"]
    y = np.repeat(["benign", "mirai", "scan"], [70, 40, 3])
    rng = np.random.default_rng(0)
    pd.DataFrame({"a": rng.normal(size=113), "y": y}).to_csv(path, index=False)
    assert call(*given) == (0, "", "")
    found = skmirai.load(model)
    assert isinstance(found, CalibratedClassifierCV)
    assert found.cv is None
    pd.DataFrame({"a": rng.normal(size=80), "y": y[:80]}).to_csv(path, index=False)
    status, _, err = call(*given)
    assert status == 1
    assert "--calibrate takes 20 rows at least, and there are 16 for it" in err
    assert "rows to train" not in err


def test_tables_of_other_columns(call, flows, tmp_path):
    other = tmp_path / "other.csv"
    pd.read_csv(flows).drop(columns="rate").to_csv(other, index=False)
    given = ["train", flows, other, *COLUMNS, "-o", tmp_path / "m.skmirai"]
    status, _, err = call(*given)
    assert status == 1
    assert f"{other} has other columns than {flows}" in err


@pytest.mark.parametrize(
    "what", ["skmirai.MiraiDNNClassifier.fit", "sklearn.dummy.DummyClassifier.fit"]
)
def test_a_failure_leaves_the_older_model(what, call, flows, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(what, fail)
    older = tmp_path / "m.skmirai"
    older.write_text("older")
    status, _, err = call("train", flows, *COLUMNS, *QUICK, "-o", older, "-f", "-q")
    assert (status, older.read_text()) == (1, "older")
    assert "the memory is not enough" in err


@pytest.mark.parametrize("epoch", [0, 2])
def test_a_fit_that_is_interrupted_keeps_whole_epochs(
    epoch, call, flows, tmp_path, monkeypatch
):
    """The model is written, and the status tells that it is not the whole one."""

    class Interrupts(keras.callbacks.Callback):
        def on_epoch_begin(self, at, logs=None):
            if at == epoch:
                signal.raise_signal(signal.SIGINT)

    fit = MiraiDNNClassifier.fit

    def interrupted(self, *args, **kwargs):
        fit(self.set_params(callbacks=[Interrupts()]), *args, **kwargs)
        return self.set_params(callbacks=None)  # those of a test cannot be saved

    monkeypatch.setattr(MiraiDNNClassifier, "fit", interrupted)
    model = tmp_path / "m.skmirai"
    status, _, err = call("train", flows, *COLUMNS, *QUICK, "-o", model, "-q")
    assert status == 130
    assert model.exists() == (epoch > 0)
    if epoch:
        assert "interrupted; the network after 2 whole epochs is kept" in err
        assert skmirai.load(model).n_iter_ == epoch
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
