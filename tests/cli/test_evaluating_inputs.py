"""Evaluations of several inputs, and of many classes, as people read them."""

import json

import numpy as np
import pandas as pd
import pytest

from skmirai.cli._evaluating.figures import class_figures, number_figures
from skmirai.cli._evaluating.inputs import NumberPart, Part
from skmirai.cli._evaluating.page import page_of
from skmirai.cli._evaluating.report import evaluation_of, evaluation_of_numbers
from skmirai.cli._evaluating.shortened import MOST, OTHERS, shortened
from skmirai.cli._evaluating.tables import attack_score, confusion, recalls
from skmirai.cli._evaluating.verdicts import LabelledVerdicts, joined
from tests.cli.evaluating import drawn


def of_inputs(*verdicts, left_out=({}, {}, {})):
    parts = [
        Part(f"{name}.pcap", *rest)
        for name, *rest in zip("abc", verdicts, left_out, strict=False)
    ]
    return evaluation_of(parts, model="m")


def with_groups(verdicts, groups):
    return LabelledVerdicts(**vars(verdicts) | {"groups": np.asarray(groups)})


def test_each_input_is_measured_as_if_alone():
    each = drawn(300, seed=1), drawn(500, seed=2), drawn(400, seed=3)
    found = of_inputs(*each, left_out=({}, {"benign": 3}, {"benign": 1, "mirai": 2}))
    assert found.left_out == {"benign": 4, "mirai": 2}
    assert found.n_rows == 1200
    table = found.tables["by_input"]
    assert [*table.index] == ["a.pcap", "b.pcap", "c.pcap"]
    assert [one.left_out for one in found.inputs][1:] == [
        {"benign": 3},
        {"benign": 1, "mirai": 2},
    ]
    for one, verdicts in zip(found.inputs, each, strict=True):
        alone = evaluation_of([Part(one.data, verdicts, {})], model="m")
        pd.testing.assert_frame_equal(one.figures, alone.tables["figures"])
        row = table.loc[one.data]
        assert row["n_rows"] == len(verdicts.truth)
        figures = one.figures["value"]
        assert row["roc_auc"] == figures["roc_auc"]
        assert row["accuracy"] == figures["accuracy"]
        assert tuple(row[["low", "high"]]) == tuple(
            one.figures.loc["accuracy", ["low", "high"]]
        )
        assert alone.drawn == "blocks"
        assert "by_input" not in alone.tables


def test_figures_of_all_are_those_of_all_rows():
    each = drawn(300, seed=1), drawn(500, seed=2)
    found = of_inputs(*each)
    rows = joined(each)
    values = class_figures(rows)["value"]
    pd.testing.assert_series_equal(found.tables["figures"]["value"], values)
    pd.testing.assert_frame_equal(found.tables["confusion"], confusion(rows))
    by_input = found.tables["by_input"]
    mean = np.average(by_input["accuracy"], weights=by_input["n_rows"])
    assert mean == pytest.approx(values["accuracy"])


def test_intervals_are_by_inputs_unless_rows_have_groups():
    each = drawn(300, seed=1), drawn(500, seed=2), drawn(400, seed=3)
    found = of_inputs(*each)
    numbers = np.repeat([0, 1, 2], [300, 500, 400])
    expected = class_figures(with_groups(joined(each), numbers))
    pd.testing.assert_frame_equal(found.tables["figures"], expected)
    assert found.drawn == found.to_dict()["intervals_by"] == "inputs"
    assert "by whole inputs" in str(found)
    # the same devices in all inputs
    groups = [np.arange(len(one.truth)) % 10 for one in each]
    own = [with_groups(one, group) for one, group in zip(each, groups, strict=True)]
    found = of_inputs(*own)
    expected = class_figures(with_groups(joined(each), np.concatenate(groups)))
    pd.testing.assert_frame_equal(found.tables["figures"], expected)
    assert found.drawn == "groups"
    pd.testing.assert_frame_equal(found.inputs[1].figures, class_figures(own[1]))


def test_a_failure_on_one_input_is_seen():
    good = drawn(2000, seed=1)
    bad = drawn(200, seed=2)
    bad = LabelledVerdicts(**vars(bad) | {"said": np.full(200, "mirai")})
    table = of_inputs(good, bad).tables
    assert table["figures"].loc["false_alarm_rate", "value"] < 0.35
    assert table["by_input"].loc["b.pcap", "false_alarm_rate"] == 1
    # two inputs tell next to nothing about a third
    low, high = table["figures"].loc["accuracy", ["low", "high"]]
    assert high - low > 0.8


def test_budgets_of_inputs_are_by_the_threshold_of_all():
    each = drawn(1500, seed=1), drawn(2500, seed=2)
    found = of_inputs(*each)
    table = found.tables["budgets"]
    for one, verdicts in zip(found.inputs, each, strict=True):
        assert one.budgets["threshold"].equals(table["threshold"])
        score, is_benign = attack_score(verdicts), verdicts.truth == "benign"
        alarm = score >= table.loc[0.001, "threshold"]
        row = found.tables["by_input"].loc[one.data]
        assert row["false_alarms_at_0.001"] == alarm[is_benign].mean()
        assert row["found_at_0.001"] == alarm[~is_benign].mean()
    weights = [(one.truth == "benign").sum() for one in each]
    alarms = found.tables["by_input"]["false_alarms_at_0.001"]
    mean = np.average(alarms, weights=weights)
    assert mean == pytest.approx(table.loc[0.001, "false_alarm_rate"])
    few = of_inputs(drawn(150, seed=1), drawn(150, seed=2)).tables["by_input"]
    assert few.columns[-1] == "found_at_0.01"  # the next one that rows can show


def test_inputs_of_one_class_and_of_no_rows():
    found = drawn(400)
    is_benign = found.truth == "benign"
    benign, attack = (
        found.part(np.flatnonzero(own)) for own in (is_benign, ~is_benign)
    )
    none = found.part(np.array([], dtype=int))
    whole = of_inputs(benign, attack, none, left_out=({}, {}, {"mirai": 5}))
    table = whole.tables["by_input"]
    assert table["n_rows"].tolist() == [is_benign.sum(), (~is_benign).sum(), 0]
    assert table["balanced_accuracy"].isna().all()
    assert table["detection_rate"].isna().tolist() == [True, False, True]
    assert whole.tables["figures"].loc["roc_auc", ["low", "high"]].isna().all()
    told = json.loads(json.dumps(whole.to_dict(), allow_nan=False))
    assert told["by_input"][2]["figures"] == {}
    assert told["by_input"][2]["left_out"] == {"mirai": 5}
    assert "-" in str(whole).split("Rows by label")[0].splitlines()[-2]


def test_kinds_of_one_input_alone():
    kinds = np.array(["dns", "scan"], dtype=object)[np.arange(400) % 2]
    rows = joined([drawn(kinds=kinds), drawn(100)])
    assert rows.kinds.tolist() == [*kinds, *["no kind"] * 100]
    assert joined([drawn(), drawn(100)]).kinds is None


def test_numbers_of_several_inputs():
    rng = np.random.default_rng(0)
    parts = []
    for name, n_rows in (("a", 200), ("b", 300)):
        y = rng.normal(size=n_rows)
        noisy = y + rng.normal(size=n_rows) * (1 if name == "b" else 0.1)
        parts.append(NumberPart(name, y, noisy, np.ones(n_rows), None))
    found = evaluation_of_numbers(parts, model="m")
    y, predicted, std = (np.concatenate([p[k] for p in parts]) for k in (1, 2, 3))
    expected = number_figures(y, predicted, std, np.repeat([0, 1], [200, 300]))
    pd.testing.assert_frame_equal(found.tables["figures"], expected)
    errors = found.tables["by_input"]["mean_absolute_error"]
    assert errors["b"] > 5 * errors["a"]
    assert found.data == ("a", "b")
    assert "m on 500 rows of 2 inputs" in str(found)


def many(n_classes, n_rows=6000):
    """Verdicts on rows of many classes, some of them rare, some always missed."""
    rng = np.random.default_rng(0)
    names = np.array([f"c{k:04}" for k in range(n_classes)])
    weight = np.geomspace(1, 50, n_classes)
    codes = rng.choice(n_classes, n_rows, p=weight / weight.sum())
    said = np.where(
        rng.random(n_rows) < 0.8, codes, rng.integers(n_classes, size=n_rows)
    )
    said = np.where(codes % 7 == 3, 0, said)
    row = {"proba": None, "doubts": {}, "benign": None}
    return drawn(n_rows, names, truth=names[codes], said=names[said], **row)


def test_tables_of_many_classes_keep_the_largest_and_the_worst():
    verdicts = many(300)
    whole = recalls(verdicts, verdicts.truth)
    short, note = shortened("by_class", whole)
    assert len(short) == MOST
    assert short.index.is_monotonic_increasing
    assert note.startswith(f"{MOST} of {len(whole)} classes: the 20 with the most rows")
    others = whole.drop(short.index)
    largest = whole["n_rows"].nlargest(MOST // 2).index
    assert {*largest} <= {*short.index}
    assert short["recall"].drop(largest).max() <= others["recall"].min()
    pd.testing.assert_frame_equal(short, whole.loc[short.index])


def test_a_confusion_of_many_classes_loses_no_row():
    verdicts = many(300)
    said = verdicts.said.astype("<U9")
    said[::10] = "abstain"
    whole = confusion(LabelledVerdicts(**vars(verdicts) | {"said": said}))
    short, note = shortened("confusion", whole)
    assert f"{MOST} of 300 classes" in note
    assert [*short.columns] == [*short.index, "abstain", OTHERS]
    pd.testing.assert_series_equal(
        short.sum(axis=1), whole.loc[short.index].sum(axis=1), check_names=False
    )
    pd.testing.assert_frame_equal(
        short.loc[:, [*short.index, "abstain"]],
        whole.loc[short.index, [*short.index, "abstain"]],
    )


def test_short_tables_are_whole():
    verdicts = many(MOST)
    for name, table in (
        ("confusion", confusion(verdicts)),
        ("by_class", recalls(verdicts, verdicts.truth)),
    ):
        assert shortened(name, table) == (table, "")


def test_a_page_does_not_grow_with_the_square_of_the_classes():
    short, long = (
        page_of(evaluation_of([Part("d", many(n), {})], model="m")) for n in (60, 600)
    )
    assert "40 of 600 classes" in long
    assert "--json has all" in long
    assert long.count("<tr") == short.count("<tr")
    assert len(long) < 1.1 * len(short)
    told = evaluation_of([Part("d", many(60), {})], model="m").to_dict()
    assert len(told["confusion"]) == 60
    assert len(told["by_class"]) == 60


def test_names_on_the_page_are_escaped():
    verdicts = drawn(100, kinds=np.full(100, "<i>kind"))
    parts = [Part("<b>1", verdicts, {}), Part("<b>2", drawn(100, seed=1), {})]
    page = page_of(evaluation_of(parts, model="<m>"))
    assert "&lt;b&gt;1" in page
    for tag in ("<b>", "<i>", "<m>"):
        assert tag not in page
    assert "Figures by input" in page


def test_a_class_may_have_the_name_of_a_column():
    found = drawn(100, ("label", "input"), benign="label")
    page = page_of(evaluation_of([Part("d", found, {})], model="m"))
    assert page.count("<th>label</th>") == 2
