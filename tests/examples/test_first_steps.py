"""Quickstart, packets to verdicts, Pipelines and DataFrames."""

import numpy as np
import pytest

NETWORK, TREES, MAJORITY = "MiraiDNNClassifier", "HistGradientBoosting", "majority"


@pytest.mark.slow
@pytest.mark.real_data
def test_quickstart_on_real_traffic(run_example, data_dir, monkeypatch, tmp_path):
    monkeypatch.setenv("SKMIRAI_DATA", str(data_dir))
    picture = tmp_path / "figure.png"
    found, printed = run_example("plot_quickstart.py", "--save", picture)

    assert "GENERATED" not in printed
    assert picture.read_bytes().startswith(b"\x89PNG")
    packets, nsl_kdd = found["experiments"]
    assert packets.X.shape == (38_363 + 10_000, 115)
    assert packets.y.value_counts().tolist() == [38_363, 10_000]
    assert packets.kind.eq("ARP sweep").sum() == 8_220
    train, test = packets.splits["in time"]
    for capture in ("normal", "attack"):  # all test rows lie after all training rows
        rows = np.flatnonzero(packets.y == capture)
        assert np.intersect1d(train, rows).max() < np.intersect1d(test, rows).min()
    assert nsl_kdd.X.shape == (25_192 + 22_544, 41)
    ((train, test),) = nsl_kdd.splits.values()
    assert (len(train), len(test)) == (25_192, 22_544)

    scores = found["scores"]
    in_time, shuffled = (
        scores["Mirai packets"].loc[split]
        for split in ("in time", "shuffled (optimistic)")
    )
    assert in_time.loc[MAJORITY, "accuracy"] == pytest.approx(7_672 / 9_672, abs=1e-3)
    gain = (shuffled - in_time)["accuracy"]
    assert (gain[[NETWORK, TREES]] > 0.005).all()
    assert abs(gain["one feature"]) < 0.01
    # as many of each kind on either side, so that only the split differs
    for one, other in zip(*packets.splits.values(), strict=True):
        kinds = [packets.kind.iloc[rows].value_counts() for rows in (one, other)]
        assert kinds[0].to_dict() == kinds[1].to_dict()
    # "most of the trees' gain is packets of other hosts"
    by_kind = found["by_kind"]
    called = by_kind["shuffled (optimistic)"] - by_kind["in time"]
    bystanders = (
        called.loc["other hosts"] * by_kind.loc["other hosts", ("", "test rows")]
    )
    n_test = len(packets.splits["in time"][1])
    assert bystanders[TREES] > 0.5 * gain[TREES] * n_test
    assert bystanders[NETWORK] < 0.5 * gain[NETWORK] * n_test
    # "the network ranks the rows best"
    assert in_time["ROC AUC"].idxmax() == NETWORK
    accuracy = in_time["accuracy"]
    assert abs(accuracy[NETWORK] - accuracy["one feature"]) < 0.03
    assert (in_time["false alarms"] < 0.02).all()
    table = scores["NSL-KDD"].loc["KDDTest+"]
    assert table.loc[MAJORITY, "accuracy"] == pytest.approx(9_711 / 22_544)
    # more than the best constant answer, which only the test file tells: "attack"
    assert table.loc[NETWORK, "accuracy"] > 1 - 9_711 / 22_544 + 0.15
    for name in scores:
        assert scores[name].round(3).to_string() in printed
        judged = found["judged"][name][NETWORK]
        selective = found["selective"][name][NETWORK]
        assert selective["100%"] == pytest.approx(1 - judged["wrong"].mean())
        assert selective["80%"] > selective["100%"] + 0.02
    judged = found["judged"]["NSL-KDD"][NETWORK]
    assert set(judged.loc[~judged["known"], "kind"]) >= {"apache2", "snmpguess"}
    assert "loaded again; verdicts and uncertainty are the same." in printed


@pytest.mark.slow
def test_quickstart_without_real_traffic(run_example, told, monkeypatch, tmp_path):
    monkeypatch.setenv("SKMIRAI_DATA", str(tmp_path / "nowhere"))
    found, printed = run_example("plot_quickstart.py")

    assert "these are GENERATED, 12,000 before the onset" in printed
    steps = [line.partition("] ")[2] for line in told if line.endswith(" ...")]
    assert steps[:2] == [
        "Simulating packets ...", "Computing features of 20,000 packets ...",
    ]  # fmt: skip
    assert [step.partition(":")[2][:8] for step in steps[2:]] == [
        " fitting", " fitting", " uncerta", " two net",
    ]  # fmt: skip
    assert " ..." not in printed
    assert not list(tmp_path.iterdir())
    (packets,) = found["experiments"]
    assert packets.X.shape == (20_000, 115)
    assert packets.y.value_counts().tolist() == [12_000, 8_000]
    scores = found["scores"]["Mirai packets"]
    for split in packets.splits:
        accuracy = scores.loc[split]["accuracy"]
        assert accuracy[NETWORK] > accuracy[MAJORITY] + 0.1
    assert scores.round(3).to_string() in printed
    assert "loaded again; verdicts and uncertainty are the same." in printed


@pytest.mark.slow
def test_packets_to_verdicts(run_example):
    found, printed = run_example("plot_packets_to_verdicts.py")
    scores, verdicts = found["scores"], found["verdicts"]
    assert scores.round(4).to_string() in printed
    # "both models find nearly all of it in a capture that they have not seen"
    assert (scores["ROC AUC"]["mean"] > 0.98).all()
    assert set(verdicts["verdict"]) == {"benign", "attack", "abstain"}
    # an abstention takes the place of an alarm alone
    called = found["detector"].predict(found["X_judge"])
    assert (called[verdicts["verdict"] != "benign"] == "attack").all()
    assert (called[verdicts["verdict"] == "benign"] == "benign").all()
    # "two thirds of the false alarms", "a little exceeded all the same"
    before = (called[found["benign"]] == "attack").mean()
    assert found["false_alarms"] < before / 2
    assert found["BUDGET"] < found["false_alarms"] < 2 * found["BUDGET"]
    # "most of what it costs are attempts at telnet"
    withheld = (verdicts["verdict"] == "abstain") & (verdicts["truth"] == "attack")
    assert (verdicts["kind"][withheld] == "telnet_scan").mean() > 0.5
    assert f"{found['false_alarms']:.2%} of the benign packets" in printed
    assert (
        verdicts["truth"]
        == np.where(found["captures"]["judge"][1] == "attack", "attack", "benign")
    ).all()


def check_pipeline(found, printed):
    scores = found["scores"]
    alone, behind, trees = (scores[name] for name in found["MODELS"])
    # "both ways come to the same score within what seeds and folds differ by"
    assert abs((alone - behind).mean()) < scores.std().max()
    assert scores.agg(["mean", "std"]).T.round(4).to_string() in printed
    assert len(scores) == 6
    # equal rows are in one fold
    groups, cv = found["groups"], found["cv"]
    for train, test in cv.split(found["X"], found["y"], groups):
        assert not np.intersect1d(groups[train], groups[test]).size
    # "A category that no training row had is no error"
    assert "never seen" not in set(found["X"]["proto"])
    for model in (found["alone"], found["pipe"]):
        assert set(model.predict(found["new"])) <= {"attack", "normal"}
    assert found["doubt"].proba.shape == (1_000, 2)
    return trees - alone


@pytest.mark.slow
@pytest.mark.real_data
def test_pipeline_recorded(run_example, data_dir, monkeypatch):
    monkeypatch.setenv("SKMIRAI_DATA", str(data_dir))
    found, printed = run_example("plot_pipeline.py")
    assert "GENERATED" not in printed
    lead = check_pipeline(found, printed)
    # "the network does not beat them here"
    assert lead.mean() > 0
    assert found["X"]["tcprtt"].isna().any()
    assert found["X"]["service"].isna().any()


@pytest.mark.slow
def test_pipeline_generated(run_example, monkeypatch, tmp_path):
    monkeypatch.setenv("SKMIRAI_DATA", str(tmp_path / "nowhere"))
    found, printed = run_example("plot_pipeline.py")
    assert "GENERATED" in printed
    check_pipeline(found, printed)


@pytest.mark.slow
def test_dataframes(run_example):
    pl = pytest.importorskip("polars")
    found, printed = run_example("plot_dataframes.py")
    assert "the same probabilities: True" in printed
    assert "mended: True" in printed
    clf, by_kind = found["clf"], found["by_kind"]
    np.testing.assert_array_equal(found["by_polars"], found["by_pandas"])
    assert clf.feature_names_in_[0] == "counter"
    assert "counter" not in clf.pipeline_["drop"].get_feature_names_out()
    kept = found["some"].pipeline_["drop"].get_feature_names_out()
    assert all(name.startswith(("HH_jit", "HpHp")) for name in kept)
    assert isinstance(found["scaled"], pl.DataFrame)
    assert found["scaled"].columns == found["table"].columns[1:]
    assert isinstance(by_kind, pl.DataFrame)
    assert "must be in the same order as they were in fit" in printed
    # the index of the verdicts is that of the rows
    assert found["verdicts"].index.equals(found["test"])
