"""``skmirai simulate`` beside the simulator, and what extract makes of its capture."""

import numpy as np
import pytest

from skmirai.datasets import make_mirai_traffic
from tests.cli.common import read_csv


@pytest.mark.parametrize(
    ("options", "params"),
    [
        ([], {}),
        (
            ["--attack-fraction", 0.5, "--flood-fraction", 0, "--media"],
            {"attack_fraction": 0.5, "flood_fraction": 0, "media": True},
        ),
    ],
)
def test_features_are_those_of_the_table(options, params, call, tmp_path):
    capture, features = tmp_path / "c.pcap", tmp_path / "f.npy"
    given = ["--n-packets", 3000, "--random-state", 3, *options]
    status, out, err = call("simulate", "-o", capture, *given)
    assert (status, out) == (0, "")
    assert err.startswith(f"{capture}: 3000 packets, ")
    assert call("extract", capture, "-o", features, "--clock", "epoch", "-q")[0] == 0
    expected = make_mirai_traffic(3000, random_state=3, drop_index=True, **params)
    np.testing.assert_array_equal(np.load(features), expected.data)


@pytest.mark.parametrize("rule", ["packet", "onset"])
def test_labels_are_those_of_the_table(rule, call, tmp_path):
    capture, labels = tmp_path / "c.pcap", tmp_path / "l.csv"
    options = ["--n-packets", 2000, "--label-rule", rule, "-q"]
    assert call("simulate", "-o", capture, "--labels", labels, *options) == (0, "", "")
    made = make_mirai_traffic(2000, random_state=0, return_packets=True)
    found = read_csv(labels)
    assert [*found] == ["number", "time", "label", "kind"]
    assert (found["number"] == np.arange(1, 2001)).all()
    np.testing.assert_allclose(
        found["time"], made.packets.records["time"], rtol=0, atol=6e-7
    )
    codes = made.y_true if rule == "packet" else made.target
    assert (found["label"] == np.array(["benign", "mirai"])[codes]).all()
    assert (found["kind"] == made.kind).all()


@pytest.mark.parametrize("there", ["c.pcap", "l.csv"])
def test_files_are_kept_without_force(there, call, tmp_path):
    paths = ["-o", tmp_path / "c.pcap", "--labels", tmp_path / "l.csv"]
    (tmp_path / there).write_text("older")
    status, _, err = call("simulate", *paths, "--n-packets", 100)
    assert status == 1
    assert f"{there} exists: give another name, or --force" in err
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [(there, "older")]
    assert call("simulate", *paths, "--n-packets", 100, "--force", "-q")[0] == 0
    assert len(read_csv(tmp_path / "l.csv")) == 100


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["-o", "-"], 1, "a capture is no text, give the name of a file"),
        (["-o", "c.pcap", "--labels", "./c.pcap"], 1, "is the capture too"),
        (["-o", "none/c.pcap"], 1, "there is no such folder"),
        (["-o", "c.pcap", "--attack-fraction", "1.5"], 2, "--attack-fraction"),
        ([], 2, "--output"),
    ],
)
def test_errors(arguments, status, message, call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found, _, err = call("simulate", *arguments)
    assert found == status
    assert message in err
    assert not [*tmp_path.iterdir()]


def test_a_failure_leaves_the_older_files(call, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("the disk is full")

    monkeypatch.setattr("skmirai.packets.write_pcap", fail)
    paths = [tmp_path / "c.pcap", tmp_path / "l.csv"]
    for path in paths:
        path.write_text("older")
    given = ["-o", paths[0], "--labels", paths[1], "--n-packets", 100, "--force"]
    status, _, err = call("simulate", *given)
    assert (status, err) == (1, "skmirai: the disk is full\n")
    assert sorted(tmp_path.iterdir()) == paths
    assert [path.read_text() for path in paths] == ["older", "older"]
