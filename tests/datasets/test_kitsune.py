"""The Mirai table from files that the user has."""

import errno
import gzip
import os
import stat

import numpy as np
import pytest

from skmirai.datasets import (
    KITSUNE_MIRAI_CLASS_COUNTS,
    KITSUNE_MIRAI_SHAPE,
    DatasetNotFoundError,
    InvalidDatasetError,
    load_kitsune_mirai,
)
from skmirai.datasets import _kitsune as module
from skmirai.feature_extraction import FEATURE_NAMES


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("gz", [False, True])
@pytest.mark.parametrize(
    "form",
    [
        {},
        {"counter": False},
        {"header": True},
        {"header": True, "counter": False},
        {"newline": "\r\n"},
        {"quote": True, "header": True},
    ],
    ids=str,
)
def test_all_forms_read_as_float_does(kitsune, tmp_path, gz, form):
    kitsune.write(tmp_path, data=kitsune.data(**form), gz=gz)
    bunch = load_kitsune_mirai(tmp_path)
    counter = form.get("counter", True)
    assert same_bits(bunch.data, np.ascontiguousarray(kitsune.X[:, 1 - counter :]))
    assert same_bits(bunch.target, kitsune.y)
    assert bunch.feature_names == [*(["counter"] if counter else []), *FEATURE_NAMES]
    assert bunch.target_names == ["benign", "attack"]
    assert bunch.frame is None
    assert "Kitsune" in bunch.DESCR
    assert bunch.data_filename.startswith(str(tmp_path))
    np.testing.assert_array_equal(bunch.rows, np.arange(kitsune.n_rows))


@pytest.mark.parametrize(
    "labels",
    [
        lambda y: "\n".join(y),
        lambda y: "\n".join(y) + "\n",
        lambda y: "\r\n".join(y),
        lambda y: "\r".join(y),
        lambda y: "x\n" + "\n".join(y),
        lambda y: '"x"\n' + "\n".join(f'"{v}"' for v in y),
        lambda y: '"","x"\n' + "\n".join(f'"{i}",{v}' for i, v in enumerate(y, 1)),
        lambda y: ",0\n" + "\n".join(f"{i},{v}" for i, v in enumerate(y)),
        lambda y: "\n".join(f"{i},{v}" for i, v in enumerate(y)),
        lambda y: "\ufeff" + "\n".join(f"{v}.0" for v in y) + "\n\n",
    ],
)
def test_all_forms_of_labels(kitsune, tmp_path, labels):
    kitsune.write(tmp_path, labels=labels(kitsune.labels))
    _, y = load_kitsune_mirai(tmp_path, return_X_y=True)
    assert same_bits(y, kitsune.y)


def test_header_of_numbers_as_pandas_writes_it(kitsune, tmp_path):
    header = ",".join(map(str, range(116))) + "\n"
    kitsune.write(tmp_path, data=header + kitsune.data())
    assert same_bits(load_kitsune_mirai(tmp_path).data, kitsune.X)


def test_a_header_in_another_order_is_an_error(kitsune, tmp_path):
    text = kitsune.data(header=True)
    text = text.replace("H_L5_mean,H_L5_variance", "H_L5_variance,H_L5_mean", 1)
    kitsune.write(tmp_path, data=text)
    with pytest.raises(
        InvalidDatasetError, match="in the header feature 16 is named 'H_L5_variance'"
    ):
        load_kitsune_mirai(tmp_path)


@pytest.mark.parametrize("first", [[], ["counter"]])
def test_a_header_that_is_shifted_is_an_error(kitsune, tmp_path, first):
    names = [*first, *FEATURE_NAMES[len(first) :], "label"]
    kitsune.write(tmp_path, data=",".join(names) + "\n" + kitsune.data())
    with pytest.raises(InvalidDatasetError, match=r"named .*, expected .*MI_dir_L5_w"):
        load_kitsune_mirai(tmp_path)


def test_npy_files_come_first_and_case_is_ignored(kitsune, tmp_path):
    kitsune.write(tmp_path, data="not read", labels="not read")
    np.save(tmp_path / "x.npy", kitsune.X)
    (tmp_path / "x.npy").rename(tmp_path / "mirai_DATA.NPY")
    np.save(tmp_path / "Mirai_labels.npy", kitsune.y.astype(np.uint8)[:, None])
    bunch = load_kitsune_mirai(tmp_path)
    assert same_bits(bunch.data, kitsune.X)
    assert same_bits(bunch.target, kitsune.y)


def test_data_of_the_lab_with_labels_of_uci(kitsune, tmp_path):
    kitsune.write(tmp_path, data="not read", gz=True)
    np.save(tmp_path / "Mirai_data.npy", kitsune.X.astype(np.float32))
    bunch = load_kitsune_mirai(tmp_path)
    assert same_bits(bunch.data, kitsune.X.astype(np.float32).astype(float))
    assert same_bits(bunch.target, kitsune.y)


def test_an_unpacked_file_that_kept_its_name(kitsune, tmp_path):
    kitsune.write(tmp_path)
    for name in "Mirai_dataset.csv", "Mirai_labels.csv":
        (tmp_path / name).rename(tmp_path / f"{name}.gz")
    assert same_bits(load_kitsune_mirai(tmp_path).data, kitsune.X)


@pytest.mark.parametrize("subset", ["full", "half", 7])
@pytest.mark.parametrize("counter", [True, False])
def test_the_counter_can_be_left_out(kitsune, tmp_path, counter, subset):
    kitsune.write(tmp_path, data=kitsune.data(counter=counter))
    for mmap_mode in None, "r":
        with_it = load_kitsune_mirai(tmp_path, subset=subset)
        without = load_kitsune_mirai(
            tmp_path, subset=subset, drop_index=True, mmap_mode=mmap_mode
        )
        assert without.feature_names == list(FEATURE_NAMES)
        np.testing.assert_array_equal(without.data, with_it.data[:, -115:])


@pytest.mark.parametrize(
    ("subset", "benign", "attack"),
    [("full", 41, 162), ("half", 20, 81), ("quarter", 10, 40), (3, 1, 2), (9, 2, 7)],
)
def test_subsets_are_stratified_sorted_and_seeded(tmp_path, subset, benign, attack):
    X = np.arange(203.0)[:, None] + np.zeros(116)
    np.save(tmp_path / "Mirai_data.npy", X)
    np.save(tmp_path / "Mirai_labels.npy", np.repeat([0, 1], [41, 162]))
    bunch = load_kitsune_mirai(tmp_path, subset=subset)
    np.testing.assert_array_equal(np.bincount(bunch.target), [benign, attack])
    assert (np.diff(bunch.rows) > 0).all()
    np.testing.assert_array_equal(bunch.data, X[bunch.rows])
    again = load_kitsune_mirai(tmp_path, subset=subset)
    np.testing.assert_array_equal(again.rows, bunch.rows)
    other = load_kitsune_mirai(tmp_path, subset=subset, random_state=1)
    assert (subset == "full") == np.array_equal(other.rows, bunch.rows)


@pytest.mark.parametrize("subset", [1, 201])
def test_subsets_that_cannot_be_had(kitsune, tmp_path, subset):
    kitsune.write(tmp_path)
    with pytest.raises(ValueError, match=f"subset={subset} asks for {subset} rows"):
        load_kitsune_mirai(tmp_path, subset=subset)


@pytest.mark.parametrize(
    "wrong",
    [{"subset": "third"}, {"subset": 0}, {"subset": 0.5}, {"mmap_mode": "r+"}],
    ids=str,
)
def test_wrong_parameters(kitsune, tmp_path, wrong):
    with pytest.raises(ValueError, match=f"The '{next(iter(wrong))}' parameter"):
        load_kitsune_mirai(kitsune.write(tmp_path), **wrong)


def test_frames(kitsune, tmp_path):
    kitsune.write(tmp_path)
    bunch = load_kitsune_mirai(tmp_path, as_frame=True, subset="half")
    plain = load_kitsune_mirai(tmp_path, subset="half")
    assert list(bunch.data.columns) == ["counter", *FEATURE_NAMES]
    assert list(bunch.frame.columns) == ["counter", *FEATURE_NAMES, "target"]
    assert same_bits(bunch.data.to_numpy(), plain.data)
    assert same_bits(bunch.target.to_numpy(), plain.target)
    X, y = load_kitsune_mirai(tmp_path, as_frame=True, subset="half", return_X_y=True)
    assert X.equals(bunch.data)
    assert y.equals(bunch.target)


def test_memory_maps_stay_on_the_disk(kitsune, tmp_path):
    kitsune.write(tmp_path)
    data = load_kitsune_mirai(tmp_path, mmap_mode="r").data
    assert isinstance(data, np.memmap)
    assert not data.flags.writeable
    changed = load_kitsune_mirai(tmp_path, mmap_mode="c").data
    changed[0, 0] = 9
    np.testing.assert_array_equal(data, kitsune.X)
    frame = load_kitsune_mirai(tmp_path, mmap_mode="r", as_frame=True).data
    assert not frame.to_numpy(copy=False).flags.writeable
    np.testing.assert_array_equal(frame, kitsune.X)


def test_any_length_and_one_class(tmp_path):
    np.save(tmp_path / "Mirai_data.npy", np.ones((1, 115)))
    np.save(tmp_path / "Mirai_labels.npy", [True])
    bunch = load_kitsune_mirai(tmp_path)
    assert bunch.data.shape == (1, 115)
    np.testing.assert_array_equal(bunch.target, [1])


def test_conversions_go_to_the_cache_if_given(kitsune, tmp_path):
    folders = [tmp_path / "a", tmp_path / "b"]
    for factor, folder in enumerate(folders, 1):
        folder.mkdir()
        kitsune.write(folder, data=kitsune.data().replace("\n0,", f"\n{factor},"))
    cache = tmp_path / "deep" / "cache"
    found = [load_kitsune_mirai(f, cache_dir=cache).data_filename for f in folders]
    assert len(set(found)) == 2
    assert {os.path.dirname(x) for x in found} == {str(cache)}
    assert len(list(folders[0].iterdir())) == 2


def test_a_read_only_folder_is_converted_in_the_data_home(
    kitsune, tmp_path, monkeypatch
):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "home"))
    folder = tmp_path / "data"
    folder.mkdir()
    kitsune.write(folder)
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    if os.access(folder, os.W_OK):  # root writes everywhere
        monkeypatch.setattr(module, "_is_writable", lambda folder: False)
    bunch = load_kitsune_mirai(folder)
    folder.chmod(stat.S_IRWXU)
    assert bunch.data_filename.startswith(str(tmp_path / "home"))
    assert len(list(folder.iterdir())) == 2
    assert same_bits(bunch.data, kitsune.X)


def test_a_full_disk_says_what_to_do(kitsune, tmp_path, monkeypatch):
    def write_npy(*args, **settings):
        raise OSError(errno.ENOSPC, "No space left on device")

    kitsune.write(tmp_path)
    monkeypatch.setattr("skmirai.datasets._conversion.write_npy", write_npy)
    with pytest.raises(OSError, match=r"No space left .* give a cache_dir") as caught:
        load_kitsune_mirai(tmp_path)
    assert caught.value.errno == errno.ENOSPC
    with pytest.raises(OSError, match=r"writing to .*cache failed: give a cache_dir"):
        load_kitsune_mirai(tmp_path, cache_dir=tmp_path / "cache")


def test_writable_folders_are_told_apart(tmp_path):
    assert module._is_writable(tmp_path)
    assert not module._is_writable(tmp_path / "missing")
    assert not list(tmp_path.iterdir())


# --- errors ------------------------------------------------------------------------


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


def test_mapped_data_must_be_float64(kitsune, tmp_path):
    np.save(tmp_path / "Mirai_data.npy", kitsune.X.astype(np.float32))
    np.save(tmp_path / "Mirai_labels.npy", kitsune.y)
    with pytest.raises(InvalidDatasetError, match="float32, expected float64"):
        load_kitsune_mirai(tmp_path, mmap_mode="r")


def test_a_zip_of_npz_is_told(kitsune, tmp_path):
    np.savez(tmp_path / "x.npz", kitsune.X)
    (tmp_path / "x.npz").rename(tmp_path / "Mirai_data.npy")
    np.save(tmp_path / "Mirai_labels.npy", kitsune.y)
    with pytest.raises(InvalidDatasetError, match="archive of arrays"):
        load_kitsune_mirai(tmp_path)


# --- real labels -------------------------------------------------------------------


@pytest.mark.real_data
def test_official_labels(data_dir, tmp_path):
    source = data_dir / "kitsune" / "mirai_labels.csv.gz"
    from skmirai.datasets import convert_csv_to_npy

    path = convert_csv_to_npy(source, tmp_path / "labels.npy", content="labels")
    labels = np.load(path)
    assert labels.shape == KITSUNE_MIRAI_SHAPE[:1]
    assert labels.dtype == np.int64
    assert tuple(np.bincount(labels)) == KITSUNE_MIRAI_CLASS_COUNTS
    assert (np.diff(labels) >= 0).all()


@pytest.mark.real_data
def test_real_features(data_dir, tmp_path):
    text = (data_dir / "kitsune" / "afterimage_reference_100x115.csv").read_text()
    (tmp_path / "Mirai_dataset.csv").write_text(text)
    (tmp_path / "Mirai_labels.csv").write_text("\n".join("1" * 100))
    X, y = load_kitsune_mirai(tmp_path, return_X_y=True)
    expected = [[float(x) for x in line.split(",")] for line in text.split()]
    assert same_bits(X, np.array(expected))
    assert y.sum() == 100
