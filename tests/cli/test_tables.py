"""``skmirai predict`` on tables with text, unknown categories and missing values."""

import gzip
import io

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import skmirai
from skmirai import ColumnDropper, MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.cli._feature_tables import MISSING
from skmirai.cli._models import columns_with_gaps, known_categories, text_columns
from skmirai.preprocessing import TableEncoder
from tests.cli.common import read_csv

SMALL = {"n_layers": 1, "n_nodes": 8, "epochs": 1, "random_state": 0}
N_ROWS = 300


@pytest.fixture(scope="module")
def conn_log(tmp_path_factory):
    """Zeek's log of connections as CSV, a dash where there is no value."""
    rng = np.random.default_rng(0)
    seconds = rng.exponential(size=N_ROWS).round(6).astype(str)
    size = rng.integers(0, 5000, N_ROWS).astype(str)
    lacking = rng.random(N_ROWS) < 0.2
    table = pd.DataFrame(
        {
            "ts": 1_540_000_000 + np.arange(N_ROWS) / 8,
            "uid": [f"C{i:08}" for i in range(N_ROWS)],
            "id.orig_h": [f"192.168.1.{i % 20}" for i in range(N_ROWS)],
            "id.resp_p": rng.choice([23, 53, 80, 443], N_ROWS),
            "proto": rng.choice(["tcp", "udp", "icmp"], N_ROWS),
            "service": rng.choice(["dns", "http", "-"], N_ROWS),
            "duration": np.where(lacking, "-", seconds),
            "orig_bytes": np.where(lacking, "-", size),
            "conn_state": rng.choice(["S0", "SF", "OTH", "REJ"], N_ROWS),
            "local_orig": rng.choice(["T", "F"], N_ROWS),
        }
    )
    path = tmp_path_factory.mktemp("zeek") / "conn.csv"
    table.to_csv(path, index=False)
    label = np.where(table["conn_state"] == "S0", "scan", "benign")
    return path, label


@pytest.fixture
def predicted(call):
    """Call predict on standard output; return the lines as a table."""

    def run(*arguments):
        status, out, err = call(
            "predict", *arguments, "-q", "--batch", 50, "--n-passes", 0
        )
        assert (status, err) == (0, "")
        return read_csv(io.StringIO(out))

    return run


def by_blocks(predict, X):
    return np.concatenate([predict(X[i : i + 50]) for i in range(0, len(X), 50)])


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_connections_of_zeek(predicted, conn_log, tmp_path, alone, ending):
    path, y = conn_log
    X = read_csv(path, na_values="-")
    assert X[["service", "duration"]].isna().any().all()
    dropped = ["ts", "uid", "id.orig_h"]
    if alone:
        model = MiraiDNNClassifier(**SMALL, drop_columns=dropped, missing="impute")
    else:
        model = make_pipeline(
            ColumnDropper(dropped),
            TableEncoder(missing="impute"),
            MiraiDNNClassifier(**SMALL),
        )
    skmirai.save(model.fit(X, y), tmp_path / "model")
    new = read_csv(path, dtype=str, keep_default_na=False)
    new.loc[7:9, "proto"] = "sctp"
    new.loc[8, "conn_state"] = ""
    expected = X.copy()
    expected.loc[7:9, "proto"] = "sctp"
    expected.loc[8, "conn_state"] = None
    source = tmp_path / f"new.{ending}"
    if ending == "csv":
        new.to_csv(source, index=False)
    else:
        expected.to_parquet(source)
    found = predicted(tmp_path / "model", source)
    proba = by_blocks(model.predict_proba, expected)[:, 1]
    np.testing.assert_array_equal(found["probability"], proba)
    np.testing.assert_array_equal(found["verdict"], model.predict(expected))
    new[new.columns[::-1]].assign(note="x").to_csv(tmp_path / "other.csv", index=False)
    if ending == "csv":
        other = predicted(tmp_path / "model", tmp_path / "other.csv")
        pd.testing.assert_frame_equal(other, found)


def test_dashes_of_parquet(predicted, conn_log, tmp_path):
    path, y = conn_log
    X = read_csv(path, na_values="-")
    clf = MiraiDNNClassifier(**SMALL, drop_columns=["ts", "uid"], missing="impute")
    clf.fit(X, y).save(tmp_path / "model")
    read_csv(path).to_parquet(tmp_path / "x.parquet")
    found = predicted(tmp_path / "model", tmp_path / "x.parquet")
    np.testing.assert_array_equal(
        found["probability"], by_blocks(clf.predict_proba, X)[:, 1]
    )


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_many_categories(predicted, tmp_path, ending):
    rng = np.random.default_rng(0)
    host = np.arange(1_500) % 140
    X = pd.DataFrame(
        {
            "uid": [f"C{i}" for i in range(1_500)],
            "host": [f"h{n}" if n else None for n in host],
            "port": np.char.add("0", (host[::-1] + 10).astype(str)),
            "size": rng.random(1_500),
        }
    )
    clf = MiraiDNNClassifier(**SMALL, drop_columns=["uid"]).fit(X, host % 2)
    assert clf.pipeline_["drop"].n_ordinal_codes_ == (141, 141)
    assert text_columns(clf) == {1, 2}
    assert columns_with_gaps(clf) == {1, 2, 3}
    clf.save(tmp_path / "model")
    new = X[:200].assign(host=X["host"].replace("h7", "never seen"))
    source = tmp_path / f"new.{ending}"
    new.to_csv(source, index=False) if ending == "csv" else new.to_parquet(source)
    found = predicted(tmp_path / "model", source)
    np.testing.assert_array_equal(
        found["probability"], by_blocks(clf.predict_proba, new)[:, 1]
    )


def test_columns_of_text_and_with_gaps(conn_log):
    path, y = conn_log
    X = read_csv(path, na_values={"duration": "-", "orig_bytes": "-"})
    clf = MiraiDNNClassifier(**SMALL, drop_columns=["ts", "uid"], missing="impute")
    front = [ColumnDropper(["ts"]), "passthrough", ColumnDropper(["uid"])]
    within = make_pipeline(*front, MiraiDNNClassifier(**SMALL, missing="impute"))
    for model in (clf, within):
        model.fit(X, y)
        assert text_columns(model) == {2, 4, 5, 8, 9}
        # the dash is one of the services
        assert columns_with_gaps(model) == {2, 3, 4, 6, 7, 8, 9}


def test_text_of_digits_stays_text(predicted, tmp_path):
    rng = np.random.default_rng(0)
    port = np.where(rng.random(N_ROWS) < 0.5, "0443", "53")
    port[250:] = "http"
    X = pd.DataFrame({"port": port, "size": rng.random(N_ROWS)})
    clf = MiraiDNNClassifier(**SMALL).fit(X, port == "53")
    clf.save(tmp_path / "model")
    X[:100].to_csv(tmp_path / "x.csv", index=False)
    found = predicted(tmp_path / "model", tmp_path / "x.csv")
    np.testing.assert_array_equal(
        found["probability"], by_blocks(clf.predict_proba, X[:100])[:, 1]
    )
    X[:100].to_csv(tmp_path / "bare.csv", index=False, header=False)
    bare = predicted(tmp_path / "model", tmp_path / "bare.csv")
    pd.testing.assert_frame_equal(bare, found)


def test_categories_of_numbers_and_arrays(predicted, tmp_path):
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.choice([23, 53, 80], N_ROWS), rng.random(N_ROWS)])
    reg = MiraiDNNRegressor(**SMALL, categorical_features=[0]).fit(X, X[:, 0] / 80)
    reg.save(tmp_path / "model")
    np.save(tmp_path / "x.npy", X)
    pd.DataFrame(X).to_csv(tmp_path / "x.csv", index=False, header=False)
    for source in ("x.npy", "x.csv"):
        found = predicted(tmp_path / "model", tmp_path / source)
        np.testing.assert_array_equal(found["prediction"], by_blocks(reg.predict, X))


def test_faults_name_file_row_and_column(call, conn_log, tmp_path):
    path, y = conn_log
    X = read_csv(path, na_values="-")
    clf = MiraiDNNClassifier(**SMALL, drop_columns=["duration", "orig_bytes"])
    clf.fit(X, y).save(tmp_path / "model")
    lines = path.read_text().splitlines(keepends=True)
    lines[8] = lines[8].replace(",53,", ",-,").replace(",80,", ",-,")
    lines[8] = lines[8].replace(",443,", ",-,").replace(",23,", ",-,")
    (tmp_path / "x.csv").write_text("".join(lines))
    status, _, err = call("predict", tmp_path / "model", tmp_path / "x.csv")
    assert status == 1
    assert "x.csv: nan in row 7 (from 0), column 'id.resp_p'; expected finite" in err
    X.drop(columns="proto").to_csv(tmp_path / "x.csv", index=False)
    status, _, err = call("predict", tmp_path / "model", tmp_path / "x.csv")
    assert status == 1
    assert "lacks 1 of the 10 columns that the model was fitted on ('proto')" in err


# -- words that mean a missing value elsewhere -----------------------------------------

WORDS = ["NA", "null", "None", "nan", "n/a", "NULL", "http"]


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("lacking", [True, False])
def test_words_that_are_categories_stay_categories(predicted, tmp_path, alone, lacking):
    rng = np.random.default_rng(0)
    service = rng.choice([*WORDS, None] if lacking else WORDS, N_ROWS)
    X = pd.DataFrame({"service": service, "size": rng.random(N_ROWS)})
    clf = MiraiDNNClassifier(**SMALL | {"epochs": 10, "learning_rate": 0.05})
    model = clf if alone else make_pipeline(TableEncoder(), clf)
    model.fit(X, X["service"].isin(["NA", "nan", "null"]))
    skmirai.save(model, tmp_path / "model")
    expected = by_blocks(model.predict_proba, X)[:, 1]
    assert expected.std() > 0.2
    for header in (True, False):
        X.to_csv(tmp_path / "x.csv", index=False, header=header)
        found = predicted(tmp_path / "model", tmp_path / "x.csv")
        np.testing.assert_array_equal(found["probability"], expected)


def test_words_that_encoders_of_scikit_learn_know(predicted, tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.choice(WORDS, N_ROWS), "b": rng.random(N_ROWS)})
    codes = ColumnTransformer(
        [("codes", OneHotEncoder(sparse_output=False), ["a"])], remainder="passthrough"
    )
    pipe = make_pipeline(codes, MiraiDNNClassifier(**SMALL)).fit(X, X["a"] == "NA")
    skmirai.save(pipe, tmp_path / "model")
    assert known_categories(pipe) == {0: {*WORDS}}
    X.to_csv(tmp_path / "x.csv", index=False)
    np.testing.assert_array_equal(
        predicted(tmp_path / "model", tmp_path / "x.csv")["probability"],
        by_blocks(pipe.predict_proba, X)[:, 1],
    )


def test_what_is_missing_is_what_pandas_finds_missing(predicted, tmp_path):
    """Columns that do not know such words, as ``read_csv`` reads them."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {"a": rng.choice(["x", "y", None], N_ROWS), "b": rng.random(N_ROWS)}
    )
    X.loc[::5, "b"] = np.nan
    clf = MiraiDNNClassifier(**SMALL, missing="impute").fit(X, X["a"] == "x")
    clf.save(tmp_path / "model")
    words = sorted(MISSING)
    rows = [f"{a},{b}\n" for a, b in zip(["x", *words], [*words, "1"], strict=True)]
    (tmp_path / "x.csv").write_text("a,b\n" + "".join(rows))
    new = read_csv(tmp_path / "x.csv")
    assert new.isna().to_numpy().sum() == 2 * len(words)
    found = predicted(tmp_path / "model", tmp_path / "x.csv")
    np.testing.assert_array_equal(
        found["probability"], by_blocks(clf.predict_proba, new)[:, 1]
    )


# -- tables without a header -----------------------------------------------------------


@pytest.mark.parametrize("first", ["NA", "NULL", "nan", "", "-"])
def test_switches_and_gaps_in_the_first_line(predicted, tmp_path, first):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "size": np.where(rng.random(N_ROWS) < 0.2, np.nan, rng.random(N_ROWS)),
            "proto": rng.choice(["tcp", "udp"], N_ROWS),
            "local": rng.random(N_ROWS) < 0.5,
        }
    )
    X.loc[0, "size"] = np.nan
    clf = MiraiDNNClassifier(**SMALL, missing="impute").fit(X, X["proto"] == "tcp")
    clf.save(tmp_path / "model")
    X.to_csv(tmp_path / "x.csv", index=False, header=False, na_rep=first)
    assert (tmp_path / "x.csv").read_text().startswith(f"{first},")
    found = predicted(tmp_path / "model", tmp_path / "x.csv")
    np.testing.assert_array_equal(
        found["probability"], by_blocks(clf.predict_proba, X)[:, 1]
    )


@pytest.mark.parametrize(
    "form", ["frame", "array", "one column", "dropped", "pipeline"]
)
def test_a_row_of_text_is_no_header(predicted, tmp_path, form):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "proto": rng.choice(["tcp", "udp"], N_ROWS),
            "state": rng.choice(["S0", "SF", "REJ", None], N_ROWS),
        }
    )
    y = X["proto"] == "tcp"
    if form == "one column":
        X = X[["proto"]]
    model = MiraiDNNClassifier(**SMALL)
    if form == "array":
        model.set_params(categorical_features=[0, 1]).fit(X.to_numpy(dtype=object), y)
    elif form == "pipeline":
        X = X.assign(uid=[f"C{i}" for i in range(N_ROWS)])
        model = make_pipeline(ColumnDropper(["uid"]), TableEncoder(), model).fit(X, y)
    else:
        X = X.assign(uid=[f"C{i}" for i in range(N_ROWS)]) if form == "dropped" else X
        dropped = ["uid"] if form == "dropped" else None
        model.set_params(drop_columns=dropped).fit(X, y)
    skmirai.save(model, tmp_path / "model")
    given = X.to_numpy(dtype=object) if form == "array" else X
    expected = by_blocks(model.predict_proba, given)[:, 1]
    for header in (True, False):
        X.to_csv(tmp_path / "x.csv", index=False, header=header)
        found = predicted(tmp_path / "model", tmp_path / "x.csv")
        np.testing.assert_array_equal(found["probability"], expected)


def test_names_that_are_categories_too(predicted, tmp_path):
    X = pd.DataFrame({"a": ["a", "b"] * 20, "b": ["b", "a"] * 20})
    clf = MiraiDNNClassifier(**SMALL).fit(X, X["a"] == "a")
    clf.save(tmp_path / "model")
    X.to_csv(tmp_path / "x.csv", index=False)
    assert len(predicted(tmp_path / "model", tmp_path / "x.csv")) == len(X)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_one_column_of_numbers(predicted, tmp_path, header, ending):
    X = pd.DataFrame({"size": np.random.default_rng(0).random(N_ROWS)})
    reg = MiraiDNNRegressor(**SMALL).fit(X, X["size"])
    reg.save(tmp_path / "model")
    X.to_csv(tmp_path / f"x.{ending}", index=False, header=header)
    found = predicted(tmp_path / "model", tmp_path / f"x.{ending}")
    np.testing.assert_array_equal(found["prediction"], by_blocks(reg.predict, X))


# -- real tables -----------------------------------------------------------------------


@pytest.mark.real_data
@pytest.mark.parametrize("alone", [True, False])
def test_unsw_nb15(predicted, data_dir, tmp_path, alone):
    """The official file as it is: byte-order mark, id and labels within."""
    path = data_dir / "unsw_nb15" / "UNSW_NB15_82332.csv.gz"
    with gzip.open(path) as file:
        head = [next(file) for _ in range(401)]
    (tmp_path / "new.csv").write_bytes(b"".join(head).replace(b",tcp,", b",sctp2,"))
    table = read_csv(path, encoding="utf-8-sig")[::20]
    assert (table["service"] == "-").any()
    X, y = table.drop(columns=["id", "attack_cat", "label"]), table["label"]
    model = MiraiDNNClassifier(**SMALL, scaler="robust_clip")
    if not alone:
        model = make_pipeline(TableEncoder(), model)
    skmirai.save(model.fit(X, y), tmp_path / "model")
    found = predicted(tmp_path / "model", tmp_path / "new.csv")
    new = read_csv(tmp_path / "new.csv", encoding="utf-8-sig")[X.columns]
    np.testing.assert_array_equal(
        found["probability"], by_blocks(model.predict_proba, new)[:, 1]
    )
    assert set(found["verdict"]) <= {0, 1}


@pytest.mark.real_data
@pytest.mark.parametrize("alone", [True, False])
def test_nsl_kdd(predicted, data_dir, tmp_path, alone):
    """The test file knows services and attacks that the training rows lack."""
    folder = data_dir / "nslkdd"
    names = [f"field_{i}" for i in range(1, 42)]
    columns = [*names, "attack", "difficulty"]
    train = read_csv(folder / "KDDTrain+_20Percent.txt.gz", names=columns)[:2000]
    test = read_csv(folder / "KDDTest+.txt.gz", names=columns)[:600]
    train = train[train["field_3"] != "smtp"]
    X, new = train[names], test[names]
    assert (new["field_3"] == "smtp").any()
    y = np.where(train["attack"] == "normal", "normal", "attack")
    model = MiraiDNNClassifier(**SMALL | {"epochs": 2}, scaler="robust_clip")
    if not alone:
        model = make_pipeline(TableEncoder(), model)
    skmirai.save(model.fit(X, y), tmp_path / "model")
    test.to_csv(tmp_path / "new.csv", index=False)
    found = predicted(tmp_path / "model", tmp_path / "new.csv")
    np.testing.assert_array_equal(
        found["probability"], by_blocks(model.predict_proba, new)[:, 1]
    )
    right = found["verdict"] == np.where(test["attack"] == "normal", "normal", "attack")
    assert right.mean() > 0.6
