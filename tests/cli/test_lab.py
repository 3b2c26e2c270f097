"""``skmirai lab``: options reach the runner, the report is written."""

import json
import re

import numpy as np
import pytest

from tests.lab.runs import write_uci_files


def test_lab_run_writes_a_report(call, tmp_path):
    np.save(tmp_path / "Mirai_data.npy", np.ones((100, 116)))
    np.save(tmp_path / "Mirai_labels.npy", np.repeat([0, 1], [30, 70]))
    status, out, _ = call(
        "lab", "run", "--data", tmp_path, "--only", 5, "--only", 1,
        "-o", tmp_path / "run", "--quiet",
    )  # fmt: skip
    assert status == 0
    assert str(tmp_path / "run" / "report.html") in out
    text = (tmp_path / "run" / "report.md").read_text()
    assert "| always the larger class | 0.7000 |" in text
    assert "## Part 1: " in text
    assert "## Part 2: " not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "23"], "skmirai: only=[23] must be parts of the lab"),
        (["--data", "nowhere"], "skmirai: there is no folder nowhere"),
    ],
)
def test_errors_are_one_line(call, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, _, err = call("lab", "run", *arguments)
    assert status == 1
    assert message in err
    assert "Traceback" not in err


def test_wrong_usage(call):
    status, _, err = call("lab", "run", "--subset", "third")
    assert status == 2
    assert "third" in err


@pytest.fixture
def small_table(tmp_path):
    """Folder of a table on which networks are trained at once."""
    write_uci_files(tmp_path / "uci", n_rows=300)
    return tmp_path / "uci"


def test_what_explore_finds_is_trained_by_run(call, small_table, tmp_path):
    status, out, err = call(
        "lab", "explore", "--data", small_table, "-o", tmp_path / "lab",
        "--n-trials", 2, "--epochs", 2, "--minutes", 30, "-q",
    )  # fmt: skip
    assert status == 0, err
    best = tmp_path / "lab" / "explore" / "best.json"
    assert re.search(r"validation accuracy 0\.\d{4}, trial \d of 2\n", out)
    assert f"{best}  (and ranking.md, ranking.csv beside it)" in out
    best.write_text('{"settings": {"n_layers": 1, "n_nodes": 3, "epochs": 200}}')
    status, _, err = call(
        "lab", "run", "--data", small_table, "-o", tmp_path / "own", "--best", best,
        "--only", 21, "--epochs-scale", 0.01, "--seeds", 1, "-j", 1, "-q",
    )  # fmt: skip
    assert status == 0, err
    fold = json.loads((tmp_path / "own" / "parts" / "fold_0.json").read_text())
    assert fold["n_parameters"] == (92 + 1) * 3 + 3 + 1
    assert fold["n_epochs"] == 2
    settings = json.loads((tmp_path / "own" / "settings.json").read_text())
    assert settings["best"]["n_nodes"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--best", "nothing.json"], "best='nothing.json' is no file"),
        (["explore", "--data", "nowhere", "-q"], "there is no folder nowhere"),
        (["explore", "--data", "nowhere", "--rows", "9"], "n_rows"),
    ],
)
def test_errors_of_own_tries(call, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, _, err = call("lab", *arguments)
    assert status == 1
    assert message in err
    assert "Traceback" not in err
