"""The command line: what it says, what it does with bad input."""

import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

import skmirai
from skmirai.cli import app, main


@pytest.fixture
def call(monkeypatch, capsys):
    """Call the command as the shell would; return its status, output and errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["skmirai", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        printed = capsys.readouterr()
        return left.value.code or 0, printed.out, printed.err

    return run


def test_version(call):
    assert call("--version") == (0, f"skmirai {skmirai.__version__}\n", "")


def test_module_is_the_command():
    printed = subprocess.run(
        [sys.executable, "-m", "skmirai", "--version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed == f"skmirai {skmirai.__version__}\n"


def test_help_names_every_option():
    text = CliRunner().invoke(app, ["lab", "run", "--help"], terminal_width=120).output
    for option in ("--data", "--only", "--subset", "--output", "--epochs-scale"):
        assert option in text


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
