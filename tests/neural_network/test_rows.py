"""Tables in: DataFrames, dropped columns, scalers, and what reaches the network."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_selector
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import SelectKBest, f_classif, f_regression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    StandardScaler,
)

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.preprocessing import (
    PiecewiseLinearEncoder,
    QuantileNormalScaler,
    RobustClipScaler,
    SignedLogScaler,
)

NAMES = ["packet", "size", "weight", "mean", "jitter", "time"]


@pytest.fixture(scope="module")
def table(binary):
    X, y = binary
    return pd.DataFrame(X, columns=NAMES), y


def test_column_names_are_kept_and_do_not_change_the_fit(
    small, table, fitted_classifier
):
    X, y = table
    clf = MiraiDNNClassifier(**small).fit(X, y)
    assert clf.feature_names_in_.tolist() == NAMES
    assert clf.n_features_in_ == 6
    # a DataFrame is stored by columns, which rounds means differently
    np.testing.assert_allclose(
        clf.predict_proba(X), fitted_classifier.predict_proba(X.to_numpy()), rtol=1e-12
    )


def test_array_for_an_estimator_that_knows_names_warns(small, table, warns):
    X, y = table
    clf = MiraiDNNClassifier(**small).fit(X, y)
    with warns(UserWarning, "X does not have valid feature names"):
        proba = clf.predict_proba(X.to_numpy())
    np.testing.assert_array_equal(proba, clf.predict_proba(X))


@pytest.mark.slow(after=2)
@pytest.mark.parametrize(
    ("dropped", "kept"),
    [
        (2, [2, 3, 4, 5]),
        ("packet", [1, 2, 3, 4, 5]),
        (["time", "packet"], [1, 2, 3, 4]),
        ([0, -1], [1, 2, 3, 4]),
        (slice(1, 3), [0, 3, 4, 5]),
        (slice("size", "weight"), [0, 3, 4, 5]),
        (np.array([True, False, True, False, False, False]), [1, 3, 4, 5]),
        (make_column_selector(pattern="^w|^t"), [0, 1, 3, 4]),
        (lambda X: [name for name in X.columns if name[-1] == "t"], [1, 3, 4, 5]),
    ],
)
def test_dropped_columns_are_like_columns_that_never_were(small, table, dropped, kept):
    X, y = table
    clf = MiraiDNNClassifier(**small, drop_columns=dropped).fit(X, y)
    by_hand = MiraiDNNClassifier(**small).fit(X.iloc[:, kept], y)
    assert clf.n_features_in_ == 6
    assert clf.n_parameters_ == by_hand.n_parameters_
    np.testing.assert_allclose(
        clf.predict_proba(X), by_hand.predict_proba(X.iloc[:, kept]), rtol=1e-12
    )


@pytest.mark.slow
@given(
    mask=st.lists(st.booleans(), min_size=6, max_size=6).filter(lambda m: not all(m))
)
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_choice_of_columns(small, binary, mask):
    X, y = binary
    kept = ~np.array(mask)
    once = small | {"epochs": 1}
    clf = MiraiDNNClassifier(**once, drop_columns=mask).fit(X, y)
    by_hand = MiraiDNNClassifier(**once).fit(X[:, kept], y)
    np.testing.assert_allclose(
        clf.predict_proba(X), by_hand.predict_proba(X[:, kept]), rtol=1e-12
    )


def test_dropped_columns_may_hold_anything(small, table):
    X, y = table
    proba = MiraiDNNClassifier(**small).fit(X, y).predict_proba(X)
    dirty = X.assign(
        proto="tcp",
        hole=np.nan,
        when=pd.Timestamp("2016-08-01"),
        kind=pd.Categorical(["a"] * len(X)),
        thing=[{}] * len(X),
    )
    clf = MiraiDNNClassifier(**small, drop_columns=slice("proto", None))
    clf.fit(dirty, y, X_val=dirty, y_val=y)
    # how pandas stores a table of mixed types differs between its versions
    np.testing.assert_allclose(clf.predict_proba(dirty), proba, rtol=1e-12)
    np.testing.assert_array_equal(
        clf.predict_uncertainty(dirty, n_passes=2, random_state=0).proba,
        clf.predict_uncertainty(
            dirty.assign(proto="udp", hole=1), n_passes=2, random_state=0
        ).proba,
    )


def test_dropped_values_of_an_array_may_be_missing(small, binary, fitted_classifier):
    X, y = binary
    holes = np.column_stack([np.full(len(X), np.nan), X])
    clf = MiraiDNNClassifier(**small, drop_columns=1).fit(holes, y)
    np.testing.assert_array_equal(
        clf.predict_proba(holes), fitted_classifier.predict_proba(X)
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda X: X.astype(object),
        lambda X: X.tolist(),
        lambda X: np.asfortranarray(X),
        lambda X: np.repeat(X, 2, axis=0)[::2],
    ],
    ids=["object", "list", "column major", "strided"],
)
def test_same_numbers_in_another_container(small, binary, fitted_classifier, make):
    X, y = binary
    clf = MiraiDNNClassifier(**small).fit(make(X), y.tolist())
    np.testing.assert_allclose(
        clf.predict_proba(make(X)), fitted_classifier.predict_proba(X), rtol=1e-12
    )


def test_whole_and_mixed_numbers(small, binary):
    X, y = binary
    whole = np.rint(3 * X).astype(int)
    expected = MiraiDNNClassifier(**small).fit(whole.astype(float), y)
    mixed = pd.DataFrame(whole).astype({0: "int8", 1: "float64", 2: "Int64"})
    for table in (whole, mixed):
        clf = MiraiDNNClassifier(**small).fit(table, y)
        np.testing.assert_allclose(
            clf.predict_proba(table), expected.predict_proba(whole), rtol=1e-12
        )


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("scaler", "by_hand"),
    [
        ("standard", StandardScaler()),
        ("quantile", QuantileNormalScaler()),
        ("piecewise_linear", PiecewiseLinearEncoder()),
        ("robust_clip", RobustClipScaler()),
        ("signed_log", SignedLogScaler()),
        (PCA(3), PCA(3)),
        (MinMaxScaler((-1, 1)), MinMaxScaler((-1, 1))),
    ],
)
def test_scaling_inside_is_scaling_before(small, binary, scaler, by_hand):
    X, y = binary
    X = np.sinh(2 * X)  # heavy tails
    clf = MiraiDNNClassifier(**small, scaler=scaler).fit(X, y)
    scaled = by_hand.fit_transform(X)
    plain = MiraiDNNClassifier(**small, scaler=None).fit(scaled, y)
    np.testing.assert_allclose(
        clf.pipeline_[:-1].transform(X), scaled, rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(
        clf.predict_proba(X), plain.predict_proba(scaled), rtol=1e-9
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
def test_supervised_transformer_gets_the_training_targets(
    small, kind, binary, regression
):
    X, y = binary if kind is MiraiDNNClassifier else regression
    score = f_classif if kind is MiraiDNNClassifier else f_regression
    labels = np.array(["benign", "mirai"])[y] if kind is MiraiDNNClassifier else y
    chain = make_pipeline(StandardScaler(), SelectKBest(score, k=2))
    estimator = kind(**small, scaler=chain).fit(X[:80], labels[:80])
    by_hand = clone(chain).fit(X[:80], y[:80])
    np.testing.assert_allclose(
        estimator.pipeline_[:-1].transform(X), by_hand.transform(X), rtol=1e-12
    )
    assert estimator.model_.input_shape == (None, 2)


@pytest.mark.slow
def test_discriminant_analysis_as_a_scaler(small, three_classes):
    X, y = three_classes
    lda = LinearDiscriminantAnalysis()
    clf = MiraiDNNClassifier(**small, scaler=lda).fit(X, np.array(list("abc"))[y])
    np.testing.assert_allclose(
        clf.pipeline_[:-1].transform(X), lda.fit(X, y).transform(X), rtol=1e-9
    )
    weights = np.linspace(1, 2, len(y))
    weighted = MiraiDNNClassifier(**small, scaler=clone(lda))
    weighted.fit(X, y, sample_weight=weights)  # lda takes none


@pytest.mark.slow(after=2)
@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
@pytest.mark.parametrize(
    "scaler", ["standard", "quantile", "signed_log", None, FunctionTransformer(np.tanh)]
)
@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_containers_that_are_set_globally_change_nothing(
    small, table, kind, scaler, container
):
    pytest.importorskip(container)
    X, y = table
    estimator = kind(**small | {"epochs": 1}, scaler=scaler, drop_columns=["time"])
    plain = clone(estimator).fit(X, y)
    with config_context(transform_output=container):
        estimator.fit(X, y, X_val=X, y_val=y)
        np.testing.assert_array_equal(estimator.predict(X), plain.predict(X))
        assert estimator.evaluate(X, y) == plain.evaluate(X, y)
        if isinstance(scaler, FunctionTransformer):
            return  # the user's own follows the setting in pipeline_
        np.testing.assert_array_equal(
            estimator.pipeline_[:-1].transform(X), plain.pipeline_[:-1].transform(X)
        )
        np.testing.assert_array_equal(
            estimator.pipeline_.predict(X), plain.pipeline_.predict(X)
        )
        if hasattr(estimator.pipeline_["scale"], "partial_fit") or scaler is None:
            estimator.partial_fit(X, y)


def test_transformer_instance_is_cloned(small, binary):
    X, y = binary
    pca = PCA(2)
    clf = MiraiDNNClassifier(**small, scaler=pca).fit(X, y)
    assert clf.scaler is pca
    assert not hasattr(pca, "components_")
    assert clf.pipeline_["scale"].components_.shape == (2, 6)
    assert clf.model_.input_shape == (None, 2)


def test_scaler_makes_the_fit_indifferent_to_units(small, binary, fitted_classifier):
    X, y = binary
    # powers of two scale floating point numbers without rounding
    units = 2.0 ** np.array([0, 20, -20, 3, -7, 10])
    clf = MiraiDNNClassifier(**small).fit(X * units, y)
    np.testing.assert_allclose(
        clf.predict_proba(X * units), fitted_classifier.predict_proba(X), rtol=1e-12
    )


@pytest.mark.parametrize("fixture", ["fitted_classifier", "fitted_regressor"])
def test_pipeline_is_a_pipeline(request, fixture, table, regression):
    estimator = request.getfixturevalue(fixture)
    X = table[0] if fixture == "fitted_classifier" else pd.DataFrame(regression[0])
    X = X.to_numpy()
    output = estimator.pipeline_.predict(X)
    if fixture == "fitted_classifier":
        np.testing.assert_allclose(
            output[:, 0], estimator.predict_proba(X)[:, 1], rtol=1e-12
        )
    else:
        np.testing.assert_allclose(output[:, 0], estimator.predict(X), rtol=1e-12)


def test_pipeline_takes_raw_tables_without_a_warning(small, table):
    X, y = table
    X = X.assign(proto="tcp")
    clf = MiraiDNNClassifier(**small, drop_columns="proto").fit(X, y)
    np.testing.assert_allclose(
        clf.pipeline_.predict(X)[:, 0], clf.predict_proba(X)[:, 1], rtol=1e-12
    )


def test_pipeline_can_be_cloned_and_shown(small, table):
    X, y = table
    clf = MiraiDNNClassifier(**small, drop_columns=1, scaler="quantile").fit(X, y)
    copied = clone(clf.pipeline_)
    assert not hasattr(copied["dnn"], "network_")
    assert copied["drop"].columns == 1
    assert copied["scale"].get_params() == clf.pipeline_["scale"].get_params()
    assert copied["dnn"].get_params() == clf.pipeline_["dnn"].get_params()
    assert copied["dnn"].architecture["n_nodes"] == 8
    for pipeline in (clf.pipeline_, copied):
        assert "KerasStep(" in repr(pipeline)
        assert "KerasStep" in pipeline._repr_html_()
    copied.fit(X, y, dnn__epochs=3)
    np.testing.assert_allclose(
        copied.predict(X)[:, 0], clf.predict_proba(X)[:, 1], rtol=1e-9
    )


@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
def test_input_is_not_written_to(small, binary, kind):
    X, y = binary  # read-only arrays
    frame = pd.DataFrame(X.copy())
    kind(**small, scaler=None, drop_columns=1).fit(frame, y).predict(frame)
    np.testing.assert_array_equal(frame, X)
