"""``skmirai lab``: options reach the runner, the report is written."""

import numpy as np
import pytest


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
        (["--only", "23"], "skmirai: only=[23] are no parts of the lab"),
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
