"""``skmirai predict`` with Pipelines: what Python says, line by line, text included."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

import skmirai
from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.cli._models import fitted_columns, text_columns
from tests.cli.common import SMALL, read_csv, table

N_ROWS = 400


@pytest.fixture(scope="module")
def connections():
    """Connections whose first ports are all digits, and where others are names."""
    rng = np.random.default_rng(0)
    ports = np.where(rng.random(N_ROWS) < 0.5, "0443", "53")
    ports[300::7] = "http"
    protocols = rng.choice(["tcp", " udp", "icmp"], N_ROWS).astype(object)
    protocols[rng.random(N_ROWS) < 0.1] = np.nan  # None is no gap to SimpleImputer
    X = pd.DataFrame(
        {
            "protocol": protocols,
            "port": ports,
            "bytes": rng.lognormal(5, 2, N_ROWS).round(),
            "seconds": np.where(rng.random(N_ROWS) < 0.1, np.nan, rng.random(N_ROWS)),
        }
    )
    y = np.where(X["port"] == "53", "attack", "benign")
    return X, y


def front():
    text = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="?"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    return ColumnTransformer(
        [
            ("text", text, make_column_selector(dtype_exclude=np.number)),
            ("bytes", FunctionTransformer(np.log1p), ["bytes"]),
        ],
        remainder=SimpleImputer(),
    )


@pytest.fixture(scope="module")
def pipe(connections, tmp_path_factory):
    """Pipeline and its file."""
    X, y = connections
    pipe = make_pipeline(front(), MiraiDNNClassifier(**SMALL)).fit(X, y)
    path = tmp_path_factory.mktemp("models") / "pipe.skmirai"
    skmirai.save(pipe, path)
    return pipe, path


@pytest.fixture
def predicted(call):
    """Call predict on standard output; return the lines as a table."""

    def run(*arguments):
        status, out, err = call("predict", *arguments, "-q", "--batch", 50)
        assert (status, err) == (0, "")
        return table(out)

    return run


def by_blocks(predict, X):
    return np.concatenate([predict(X[i : i + 50]) for i in range(0, len(X), 50)])


def uncertainty(pipe, X):
    found = skmirai.predict_uncertainty(pipe, X, n_passes=7, random_state=0)
    return found.mutual_information


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
@pytest.mark.parametrize("rows", [4096, 90])
def test_table_with_text(
    predicted, pipe, connections, tmp_path, monkeypatch, ending, rows
):
    """A piece of digits alone is no piece of numbers."""
    monkeypatch.setattr("skmirai.cli._feature_tables.ROWS", rows)
    pipe, path = pipe
    X, _ = connections
    rest = X.assign(note="x")[["note", *X.columns[::-1]]]
    source = tmp_path / f"x.{ending}"
    if ending == "parquet":
        rest.to_parquet(source)
    else:
        rest.to_csv(source, index=False)
        read = read_csv(source)
        assert read["protocol"].str.startswith(" ").any()
        np.testing.assert_array_equal(pipe.predict(read), pipe.predict(X))
    found = predicted(path, source, "--n-passes", 7)
    proba = by_blocks(pipe.predict_proba, X)[:, 1]
    np.testing.assert_array_equal(found["probability"], proba)
    np.testing.assert_array_equal(found["verdict"], pipe.predict(X))
    assert 0 < (found["verdict"] == "attack").mean() < 1
    expected = by_blocks(lambda rows: uncertainty(pipe, rows), X)
    np.testing.assert_array_equal(found["mutual_information"], expected)
    assert expected.max() > 0


def test_digits_alone_are_text_where_the_encoder_knows_text(
    predicted, pipe, connections, tmp_path
):
    """Read by itself, such a table has a column of numbers, all of them unknown."""
    pipe, path = pipe
    X = connections[0][:50]
    X.to_csv(tmp_path / "x.csv", index=False)
    assert read_csv(tmp_path / "x.csv")["port"].dtype == np.int64
    found = predicted(path, tmp_path / "x.csv", "--n-passes", 0)
    np.testing.assert_array_equal(found["probability"], pipe.predict_proba(X)[:, 1])


def test_table_without_a_header(predicted, call, pipe, connections, tmp_path):
    pipe, path = pipe
    X, _ = connections
    X.to_csv(tmp_path / "x.csv", index=False, header=False)
    found = predicted(path, tmp_path / "x.csv", "--n-passes", 0)
    proba = by_blocks(pipe.predict_proba, X)[:, 1]
    np.testing.assert_array_equal(found["probability"], proba)
    X.assign(bytes="many").to_csv(tmp_path / "x.csv", index=False, header=False)
    status, _, err = call("predict", path, tmp_path / "x.csv")
    assert status == 1
    assert "line 1: 'many' is no number" in err


def test_faults_name_the_file_and_the_rows(call, pipe, connections, tmp_path):
    X, _ = connections
    source = tmp_path / "x.csv"
    X.assign(bytes="many").to_csv(source, index=False)
    status, out, err = call("predict", pipe[1], source, "-o", tmp_path / "out")
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert f"{source}: " in err
    assert "in rows 0 to 399" in err
    assert not (tmp_path / "out").exists()
    X.drop(columns="port").to_csv(source, index=False)
    status, _, err = call("predict", pipe[1], source)
    assert status == 1
    assert "lacks 1 of the 4 columns that the model was fitted on ('port')" in err


def test_threshold_and_no_dropout(predicted, connections, tmp_path):
    X, y = connections
    pipe = make_pipeline(front(), MiraiDNNClassifier(**SMALL, dropout_rate=0))
    skmirai.save(pipe.fit(X, y), tmp_path / "m")
    X.to_csv(tmp_path / "x.csv", index=False)
    found = predicted(tmp_path / "m", tmp_path / "x.csv", "--threshold", 0.9)
    assert found.columns.tolist() == ["verdict", "probability", "predictive_entropy"]
    expected = np.where(found["probability"] >= 0.9, "benign", "attack")
    np.testing.assert_array_equal(found["verdict"], expected)


def test_pipeline_of_numbers_on_a_capture(
    predicted, capture, features, labels, tmp_path
):
    pipe = Pipeline(
        [
            ("scale", StandardScaler()),
            ("rest", make_pipeline(PCA(5), MiraiDNNClassifier(**SMALL))),
        ]
    )
    skmirai.save(pipe.fit(features, labels), tmp_path / "m")
    found = predicted(tmp_path / "m", capture, "--n-passes", 7)
    assert found.columns[0] == "time"
    proba = by_blocks(pipe.predict_proba, features)[:, 1]
    np.testing.assert_array_equal(found["probability"], proba)
    expected = by_blocks(lambda rows: uncertainty(pipe, rows), features)
    np.testing.assert_array_equal(found["mutual_information"], expected)


def test_regressor(predicted, connections, tmp_path):
    X, _ = connections
    pipe = make_pipeline(front(), MiraiDNNRegressor(**SMALL)).fit(X, X["bytes"])
    skmirai.save(pipe, tmp_path / "m")
    X.to_csv(tmp_path / "x.csv", index=False)
    found = predicted(tmp_path / "m", tmp_path / "x.csv")
    np.testing.assert_array_equal(found["prediction"], by_blocks(pipe.predict, X))
    assert found["std"].min() > 0


@pytest.fixture
def binary_numbers():
    X = np.random.default_rng(0).random((60, 3))
    return X, (X[:, 0] > 0.5).astype(int)


# -- which columns hold text -------------------------------------------------------

TABLE = pd.DataFrame(
    {"a": ["1", "2", "x"], "b": [1, 2, 3], "c": ["u", "v", np.nan], "d": [0.5, 1, 2]}
)
ENCODE = OneHotEncoder(sparse_output=False)
FILL = SimpleImputer(strategy="most_frequent")

FRONTS = {
    "names": (ColumnTransformer([("t", ENCODE, ["c", "a"])]), {0, 2}),
    "one name": (ColumnTransformer([("t", ENCODE, ["b", "c"])]), {2}),
    "places": (ColumnTransformer([("t", ENCODE, [0, -2])]), {0, 2}),
    "slice": (ColumnTransformer([("t", OrdinalEncoder(), slice(1, 3))]), {2}),
    "slice of names": (ColumnTransformer([("t", ENCODE, slice("b", "c"))]), {2}),
    "open slice": (ColumnTransformer([("t", ENCODE, slice("c"))]), {0, 2}),
    "mask": (ColumnTransformer([("t", ENCODE, np.array([1, 0, 0, 1], bool))]), {0}),
    "remainder": (ColumnTransformer([("n", "drop", ["b"])], remainder=ENCODE), {0, 2}),
    "imputed": (
        ColumnTransformer([("t", make_pipeline(FILL, ENCODE), ["a", "c"])]),
        {0, 2},
    ),
    "imputed at the end": (ColumnTransformer([("t", FILL, ["c", "d"])]), {2}),
    "nested": (
        make_pipeline(
            "passthrough",
            ColumnTransformer([("u", FeatureUnion([("t", ENCODE)]), [2])]),
        ),
        {2},
    ),
    "numbers": (ColumnTransformer([("n", StandardScaler(), ["b", "d"])]), set()),
    "digits": (ColumnTransformer([("t", ENCODE, ["b"])]), set()),
    "encoder": (ENCODE, {0, 2}),
    "after others": (
        make_pipeline(
            FunctionTransformer(feature_names_out="one-to-one"), OrdinalEncoder()
        ),
        set(),
    ),
}


@pytest.mark.parametrize(("front", "expected"), FRONTS.values(), ids=FRONTS)
def test_columns_of_text(front, expected):
    assert text_columns(make_pipeline(front, "passthrough").fit(TABLE)) == expected


def test_a_model_that_knows_no_columns(call, binary_numbers, tmp_path):
    X, y = binary_numbers
    logarithm = FunctionTransformer(np.log1p)
    pipe = make_pipeline("passthrough", logarithm, MiraiDNNClassifier(**SMALL))
    pipe.fit(X, y)
    assert fitted_columns(pipe) == (None, 3)
    del logarithm.n_features_in_
    skmirai.save(pipe, tmp_path / "m")
    np.save(tmp_path / "x.npy", X)
    status, _, err = call("predict", tmp_path / "m", tmp_path / "x.npy")
    assert status == 1
    assert "FunctionTransformer, the first step of the model, does not know" in err


def test_estimators_alone_take_no_text(classifier):
    assert text_columns(classifier) == set()
