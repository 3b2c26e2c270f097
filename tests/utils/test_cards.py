"""Graphics cards that tell, that do not, and that vanish."""

import os
import subprocess
import sys

import pytest

from skmirai.utils._cards import GraphicsCards
from tests.utils.cards import (
    MIB,
    GpuIsLostError,
    NotSupportedError,
    NVMLError,
    fake_command,
    fake_nvml,
)


@pytest.fixture
def without_nvml(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)


@pytest.fixture
def command(tmp_path, monkeypatch, without_nvml):
    """Put a command in front of all others."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return lambda *answers: fake_command(tmp_path / "bin", answers)


def test_the_library_tells_of_a_card(monkeypatch):
    nvml = fake_nvml([(18, 1151 * MIB), (27, 2175 * MIB)])
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    with GraphicsCards() as cards:
        (first,), (second,) = cards.read(), cards.read()
        assert not cards.slow
        assert nvml.n_open == 1
    assert nvml.n_open == 0
    lasting = {"name": "Tesla T4", "memory": 15360 * MIB, "cuda cores": 2560}
    assert first == {**lasting, "busy": 18, "used memory": 1151 * MIB}
    assert second == {**lasting, "busy": 27, "used memory": 2175 * MIB}


def test_what_a_card_does_not_tell_is_none(monkeypatch):
    silent = NotSupportedError()
    nvml = fake_nvml([(silent, 0)], cores=silent)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    with GraphicsCards() as cards:
        (card,) = cards.read()
    assert (card["busy"], card["used memory"], card["cuda cores"]) == (None, 0, None)


def test_a_card_that_vanishes_is_remembered(monkeypatch):
    lost = GpuIsLostError()
    nvml = fake_nvml([(0, 5), (lost, lost)])
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    with GraphicsCards() as cards:
        cards.read()
        (card,) = cards.read()
    assert (card["name"], card["memory"]) == ("Tesla T4", 15360 * MIB)
    assert (card["busy"], card["used memory"]) == (None, None)


@pytest.mark.skipif(os.name == "nt", reason="a script is no command on Windows")
def test_a_library_without_driver_leaves_it_to_the_command(command, monkeypatch):
    nvml = fake_nvml([(1, 2)])

    def no_driver():
        raise NVMLError

    nvml.nvmlInit = no_driver
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    command("0, Tesla T4, 15360, 1151, 18")
    with GraphicsCards() as cards:
        assert [card["busy"] for card in cards.read()] == [18]
        assert cards.slow


@pytest.mark.skipif(os.name == "nt", reason="a script is no command on Windows")
def test_the_command_tells_of_cards(command):
    command("0, Tesla T4, 15360, 1151, 18\n1, Thing, with comma, 81559, 0, [N/A]")
    with GraphicsCards() as cards:
        first, second = cards.read()
    assert first == {
        "name": "Tesla T4",
        "memory": 15360 * MIB,
        "used memory": 1151 * MIB,
        "busy": 18,
        "cuda cores": None,
    }
    assert second["name"] == "Thing, with comma"
    assert (second["used memory"], second["busy"]) == (0, None)


@pytest.mark.skipif(os.name == "nt", reason="a script is no command on Windows")
def test_cards_that_the_command_no_longer_lists(command):
    both = "0, A, 100, 1, 10\n1, B, 200, 2, 20"
    command(both, "1, B, 200, 3, 30", 15, both)
    with GraphicsCards() as cards:
        looks = [cards.read() for _ in range(4)]
    assert [[card["name"] for card in look] for look in looks] == [["A", "B"]] * 4
    busy = [[card["busy"] for card in look] for look in looks]
    assert busy == [[10, 20], [None, 30], [None, None], [10, 20]]
    assert [look[0]["memory"] for look in looks] == [100 * MIB] * 4


@pytest.mark.parametrize(
    "error", [FileNotFoundError(), subprocess.CalledProcessError(9, "nvidia-smi")]
)
def test_without_cards_nothing_is_asked_again(without_nvml, monkeypatch, error):
    asked = []

    def fails(*arguments, **keywords):
        asked.append(1)
        raise error

    monkeypatch.setattr(subprocess, "run", fails)
    with GraphicsCards() as cards:
        assert [cards.read(), cards.read()] == [[], []]
    assert len(asked) == 1
