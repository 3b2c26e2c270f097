"""``skmirai train --dry-run`` beside the training that it tells of."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

import skmirai
from skmirai.feature_extraction import FEATURE_NAMES, AfterImageExtractor
from tests.cli.common import CALL, QUICK
from tests.cli.tuning import COLUMNS, flow_table


@pytest.fixture
def flows(tmp_path):
    """A table of flows."""
    path = tmp_path / "flows.csv"
    pd.concat([flow_table()] * 5).to_csv(path, index=False)
    return path


@pytest.fixture
def nothing_is_fitted(monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("it is trained")

    monkeypatch.setattr("skmirai.MiraiDNNClassifier.fit", fail)
    monkeypatch.setattr(AfterImageExtractor, "partial_transform", fail)


def test_it_tells_what_the_training_does(call, flows, tmp_path):
    model = tmp_path / "m.skmirai"
    given = ["train", flows, *COLUMNS, *QUICK, "-o", model, "--json", "-q"]
    given += ["--calibrate", "--budget", 0.1]
    told = json.loads(call(*given, "--dry-run")[1])
    assert [*tmp_path.iterdir()] == [flows]
    status, out, err = call(*given)
    assert (status, err) == (0, "")
    done = json.loads(out)
    for name in ("model", "rows", "kept_together", "estimator", "params"):
        assert told[name] == done[name]
    found = skmirai.load(model)
    assert told["columns"] == found.feature_names_in_.tolist()
    assert told["dropped"] == ["id", "capture"]
    assert (told["target"], told["groups"]) == ("label", None)
    assert told["benign"] == found.benign_label_ == "normal"
    labels = pd.read_csv(flows)["label"]
    assert told["classes"] == labels.value_counts().to_dict()
    assert (told["budget"], told["calibrate"]) == (0.1, True)
    assert (told["replaces"], told["search"], told["to_extract"]) == (False, None, [])
    assert told["dry_run"]


def test_it_tells_it_in_lines(call, flows, tmp_path, nothing_is_fitted):
    model = tmp_path / "m.skmirai"
    given = ["train", flows, *COLUMNS, *QUICK, "--budget", 0.1, "-o", model]
    status, out, err = call(*given, "--dry-run")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("600 rows: ")
    assert lines[1].endswith("of 600 rows to train")
    assert lines[2].startswith("kept from training, in single rows: ")
    assert lines[3:] == [
        "4 columns to learn from: length, retries, service, rate",
        "dropped: id, capture",
        "target: column label",
        "budget 0.1: the share of rows of the class normal that may raise an alarm",
        "MiraiDNNClassifier: epochs=3, missing=impute, n_layers=1, n_nodes=4, "
        "random_state=0, scaler=auto",
        f"{model}: would be written; this is a dry run, nothing is",
    ]
    assert call(*given, "--dry-run", "-q") == (0, "", "")
    assert [*tmp_path.iterdir()] == [flows]
    model.write_text("older")
    out = call(*given, "--dry-run", "-f")[1]
    assert f"{model}: would be replaced; " in out
    assert model.read_text() == "older"
    assert "--force to replace it" in call(*given, "--dry-run")[2]


def test_groups(call, flows, tmp_path, nothing_is_fitted):
    given = ["train", flows, "--target", "label", "--groups", "capture"]
    given += ["-o", tmp_path / "m.skmirai", "--dry-run"]
    told = json.loads(call(*given, "--json")[1])
    assert told["kept_together"] == "whole groups"
    assert (told["groups"], told["dropped"]) == ("capture", [])
    assert "capture" not in told["columns"]
    assert "groups: column capture\n" in call(*given)[1]
    assert "dropped" not in call(*given)[1]


def test_columns_without_names(call, tmp_path, nothing_is_fitted):
    path, model = tmp_path / "t.npy", tmp_path / "m.skmirai"
    table = np.random.default_rng(0).normal(size=(60, 5))
    table[:, 3] = np.arange(60) % 2
    np.save(path, table)
    given = ["train", path, "--target", 3, "--drop", 1, "-o", model, "--dry-run"]
    told = json.loads(call(*given, "--json")[1])
    assert (told["columns"], told["dropped"], told["target"]) == ([0, 2, 4], [1], 3)
    assert told["params"]["drop_columns"] == [1]
    assert told["classes"] == {"0.0": 30, "1.0": 30}
    assert "target: column 3\n" in call(*given)[1]
    told = json.loads(call(*given, "--json", "--regress")[1])
    assert (told["classes"], told["benign"]) == (None, None)
    assert told["estimator"] == "MiraiDNNRegressor"


def test_a_search(call, flows, tmp_path, nothing_is_fitted, monkeypatch):
    pytest.importorskip("optuna")
    given = ["train", flows, *COLUMNS, *QUICK, "-o", tmp_path / "m.skmirai"]
    given += ["--dry-run", "--tune"]
    search = json.loads(call(*given, "--json")[1])["search"]
    assert (search["n_trials"], search["timeout"], search["n_splits"]) == (30, None, 5)
    assert search["scoring"] == "balanced_accuracy"
    assert "learning_rate" in search["space"]
    assert not {"n_layers", "n_nodes", "epochs"} & {*search["space"]}
    assert "search: at most 30 trials of " in call(*given)[1]
    out = call(*given, "--n-trials", 7, "--timeout", 60)[1]
    assert "search: at most 7 trials begun within 60 s of " in out
    assert ", by balanced_accuracy in 5 folds of the rows to train\n" in out
    monkeypatch.setitem(sys.modules, "optuna.distributions", None)
    status, _, err = call(*given)
    assert status == 1
    assert "skmirai[tune]" in err


def test_captures_are_read_and_not_extracted(
    call, capture, copied, labels, tmp_path, nothing_is_fitted
):
    beside, wrong = tmp_path / "l.csv", tmp_path / "wrong.csv"
    frame = pd.DataFrame({"label": labels})
    frame.to_csv(beside, index=False)
    frame[:599].to_csv(wrong, index=False)
    given = ["train", capture, copied, "-o", tmp_path / "m.skmirai", "--dry-run"]
    fit = ["--labels", beside, "--labels", beside]
    told = json.loads(call(*given, *fit, "--drop", FEATURE_NAMES[0], "--json")[1])
    assert told["kept_together"] == "blocks of neighbouring rows"
    assert sum(told["rows"].values()) == 1200
    assert told["columns"] == [*FEATURE_NAMES[1:]]
    assert told["dropped"] == [FEATURE_NAMES[0]]
    assert told["to_extract"] == [str(capture), str(copied)]
    out = call(*given, *fit)[1]
    assert f"features are still to be extracted of {capture}, {copied}: the pac" in out
    assert f"115 columns to learn from: {', '.join(FEATURE_NAMES[:12])} and 103" in out
    status, _, err = call(*given, "--labels", beside, "--labels", wrong)
    assert status == 1
    assert f"{wrong} holds 599 rows, but {copied} 600" in err


@pytest.mark.slow
def test_it_starts_no_tensorflow(run_python, call, flows, tmp_path):
    given = ["train", flows, *COLUMNS, "--calibrate", "--budget", 0.1, "--dry-run"]
    given += ["-o", tmp_path / "m.skmirai"]
    assert run_python(CALL, *given) == f"{call(*given)[1]}[]\n"
