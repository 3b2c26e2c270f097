"""The Mirai table from files that the user has."""

import errno
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


def test_memory_maps_of_float32(kitsune, tmp_path):
    kitsune.write(tmp_path)
    np.save(tmp_path / "Mirai_data.npy", kitsune.X.astype(np.float32))
    data = load_kitsune_mirai(tmp_path, mmap_mode="r").data
    assert data.dtype == np.float32
    np.testing.assert_array_equal(data, kitsune.X.astype(np.float32))


@pytest.mark.parametrize("part", ["half", "quarter"])
def test_files_of_a_part_are_taken_as_they_are(kitsune, tmp_path, part):
    kitsune.write(tmp_path)
    rows = np.random.default_rng(0).permutation(len(kitsune.y))[:17]
    np.save(tmp_path / f"mirai_data_{part}.npy", kitsune.X[rows])
    other = load_kitsune_mirai(tmp_path, subset=part)
    assert len(other.data) > 17  # there are no labels to it yet
    np.save(tmp_path / f"Mirai_labels_{part}.npy", kitsune.y[rows])
    bunch = load_kitsune_mirai(tmp_path, subset=part)
    assert same_bits(bunch.data, kitsune.X[rows])
    assert same_bits(bunch.target, kitsune.y[rows])
    np.testing.assert_array_equal(bunch.rows, np.arange(17))
    assert bunch.data_filename.endswith(f"mirai_data_{part}.npy")
    assert len(load_kitsune_mirai(tmp_path).data) == len(kitsune.y)
    for name in ("Mirai_dataset.csv", "Mirai_labels.csv"):
        (tmp_path / name).unlink()
        (tmp_path / f"{name}.npy").unlink()
    with pytest.raises(DatasetNotFoundError, match=f"ask for subset='{part}'"):
        load_kitsune_mirai(tmp_path)


def test_gaps_are_kept_where_they_may_be(kitsune, tmp_path):
    X = kitsune.X.copy()
    X[[3, 5], [7, 9]] = np.nan
    kitsune.write(tmp_path)
    path = tmp_path / "Mirai_dataset.csv"
    lines = path.read_text().split("\n")
    for row, column, text in ((3, 7, ""), (5, 9, "nan")):
        cells = lines[row].split(",")
        cells[column] = text
        lines[row] = ",".join(cells)
    path.write_text("\n".join(lines))
    found = load_kitsune_mirai(tmp_path, ensure_all_finite=False)
    np.testing.assert_array_equal(found.data, X)
    made = path.with_name(f"{path.name}.npy").stat().st_mtime_ns
    load_kitsune_mirai(tmp_path, ensure_all_finite=False)
    assert path.with_name(f"{path.name}.npy").stat().st_mtime_ns == made
    with pytest.raises(InvalidDatasetError, match="2 values are not finite numbers"):
        load_kitsune_mirai(tmp_path)


def test_a_conversion_without_gaps_serves_both(kitsune, tmp_path):
    kitsune.write(tmp_path)
    load_kitsune_mirai(tmp_path, ensure_all_finite=False)
    made = (tmp_path / "Mirai_dataset.csv.npy").stat().st_mtime_ns
    assert same_bits(load_kitsune_mirai(tmp_path).data, kitsune.X)
    load_kitsune_mirai(tmp_path, ensure_all_finite=False)
    assert (tmp_path / "Mirai_dataset.csv.npy").stat().st_mtime_ns == made


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


# -- real labels -------------------------------------------------------------------


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
