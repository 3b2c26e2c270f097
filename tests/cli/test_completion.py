"""Completion in a real shell."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Completes the words of the command line as bash does at the tab key.
SCRIPT = """
eval "$(skmirai --show-completion bash)"
COMP_WORDS=(skmirai "$@")
COMP_CWORD=$#
$(complete -p skmirai | sed 's/.*-F \\([^ ]*\\) .*/\\1/') skmirai
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def complete(tmp_path):
    """Complete words in bash; return what it offers."""
    command = tmp_path / "skmirai"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m skmirai "$@"\n')
    command.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        # or it asks which shell has started it
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
    }

    def run(*words):
        return subprocess.run(
            [shutil.which("bash"), "-c", SCRIPT, "bash", *words],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        ).stdout.split()

    return run


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ev"], ["evaluate"]),
        (["tr"], ["train"]),
        (["train", "--calib"], ["--calibrate", "--calibrate-on"]),
        (["lab", "com"], ["compare"]),
        (["extract", "--clock", ""], ["relative", "epoch"]),
    ],
)
def test_bash_completes(words, offered, complete):
    assert complete(*words) == offered
