"""What the machine has, and what nvidia-smi would say."""

import subprocess

import psutil
import pytest

from skmirai.utils import _hardware, hardware, n_usable_cores, versions

LISTED = """Tesla T4, 15360, 1151, 18
NVIDIA Thing, with comma, 81559, 0, [N/A]
"""


def test_memory_and_cores_are_those_of_the_system():
    found = hardware()
    assert found["memory"] == psutil.virtual_memory().total
    assert 0 < found["free memory"] <= found["memory"]
    assert found["cores"] == n_usable_cores() == len(psutil.Process().cpu_affinity())
    assert found["processor"]


def test_graphics_cards_are_read(monkeypatch):
    done = subprocess.CompletedProcess([], 0, stdout=LISTED)
    monkeypatch.setattr(_hardware.subprocess, "run", lambda *a, **k: done)
    first, second = hardware()["gpus"]
    assert first == {
        "name": "Tesla T4",
        "memory": 15360 * 2**20,
        "used memory": 1151 * 2**20,
        "busy": 18,
    }
    assert second["name"] == "NVIDIA Thing, with comma"
    assert (second["used memory"], second["busy"]) == (0, None)


@pytest.mark.parametrize(
    "error", [FileNotFoundError(), subprocess.CalledProcessError(9, "nvidia-smi")]
)
def test_no_graphics_card(monkeypatch, error):
    def fails(*arguments, **keywords):
        raise error

    monkeypatch.setattr(_hardware.subprocess, "run", fails)
    assert hardware()["gpus"] == []


def test_versions_name_the_package():
    assert {"skmirai", "keras", "tensorflow", "python"} <= set(versions())
