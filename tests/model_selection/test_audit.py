"""audit_leakage finds what was planted, and its remedies help."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedGroupKFold, train_test_split

from skmirai.model_selection import (
    BlockedStratifiedKFold,
    audit_leakage,
    duplicate_groups,
    train_val_test_split,
)
from tests.model_selection.planted import (
    N_ROWS,
    clean,
    found,
    in_a_step,
    smells,
    with_a_thinned_and_shuffled_counter,
    with_a_thinned_counter,
    with_a_twin,
    with_a_twin_in_words,
    with_a_value_of_one_class,
    with_addresses,
    with_conflicts,
    with_counter,
    with_dates,
    with_duplicates,
    with_flow_names,
    with_hardware_addresses,
    with_memory,
    with_milliseconds,
    with_near_duplicates,
    with_seconds_in_order,
    with_shuffled_counter,
    with_text_of_dates,
    with_the_label,
    with_ticks,
    with_timestamps,
    with_whole_dates,
)

COLUMNS = {
    with_counter: ("counter", ["number"]),
    with_shuffled_counter: ("counter", ["number"]),
    with_a_thinned_counter: ("counter", ["number"]),
    with_a_thinned_and_shuffled_counter: ("counter", ["number"]),
    with_ticks: ("clock", ["seconds"]),
    with_seconds_in_order: ("clock", ["uptime"]),
    with_whole_dates: ("clock", ["at"]),
    with_dates: ("clock", ["start", "gap"]),
    with_milliseconds: ("clock", ["at"]),
    with_timestamps: ("clock", ["at"]),
    with_text_of_dates: ("clock", ["at"]),
    with_addresses: ("identifier", ["source"]),
    with_hardware_addresses: ("identifier", ["source"]),
    with_flow_names: ("identifier", ["flow"]),
    with_the_label: ("single feature", ["score"]),
    with_a_value_of_one_class: ("single value", ["ttl"]),
    with_a_twin: ("twins", ["bits"]),
    with_a_twin_in_words: ("twins", ["port"]),
}


@pytest.mark.parametrize("seed", range(5))
def test_nothing_in_a_clean_table(seed):
    X, y = clean(seed)
    audit = audit_leakage(X, y)
    assert not audit.findings
    assert audit.to_frame().empty
    assert "nothing found" in str(audit)


@pytest.mark.parametrize("plant", COLUMNS, ids=lambda plant: plant.__name__)
def test_planted_column_is_found_alone_and_leaving_it_out_helps(plant):
    smell, columns = COLUMNS[plant]
    X, y = plant(*clean())
    audit = audit_leakage(X, y)
    assert smells(audit) == {smell}
    finding = found(audit, smell)
    assert finding.arguments["drop_columns"] == columns
    assert {*columns} <= {*finding.columns}
    assert not audit_leakage(X.drop(columns=columns), y).findings


def both_sides_of(X, y, train, test):
    return audit_leakage(X.iloc[train], y[train], X_test=X.iloc[test], y_test=y[test])


def test_step_and_its_remedy():
    X, y = in_a_step(*clean())
    finding = found(audit_leakage(X, y), "step")
    assert "once" in finding.seen
    lacking = both_sides_of(X, y, slice(100, 500), slice(500, None))  # in order
    assert smells(lacking) == {"one-sided classes"}
    assert "no test row is of class 0" in found(lacking, "one-sided classes").seen

    assert "BlockedStratifiedKFold" in finding.remedy
    for train, test in BlockedStratifiedKFold(3).split(X, y):
        assert not both_sides_of(X, y, train, test).findings
    assert "train_val_test_split(groups=...)" in finding.remedy
    captures = np.arange(len(X)) // 30
    X_train, _, X_test, y_train, _, y_test = train_val_test_split(
        X, y, groups=captures, random_state=0
    )
    assert "audit_leakage(X_train, y_train, X_test=X_test, y_test" in finding.remedy
    assert not audit_leakage(X_train, y_train, X_test=X_test, y_test=y_test).findings


def test_counter_is_seen_on_either_side_of_a_random_split():
    X, y = with_counter(*clean())
    sides = train_test_split(np.arange(len(X)), test_size=0.3, random_state=0)
    for rows in [*sides, *map(np.sort, sides)]:
        assert smells(audit_leakage(X.iloc[rows], y[rows])) == {"counter"}


def test_sorted_and_various_columns_are_no_counters():
    rng = np.random.default_rng(0)
    X, y = clean()
    X = X.assign(
        sorted_by=np.sort(rng.exponential(size=len(X))),
        sizes=np.sort(rng.integers(0, 4 * len(X), len(X))),
        port=rng.integers(0, 65_536, len(X)),
        code=rng.choice(10**9, len(X), replace=False),
    )
    assert "counter" not in smells(audit_leakage(X, y))


def test_memory_and_its_remedy():
    X, y = with_memory(*clean())
    finding = found(audit_leakage(X, y), "memory")
    gap = finding.arguments["purge"]
    assert 8 <= gap <= 64  # the planted memory is 30 rows long
    seconds = np.arange(len(X)) / 10
    of_times = found(audit_leakage(X, y, times=seconds), "memory")
    assert of_times.arguments["purge"] == np.ceil(gap / 10)

    captures = np.arange(len(X)) // 150
    assert not audit_leakage(X, y, groups=captures).findings

    shuffled = np.random.default_rng(0).permutation(len(X))
    train, test = np.sort(shuffled[:400]), np.sort(shuffled[400:])
    mixed = audit_leakage(X.iloc[train], y[train], X_test=X.iloc[test], y_test=y[test])
    assert smells(mixed) == {"memory"}
    folds = BlockedStratifiedKFold(3, purge=gap)
    train, test = next(folds.split(X, y))
    apart = audit_leakage(X.iloc[train], y[train], X_test=X.iloc[test], y_test=y[test])
    assert not apart.findings


def test_memory_that_is_longer_than_can_be_looked_at():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 2_000)
    X = pd.DataFrame(rng.normal(size=(2_399, 2))).rolling(400).sum()[399:]
    audit = audit_leakage(X, y)
    finding = found(audit, "memory")
    most = np.bincount(y).min() // 10
    assert f"up to at least {most} rows apart ({most} rows, a tenth" in finding.seen
    assert f"(3, purge={most}) (in rows, or a longer gap)" in finding.remedy
    seen = audit.to_frame().set_index("smell").loc["memory", "seen"]
    assert "at least" in seen

    X = pd.DataFrame(rng.normal(size=(2_002, 2))).rolling(3).sum()[2:]
    finding = found(audit_leakage(X, y), "memory")
    assert "at least" not in finding.seen
    assert finding.remedy.startswith("split by BlockedStratifiedKFold(3, purge=4) (in")


def test_duplicates_and_their_remedy():
    X, y = with_duplicates(*clean())
    audit = audit_leakage(X, y)
    assert smells(audit) == {"duplicates"}
    finding = found(audit, "duplicates")
    assert finding.n_rows == X.duplicated(keep=False).sum() == 400
    groups = finding.arguments["groups"]
    assert (groups == duplicate_groups(X)).all()
    assert not audit_leakage(X, y, groups=groups).findings

    sides = np.arange(len(X)) >= N_ROWS  # the copies are the test side
    across = audit_leakage(X[~sides], y[~sides], X_test=X[sides], y_test=y[sides])
    shared = found(across, "rows of both sides")
    assert shared.arguments["test_rows"].tolist() == [*range(200)]
    train, test = next(StratifiedGroupKFold(3).split(X, y, groups))
    audit = audit_leakage(X.iloc[train], y[train], X_test=X.iloc[test], y_test=y[test])
    assert "rows of both sides" not in smells(audit)


def test_duplicates_are_compared_without_what_numbers_the_rows():
    X, y = with_counter(*with_duplicates(*clean()))
    assert found(audit_leakage(X, y), "duplicates").n_rows == 400


def test_near_duplicates_and_their_remedy():
    X, y = with_near_duplicates(*clean())
    audit = audit_leakage(X, y)
    assert smells(audit) == {"near duplicates"}
    groups = found(audit, "near duplicates").arguments["groups"]
    assert (groups == duplicate_groups(X, digits=3)).all()
    assert not audit_leakage(X, y, groups=groups).findings


def test_conflicts_and_their_remedy():
    X, y = with_conflicts(*clean())
    audit = audit_leakage(X, y)
    finding = found(audit, "conflicting labels")
    rows = finding.arguments["rows"]
    assert rows.tolist() == [0, 1, 2, 3, 600, 601, 602, 603]
    rest = np.setdiff1d(np.arange(len(X)), rows)
    assert not audit_leakage(X.iloc[rest], y[rest]).findings


def test_coincidence_is_no_duplicate():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 3, (500, 5)), rng.integers(0, 2, 500)
    assert len(np.unique(X, axis=0)) < 300  # most rows have a twin
    assert not audit_leakage(X, y).findings


def test_class_of_one_capture():
    X, y = clean()
    captures = np.where(y == 1, "attack", np.where(X["rate"] > 0, "one", "two"))
    audit = audit_leakage(X, y, groups=captures)
    finding = found(audit, "one-sided classes")
    assert finding.seen.startswith("class 1 ")
    assert finding.n_rows == y.sum()
    assert not audit_leakage(X, y, groups=np.arange(len(y)) // 100).findings
