"""A bar shows what takes long, where and how it should."""

import subprocess
import sys
import time
import types
from importlib.metadata import version

import pytest

from skmirai.utils import _progress
from skmirai.utils._progress import PATIENCE, progress_bar
from tests.processes import without_cache


def test_a_bar_is_on_standard_error_and_counts(capsys):
    with progress_bar(4, desc="passes", unit="pass") as bar:
        for _ in range(4):
            bar.update()
    found = capsys.readouterr()
    assert found.out == ""
    assert "passes: 100%" in found.err
    assert "4/4" in found.err


def test_nothing_is_shown_if_it_is_quick_or_not_wanted(capsys):
    for options in {"delay": PATIENCE}, {"shown": False}:
        with progress_bar(4, desc="passes", unit="pass", **options) as bar:
            bar.update(4)
    assert capsys.readouterr() == ("", "")


def test_a_bar_appears_once_the_work_takes_longer(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    with progress_bar(4, desc="passes", unit="pass", delay=PATIENCE) as bar:
        bar._time = lambda: now[0]
        bar.start_t = bar.last_print_t = 0.0
        for seconds, is_shown in (0.7, False), (1.9, False), (2.1, True), (2.8, True):
            now[0] = seconds
            bar.update()
            assert bool(capsys.readouterr().err) == is_shown
    assert "100%" in capsys.readouterr().err


@pytest.mark.parametrize("widgets", [False, True])
@pytest.mark.parametrize("kernel", [False, True])
def test_a_notebook_without_widgets_has_no_red_bar(
    kernel, widgets, capsys, monkeypatch
):
    shell = types.SimpleNamespace(config={"IPKernelApp": {}} if kernel else {})
    module = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setattr(_progress, "_has_widgets", lambda: widgets)
    with progress_bar(1, desc="fit", unit="epoch") as bar:
        bar.update()
    found = capsys.readouterr()
    assert bool(found.out) == (kernel and not widgets)
    assert bool(found.out) != bool(found.err)


NOTEBOOK = """
import sys, types
IPython = types.ModuleType("IPython")
shell = types.SimpleNamespace(config={"IPKernelApp": {}})
IPython.get_ipython = lambda: shell
sys.modules["IPython"] = IPython
sys.modules["ipywidgets"] = None  # not installed
from skmirai import MiraiDNNClassifier
MiraiDNNClassifier(n_nodes=2, epochs=3, verbose=1).fit([[0.0], [1.0]] * 4, [0, 1] * 4)
"""


@pytest.mark.slow
@pytest.mark.skipif(
    version("tensorflow").startswith("2.20."),
    reason="TensorFlow 2.20 tells of the first compilation past its own log level",
)
def test_fit_in_a_notebook_writes_nothing_red():
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK],
        env=without_cache(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "fit: 100%" in done.stdout
