"""``skmirai evaluate`` over several captures and tables."""

import json

import dpkt
import numpy as np
import pandas as pd
import pytest

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.feature_extraction import AfterImageExtractor
from tests.cli.common import SMALL
from tests.cli.conftest import frames


@pytest.fixture(scope="module")
def captures(capture, features, labels, tmp_path_factory):
    """Two captures, and tables of their labels, of which one has kinds."""
    folder = tmp_path_factory.mktemp("many")
    other = folder / "other.pcap"
    with open(other, "wb") as file:
        writer = dpkt.pcap.Writer(file)
        for time, frame in frames(400, 1):
            writer.writepkt(frame, ts=time)
    found = AfterImageExtractor().transform(other)
    own = (found[:, 1] > np.median(features[:, 1])).astype(int)
    tables = folder / "labels.csv", folder / "others.csv"
    kind = np.where(np.arange(600) % 3, "dns", "scan")
    group = np.arange(600) % 12
    pd.DataFrame({"label": labels, "kind": kind, "group": group}).to_csv(
        tables[0], index=False
    )
    named = [f"host {k % 5}" for k in range(400)]
    pd.DataFrame({"label": own, "group": named}).to_csv(tables[1], index=False)
    return [capture, other], tables


@pytest.fixture
def given(model, captures):
    """Arguments of the command."""
    (one, two), (own, others) = captures
    return ["evaluate", model, one, two, "--labels", own, "--labels", others]


@pytest.fixture
def told(call):
    """Call the command; return its JSON."""

    def run(*arguments):
        status, out, err = call(*arguments, "--json", "-q")
        assert (status, err) == (0, "")
        return json.loads(out)

    return run


def test_inputs_together_and_one_by_one(told, given, model, captures):
    found = told(*given)
    (one, two), tables = captures
    assert found["data"] == [str(one), str(two)]
    assert found["intervals_by"] == "inputs"
    right, n_rows, left_out = 0, 0, {}
    for line, source, labels in zip(found["by_input"], (one, two), tables, strict=True):
        alone = told("evaluate", model, source, "--labels", labels)
        assert line["input"] == str(source)
        assert line["figures"] == alone["figures"]
        assert line["left_out"] == alone["left_out"]
        assert line["n_rows"] == alone["n_rows"]
        assert "by_input" not in alone
        right += alone["figures"]["accuracy"]["value"] * alone["n_rows"]
        n_rows += alone["n_rows"]
        for label, n in alone["left_out"].items():
            left_out[label] = left_out.get(label, 0) + n
    assert found["n_rows"] == n_rows
    assert found["left_out"] == left_out
    assert found["figures"]["accuracy"]["value"] == pytest.approx(right / n_rows)
    assert sum(sum(row.values()) for row in found["confusion"].values()) == n_rows
    # the labels of the second capture have no kinds
    kinds = {row["kind"].split(" (")[0] for row in found["by_kind"]}
    assert kinds == {"dns", "scan", "no kind"}


def test_as_text_and_as_a_page(call, given, captures, tmp_path):
    status, out, _ = call(*given, "-q")
    assert status == 0
    assert "rows of 2 inputs" in out
    block = out.split("Figures by input")[1].split("\n\n")[0].splitlines()
    for source in captures[0]:
        assert sum(line.startswith(str(source)) for line in block) == 1
    page = tmp_path / "page.html"
    assert call(*given, "-q", "-o", page) == (0, "", "")
    text = page.read_text()
    assert "Figures by input" in text
    assert f"<td>{captures[0][1]}</td>" in text


def test_groups_are_those_of_all_inputs(told, given):
    found = told(*given, "--groups", "group")
    assert found["intervals_by"] == "groups"
    by_inputs = told(*given)["figures"]["accuracy"]
    low, high = (found["figures"]["accuracy"][end] for end in ("low", "high"))
    assert 0 < high - low < by_inputs["high"] - by_inputs["low"]


def test_bounds_are_about_all_inputs_together(call, told, given, tmp_path):
    found = told(*given)
    each = [line["figures"]["accuracy"]["value"] for line in found["by_input"]]
    assert min(each) < max(each)
    between = (min(each) + found["figures"]["accuracy"]["value"]) / 2
    assert call(*given, "-q", "--at-least", f"accuracy={between}")[0] == 0
    status, _, err = call(*given, "-q", "--at-least", f"accuracy={max(each)}")
    assert status == 3
    assert "accuracy is " in err


@pytest.fixture
def tables(tmp_path):
    """Two tables of two columns, a class and a number."""
    paths, rng = [], np.random.default_rng(0)
    for name, n_rows in (("a", 200), ("b", 100)):
        X = pd.DataFrame(rng.normal(size=(n_rows, 2)), columns=["x", "z"])
        paths.append(tmp_path / f"{name}.csv")
        X.assign(y=np.where(X["x"] > 0, "worm", "benign"), size=X["z"]).to_csv(
            paths[-1], index=False
        )
    return paths


@pytest.mark.parametrize("estimator", [MiraiDNNClassifier, MiraiDNNRegressor])
def test_tables_with_their_labels(estimator, told, tables, tmp_path):
    frame = pd.read_csv(tables[0])
    target = "y" if estimator is MiraiDNNClassifier else "size"
    fitted = estimator(**SMALL).fit(frame[["x", "z"]], frame[target])
    model = tmp_path / "m.skmirai"
    fitted.save(model)
    found = told("evaluate", model, *tables, "--target", target)
    assert [line["n_rows"] for line in found["by_input"]] == [200, 100]
    for line, path in zip(found["by_input"], tables, strict=True):
        rows = pd.read_csv(path)
        name = "accuracy" if target == "y" else "r2"
        score = fitted.score(rows[["x", "z"]], rows[target])
        assert line["figures"][name]["value"] == pytest.approx(score, rel=1e-6)


def test_errors_name_the_input(call, model, captures, given, tables, tmp_path):
    def failed(*arguments):
        status, out, err = call(*arguments, "-q")
        assert (status, out) == (1, "")
        return err

    (one, two), (own, others) = captures
    assert "--labels names 1 files for 2 inputs" in failed(
        "evaluate", model, one, two, "--labels", own
    )
    swapped = ["evaluate", model, one, two, "--labels", others, "--labels", own]
    assert f"{others} holds 400 rows, but {one} 600" in failed(*swapped)
    assert f"{others} has no column 'kind'" in failed(*given, "--kind", "kind")
    twice = ["evaluate", model, one, one, "--labels", own, "--labels", own]
    assert f"{one} is given twice" in failed(*twice)
    none = tmp_path / "none.pcap"
    assert str(none) in failed(
        "evaluate", model, one, none, "--labels", own, "--labels", others
    )
    gaps = tmp_path / "gaps.csv"
    pd.DataFrame({"label": [1.0, None] * 200}).to_csv(gaps, index=False)
    assert f"{gaps}: column 'label' holds no value in 200 rows" in failed(
        "evaluate", model, one, two, "--labels", own, "--labels", gaps
    )
    assert f"{one} and 1 more: no source has sent enough packets" in failed(
        *given, "--min-history", 1e6
    )
    assert f"{two} is an input of the command" in failed(*given, "-o", two, "-f")
