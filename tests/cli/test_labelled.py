"""What is wrong with labels is said before the features of a capture are extracted."""

import os

import numpy as np
import pandas as pd
import pytest

from skmirai.cli import _sources
from skmirai.cli._labelled import LabelTable, check_pairs
from skmirai.feature_extraction import AfterImageExtractor


@pytest.fixture
def good(labels, tmp_path):
    """Labels that fit the capture."""
    path = tmp_path / "good.csv"
    pd.DataFrame({"label": labels}).to_csv(path, index=False)
    return path


@pytest.fixture
def extracting(monkeypatch):
    """Let features be extracted no more; return how often they were asked for."""
    calls = []

    def refuse(self, packets):
        calls.append(len(packets))
        raise RuntimeError("features are extracted")

    monkeypatch.setattr(AfterImageExtractor, "partial_transform", refuse)
    return calls


@pytest.fixture
def said(call, capture, copied, good, model, tmp_path):
    """Give labels to a command; return its error."""

    new = tmp_path / "new.skmirai"
    others = tmp_path / "others.csv"
    pd.read_csv(good).assign(device=1, thing=0).to_csv(others, index=False)
    given = {
        "train": ["train", copied, capture, "-o", new, "--labels", others],
        "evaluate": ["evaluate", model, capture],
    }

    def run(command, path, *options):
        status, out, err = call(*given[command], "--labels", path, *options, "-q")
        assert (status, out) == (1, "")
        assert err.count("\n") == 1
        assert not new.exists()
        return err

    return run


COMMANDS = pytest.mark.parametrize("command", ["train", "evaluate"])


@COMMANDS
def test_features_are_extracted_of_good_labels(command, said, good, extracting):
    """Or the other tests could not fail."""
    assert "features are extracted" in said(command, good)
    assert len(extracting) == 1


@COMMANDS
@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"labels": 1}, "has no column 'label'; its columns are labels"),
        ({"label": 1, "number": np.arange(600) * 2}, "does not count on from 0"),
        ({"label": 1, "time": ["noon"] * 600}, "column 'time' holds no numbers"),
    ],
)
def test_columns_of_labels(command, columns, message, said, extracting, tmp_path):
    path = tmp_path / "labels.csv"
    pd.DataFrame(columns, index=range(600)).to_csv(path, index=False)
    err = said(command, path)
    assert str(path) in err
    assert message in err
    assert extracting == []


@COMMANDS
@pytest.mark.parametrize("role", ["--target", "--groups"])
def test_other_columns_of_labels(command, role, said, extracting, tmp_path):
    path = tmp_path / "labels.csv"
    gaps = {"label": [0, 1] * 300, "device": [1.0] * 599 + [None]}
    pd.DataFrame(gaps).to_csv(path, index=False)
    assert "has no column 'thing'" in said(command, path, role, "thing")
    err = said(command, path, role, "device")
    assert f"{path}: column 'device' holds no value in 1 rows, row 599" in err
    assert extracting == []


def test_what_evaluate_says_before(said, extracting, good, tmp_path):
    path = tmp_path / "labels.csv"
    pd.DataFrame({"label": ["worm", "dns"] * 300}).to_csv(path, index=False)
    err = said("evaluate", path)
    assert "holds none of the classes 0, 1 of the model, but dns, worm" in err
    err = said("evaluate", good, "--at-least", "r2=0.5")
    assert "'r2' is no figure of a model that predicts classes: expected one" in err
    assert "has no column 'cause'" in said("evaluate", good, "--kind", "cause")
    assert "--benign 'none' is no class of" in said(
        "evaluate", good, "--benign", "none"
    )
    assert extracting == []


@COMMANDS
def test_a_capture_that_is_given_twice(command, call, capture, good, model, tmp_path):
    """By another name too."""
    link = tmp_path / "link.pcap"
    link.symlink_to(capture)
    new = tmp_path / "new.skmirai"
    given = [model] if command == "evaluate" else ["-o", new]
    given += [capture, link, "--labels", good, "--labels", good]
    assert f"{link} is given twice: its rows" in call(command, *given)[2]


@COMMANDS
def test_files_of_labels(command, said, extracting, capture, good, tmp_path):
    assert f"{tmp_path}/none.csv: No such file" in said(command, tmp_path / "none.csv")
    assert f"{tmp_path}: is a folder" in said(command, tmp_path)
    err = said(command, capture)
    assert f"--labels {capture} is a capture, or text" in err
    assert "expected a CSV, Parquet or NumPy file of labels, with a row for each" in err
    other = tmp_path / "semicolons.csv"
    other.write_text("number;label\n1;benign\n")
    assert f"--labels {other} is a capture, or text that is not parted by commas" in (
        said(command, other)
    )
    torn, empty, pipe = (tmp_path / name for name in ("torn.csv", "empty.csv", "pipe"))
    torn.write_text("number,label\n1,benign\n2\n")
    assert f"{torn}, line 3: 1 comma-separated values, expected 2" in said(
        command, torn
    )
    empty.touch()
    assert f"--labels {empty} is empty: expected a CSV" in said(command, empty)
    os.mkfifo(pipe)
    assert f"--labels {pipe} is no regular file: expected" in said(command, pipe)
    err = said(command, "-")
    assert "--labels - is standard input, which labels are not read from" in err
    assert "expected a CSV, Parquet or NumPy file, so write them to one" in err
    assert extracting == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "truth"], "has no column 'truth'"),
        (["--groups", "device"], "has no column 'device'"),
        (["--drop", "rate"], "has no column 'rate'"),
        (["--benign", "none"], "--benign 'none' is no class of the rows"),
        (["--budget", 0.001], "--budget 0.001 at confidence=0.95 takes 2,995"),
        (["--set", "layers=3"], "--set layers: parameters are activation, "),
        (["--set", "dropout_rate=2"], "The 'dropout_rate' parameter of MiraiDNN"),
        (["--compare-on", 0.9, "--calibrate"], "nothing is left to train on"),
    ],
)
def test_what_train_says_before(options, message, said, extracting, good):
    assert message in said("train", good, *options)
    assert extracting == []


def test_errors_of_train_name_the_file(said, good, capture, copied, extracting):
    err = said("train", good, "--drop", "rate")
    assert f"{copied} and 1 more has no column 'rate'; its columns are MI_dir" in err
    pd.DataFrame({"label": ["rare"] + [0] * 599}).to_csv(good, index=False)
    assert "others.csv and 1 more: column 'label' has the class 'rare' in 1" in said(
        "train", good
    )
    assert extracting == []


def test_classes_that_train_lacks(said, extracting, call, capture, tmp_path):
    path = tmp_path / "one.csv"
    pd.DataFrame({"label": ["benign"] * 600}).to_csv(path, index=False)
    given = ["train", capture, "--labels", path, "-o", tmp_path / "m.skmirai"]
    assert "holds one class, 'benign': expected two" in call(*given)[2]
    pd.DataFrame({"label": ["benign"] * 599 + [None]}).to_csv(path, index=False)
    assert "holds no value in 1 rows, row 599" in call(*given)[2]
    assert extracting == []


@COMMANDS
@pytest.mark.parametrize("first", [0, 150, 450])
def test_times_are_compared_piece_by_piece(
    command, first, said, capture, labels, tmp_path, monkeypatch
):
    """Labels of another capture are noticed at the packet that tells."""
    monkeypatch.setattr(_sources, "ROWS", 100)
    seen = []
    extract = AfterImageExtractor.partial_transform

    def spied(self, packets):
        seen.append(len(packets))
        return extract(self, packets)

    monkeypatch.setattr(AfterImageExtractor, "partial_transform", spied)
    times = _times_of(capture)
    times[first:] += 1
    path = tmp_path / "labels.csv"
    pd.DataFrame({"label": labels, "time": times}).to_csv(path, index=False)
    err = said(command, path)
    assert f"time {times[first]:.6f} in row {first} (from 0), but that pa" in err
    n_others = 6 if command == "train" else 0  # pieces of the capture before it
    assert len(seen) == n_others + first // 100 + 1


@pytest.mark.parametrize("n_rows", [599, 601])
def test_more_or_fewer_labels_than_packets(n_rows, call, capture, labels, tmp_path):
    path = tmp_path / "labels.csv"
    times = np.append(_times_of(capture), 2e9)[:n_rows]
    pd.DataFrame({"label": np.append(labels, 0)[:n_rows], "time": times}).to_csv(
        path, index=False
    )
    given = ["train", capture, "--labels", path, "-o", tmp_path / "m.skmirai", "-q"]
    status, _, err = call(*given)
    assert status == 1
    assert f"{path} holds {n_rows} rows, but {capture} 600: expected a label" in err


def _times_of(capture):
    with _sources.Capture(capture, None, with_times=True) as rows:
        pieces = [*rows]
    assert all(piece.features.shape == (len(piece.packets), 0) for piece in pieces)
    return np.concatenate([piece.packets["time"] for piece in pieces])


@pytest.mark.parametrize("ending", ["npy", "parquet"])
def test_rows_of_tables_that_say_how_many(ending, call, tmp_path):
    """Before the model is loaded: there is none."""
    table, path = tmp_path / f"t.{ending}", tmp_path / "labels.csv"
    rows = np.zeros((30, 2))
    if ending == "npy":
        np.save(table, rows)
    else:
        pd.DataFrame(rows, columns=["a", "b"]).to_parquet(table)
    pd.DataFrame({"label": [0, 1] * 14}).to_csv(path, index=False)
    given = ["evaluate", tmp_path / "none.skmirai", table, "--labels", path]
    assert f"{path} holds 28 rows, but {table} 30: expec" in call(*given)[2]
    pd.DataFrame({"label": [0, 1] * 15}).to_csv(path, index=False)
    assert "none.skmirai: No such file" in call(*given)[2]


def test_other_columns_are_looked_for(capture, good):
    """Those of groups and kinds, where a command has them."""
    (table,) = check_pairs([capture], [good], None, groups=None)
    assert (table.path, table.n_rows, [*table.found]) == (good, 600, ["target"])
    with pytest.raises(ValueError, match="no column 'cause'"):
        check_pairs([capture], [good], None, kind="cause")


def test_times_of_rows_are_none_of_packets(tmp_path):
    """A table of rows may have a time of its own, of any form."""
    path = tmp_path / "labels.csv"
    pd.DataFrame(
        {"label": [0, 1], "time": ["noon", "night"], "kind": ["a", "b"]}
    ).to_csv(path, index=False)
    roles = {"target": "label"}
    found = LabelTable(path, roles, of_packets=False, with_kind=True).found
    assert {name: values.tolist() for name, values in found.items()} == {
        "target": [0, 1],
        "kind": ["a", "b"],
    }
    assert [*LabelTable(path, {"target": "label"}, of_packets=False).found] == [
        "target"
    ]
