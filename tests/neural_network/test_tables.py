"""Tables with text, categories and missing values: encoded within the estimators."""

import copy
import enum
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

import skmirai
from skmirai import ColumnDropper, MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.model_selection import audit_leakage
from skmirai.preprocessing import TableEncoder, make_scaler

KINDS = [MiraiDNNClassifier, MiraiDNNRegressor]
N_ROWS = 160


def make_flows(n_rows, seed=0):
    """Connections as Zeek and pandas have them, and which of them are attacks."""
    rng = np.random.default_rng(seed)
    attack = rng.random(n_rows) < 0.4
    gaps = rng.random((n_rows, 2)) < 0.2
    return pd.DataFrame(
        {
            "uid": [f"C{i:05}" for i in range(n_rows)],
            "proto": np.where(attack, "tcp", rng.choice(["udp", "icmp"], n_rows)),
            "service": pd.Series(rng.choice(["http", "dns", None], n_rows)),
            "duration": np.where(gaps[:, 0], np.nan, rng.exponential(size=n_rows)),
            "bytes": pd.Series(rng.integers(1, 9999, n_rows), dtype="Int64").mask(
                gaps[:, 1]
            ),
            "state": pd.Categorical(rng.choice(["S0", "SF", "REJ"], n_rows)),
            "local": rng.random(n_rows) < 0.5,
        }
    ), attack.astype(int)


@pytest.fixture(scope="module")
def flows():
    return make_flows(N_ROWS)


@pytest.fixture(scope="module")
def given(small):
    """Parameters for these tables."""
    return small | {"drop_columns": ["uid"], "missing": "impute"}


@pytest.fixture(scope="module")
def fitted(given, flows):
    """Classifier of these tables, do not change it: deepcopy it first."""
    return MiraiDNNClassifier(**given).fit(*flows)


def by_hand(kind, settings, encoder):
    """Estimator of what an encoder returns, whose scaler leaves the codes alone."""
    scaler = ColumnTransformer(
        [("numbers", StandardScaler(), slice(0, encoder.n_numbers_))],
        remainder="passthrough",
    )
    return kind(**settings, scaler=scaler)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_is_an_encoder_then_a_scaler_of_the_numbers(small, given, flows, kind):
    X, y = flows
    estimator = kind(**given).fit(X, y)
    encoder = TableEncoder(missing="impute").fit(X.drop(columns="uid"))
    encoded = encoder.transform(X.drop(columns="uid"))
    reference = by_hand(kind, small, encoder).fit(encoded, y)
    new = make_flows(50, seed=1)[0]
    new.loc[:5, "service"] = "never seen"
    np.testing.assert_array_equal(
        estimator.predict_uncertainty(new, n_passes=3, random_state=0).std,
        reference.predict_uncertainty(
            encoder.transform(new.drop(columns="uid")), n_passes=3, random_state=0
        ).std,
    )
    assert estimator.n_features_in_ == 7
    assert estimator.feature_names_in_.tolist() == X.columns.tolist()
    names = estimator.pipeline_["drop"].get_feature_names_out()
    assert names.tolist() == encoder.get_feature_names_out().tolist()
    front = estimator.pipeline_[:-1]
    assert front.get_feature_names_out().tolist() == names.tolist()
    seen = front.transform(X)
    codes = seen[:, encoder.n_numbers_ :]
    np.testing.assert_array_equal(codes, encoded[:, encoder.n_numbers_ :])
    np.testing.assert_allclose(seen[:, : encoder.n_numbers_].std(axis=0), 1)
    output = getattr(estimator, "predict_proba", estimator.predict)(new)
    np.testing.assert_allclose(
        estimator.pipeline_.predict(new)[:, 0],
        output.reshape(50, -1)[:, -1],
        rtol=1e-12,
    )


def test_learns_from_categories(learning, flows):
    X, y = flows
    clf = MiraiDNNClassifier(**learning).fit(X[["proto"]], y)
    assert clf.score(X[["proto"]], y) == 1
    assert clf.pipeline_["scale"].scaler_ is None


def test_without_categories_and_gaps_all_is_as_it_was(small, binary, fitted_classifier):
    X, y = binary
    plain = fitted_classifier
    assert plain.pipeline_["drop"].encoder_ is None
    for more in (
        {"missing": "impute"},
        {"categorical_features": None},
        {"categorical_features": []},
    ):
        clf = MiraiDNNClassifier(**small, **more).fit(X, y)
        np.testing.assert_array_equal(clf.predict_proba(X), plain.predict_proba(X))
        assert type(clf.pipeline_["scale"]) is type(plain.pipeline_["scale"])


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("scaler", ["quantile", "robust_clip", None, PCA(2)])
def test_scalers_see_the_numbers_alone(given, flows, scaler):
    X, y = flows
    clf = MiraiDNNClassifier(**given, scaler=scaler).fit(X, y)
    kept = X.drop(columns="uid")
    encoder = TableEncoder(missing="impute").fit(kept)
    encoded = encoder.transform(kept)
    n = encoder.n_numbers_
    alone = make_scaler(
        scaler,
        random_state=clf.pipeline_["scale"].scaler.get_params().get("random_state"),
    )
    np.testing.assert_allclose(
        clf.pipeline_[:-1].transform(X),
        np.hstack([alone.fit_transform(encoded[:, :n]), encoded[:, n:]]),
        rtol=1e-12,
    )


# -- which columns ----------------------------------------------------------


@pytest.mark.parametrize(
    "chosen",
    [
        ["proto", "service", "state"],
        ["uid", "proto", "service", "state"],
        [1, 2, 5],
        [0, 1, 2, -2],
        [False, True, True, False, False, True, False],
    ],
    ids=repr,
)
def test_columns_are_those_of_the_whole_table(given, flows, fitted, chosen):
    X, y = flows
    clf = MiraiDNNClassifier(**given, categorical_features=chosen).fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), fitted.predict_proba(X))
    array = X.astype(object).where(X.notna(), None).to_numpy()
    if not isinstance(chosen[0], str):
        settings = given | {"drop_columns": [0]}
        clf = MiraiDNNClassifier(**settings, categorical_features=chosen).fit(array, y)
        np.testing.assert_allclose(
            clf.predict_proba(array), fitted.predict_proba(X), rtol=1e-9
        )


def test_numbers_are_categories_where_they_are_named(small, flows):
    X = pd.DataFrame({"port": [80, 53, 443, 80] * 20, "size": np.arange(80.0)})
    y = (X["port"] == 53).astype(int)
    clf = MiraiDNNClassifier(**small, categorical_features=["port"]).fit(X, y)
    assert clf.pipeline_["drop"].get_feature_names_out().tolist() == [
        *("size", "port_53", "port_80", "port_443")
    ]
    by_position = MiraiDNNClassifier(**small, categorical_features=[0])
    by_position.fit(X.to_numpy(), y)
    np.testing.assert_allclose(
        by_position.predict_proba(X.to_numpy()), clf.predict_proba(X), rtol=1e-9
    )
    np.testing.assert_allclose(
        by_position.predict_proba(sparse.csr_array(X.to_numpy())),
        clf.predict_proba(X),
        rtol=1e-9,
    )


WRONG = {
    "no such name": (
        {"categorical_features": ["protocol"]},
        ValueError,
        "categorical_features=.*'protocol', not among.*did you mean",
    ),
    "no such position": (
        {"categorical_features": [7]},
        ValueError,
        "categorical_features=.* index 7, out of range",
    ),
    "short mask": (
        {"categorical_features": [True, False]},
        ValueError,
        "categorical_features=.* boolean mask of length 2.*n_features=7",
    ),
    "text alone": (
        {"categorical_features": "proto"},
        ValueError,
        "'categorical_features' parameter",
    ),
    "none": (
        {"categorical_features": None},
        ValueError,
        "X must hold numbers, but .*Name such a column in categorical_features",
    ),
    "gaps": (
        {"missing": "error"},
        ValueError,
        "Input X contains NaN in column 'duration'.*missing='impute'",
    ),
    "no such choice": ({"missing": "drop"}, ValueError, "'missing' parameter"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_parameters(flows, fitted, unchanged, name):
    parameters, error, message = WRONG[name]
    clf = copy.deepcopy(fitted).set_params(**parameters)
    with unchanged(clf, flows[0]), pytest.raises(error, match=message):
        clf.fit(*flows)


TABLES = {
    "mixed": (
        lambda X: X.assign(proto=["tcp", 6] * (N_ROWS // 2)),
        ValueError,
        "'proto' of X holds text and numbers",
    ),
    "numbers for text": (
        lambda X: X.assign(proto=6),
        ValueError,
        "'proto' of X holds numbers, but held text",
    ),
    "text for numbers": (
        lambda X: X.assign(duration="long"),
        ValueError,
        "X must hold numbers, but .*'long'",
    ),
    "infinite": (lambda X: X.assign(duration=np.inf), ValueError, "infinity"),
    "lists": (
        lambda X: X.assign(proto=[["tcp"]] * N_ROWS),
        TypeError,
        "'proto' of X holds .* of type list",
    ),
    "column gone": (lambda X: X.drop(columns="proto"), ValueError, "proto"),
}


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("name", TABLES)
def test_wrong_tables(flows, fitted, unchanged, name):
    (X, y), (change, error, message) = flows, TABLES[name]
    clf = copy.deepcopy(fitted).set_params(warm_start=True)
    with unchanged(clf, X), pytest.raises(error, match=message):
        clf.fit(change(X), y)
    with unchanged(clf, X), pytest.raises(error, match=message):
        clf.predict(change(X))
    message = message.replace("X ", "X_val ")
    with unchanged(clf, X), pytest.raises(error, match=message):
        clf.fit(X, y, X_val=change(X), y_val=y)


def test_a_column_without_any_value(given, flows, warns):
    X, y = flows
    with warns(UserWarning, "no value at all in .*'duration'"):
        clf = MiraiDNNClassifier(**given).fit(X.assign(duration=np.nan), y)
    np.testing.assert_array_equal(
        clf.predict_proba(X), clf.predict_proba(X.assign(duration=1e30))
    )


def test_the_first_part_makes_a_column_numbers(small, flows, warns):
    X, y = flows
    X = X[["proto", "local"]]
    first = X[:80].assign(proto=pd.Series([None] * 80, dtype=object))
    clf = MiraiDNNClassifier(**small, missing="impute")
    with warns(
        UserWarning, "no value at all in .*'proto'.*name in categorical_features"
    ):
        clf.partial_fit(first, y[:80], classes=[0, 1])
    with pytest.raises(ValueError, match=r"'proto' holds text.*first part.*fit anew"):
        clf.partial_fit(X[80:], y[80:])
    clf = MiraiDNNClassifier(**small, categorical_features=["proto"])
    clf.partial_fit(first, y[:80], classes=[0, 1]).partial_fit(X[80:], y[80:])


def test_numbers_with_dashes_are_named(small, flows, warns):
    X, y = flows
    dashed = X[["proto"]].assign(
        size=[str(i) if i % 20 else "-" for i in range(N_ROWS)]
    )
    with warns(UserWarning, "column 'size' of X holds text, and 95 % .*'-'") as caught:
        MiraiDNNClassifier(**small).fit(dashed, y)
    assert [warning.filename for warning in caught] == [__file__]


def test_categories_that_are_members_of_enumerations_are_saved(small, flows, tmp_path):
    class Proto(str, enum.Enum):  # noqa: UP042 - another text than StrEnum's
        TCP = "tcp"
        UDP = "udp"
        ICMP = "icmp"

    X, y = flows
    members = pd.DataFrame({"proto": [Proto(p) for p in X["proto"]]}, dtype=object)
    clf = MiraiDNNClassifier(**small).fit(members, y)
    clf.save(tmp_path / "model")
    again = skmirai.load(tmp_path / "model")
    np.testing.assert_array_equal(
        again.predict_proba(X[["proto"]]), clf.predict_proba(members)
    )


def test_a_thousand_categories(given, flows):
    X, y = flows
    kept = {name: value for name, value in given.items() if name != "drop_columns"}
    clf = MiraiDNNClassifier(**kept).fit(X, y)  # each uid has one row
    names = clf.pipeline_["drop"].get_feature_names_out().tolist()
    assert [name for name in names if "uid" in name] == ["uid_infrequent_sklearn"]


# -- what is learned from ----------------------------------------------------------


@pytest.mark.slow
def test_validation_rows_are_not_learned_from(given, flows):
    X, y = flows
    clf = MiraiDNNClassifier(**given)
    late = X[120:].assign(proto="gre", duration=1e6, bytes=pd.NA)
    clf.fit(X[:120], y[:120], X_val=late, y_val=y[120:])
    alone = MiraiDNNClassifier(**given).fit(X[:120], y[:120])
    np.testing.assert_array_equal(clf.predict_proba(X), alone.predict_proba(X))
    assert np.isfinite(clf.history_["val_loss"]).all()

    split = MiraiDNNClassifier(**given, validation_fraction=0.5).fit(X, y)
    numbers = X["duration"].dropna()
    fill = split.pipeline_["drop"].encoder_.fill_values_[0]
    assert fill != numbers.median()
    assert split.pipeline_["drop"].encoder_.is_categorical_.sum() == 3


def test_rows_of_weight_0_have_no_effect(given, flows):
    X, y = flows
    weight = np.r_[np.ones(120), np.zeros(40)]
    other = X.copy()
    other.loc[120:, "proto"] = [f"p{i % 7}" for i in range(40)]
    other.loc[120:, "duration"] = 1e9
    clf = MiraiDNNClassifier(**given).fit(other, y, sample_weight=weight)
    alone = MiraiDNNClassifier(**given)
    alone.fit(X[:120], y[:120], sample_weight=np.ones(120))
    np.testing.assert_array_equal(clf.predict_proba(X), alone.predict_proba(X))


def test_weights_reach_scaler_and_medians(given, flows):
    X, y = flows
    weight = 1.0 + np.arange(N_ROWS) % 3
    clf = MiraiDNNClassifier(**given).fit(X, y, sample_weight=weight)
    repeated = X.loc[X.index.repeat(weight.astype(int))]
    encoder = TableEncoder(missing="impute").fit(repeated.drop(columns="uid"))
    found = clf.pipeline_["drop"].encoder_
    np.testing.assert_array_equal(found.fill_values_, encoder.fill_values_)
    encoded = encoder.transform(repeated.drop(columns="uid"))[:, : encoder.n_numbers_]
    np.testing.assert_allclose(
        clf.pipeline_["scale"].scaler_.mean_, encoded.mean(axis=0), rtol=1e-12
    )


@pytest.mark.parametrize("kind", KINDS)
def test_first_part_fixes_categories_and_medians(given, flows, kind):
    X, y = flows
    estimator = kind(**given)
    classes = {"classes": [0, 1]} if kind is MiraiDNNClassifier else {}
    estimator.partial_fit(X[:80], y[:80], **classes)
    encoder = copy.deepcopy(estimator.pipeline_["drop"].encoder_)
    scale = estimator.pipeline_["scale"]
    mean = scale.scaler_.mean_.copy()
    late = X[80:].assign(proto="gre")
    estimator.partial_fit(late, y[80:])
    again = estimator.pipeline_["drop"].encoder_
    np.testing.assert_equal(vars(again)["fill_values_"], encoder.fill_values_)
    names = again.get_feature_names_out().tolist()
    assert names == encoder.get_feature_names_out().tolist()
    np.testing.assert_array_equal(scale.scaler_.mean_, mean)
    rows = np.vstack(
        [encoder.transform(part.drop(columns="uid")) for part in (X[:80], late)]
    )[:, : encoder.n_numbers_]
    np.testing.assert_allclose(
        estimator.pipeline_["scale"].scaler_.mean_, rows.mean(axis=0), rtol=1e-9
    )


def test_training_continues(given, flows):
    X, y = flows
    longer = MiraiDNNClassifier(**given | {"epochs": 6}).fit(X, y)
    clf = MiraiDNNClassifier(**given, warm_start=True).fit(X, y).fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), longer.predict_proba(X))


# -- tables of all sorts ----------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_tables_on_the_disk_and_sparse_ones(tmp_path, small, kind):
    rng = np.random.default_rng(0)
    X = np.where(rng.random((3_000, 6)) < 0.5, 0, rng.normal(size=(3_000, 6)))
    X[:, 4] = rng.integers(0, 5, 3_000)
    y = (X[:, 3] > X[:, 2]).astype(int)
    X[rng.random(3_000) < 0.2, 1] = np.nan
    np.save(tmp_path / "X.npy", X)
    settings = small | {
        "epochs": 1,
        "missing": "impute",
        "categorical_features": [4],
        "drop_columns": [0],
        "dtype": "float64",
    }
    held = kind(**settings).fit(X, y, sample_weight=1.0 + y)
    with config_context(working_memory=0):
        mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
        on_disk = kind(**settings).fit(mapped, y, sample_weight=1.0 + y)
        thin = kind(**settings).fit(sparse.csr_array(X), y, sample_weight=1.0 + y)
    for step in ("fill_values_", "indicator_indices_"):
        expected = getattr(held.pipeline_["drop"].encoder_, step)
        for other in (on_disk, thin):
            found = getattr(other.pipeline_["drop"].encoder_, step)
            np.testing.assert_array_equal(found, expected)
    scaled = held.pipeline_[:-1].transform(X)
    np.testing.assert_allclose(on_disk.pipeline_[:-1].transform(X), scaled, atol=1e-9)
    np.testing.assert_array_equal(thin.predict(X), on_disk.predict(X))
    with config_context(working_memory=0):
        np.testing.assert_array_equal(on_disk.predict(mapped), on_disk.predict(X))


@pytest.mark.slow
def test_validation_rows_on_the_disk_are_not_learned_from(tmp_path, small):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    X[rng.random(X.shape) < 0.2] = np.nan
    y = rng.integers(0, 2, 500)
    np.save(tmp_path / "X.npy", X)
    clf = MiraiDNNClassifier(**small, missing="impute", validation_fraction=0.4)
    held = clone(clf).fit(X, y)
    with config_context(working_memory=0):
        clf.fit(np.load(tmp_path / "X.npy", mmap_mode="r"), y)
    found, expected = (c.pipeline_["drop"].encoder_.fill_values_ for c in (clf, held))
    np.testing.assert_array_equal(found, expected)
    assert (found != np.nanmedian(X, axis=0)).any()


def test_many_rows_are_predicted_in_parts(fitted):
    X, y = make_flows(20_000, seed=2)
    parts = [fitted.predict_proba(X[i : i + 5_000]) for i in range(0, 20_000, 5_000)]
    np.testing.assert_allclose(fitted.predict_proba(X), np.vstack(parts), rtol=1e-12)
    assert fitted.evaluate(X, y)["accuracy"] == fitted.score(X, y)


def test_arrow_tables(given, flows, fitted):
    pa = pytest.importorskip("pyarrow")
    X, y = flows
    table = pa.Table.from_pandas(X)
    clf = MiraiDNNClassifier(**given).fit(table, y)
    np.testing.assert_allclose(
        clf.predict_proba(table), fitted.predict_proba(X), rtol=1e-9
    )
    backed = table.to_pandas(types_mapper=pd.ArrowDtype)
    np.testing.assert_array_equal(fitted.predict_proba(backed), fitted.predict_proba(X))


def test_polars_tables(given, flows, fitted):
    pl = pytest.importorskip("polars")
    X, y = flows
    plain = X.astype(object).where(X.notna(), None)
    table = pl.DataFrame({name: plain[name].tolist() for name in X})
    clf = MiraiDNNClassifier(**given).fit(table, y)
    np.testing.assert_allclose(
        clf.predict_proba(table), fitted.predict_proba(X), rtol=1e-9
    )


def test_a_lazy_table_is_refused_with_the_remedy(given, flows, fitted):
    pl = pytest.importorskip("polars")
    lazy = pl.LazyFrame({name: [1.0, 2.0] for name in flows[0]})
    refused = pytest.raises(TypeError, match=r"X is a LazyFrame.*X\.collect\(\)")
    for call in (
        lambda: MiraiDNNClassifier(**given).fit(lazy, [0, 1]),
        lambda: fitted.predict(lazy),
        lambda: ColumnDropper(1).fit(lazy),
        lambda: TableEncoder().fit(lazy),
        lambda: audit_leakage(lazy, [0, 1]),
    ):
        with refused:
            call()


@pytest.mark.slow
def test_precision_follows_the_numbers(given, flows):
    X, y = flows
    narrow = X.drop(columns="bytes").astype({"duration": np.float32})
    assert MiraiDNNClassifier(**given).fit(narrow, y).model_.dtype == "float32"
    assert MiraiDNNClassifier(**given).fit(X, y).model_.dtype == "float64"


# -- among other tools ------------------------------------------------------


def test_global_output_of_transformers(given, flows, fitted):
    X, y = flows
    with config_context(transform_output="pandas"):
        clf = MiraiDNNClassifier(**given).fit(X, y)
        np.testing.assert_array_equal(clf.predict_proba(X), fitted.predict_proba(X))
        np.testing.assert_allclose(
            clf.pipeline_.predict(X)[:, 0], fitted.predict_proba(X)[:, 1], rtol=1e-12
        )


def test_cloned_and_pickled(flows, fitted, same_state):
    X, y = flows
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    twin = clone(fitted).fit(X, y)
    same_state(twin, fitted)
    pipeline = clone(fitted.pipeline_)
    pipeline.fit(X, y, dnn__epochs=3)
    np.testing.assert_allclose(
        pipeline.predict(X)[:, 0], fitted.predict_proba(X)[:, 1], rtol=1e-9
    )


@pytest.mark.slow
def test_in_searches_and_pipelines(given, flows):
    X, y = flows
    clf = MiraiDNNClassifier(**given)
    search = GridSearchCV(clf, {"n_nodes": [8], "missing": ["impute"]}, cv=2)
    assert np.isfinite(search.fit(X, y).best_score_)
    assert np.isfinite(cross_val_score(clf, X, y, cv=2)).all()
    encoder = TableEncoder(missing="impute")
    inner = make_pipeline(encoder, MiraiDNNClassifier(epochs=1, random_state=0))
    assert inner.fit(X.drop(columns="uid"), y).predict(X.drop(columns="uid")).shape


def test_tags():
    assert not get_tags(MiraiDNNClassifier()).input_tags.allow_nan
    assert get_tags(MiraiDNNRegressor(missing="impute")).input_tags.allow_nan


# -- files ----------------------------------------------------------


@pytest.mark.slow(after=2)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"scaler": "quantile"},
        {"scaler": PCA(2)},
        {"scaler": None},
        {"categorical_features": ["proto", "service", "state", "local"]},
        {"drop_columns": ["uid", "duration", "bytes", "local"]},
    ],
    ids=repr,
)
@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded(given, flows, tmp_path, kind, more, same_state):
    X, y = flows
    estimator = kind(**given | more, warm_start=True).fit(X, y)
    estimator.save(tmp_path / "model")
    again = skmirai.load(tmp_path / "model")
    same_state(again, estimator)
    new = make_flows(50, seed=1)[0].assign(service="never seen")
    np.testing.assert_array_equal(again.predict(new), estimator.predict(new))
    assert repr(again.pipeline_["drop"]) == repr(estimator.pipeline_["drop"])
    np.testing.assert_array_equal(
        again.fit(X, y).predict(new), estimator.fit(X, y).predict(new)
    )


@pytest.mark.parametrize("fitted_with", ["error", "impute"])
@pytest.mark.parametrize("text", [True, False])
def test_saved_after_parameters_were_set(small, flows, tmp_path, fitted_with, text):
    """What was fitted counts, not what the next fit will do."""
    X, y = flows
    X = X[["proto", "state", "local"]] if text else X[["local"]]
    other = {"error": "impute", "impute": "error"}[fitted_with]
    clf = MiraiDNNClassifier(**small, missing=fitted_with).fit(X, y)
    pipe = make_pipeline(TableEncoder(missing=fitted_with), clone(clf)).fit(X, y)
    before = [model.predict_proba(X) for model in (clf, pipe)]
    clf.set_params(missing=other, categorical_features=None)
    pipe[0].set_params(missing=other, max_categories=3, min_frequency=5)
    for model, expected in zip((clf, pipe), before, strict=True):
        skmirai.save(model, tmp_path / "model")
        again = skmirai.load(tmp_path / "model")
        np.testing.assert_array_equal(again.predict_proba(X), expected)
        lacking = X.assign(local=np.nan)
        if fitted_with == "error":
            with pytest.raises(ValueError, match="contains NaN in column 'local'"):
                again.predict(lacking)
        else:
            np.testing.assert_array_equal(
                again.predict(lacking), model.predict(lacking)
            )
    assert skmirai.load(tmp_path / "model")[0].missing == other


@pytest.mark.slow
def test_pipeline_with_an_encoder_is_saved(flows, tmp_path):
    X, y = flows
    pipe = make_pipeline(
        skmirai.ColumnDropper(["uid"]),
        TableEncoder(missing="impute"),
        MiraiDNNClassifier(n_layers=1, n_nodes=8, epochs=1, random_state=0),
    ).fit(X, y)
    skmirai.save(pipe, tmp_path / "model")
    again = skmirai.load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_proba(X), pipe.predict_proba(X))
