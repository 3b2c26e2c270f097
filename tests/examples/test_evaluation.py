"""Splits, leaks, drift, and what simulated traffic is worth."""

import numpy as np
import pytest


def check_random_against_blocked(found, printed):
    report, table = found["report"], found["report"].to_frame()
    assert str(report) in printed
    score = table["balanced_accuracy"].unstack("split")
    trees, one = score.loc["boosted trees"], score.loc["one feature"]
    # "they lose several hundredths", "loses little", "close", "well behind"
    assert trees["random"] - trees["honest"] > 0.02
    assert one["random"] - one["honest"] < 0.02
    assert abs(trees["honest"] - one["honest"]) < 0.02
    assert trees["random"] - one["random"] > 0.02
    # "about ten blocks"
    assert found["certain"]["blocks"].between(8, 13).all()
    assert found["display"].figure_.axes


@pytest.mark.slow
@pytest.mark.real_data
def test_random_against_blocked_recorded(run_example, data_dir, monkeypatch):
    monkeypatch.setenv("SKMIRAI_DATA", str(data_dir))
    found, printed = run_example("plot_random_against_blocked.py")
    assert "GENERATED" not in printed
    check_random_against_blocked(found, printed)


@pytest.mark.slow
def test_random_against_blocked_simulated(run_example, monkeypatch, tmp_path):
    monkeypatch.setenv("SKMIRAI_DATA", str(tmp_path / "nowhere"))
    found, printed = run_example("plot_random_against_blocked.py")
    assert "GENERATED" in printed
    check_random_against_blocked(found, printed)


@pytest.mark.slow
def test_leakage_audit(run_example, monkeypatch, tmp_path):
    monkeypatch.setenv("SKMIRAI_DATA", str(tmp_path))  # the planted table
    found, printed = run_example("plot_leakage_audit.py")
    assert str(found["audit"]) in printed
    smells = {finding.smell for finding in found["audit"].findings}
    assert {"counter", "step", "memory", "duplicates"} <= smells
    # "The counter and the duplicates are gone."
    assert not {f.smell for f in found["again"].findings} & {"counter", "duplicates"}


@pytest.mark.slow
def test_drift(run_example):
    found, printed = run_example("plot_drift.py")
    report, y = found["report"], found["y"]
    assert str(report) in printed
    table = report.to_frame()
    start = table["start"] - table["start"].iloc[0].normalize()
    day = start.dt.total_seconds() / 86_400 + 2  # days of the table
    before, backup, slow = (
        table[rows] for rows in (day < 3.6, (day > 4) & (day < 6.5), day > 7)
    )
    # "takes one benign flow in ten for an attack", "misses most attacks as well"
    assert before["false_alarm_rate"].max() < 0.03
    assert backup["false_alarm_rate"].between(0.08, 0.15).all()
    assert (backup["detection_rate"] > 0.8).all()
    assert (slow["detection_rate"] < 0.3).all()
    # "no longer takes it for an attack", "a little better only"
    anew = backup["false_alarm_rate_retrained"].iloc[1:]
    assert (anew < backup["false_alarm_rate"].iloc[1:]).all()
    gain = slow["detection_rate_retrained"] - slow["detection_rate"]
    assert 0 < gain.mean() < 0.4
    assert report.retraining.low > 0
    assert np.mean(y == "attack") == pytest.approx(0.2, abs=0.02)
    assert (slow["domain_auc"] > before["domain_auc"].max() + 0.1).all()


def check_traffic_scores(found, printed):
    scores, bound = found["scores"], found["packet_bound"]
    label, truth = scores.loc["label by position"], scores.loc["truth"]
    assert (label.xs("the counter alone", level="model") > 0.998).all(axis=None)
    assert (label.loc[("epoch", "boosted trees")] > 0.97).all()
    # "another run leaves less of it"
    relative = label.loc[("relative", "boosted trees")]
    assert bound < relative["another run"] < relative["random split"] < 0.98
    assert (truth.xs("boosted trees", level="model") > 0.98).all(axis=None)
    # "one feature answers most of it", and not all
    stump = truth.xs("one feature", level="model")
    assert ((stump > 0.95) & (stump < 0.99)).all(axis=None)
    assert 0.85 < bound < 0.92
    assert f"{bound:.3f}" in printed
    # the onset that never was
    assert (found["nothing"].loc["epoch"] > 0.95).all()
    assert (found["nothing"] > 0.85).all(axis=None)


@pytest.mark.slow
@pytest.mark.real_data
def test_traffic_beside_the_recording(run_example, data_dir, monkeypatch):
    monkeypatch.setenv("SKMIRAI_DATA", str(data_dir))
    found, printed = run_example("plot_traffic.py")
    check_traffic_scores(found, printed)
    assert found["nothing"].columns.tolist() == ["recorded", "simulated"]
    # recorded traffic has as much memory as simulated
    assert (found["nothing"].diff(axis=1)["simulated"].abs() < 0.05).all()
    described = found["described"]
    for phase in ("benign", "attack"):
        recorded, simulated = (
            described[phase, origin] for origin in ("recorded", "simulated")
        )
        same = described.index.str.startswith(("share", "length"))
        difference = (recorded - simulated)[same].abs()
        assert (difference[difference.index.str.startswith("share")] < 0.05).all()
        assert (difference[difference.index.str.startswith("length")] <= 5).all()
    # "fewer channels before it"
    channels = described.loc["channels", "benign"]
    assert channels["simulated"] < channels["recorded"]


@pytest.mark.slow
def test_traffic_alone(run_example, monkeypatch, tmp_path):
    monkeypatch.setenv("SKMIRAI_DATA", str(tmp_path / "nowhere"))
    found, printed = run_example("plot_traffic.py")
    check_traffic_scores(found, printed)
    assert "the simulation alone" in printed
    assert list(found["traffic"]) == ["simulated"]
    assert found["described"].columns.get_level_values(1).unique() == ["simulated"]
    assert found["figure"].axes
