"""Captures of N-BaIoT."""

import csv
import gzip
import io
import zipfile

import numpy as np
import pytest
from sklearn.model_selection import LeaveOneGroupOut

from skmirai.datasets import DatasetNotFoundError, InvalidDatasetError, load_nbaiot
from skmirai.feature_extraction import FEATURE_NAMES


def capture(n_rows, seed=0, names=FEATURE_NAMES):
    X = np.random.default_rng(seed).lognormal(2, 5, (n_rows, len(names)))
    lines = [",".join(names), *(",".join(map(repr, row)) for row in X.tolist())]
    return X, "\n".join(lines) + "\n"


def put(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    elif name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inside.csv", text)
    else:
        path.write_text(text)


NAMES = {
    "Ennio_Doorbell/benign_traffic.csv": ("benign", "Ennio_Doorbell"),
    "Ennio_Doorbell/gafgyt_attacks/tcp.csv": ("gafgyt_tcp", "Ennio_Doorbell"),
    "Ennio_Doorbell/mirai_attacks/udpplain.csv": ("mirai_udpplain", "Ennio_Doorbell"),
    "2.benign.csv": ("benign", "Ecobee_Thermostat"),
    "9.gafgyt.combo.csv": (
        "gafgyt_combo",
        "SimpleHome_XCS7_1003_WHT_Security_Camera",
    ),
    "benign_traffic.csv.gz": ("benign", "unknown"),
    "scan.csv.gz": ("scan", "unknown"),
    "doorbell_udp.csv.gz": ("udp", "doorbell"),
    "ennio_gafgyt_tcp.zip": ("gafgyt_tcp", "ennio"),
    "Ennio-Doorbell mirai SYN.CSV": ("mirai_syn", "Ennio_Doorbell"),
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files(tmp_path, name):
    X, text = capture(3)
    put(tmp_path, name, text)
    bunch = load_nbaiot(tmp_path)
    np.testing.assert_array_equal(bunch.data, X)
    assert (bunch.kinds, bunch.devices) == tuple([x] for x in NAMES[name])
    np.testing.assert_array_equal(bunch.target, [NAMES[name][0] != "benign"] * 3)
    assert bunch.captures == [name.partition(".gz")[0].rsplit(".", 1)[0]]
    assert bunch.filenames == [str(tmp_path / name)]
    assert bunch.feature_names == list(FEATURE_NAMES)


@pytest.fixture
def folder(tmp_path):
    for seed, (name, n_rows) in enumerate(
        (("b/benign.csv", 5), ("b/mirai_attacks/ack.csv.gz", 4), ("a/benign.zip", 3))
    ):
        put(tmp_path, name, capture(n_rows, seed)[1])
    for name in "device_info.csv", "README.md", "._b.csv", "__MACOSX/x.csv":
        put(tmp_path, name, "no capture")
    return tmp_path


def test_captures_one_after_the_other(folder):
    bunch = load_nbaiot(folder)
    assert bunch.captures == ["a/benign", "b/benign", "b/mirai_attacks/ack"]
    tables = [capture(3, 2)[0], capture(5, 0)[0], capture(4, 1)[0]]
    np.testing.assert_array_equal(bunch.data, np.concatenate(tables))
    np.testing.assert_array_equal(bunch.groups, np.repeat([0, 1, 2], [3, 5, 4]))
    np.testing.assert_array_equal(bunch.target, np.repeat([0, 0, 1], [3, 5, 4]))
    splits = LeaveOneGroupOut().split(bunch.data, bunch.target, bunch.groups)
    assert [len(test) for _, test in splits] == [3, 5, 4]


def test_patterns_and_first_rows(folder):
    assert load_nbaiot(folder, patterns="*benign*").devices == ["a", "b"]
    bunch = load_nbaiot(folder, patterns=["a/*", "*ack*"], max_rows=2)
    np.testing.assert_array_equal(
        bunch.data, [*capture(3, 2)[0][:2], *capture(4, 1)[0][:2]]
    )


def test_first_rows_across_blocks(folder, monkeypatch):
    from skmirai.datasets import _nbaiot

    whole = _nbaiot.read_numbers
    monkeypatch.setattr(
        _nbaiot, "read_numbers", lambda *a, **more: whole(*a, **more, block=1)
    )
    for n_rows in 1, 2, 3, 9:
        bunch = load_nbaiot(folder, patterns="a/*", max_rows=n_rows)
        np.testing.assert_array_equal(bunch.data, capture(3, 2)[0][:n_rows])


def test_frames_and_pairs(folder):
    bunch = load_nbaiot(folder, as_frame=True)
    assert list(bunch.frame) == [*FEATURE_NAMES, "target"]
    X, y = load_nbaiot(folder, return_X_y=True)
    np.testing.assert_array_equal(X, bunch.data)
    np.testing.assert_array_equal(y, bunch.target)


def test_one_capture_in_two_forms_is_read_once(tmp_path):
    X, text = capture(3)
    put(tmp_path, "benign.csv", text)
    put(tmp_path, "benign.csv.gz", "not read")
    np.testing.assert_array_equal(load_nbaiot(tmp_path).data, X)


def test_nothing_there(tmp_path):
    with pytest.raises(DatasetNotFoundError, match="no captures"):
        load_nbaiot(tmp_path)
    with pytest.raises(DatasetNotFoundError, match="no folder"):
        load_nbaiot(tmp_path / "none")
    put(tmp_path, "benign.csv", capture(2)[1])
    with pytest.raises(DatasetNotFoundError, match=r"that match \['\*ack\*'\]"):
        load_nbaiot(tmp_path, patterns="*ack*")


@pytest.mark.parametrize(
    "name", ["traffic.csv", "benign_udp.csv", "tcp_udp.csv", "udpx.csv", "(.csv"]
)
def test_names_that_do_not_tell_the_label(tmp_path, name):
    put(tmp_path, name, capture(2)[1])
    with pytest.raises(InvalidDatasetError, match=r"the name tells .* rename"):
        load_nbaiot(tmp_path)


SWAPPED = (FEATURE_NAMES[1], FEATURE_NAMES[0], *FEATURE_NAMES[2:])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (capture(2, names=("x", *FEATURE_NAMES[1:]))[1], "0 is named 'x', expected"),
        (capture(2, names=SWAPPED)[1], "feature 0 is named 'MI_dir_L5_mean'"),
        (capture(2, names=FEATURE_NAMES[1:])[1], "114 .* expected 115"),
        (capture(2)[1].split("\n", 1)[1], "no header row"),
        (capture(0)[1], "no rows"),
        ("<html>", "web page"),
        (capture(2)[1] + "1,2\n", "line 4: 2 "),
        (capture(2)[1][:-1] + "?\n", "not a finite number"),
    ],
)
def test_files_that_are_no_captures(tmp_path, text, message):
    put(tmp_path, "benign.csv", text)
    with pytest.raises(InvalidDatasetError, match=message) as caught:
        load_nbaiot(tmp_path)
    assert str(tmp_path / "benign.csv") in str(caught.value)


def test_archives_of_several_files(tmp_path):
    with zipfile.ZipFile(tmp_path / "benign.zip", "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "x")
    with pytest.raises(InvalidDatasetError, match="archive of 2 files"):
        load_nbaiot(tmp_path)


@pytest.mark.real_data
def test_real_captures(data_dir):
    bunch = load_nbaiot(data_dir / "nbaiot", max_rows=500)
    assert dict(zip(bunch.captures, bunch.kinds, strict=True)) == {
        "benign_traffic": "benign",
        "doorbell_udp": "udp",
        "ennio_gafgyt_tcp": "gafgyt_tcp",
        "ennio_gafgyt_udp": "gafgyt_udp",
        "scan": "scan",
        "thermostat_udp": "udp",
    }
    assert bunch.devices == [
        *("unknown", "doorbell", "ennio", "ennio", "unknown", "thermostat"),
    ]
    np.testing.assert_array_equal(
        np.bincount(bunch.groups), [299, 299, 500, 500, 299, 299]
    )
    np.testing.assert_array_equal(np.bincount(bunch.target), [299, 1897])
    with gzip.open(data_dir / "nbaiot" / "scan.csv.gz", "rt") as text:
        _, *rows = csv.reader(text)
    expected = np.array([[float(x) for x in row] for row in rows])
    assert bunch.data[bunch.groups == 4].tobytes() == expected.tobytes()


@pytest.mark.slow
@pytest.mark.real_data
def test_a_whole_real_capture(data_dir):
    bunch = load_nbaiot(data_dir / "nbaiot", patterns="*_udp.zip")
    assert bunch.data.shape == (103_933, 115)
    path = data_dir / "nbaiot" / "ennio_gafgyt_udp.zip"
    with zipfile.ZipFile(path) as archive, archive.open("udp.csv") as raw:
        last = list(csv.reader(io.TextIOWrapper(raw)))[-1]
    np.testing.assert_array_equal(bunch.data[-1], [float(x) for x in last])
