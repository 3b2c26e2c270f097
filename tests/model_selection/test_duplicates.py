"""duplicate_groups against comparing every row with every other."""

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from skmirai.datasets import load_unsw_nb15
from skmirai.model_selection import duplicate_groups


def by_brute_force(X, tolerance):
    """Linked rows of a table of numbers, all pairs compared."""
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore")  # columns without a number
        known = np.where(np.isfinite(X), X, np.nan)
        allowed = [np.nanstd(c) * tolerance for c in known.T]
        apart = np.abs(X[:, None] - X[None])
    same = (X[:, None] == X[None]) | (np.isnan(X)[:, None] & np.isnan(X)[None])
    near = np.isfinite(known)[:, None] & np.isfinite(known)[None]
    near &= apart <= np.array(allowed) * (1 + 1e-9)
    return connected_components((same | near).all(axis=2))[1]


numbers = st.sampled_from([0.0, -0.0, 1.0, 1.01, 1.02, 1.2, 5.0, np.nan, np.inf])


@given(
    arrays(
        np.float64, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=numbers
    ),
    st.sampled_from([0.0, 0.005, 0.02, 0.3]),
)
def test_groups_are_those_of_all_pairs(X, tolerance):
    expected = pd.factorize(by_brute_force(X, tolerance))[0]
    np.testing.assert_array_equal(duplicate_groups(X, tolerance=tolerance), expected)


@pytest.mark.parametrize("tolerance", [0.0, 0.05, 0.5])
def test_many_rows(tolerance):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3)) + 5 * rng.integers(3, size=(400, 1))
    X[200:300] = X[:100] + rng.normal(0, 0.01, (100, 3))
    found = duplicate_groups(X, tolerance=tolerance)
    np.testing.assert_array_equal(found, pd.factorize(by_brute_force(X, tolerance))[0])
    assert found.max() + 1 == len(np.unique(found))


def frame():
    return pd.DataFrame(
        {
            "proto": ["tcp", "udp", "tcp", None, None, "tcp"],
            "port": pd.array([80, 53, 80, None, None, 81], dtype="Int64"),
            "seconds": [0.5, 1.0, 0.5, np.nan, np.nan, 0.5],
            "day": pd.to_datetime(["2020-01-01"] * 5 + [None]),
            "up": [True, False, True, True, True, True],
        }
    )


@pytest.mark.parametrize("tolerance", [0, 0.01])
@pytest.mark.parametrize(
    "made", [frame, lambda: pa.Table.from_pandas(frame()), lambda: frame().to_numpy()]
)
def test_tables_with_text_and_gaps(made, tolerance):
    found = duplicate_groups(made(), tolerance=tolerance)
    np.testing.assert_array_equal(found, [0, 1, 0, 2, 2, 3])


def test_sparse_tables_and_types():
    X = np.array([[0, 1], [2, 0], [0, 1], [0, 0]])
    for table in (X, X.astype(np.uint8), csr_array(X), X.tolist(), X.astype(str)):
        np.testing.assert_array_equal(duplicate_groups(table), [0, 1, 0, 2])


def test_order_of_rows_and_columns_does_not_matter():
    rng = np.random.default_rng(0)
    X = rng.integers(3, size=(300, 4)) + rng.normal(0, 1e-4, (300, 4))
    groups = duplicate_groups(X, tolerance=1e-3)
    assert 50 < groups.max() < 150
    rows, columns = rng.permutation(300), rng.permutation(4)
    again = duplicate_groups(X[rows][:, columns], tolerance=1e-3)
    np.testing.assert_array_equal(again, pd.factorize(groups[rows])[0])


@pytest.mark.real_data
def test_unsw_nb15(data_dir):
    path = data_dir / "unsw_nb15" / "UNSW_NB15_82332.csv.gz"
    X = load_unsw_nb15(path).data
    groups = duplicate_groups(X)
    assert groups.max() + 1 == len(X.drop_duplicates())
    assert 0.3 < 1 - (groups.max() + 1) / len(X) < 0.5
    nearer = duplicate_groups(X, tolerance=1e-3)
    assert nearer.max() < groups.max()
    # near groups are unions of equal ones
    assert pd.Series(nearer).groupby(groups).nunique().max() == 1


@pytest.mark.parametrize(
    ("X", "tolerance", "error", "message"),
    [
        (
            np.zeros((2, 1)),
            -1,
            ValueError,
            "tolerance=-1 must be finite and at least 0",
        ),
        (np.zeros((2, 1)), np.nan, ValueError, "tolerance=nan must be finite"),
        (np.zeros((2, 1)), "1 %", TypeError, "tolerance='1 %' must be a number"),
        (np.zeros(3), 0, ValueError, r"got an array of shape \(3,\)"),
        (np.zeros((3, 0)), 0, ValueError, "X has no column"),
    ],
)
def test_wrong_input(X, tolerance, error, message):
    with pytest.raises(error, match=message):
        duplicate_groups(X, tolerance=tolerance)


def test_no_row():
    assert len(duplicate_groups(np.zeros((0, 2)))) == 0
    assert len(duplicate_groups(np.zeros((0, 2)), tolerance=0.1)) == 0
