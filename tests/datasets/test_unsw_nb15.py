"""UNSW-NB15: partition and raw records."""

import csv
import gzip
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from skmirai.datasets import DatasetNotFoundError, InvalidDatasetError, load_unsw_nb15
from skmirai.datasets._unsw_nb15 import PARTITION, RAW, SYMBOLIC

TEXTS = {
    "proto": "tcp",
    "service": "-",
    "state": "FIN",
    "srcip": "59.166.0.1",
    "dstip": "149.171.126.7",
    "sport": "1390",
    "dsport": "53",
    "attack_cat": "Normal",
    "label": "0",
}


def row(names=PARTITION, **changed):
    """Return fields of a line; numbers are their places."""
    texts = {**TEXTS, **changed}
    return [texts.get(name, f"{i}.5") for i, name in enumerate(names)]


def raw(**changed):
    return row(RAW, **{"attack_cat": "", **changed})


def write(path, *rows, start=""):
    text = start + "\n".join(",".join(fields) for fields in rows) + "\n"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "UNSW_NB15_testing-set.csv"


ATTACK = {"attack_cat": "Exploits", "label": "1", "service": "http"}


def test_partition(path):
    write(path, list(PARTITION), row(), row(**ATTACK), start="\ufeff")
    bunch = load_unsw_nb15(path)
    assert bunch.feature_names == list(bunch.data) == list(PARTITION[1:-2])
    assert bunch.categorical_feature_names == ["proto", "service", "state"]
    assert list(bunch.data["service"].cat.categories) == ["-", "http"]
    numbers = bunch.data.drop(columns=bunch.categorical_feature_names)
    assert (numbers.dtypes == np.float64).all()
    assert numbers["dur"].tolist() == [1.5, 1.5]
    assert bunch.target.tolist() == [0, 1]
    assert bunch.target.dtype == np.int64
    assert bunch.attack.tolist() == ["Normal", "Exploits"]
    assert bunch.filenames == [str(path)]
    pd.testing.assert_frame_equal(
        bunch.frame, pd.concat([bunch.data, bunch.target], axis=1)
    )


def test_number_of_rows_is_left_out_by_default(path):
    write(path, list(PARTITION), row())
    assert "id" not in load_unsw_nb15(path).data
    kept = load_unsw_nb15(path, drop_id=False)
    assert kept.feature_names == list(PARTITION[:-2])
    assert kept.data["id"].tolist() == [0.5]


@pytest.mark.parametrize("names", [PARTITION, PARTITION[1:], RAW])
@pytest.mark.parametrize("header", [False, True])
def test_header_or_none(path, names, header):
    written = [
        name.upper() if name != "ct_src_ltm" else "ct_src_ ltm" for name in names
    ]
    rows = [row(names), row(names, **ATTACK)]
    write(path, *[written] * header, *rows)
    bunch = load_unsw_nb15(path)
    assert bunch.feature_names == [n for n in names[:-2] if n != "id"]
    assert bunch.target.tolist() == [0, 1]


def test_raw_records(path):
    """As published: blanks around names, hexadecimal ports, no counts."""
    attacks = [" Fuzzers", " Fuzzers ", "Backdoors"]
    rows = [raw(attack_cat=name, label="1") for name in attacks]
    rows += [raw(sport="0x000b", dsport="-", ct_ftp_cmd=" ", is_ftp_login="")]
    write(path, *rows)
    bunch = load_unsw_nb15(path, target="attack_cat")
    assert bunch.attack.tolist() == ["Fuzzers", "Fuzzers", "Backdoor", "Normal"]
    assert bunch.target.tolist() == bunch.attack.tolist()
    assert bunch.target_names == ["Backdoor", "Fuzzers", "Normal"]
    assert bunch.categorical_feature_names == [n for n in RAW if n in SYMBOLIC]
    last = bunch.data.iloc[3]
    assert last["sport"] == 11
    lacking = last[last.isna().to_numpy()].index.tolist()
    assert lacking == ["dsport", "is_ftp_login", "ct_ftp_cmd"]


def test_forms_of_the_answer(path):
    write(path, list(PARTITION), row(), row(**ATTACK))
    bunch = load_unsw_nb15(path)
    X, y = load_unsw_nb15(path, return_X_y=True)
    pd.testing.assert_frame_equal(X, bunch.data)
    pd.testing.assert_series_equal(y, bunch.target)
    values, labels = load_unsw_nb15(path, as_frame=False, return_X_y=True)
    assert values.shape == (2, 42)
    np.testing.assert_array_equal(values, bunch.data.astype(object).to_numpy())
    assert [type(value) for value in values[0, :2]] == [float, str]
    assert labels.tolist() == [0, 1]
    plain = load_unsw_nb15(path, as_frame=False, target="attack_cat")
    assert plain.frame is None
    assert plain.target.tolist() == ["Normal", "Exploits"]


def test_files_are_joined_in_their_order(tmp_path):
    one = write(tmp_path / "one.csv", raw(proto="udp"))
    two = write(tmp_path / "two.csv", raw(proto="arp", label="1", attack_cat="DoS"))
    bunch = load_unsw_nb15([one, two])
    assert bunch.data["proto"].tolist() == ["udp", "arp"]
    assert list(bunch.data["proto"].cat.categories) == ["arp", "udp"]
    assert bunch.filenames == [str(one), str(two)]
    other = write(tmp_path / "other.csv", row())
    with pytest.raises(
        InvalidDatasetError, match=r"other\.csv has 45 columns but .*49"
    ):
        load_unsw_nb15([one, other])
    with pytest.raises(ValueError, match="names no file"):
        load_unsw_nb15([])


def test_attacks_without_names(path):
    write(path, raw(label="1"), raw())
    bunch = load_unsw_nb15(path)
    assert bunch.target.tolist() == [1, 0]
    assert bunch.attack.tolist() == ["unknown", "Normal"]
    with pytest.raises(InvalidDatasetError, match="attack_cat is empty in 1 rows of"):
        load_unsw_nb15(path, target="attack_cat")


HEADER = list(PARTITION)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row()[:-2]], "43 comma-separated columns, expected 45 or 44 .* or 49"),
        ([HEADER], "has no rows of data"),
        ([["x", *HEADER[1:]]], "column 0 is named 'x' in the header, expected 'id'"),
        (
            [HEADER, row(proto="6")],
            "proto is '6' in row 1 of the data, expected a name",
        ),
        ([HEADER, row(), row(state="")], "state is '' in row 2 of the data"),
        ([HEADER, row(), row(dur="x")], "dur is 'x' in row 2 .*expected a finite"),
        ([HEADER, row(dur="")], "dur is .* in row 1 of the data, expected a finite"),
        ([HEADER, row(dur="inf")], "dur is inf in row 1"),
        ([HEADER, row(label="2")], "label is .*2.* expected 0 or 1"),
        ([HEADER, row(label="1")], "label 1 and the attack 'Normal', which contradict"),
        ([HEADER, row(attack_cat="DoS")], "label 0 and the attack 'DoS'"),
        ([HEADER, row(), row()[:-1]], "label is '' in row 2"),
        ([HEADER, row(), [*row(), "1"]], "expected 45 columns in each line"),
        ([raw(sport="0xz")], "sport is '0xz' in row 1"),
        ([raw(ct_ftp_cmd="x")], "ct_ftp_cmd is 'x' in row 1"),
        ([["<html>"]], "web page"),
    ],
)
def test_wrong_files(path, rows, message):
    write(path, *rows)
    with pytest.raises(InvalidDatasetError, match=message) as caught:
        load_unsw_nb15(path)
    assert str(path) in str(caught.value)


def test_missing_and_damaged_files(tmp_path):
    with pytest.raises(
        DatasetNotFoundError, match=r"no file .*get it from https://res"
    ):
        load_unsw_nb15(tmp_path / "none.csv")
    whole = write(tmp_path / "whole.csv", HEADER, row()).read_bytes()
    (tmp_path / "cut.gz").write_bytes(gzip.compress(whole)[:-9])
    with pytest.raises(InvalidDatasetError, match="cut off or damaged"):
        load_unsw_nb15(tmp_path / "cut.gz")


def rows_of(path):
    with gzip.open(path, "rt", encoding="utf-8-sig") as text:
        return list(csv.DictReader(text))


@pytest.mark.slow
@pytest.mark.real_data
def test_real_partition(data_dir):
    path = data_dir / "unsw_nb15" / "UNSW_NB15_82332.csv.gz"
    bunch = load_unsw_nb15(path)
    assert bunch.data.shape == (82_332, 42)
    assert np.bincount(bunch.target).tolist() == [37_000, 45_332]
    rows = rows_of(path)
    assert [r["attack_cat"] for r in rows] == bunch.attack.tolist()
    for name in bunch.feature_names:
        kind = str if name in SYMBOLIC else float
        assert [kind(r[name]) for r in rows] == bunch.data[name].to_list()


@pytest.mark.real_data
@pytest.mark.parametrize(("n_rows", "n_attacks"), [(10_000, 1_326), (5_000, 605)])
def test_real_raw_records(data_dir, n_rows, n_attacks):
    path = data_dir / "unsw_nb15" / f"raw_sample_{n_rows}.csv.gz"
    bunch = load_unsw_nb15(path)
    assert bunch.data.shape == (n_rows, 47)
    assert Counter(bunch.target.tolist())[1] == n_attacks
    rows = rows_of(path)
    for name in bunch.feature_names:
        kind = str if name in SYMBOLIC else float
        assert [kind(r[name]) for r in rows] == bunch.data[name].to_list()
