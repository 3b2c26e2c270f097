"""The default baselines, on tables as people have them."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.metrics import mutual_info_score
from sklearn.model_selection import cross_val_score

from skmirai.model_selection import default_baselines
from skmirai.model_selection._baselines import (
    TidyTable,
    chosen_feature,
    told_by_columns,
)

N = 300


@pytest.fixture(scope="module")
def messy():
    """A table of everything that people have, and a label that `bytes` tells."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=N)
    frame = pd.DataFrame(
        {
            "proto": rng.choice(["tcp", "udp", None], N),
            "bytes": np.where(rng.random(N) < 0.05, np.inf, size),
            "flags": pd.Categorical(rng.choice(["S", "R"], N)),
            "port": pd.array(rng.choice([80, 53], N), dtype="Int64"),
            "start": pd.date_range("2015-01-22", periods=N, freq="s", tz="UTC"),
            "took": pd.to_timedelta(rng.random(N), unit="s"),
            "up": rng.random(N) < 0.5,
            "empty": np.nan,
            "mixed": rng.choice(np.array(["http", 80, None], dtype=object), N),
        }
    )
    frame.loc[3, "port"] = pd.NA
    return frame, np.where(size > 0, "attack", "normal")


@pytest.mark.parametrize("name", default_baselines())
def test_any_table(messy, name):
    frame, y = messy
    model = default_baselines(random_state=0)[name]
    tables = [frame, frame.to_numpy(dtype=object), frame.to_numpy().tolist()]
    scores = [cross_val_score(clone(model), X, y, cv=3).mean() for X in tables]
    assert (
        np.array(scores) > (0.9 if name not in ("majority", "chance") else 0.3)
    ).all()
    np.testing.assert_array_equal(clone(model).fit(frame, y).classes_, np.unique(y))


def test_other_libraries_and_sparse_tables(messy):
    pa = pytest.importorskip("pyarrow")
    frame, y = messy
    numbers = frame[["bytes"]].replace(np.inf, 0.0)
    model = default_baselines(random_state=0)["one feature"].fit(numbers, y)
    expected = model.score(numbers, y)
    for X in (pa.Table.from_pandas(numbers), numbers.values):
        assert clone(model).fit(X, y).score(X, y) == expected
    sparse = csr_array(numbers.to_numpy())
    assert clone(model).fit(sparse, y).score(sparse, y) == expected


def test_the_column_is_named(messy):
    frame, y = messy
    models = default_baselines(random_state=0)
    assert chosen_feature(models["one feature"].fit(frame, y)) == "bytes"
    assert chosen_feature(models["boosted trees"].fit(frame[["bytes"]], y)) is None
    assert chosen_feature(models["majority"].fit(frame, y)) is None
    twice = frame[["bytes", "up"]].set_axis(["a", "a"], axis=1)
    assert chosen_feature(models["one feature"].fit(twice, y)) == "x0"


def test_one_feature_finds_steps():
    """A counter along which the label changes four times, as `id` of UNSW-NB15."""
    counter = np.arange(2000.0)
    y = np.isin(counter // 400, [1, 3])
    X = np.column_stack([np.random.default_rng(0).normal(size=2000), counter])
    model = default_baselines(random_state=0)["one feature"].fit(X, y)
    assert chosen_feature(model) == "x1"
    assert model.score(X, y) == 1


def test_what_columns_tell_is_gini():
    rng = np.random.default_rng(0)
    X, y = rng.integers(4, size=(500, 3)), rng.integers(3, size=500)
    X[:, 1] = y
    told = told_by_columns(X, y)
    for column, value in zip(X.T, told, strict=True):
        counts = pd.crosstab(column, y).to_numpy()
        shares = counts / counts.sum(axis=1, keepdims=True)
        impurity = 1 - (shares**2).sum(axis=1)
        expected = 1 - np.average(impurity, weights=counts.sum(axis=1))
        assert value == pytest.approx(expected)
    informed = [mutual_info_score(column, y) for column in X.T]
    assert np.argmax(told) == np.argmax(informed)


def test_tidy_tables_keep_their_kinds(messy):
    frame, _ = messy
    tidy = TidyTable().fit(frame)
    found = tidy.transform(frame)
    text = ["proto", "flags", "empty", "mixed"]
    assert [n for n in found if found[n].dtype == "category"] == text
    assert tidy.get_feature_names_out().tolist() == [*frame]
    assert found["start"].diff().iloc[1:].eq(1).all()
    assert found["start"][0] == pd.Timestamp("2015-01-22", tz="UTC").timestamp()
    np.testing.assert_allclose(found["took"], frame["took"].dt.total_seconds())
    assert found["bytes"].isna().sum() == np.isinf(frame["bytes"]).sum()
    assert set(found["mixed"].dropna()) == {"http", "80"}
    later = frame.assign(bytes="lost", proto=6)
    turned = tidy.transform(later)
    assert turned["bytes"].isna().all()
    assert set(turned["proto"]) == {"6"}


def test_single_precision_stays():
    X = np.ones((4, 1), np.float32)
    assert TidyTable().fit_transform(X).dtypes.tolist() == [np.float32]
