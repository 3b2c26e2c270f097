"""What a run shows on its way, on a terminal and elsewhere."""

import io
import time

import pytest

from skmirai.lab._schedule import lab_tasks
from skmirai.lab._work import progress as _progress
from skmirai.lab._work.progress import EpochFile, LabProgress
from skmirai.lab._work.tasks import Task, scaled_epochs

TASKS = [
    Task("part_01", 1, "The data", dict, alone=True),
    Task("run_1", 10, "run 1", dict, epochs=20, cost=60.0),
    Task("run_2", 12, "run 2", dict, epochs=20, cost=40.0),
]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def look_often(monkeypatch):
    monkeypatch.setattr(_progress, "_LOOK", 0.005)
    monkeypatch.setattr(_progress, "_LINE", 0.0)


def follow(stream, tmp_path):
    """Run the tasks in appearance: one fails, one is seen at its fifth epoch."""
    with LabProgress(TASKS, tmp_path, stream=stream) as progress:
        progress.done("part_01", 0.2, None)
        epochs = EpochFile(tmp_path, "run_1")
        epochs.write(5)
        deadline = time.monotonic() + 30
        while "epoch 5 of 20" not in stream.getvalue() and not stream.isatty():
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(0.05)
        progress.done("run_1", 83.0, None)
        assert epochs.read() is None
        progress.done("run_2", 1.0, "ValueError: no rows")
    return stream.getvalue()


def test_plain_lines(tmp_path):
    lines = follow(io.StringIO(), tmp_path).splitlines()
    assert "[1/3] part  1  The data: 0 s" in lines[0]
    assert "part 10  run 1: epoch 5 of 20; about" in lines[1]
    assert "[2/3] part 10  run 1: 1 min 23 s; about" in lines[-2]
    assert "[3/3] part 12  run 2: ValueError: no rows; about 0 s left" in lines[-1]
    assert not any("\x1b" in line for line in lines)


def test_bars_on_a_terminal(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    shown = follow(Terminal(), tmp_path)
    assert "part 10  run 1: 1 min 23 s" in shown
    assert "the lab" in shown
    assert "3/3" in shown


def test_quiet(tmp_path):
    stream = io.StringIO()
    with LabProgress(TASKS, tmp_path, stream=stream, quiet=True) as progress:
        progress.done("run_1", 1.0, None)
    assert stream.getvalue() == ""


def test_time_left_counts_finished_and_begun_work(tmp_path, monkeypatch):
    with LabProgress(TASKS, tmp_path, stream=io.StringIO()) as progress:
        assert progress._seconds_left() is None  # nothing done yet
        progress.done("part_01", 0.0, None)
        EpochFile(tmp_path, "run_1").write(10)  # 31 of 101 units of work
        monkeypatch.setattr(progress, "_start", time.monotonic() - 31)
        assert progress._seconds_left() == pytest.approx(70, rel=0.01)


def test_epochs_noted_by_a_killed_run_are_forgotten(tmp_path):
    EpochFile(tmp_path, "run_1").write(19)
    with LabProgress(TASKS, tmp_path, quiet=True):
        assert EpochFile(tmp_path, "run_1").read() is None


def test_order_of_the_work():
    tasks = lab_tasks()
    alone = [task.alone for task in tasks]
    assert alone == sorted(alone, reverse=True)
    names = [task.name for task in tasks]
    assert names.index("part_06") < names.index("batch_100")
    beside = [task.cost for task in tasks if not task.alone]
    assert beside == sorted(beside, reverse=True)
    assert len(set(names)) == len(names)


def test_training_alone_brings_the_standardisation():
    names = [task.name for task in lab_tasks([10], n_seeds=2)]
    assert names == ["part_06", "run_1", "run_1_seed_1"]
    assert [task.name for task in lab_tasks([5])] == ["part_05"]


@pytest.mark.parametrize(
    ("epochs", "scale", "expected"),
    [(300, 1.0, 300), (300, 0.1, 30), (20, 0.01, 1), (20, 0.06, 2), (300, 2, 600)],
)
def test_scaled_epochs(epochs, scale, expected):
    assert scaled_epochs(epochs, scale) == expected


def test_nothing_left_to_do_has_no_time_left(tmp_path):
    """Also when it is looked at, which ended the thread with a division by zero."""
    progress = LabProgress([], tmp_path, stream=io.StringIO())
    with progress:
        assert progress._seconds_left() is None
