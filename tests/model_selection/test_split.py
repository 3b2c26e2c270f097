"""train_val_test_split: shares, classes, whole groups, and time."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from skmirai.model_selection import train_val_test_split

N = 1000


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    y = np.where(rng.random(N) < 0.1, "attack", "benign")
    return np.arange(N)[:, None], y


def numbers(parts):
    return [part.ravel() for part in parts]


def test_shares_and_every_row_once(table):
    X, _ = table
    rows = numbers(train_val_test_split(X, random_state=0))
    assert [len(part) for part in rows] == [700, 150, 150]
    np.testing.assert_array_equal(np.sort(np.concatenate(rows)), np.arange(N))
    other = numbers(train_val_test_split(X, val_size=0.2, test_size=0.3))
    assert [len(part) for part in other] == [500, 200, 300]
    again = numbers(train_val_test_split(X, random_state=0))
    for one, two in zip(rows, again, strict=True):
        np.testing.assert_array_equal(one, two)


def test_classes_in_equal_shares(table):
    X, y = table
    parts = train_val_test_split(X, y, stratify=y, random_state=0)
    shares = [(part == "attack").mean() for part in parts[3:]]
    np.testing.assert_allclose(shares, (y == "attack").mean(), atol=0.01)
    for part, labels in zip(parts[:3], parts[3:], strict=True):
        np.testing.assert_array_equal(y[part.ravel()], labels)


@given(st.integers(3, 40), st.booleans(), st.integers(0, 9))
def test_no_group_is_parted(n_groups, stratified, seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(n_groups, size=600)
    y = rng.integers(2, size=600)
    parts = numbers(
        train_val_test_split(
            np.arange(600)[:, None],
            groups=groups,
            stratify=y if stratified else None,
            random_state=seed,
        )
    )
    sides = [set(groups[part]) for part in parts]
    assert sides[0] | sides[1] | sides[2] == set(groups)
    assert sum(map(len, sides)) == len(set(groups))
    assert all(sides)


def test_many_groups_keep_shares_and_classes():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(200), 10)
    y = (rng.random(200) < 0.2)[groups]
    parts = train_val_test_split(groups, y, groups=groups, stratify=y, random_state=0)
    sizes = [len(part) for part in parts[:3]]
    np.testing.assert_allclose(sizes, [1400, 300, 300], atol=10)
    np.testing.assert_allclose([part.mean() for part in parts[3:]], y.mean(), atol=0.02)
    other = train_val_test_split(groups, groups=groups, random_state=1)
    assert set(other[2]) != set(parts[2]), "drawn"


@given(st.lists(st.integers(0, 50), min_size=20, max_size=60), st.booleans())
def test_in_time(times, as_dates):
    given_times = pd.to_datetime(times, unit="D") if as_dates else times
    X = np.arange(len(times))[:, None]
    ends = np.sort(times)[[round(0.7 * len(times)) - 1, round(0.85 * len(times)) - 1]]
    if ends[0] == ends[1] or ends[1] == max(times):
        with pytest.raises(ValueError, match="side has no row"):
            train_val_test_split(X, times=given_times)
        return
    parts = numbers(train_val_test_split(X, times=given_times))
    train, val, test = (np.array(times)[part] for part in parts)
    assert train.max() < val.min()
    assert val.max() < test.min()
    assert len(train) + len(val) + len(test) == len(times)
    most = np.unique(times, return_counts=True)[1].max()
    assert 0 <= len(train) - round(0.7 * len(times)) < most + 1


def test_kinds_of_tables(table):
    X, y = table
    frame = pd.DataFrame({"x": X[:, 0]}, index=range(N, 2 * N))
    parts = train_val_test_split(frame, pd.Series(y), y.tolist(), csr_array(X))
    assert isinstance(parts[0], pd.DataFrame)
    assert parts[2].index.min() >= N
    assert parts[3].tolist() == parts[6]
    np.testing.assert_array_equal(parts[0]["x"], parts[9].toarray().ravel())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"val_size": 0}, r"val_size=0 must be a share of the rows in \(0, 1\)"),
        ({"test_size": 1.5}, r"test_size=1\.5 must be a share"),
        ({"val_size": 0.5, "test_size": 0.5}, "leave nothing to train on"),
        ({"groups": np.arange(N) % 2}, "groups holds 2 groups: three sides need"),
        ({"groups": np.arange(N), "times": np.arange(N)}, "give times alone"),
        ({"times": np.zeros(N)}, "the validation side has no row"),
        ({"times": np.arange(N - 1)}, "inconsistent numbers of samples"),
        ({"groups": np.arange(N - 1)}, "inconsistent numbers of samples"),
        ({"stratify": np.arange(N - 1)}, "inconsistent numbers of samples"),
        (
            {"times": np.arange(N), "stratify": np.arange(N) < 720},
            "the training side lacks class False",
        ),
        (
            {"groups": np.repeat([0, 1, 2, 3], N // 4), "stratify": np.arange(N) < 250},
            "side lacks class True: .* BlockedStratifiedKFold",
        ),
    ],
)
def test_errors_name_the_remedy(table, settings, message):
    with pytest.raises(ValueError, match=message):
        train_val_test_split(table[0], **settings)


@pytest.mark.parametrize("size", ["15 %", None, True])
def test_sizes_are_numbers(table, size):
    with pytest.raises(TypeError, match=f"val_size={size!r} must be a share"):
        train_val_test_split(table[0], val_size=size)


def test_arrays_of_one_length(table):
    with pytest.raises(ValueError, match="at least one array"):
        train_val_test_split()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        train_val_test_split(table[0], table[1][:-1])
