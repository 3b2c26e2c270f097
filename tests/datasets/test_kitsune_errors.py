"""Files that are not the Mirai table: an error that names file, place and remedy."""

import gzip
import os

import numpy as np
import pytest

from skmirai.datasets import (
    DatasetNotFoundError,
    InvalidDatasetError,
    load_kitsune_mirai,
)
from skmirai.datasets import _kitsune as module
from skmirai.feature_extraction import FEATURE_NAMES


def test_no_files(kitsune, tmp_path):
    (tmp_path / "other.txt").write_text("x")
    with pytest.raises(DatasetNotFoundError, match=r"no data .*no labels") as caught:
        load_kitsune_mirai(tmp_path)
    for name in (*module.DATA_FILES, *module.LABEL_FILES, "other.txt"):
        assert name in str(caught.value)
    assert isinstance(caught.value, FileNotFoundError)
    kitsune.write(tmp_path)
    (tmp_path / "Mirai_labels.csv").unlink()
    with pytest.raises(DatasetNotFoundError, match="no labels") as caught:
        load_kitsune_mirai(tmp_path)
    assert "no data" not in str(caught.value)


def test_no_folder(tmp_path):
    with pytest.raises(DatasetNotFoundError, match=r"there is no folder .*nowhere"):
        load_kitsune_mirai(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(DatasetNotFoundError, match="is a file: give the folder"):
        load_kitsune_mirai(tmp_path / "file")


def edited(text, row, column, value):
    lines = text.split("\n")
    cells = lines[row].split(",")
    cells[column : column + 1] = value
    lines[row] = ",".join(cells)
    return "\n".join(lines)


def check_message(kitsune, folder, message, **texts):
    kitsune.write(folder, **texts)
    names = set(os.listdir(folder))
    with pytest.raises(InvalidDatasetError, match=message) as caught:
        load_kitsune_mirai(folder)
    assert str(folder) in str(caught.value)
    assert isinstance(caught.value, ValueError)
    left = set(os.listdir(folder)) - names
    assert not [name for name in left if "dataset" in name]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: edited(t, 7, 3, []), "line 8: 115 .*columns, expected 116"),
        (lambda t: edited(t, 7, 3, ["1", "2"]), "line 8: 117 .*columns, expected 116"),
        (lambda t: edited(t, 0, 3, ["1", "2"]), "line 1: 117 .*expected 115 or 116"),
        (lambda t: "\n\n" + edited(t, 7, 3, []), "line 10: 115 "),
        (lambda t: t.replace(",", ";"), "line 1: 1 .*column, expected 115 or 116"),
        (lambda t: t[: -len(t.split("\n")[-2]) // 2], "line 200: .*cut off"),
        (
            lambda t: edited(t, 7, 3, ["abc"]),
            "1 value is not .*'abc' in line 8, column 3",
        ),
        (lambda t: edited(t, 7, 3, [""]), "'' in line 8, column 3"),
        (lambda t: edited(t, 0, 3, ["abc"]), "'abc' in line 1, column 3"),
        (
            lambda t: edited(edited(t, 150, 9, ["-inf"]), 7, 3, ["nan"]),
            "2 values are not .*'nan' in line 8",
        ),
        (lambda t: edited(t, 7, 3, ["0x10"]), "'0x10'"),
        (lambda t: edited(t, 7, 3, ["1\x00"]), "line 8, column 3"),
        (lambda t: "", "is empty"),
        (lambda t: "\n \n", "no rows"),
        (lambda t: "counter," + ",".join(FEATURE_NAMES), "no rows"),
        (lambda t: "\n<!DOCTYPE html><html>" + t, "web page"),
        (lambda t: b"\x93NUMPY" + t.encode(), "NumPy file"),
        (lambda t: gzip.compress(t.encode())[:-2000], "cut off or damaged"),
        (lambda t: b"PK\x03\x04" + t.encode(), "cut off or damaged"),
    ],
)
@pytest.mark.parametrize("gz", [False, True])
def test_wrong_data_files(kitsune, tmp_path, monkeypatch, gz, change, message):
    from skmirai.utils._files import _numbers

    # Several blocks, so that lines are counted across them.
    whole = _numbers.read_numbers
    monkeypatch.setattr(
        "skmirai.datasets._conversion.read_numbers",
        lambda *args, **more: whole(*args, **more, block=20_000),
    )
    data = change(kitsune.data())
    if gz and isinstance(data, bytes) and data.startswith((b"\x1f", b"PK", b"\x93")):
        data = gzip.decompress(gzip.compress(data))
        if not data.startswith(b"\x93"):
            message = "column|finite"  # packed twice: no table inside
    check_message(kitsune, tmp_path, message, data=data, gz=gz)


@pytest.mark.parametrize("cut", [1, 8, 9, 300, -300])
def test_truncated_gzip(kitsune, tmp_path, cut):
    kitsune.write(tmp_path, gz=True)
    path = tmp_path / "Mirai_dataset.csv.gz"
    packed = path.read_bytes()
    path.write_bytes(packed[:-cut])
    with pytest.raises(InvalidDatasetError, match="cut off or damaged"):
        load_kitsune_mirai(tmp_path)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (lambda y: "\n".join(y[1:]), "has 200 rows but .* has 199 labels"),
        (lambda y: "0\n" + "\n".join(y), "201 labels.*header row"),
        (lambda y: "\n".join([*y[:-1], "2"]), "label 2 in row 199"),
        (lambda y: "\n".join([*y[:-1], "0.5"]), "label 0.5 in row 199"),
        (lambda y: "\n".join([*y[:-1], "NA"]), "'NA' in line 200, column 0"),
        (lambda y: "\n".join(f"{i},{v}" for i, v in enumerate(y, 5)), "count the rows"),
        (lambda y: "\n".join(f"1,{v}" for v in y), "count the rows .*row 1 "),
        (lambda y: "\n".join(f"1,2,{v}" for v in y), "3 .*columns, expected 1 or 2"),
        (lambda y: "<html>404</html>", "web page"),
    ],
)
def test_wrong_label_files(kitsune, tmp_path, labels, message):
    kitsune.write(tmp_path, labels=labels(kitsune.labels))
    with pytest.raises(InvalidDatasetError, match=message) as caught:
        load_kitsune_mirai(tmp_path)
    assert "Mirai_labels" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.ones((200, 92)), r"shape \(200, 92\), expected"),
        (np.ones(200), r"shape \(200,\), expected"),
        (np.ones((0, 116)), "has no values"),
        (np.ones((200, 116), complex), "type complex128"),
        (np.ones((200, 116), bool), "type bool"),
        (np.full((200, 116), "1"), "type <U1"),
        (np.full((200, 116), 1, object), "no NumPy file of numbers"),
        (np.where(np.arange(200)[:, None] == 9, np.nan, np.ones(116)), "nan in row 9,"),
    ],
)
def test_wrong_npy_data(kitsune, tmp_path, data, message):
    np.save(tmp_path / "Mirai_data.npy", data)
    np.save(tmp_path / "Mirai_labels.npy", kitsune.y)
    with pytest.raises(InvalidDatasetError, match=message) as caught:
        load_kitsune_mirai(tmp_path)
    assert "Mirai_data.npy" in str(caught.value)


def test_nan_of_a_row_that_a_subset_leaves_out_is_no_fault(kitsune, tmp_path):
    X = kitsune.X.copy()
    np.save(tmp_path / "Mirai_labels.npy", kitsune.y)
    np.save(tmp_path / "Mirai_data.npy", X)
    rows = load_kitsune_mirai(tmp_path, subset="half").rows
    X[np.setdiff1d(np.arange(200), rows)[0]] = np.nan
    np.save(tmp_path / "Mirai_data.npy", X)
    load_kitsune_mirai(tmp_path, subset="half")
    X[rows[70], 5] = np.inf
    np.save(tmp_path / "Mirai_data.npy", X)
    with pytest.raises(InvalidDatasetError, match=f"inf in row {rows[70]}, column 5"):
        load_kitsune_mirai(tmp_path, subset="half", drop_index=True)


@pytest.mark.parametrize("raw", [b"", b"text", b"\x93NUMPY", None])
def test_damaged_npy_files(kitsune, tmp_path, raw):
    np.save(tmp_path / "Mirai_labels.npy", kitsune.y)
    np.save(tmp_path / "Mirai_data.npy", kitsune.X)
    path = tmp_path / "Mirai_data.npy"
    path.write_bytes(path.read_bytes()[:-1] if raw is None else raw)
    with pytest.raises(InvalidDatasetError, match="cut off or empty"):
        load_kitsune_mirai(tmp_path)


@pytest.mark.parametrize("labels", [np.ones((200, 2)), np.full(200, 3)])
def test_wrong_npy_labels(kitsune, tmp_path, labels):
    np.save(tmp_path / "Mirai_data.npy", kitsune.X)
    np.save(tmp_path / "Mirai_labels.npy", labels)
    with pytest.raises(InvalidDatasetError, match=r"shape|label 3 in row 0"):
        load_kitsune_mirai(tmp_path)


def test_mapped_data_must_be_floating_point(kitsune, tmp_path):
    np.save(tmp_path / "Mirai_data.npy", kitsune.X.astype(np.int64))
    np.save(tmp_path / "Mirai_labels.npy", kitsune.y)
    with pytest.raises(InvalidDatasetError, match="int64, expected float64"):
        load_kitsune_mirai(tmp_path, mmap_mode="r")


def test_a_zip_of_npz_is_told(kitsune, tmp_path):
    np.savez(tmp_path / "x.npz", kitsune.X)
    (tmp_path / "x.npz").rename(tmp_path / "Mirai_data.npy")
    np.save(tmp_path / "Mirai_labels.npy", kitsune.y)
    with pytest.raises(InvalidDatasetError, match="archive of arrays"):
        load_kitsune_mirai(tmp_path)
