"""The words of a report follow from its figures."""

import numpy as np
import pandas as pd
import pytest

from skmirai.model_selection import BaselineReport
from skmirai.utils._page import html_page
from tests.pages import Page

MODELS = ("network", "majority", "one feature", "trees")


def made(*, gap=(0.1, 0.05, 0.15), lead=(0.02, 0.01, 0.03), kinds=None, **settings):
    """A report of figures that are given."""
    index = pd.MultiIndex.from_product(
        [MODELS, ["random", "honest"]], names=["model", "split"]
    )
    score = np.array([0.9, 0.8, 0.5, 0.5, 0.6, 0.6, 0.8, 0.78])
    figures = ("accuracy", "balanced_accuracy", "roc_auc")
    scores = pd.DataFrame(dict.fromkeys(figures, score), index=index)
    scores[["false_alarm_rate", "detection_rate"]] = 0.25
    for name in [*figures, "false_alarm_rate", "detection_rate"]:
        for end, step in (("low", -0.05), ("high", 0.05)):
            scores[f"{name}_{end}"] = scores[name] + step
    gaps = pd.DataFrame([gap] * len(MODELS), index=MODELS)
    gaps.loc["trees":] = 0.02, -0.01, 0.05
    leads = pd.DataFrame([lead] * (len(MODELS) - 1), index=MODELS[1:])
    return BaselineReport(
        **{
            "estimator": "network",
            "scores": scores.assign(n_rows=1000, fit_seconds=1.0, failure=""),
            "gap": gaps.set_axis(["gap", "low", "high"], axis=1),
            "lead": leads.set_axis(["lead", "low", "high"], axis=1),
            "kinds": kinds,
            "benign": 0,
            "splits": {"honest": "blocks", "random": "cards"},
            "left_out": 0.0,
            "features": {"honest": "ttl (5 of 5 folds)"},
            "confidence_level": 0.9,
            **settings,
        }
    )


def words(report):
    return " ".join(str(report).split())


def test_which_split_is_which():
    text = words(made(left_out=0.25))
    head = "network beside baselines, 1,000 rows tested; the benign class is 0 "
    assert text.startswith(f"{head}honest split: ")
    assert "honest split: blocks; 25.0% of the other rows are not trained on." in text
    assert "random split: cards." in text
    assert "not trained on" not in words(made())


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (
            (0.1, 0.05, 0.15),
            "The random split flatters network by 0.100 [0.050, 0.150] and one feature "
            "by 0.100 [0.050, 0.150]: it tests",
        ),
        (
            (0.1, -0.05, 0.25),
            "The random split adds +0.100 [-0.050, 0.250] to network, which the rows "
            "cannot tell from 0. Best",
        ),
        (
            (0.1, np.nan, np.nan),
            "The random split adds +0.100 to network; it tests other rows, so that",
        ),
    ],
)
def test_what_flatters(gap, expected):
    assert expected in words(made(gap=gap))


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        ((0.02, 0.01, 0.03), "network beats it: +0.020 [0.010, 0.030]."),
        ((-0.02, -0.03, -0.01), "network is behind it: -0.020 [-0.030, -0.010]."),
        (
            (0.02, -0.01, 0.05),
            "network differs by +0.020 [-0.010, 0.050], which the rows cannot tell",
        ),
        ((0.02, np.nan, np.nan), "network differs by +0.020."),
    ],
)
def test_the_best_baseline(lead, expected):
    text = words(made(lead=lead))
    assert f"Best baseline on the honest split: trees, 0.780. {expected}" in text


def test_one_feature_that_is_too_good():
    assert words(made()).endswith("The one feature is ttl (5 of 5 folds).")
    scores = made().to_frame()
    scores.loc[("one feature", "honest"), "balanced_accuracy"] = 0.97
    text = words(made(scores=scores))
    assert "ttl (5 of 5 folds). It is nearly enough by itself: look at" in text
    assert "The one feature" not in words(made(features={}))


def test_no_baseline():
    scores = made().to_frame()
    for table in ({}, {"failure": "KeyError"}):
        alone = scores.copy()
        alone.loc[list(MODELS[1:]), "balanced_accuracy"] = np.nan
        alone = alone.assign(**table)
        assert "There is no baseline to compare with." in words(made(scores=alone))


def test_kinds_that_are_missed_most():
    """By rows: a kind of a few rows says little."""
    kinds = pd.DataFrame(
        {"recall": np.linspace(0.3, 1, 8), "n_rows": [1, *[50] * 7], "alarm_rate": 0.0},
        index=pd.Index([f"kind {k}" for k in range(8)], name="kind"),
    )
    tables = {("network", split): kinds for split in ("random", "honest")}
    report = made(kinds=pd.concat(tables, names=["model", "split"]))
    text = str(report)
    assert [k for k in range(8) if f"kind {k}" in text] == [1, 2, 3, 4, 5]
    first = next(line for line in text.splitlines() if line.startswith("kind 1"))
    assert first.split()[2:] == ["50", "30", "0.400", "0.400"]
    assert report.kinds_frame() is not report.kinds
    with pytest.raises(ValueError, match=r"no kinds were given: .*kinds=names"):
        made().kinds_frame()


def test_tables_are_copies():
    report = made()
    table = report.to_frame()
    table["accuracy"] = 0
    assert (report.to_frame()["accuracy"] > 0).all()


def test_what_is_shown():
    report = made()
    lines = [line.split() for line in str(report).splitlines()]
    own = [line[1:] for line in lines if line[:1] == ["network"]][1:]
    score, rate = ["0.800", "[0.750,", "0.850]"], ["0.250", "[0.200,", "0.300]"]
    assert own[0] == ["0.900", *score, "+0.100", "[0.050,", "0.150]"]
    assert own[1] == [*score, *score, *rate, *rate]
    assert "balanced accuracy, 90% intervals" in str(report)
    assert "false alarms" in str(report)
    assert "false alarms" not in str(made(benign=None))
    html = made(splits={"honest": "<b>", "random": "cards"})._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<table" in html
    assert html.count("<li>") == html.count("</li>") == 5
    Page(html_page("T", html)).check()
