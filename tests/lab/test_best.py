"""A configuration of one's own: written, read, checked, and put in its place."""

import json
import re

import pytest

from skmirai.lab import PARTS, SETTINGS, training_settings
from skmirai.lab._best import CONFIGURED, configuration, read_best, write_best
from skmirai.lab._protocol import BEST
from skmirai.lab._schedule import lab_tasks

OWN = {
    "n_layers": 3,
    "n_nodes": 50,
    "activation": "relu",
    "optimizer": "sgd",
    "learning_rate": 0.25,
    "batch_norm": True,
    "dropout_rate": 0.2,
    "epochs": 40,
    "batch_size": 2_000,
}


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "best.json"
    write_best(path, {**OWN, "rank": 1}, {"trial": 7})
    assert read_best(path) == OWN
    assert json.loads(path.read_text())["trial"] == 7


def test_settings_that_are_not_named_are_those_of_the_lab(tmp_path):
    path = tmp_path / "best.json"
    path.write_text('{"settings": {"n_layers": 5, "learning_rate": 1}}')
    found = read_best(path)
    assert found == {n: SETTINGS[n] for n in CONFIGURED} | {
        "n_layers": 5,
        "learning_rate": 1,
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[", "holds no configuration; expected JSON such as"),
        ("[]", "holds no configuration"),
        ('{"n_layers": 3}', "holds no configuration"),
        ('{"settings": 3}', "holds no configuration"),
        ('{"settings": {"layers": 3}}', "layers is not among the settings .* n_layers"),
        ('{"settings": {"n_layers": "3"}}', "n_layers='3' must be of type int"),
        ('{"settings": {"n_layers": true}}', "n_layers=True must be of type int"),
        ('{"settings": {"batch_norm": 1}}', "batch_norm=1 must be of type bool"),
        ('{"settings": {"n_nodes": [5, 5]}}', r"n_nodes=\[5, 5\] must be of type int"),
        ('{"settings": {"n_layers": 0}}', "n_layers=0 must be at least 1"),
        (
            '{"settings": {"optimizer": "none"}}',
            "optimizer='none' must be one of sgd, adam",
        ),
        ('{"settings": {"epochs": 0}}', "'epochs' parameter .* Got 0"),
        ('{"settings": {"dropout_rate": 1.5}}', "'dropout_rate' parameter .* Got 1.5"),
    ],
)
def test_errors_name_the_file_and_what_is_wrong(tmp_path, content, message):
    path = tmp_path / "best.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=f"{re.escape(str(path))}.* ?{message}"):
        read_best(path)


def test_missing_file_tells_where_one_comes_from(tmp_path):
    with pytest.raises(FileNotFoundError, match="is no file; skmirai lab explore"):
        read_best(tmp_path / "best.json")


def test_it_reaches_parts_19_to_21_and_no_others():
    own, published = (
        {task.name: task for task in lab_tasks(n_seeds=1, best=best)}
        for best in (OWN, BEST)
    )
    assert own.keys() == published.keys()
    changed = {name for name in own if own[name] != published[name]}
    assert {own[name].part for name in changed} == {19, 20, 21}
    assert {name for name in own if own[name].part in (19, 20, 21)} == changed
    assert own["run_10"].arguments["settings"] == OWN
    turned = own["run_10_batch_norm"].arguments["settings"]
    assert turned == {**OWN, "batch_norm": False}
    always_on = own["run_11"].arguments["settings"]
    assert always_on == {**OWN, "dropout_rate": [0.2, 0.5, 0.5]}
    assert own["fold_3"].arguments["settings"] == OWN
    assert own["depth_10"].arguments["settings"] == {
        **OWN,
        "n_layers": 10,
        "epochs": 10,
    }


def test_titles_tell_the_configuration():
    tasks = {task.name: task for task in lab_tasks(n_seeds=1, best=OWN)}
    assert configuration(OWN) in tasks["run_10"].arguments["run_title"]
    assert configuration(BEST) == "6 x 20 sigmoid, adam 0.005, batch 5,000, 300 epochs"
    titles = {run.title for part in PARTS for run in part.runs}
    assert tasks["run_10"].arguments["run_title"] not in titles


RUN = {
    "epochs_scale": 1.0,
    "n_seeds": 3,
    "best": None,
    "random_state": 5,
    "scaling": "all_rows",
}


def test_settings_of_all_trainings_are_listed():
    rows = training_settings(RUN)
    n_trained = sum(task.epochs > 0 for task in lab_tasks(n_seeds=3))
    assert sum(row["n_trainings"] for row in rows) == n_trained
    assert [row["part"] for row in rows] == sorted(row["part"] for row in rows)
    by_part = {row["part"]: row for row in rows}
    regression, folds = by_part[22], by_part[21]
    assert (regression["optimizer"], regression["learning_rate"]) == ("adam", 0.005)
    assert regression["class_weight"] is None
    assert (folds["n_trainings"], folds["seeds"]) == (10, [5])
    assert not folds["validated"]
    assert by_part[18]["seeds"] == [1005, 1006, 1007]
    sizes = [row for row in rows if row["part"] == 13]
    assert [(r["batch_size"], r["learning_rate"], r["alone"]) for r in sizes] == [
        (100, 0.1, True),
        (1_000, 0.1, True),
        (10_000, 0.1, True),
        (100, 0.001, False),
        (1_000, 0.01, False),
    ]


def test_settings_follow_scale_and_best():
    rows = training_settings({**RUN, "epochs_scale": 0.1, "best": OWN})
    by_part = {row["part"]: row for row in rows}
    assert by_part[10]["epochs"] == 2
    assert by_part[21]["epochs"] == 4
    assert by_part[20]["dropout_rate"] == [0.2, 0.5, 0.5]
    only = training_settings(RUN, {"run_7", "run_7_seed_1", "part_06"})
    assert [(row["part"], row["seeds"]) for row in only] == [(16, [5, 6])]
