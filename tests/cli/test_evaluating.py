"""Figures of verdicts beside those of scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from skmirai.cli._evaluating.figures import class_figures, number_figures
from skmirai.cli._evaluating.inputs import Part
from skmirai.cli._evaluating.report import evaluation_of
from skmirai.cli._evaluating.tables import (
    attack_score,
    budgets,
    confusion,
    recalls,
    risks,
)
from skmirai.cli._evaluating.verdicts import LabelledVerdicts, texts_of
from skmirai.metrics import aurc_score, fpr_at_tpr
from tests.cli.evaluating import drawn


@pytest.mark.parametrize("classes", [("benign", "mirai"), ("a", "benign", "c", "d")])
def test_figures_are_scikit_learns(classes):
    found = drawn(classes=classes)
    figures = class_figures(found)
    y, said, proba = found.truth, found.said, found.proba
    area = (
        metrics.roc_auc_score(y == classes[1], proba[:, 1])
        if len(classes) == 2
        else metrics.roc_auc_score(y, proba, multi_class="ovr")
    )
    expected = {
        "accuracy": metrics.accuracy_score(y, said),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, said),
        "roc_auc": area,
        "log_loss": metrics.log_loss(y, proba, labels=classes),
        "false_alarm_rate": (said[y == "benign"] != "benign").mean(),
        "detection_rate": (said[y != "benign"] != "benign").mean(),
    }
    assert [*figures.index] == [
        *list(expected)[:4],
        "calibration_error",
        *list(expected)[4:],
    ]
    for name, value in expected.items():
        assert figures.loc[name, "value"] == pytest.approx(value, rel=1e-9), name
    assert (figures["low"] <= figures["value"]).all()
    assert (figures["value"] <= figures["high"]).all()


def test_rows_without_an_answer():
    found = drawn()
    said = found.said.astype("<U9")
    said[:100] = "abstain"
    found = drawn(said=said)
    figures = class_figures(found)["value"]
    assert figures["answered"] == 0.75
    assert figures["risk"] == pytest.approx((said[100:] != found.truth[100:]).mean())
    assert figures["accuracy"] == (said == found.truth).mean()
    is_benign = found.truth == "benign"
    assert figures["false_alarm_rate"] == pytest.approx(
        (said == "mirai")[is_benign].mean()
    )
    table = confusion(found)
    assert [*table.columns] == ["benign", "mirai", "abstain"]
    assert table.to_numpy().sum() == 400
    recall = recalls(found, found.truth)
    assert recall.loc["benign", "withheld"] == (said == "abstain")[is_benign].mean()


def test_labels_that_the_model_does_not_know():
    truth = drawn().truth.copy()
    truth[:50] = "worm"
    found = drawn(truth=truth)
    known = drawn(truth=truth).part(np.arange(50, 400))
    figures, others = class_figures(found)["value"], class_figures(known)["value"]
    for name in ("roc_auc", "log_loss", "calibration_error"):
        assert figures[name] == pytest.approx(others[name])
    assert figures["accuracy"] == pytest.approx(others["accuracy"] * 350 / 400)
    assert figures["balanced_accuracy"] < others["balanced_accuracy"]
    assert recalls(found, found.truth).loc["worm", "recall"] == 0
    assert confusion(found).loc["worm"].sum() == 50


def test_confusion_is_scikit_learns():
    found = drawn(classes=("a", "benign", "c"))
    expected = metrics.confusion_matrix(found.truth, found.said)
    np.testing.assert_array_equal(confusion(found), expected)


def test_recalls_are_of_rows_of_one_name():
    found = drawn()
    kinds = np.where(np.arange(400) < 3, "rare", "usual")
    table = recalls(found, kinds)
    for kind, row in table.iterrows():
        own = kinds == kind
        assert row["n_rows"] == own.sum()
        assert row["recall"] == found.right[own].mean()
    width = table["high"] - table["low"]
    assert width["rare"] > 3 * width["usual"]


def test_budgets_are_points_of_the_roc_curve():
    found = drawn(4000)
    table = budgets(found)
    assert [*table.index] == [0.001, 0.01, 0.05, 0.1]
    score, is_benign = attack_score(found), found.truth == "benign"
    for budget, row in table.iterrows():
        alarm = score >= row["threshold"]
        assert row["false_alarm_rate"] == alarm[is_benign].mean() <= budget
        assert row["detection_rate"] == alarm[~is_benign].mean()
        # one more alarm among benign rows would be above the budget
        assert alarm[is_benign].sum() == int(budget * is_benign.sum())
        again = fpr_at_tpr(~is_benign, score, tpr=row["detection_rate"], pos_label=True)
        assert again <= row["false_alarm_rate"]


def test_risks_are_those_of_the_curve():
    found = drawn()
    table = risks(found)
    wrong = found.truth != found.said
    doubt = found.doubts["predictive_entropy"]
    assert table.loc["predictive_entropy", "area"] == aurc_score(wrong, doubt)
    assert table.loc["predictive_entropy", "100%"] == pytest.approx(wrong.mean())
    kept = np.argsort(doubt)[:200]
    assert table.loc["predictive_entropy", "50%"] == pytest.approx(wrong[kept].mean())


def test_groups_widen_intervals():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(10), 40)
    wrong = rng.random(10)[group] < 0.3  # whole groups are right or wrong
    truth = np.where(rng.random(400) < 0.5, "benign", "mirai")
    said = np.where(wrong, np.where(truth == "mirai", "benign", "mirai"), truth)
    row = {"proba": None, "doubts": {}, "truth": truth, "said": said}
    order = rng.permutation(400)
    width = {}
    for name, groups in (("rows", None), ("groups", group[order])):
        shuffled = drawn(**row).part(order)
        figures = class_figures(LabelledVerdicts(**vars(shuffled) | {"groups": groups}))
        width[name] = figures.loc["accuracy", "high"] - figures.loc["accuracy", "low"]
    assert width["groups"] > 2 * width["rows"]


def grouped(verdicts, groups):
    """The same verdicts, with other groups."""
    return LabelledVerdicts(**vars(verdicts) | {"groups": np.asarray(groups)})


def test_what_one_group_alone_shows_has_no_interval():
    found = drawn(600)
    is_benign = found.truth == "benign"
    # one capture of benign rows, two of attacks
    part = np.where(is_benign, 0, 1 + np.arange(600) % 2)
    figures = class_figures(grouped(found, part))
    without = {"balanced_accuracy", "roc_auc", "false_alarm_rate"}
    assert {*figures.index[figures["low"].isna()]} == without
    assert figures["value"].equals(class_figures(found)["value"])
    # now benign rows are in two of three captures
    figures = class_figures(grouped(found, np.where(np.arange(600) < 300, part, 2)))
    assert not figures.isna().any(axis=None)


def test_groups_that_agree_by_chance_tell_no_interval():
    group = np.repeat([0, 1, 2], 100)
    truth = np.full(300, "mirai")
    said = np.where(np.arange(300) % 10 < 3, "benign", "mirai")
    row = {"truth": truth, "said": said, "proba": None, "doubts": {}}
    rate = class_figures(drawn(300, **row, groups=group)).loc["detection_rate"]
    assert rate["value"] == pytest.approx(0.7)
    assert rate[["low", "high"]].isna().all()
    # with a row more in one of them there is a spread
    said[0] = "mirai"
    rate = class_figures(drawn(300, **row, groups=group)).loc["detection_rate"]
    assert rate["low"] < rate["value"] < rate["high"]
    # all right is another thing: three groups without an error
    row["said"] = truth
    rate = class_figures(drawn(300, **row, groups=group)).loc["detection_rate"]
    assert rate["low"] == pytest.approx(0.025 ** (1 / 3))


def test_labels_known_in_one_group_alone_tell_no_loss():
    truth = drawn().truth.copy()
    truth[200:] = "worm"
    found = grouped(drawn(truth=truth), np.arange(400) // 200)
    figures = class_figures(found)
    assert figures.loc[["log_loss", "roc_auc"], ["low", "high"]].isna().all(axis=None)
    assert figures.loc["accuracy", ["low", "high"]].notna().all()


def test_shares_are_by_the_groups_that_hold_such_rows():
    # ten groups, of which two hold benign rows: their alarms are those of two groups
    found, rows = drawn(1000), np.arange(1000)
    group = rows % 10
    truth = np.where((group < 2) & (rows % 3 == 0), "benign", "mirai")
    said = np.where(np.random.default_rng(1).random(1000) < 0.7, truth, "mirai")
    found = grouped(drawn(1000, truth=truth, said=said), group)
    alone = found.part(np.flatnonzero(truth == "benign"))
    assert len(np.unique(alone.groups)) == 2
    row = class_figures(found).loc["false_alarm_rate"].to_numpy()
    recall = recalls(found, found.truth).loc["benign", ["recall", "low", "high"]]
    value, low, high = recall.to_numpy(dtype=float)
    np.testing.assert_allclose(row, [1 - value, 1 - high, 1 - low], rtol=1e-9)


def test_figures_of_numbers_are_scikit_learns():
    rng = np.random.default_rng(0)
    y = rng.normal(size=300)
    predicted = y + 0.5 * rng.normal(size=300)
    figures = number_figures(y, predicted, np.full(300, 0.5), None)
    expected = {
        "r2": metrics.r2_score(y, predicted),
        "mean_absolute_error": metrics.mean_absolute_error(y, predicted),
        "root_mean_squared_error": metrics.root_mean_squared_error(y, predicted),
        "within_two_std": (np.abs(predicted - y) <= 1).mean(),
    }
    assert figures["value"].to_dict() == pytest.approx(expected)
    assert (figures["low"] < figures["value"]).all()


@pytest.mark.parametrize("n_rows", [1, 2, 3])
def test_few_rows(n_rows):
    found = evaluation_of([Part("d", drawn(n_rows), {})], model="m")
    assert f"m on {n_rows} rows of d" in str(found)
    assert found.to_dict()["n_rows"] == n_rows


def test_kinds_of_two_labels_are_told_apart():
    kinds = np.array(["dns", "scan"])[np.arange(400) % 2]
    truth = np.where(kinds == "scan", "mirai", drawn().truth)
    found = evaluation_of([Part("d", drawn(kinds=kinds, truth=truth), {})], model="m")
    assert [*found.tables["by_kind"].index] == ["dns (benign)", "dns (mirai)", "scan"]


def test_labels_are_spelled_as_classes():
    labels = pd.Series(["1.0", "0", " 2"])
    assert texts_of(labels, np.array([0, 1])).tolist() == ["1", "0", "2"]
    assert texts_of(labels, np.array([0.0, 1.0])).tolist() == ["1.0", "0.0", "2"]
    assert texts_of(labels, np.array(["0", "1"])).tolist() == ["1.0", "0", "2"]
    floats = pd.Series([1.0, -1.0, 0.5])
    assert texts_of(floats, np.array(["-1", "1"])).tolist() == ["1", "-1", "0.5"]
    assert texts_of(floats, np.array(["-1.0", "1.0"])).tolist() == [
        "1.0",
        "-1.0",
        "0.5",
    ]
    assert texts_of(pd.Series([True, False]), np.array([False, True])).tolist() == [
        "True",
        "False",
    ]


def test_bounds_of_answers_where_none_is_withheld():
    """Whether an abstaining model withholds some depends on the rows."""
    found = drawn()
    report = evaluation_of([Part("d", found, {})], model="m")
    assert "answered" not in report.tables["figures"].index
    assert report.value("answered") == 1
    assert report.value("risk") == pytest.approx((found.truth != found.said).mean())
    said = np.where(np.arange(400) < 40, "abstain", found.said)
    report = evaluation_of([Part("d", drawn(said=said), {})], model="m")
    assert report.value("answered") == 0.9
    assert report.value("risk") == (found.truth != said)[40:].mean()
    with pytest.raises(ValueError, match="'r2' is no figure of this evaluation"):
        report.value("r2")
