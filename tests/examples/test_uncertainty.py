"""Passes, calibration, budgets and the unknown."""

import pytest


@pytest.mark.slow
@pytest.mark.real_data
def test_mc_dropout(run_example, data_dir, monkeypatch):
    monkeypatch.setenv("SKMIRAI_DATA", str(data_dir))
    found, printed = run_example("plot_mc_dropout.py")
    assert "GENERATED" not in printed
    wrong, shares, areas = found["wrong"], found["shares"], found["areas"]
    # the errors are where the networks contradict each other
    assert wrong[shares < 1].mean() > 5 * wrong[shares == 1].mean()
    assert (areas.iloc[1:] < areas.iloc[0] / 4).all()
    assert areas.idxmin() == "the best there could be"
    # "it halves with four times as many"
    few, many = found["few"].mc_error.mean(), found["found"].mc_error.mean()
    assert few / many == pytest.approx(2, rel=0.3)


@pytest.mark.slow
@pytest.mark.real_data
def test_dropout_versus_cross_validation(run_example, data_dir, monkeypatch):
    monkeypatch.setenv("SKMIRAI_DATA", str(data_dir))
    found, printed = run_example("plot_dropout_versus_cross_validation.py")
    assert "GENERATED" not in printed
    # "neither spread says how good the network is a week later"
    folds, spread = found["folds"].scores, found["spread"]
    assert folds.mean() - spread.mean() > 20 * max(folds.std(), spread.std())
    table = found["table"]
    assert (table["area"] < 0.7 * table["errors"]).all()  # it knows something
    assert table.round(4).to_string() in printed


def check_calibration(found, printed):
    held_out, shifted = found["held_out"], found["shifted"]
    assert held_out.round(4).to_string() in printed
    assert shifted.round(4).to_string() in printed
    for table in (held_out, *(shifted.loc[part] for part in shifted.index.levels[0])):
        before, after = table.loc["before"], table.loc["after"]
        assert after["log loss"] < before["log loss"]
        # no label changes
        assert after["accuracy"] == before["accuracy"]
    # "reliability goes, and resolution stays"
    before, after = held_out.loc["before"], held_out.loc["after"]
    assert after["calibration error"] < before["calibration error"] * 0.7
    assert after["reliability"] < before["reliability"] / 2
    assert after["resolution"] == pytest.approx(before["resolution"], abs=1e-3)
    # traffic of another kind is further off after it than the same kind was before
    own, other = shifted.loc["its own file"], shifted.loc["the test file"]
    error = "calibration error"
    assert other.loc["after", error] > own.loc["before", error] + 10 * own["+-"].max()


@pytest.mark.slow
@pytest.mark.real_data
def test_calibration_recorded(run_example, data_dir, monkeypatch):
    monkeypatch.setenv("SKMIRAI_DATA", str(data_dir))
    found, printed = run_example("plot_calibration.py")
    assert "GENERATED" not in printed
    check_calibration(found, printed)
    # "falls by three tenths", "to a third", "hardly moves", "one verdict in five"
    before, after = found["held_out"].loc["before"], found["held_out"].loc["after"]
    assert after["log loss"] < before["log loss"] * 0.75
    assert after["calibration error"] < before["calibration error"] * 0.4
    other = found["shifted"].loc["the test file"]
    assert other.loc["after", "calibration error"] > 0.19
    assert other.loc["after", "accuracy"] == pytest.approx(0.8, abs=0.04)


@pytest.mark.slow
def test_calibration_generated(run_example, monkeypatch, tmp_path):
    monkeypatch.setenv("SKMIRAI_DATA", str(tmp_path / "nowhere"))
    found, printed = run_example("plot_calibration.py")
    assert "GENERATED" in printed
    check_calibration(found, printed)


def check_false_alarm_budget(found):
    kept, costs = found["kept"], found["costs"]
    naive, ours = kept.values()
    # "breaks the budget with every second set", "keeps it in about 95 of 100"
    assert 0.3 < naive < 0.7
    assert ours > 0.88
    assert (costs["false alarms"] <= 1.25 * costs.index).all()
    assert costs["attacks found"].is_monotonic_decreasing
    assert costs["attacks to a person"].is_monotonic_increasing
    # "Some services raise twice as many"
    rates = found["by_service"]["mean"]
    assert rates.max() > 2 * rates.min()


@pytest.mark.slow
@pytest.mark.real_data
def test_false_alarm_budget_on_real_flows(run_example, data_dir, monkeypatch):
    monkeypatch.setenv("SKMIRAI_DATA", str(data_dir))
    found, printed = run_example("plot_false_alarm_budget.py")
    assert "GENERATED" not in printed
    check_false_alarm_budget(found)


@pytest.mark.slow
def test_false_alarm_budget_on_generated_flows(run_example, monkeypatch, tmp_path):
    monkeypatch.setenv("SKMIRAI_DATA", str(tmp_path / "nowhere"))
    found, printed = run_example("plot_false_alarm_budget.py")
    assert "these flows are GENERATED" in printed
    check_false_alarm_budget(found)


@pytest.mark.slow
def test_unknown_attacks(run_example, monkeypatch, tmp_path):
    monkeypatch.setenv("SKMIRAI_DATA", str(tmp_path))  # planted attacks
    found, printed = run_example("plot_unknown_attacks.py")
    assert "PLANTED" in printed
    far, between = "far away", "between the classes"
    areas = found["areas"]
    # "Distance finds what lies far from training, indecision what lies between"
    assert areas[far, "distance of the inputs"] > 0.95
    assert areas[between, "mutual information"] > 0.75
    assert areas[between, "distance of the inputs"] < 0.65
    # and the score that joins them finds both
    assert areas[far, "novelty_score"] > 0.95
    assert areas[between, "novelty_score"] > 0.75


@pytest.mark.slow
@pytest.mark.real_data
def test_unknown_attacks_of_real_tables(run_example, data_dir, monkeypatch):
    monkeypatch.setenv("SKMIRAI_DATA", str(data_dir))
    found, printed = run_example("plot_unknown_attacks.py")
    assert "PLANTED" not in printed
    areas = found["areas"]
    r2l, fuzzers = "NSL-KDD, r2l", "UNSW-NB15, Fuzzers"
    # "No single score serves", "Mutual information alone misleads"
    assert areas[r2l, "mutual information"] < 0.65 < areas[r2l, "novelty_score"]
    distance = areas[fuzzers, "distance of the inputs"]
    assert distance < 0.65 < areas[fuzzers, "novelty_score"]
