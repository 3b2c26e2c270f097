"""audit_leakage finds what was planted, finds nothing else, and its remedies help."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.sparse import csr_array
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold

from skmirai import MiraiDNNClassifier
from skmirai.datasets import load_nslkdd, load_unsw_nb15, make_mirai_traffic
from skmirai.model_selection import (
    BlockedStratifiedKFold,
    audit_leakage,
    duplicate_groups,
)

N_ROWS = 600


def clean(seed=0):
    """Rows in random order; the labels follow from two columns, with noise."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "length": np.exp(rng.normal(size=N_ROWS)),
            "rate": rng.normal(size=N_ROWS),
            "flags": rng.integers(0, 6, N_ROWS),
            "service": rng.choice(["dns", "http", "ssh"], N_ROWS),
        }
    )
    y = (np.log(X["length"]) + X["rate"] + rng.logistic(size=N_ROWS) > 0).astype(int)
    return X, y.to_numpy()


def smells(audit):
    return {finding.smell for finding in audit.findings}


def found(audit, smell):
    (finding,) = (f for f in audit.findings if f.smell == smell)
    return finding


def with_counter(X, y):
    return X.assign(number=np.arange(len(X))), y


def with_shuffled_counter(X, y):
    return X.assign(number=np.random.default_rng(1).permutation(len(X)) + 17), y


def with_ticks(X, y):
    ticks = np.cumsum(np.random.default_rng(1).exponential(size=len(X)))
    return X.assign(seconds=ticks), y


def with_dates(X, y):
    seconds = 1.5e9 + np.random.default_rng(1).uniform(0, 3_600, len(X))
    rare = np.where(np.arange(len(X)) % 10 == 0, seconds, 0.5)
    return X.assign(start=rare, gap=(rare / 2) ** 2), y


def with_milliseconds(X, y):
    return X.assign(at=1.7e12 + np.random.default_rng(1).integers(0, 9**9, len(X))), y


def with_timestamps(X, y):
    hours = np.random.default_rng(1).integers(0, 900, len(X))
    return X.assign(at=pd.Timestamp("2018-02-18") + pd.to_timedelta(hours, "h")), y


def with_text_of_dates(X, y):
    hours = np.random.default_rng(1).integers(0, 900, len(X))
    at = pd.Timestamp("2018-02-18") + pd.to_timedelta(hours, "h")
    return X.assign(at=at.strftime("%d/%m/%Y %H:%M")), y


def with_addresses(X, y):
    host = np.random.default_rng(1).integers(1, 9, len(X))
    return X.assign(source=[f"10.0.0.{9 if h > 7 else h}" for h in host]), y


def with_hardware_addresses(X, y):
    host = np.random.default_rng(1).integers(1, 9, len(X))
    return X.assign(source=[f"00:1b:44:11:3a:0{h}" for h in host]), y


def with_flow_names(X, y):
    return X.assign(flow=[f"flow{n * 7919 % 10_007}" for n in range(len(X))]), y


def with_the_label(X, y):
    return X.assign(score=y + np.random.default_rng(1).normal(0, 0.1, len(y))), y


def with_a_value_of_one_class(X, y):
    rng = np.random.default_rng(1)
    ttl = rng.choice([30, 62, 252], len(y))
    return X.assign(ttl=np.where((y == 0) & (rng.random(len(y)) < 0.8), 31, ttl)), y


def with_a_twin(X, y):
    return X.assign(bits=8 * X["length"] + 1), y


def with_a_twin_in_words(X, y):
    return X.assign(port=X["service"].map({"dns": "53", "http": "80", "ssh": "22"})), y


def in_a_step(X, y):
    order = np.argsort(y, kind="stable")
    return X.iloc[order].reset_index(drop=True), y[order]


def with_memory(X, y):
    walk = np.random.default_rng(1).normal(size=(len(X) + 30, 2))
    slow = np.apply_along_axis(np.convolve, 0, walk, np.ones(30) / 30, "valid")[1:]
    return X.assign(load=slow[:, 0], peers=slow[:, 1]), y


def with_duplicates(X, y):
    rows = np.r_[: len(X), : len(X) // 3]
    return X.iloc[rows].reset_index(drop=True), y[rows]


def with_near_duplicates(X, y):
    rows = np.r_[: len(X), : len(X) // 3]
    far = X.iloc[rows].reset_index(drop=True)
    noise = 1 + 1e-7 * np.random.default_rng(1).normal(size=len(rows))
    return far.assign(length=far["length"] * noise), y[rows]


def with_conflicts(X, y):
    rows = np.r_[: len(X), :4]
    y = y[rows]
    y[-4:] = 1 - y[-4:]
    return X.iloc[rows].reset_index(drop=True), y


COLUMNS = {
    with_counter: ("counter", ["number"]),
    with_shuffled_counter: ("counter", ["number"]),
    with_ticks: ("clock", ["seconds"]),
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


def test_step_and_its_remedy():
    X, y = in_a_step(*clean())
    finding = found(audit_leakage(X, y), "step")
    assert "once" in finding.seen
    both, one = X.iloc[100:500], X.iloc[500:]  # a split in order, through the step
    lacking = audit_leakage(both, y[100:500], X_test=one, y_test=y[500:])
    assert smells(lacking) == {"one-sided classes"}
    assert "no test row is of class 0" in found(lacking, "one-sided classes").seen
    train, test = next(BlockedStratifiedKFold(3).split(X, y))
    audit = audit_leakage(X.iloc[train], y[train], X_test=X.iloc[test], y_test=y[test])
    assert not audit.findings


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


def test_effect_of_a_column_is_the_estimators_score_with_and_without():
    X, y = with_counter(*in_a_step(*clean()))
    X = X.drop(columns="service")
    model = HistGradientBoostingClassifier(max_iter=10)
    finding = found(audit_leakage(X, y, estimator=model), "counter")

    def score(table):
        answers = np.empty_like(y)
        for train, test in BlockedStratifiedKFold(3).split(table, y):
            answers[test] = model.fit(table[train], y[train]).predict(table[test])
        return balanced_accuracy_score(y, answers)

    table = X.to_numpy(float)
    without = table * [1, 1, 1, 0]
    alone = table * [0, 0, 0, 1]
    assert finding.score_with == score(table)
    assert finding.score_without == score(without)
    assert finding.alone == score(alone)
    assert finding.effect == finding.score_with - finding.score_without > 0.05


def test_effect_of_groups_is_the_gap_between_two_splits():
    rng = np.random.default_rng(0)
    one, label = rng.normal(size=(100, 4)), rng.integers(0, 2, 100)
    X, y = np.repeat(one, 5, axis=0), np.repeat(label, 5)
    finding = found(audit_leakage(X, y), "duplicates")
    assert finding.score_with > 0.95  # the twins are known by heart
    assert finding.score_without < 0.65  # and say nothing else


def test_findings_are_the_same_for_every_kind_of_table():
    X, y = with_counter(*with_a_twin(*clean()))
    reference = audit_leakage(X, y).to_frame()
    arrow = audit_leakage(pa.Table.from_pandas(X, preserve_index=False), y)
    pd.testing.assert_frame_equal(arrow.to_frame(), reference)
    numbers = X.drop(columns="service").to_numpy(float)
    dense, sparse = (
        audit_leakage(table, y).to_frame() for table in (numbers, csr_array(numbers))
    )
    pd.testing.assert_frame_equal(dense, sparse)
    assert dense["smell"].tolist() == reference["smell"].tolist()


def test_own_estimator_takes_the_table_as_it_is():
    X, y = with_counter(*clean())
    clf = MiraiDNNClassifier(n_layers=1, n_nodes=4, epochs=1, random_state=0)
    finding = found(audit_leakage(X, y, estimator=clf), "counter")
    assert np.isfinite([finding.alone, finding.score_with, finding.score_without]).all()


def test_estimator_that_fails_does_not_lose_the_findings():
    X, y = with_counter(*clean())
    with pytest.warns(UserWarning, match="LogisticRegression.*cannot be fitted"):
        audit = audit_leakage(X, y, estimator=LogisticRegression())  # no text
    finding = found(audit, "counter")
    assert np.isnan(finding.score_with)


def test_report():
    X, y = with_counter(*with_the_label(*clean()))
    audit = audit_leakage(X, y)
    frame = audit.to_frame()
    assert frame["smell"].tolist() == ["counter", "single feature"]
    assert frame["columns"].tolist() == ["number", "score"]
    np.testing.assert_allclose(
        frame["effect"], frame["score_with"] - frame["score_without"]
    )
    text, page = str(audit), audit._repr_html_()
    for finding in audit.findings:
        assert finding.seen in text
        assert finding.remedy in text
        assert f"{finding.effect:+.3f}" in text
        assert f"<td>{finding.smell}</td>" in page
    assert audit.drop_columns() == ["number"]


@pytest.mark.slow
def test_ucis_layout():
    X, y = make_mirai_traffic(20_000, random_state=0, as_frame=True, return_X_y=True)
    audit = audit_leakage(X, y, estimator=DummyClassifier())
    assert {"counter", "clock", "twins", "step", "memory"} <= smells(audit)
    assert found(audit, "counter").columns == ("counter",)
    clocks = [name for name in X if "jit" in name and "weight" not in name]
    assert found(audit, "clock").columns == tuple(clocks)
    pairs = {(f"MI_dir_L{decay}_mean", f"H_L{decay}_mean") for decay in (5, 3, 1)}
    twins = found(audit, "twins").columns
    assert all({*pair} <= {*twins} for pair in pairs)
    assert "once" in found(audit, "step").seen
    assert "purge='afterimage'" in found(audit, "memory").remedy


@pytest.mark.slow
def test_unsw_nb15(data_dir):
    X, y = load_unsw_nb15(
        data_dir / "unsw_nb15" / "UNSW_NB15_82332.csv.gz",
        drop_id=False,
        return_X_y=True,
    )
    audit = audit_leakage(X, y, estimator=DummyClassifier())
    assert found(audit, "counter").columns == ("id",)
    assert "4 times" in found(audit, "step").seen
    assert found(audit, "duplicates").n_rows == 34_704
    assert found(audit, "conflicting labels").n_rows == 14
    values = {f.columns: f.seen for f in audit.findings if f.smell == "single value"}
    assert values["sttl",].startswith("31, 29")


@pytest.mark.slow
def test_addresses_of_unsw_nb15s_raw_sample(data_dir):
    raw = load_unsw_nb15(data_dir / "unsw_nb15" / "raw_sample_10000.csv.gz")
    audit = audit_leakage(raw.data, raw.target, estimator=DummyClassifier())
    identifiers = {f.columns: f for f in audit.findings if f.smell == "identifier"}
    assert {("srcip",), ("dstip",)} <= {*identifiers}
    benign = raw.data["srcip"][raw.target == 0].value_counts()
    others = {*raw.data["srcip"][raw.target == 1]}
    pure = [name for name, n in benign.items() if n >= 10 and name not in others]
    assert f"and {len(pure) - 4} more in rows of class 0 only" in (
        identifiers["srcip",].seen
    )


@pytest.mark.slow
def test_no_counter_or_clock_in_nsl_kdd(data_dir):
    train = load_nslkdd(data_dir / "nslkdd").train
    audit = audit_leakage(
        train.data, train.attack != "normal", estimator=DummyClassifier()
    )
    assert not smells(audit) & {"counter", "clock", "identifier", "step"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y": np.zeros(600)}, "y has the one class"),
        ({"y": np.linspace(0, 1, 600)}, "y must hold class labels"),
        ({"y": np.zeros(3)}, "inconsistent numbers of samples"),
        ({"groups": np.zeros(3)}, "inconsistent numbers of samples"),
        ({"groups": [None, *range(599)]}, "groups has a missing value in row 0"),
        ({"times": np.zeros(3)}, "inconsistent numbers of samples"),
        ({"times": np.r_[np.nan, np.zeros(599)]}, "every row needs a time"),
        ({"X_test": np.zeros((3, 4))}, "y_test is missing"),
        ({"y_test": np.zeros(3)}, "X_test is missing"),
        ({"X_test": np.zeros((3, 2)), "y_test": [0, 1, 1]}, "X_test has 2 columns"),
        ({"X": np.zeros(600)}, "X must be a table"),
        ({"X": np.zeros((600, 0))}, "X has no column"),
        ({"max_rows": 5}, "max_rows"),
    ],
)
def test_bad_input(changes, message):
    X, y = clean()
    given = {"X": X, "y": y, **changes}
    with pytest.raises(ValueError, match=message):
        audit_leakage(**given)


def test_one_row():
    with pytest.raises(ValueError, match="y has the one class 0 in 1 rows"):
        audit_leakage([[1.0]], [0])
