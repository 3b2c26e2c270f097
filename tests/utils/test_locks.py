"""One process or thread at a time."""

import os
import threading

import pytest

from skmirai.utils._files import locked


def test_threads_take_turns(tmp_path):
    inside, most, turns = [0], [0], []

    def work():
        for _ in range(50):
            with locked(tmp_path / "x") as held:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                turns.append(held)
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert turns == [True] * 200
    assert os.listdir(tmp_path) == []


def test_the_lock_file_goes_with_an_error_too(tmp_path):
    with pytest.raises(FileNotFoundError, match="mine"), locked(tmp_path / "x"):
        raise FileNotFoundError("mine")
    assert os.listdir(tmp_path) == []


def test_a_file_left_by_a_killed_process_is_in_nobodys_way(tmp_path):
    (tmp_path / ".x.lock").touch()
    with locked(tmp_path / "x") as held:
        assert held


def test_a_folder_that_is_not_there(tmp_path):
    with (
        pytest.raises(FileNotFoundError),
        locked(tmp_path / "none" / "x"),
    ):
        pass
