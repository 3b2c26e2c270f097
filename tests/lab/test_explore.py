"""A search on the validation rows: what it writes, and that it goes on."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from sklearn.metrics import accuracy_score

import skmirai
from skmirai.lab import explore_lab, shuffled_split
from skmirai.lab._best import CONFIGURED, read_best
from skmirai.lab._protocol import BEST, SETTINGS
from tests.lab.runs import write_uci_files

pytest.importorskip("optuna")

QUICK = {"epochs": 3, "minutes": 30, "quiet": True}


def ranking(best):
    with open(best.with_name("ranking.csv")) as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    X, y = write_uci_files(folder / "uci", n_rows=400)
    np.save(folder / "Mirai_data.npy", X)
    np.save(folder / "Mirai_labels.npy", y)
    return folder


@pytest.fixture(scope="module")
def explored(data, tmp_path_factory):
    """Path of the best configuration of three trials."""
    output = tmp_path_factory.mktemp("lab")
    return explore_lab(data, output=output, n_trials=3, **QUICK)


def test_ranking_is_by_validation_accuracy(explored):
    rows = ranking(explored)
    assert sorted(int(row["trial"]) for row in rows) == [0, 1, 2]
    ended = [row["ended_early"] == "True" for row in rows]
    assert ended == sorted(ended)
    finished = [float(row["validation_accuracy"]) for row in rows[: ended.count(False)]]
    assert finished == sorted(finished, reverse=True)
    page = explored.with_name("ranking.md").read_text()
    assert page.count("\n| ") == 1 + 3
    assert "The 60 validation rows alone leave a standard error of" in page


def test_published_configuration_is_the_first_trial(explored):
    (first,) = [row for row in ranking(explored) if row["trial"] == "0"]
    assert first["ended_early"] == "False"
    published = {**SETTINGS, **BEST}
    for name in set(CONFIGURED) - {"epochs"}:
        assert first[name] == str(published[name])


def test_best_is_the_first_of_the_ranking(explored):
    settings, first = read_best(explored), ranking(explored)[0]
    assert {name: str(settings[name]) for name in CONFIGURED} == {
        name: first[name] for name in CONFIGURED
    }
    found = json.loads(explored.read_text())
    assert found["validation_accuracy"] == float(first["validation_accuracy"])
    assert (found["n_trials"], found["n_validation_rows"]) == (3, 60)


def test_its_accuracy_is_that_on_the_validation_rows(explored, data):
    X = np.load(data / "Mirai_data.npy")
    y = np.load(data / "Mirai_labels.npy")
    rows = shuffled_split(len(y))
    settings = SETTINGS | read_best(explored) | {"random_state": 0}
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)  # over all rows, as in the lab
    clf = skmirai.MiraiDNNClassifier(**settings, scaler=None)
    clf.fit(scaled[rows.train], y[rows.train])
    accuracy = accuracy_score(y[rows.validation], clf.predict(scaled[rows.validation]))
    found = json.loads(explored.read_text())["validation_accuracy"]
    assert accuracy == pytest.approx(found, abs=1.5 / 60)


def test_search_goes_on(explored, data, tmp_path):
    """A folder of the lab may be called again, with more trials."""
    output = tmp_path / "lab"
    first = explore_lab(data, output=output, n_trials=1, **QUICK)
    before = ranking(first)
    best = explore_lab(data, output=output, n_trials=2, **QUICK)
    rows = {row["trial"]: row for row in ranking(best)}
    assert set(rows) == {"0", "1"}
    # the rank is among those that are there
    kept = {k: v for k, v in before[0].items() if k != "rank"}
    assert {k: v for k, v in rows["0"].items() if k != "rank"} == kept


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"epochs": 4}, "results with epochs=3, but epochs=4 is asked for"),
        ({"scaling": "training_rows"}, "but scaling='training_rows' is asked for"),
        ({"random_state": 1}, "but random_state=1 is asked for"),
    ],
)
def test_other_settings_need_another_folder(explored, data, changed, message):
    output = explored.parents[1]
    with pytest.raises(ValueError, match=message):
        explore_lab(data, output=output, n_trials=3, **QUICK | changed)


def test_other_rows_need_another_folder(explored, tmp_path):
    X, y = write_uci_files(tmp_path / "uci", n_rows=390)
    np.save(tmp_path / "Mirai_data.npy", X)
    np.save(tmp_path / "Mirai_labels.npy", y)
    with pytest.raises(ValueError, match=r"another data: .* choose another output"):
        explore_lab(tmp_path, output=explored.parents[1], n_trials=3, **QUICK)


def test_gaps_are_named_before_the_first_trial(data, tmp_path):
    X = np.load(data / "Mirai_data.npy")
    X[7, 50] = np.nan
    np.save(tmp_path / "Mirai_data.npy", X)
    np.save(tmp_path / "Mirai_labels.npy", np.load(data / "Mirai_labels.npy"))
    with pytest.raises(ValueError, match=r"row 7, column 50 .* is nan; the lab needs"):
        explore_lab(tmp_path, output=tmp_path / "lab", n_trials=1, **QUICK)


def test_rows_are_for_a_generated_table(data):
    with pytest.raises(ValueError, match="n_rows=100 is for a generated table"):
        explore_lab(data, n_rows=100)


def trials_on_disk(output):
    """Accuracies of the trials of a search that are over, by their numbers."""
    path = output / "explore" / "trials.log"
    storage = JournalStorage(JournalFileBackend(str(path)))
    (study,) = optuna.get_all_study_summaries(storage)
    found = optuna.load_study(study_name=study.study_name, storage=storage)
    return {t.number: t.state.name for t in found.trials if t.state.is_finished()}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_killed_search_goes_on(data, tmp_path):
    output = tmp_path / "lab"
    command = [
        sys.executable, "-m", "skmirai", "lab", "explore", "--data", str(data),
        "-o", str(output), "--epochs", "3", "-q",
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    log, deadline = output / "explore" / "trials.log", time.monotonic() + 240
    while not log.exists() or len(trials_on_disk(output)) < 2:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = trials_on_disk(output)
    assert not (output / "explore" / "best.json").exists()
    best = explore_lab(data, output=output, n_trials=len(kept) + 1, **QUICK)
    rows = {int(row["trial"]): row for row in ranking(best)}
    assert kept.keys() <= rows.keys()
    for number, state in kept.items():
        assert rows[number]["ended_early"] == str(state == "PRUNED")
