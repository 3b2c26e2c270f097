"""Processes that do tasks: when they are kept, and when they are replaced."""

import importlib
import os
import sys

import pytest

from skmirai.lab._work.tasks import Task
from skmirai.lab._work.workers import in_workers

DEEDS = """
import os, pathlib, signal
from skmirai.lab._work.progress import EpochFile

FOLDER = pathlib.Path(__file__).parent

def work(task):
    "Take the number of the process for the seconds."
    EpochFile(FOLDER / "parts", task.name).write(0)
    died = FOLDER / "died"
    if task.name == "dies once" and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return float(os.getpid()), None
"""


@pytest.fixture
def outcomes(tmp_path, monkeypatch):
    """Do tasks by name; return a dict of their processes, in order of their ends."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "deeds.py").write_text(DEEDS)
    monkeypatch.syspath_prepend(tmp_path)
    deeds = importlib.import_module("deeds")

    def run(*names, **options):
        tasks = [Task(name, 1, name, dict) for name in names]
        ended = list(in_workers(deeds.work, tasks, 1, tmp_path, **options))
        assert all(error is None for _, (_, error) in ended)
        return {task.name: process for task, (process, _) in ended}

    yield run
    del sys.modules["deeds"]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_process_is_kept_until_it_dies(outcomes):
    found = outcomes("first", "second", "dies once", "last")
    assert list(found) == ["first", "second", "last", "dies once"]
    assert found["first"] == found["second"]
    assert len({found[name] for name in ("second", "last", "dies once")}) == 3


@pytest.mark.slow
def test_fresh_processes(outcomes):
    found = outcomes("first", "second", fresh=True)
    assert found["first"] != found["second"]
