"""``skmirai predict``: what the estimator says, line by line."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import xlog1py, xlogy

from skmirai import (
    MiraiDNNClassifier,
    MiraiDNNEnsembleClassifier,
    MiraiDNNRegressor,
)
from skmirai.cli import _sources
from skmirai.feature_extraction import FEATURE_NAMES, AfterImageExtractor, read_packets
from tests.cli.common import BATCH, SMALL, table

PACKET = ["time", "source", "destination"]
LAST = "history"
MEASURES = ["predictive_entropy", "mutual_information", LAST]


def blocks(predict, X):
    """Predictions of blocks of rows, joined."""
    return np.concatenate([predict(X[i : i + BATCH]) for i in range(0, len(X), BATCH)])


def uncertainty(model, X, n_passes=100, random_state=0, measure="mutual_information"):
    def measured(X):
        found = model.predict_uncertainty(
            X, n_passes=n_passes, random_state=random_state
        )
        return getattr(found, measure)

    return blocks(measured, X)


def test_verdicts_on_a_capture(predicted, classifier, model, capture, features):
    found = predicted(model, capture)
    assert found.columns.tolist() == [*PACKET, "verdict", "probability", *MEASURES]
    packets = read_packets(capture).to_frame()
    for name in PACKET:
        assert found[name].tolist() == packets[name].tolist()
    np.testing.assert_array_equal(found["verdict"], classifier.predict(features))
    assert 0 < found["verdict"].mean() < 1
    proba = blocks(classifier.predict_proba, features)[:, 1]
    np.testing.assert_array_equal(found["probability"], proba)
    np.testing.assert_array_equal(
        found["mutual_information"], uncertainty(classifier, features)
    )
    np.testing.assert_array_equal(
        found["predictive_entropy"],
        uncertainty(classifier, features, measure="predictive_entropy"),
    )
    assert found["mutual_information"].max() > 0


def test_a_block_that_is_filled_up(call, classifier, model, capture, features):
    """Another number of rows may round the last bit differently, no more."""
    found = table(call("predict", model, capture)[1])
    for name, expected in (
        ("probability", classifier.predict_proba(features)[:, 1]),
        (
            "mutual_information",
            classifier.predict_uncertainty(features, random_state=0).mutual_information,
        ),
    ):
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-14)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 64, 599])
def test_cuts_change_nothing(call, model, capture, monkeypatch, rows):
    capture_in = ["predict", model, capture, "--n-passes", 5]
    whole = call(*capture_in)
    assert whole[0] == 0
    monkeypatch.setattr(_sources, "ROWS", rows)
    assert call(*capture_in) == whole


def test_the_seed_decides(predicted, classifier, model, capture, features):
    found = predicted(model, capture, "--random-state", 7, "--n-passes", 9)
    expected = uncertainty(classifier, features, n_passes=9, random_state=7)
    np.testing.assert_array_equal(found["mutual_information"], expected)
    other = predicted(model, capture, "--random-state", 8, "--n-passes", 9)
    assert (found["mutual_information"] != other["mutual_information"]).any()


def test_without_passes_the_entropy_is_that_of_the_probability(
    predicted, model, capture
):
    found = predicted(model, capture, "--n-passes", 0)
    p = found["probability"]
    assert found.columns[3:].tolist() == ["verdict", "probability", MEASURES[0], LAST]
    entropy = -(xlogy(p, p) + xlog1py(1 - p, -p))
    np.testing.assert_allclose(found["predictive_entropy"], entropy, atol=1e-12)


def test_threshold(predicted, model, capture):
    found = predicted(model, capture, "--n-passes", 0)
    threshold = float(found["probability"].quantile(0.9))
    strict = predicted(model, capture, "--n-passes", 0, "--threshold", threshold)
    expected = (found["probability"] >= threshold).astype(int)
    assert strict["verdict"].tolist() == expected.tolist()
    assert 0 < expected.sum() < found["verdict"].sum()


def test_file_and_summary(call, model, capture, tmp_path):
    path = tmp_path / "verdicts.csv"
    status, out, err = call("predict", model, capture, "-o", path, "--n-passes", 0)
    assert (status, out) == (0, "")
    assert path.read_text() == call("predict", model, capture, "--n-passes", 0)[1]
    counts = table(path.read_text())["verdict"].value_counts()
    each = ", ".join(f"{counts[label]} x {label}" for label in sorted(counts.index))
    assert err == f"{capture}: 600 packets; {each}\n"
    assert [*sorted(counts.index)] == ["0", "1", "not enough history"]
    np.save(tmp_path / "x.npy", np.ones((3, 115)))
    _, _, err = call("predict", model, tmp_path / "x.npy", "--n-passes", 0)
    assert err.startswith(f"{tmp_path / 'x.npy'}: 3 rows; 3 x ")
    status, out, err = call("predict", model, capture, "-o", path)
    assert (status, out) == (1, "")
    assert "verdicts.csv exists" in err
    assert call("predict", model, capture, "-o", path, "--force")[0] == 0
    assert "mutual_information" in path.read_text()


# -- tables of features ------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "packets"),
    [  # .npy with --packets is refused, see test_extract.py
        *(("parquet", []), ("npy", []), ("csv", [])),
        *(("parquet", ["--packets"]), ("csv", ["--packets"])),
    ],
)
def test_extracted_features(call, predicted, model, capture, tmp_path, ending, packets):
    path = tmp_path / f"features.{ending}"
    assert call("extract", capture, "-o", path, *packets)[0] == 0
    expected = predicted(model, capture)
    if ending == "npy":  # which has no names
        expected = expected.drop(columns="history")
    if not packets:
        expected = expected.drop(columns=["time", "source", "destination"])
    pd.testing.assert_frame_equal(predicted(model, path), expected)


@pytest.fixture(scope="module")
def with_counter(features, labels, tmp_path_factory):
    """A model of UCI's 116 columns, which drops the counter and 23 more."""
    X = np.column_stack([np.arange(len(features)), features])
    settings = {**SMALL, "drop_columns": 24}
    model = MiraiDNNClassifier(**settings).fit(X, labels)
    path = tmp_path_factory.mktemp("uci") / "uci.skmirai"
    model.save(path)
    return model, path, X


def test_model_of_116_columns(predicted, with_counter, capture, tmp_path):
    model, path, X = with_counter
    np.savetxt(tmp_path / "uci.csv", X, "%.17g", delimiter=",")
    np.savetxt(tmp_path / "115.csv.gz", X[:, 1:], "%.17g", delimiter=",")
    np.save(tmp_path / "uci.npy", X)
    proba = blocks(model.predict_proba, X)[:, 1]
    for source in (capture, *(tmp_path / n for n in ("uci.csv", "115.csv.gz"))):
        np.testing.assert_array_equal(predicted(path, source)["probability"], proba)
    found = predicted(path, tmp_path / "uci.npy")["mutual_information"]
    np.testing.assert_array_equal(found, uncertainty(model, X))


def test_model_of_115_columns_on_uci_tables(predicted, model, capture, with_counter):
    path = with_counter[1].with_name("uci.npy")
    np.save(path, with_counter[2])
    expected = predicted(model, capture)["probability"]
    pd.testing.assert_series_equal(predicted(model, path)["probability"], expected)


def test_a_counter_that_is_used_is_named(
    call, features, labels, capture, tmp_path, monkeypatch
):
    X = np.column_stack([np.arange(len(features)), features])
    model = MiraiDNNClassifier(**SMALL).fit(X, labels)
    model.save(path := tmp_path / "m.skmirai")
    monkeypatch.setattr(_sources, "ROWS", 77)
    options = ["--batch", BATCH, "--n-passes", 0]
    status, out, err = call("predict", path, capture, *options)
    assert status == 0
    assert "skmirai: the model uses the row counter of its training table" in err
    proba = blocks(model.predict_proba, X)[:, 1]
    np.testing.assert_array_equal(table(out)["probability"], proba)


@pytest.fixture(scope="module")
def by_names(features, labels, tmp_path_factory):
    """A model of named columns, a counter and some features in another order."""
    names = ["counter", *FEATURE_NAMES[40:10:-2]]
    X = pd.DataFrame(features, columns=FEATURE_NAMES)
    X["counter"] = np.arange(len(X))
    model = MiraiDNNClassifier(**SMALL, drop_columns="counter").fit(X[names], labels)
    path = tmp_path_factory.mktemp("names") / "names.skmirai"
    model.save(path)
    return model, path, X[names]


def test_model_of_names(predicted, by_names, capture, tmp_path):
    model, path, X = by_names
    proba = blocks(model.predict_proba, X)[:, 1]
    X.sample(frac=1, axis=1, random_state=0).to_csv(tmp_path / "x.csv", index=False)
    X.to_parquet(tmp_path / "x.parquet")
    for source in (capture, tmp_path / "x.csv", tmp_path / "x.parquet"):
        np.testing.assert_array_equal(predicted(path, source)["probability"], proba)
    # by position, where the table has no names
    np.save(tmp_path / "x.npy", X.to_numpy())
    found = predicted(path, tmp_path / "x.npy")["probability"]
    np.testing.assert_array_equal(found, proba)


def test_missing_names_are_listed(call, by_names, features, labels, capture, tmp_path):
    path, X = by_names[1:]
    X.drop(columns=["HH_L5_std", "H_L1_mean"]).to_csv(tmp_path / "x.csv", index=False)
    status, out, err = call("predict", path, tmp_path / "x.csv")
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    missing = [n for n in X if n in ("HH_L5_std", "H_L1_mean")]
    assert missing
    listed = ", ".join(map(repr, missing))
    assert err.endswith(f"was fitted on ({listed}): give a table that has them\n")
    assert f"lacks {len(missing)} of the 16 columns" in err
    other = pd.DataFrame(features[:, :8], columns=[f"column {i}" for i in range(8)])
    model = MiraiDNNClassifier(**SMALL).fit(other, labels)
    model.save(tmp_path / "other.skmirai")
    _, _, err = call("predict", tmp_path / "other.skmirai", capture)
    assert "lacks 8 of the 8 columns" in err
    assert err.endswith(
        "'column 3', 'column 4' and 3 more): give a table that has them\n"
    )


def test_tables_of_other_features(predicted, features, labels, tmp_path):
    """By position, the columns of packets left out."""
    frame = pd.DataFrame(features[:, [3, 50, 80]], columns=["a", "b", "c"])
    model = MiraiDNNClassifier(**SMALL).fit(frame.to_numpy(), labels)
    model.save(tmp_path / "m.skmirai")
    frame.insert(0, "time", np.arange(600.0))
    frame.to_csv(tmp_path / "x.csv", index=False)
    found = predicted(tmp_path / "m.skmirai", tmp_path / "x.csv")
    assert found.columns[0] == "time"
    proba = blocks(model.predict_proba, frame.iloc[:, 1:].to_numpy())
    np.testing.assert_array_equal(found["probability"], proba[:, 1])


@pytest.mark.parametrize("first", ["0,1,2", "a,b,c", '"a, b",c,"d"', "1e3,2,3"])
def test_first_rows(predicted, of_three, tmp_path, first):
    path = tmp_path / "x.csv"
    path.write_text(f'{first}\n1,2,3\n\n"1", "2", "3"\n')
    n_rows = 2 + (first[0] in "01")
    found = predicted(of_three, path, "--n-passes", 0)["probability"]
    assert len(found) == n_rows
    assert found.iloc[-1] == found.iloc[-2]


# -- other models ------------------------------------------------------------------


def test_more_classes(predicted, features, capture, tmp_path):
    y = np.array(["benign", "mirai", "scan"])[np.arange(600) % 3]
    model = MiraiDNNClassifier(**SMALL).fit(features, y)
    model.save(tmp_path / "m.skmirai")
    found = predicted(tmp_path / "m.skmirai", capture)
    columns = [f"probability_{label}" for label in model.classes_]
    assert found.columns[3:].tolist() == ["verdict", *columns, *MEASURES]
    np.testing.assert_array_equal(found[columns], blocks(model.predict_proba, features))
    np.testing.assert_array_equal(found["verdict"], blocks(model.predict, features))


def test_single_precision(predicted, features, labels, capture, tmp_path):
    model = MiraiDNNClassifier(**SMALL, dtype="float32").fit(features, labels)
    model.save(tmp_path / "m.skmirai")
    found = predicted(tmp_path / "m.skmirai", capture)["probability"]
    proba = blocks(model.predict_proba, features)[:, 1]
    assert proba.dtype == np.float32
    np.testing.assert_array_equal(found.to_numpy(np.float32), proba)


def test_no_dropout_no_uncertainty(predicted, features, labels, capture, tmp_path):
    model = MiraiDNNClassifier(**SMALL, dropout_rate=0).fit(features, labels)
    model.save(tmp_path / "m.skmirai")
    found = predicted(tmp_path / "m.skmirai", capture)
    assert found.columns[3:].tolist() == ["verdict", "probability", MEASURES[0], LAST]


def test_members_without_dropout(predicted, features, labels, capture, tmp_path):
    model = MiraiDNNClassifier(**SMALL, dropout_rate=0, n_members=2)
    model.fit(features, labels).save(tmp_path / "m.skmirai")
    found = predicted(tmp_path / "m.skmirai", capture)
    spread = model.predict_uncertainty(features).mutual_information
    measured = found["mutual_information"]
    np.testing.assert_allclose(measured, spread, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("dropout_rate", [0, 0.3])
def test_ensembles(predicted, features, labels, capture, tmp_path, dropout_rate):
    member = MiraiDNNClassifier(**SMALL | {"dropout_rate": dropout_rate})
    model = MiraiDNNEnsembleClassifier(member, 2, random_state=0)
    model.fit(features, labels).save(tmp_path / "m.skmirai")
    found = predicted(tmp_path / "m.skmirai", capture, "--n-passes", 5)
    proba = blocks(model.predict_proba, features)[:, 1]
    np.testing.assert_array_equal(found["probability"], proba)
    n_passes = 5 if dropout_rate else None
    expected = uncertainty(model, features, n_passes)
    np.testing.assert_allclose(found["mutual_information"], expected, atol=1e-12)
    alone = predicted(tmp_path / "m.skmirai", capture, "--n-passes", 0)
    expected = uncertainty(model, features, None)
    np.testing.assert_allclose(alone["mutual_information"], expected, atol=1e-12)


@pytest.mark.parametrize("n_targets", [1, 2])
def test_regressors(call, predicted, features, capture, tmp_path, n_targets):
    y = np.log1p(np.abs(features[:, 1 : 1 + n_targets]))
    y = y[:, 0] if n_targets == 1 else y
    model = MiraiDNNRegressor(**SMALL).fit(features, y)
    model.save(path := tmp_path / "m.skmirai")
    found = predicted(path, capture)
    ends = [""] if n_targets == 1 else ["_0", "_1"]
    values = [f"prediction{end}" for end in ends]
    stds = [f"std{end}" for end in ends]
    assert found.columns[3:].tolist() == values + stds
    shape = (600, n_targets)
    predictions = blocks(model.predict, features).reshape(shape)
    np.testing.assert_array_equal(found[values], predictions)

    def std(X):
        return model.predict_uncertainty(X, random_state=0).std

    np.testing.assert_array_equal(found[stds], blocks(std, features).reshape(shape))
    status, _, err = call("predict", path, capture, "--threshold", 0.5)
    assert status == 1
    assert "--threshold 0.5 needs a model of two classes, but this is a regr" in err


@pytest.mark.real_data
def test_real_capture(call, predicted, data_dir, tmp_path):
    head = data_dir / "kitsune" / "mirai_benign_head_2000.pcap"
    attack = data_dir / "kitsune" / "mirai_attack_10000.pcap"
    benign, mirai = (AfterImageExtractor().transform(p) for p in (head, attack))
    X, y = np.vstack([benign, mirai]), np.repeat([0, 1], [2000, 10_000])
    model = MiraiDNNClassifier(**SMALL).fit(X, y)
    model.save(tmp_path / "m.skmirai")
    found = predicted(tmp_path / "m.skmirai", head, "--n-passes", 10)
    proba = blocks(model.predict_proba, benign)[:, 1]
    np.testing.assert_array_equal(found["probability"].to_numpy(proba.dtype), proba)
    expected = uncertainty(model, benign, n_passes=10)
    np.testing.assert_array_equal(found["mutual_information"], expected)
