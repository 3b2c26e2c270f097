"""The two files of NSL-KDD."""

import csv
import gzip
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.preprocessing import OneHotEncoder

from skmirai.datasets import DatasetNotFoundError, InvalidDatasetError, load_nslkdd
from skmirai.datasets._nslkdd import FEATURES

ROW = ["0", "tcp", "http", "SF", *(f"0.{i:02}" for i in range(37)), "normal", "21"]


def changed(**columns):
    names = (*FEATURES, "attack", "difficulty")
    return [columns.get(name, ROW[i]) for i, name in enumerate(names)]


def write(path, *rows):
    path.write_text("\n".join(",".join(row) for row in rows))
    return path


@pytest.fixture
def other(tmp_path):
    return write(
        tmp_path / "test.txt",
        changed(service="smtp", flag="REJ", attack="mscan", difficulty="3"),
        ROW,
    )


def test_two_small_files(tmp_path, other):
    train = write(tmp_path / "train.txt", ROW, changed(protocol_type="udp"), [])
    bunch = load_nslkdd(train, other)
    assert list(bunch.train.data) == bunch.feature_names == list(FEATURES)
    np.testing.assert_array_equal(bunch.test.target, [1, 0])
    np.testing.assert_array_equal(bunch.test.attack, ["mscan", "normal"])
    np.testing.assert_array_equal(bunch.test.difficulty, [3, 21])
    assert bunch.categorical_feature_names == ["protocol_type", "service", "flag"]
    for name in bunch.categorical_feature_names:
        train_type, test_type = bunch.train.data[name], bunch.test.data[name]
        assert train_type.dtype == test_type.dtype
    assert list(bunch.train.data["service"].cat.categories) == ["http", "smtp"]
    others = bunch.test.data.drop(columns=bunch.categorical_feature_names)
    assert (others.dtypes == np.float64).all()
    X, y, X_test, y_test = load_nslkdd(train, other, return_X_y=True)
    pd.testing.assert_frame_equal(X, bunch.train.data)
    pd.testing.assert_frame_equal(X_test, bunch.test.data)
    np.testing.assert_array_equal([*y, *y_test], [0, 0, 1, 0])


def test_header_blank_lines_and_line_ends(tmp_path, other):
    text = ",".join([*FEATURES, "label", "level"]) + "\r\n\r\n" + ",".join(ROW) + "\r\n"
    (tmp_path / "train.txt").write_bytes(text.encode())
    bunch = load_nslkdd(tmp_path / "train.txt", other)
    assert len(bunch.train.data) == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([ROW, ROW[:-1]], r"line 2: 42 comma-separated columns, expected 43"),
        ([ROW, ["@relation x"]], r"not \.arff"),
        ([changed(protocol_type="http")], "protocol_type is 'http', expected a name"),
        ([ROW, changed(service="80")], "line 2: service is '80'"),
        ([changed(flag="")], "flag is ''"),
        ([changed(attack="normal.")], "attack is 'normal.'"),
        ([changed(attack="Normal")], "attack is 'Normal'"),
        ([changed(attack="21", difficulty="1")], "attack is '21'"),
        ([ROW, changed(difficulty="22")], "difficulty .*'22' in line 2"),
        ([changed(difficulty="1.5")], "difficulty .*whole numbers"),
        ([[], ROW, changed(land="x"), changed(land="?")], "2 values .*'x' in line 3"),
        ([changed(hot="nan")], "values of hot are wrong, the first is 'nan'"),
        ([changed(hot="-1")], "numbers >= 0"),
        ([[*FEATURES[:3], "x", *FEATURES[4:], "a", "b"]], "column 3 is named 'x'"),
        ([[*FEATURES, "a", "b"]], "no rows"),
        ([["<html>"]], "web page"),
    ],
)
@pytest.mark.parametrize("which", ["train", "test"])
def test_wrong_files(tmp_path, other, rows, message, which):
    wrong = write(tmp_path / "wrong.txt", *rows)
    files = (wrong, other) if which == "train" else (other, wrong)
    with pytest.raises(InvalidDatasetError, match=message) as caught:
        load_nslkdd(*files)
    assert str(wrong) in str(caught.value)


def test_missing_and_damaged_files(tmp_path, other):
    with pytest.raises(DatasetNotFoundError, match="there is no file"):
        load_nslkdd(tmp_path / "none.txt", other)
    (tmp_path / "cut.gz").write_bytes(gzip.compress(other.read_bytes())[:-9])
    with pytest.raises(InvalidDatasetError, match="cut off or damaged"):
        load_nslkdd(tmp_path / "cut.gz", other)


@pytest.mark.parametrize("ending", ["", ".gz", ".zip"])
def test_folder(tmp_path, ending):
    for name, row in (
        ("KDDTrain+.txt", ROW),
        ("KDDTrain+_20Percent.txt", changed(attack="neptune")),
        ("KDDTest+.txt", changed(attack="mscan")),
    ):
        path = write(tmp_path / name, row)
        if ending == ".gz":
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        elif ending == ".zip":
            with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
                archive.write(path, name)
        if ending:
            path.unlink()
    whole = load_nslkdd(str(tmp_path))
    part = load_nslkdd(tmp_path, subset="20_percent")
    assert whole.train.attack.tolist() == ["normal"]
    assert part.train.attack.tolist() == ["neptune"]
    assert whole.test.attack.tolist() == part.test.attack.tolist() == ["mscan"]
    assert part.train.filename == str(tmp_path / f"KDDTrain+_20Percent.txt{ending}")


def test_arrays(tmp_path, other):
    train = write(tmp_path / "train.txt", ROW, ROW)
    frames = load_nslkdd(train, other)
    arrays = load_nslkdd(train, other, as_frame=False)
    for name in ("train", "test"):
        expected = frames[name].data.astype(object).to_numpy()
        np.testing.assert_array_equal(arrays[name].data, expected)
        assert type(arrays[name].target) is np.ndarray
        np.testing.assert_array_equal(arrays[name].target, frames[name].target)
    answer = load_nslkdd(train, other, as_frame=False, return_X_y=True)
    assert [part.shape for part in answer] == [(2, 41), (2,), (2, 41), (2,)]


def test_folders_and_files_are_told_apart(tmp_path, other):
    with pytest.raises(DatasetNotFoundError, match="there is no folder"):
        load_nslkdd(other)
    with pytest.raises(DatasetNotFoundError, match=r"there is no KDDTrain\+.txt in"):
        load_nslkdd(tmp_path)
    write(tmp_path / "KDDTrain+.txt", ROW)
    with pytest.raises(DatasetNotFoundError, match=r"no KDDTest\+.txt in .*nor KDDT"):
        load_nslkdd(tmp_path)
    with pytest.raises(ValueError, match="subset='20_percent' chooses among the train"):
        load_nslkdd(other, other, subset="20_percent")


@pytest.mark.slow
@pytest.mark.real_data
def test_the_whole_training_file(data_dir):
    bunch = load_nslkdd(data_dir / "nslkdd")
    part = load_nslkdd(data_dir / "nslkdd", subset="20_percent").train
    assert bunch.train.data.shape == (125_973, 41)
    assert np.bincount(bunch.train.target).tolist() == [67_343, 58_630]
    assert len(np.unique(bunch.train.attack)) == 23
    n_rows = len(part.data)
    assert n_rows == 25_192
    np.testing.assert_array_equal(bunch.train.attack[:n_rows], part.attack)
    numbers = [n for n in FEATURES if n not in bunch.categorical_feature_names]
    pd.testing.assert_frame_equal(
        bunch.train.data[numbers].head(n_rows), part.data[numbers]
    )


@pytest.mark.slow
@pytest.mark.real_data
def test_real_files(data_dir):
    folder = data_dir / "nslkdd"
    files = folder / "KDDTrain+_20Percent.txt.gz", folder / "KDDTest+.txt.gz"
    bunch = load_nslkdd(*files)
    assert bunch.train.data.shape == (25_192, 41)
    assert bunch.test.data.shape == (22_544, 41)
    np.testing.assert_array_equal(bunch.train.target.value_counts(), [13_449, 11_743])
    assert (bunch.test.target == 0).sum() == 9_711
    assert set(bunch.test.attack) - set(bunch.train.attack) >= {"mscan", "apache2"}
    for path, part in zip(files, (bunch.train, bunch.test), strict=True):
        with gzip.open(path, "rt") as text:
            rows = list(csv.reader(text))
        assert [row[41] for row in rows] == part.attack.tolist()
        assert [int(row[42]) for row in rows] == part.difficulty.tolist()
        for i, name in enumerate(FEATURES):
            column = part.data[name]
            kind = str if isinstance(column.dtype, pd.CategoricalDtype) else float
            assert [kind(row[i]) for row in rows] == column.to_list()


@pytest.mark.real_data
def test_names_and_kinds_of_the_fields(data_dir):
    with open(data_dir / "nslkdd" / "field_names.csv") as text:
        fields = dict(csv.reader(text))
    assert tuple(fields) == FEATURES
    symbolic = [name for name, kind in fields.items() if kind == "symbolic"]
    assert symbolic == ["protocol_type", "service", "flag"]


@pytest.mark.slow
@pytest.mark.real_data
def test_frames_go_into_scikit_learn(data_dir):
    folder = data_dir / "nslkdd"
    X, _, X_test, _ = load_nslkdd(
        folder / "KDDTrain+_20Percent.txt.gz",
        folder / "KDDTest+.txt.gz",
        return_X_y=True,
    )
    encoder = make_column_transformer(
        (
            OneHotEncoder(handle_unknown="ignore"),
            make_column_selector(dtype_include="category"),
        ),
        remainder="passthrough",
    )
    n_values = sum(X[name].nunique() for name in ("protocol_type", "service", "flag"))
    assert encoder.fit(X).transform(X_test).shape == (22_544, 38 + n_values)
