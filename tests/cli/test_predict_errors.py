"""``skmirai predict``: what the user may get wrong."""

import gzip
import os
import struct
import warnings

import numpy as np
import pytest
from sklearn.exceptions import InconsistentVersionWarning

import skmirai
from skmirai.cli import _sources
from skmirai.feature_extraction import FEATURE_NAMES
from tests.cli.common import table


def random_rows():
    rows = np.random.default_rng(0).random((200, 115)).tolist()
    return "\n".join(",".join(map(str, row)) for row in rows)


def npy_with(start, n_rows):
    """A NumPy file whose header begins otherwise, and may lack its end."""
    rest = "" if start.endswith("(") else " 'descr': '<f8', 'fortran_order': False}"
    header = f"{start}{rest}\n".replace("10**25", "1" + "0" * 25).encode()
    size = len(header).to_bytes(2, "little")
    return b"\x93NUMPY\1\0" + size + header + bytes(24 * n_rows)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("no.csv", None, "no.csv: No such file or directory"),
        (".", None, ". stands for no file: expected files that end in"),
        ("x.pcap", b"", "x.pcap is empty: expected packets"),
        ("x.bin", b"\0\1\2\3\4", "expected a pcap or pcapng capture"),
        ("x.gz", b"\x1f\x8b\x08 broken", "x.gz cannot be unpacked: "),
        (
            "x.csv",
            b"1,2\n3,4\n",
            "the model was fitted on 115 columns, but x.csv has 2",
        ),
        ("x.csv", b"a,b\n", "fitted on 115 columns, but x.csv has 2"),
        ("x.csv", ",".join(FEATURE_NAMES).encode(), "x.csv holds no rows"),
        ("x.npy", b"\x93NUMPY\1\0", "x.npy is no NumPy file of numbers"),
        ("x.npy", npy_with("{'descr': '<f8', 'shape': (", 4), "x.npy is no NumPy file"),
        ("x.npy", npy_with("{'shape': (4, True),", 4), "x.npy is no NumPy file of num"),
        ("x.npy", npy_with("{'shape': (10**25, 3),", 4), "x.npy is no NumPy file of "),
        ("x.parquet", b"PAR1 and no more", "x.parquet cannot be read: "),
        (
            "x.csv",
            b"1," * 114 + b"\n",
            "x.csv: nan in row 0 (from 0), column 114; expected finite",
        ),
        (
            "x.csv",
            ",".join(FEATURE_NAMES).encode() + b"\n" + b"1," * 114 + b"one",
            f"x.csv: column {FEATURE_NAMES[-1]!r} holds no numbers",
        ),
        (
            "x.csv.gz",
            gzip.compress(random_rows().encode())[:-40_000],
            "x.csv.gz is cut off or damaged",
        ),
    ],
)
def test_bad_input(call, model, tmp_path, monkeypatch, name, content, message):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    status, out, err = call("predict", model, name, "-o", "verdicts.csv")
    assert (status, out) == (1, "")
    assert err.startswith("skmirai: ")
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "verdicts.csv").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "m.skmirai: No such file or directory"),
        (b"no model", "m.skmirai' cannot be loaded: "),
    ],
)
def test_bad_model(call, capture, tmp_path, content, message):
    path = tmp_path / "m.skmirai"
    if content is not None:
        path.write_bytes(content)
    status, out, err = call("predict", path, capture)
    assert (status, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_fault_behind_whole_pieces(call, model, features, tmp_path, monkeypatch):
    """Lines of a whole table or none; standard output has those before the fault."""
    monkeypatch.setattr(_sources, "ROWS", 10)
    monkeypatch.setattr("skmirai.cli._feature_tables.ROWS", 10)
    X = features[:20].copy()
    X[15, 3] = np.inf
    np.save(tmp_path / "x.npy", X)
    path = tmp_path / "verdicts.csv"
    status, _, err = call("predict", model, tmp_path / "x.npy", "-o", path)
    assert status == 1
    assert "inf in row 15 (from 0), column 3" in err
    assert os.listdir(tmp_path) == ["x.npy"]
    path.write_text("precious")
    assert call("predict", model, tmp_path / "x.npy", "-o", path, "--force")[0] == 1
    assert path.read_text() == "precious"
    status, out, _ = call("predict", model, tmp_path / "x.npy")
    assert status == 1
    assert len(table(out)) == 10


def test_faulty_frames_are_reported(call, model, capture, tmp_path):
    path = tmp_path / "cut.pcap"
    path.write_bytes(capture.read_bytes()[:-5])
    status, out, err = call("predict", model, path, "--n-passes", 0)
    assert status == 0
    assert len(table(out)) == 599
    assert "599 packets, " in err
    assert "the capture ends within a packet; " in err


def test_following_a_table(call, model, tmp_path):
    np.save(tmp_path / "x.npy", np.ones((3, 115)))
    status, _, err = call("predict", model, tmp_path / "x.npy", "--follow")
    assert status == 1
    assert "--follow waits for packets, but" in err


def test_inputs_are_not_replaced(call, model, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(random_rows())
    for output in (path, model):
        before = output.read_bytes()
        status, _, err = call("predict", model, path, "-o", output, "--force")
        assert status == 1
        assert err.endswith(f"{output} is an input of the command: give another name\n")
        assert output.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,c\n1,10,20,30\n", "x.csv, line 2: 4 comma-separated values, expected 3"),
        ("a,b,c\n1,2,3\n\n1,2\n", "x.csv, line 4: 2 comma-separated values, "),
        ("a,b,c\n1,2,3\n1,2,3,4,5\n", "x.csv, line 3: 5 comma-separated values, "),
        ('1,2,3\n1,"2,3\n4,5,6\n', "x.csv, line 2: 2 comma-separated values, "),
        ('a,b,c\n1,2,3\n1,2,"3\n', "x.csv: Error tokenizing data. C error: EOF insid"),
        ("?,?,?\n1,2,3\n", "x.csv, line 1: '?' is no number, and the line is no hea"),
        ("True,False,True\n1,2,3\n", "x.csv: column 0 holds no numbers (could not "),
        ("a,1,c\n1,2,3\n", "x.csv, line 1: 'a' is no number, and the line is no hea"),
    ],
)
def test_faulty_rows(call, of_three, tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text(text)
    status, out, err = call("predict", of_three, "x.csv", "--n-passes", 0)
    assert (status, out) == (1, "")
    assert err.startswith(f"skmirai: {message}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("text", ["a;b;c\n1;2;3\n", "\n1,2,3\n", "# rows\n1,2,3\n"])
def test_unknown_types(call, of_three, tmp_path, text):
    path = tmp_path / "x.csv"
    path.write_text(text)
    status, _, err = call("predict", of_three, path)
    assert status == 1
    assert f"{path} is of an unknown type, it begins with b{text[:6]!r}"[:-1] in err
    assert "parted by commas from the first line on" in err


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_link_type_that_cannot_be_read_is_named(call, of_three, tmp_path, pack):
    path, output = tmp_path / "radio.pcap", tmp_path / "out.csv"
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 105)
    path.write_bytes(pack(header))
    status, out, err = call("predict", of_three, path, "-o", output)
    assert (status, out) == (1, "")
    assert err.startswith(
        f"skmirai: {path}: link type 105 cannot be read: expected Eth"
    )
    assert "convert the file with tshark" in err
    assert not output.exists()


def test_remedies_for_other_columns(call, of_three, capture, tmp_path):
    status, _, err = call("predict", of_three, capture)
    assert status == 1
    assert "fitted on 3 columns" in err
    assert "has 115: give a table with the columns of its training data, or a" in err
    assert "fitted on AfterImage's 115 features, which skmirai extract writes" in err
    assert "UCI" not in err  # of whose table nothing is known
    path = tmp_path / "x.csv"
    path.write_text("time,length,b\n1,2,3\n")
    _, _, err = call("predict", of_three, path)
    assert "x.csv has 1 beside 'time', 'length', which describe packets: give" in err


@pytest.mark.parametrize("kind", ["file", "link", "device"])
def test_a_failure_removes_nothing(call, model, tmp_path, kind):
    source, path, old = (tmp_path / x for x in ("bad.pcap", "v.csv", "old.csv"))
    source.write_bytes(b"no capture")
    old.write_text("precious")
    if kind == "file":
        old.rename(path)
    else:
        path.symlink_to(old if kind == "link" else os.devnull)
    assert call("predict", model, source, "-o", path, "--force")[0] == 1
    assert path.read_text() == ("" if kind == "device" else "precious")


@pytest.mark.parametrize(
    "options",
    [
        ["--threshold", 2],
        ["--batch", 0],
        ["--batch", 10**9],
        ["--n-passes", -1],
        ["--n-passes", 10**9],
        ["--clock", "x"],
    ],
)
def test_wrong_usage(call, model, capture, options):
    status, _, err = call("predict", model, capture, *options)
    assert status == 2
    assert options[0] in err


def test_warnings_are_one_line(call, model, capture, monkeypatch):
    load = skmirai.load

    def warn(path):
        warnings.warn(
            InconsistentVersionWarning(
                estimator_name="MiraiDNNClassifier",
                current_sklearn_version="2.0",
                original_sklearn_version="1.9",
            ),
            stacklevel=2,
        )
        return load(path)

    monkeypatch.setattr("skmirai.neural_network.load", warn)
    status, _, err = call("predict", model, capture, "-q", "--n-passes", 0)
    assert status == 0
    assert err.startswith("skmirai: Trying to unpickle estimator MiraiDNNClassifier")
    assert err.count("\n") == 1
