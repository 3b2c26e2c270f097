"""Results are kept as a whole or not at all."""

import json
import os
import stat

import pytest

from skmirai.lab._work.store import ResultStore


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path / "run", {"subset": "full", "random_state": 0})


def test_results_come_back(store):
    store.save("part_01", 1, 0.5, {"shape": [3, 116]})
    assert store.load("part_01") == {"part": 1, "seconds": 0.5, "shape": [3, 116]}
    assert "part_01" in store
    assert "part_02" not in store
    assert list(store) == ["part_01"]


def test_half_a_result_counts_as_none(store):
    store.save("run_1", 10, 2.0, {"accuracy": 0.9})
    path = store.parts / "run_1.json"
    path.write_text(path.read_text()[:-3])
    assert "run_1" not in store


def test_an_error_while_writing_leaves_the_result_of_before(store, monkeypatch):
    store.save("run_1", 10, 2.0, {"accuracy": 0.9})

    def fails(*arguments, **keywords):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="no space left"):
        store.save("run_1", 10, 2.0, {"accuracy": 0.1})
    assert store.load("run_1")["accuracy"] == 0.9
    assert os.listdir(store.parts) == ["run_1.json"]


@pytest.mark.skipif(os.name != "posix", reason="a promise for POSIX systems")
def test_results_have_the_permissions_of_other_files(store):
    store.save("run_1", 10, 2.0, {"accuracy": 0.9})
    (store.folder / "other").touch()
    paths = (store.parts / "run_1.json", store.folder / "settings.json")
    expected = stat.S_IMODE((store.folder / "other").stat().st_mode)
    assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [expected] * 2


def test_same_settings_open_the_folder_again(store):
    store.save("run_1", 10, 2.0, {"accuracy": 0.9})
    again = ResultStore(store.folder, {"subset": "full", "random_state": 0})
    assert again.load("run_1")["accuracy"] == 0.9


@pytest.mark.parametrize(
    "settings", [{"subset": "half", "random_state": 0}, {"subset": "full"}]
)
def test_other_settings_do_not(store, settings):
    with pytest.raises(
        ValueError, match=r"holds results with .* choose another folder"
    ):
        ResultStore(store.folder, settings)


def test_damaged_settings_say_so(store):
    (store.folder / "settings.json").write_text("{")
    with pytest.raises(ValueError, match=r"settings\.json is damaged; delete"):
        ResultStore(store.folder, json.loads("{}"))
