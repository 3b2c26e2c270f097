"""What commands tell machines is what they tell people."""

import json

import numpy as np
import pandas as pd
import pytest

from skmirai.cli._json import plain
from tests.cli.tuning import COLUMNS, QUICK, flow_table


@pytest.fixture
def flows(tmp_path):
    path = tmp_path / "flows.csv"
    flow_table().to_csv(path, index=False)
    return path


def test_audit(call, flows, tmp_path):
    given = ["audit", flows, "--target", "label"]
    status, out, err = call(*given, "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert call(*given, "-o", tmp_path / "t.csv")[0] == 0
    rows = pd.read_csv(tmp_path / "t.csv")
    assert [f["smell"] for f in told["findings"]] == rows["smell"].tolist()
    assert [f["seen"] for f in told["findings"]] == rows["seen"].tolist()
    assert ["id"] in [f["columns"] for f in told["findings"]]
    page = tmp_path / "found.json"
    assert call(*given, "-o", page)[0] == 0
    assert json.loads(page.read_text()) == told


@pytest.mark.parametrize("command", ["audit", "evaluate"])
@pytest.mark.parametrize("name", ["report.html", "report.csv"])
def test_two_forms_of_a_report(command, name, call, model, flows, tmp_path):
    sources = [flows] if command == "audit" else [model, flows]
    given = [command, *sources, "--target", "label", "-o", tmp_path / name]
    status, out, err = call(*given, "--json")
    assert (status, out) == (1, "")
    assert f"--json and {tmp_path / name} are two forms: leave one out" in err
    assert not (tmp_path / name).exists()


@pytest.mark.slow
def test_tune(call, flows):
    pytest.importorskip("optuna")
    given = ["tune", flows, *COLUMNS, *QUICK, "--n-trials", 2]
    status, out, err = call(*given, "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    lines = call(*given)[1].splitlines()
    assert lines[0].startswith(f"{told['scoring']} {told['score']:.5g}, mean of ")
    assert told["n_splits"] == 2
    assert sum(told["n_trials"].values()) == 2
    said = {f"  {name} = {value}" for name, value in told["params"].items()}
    assert said == {line for line in lines if " = " in line}


def test_predict_and_extract(call, model, capture, tmp_path):
    verdicts = tmp_path / "v.csv"
    status, out, err = call("predict", model, capture, "-o", verdicts, "--json")
    assert (status, out, err.count("\n")) == (0, "", 1)
    told = json.loads(err)
    counts = pd.read_csv(verdicts)["verdict"].value_counts()
    assert told["verdicts"] == {str(k): int(n) for k, n in counts.items()}
    assert told["n_rows"] == told["packets"]["n_packets"] == 600
    features = tmp_path / "f.npy"
    status, out, err = call("extract", capture, "-o", features, "--json")
    assert (status, out) == (0, "")
    assert json.loads(err)["packets"]["n_packets"] == len(np.load(features))


@pytest.mark.parametrize("command", ["predict", "extract"])
def test_a_summary_is_of_one_input(command, call, model, capture, tmp_path):
    inputs = ([model] if command == "predict" else []) + [capture, capture]
    status, _, err = call(command, *inputs, "-o", tmp_path / "all", "--json")
    assert status == 1
    assert "--json is the summary of one " in err
    assert not [*tmp_path.iterdir()]


def test_what_json_has_no_word_for():
    found = plain({1: np.inf, "b": [np.int64(2), np.nan], "c": np.array(["x"])})
    assert json.loads(json.dumps(found, allow_nan=False)) == {
        "1": None,
        "b": [2, None],
        "c": ["x"],
    }
