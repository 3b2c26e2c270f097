"""Lines of noise do not reach standard error; everything else does."""

import os
import re
import subprocess
import sys

import pytest

from skmirai.utils._stderr import without_noise

NOISE = re.compile(rb"I |W ")
CHILD = [sys.executable, "-c", "import os; os.write(2, b'W x\\nE two\\n')"]


def test_noise_is_dropped_and_the_rest_comes_in_order(capfd):
    with without_noise(NOISE):
        os.write(2, b"I am noise\nE one\n")
        subprocess.run(CHILD, check=True)
        os.write(2, b"E three\n")
    os.write(2, b"I am seen\n")
    assert capfd.readouterr().err == "E one\nE two\nE three\nI am seen\n"


def test_everything_comes_out_after_an_error(capfd):
    def fails():
        os.write(2, b"I am the reason\n")
        raise OSError("no")

    with pytest.raises(OSError, match="no"), without_noise(NOISE):
        fails()
    assert capfd.readouterr().err == "I am the reason\n"


def test_more_than_a_pipe_holds(capfd):
    with without_noise(NOISE):
        for _ in range(1000):
            os.write(2, b"I " + b"x" * 997 + b"\n")
        os.write(2, b"E " + b"y" * 200_000 + b"\n")
    assert capfd.readouterr().err == "E " + "y" * 200_000 + "\n"


def test_a_line_without_end_is_kept(capfd):
    with without_noise(NOISE):
        os.write(2, b"I\nE end")
    assert capfd.readouterr().err == "I\nE end"


CLOSED = """
import os, re, sys
from skmirai.utils._stderr import without_noise
os.close(2)
sys.stderr = None
with without_noise(re.compile(b"x")):
    print("went on")
"""


def test_a_closed_descriptor_stays_closed(run_python):
    assert run_python(CLOSED) == "went on\n"
