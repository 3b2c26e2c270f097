"""Boosted trees within the budget of a model, beside thresholds tried one by one."""

import json
from math import comb

import numpy as np
import pandas as pd
import pytest

from skmirai.cli._training.parts import parts_of
from skmirai.cli._training.rows import TrainingRows
from skmirai.model_selection import default_baselines
from skmirai.uncertainty import AbstainingClassifier
from tests.cli.common import QUICK

BUDGET, WITHIN = 0.1, "boosted trees within budget"


def most_alarms(n_rows):
    """Largest number of alarms that tells a rate within the budget, 19 times of 20."""
    chance, n_alarms = 0.0, -1
    while chance <= 0.05:
        n_alarms += 1
        others = n_rows - n_alarms
        chance += comb(n_rows, n_alarms) * BUDGET**n_alarms * (1 - BUDGET) ** others
    return n_alarms - 1


def test_alarms_that_tell_a_rate():
    """Twenty-nine benign rows without an alarm tell 10 %, twenty-eight do not."""
    assert [most_alarms(n_rows) for n_rows in (28, 29, 45, 46)] == [-1, 0, 0, 1]


def limit(label, p_benign, y):
    """The largest probability of a benign row below which alarms keep the budget."""
    is_benign = y == "benign"
    alarm = (label != "benign") & is_benign
    most = most_alarms(is_benign.sum())
    tried = [*np.unique(p_benign), np.inf]
    kept = [t for t in tried if (alarm & (p_benign < t)).sum() <= most]
    return max(kept)


@pytest.mark.parametrize("named", [True, False])
def test_boosted_trees_keep_the_budget_of_the_model(named, call, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(900, 4))
    attack = X[:, 0] + 0.8 * rng.normal(size=900) > 0
    y = np.where(attack, "mirai", "benign")
    path, model = tmp_path / "t.csv", tmp_path / "m.skmirai"
    table = pd.DataFrame({**dict(zip("abcd", X.T, strict=True)), "y": y})
    table.to_csv(path, index=False, header=named)
    names = ["--target", "y", "--drop", "b"] if named else ["--target", 4, "--drop", 1]
    given = ["train", path, *names, *QUICK, "-o", model, "-f"]
    budget = ["--budget", BUDGET, "--json", "-q"]
    status, out, err = call(*given, *budget)
    assert (status, err) == (0, "")
    scores = json.loads(out)["scores"]
    assert [*scores] == ["model", WITHIN, "boosted trees", "majority"]

    rows = TrainingRows(X, y, None, {})
    how = {"of_classes": True, "blocks": False, "random_state": 0}
    parts = parts_of(rows, {"compare": 0.2, "budget": 0.25}, **how)
    X = X[:, [0, 2, 3]]
    trees = default_baselines(0)["boosted trees"].fit(
        X[parts["train"]], y[parts["train"]]
    )
    of = {}
    for name, own in parts.items():
        of[name] = trees.predict(X[own]), trees.predict_proba(X[own])[:, 0], y[own]
    threshold = limit(*of["budget"])
    assert threshold < np.inf
    label, p_benign, truth = of["compare"]
    alarm = (label == "mirai") & (p_benign < threshold)
    withheld = (label == "mirai") & ~alarm
    expected = {
        "false_alarm_rate": alarm[truth == "benign"].mean(),
        "detection_rate": alarm[truth == "mirai"].mean(),
        "answered": 1 - withheld.mean(),
        "accuracy": ((label == truth) & ~withheld).mean(),
    }
    found = {name: scores[WITHIN][name]["value"] for name in expected}
    assert found == pytest.approx(expected)
    assert 0 < found["answered"] < 1
    plain = scores["boosted trees"]
    assert plain["accuracy"]["value"] == pytest.approx((label == truth).mean())
    assert "answered" not in plain
    for name in ("roc_auc", "log_loss"):
        assert scores[WITHIN][name]["value"] == plain[name]["value"]

    lines = call(*given, "--budget", BUDGET)[1].splitlines()
    assert [line.split("  ")[0] for line in lines[2:6]] == [*scores]
    assert "(a row without an answer is not right):" in lines[0]
    assert lines[3].split()[-1] == f"{expected['answered']:.4f}"
    assert lines[4].split()[-1] == "1.0000"  # what answers every row
    assert lines[6] == (
        f"model, {WITHIN}: alarms above thresholds for a budget of 0.1, both learned "
        f"on the same {len(parts['budget'])} rows; the others say the more probable "
        "class"
    )
    lines = call(*given)[1].splitlines()
    assert not any("budget" in line for line in lines)


def test_rows_of_groups_decide_for_both(call, tmp_path, monkeypatch):
    """One row of each group counts, for the trees the same one as for the model."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 2))
    y = np.where(X[:, 0] + rng.normal(size=1200) > 0, "mirai", "benign")
    table = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": y})
    table["device"] = np.arange(1200) // 4
    path, model = tmp_path / "t.csv", tmp_path / "m.skmirai"
    table.to_csv(path, index=False)
    given = ["train", path, "--target", "y", "--groups", "device", *QUICK]
    given += ["--budget", BUDGET, "-o", model, "--json", "-q"]
    seen = []
    fit = AbstainingClassifier.fit

    def spied(self, X, y, groups=None):
        found = fit(self, X, y, groups=groups)
        if not type(self.estimator.estimator).__name__.startswith("Dummy"):
            seen.append((y.tolist(), groups.tolist(), found.n_calibration_))
        return found

    monkeypatch.setattr(AbstainingClassifier, "fit", spied)
    status, _, err = call(*given)
    assert (status, err) == (0, "")
    assert len(seen) == 2
    assert seen[0] == seen[1]
    assert seen[0][2] < len(seen[0][0])
