"""Class weights, callbacks, large tables, serving and the lab."""

import numpy as np
import pytest


@pytest.mark.slow
def test_class_weights(run_example):
    found, printed = run_example("plot_class_weights.py")
    summary, repaired = found["summary"], found["repaired"]
    assert summary.round(3).to_string() in printed
    for model in ("network", "trees"):
        rows = summary.loc[model]
        # "it finds more attacks, and raises more false alarms"
        assert rows["recall"].is_monotonic_increasing
        assert rows["false alarms"].is_monotonic_increasing
        assert rows["precision"].is_monotonic_decreasing
        # "The curve of what is possible stays about where it was"
        assert np.ptp(rows["ROC AUC"]) < 0.02
        # "they are those of a world in which half of the flows are attacks"
        assert rows.loc["balanced", "mean probability"] > 3 * found["SHARE"]
        assert rows.loc["none", "mean probability"] == pytest.approx(0.03, abs=0.01)
    # "Who divides by it has the probabilities back"
    loss = repaired["log loss"]
    assert loss["balanced"] > 2 * loss["no weight"]
    assert loss["balanced, undone"] < 1.2 * loss["no weight"]
    # "A moved threshold comes to the same"
    moved, weighted = (
        found["thresholds"].loc["balanced accuracy"],
        summary.loc[("network", "balanced")],
    )
    assert moved["recall"] == pytest.approx(weighted["recall"], abs=0.06)
    assert moved["false alarms"] == pytest.approx(weighted["false alarms"], abs=0.06)
    budget = found["thresholds"].loc["recall at 2 % false alarms"]
    assert budget["false alarms"] < 0.03


@pytest.mark.slow
def test_callbacks(run_example):
    pytest.importorskip("tensorboard")
    found, printed = run_example("plot_callbacks.py")
    stopped, whole = found["stopped"], found["whole"]
    assert whole.n_iter_ == 80
    assert stopped.n_iter_ < 40
    assert found["best"] < stopped.n_iter_ <= found["best"] + 8
    # "the network goes back to its best epoch"
    lowest = min(stopped.history_["val_loss"])
    assert stopped.history_["val_loss"][found["best"] - 1] == lowest
    seeds = found["seeds"]["test loss"]["mean"]
    # "the training loss falls for ever, and the validation loss does not"
    assert whole.history_["loss"][-1] < 0.6 * min(whole.history_["loss"][:5])
    assert whole.history_["val_loss"][-1] > min(whole.history_["val_loss"]) + 0.1
    assert seeds[True] < seeds[False] - 0.05
    assert found["seeds"]["epochs"]["mean"][True] < 40
    # each fold, each epoch
    assert found["by_epoch"].shape == (15, 3)
    assert found["rates"][-1] < found["rates"][0]
    assert len(found["sizes"]) == 80
    assert "the callback that was passed is as it was: True" in printed
    # what the log of TensorBoard holds
    history = found["logged"].history_
    for part, name in (("train", "loss"), ("validation", "val_loss")):
        np.testing.assert_allclose(found["found"][part], history[name], rtol=1e-5)


@pytest.mark.slow
def test_large_tables(run_example):
    found, printed = run_example("plot_large_tables.py")
    figures = found["figures"]
    disk, memory = figures.loc["on the disk"], figures.loc["in memory"]
    # "less memory, and learns as much"
    assert disk["peak memory (MiB)"] < memory["peak memory (MiB)"] / 1.5
    assert disk["accuracy"] == pytest.approx(memory["accuracy"], abs=0.02)
    assert disk["accuracy"] > 0.8
    # "what the network saw last it believes"
    pieces = found["pieces"]
    assert pieces.loc["sorted", "recall, benign"] < 0.3
    assert pieces.loc["shuffled", "recall, benign"] > 0.5
    assert "40,000 rows converted" in printed
    assert found["clf"].score(found["X_test"], found["y_test"]) > 0.7


@pytest.mark.slow
def test_serving(run_example):
    pytest.importorskip("fastapi")
    found, printed = run_example("plot_serving.py")
    assert "the same answers: True" in printed
    assert found["statuses"] == {
        "renamed": 422,
        "negative": 422,
        "text": 422,
        "new service": 200,
    }
    answers, wrong, asked_for = found["answers"], found["wrong"], found["asked_for"]
    # what the service says is what the detector says
    direct = found["detector"].predict_uncertainty(found["X"][3_000:], random_state=0)
    np.testing.assert_allclose(
        answers["doubt"], direct.predictive_entropy, rtol=1e-5, atol=1e-7
    )
    assert len(answers) == 1_000
    assert 0 < asked_for.mean() < 0.5
    assert wrong[~asked_for].mean() < wrong.mean() / 1.5
    # "the more flows share one, the less each costs"
    assert len(found["cost"]) == 4


@pytest.mark.slow
def test_lab(run_example):
    found, printed = run_example("plot_lab.py")
    mean = found["summary"].xs("mean", axis=1, level=1)
    accuracy, balance = mean["accuracy"], mean["balanced accuracy"]
    plain, weighted = "2 x 20, no class weights", "2 x 20, balanced class weights"
    # "they find more of the benign rows, which are few, and cost some of the attacks"
    assert accuracy[weighted] < accuracy[plain]
    assert balance[weighted] > balance[plain] + 0.02
    # "ReLU ... and Adam ... are ahead", "Dropout takes a little"
    assert (
        accuracy[["2 x 20, ReLU", "2 x 20, Adam"]] > accuracy[weighted] + 0.03
    ).all()
    lost = accuracy["2 x 20 again, no dropout"] - accuracy["2 x 20, dropout 0.5"]
    assert 0 < lost < 0.05
    # "deep stacks of sigmoid units have hardly begun to learn"
    assert (accuracy[["4 x 20", "4 x 50"]] < found["share"]).all()
    updates, _, reached = zip(*found["times"].values(), strict=True)
    assert updates[0] > 9 * updates[1] > 81 * updates[2]
    assert min(reached[:2]) > reached[2] + 0.03
    # "errors average out"
    assert found["passes"].std() < found["folds"].std()
    assert f"folds: {found['folds'].mean():.4f}" in printed
    assert (
        found["deep"].score(found["X"][found["test"]], found["y"][found["test"]]) > 0.9
    )
