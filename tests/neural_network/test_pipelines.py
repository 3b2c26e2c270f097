"""Pipelines around our estimators: uncertainty and files, as without them."""

import copy
import inspect
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectFromModel, SelectKBest, f_classif
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    LabelEncoder,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

import skmirai
from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from tests.neural_network.round_trips import plain_params, trip

N_ROWS = 120


@pytest.fixture(scope="module")
def traffic():
    """Connections with text, gaps and heavy tails, and what they are."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "protocol": rng.choice(["tcp", "udp", "icmp"], N_ROWS),
            "service": rng.choice(["http", "dns", None], N_ROWS),
            "bytes": rng.lognormal(5, 3, N_ROWS),
            "packets": rng.integers(1, 1000, N_ROWS),
            "seconds": np.where(rng.random(N_ROWS) < 0.1, np.nan, rng.random(N_ROWS)),
        }
    )
    y = np.where(X["packets"] > 400, "attack", "benign")
    return X, y


def front():
    """Transformers of a real table."""
    text = make_pipeline(
        SimpleImputer(strategy="most_frequent"),
        OneHotEncoder(handle_unknown="ignore", min_frequency=2, sparse_output=False),
    )
    heavy = make_pipeline(
        FunctionTransformer(np.log1p, feature_names_out="one-to-one"), StandardScaler()
    )
    return ColumnTransformer(
        [
            ("text", text, make_column_selector(dtype_exclude=np.number)),
            ("heavy", heavy, ["bytes", "packets"]),
        ],
        remainder=SimpleImputer(add_indicator=True),
        verbose_feature_names_out=False,
    )


def settings(**more):
    usual = {"n_layers": 1, "n_nodes": 8, "epochs": 2, "batch_size": 32}
    return usual | {"random_state": 0, "warm_start": True} | more


@pytest.fixture(scope="module")
def pipe(traffic):
    """Fitted Pipeline, do not change it."""
    return make_pipeline(front(), MiraiDNNClassifier(**settings())).fit(*traffic)


# -- uncertainty -------------------------------------------------------------------


def assert_same_uncertainty(one, other):
    np.testing.assert_array_equal(one.std, other.std)
    np.testing.assert_array_equal(one.mc_error, other.mc_error)


def test_uncertainty_of_a_pipeline_is_that_of_its_last_step(pipe, traffic):
    X, _ = traffic
    rows = pipe[:-1].transform(X)
    options = {"n_passes": 7, "random_state": 3, "masks": "per_row"}
    expected = pipe[-1].predict_uncertainty(rows, **options)
    assert expected.std.max() > 0
    for estimator, X_as_it_sees_it in (
        (pipe, X),
        (pipe[-1], rows),
        (FrozenEstimator(pipe), X),
        (Pipeline([("all", pipe)]), X),
        (Pipeline([("only", pipe[-1])]), rows),
        (Pipeline([("nothing", "passthrough"), ("all", pipe)]), X),
        (Pipeline([("front", pipe[0]), ("back", pipe[1:])]), X),
    ):
        found = skmirai.predict_uncertainty(estimator, X_as_it_sees_it, **options)
        assert_same_uncertainty(found, expected)
        assert found.label.tolist() == expected.label.tolist()


def test_uncertainty_of_a_regressor_and_samples(traffic):
    X, _ = traffic
    pipe = make_pipeline(front(), MiraiDNNRegressor(**settings()))
    pipe.fit(X, np.log1p(X["bytes"]))
    found = skmirai.predict_uncertainty(
        pipe, X, n_passes=5, random_state=0, return_samples=True, batch_size=11
    )
    assert found.samples.shape == (5, len(X))
    np.testing.assert_allclose(found.samples.mean(axis=0), found.mean)


@pytest.mark.slow
def test_uncertainty_of_a_search(traffic):
    X, y = traffic
    pipe = make_pipeline(front(), MiraiDNNClassifier(**settings(epochs=1)))
    search = GridSearchCV(pipe, {"miraidnnclassifier__n_nodes": [3, 4]}, cv=2)
    with pytest.raises(NotFittedError):
        skmirai.predict_uncertainty(search, X)
    search.fit(X, y)
    options = {"n_passes": 3, "random_state": 0}
    assert_same_uncertainty(
        skmirai.predict_uncertainty(search, X, **options),
        skmirai.predict_uncertainty(search.best_estimator_, X, **options),
    )
    search = clone(search).set_params(refit=False).fit(X, y)
    with pytest.raises(TypeError, match=r"refit=False has no best .* refit=True"):
        skmirai.predict_uncertainty(search, X)


@pytest.mark.parametrize("wrap", [lambda e: e, make_pipeline, FrozenEstimator])
@pytest.mark.parametrize("other", [LogisticRegression(), None, "detector"])
def test_no_uncertainty_of_others(binary, wrap, other):
    if isinstance(other, LogisticRegression):
        other.fit(*binary)
    elif wrap is make_pipeline:
        return  # no Pipeline either
    with pytest.raises(
        TypeError, match=r"(LogisticR.*|None|str|FrozenEstimator) has no .* expected"
    ):
        skmirai.predict_uncertainty(wrap(other), binary[0])


def test_arguments_are_those_of_the_methods(pipe, traffic):
    function = inspect.signature(skmirai.predict_uncertainty).parameters
    for cls in MiraiDNNClassifier, MiraiDNNRegressor:
        method = inspect.signature(cls.predict_uncertainty).parameters
        for name in [*method][2:]:
            if name != "n_passes":  # None is the default of each estimator
                assert function[name] == method[name]
        assert len(function) == len(method)
    assert "n_passes : int" in skmirai.predict_uncertainty.__doc__
    with pytest.raises(ValueError, match="'n_passes' parameter"):
        skmirai.predict_uncertainty(pipe, traffic[0], n_passes=0)


def test_warning_points_at_the_line_that_called(traffic):
    X, y = traffic
    pipe = make_pipeline(front(), MiraiDNNClassifier(**settings(dropout_rate=0)))
    pipe.fit(X, y)
    for call in (
        lambda: skmirai.predict_uncertainty(pipe, X, n_passes=2),
        lambda: pipe[-1].predict_uncertainty(pipe[:-1].transform(X), n_passes=2),
    ):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()
        assert ["make no dropout" in str(w.message) for w in caught] == [True]
        assert caught[0].filename == __file__


# -- files -------------------------------------------------------------------------


def assert_same(one, other, X):
    np.testing.assert_array_equal(one.predict(X), other.predict(X))
    if hasattr(one, "predict_proba"):
        np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    options = {"n_passes": 5, "random_state": 0}
    assert_same_uncertainty(
        skmirai.predict_uncertainty(one, X, **options),
        skmirai.predict_uncertainty(other, X, **options),
    )
    assert plain_params(one) == plain_params(other)


def test_pipeline_comes_back(pipe, traffic, tmp_path, same_state):
    X, y = traffic
    again = trip(pipe, tmp_path)
    assert_same(again, pipe, X)
    assert type(again) is Pipeline
    names = [list(p[:-1].get_feature_names_out()) for p in (again, pipe)]
    assert names[0] == names[1]
    np.testing.assert_array_equal(again.feature_names_in_, X.columns)
    same_state(again[-1], pipe[-1])
    unseen = X.assign(protocol="sctp", service="ftp")
    assert_same(again, pipe, unseen)
    with pytest.raises(ValueError, match=r"columns are missing: {'bytes'}"):
        again.predict(X.drop(columns="bytes"))
    skmirai.save(again, tmp_path / "other")
    whole = (tmp_path / "saved.skmirai").read_bytes()
    assert (tmp_path / "other").read_bytes() == whole
    # both go on training, and start anew, alike
    plain = copy.deepcopy(pipe).fit(X, y)
    again.fit(X, y)
    assert again[-1].n_iter_ == 4
    assert_same(again, plain, X)
    same_state(again[-1], plain[-1])
    assert_same(clone(again).fit(X, y), clone(plain).fit(X, y), X)


LOAD = """
import sys
import numpy as np
import pandas as pd
import skmirai

skmirai.load, skmirai.save, skmirai.predict_uncertainty
assert "tensorflow" not in sys.modules
pipe = skmirai.load(sys.argv[1] + "/saved.skmirai")
X = pd.read_pickle(sys.argv[1] + "/X")
proba = pipe.predict_proba(X)
np.testing.assert_array_equal(proba, np.load(sys.argv[1] + "/proba.npy"))
print("equal")
"""


@pytest.mark.slow
def test_pipeline_is_read_in_a_fresh_process(pipe, traffic, tmp_path, run_python):
    X, _ = traffic
    skmirai.save(pipe, tmp_path / "saved.skmirai")
    X.to_pickle(tmp_path / "X")
    np.save(tmp_path / "proba.npy", pipe.predict_proba(X))
    assert run_python(LOAD, tmp_path) == "equal\n"


@pytest.mark.slow
def test_regressor_in_pipelines_in_pipelines(traffic, tmp_path):
    X, _ = traffic
    union = FeatureUnion([("pca", PCA(2, random_state=0)), ("all", "passthrough")])
    pipe = Pipeline(
        [
            ("front", front()),
            ("inner", make_pipeline(union, MiraiDNNRegressor(**settings()))),
        ]
    )
    pipe.fit(X, X["packets"])
    assert_same(trip(pipe, tmp_path), pipe, X)


TRANSFORMERS = {
    "k best": SelectKBest(f_classif, k=3),
    "from a model": SelectFromModel(LogisticRegression(), threshold="median"),
    "k-means": KMeans(3, random_state=0),
    "frozen": FrozenEstimator(
        StandardScaler().fit(np.random.default_rng(0).normal(size=(9, 6)))
    ),
    "sparse": make_pipeline(OneHotEncoder(handle_unknown="ignore"), PCA(3)),
    "pandas": StandardScaler().set_output(transform="pandas"),
    "numbers": ColumnTransformer(
        [("a", StandardScaler(), [0, 2]), ("b", "drop", slice(3, 5))],
        remainder="passthrough",
    ),
    "mask": ColumnTransformer(
        [("a", OrdinalEncoder(), np.array([True, False] * 3))], remainder="passthrough"
    ),
}


@pytest.mark.slow(after=2)
@pytest.mark.parametrize("transformer", TRANSFORMERS.values(), ids=TRANSFORMERS)
def test_transformers(binary, tmp_path, transformer):
    X, y = binary
    pipe = make_pipeline(transformer, MiraiDNNClassifier(**settings())).fit(X, y)
    assert_same(trip(pipe, tmp_path), pipe, X)


def own_function(X):
    return X


class OwnPipeline(Pipeline):
    pass


@pytest.mark.slow
def test_what_cannot_be_saved_is_named(binary, small, tmp_path):
    X, y = binary
    clf = MiraiDNNClassifier(**small)
    forest = SelectFromModel(RandomForestClassifier(3, random_state=0))
    for pipe, message in (
        (
            make_pipeline(FunctionTransformer(own_function), clf),
            "steps: functiontransformer: func is .*own_function.*scikit-learn",
        ),
        (make_pipeline(forest, clf), "estimator is .*RandomForest.*pickle"),
        (make_pipeline(PCA(2), clf, memory="cache"), "memory is a cache.* to None"),
        (OwnPipeline([("clf", clf)]), "OwnPipeline.* cannot be saved"),
        (make_pipeline(LogisticRegression()), "a Pipeline that ends in LogisticReg"),
        (make_pipeline(GridSearchCV(clf, {}, cv=2)), "a Pipeline .* GridSearchCV"),
        (LogisticRegression(), "a LogisticRegression cannot be saved: expected an"),
        (LabelEncoder(), "a LabelEncoder cannot be saved"),
        (
            make_pipeline(clone(clf).set_params(activation=lambda x: x)),
            "miraidnnclassifier: activation is .*name of a Keras activation",
        ),
    ):
        pipe.fit(X, y) if not isinstance(pipe, LabelEncoder) else pipe.fit(y)
        with pytest.raises(TypeError, match=f"(?s){message}"):
            skmirai.save(pipe, tmp_path / "saved")
    for thing, name in ((None, "NoneType"), (MiraiDNNClassifier, "ABCMeta")):
        with pytest.raises(TypeError, match=f"a {name} cannot be saved"):
            skmirai.save(thing, tmp_path / "saved")
    for unfitted in (clf, make_pipeline(PCA(), clf)):
        with pytest.raises(NotFittedError):
            skmirai.save(clone(unfitted), tmp_path / "saved")
    assert not [*tmp_path.glob("saved*")]


def test_what_holds_itself_is_named(binary, small, tmp_path):
    pipe = make_pipeline(FunctionTransformer(), MiraiDNNClassifier(**small))
    pipe.fit(*binary)
    pipe[0].kw_args = {}
    pipe[0].kw_args["X"] = pipe[0].kw_args
    with pytest.raises(TypeError, match="Pipeline holds itself"):
        skmirai.save(pipe, tmp_path / "saved")


def test_the_function_saves_what_the_method_does(fitted_classifier, tmp_path):
    skmirai.save(fitted_classifier, tmp_path / "one")
    fitted_classifier.save(tmp_path / "other")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_classes_load_no_pipelines(pipe, tmp_path):
    skmirai.save(pipe, tmp_path / "saved")
    with pytest.raises(ValueError, match=r"holds a Pipeline; load it with skmirai\."):
        MiraiDNNClassifier.load(tmp_path / "saved")
