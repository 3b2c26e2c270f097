"""What the machine has."""

import psutil

from skmirai.utils import hardware, n_usable_cores, versions
from skmirai.utils._cards import GraphicsCards


def test_memory_and_cores_are_those_of_the_system():
    found = hardware()
    assert found["memory"] == psutil.virtual_memory().total
    assert 0 < found["free memory"] <= found["memory"]
    assert found["cores"] == n_usable_cores() == len(psutil.Process().cpu_affinity())
    assert found["processor"]


def test_graphics_cards_are_those_that_are_seen(monkeypatch):
    with GraphicsCards() as cards:
        assert [c["name"] for c in hardware()["gpus"]] == [
            c["name"] for c in cards.read()
        ]
    monkeypatch.setattr(GraphicsCards, "read", lambda self: [{"name": "Tesla T4"}])
    assert hardware()["gpus"] == [{"name": "Tesla T4"}]


def test_versions_name_the_package():
    assert {"skmirai", "keras", "tensorflow", "python"} <= set(versions())
