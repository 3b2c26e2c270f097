"""Runs of the lab that are refused, that fail or are disturbed say so."""

import io
import os
import subprocess
import sys
import threading
from contextlib import contextmanager

import numpy as np
import pytest

from skmirai.lab import _runner, run_lab
from tests.lab.runs import SMALL, results, write_uci_files


def test_work_that_fails_leaves_the_rest(tmp_path):
    X, y = write_uci_files(tmp_path / "data", n_rows=500)
    for file in (tmp_path / "data").iterdir():
        file.unlink()
    X[7, 50] = np.nan
    np.save(tmp_path / "data" / "Mirai_data.npy", X)
    np.save(tmp_path / "data" / "Mirai_labels.npy", y)
    with pytest.raises(RuntimeError, match=r"3 pieces .*: part_06, run_1, run_2;"):
        run_lab(tmp_path / "data", output=tmp_path / "run", only=[1, 5, 12], **SMALL)
    text = (tmp_path / "run" / "report.md").read_text()
    assert "| values that are no numbers | 1 |" in text
    assert "## What failed" in text
    assert "row 7, column 50 (counted from 0) is nan; the lab needs finite" in text
    assert "not begun, since part 6, the standardisation, failed" in text
    assert set(results(tmp_path / "run")) == {"part_01", "part_05"}
    assert "**Question 4. " in text
    assert "**Question 15. " not in text


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_process_that_dies_does_not_take_its_neighbour_along(
    uci_folder, tmp_path, monkeypatch
):
    """Run 1 kills its process whenever it begins, with run 2 at work beside it."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    (tmp_path / "sitecustomize.py").write_text(
        "import os, pathlib, signal, time\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "begun, neighbour = folder / 'begun.txt', folder / 'run/parts/run_2.json'\n"
        "write = pathlib.Path.write_text\n"
        "def alone():\n"
        "    names = begun.read_text().split()\n"
        "    return names.count('run_2') < names.count('run_1')\n"
        "def watched(self, text, *a, **k):\n"
        "    done = write(self, text, *a, **k)\n"
        "    if self.suffix == '.epoch' and text == '0':\n"
        "        with begun.open('a') as file:\n"
        "            file.write(f'{self.stem}\\n')\n"
        "        if self.stem == 'run_1':\n"
        "            while alone() and not neighbour.exists():\n"
        "                time.sleep(0.01)\n"
        "            os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return done\n"
        "pathlib.Path.write_text = watched\n"
    )
    arguments = {**SMALL, "only": [10, 12], "n_jobs": 2}
    with pytest.raises(RuntimeError, match="1 pieces of work failed: run_1;"):
        run_lab(uci_folder, output=tmp_path / "run", **arguments)
    assert set(results(tmp_path / "run")) == {"part_06", "run_2"}
    begun = (tmp_path / "begun.txt").read_text().split()
    assert sorted(begun) == ["run_1", "run_1", "run_2"]
    text = (tmp_path / "run" / "report.md").read_text()
    assert "`run_1`:\n\n```text\nthe process that did it died twice" in text


def test_second_run_in_a_folder_says_that_it_waits(uci_folder, tmp_path, monkeypatch):
    first_has_ended = threading.Event()

    @contextmanager
    def held(path):
        assert first_has_ended.wait(60)
        yield True

    class Screen(io.StringIO):
        def write(self, text):
            super().write(text)
            if "waits until it has ended" in self.getvalue():
                first_has_ended.set()

    monkeypatch.setattr(_runner, "locked", held)
    monkeypatch.setattr(_runner, "_PATIENCE", 0.01)
    monkeypatch.setattr(sys, "stderr", Screen())
    output = tmp_path / "run"
    run_lab(uci_folder, output=output, **{**SMALL, "only": [1], "quiet": False})
    said, *rest = sys.stderr.getvalue().splitlines()
    assert said.startswith(f"another run works in {output}; this one waits until")
    assert "[1/1] part  1  The data" in rest[-1]
    assert set(results(output)) == {"part_01"}


@pytest.mark.slow
def test_script_without_main_guard_is_told_so(uci_folder, tmp_path):
    code = (
        "from skmirai.lab import run_lab\n"
        f"run_lab({str(uci_folder)!r}, output={str(tmp_path / 'run')!r}, only=[12],"
        " epochs_scale=0.01, n_seeds=1, n_jobs=1)\n"
    )
    done = subprocess.run(
        [sys.executable, "-"], input=code, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 1
    assert 'call run_lab under if __name__ == "__main__":' in done.stderr


@pytest.mark.parametrize(
    ("library", "message"),
    [
        ("matplotlib", r"plots need matplotlib: .*skmirai\[plot\]"),
        ("markdown_it", r"pages need markdown_it: .*skmirai\[cli\]"),
    ],
)
def test_missing_library_is_told_before_the_work(
    tmp_path, monkeypatch, library, message
):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=message):
        run_lab(None, output=tmp_path / "run", only=[1], n_rows=100)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs_scale": 0}, "epochs_scale"),
        ({"n_seeds": 0}, "n_seeds"),
        ({"n_jobs": 0}, "n_jobs"),
        ({"subset": "third"}, "subset"),
        ({"scaling": "rows"}, "scaling"),
        ({"data_dir": "somewhere", "n_rows": 100}, "n_rows=100 is for a generated"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        run_lab(**arguments)


def test_one_class_is_told(tmp_path):
    np.save(tmp_path / "Mirai_data.npy", np.random.default_rng(0).random((60, 116)))
    np.save(tmp_path / "Mirai_labels.npy", np.ones(60, int))
    with pytest.raises(RuntimeError, match="part_08"):
        run_lab(tmp_path, output=tmp_path / "run", only=[8], **SMALL)
    text = (tmp_path / "run" / "report.md").read_text()
    assert "42 training rows of the shuffled split hold one class" in text


def test_unknown_part():
    with pytest.raises(
        ValueError, match=r"only=\[23\] must be parts of the lab, 1 to 22"
    ):
        run_lab(None, only=[23])
