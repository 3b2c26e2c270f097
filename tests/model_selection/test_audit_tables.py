"""audit_leakage on known tables: UCI's layout, UNSW-NB15 and NSL-KDD."""

import pytest
from sklearn.dummy import DummyClassifier

from skmirai.datasets import load_nslkdd, load_unsw_nb15, make_mirai_traffic
from skmirai.model_selection import (
    audit_leakage,
)
from tests.model_selection.planted import (
    found,
    smells,
)


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
