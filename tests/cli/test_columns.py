"""Which columns of a table a model gets."""

import io

import numpy as np
import pandas as pd
import pytest

from skmirai import MiraiDNNClassifier
from skmirai.cli import _sources
from skmirai.cli._columns import ModelColumns
from skmirai.feature_extraction import FEATURE_NAMES
from tests.cli.common import SMALL


@pytest.fixture
def probabilities(call):
    """Call predict on a model and a table; return the column."""

    def run(model, path, *options):
        status, out, err = call("predict", model, path, "-q", "--n-passes", 0, *options)
        assert (status, err) == (0, "")
        return pd.read_csv(io.StringIO(out))["probability"].to_numpy()

    return run


def write(path, X):
    """Write a table without names as the ending says."""
    if path.suffix == ".npy":
        np.save(path, X)
    else:
        np.savetxt(path, X, "%.17g", delimiter=",")
    return path


# -- 116 columns for 115: a counter first, or a label last ---------------------------


@pytest.mark.parametrize("ending", ["npy", "csv"])
@pytest.mark.parametrize("start", [0, 1, 70_000])
def test_a_counter_first(
    probabilities, model, features, tmp_path, monkeypatch, ending, start
):
    monkeypatch.setattr(_sources, "ROWS", 250)
    monkeypatch.setattr("skmirai.cli._feature_tables.ROWS", 250)
    X = np.column_stack([start + np.arange(600), features])
    found = probabilities(model, write(tmp_path / f"x.{ending}", X))
    plain = probabilities(model, write(tmp_path / f"plain.{ending}", features))
    np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize("ending", ["npy", "csv"])
@pytest.mark.parametrize("n_rows", [1, 2, 600])
def test_a_label_last_is_refused(
    call, model, features, labels, tmp_path, ending, n_rows
):
    """By number alone the label would shift every feature."""
    X = np.column_stack([features, labels])[:n_rows]
    path = write(tmp_path / f"x.{ending}", X)
    status, out, err = call("predict", model, path, "-o", tmp_path / "v.csv")
    assert (status, out) == (1, "")
    assert err == (
        f"skmirai: {path} has a column more than the 115 that the model was fitted on, "
        "and column 0 does not count the rows: leave out the one that is no feature, a "
        "label for instance, by --drop\n"
    )
    assert not (tmp_path / "v.csv").exists()


@pytest.mark.parametrize("ending", ["npy", "csv"])
def test_columns_are_left_out(
    call, probabilities, model, features, labels, tmp_path, ending
):
    plain = probabilities(model, write(tmp_path / f"plain.{ending}", features))
    columns = [labels, features[:, :7], 1 - labels, features[:, 7:]]
    path = write(tmp_path / f"x.{ending}", np.column_stack(columns))
    found = probabilities(model, path, "--drop", 0, "--drop", 8)
    np.testing.assert_array_equal(found, plain)
    counted = np.column_stack([np.arange(600), features, labels])
    path = write(tmp_path / f"counted.{ending}", counted)
    np.testing.assert_array_equal(probabilities(model, path, "--drop", 116), plain)
    status, _, err = call("predict", model, path, "--drop", "label")
    assert (status, err.count("\n")) == (1, 1)
    assert "has no column 'label' to leave out; its columns are '0', '1'," in err


def test_a_capture_has_no_columns_to_leave_out(call, model, capture):
    status, _, err = call("predict", model, capture, "--drop", 0)
    assert status == 1
    assert err.endswith(f"--drop leaves columns out, but {capture} holds packets\n")


def test_a_label_last_with_names(
    call, probabilities, model, features, labels, tmp_path
):
    expected = probabilities(model, write(tmp_path / "plain.csv", features))
    frame = pd.DataFrame(features, columns=FEATURE_NAMES).assign(label=labels)
    frame.to_csv(tmp_path / "names.csv", index=False)
    np.testing.assert_array_equal(
        probabilities(model, tmp_path / "names.csv"), expected
    )
    frame.set_axis([f"column {i}" for i in range(116)], axis=1).to_csv(
        tmp_path / "others.csv", index=False
    )
    status, _, err = call("predict", model, tmp_path / "others.csv")
    assert status == 1
    assert "'column 0' does not count the rows" in err


def test_a_counter_that_ends_is_found_late(call, model, features, tmp_path):
    X = np.column_stack([np.arange(600), features])
    X[500:, 0] += 1
    status, _, err = call("predict", model, write(tmp_path / "x.npy", X))
    assert status == 1
    assert "does not count the rows" in err


def test_one_row_with_a_counter(probabilities, model, features, tmp_path):
    """No weight is 0, so that 0 is the start of a counter."""
    X = np.column_stack([[0], features[:1]])
    assert len(probabilities(model, write(tmp_path / "x.npy", X))) == 1


def test_one_row_of_scaled_features_with_a_label_last(call, model, features, tmp_path):
    X = np.column_stack([features[:1] / 100, [1]])
    status, _, err = call("predict", model, write(tmp_path / "x.npy", X))
    assert status == 1
    assert "does not count the rows" in err


def test_names_are_no_counter(features, labels):
    """A column more before those that the model finds by name need not count."""
    frame = pd.DataFrame(features[:, :3], columns=["a", "b", "c"])
    model = MiraiDNNClassifier(**SMALL).fit(frame, labels)
    source = frame.assign(id=7.5)[["id", "a", "b", "c"]]
    columns = ModelColumns(model, tuple(source), 4, "x")
    np.testing.assert_array_equal(columns.take(source, 0), frame)


# -- what the model drops -----------------------------------------------------------


@pytest.fixture(scope="module")
def with_text(features, labels):
    """A table with an address, a column that is mostly missing, and a label."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(features[:, :5], columns=list("abcde"))
    frame.insert(0, "address", [f"10.0.0.{i}" for i in rng.integers(9, size=600)])
    frame.insert(3, "gap", np.where(rng.random(600) < 0.9, np.nan, 1.0))
    frame["label"] = np.where(labels, "mirai", "benign")
    return frame


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("n_named", [7, 8])
def test_dropped_columns_may_hold_anything(
    probabilities, with_text, labels, tmp_path, ending, n_named
):
    """The model's own training table, with the label or without it."""
    names = list(with_text)[:n_named]
    dropped = [n for n in ("address", "gap", "label") if n in names]
    model = MiraiDNNClassifier(**SMALL, drop_columns=dropped)
    model.fit(with_text[names], labels).save(tmp_path / "m.skmirai")
    path = tmp_path / f"x.{ending}"
    if ending == "csv":
        with_text.to_csv(path, index=False)
    else:
        with_text.to_parquet(path)
    np.testing.assert_allclose(
        probabilities(tmp_path / "m.skmirai", path),
        model.predict_proba(with_text[names])[:, 1],
        rtol=1e-6,
    )


def test_dropped_columns_without_names(
    call, probabilities, with_text, labels, tmp_path
):
    X = with_text.to_numpy(dtype=object)
    model = MiraiDNNClassifier(**SMALL, drop_columns=[0, 3, 7])
    model.fit(with_text.set_axis(range(8), axis=1), labels).save(
        path := tmp_path / "m.skmirai"
    )
    with_text.to_csv(tmp_path / "x.csv", index=False, header=False)
    found = probabilities(path, tmp_path / "x.csv")
    np.testing.assert_allclose(found, model.predict_proba(X)[:, 1], rtol=1e-6)
    # text in a column that is used is a fault as ever
    swapped = with_text[["a", "address", *with_text.columns[2:]]]
    swapped.to_csv(tmp_path / "y.csv", index=False, header=False)
    status, _, err = call("predict", path, tmp_path / "y.csv")
    assert status == 1
    assert "y.csv, line 1: '10.0.0." in err
    assert "is no number, and the line is no header" in err


# -- verdicts -----------------------------------------------------------------------


@pytest.mark.slow(after=2)
@pytest.mark.parametrize("logit", [3e-8, -3e-8, 5.9e-8, 0.0, 1e-7])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_verdicts_are_those_of_predict(call, tmp_path, logit, n_classes):
    """Also where float32 rounds both probabilities to one half."""
    X = np.random.default_rng(0).random((40, 3)).astype("float32")
    y = np.arange(40) % n_classes
    model = MiraiDNNClassifier(**SMALL, dtype="float32").fit(X, y)
    weights = model.model_.get_weights()
    weights[-2][:], weights[-1][:] = 0, 0
    weights[-1][-1] = logit
    model.model_.set_weights(weights)
    model.save(tmp_path / "m.skmirai")
    np.save(tmp_path / "x.npy", X)
    _, out, _ = call("predict", tmp_path / "m.skmirai", tmp_path / "x.npy")
    verdicts = pd.read_csv(io.StringIO(out))["verdict"]
    np.testing.assert_array_equal(verdicts, model.predict(X))
