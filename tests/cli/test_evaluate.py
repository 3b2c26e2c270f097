"""``skmirai evaluate`` beside predict and scikit-learn."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import balanced_accuracy_score, r2_score, roc_auc_score

import skmirai
from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.uncertainty import AbstainingClassifier
from tests.cli.common import SMALL, table


@pytest.fixture
def labelled(labels, tmp_path):
    """A table of labels of the capture."""
    path = tmp_path / "labels.csv"
    kinds = np.where(np.arange(600) % 3, "dns", "scan")
    pd.DataFrame({"label": labels, "kind": kinds}).to_csv(path, index=False)
    return path


@pytest.fixture
def evaluation(call):
    """Call the command; return its JSON."""

    def run(*arguments):
        status, out, err = call("evaluate", *arguments, "--json", "-q")
        assert (status, err) == (0, "")
        return json.loads(out)

    return run


def values(found):
    return {name: of["value"] for name, of in found["figures"].items()}


def test_figures_are_about_what_predict_says(
    evaluation, call, model, capture, labels, labelled
):
    found = evaluation(model, capture, "--labels", labelled)
    verdicts = table(call("predict", model, capture, "-q")[1])
    told = (verdicts["verdict"] != "not enough history").to_numpy()
    assert found["n_rows"] == told.sum() < 600
    assert sum(found["left_out"].values()) == 600 - told.sum()
    y, said = labels[told], verdicts["verdict"][told].astype(int)
    figures = values(found)
    assert figures["balanced_accuracy"] == pytest.approx(
        balanced_accuracy_score(y, said)
    )
    area = roc_auc_score(y, verdicts["probability"][told])
    assert figures["roc_auc"] == pytest.approx(area)
    assert sum(sum(row.values()) for row in found["confusion"].values()) == told.sum()
    assert {row["kind"].split(" ")[0] for row in found["by_kind"]} == {"dns", "scan"}
    assert {row["by"] for row in found["risks"]} >= {"predictive_entropy"}


def test_all_packets(
    evaluation, classifier, model, capture, features, labels, labelled
):
    found = evaluation(model, capture, "--labels", labelled, "--min-history", 0)
    assert (found["n_rows"], found["left_out"]) == (600, {})
    score = balanced_accuracy_score(labels, classifier.predict(features))
    assert values(found)["balanced_accuracy"] == pytest.approx(score)


@pytest.mark.parametrize("ending", ["csv", "parquet", "npy"])
def test_a_table_with_its_labels(ending, evaluation, tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(200, 2)), columns=["a", "b"])
    label = np.where(X["a"] > 0, 2, 1)
    path, model = tmp_path / f"t.{ending}", tmp_path / "m.skmirai"
    if ending == "npy":
        clf = MiraiDNNClassifier(**SMALL).fit(X.to_numpy(), label)
        np.save(path, np.column_stack([X, label]))
        target = 2
    else:
        clf = MiraiDNNClassifier(**SMALL).fit(X, label)
        frame = X.assign(label=label, attack=np.where(label > 1, "worm", "none"))
        writers = {"csv": frame.to_csv, "parquet": frame.to_parquet}
        writers[ending](path, index=False)
        target = "label"
    clf.save(model)
    more = [] if ending == "npy" else ["--kind", "attack"]
    found = evaluation(model, path, "--target", target, *more)
    score = balanced_accuracy_score(label, clf.predict(X if more else X.to_numpy()))
    assert values(found)["balanced_accuracy"] == pytest.approx(score)
    assert [*found["confusion"]] == ["1", "2"]
    assert ("by_kind" in found) == bool(more)


def test_an_abstaining_model_of_three_classes(evaluation, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = np.array(["benign", "mirai", "worm"])[X.argmax(axis=1)]
    clf = MiraiDNNClassifier(**SMALL).fit(X, y)
    careful = AbstainingClassifier(FrozenEstimator(clf), coverage=0.8).fit(X, y)
    path, model, labels = (tmp_path / name for name in ("X.npy", "m.skmirai", "y.csv"))
    np.save(path, X)
    pd.DataFrame({"truth": y}).to_csv(labels, index=False)
    skmirai.save(careful, model)
    found = evaluation(model, path, "--labels", labels, "--target", "truth")
    answers = careful.predict(X)
    figures = values(found)
    assert figures["answered"] == pytest.approx((answers != "abstain").mean())
    assert figures["accuracy"] == pytest.approx((answers == y).mean())
    assert figures["false_alarm_rate"] == pytest.approx(
        (~np.isin(answers, ["benign", "abstain"]))[y == "benign"].mean()
    )
    assert "abstain" in found["confusion"]["benign"]


def test_a_regressor(evaluation, call, tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(200, 2)), columns=["a", "b"])
    path, model = tmp_path / "t.csv", tmp_path / "m.skmirai"
    regressor = MiraiDNNRegressor(**SMALL).fit(X, X["a"])
    regressor.save(model)
    X.assign(y=X["a"]).to_csv(path, index=False)
    found = evaluation(model, path, "--target", "y")
    expected = r2_score(X["a"], regressor.predict(X))
    assert values(found)["r2"] == pytest.approx(expected, rel=1e-6)
    assert {"mean_absolute_error", "within_two_std"} <= {*found["figures"]}
    text = call("evaluate", model, path, "--target", "y", "-q")[1]
    assert "r2" in text
    assert "by label" not in text
    X.assign(y=X["a"].where(X.index != 3, np.inf)).to_csv(path, index=False)
    status, _, err = call("evaluate", model, path, "--target", "y", "-q")
    assert status == 1
    assert "column 'y' holds inf in row 3 (from 0): leave out rows" in err


def test_report_as_text_json_and_page(call, model, capture, labelled, tmp_path):
    given = ["evaluate", model, capture, "--labels", labelled, "-q"]
    status, out, _ = call(*given)
    assert status == 0
    for title in ("Figures", "Right verdicts by kind", "left out, sources with little"):
        assert title in out
    page, told = tmp_path / "report.html", tmp_path / "report.json"
    assert call(*given, "-o", page) == (0, "", "")
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert text.count("<svg") == 3
    assert "http-equiv" not in text
    assert 'src="http' not in text
    assert call(*given, "-o", told) == (0, "", "")
    assert json.loads(told.read_text()) == json.loads(call(*given, "--json")[1])


@pytest.mark.parametrize(
    ("limits", "status", "said"),
    [
        (["--at-least", "accuracy=0", "--at-most", "false_alarm_rate=1"], 0, ""),
        (["--at-least", "roc_auc=1.01"], 3, "roc_auc is "),
        (["--at-most", "false_alarm_rate=-1"], 3, "more than -1"),
        (["--at-least", "f1=0.5"], 1, "'f1' is no figure of an evaluation: expected "),
        (
            ["--at-least", "r2=0.5"],
            1,
            "'r2' is no figure of a model that predicts classes",
        ),
        (["--at-most", "log_loss=nan"], 1, "must be FIGURE=VALUE"),
        (["--at-least", "accuracy"], 1, "must be FIGURE=VALUE"),
    ],
)
def test_limits(limits, status, said, call, model, capture, labelled):
    found, _, err = call(
        "evaluate", model, capture, "--labels", labelled, "-q", *limits
    )
    assert found == status
    assert said in err


@pytest.mark.parametrize(
    ("columns", "n_rows", "message"),
    [
        ({}, 599, "holds 599 rows, but "),
        ({"number": np.arange(600) * 2}, 600, "does not count on from 0"),
        ({"time": np.zeros(600)}, 600, "give the labels of this capture"),
        ({"label": ["worm"] * 600}, 600, "holds none of the classes 0, 1 of the model"),
        ({"label": [None] + [1] * 599}, 600, "holds no value in 1 rows, row 0"),
    ],
)
def test_labels_that_do_not_fit(
    columns, n_rows, message, call, model, capture, labels, tmp_path
):
    path, older = tmp_path / "labels.csv", tmp_path / "older.txt"
    older.write_text("older")
    frame = pd.DataFrame({"label": labels, "kind": "dns"} | columns)
    frame[:n_rows].to_csv(path, index=False)
    given = ["evaluate", model, capture, "--labels", path, "-q", "-o", older, "-f"]
    status, out, err = call(*given)
    assert (status, out) == (1, "")
    assert message in err
    assert older.read_text() == "older"


def test_errors(call, model, capture, features, labelled, tmp_path):
    def failed(*arguments):
        status, _, err = call("evaluate", model, *arguments, "-q")
        assert status == 1
        return err

    assert "a capture, which has no labels: give a table" in failed(capture)
    two = ["--labels", labelled, "--labels", labelled]
    assert "--labels names 2 files for 1 inputs" in failed(capture, *two)
    assert "has no column 'truth'" in failed(
        capture, "--labels", labelled, "--target", "truth"
    )
    path = tmp_path / "X.npy"
    np.save(path, features)
    assert "name their column with --target" in failed(path)
    assert "--benign 'none' is no class of the model" in failed(
        capture, "--labels", labelled, "--benign", "none"
    )
    assert "--min-history 0 takes all" in failed(
        capture, "--labels", labelled, "--min-history", 1e6
    )
    assert "is an input of the command" in failed(
        capture, "--labels", labelled, "-o", labelled
    )


def test_limits_are_read_before_the_model(call, tmp_path):
    given = ["evaluate", tmp_path / "m.skmirai", tmp_path / "t.csv", "--target", "y"]
    status, _, err = call(*given, "--at-most", "false_alarms=0.01")
    assert status == 1
    assert "'false_alarms' is no figure of an evaluation" in err


def test_rows_without_a_kind_have_a_name(evaluation, model, capture, labels, tmp_path):
    path = tmp_path / "labels.csv"
    kind = np.where(np.arange(600) % 3, "dns", None)
    pd.DataFrame({"label": labels, "kind": kind}).to_csv(path, index=False)
    found = evaluation(model, capture, "--labels", path, "--min-history", 0)
    counts = {row["kind"]: row["n_rows"] for row in found["by_kind"]}
    of_kind = pd.crosstab(pd.Series(kind).fillna("no kind"), labels).stack()
    assert counts == {f"{k} ({label})": n for (k, label), n in of_kind.items()}


def test_times_of_labels_may_be_rounded(call, model, capture, labels, tmp_path):
    path = tmp_path / "labels.csv"
    times = read_times(call, model, capture)
    pd.DataFrame({"label": labels, "time": np.round(times, 3)}).to_csv(
        path, index=False
    )
    assert call("evaluate", model, capture, "--labels", path, "-q")[0] == 0


def read_times(call, model, capture):
    return table(call("predict", model, capture, "-q")[1])["time"].to_numpy()
