"""``skmirai audit`` on tables of every kind, against the function that it calls."""

import numpy as np
import pandas as pd
import pytest

from skmirai.model_selection import audit_leakage


@pytest.fixture(scope="module")
def flows():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 300)
    return pd.DataFrame(
        {
            "id": np.arange(300),
            "length": rng.normal(label, 2),
            "service": rng.choice(["dns", "-", "http"], 300),
            "retries": np.where(rng.random(300) < 0.1, "-", rng.poisson(2, 300)),
            "kind": np.where(label, "flood", "normal"),
            "label": label,
        }
    )


def write(flows, path):
    if path.suffix == ".parquet":
        flows.to_parquet(path)
    elif path.suffix == ".npy":
        np.save(path, flows[["id", "length", "label"]].to_numpy())
    else:
        flows.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", ["flows.csv", "flows.csv.gz", "flows.parquet"])
def test_findings_are_those_of_the_function(name, flows, tmp_path, call):
    path = write(flows, tmp_path / name)
    out = tmp_path / "found.csv"
    status, _, errors = call(
        "audit", path, "--target", "label", "--drop", "kind", "-o", out
    )
    assert (status, errors) == (0, "")
    X = flows.drop(columns=["kind", "label"])
    X["retries"] = pd.to_numeric(X["retries"], errors="coerce")
    expected = audit_leakage(X, flows["label"]).to_frame()
    pd.testing.assert_frame_equal(
        pd.read_csv(out, keep_default_na=True), expected, check_dtype=False
    )
    assert expected["smell"].tolist() == ["counter"]


def test_text_and_kind_that_gives_the_label_away(flows, tmp_path, call):
    path = write(flows, tmp_path / "flows.csv")
    status, printed, _ = call("audit", path, "--target", "label")
    assert status == 0
    assert "Counter: id (certain)" in printed
    assert "Single feature: kind (possible)" in printed


def test_columns_without_names_have_numbers(flows, tmp_path, call):
    path = write(flows, tmp_path / "flows.npy")
    _, printed, _ = call("audit", path, "--target", "2")
    assert "Counter: 0 (certain)" in printed


def test_page_holds_report_and_picture(flows, tmp_path, call):
    pytest.importorskip("matplotlib")
    path = write(flows, tmp_path / "flows.csv")
    page = tmp_path / "found.html"
    assert call("audit", path, "--target", "label", "-o", page)[0] == 0
    text = page.read_text()
    assert "<svg" in text
    assert text.count('class="table"') == text.count("<table")
    assert ">counter</td>" in text


def test_groups_and_times_are_no_features(flows, tmp_path, call):
    at = flows.assign(
        at=pd.Timestamp("2018-01-01") + pd.to_timedelta(np.arange(300), "min"),
        capture=np.arange(300) // 100,
    )
    path = write(at, tmp_path / "flows.parquet")
    found = ["--times", "at", "--groups", "capture", "--drop", "kind", "--drop", "id"]
    assert "nothing found" in call("audit", path, "--target", "label", *found)[1]


def test_other_side(flows, tmp_path, call):
    flows = flows.drop(columns=["id", "kind"])
    known, tested = flows.iloc[:250], flows.iloc[200:]
    sides = [write(known, tmp_path / "a.csv"), write(tested, tmp_path / "b.parquet")]
    _, printed, _ = call("audit", sides[0], "--target", "label", "--test", sides[1])
    assert "50 of 100 test rows (50.0%) equal a training row" in printed


@pytest.mark.parametrize(
    ("level", "status"), [("never", 0), ("certain", 3), ("possible", 3)]
)
def test_status(level, status, flows, tmp_path, call):
    path = write(flows[["id", "length", "label"]], tmp_path / "flows.csv")
    assert call("audit", path, "--target", "label", "--fail-on", level)[0] == status


def test_clean_table_does_not_fail(flows, tmp_path, call):
    path = write(flows[["length", "label"]], tmp_path / "flows.csv")
    assert call("audit", path, "--target", "label", "--fail-on", "possible")[0] == 0


def test_errors_are_one_line(flows, tmp_path, call):
    path = write(flows, tmp_path / "flows.csv")
    cases = {
        ("--target", "lable"): "has no column 'lable'; its columns are id, length",
        ("--target", "length"): "y must hold class labels",
        ("--target", "label", "-o", path): "is an input of the command",
    }
    for options, message in cases.items():
        status, printed, errors = call("audit", path, *options)
        assert (status, printed) == (1, "")
        assert message in errors
        assert errors.count("\n") == 1
    twice = tmp_path / "twice.csv"
    twice.write_text("a,a,label\n1,2,0\n2,3,1\n")
    assert "more than one column 'a'" in call("audit", twice, "--target", "label")[2]
