"""Tables to learn from, as commands read them."""

import numpy as np
import pandas as pd
import pytest

from skmirai.cli import _feature_tables
from skmirai.cli._tables import read_table
from skmirai.cli._training.rows import training_rows


@pytest.fixture
def flows():
    return pd.DataFrame(
        {
            "port": ["80"] * 12 + ["http"] * 8,
            "retries": ["-", "1", "2", "3"] * 5,
            "length": np.arange(20) / 7,
            "label": (["0"] * 6 + ["scan"] * 4) * 2,
        }
    )


def rows_of(path, *, groups=None, drop=(), target="label", of_classes=True):
    return training_rows(
        path,
        target=target,
        groups=groups,
        drop=[*drop],
        n_folds=2,
        of_classes=of_classes,
    )


def test_text_is_text_in_all_rows(flows, tmp_path, monkeypatch):
    monkeypatch.setattr(_feature_tables, "ROWS", 5)
    expected = flows.assign(retries=pd.to_numeric(flows["retries"], errors="coerce"))
    flows.to_csv(tmp_path / "flows.csv", index=False)
    flows.to_parquet(tmp_path / "flows.parquet")
    for name in ("flows.csv", "flows.parquet"):
        found = read_table(tmp_path / name)
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_labels_groups_and_gaps(flows, tmp_path):
    path = tmp_path / "flows.csv"
    flows.assign(label=" " + flows["label"], device=flows["label"] + "!").to_csv(
        path, index=False
    )
    rows = rows_of(path, groups="device", drop=["port"])
    assert rows.y.tolist() == flows["label"].tolist()
    assert rows.groups.tolist() == (flows["label"] == "scan").astype(int).tolist()
    assert [*rows.X] == ["retries", "length"]
    assert rows.params == {"missing": "impute"}
    rows = rows_of(path, drop=["retries", "device"])
    assert [*rows.X] == ["port", "length"]
    assert rows.params == {}


def test_columns_without_names_keep_their_places(tmp_path):
    table = np.random.default_rng(0).random((20, 5))
    table[:, 1], table[:, 3] = np.arange(20) % 2, np.arange(20) // 5
    table[0, 4] = np.nan
    np.save(tmp_path / "rows.npy", table)
    rows = rows_of(tmp_path / "rows.npy", target="1", groups="3", drop=["4", "0"])
    np.testing.assert_array_equal(rows.X, table[:, [0, 2, 4]])
    np.testing.assert_array_equal(rows.y, table[:, 1])
    np.testing.assert_array_equal(rows.groups, table[:, 3])
    assert rows.params == {"drop_columns": [0, 2]}
    rows = rows_of(tmp_path / "rows.npy", target="0", of_classes=False)
    np.testing.assert_array_equal(rows.y, table[:, 0])
    assert rows.params == {"missing": "impute"}


def test_text_without_names_is_a_category(flows, tmp_path):
    flows["device"] = flows["port"]
    flows.to_csv(tmp_path / "flows.csv", index=False, header=False)
    rows = rows_of(tmp_path / "flows.csv", target="3", drop=["0"])
    assert rows.X[1].tolist() == ["80", 1.0, 1 / 7, "80"]
    assert rows.params == {
        "drop_columns": [0],
        "categorical_features": [3],
        "missing": "impute",
    }


@pytest.mark.parametrize("n_values", [100, 101])
def test_many_numbers_are_no_classes(n_values, tmp_path):
    path = tmp_path / "rows.npy"
    codes = np.repeat(np.arange(n_values), 2)
    np.save(path, np.column_stack([codes, np.sqrt(codes)]))
    if n_values == 100:
        assert rows_of(path, target="0").y.tolist() == codes.tolist()
        return
    with pytest.raises(ValueError, match="column 0 holds 101 different numbers"):
        rows_of(path, target="0")


def test_fractions_are_no_classes(tmp_path):
    np.save(tmp_path / "rows.npy", np.tile([[0.5, 1], [1, 2]], (5, 1)))
    with pytest.raises(ValueError, match="column 0 holds 2 different numbers"):
        rows_of(tmp_path / "rows.npy", target="0")
