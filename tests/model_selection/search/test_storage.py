"""A study is kept and shared, whatever keeps it."""

import sqlite3
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from urllib.parse import quote

import pytest

from skmirai.model_selection._search.storage import opened_study
from tests.model_selection.search.workers import drawn, working
from tests.postgres import PASSWORD

optuna = pytest.importorskip("optuna")


def opened(storage=None, study_name=None, *, sampler=None, pruner=None, study=None):
    return opened_study(
        storage, study_name, sampler=sampler, pruner=pruner, study=study
    )


def test_study_goes_on_where_it_stands(storage, study_name):
    first = opened(storage, study_name)
    first.optimize(drawn, 2)
    again = opened(storage, study_name)
    assert again.get_trials() == first.get_trials()
    again.optimize(drawn, 1)
    assert [trial.number for trial in first.get_trials()] == [0, 1, 2]


def test_without_a_name_each_study_is_new(storage):
    studies = [opened(storage) for _ in range(2)]
    studies[0].optimize(drawn, 1)
    assert studies[0].study_name != studies[1].study_name
    assert studies[1].get_trials() == []


@pytest.mark.slow
def test_two_processes_take_each_trial_once(address, study_name):
    study = opened(address, study_name)
    for x in range(40):
        study.enqueue_trial({"x": x})
    with ExitStack() as stack:
        workers = [
            stack.enter_context(working("run", address, study_name, 20))
            for _ in range(2)
        ]
        for worker in workers:
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            worker.stdin.write("\n")
            worker.stdin.flush()
        drawn_by = [worker.communicate(timeout=120)[0].split() for worker in workers]
    assert sorted(map(float, drawn_by[0] + drawn_by[1])) == list(range(40))
    assert sorted(trial.value for trial in study.get_trials()) == list(range(40))


def test_storage_is_created_by_several_at_once(new_address):
    at_once = Barrier(4)

    def create(_):
        at_once.wait(10)
        return opened(new_address, "search").study_name

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(create, range(4))) == ["search"] * 4


def test_storage_of_optuna_is_used_as_it_is():
    storage = optuna.storages.InMemoryStorage()
    study = opened(storage, "search")
    assert opened(storage, "search").study_name == study.study_name
    assert optuna.get_all_study_names(storage) == ["search"]


def test_open_study_is_used_as_it_is():
    sampler, pruner = optuna.samplers.RandomSampler(), optuna.pruners.NopPruner()
    study = optuna.create_study(direction="maximize", sampler=sampler)
    assert opened(study=study) is study
    assert study.sampler is sampler
    assert opened(study=study, pruner=pruner).pruner is pruner


@pytest.mark.parametrize(
    ("directions", "words"),
    [(["minimize"], "minimize"), (["maximize"] * 2, "maximize, ")],
)
def test_study_must_maximise_one_score(directions, words):
    storage = optuna.storages.InMemoryStorage()
    study = optuna.create_study(
        storage=storage, study_name="loss", directions=directions
    )
    for given in ({"study": study}, {"storage": storage, "study_name": "loss"}):
        with pytest.raises(
            ValueError, match=rf"'loss' has .*{words}.*another study_name"
        ):
            opened(**given)


def test_study_comes_without_a_storage(tmp_path):
    study = optuna.create_study(direction="maximize")
    with pytest.raises(ValueError, match="leave out storage and study_name, or study"):
        opened(tmp_path / "search.journal", study=study)


def test_journal_goes_on_after_a_line_that_a_full_disk_cut(tmp_path):
    path = tmp_path / "search.journal"
    opened(path, "search").optimize(drawn, 1)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code":4,"worker_id":"5')
    opened(path, "search").optimize(drawn, 1)
    assert path.read_bytes().startswith(whole)
    assert len(opened(path, "search").get_trials()) == 2


def test_path_that_is_no_journal(tmp_path):
    (tmp_path / "notes").write_text("Remember the milk.\n", encoding="utf-8")
    with pytest.raises(
        ValueError, match="notes' is no journal of Optuna: name another"
    ):
        opened(tmp_path / "notes")
    with sqlite3.connect(tmp_path / "search.db") as connection:
        connection.execute("CREATE TABLE packets (length)")
    connection.close()
    with pytest.raises(ValueError, match=rf"storage='sqlite:///{tmp_path}/search.db'"):
        opened(tmp_path / "search.db")
    with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
        opened(str(tmp_path))
    with pytest.raises(FileNotFoundError, match="its folder is missing; create it"):
        opened(tmp_path / "missing" / "search.journal")
    with pytest.raises(
        TypeError, match="storage=3 must be None, the path of a journal"
    ):
        opened(3)


@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        (
            "postgresql://me:s3cret@localhost:1/db",
            ConnectionError,
            "start the database",
        ),
        ("postgresql://localhost:s3cret/db", ValueError, "%2F for /"),
        (
            "postgresql://localhost:1/db?password=s3cret",
            ConnectionError,
            ":1/db' cannot",
        ),
        ("redis://:s3cret@localhost", ValueError, "storage='redis://...' is no URL"),
        ("mysql://me:s3cret@localhost/db", ImportError, "the driver 'mysqldb'"),
        ("sqlite:////missing/search.db", ConnectionError, "in an existing folder"),
        ("sqlite:///:memory:", ValueError, "storage=None keeps a study in memory"),
    ],
)
def test_database_that_cannot_be_opened(address, error, words):
    with pytest.raises(error, match=words) as raised:
        opened(address)
    assert "s3cret" not in "".join(traceback.format_exception(raised.value))


def test_wrong_password(postgres):
    wrong = postgres.replace(quote(PASSWORD, safe=""), "s3cret")
    with pytest.raises(
        ConnectionError, match="password authentication failed"
    ) as raised:
        opened(wrong)
    assert "s3cret" not in "".join(traceback.format_exception(raised.value))


def test_driver_of_postgresql_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        ImportError, match=r"'psycopg': pip install 'skmirai\[postgres\]'"
    ):
        opened("postgresql://localhost/db")
