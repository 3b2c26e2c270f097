"""Keras is imported quietly and on TensorFlow, or the error says what to do."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.processes import without_cache

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"

QUIET = {"TF_CPP_MIN_LOG_LEVEL": None, "SKMIRAI_VERBOSE_IMPORT": None}


def run(code, *arguments, **environment):
    """Run code in a fresh interpreter with these variables, None for unset ones."""
    changed = {**without_cache(), **QUIET, **environment}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={name: value for name, value in changed.items() if value is not None},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.skipif(
    version("tensorflow").startswith("2.20."),
    reason="TensorFlow 2.20 tells of the first compilation past its own log level",
)
def test_the_ten_lines_of_the_readme_write_nothing_to_standard_error():
    code = re.search(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)[1]
    done = run(code)
    assert (done.returncode, done.stderr) == (0, "")
    assert "mutual_information" in done.stdout


REPORT = """
import os
before = dict(os.environ)
from skmirai.neural_network._backend import tf
tf.zeros(1)
assert dict(os.environ) == before
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["TF_CPP_MIN_LOG_LEVEL", "SKMIRAI_VERBOSE_IMPORT", "OTHER"]
)
def test_variables_restore_the_messages(name):
    done = run(REPORT, **{name: "1" if name.startswith("SK") else "0"})
    assert done.returncode == 0, done.stderr
    assert bool(done.stderr) == (name != "OTHER")


BEFORE = """
import tensorflow as tf, re
from skmirai.utils import _stderr
_stderr.without_noise = None  # would fail if it were called
from skmirai.neural_network import _backend
assert _backend.tf.Tensor is tf.Tensor
"""


@pytest.mark.slow
def test_nothing_is_held_back_where_tensorflow_was_imported_before():
    assert run(BEFORE).returncode == 0


FIT = """
import os, sys
from skmirai import MiraiDNNClassifier
for backend in sys.argv[1:] or [None]:
    if backend:
        os.environ["KERAS_BACKEND"] = backend
    try:
        MiraiDNNClassifier(epochs=1).fit([[0.0], [1.0]], [0, 1])
    except ImportError as error:
        print(error)
"""


@pytest.mark.slow
def test_another_backend_is_refused_at_once():
    backends = ["jax", "torch", "numpy"]
    done = run(FIT, *backends)
    said = done.stdout.splitlines()
    for backend, line in zip(backends, said, strict=True):
        assert f"needs Keras on TensorFlow, but its backend is {backend!r}" in line
        assert "KERAS_BACKEND=tensorflow" in line
    assert done.stderr == ""


@pytest.mark.slow
def test_a_backend_in_the_file_of_keras_is_refused_too(tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "jax"}))
    done = run(FIT, KERAS_HOME=str(tmp_path), KERAS_BACKEND=None)
    assert "backend is 'jax'" in done.stdout


@pytest.mark.parametrize("text", ["", "[]", "{", '{"floatx": "float32"}', None])
def test_a_file_without_a_backend_means_tensorflow(text, tmp_path, monkeypatch):
    from skmirai.neural_network import _backend

    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if text is not None:
        (tmp_path / "keras.json").write_text(text)
    assert _backend.wanted_backend() == "tensorflow"
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "jax"}))
    assert _backend.wanted_backend() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")  # counts more than the file
    _backend.check_backend()


@pytest.mark.parametrize(
    ("line", "is_noise"),
    [
        ("I0000 00:00:1795813821.977437   13004 port.cc:153] oneDNN is on.", True),
        ("2025-03-01 10:00:00.123456: I tensorflow/core/port.cc:153] oneDNN", True),
        ("W0000 00:00:1795813821.9 13004 gpu_device.cc:2344] Cannot dlopen", True),
        ("WARNING: All log messages before absl::InitializeLog() is called", True),
        ("To enable the following instructions: AVX2 FMA, rebuild", True),
        ("E0000 00:00:1.8 130 cuda_dnn.cc:85] Unable to register cuFFT factory", True),
        ("E0000 00:00:1.8 130 cuda_platform.cc:52] failed call to cuInit: INTERNAL: "
         "CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)", True),
        ("E0000 00:00:1.8 130 cuda_platform.cc:52] failed call to cuInit: INTERNAL: "
         "CUDA error: Failed call to cuInit: CUDA_ERROR_UNKNOWN: unknown (999)", False),
        ("E0000 00:00:1.8 130 cuda_driver.cc:1] CUDA_ERROR_OUT_OF_MEMORY", False),
        ("F0000 00:00:1.8 130 cpu.cc:1] compiled to use AVX instructions", False),
        ("ImportError: no", False),
        ("Ich bin keine Meldung", False),
    ],
)  # fmt: skip
def test_only_known_lines_are_noise(line, is_noise):
    from skmirai.neural_network._backend import _NOISE

    assert bool(_NOISE.match(line.encode())) == is_noise
