"""Runs of parts 9 to 22: what of them is kept, and how a part alone shows it."""

import json

import numpy as np
import pytest

from skmirai.lab import run_lab
from skmirai.lab._schedule import lab_tasks
from tests.lab.runs import SMALL, results


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (9, "Trainable params: 12,351"),
        (12, "**2 x 20, balanced class weights**, against 2 x 20, no class weights"),
        (14, "**4 x 50**, against 2 x 20, balanced class weights"),
        (15, "**4 x 50, batch normalisation**, against 4 x 50 (test rows"),
        (16, "**2 x 20, ReLU**, against 2 x 20, balanced class weights"),
        (17, "**2 x 20, Adam**, against 2 x 20, balanced class weights"),
        (18, "**2 x 20, dropout 0.5**, against 2 x 20 again, no dropout"),
        (20, "| predictive entropy |"),
        (22, "| ridge regression |"),
    ],
)
def test_a_part_alone(uci_folder, tmp_path, part, shown):
    """Its tables, its baseline and its sentence are there, and no failure is."""
    run_lab(uci_folder, output=tmp_path / "run", only=[part], **SMALL)
    text = (tmp_path / "run" / "report.md").read_text()
    section = text.split(f"## Part {part}: ")[1].split("\n## ")[0]
    assert shown in section
    assert "nan" not in section
    made = {task.name for task in lab_tasks([part], epochs_scale=0.01, n_seeds=1)}
    assert set(results(tmp_path / "run")) == made


@pytest.mark.slow
def test_own_best_is_reported_as_such(uci_folder, tmp_path):
    settings = {"n_layers": 1, "n_nodes": 5, "learning_rate": 0.3, "epochs": 100}
    best = tmp_path / "best.json"
    best.write_text(json.dumps({"settings": settings}))
    run_lab(uci_folder, output=tmp_path / "run", only=[19, 20], best=best, **SMALL)
    text = (tmp_path / "run" / "report.md").read_text()
    plain = "1 x 5 sigmoid, sgd 0.3, batch 10,000, 100 epochs"
    assert f"| 10: own: {plain} |" in text
    assert f"| 10 batch norm: own: {plain}, batch normalisation |" in text
    assert f"**own: {plain}, batch normalisation**, against own: {plain} (" in text
    assert f"| 11: own: {plain}, dropout 0.2 |" in text
    assert "6 x 20" not in text.split("## Part 19")[1].split("## ")[0]
    assert results(tmp_path / "run")["run_10"]["n_parameters"] == 93 * 5 + 6


@pytest.mark.slow
def test_every_training_of_classes_keeps_its_confusion_matrix(whole_run):
    for name, found in results(whole_run).items():
        if "history" not in found or name == "regression":
            continue
        (tn, fp), (fn, tp) = found["confusion"]
        n_rows = tn + fp + fn + tp
        assert n_rows == (210 if name.startswith("fold_") else 450)
        assert (tn + tp) / n_rows == pytest.approx(found["accuracy"], abs=1e-6)
        assert found["recalls"] == [tn / (tn + fp), tp / (fn + tp)]
        assert found["balanced_accuracy"] == pytest.approx(sum(found["recalls"]) / 2)


@pytest.mark.slow
def test_validation_is_kept_in_all_its_meanings(whole_run):
    found = results(whole_run)
    for name in ("run_1", "run_2", "run_11"):
        history, n_epochs = found[name]["history"], found[name]["n_epochs"]
        assert {len(values) for values in history.values()} == {n_epochs}
        last = history["val_loss_unweighted"][-1], history["val_accuracy"][-1]
        expected = found[name]["val_loss"], found[name]["val_accuracy"]
        assert last == pytest.approx(expected, rel=1e-5)
    weighted = {
        name: np.allclose(h["val_loss"], h["val_loss_unweighted"], rtol=1e-6)
        for name in ("run_1", "run_2")
        for h in [found[name]["history"]]
    }
    assert weighted == {"run_1": True, "run_2": False}
    assert "val_loss_dropout_on" in found["run_11"]["history"]
    assert "val_loss_dropout_on" not in found["run_10"]["history"]


@pytest.mark.slow
def test_summaries_are_of_the_optimizer_that_trains(whole_run):
    found = results(whole_run)["part_09"]
    for name, n_parameters in (("2 x 20", "2,301"), ("4 x 50", "12,351")):
        assert f"Trainable params: {n_parameters}" in found[name]["summary"]
        assert "Optimizer params: 2 " in found[name]["summary"]
    text = (whole_run / "report.md").read_text().split("## Part 9")[1]
    assert text.split("## Part 10")[0].count("Model: ") == 2
