"""Columns of any table: two of one name are refused in our own words."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression

from skmirai.model_selection import (
    audit_leakage,
    baseline_report,
    drift_report,
    duplicate_groups,
)

VALUES = np.random.default_rng(0).normal(size=(60, 2))
CALLS = {
    "audit": lambda X, y: audit_leakage(X, y),
    "baselines": lambda X, y: baseline_report(LogisticRegression(), X, y),
    "drift": lambda X, y: drift_report(
        LogisticRegression(), X, y, times=np.arange(len(y))
    ),
}
TABLES = {
    "pandas": lambda: pd.DataFrame(VALUES, columns=["port", "port"]),
    "arrow": lambda: pa.Table.from_arrays(
        [pa.array(values) for values in VALUES.T], names=["port", "port"]
    ),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("table", TABLES)
def test_one_name_for_two_columns(table, call):
    with pytest.raises(ValueError, match="X has more than one column 'port': rename"):
        CALLS[call](TABLES[table](), np.tile([0, 1], 30))


def test_one_name_for_two_columns_of_the_test_side():
    X, y = pd.DataFrame(VALUES, columns=["port", "size"]), np.tile([0, 1], 30)
    with pytest.raises(ValueError, match="X_test has more than one column 'port'"):
        audit_leakage(X, y, X_test=TABLES["pandas"](), y_test=y)


def test_equal_rows_are_found_by_position():
    twice = pd.DataFrame([[1, 2], [2, 1], [1, 2]], columns=["port", "port"])
    assert duplicate_groups(twice).tolist() == [0, 1, 0]


def test_polars_says_what_pandas_says(monkeypatch):
    pl = pytest.importorskip("polars")

    def needs_pyarrow(_):
        raise ModuleNotFoundError("pa.Table requires 'pyarrow' module")

    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "size": rng.normal(size=300),
            "port": pd.array([None, *rng.integers(0, 9, 299)], dtype="Int64"),
            "service": pd.Series(rng.choice(["dns", None], 300), dtype="object"),
            "at": pd.Timestamp("2018-02-18") + pd.to_timedelta(np.arange(300), "h"),
            "number": np.arange(300),
        }
    )
    y = rng.integers(0, 2, 300)
    tables = pl.DataFrame(
        {
            "size": X["size"].to_numpy(),
            "port": [None, *X["port"][1:].tolist()],
            "service": [None if pd.isna(s) else s for s in X["service"]],
            "at": X["at"].dt.to_pydatetime().tolist(),
            "number": X["number"].to_numpy(),
        }
    )
    monkeypatch.setattr(pl.DataFrame, "to_pandas", needs_pyarrow)
    assert (duplicate_groups(tables) == duplicate_groups(X)).all()
    pd.testing.assert_frame_equal(
        audit_leakage(tables, y).to_frame(), audit_leakage(X, y).to_frame()
    )
