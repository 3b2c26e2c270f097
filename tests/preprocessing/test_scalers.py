"""make_scaler returns a fresh transformer or says what would have been one."""

import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.model_selection import param_distributions
from skmirai.preprocessing import (
    SCALERS,
    AutoScaler,
    NamedScaler,
    PiecewiseLinearEncoder,
    QuantileNormalScaler,
    RobustClipScaler,
    SignedLogScaler,
    make_scaler,
    scaler_names,
    scaler_value,
)
from skmirai.preprocessing import _scalers as module
from skmirai.preprocessing._quiet import QuietQuantileTransformer

ALLOWED = (
    "must be one of 'auto', 'piecewise_linear', 'quantile', 'robust_clip', "
    "'signed_log', 'standard', a transformer instance, or None"
)


@parametrize_with_checks(
    [QuietQuantileTransformer(output_distribution="normal"), make_scaler("standard")]
)
def test_sklearn_conventions(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("auto", AutoScaler),
        ("piecewise_linear", PiecewiseLinearEncoder),
        ("quantile", QuantileNormalScaler),
        ("robust_clip", RobustClipScaler),
        ("signed_log", SignedLogScaler),
        ("standard", StandardScaler),
        (None, FunctionTransformer),
    ],
)
def test_names(name, kind):
    scaler = make_scaler(name)
    assert isinstance(scaler, kind)
    assert make_scaler(name) is not scaler
    assert name is None or name in SCALERS


@pytest.mark.parametrize("name", [*SCALERS, None])
def test_column_names_pass_through(name):
    frame = pd.DataFrame(
        np.random.default_rng(0).normal(size=(20, 2)), columns=["a", "b"]
    )
    scaler = make_scaler(name).fit(frame)
    names = list(scaler.get_feature_names_out())
    assert names[:2] == ["a", "b"]
    assert len(names) == (40 if name in ("piecewise_linear", "auto") else 2)
    assert pickle.loads(pickle.dumps(scaler)).transform(frame).shape == (20, len(names))


def test_identity():
    X = np.array([[1.0, np.nan], [3.0, 4.0]])
    np.testing.assert_array_equal(make_scaler(None).fit_transform(X), X)


@pytest.mark.parametrize("n_rows", [1, 2, 50, 999, 1000, 1500])
def test_quantile_equals_sklearn_without_its_warning(n_rows):
    X = np.random.default_rng(0).lognormal(size=(n_rows, 2))
    scaler = QuietQuantileTransformer(output_distribution="normal", random_state=0)
    out = scaler.fit_transform(X)  # any warning is an error here
    plain = QuantileTransformer(
        n_quantiles=min(1000, n_rows), output_distribution="normal", random_state=0
    )
    np.testing.assert_array_equal(out, plain.fit_transform(X))
    assert scaler.n_quantiles_ == min(1000, n_rows)
    assert scaler.n_quantiles == 1000
    np.testing.assert_allclose(scaler.inverse_transform(out), X, rtol=1e-6)


def test_standard_equals_sklearn_without_its_warning():
    rng = np.random.default_rng(0)
    warned = 0
    for _ in range(50):
        X = rng.normal(size=(100, 2)) * [1, 0] + rng.normal()
        weights = rng.choice([0.6, 3.1], size=100)
        scaler = make_scaler("standard").fit(X, sample_weight=weights)
        assert (scaler.var_ >= 0).all()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            plain = StandardScaler().fit(X, sample_weight=weights)
        warned += len(caught)
        np.testing.assert_array_equal(scaler.scale_, plain.scale_)
        np.testing.assert_array_equal(scaler.transform(X), plain.transform(X))
    assert warned  # else the subclass is no longer needed


@pytest.mark.parametrize("weighted", ["first", "second", "both"])
@pytest.mark.parametrize("hole", [False, True])
def test_standard_in_parts_with_and_without_weights(weighted, hole):
    rng = np.random.default_rng(0)
    X, weights = rng.normal(size=(42, 3)), np.ones(42)
    X[5, 1] = np.nan if hole else 0
    parts = {"first": slice(0, 2), "second": slice(2, None)}
    scaler = make_scaler("standard")
    for name, rows in parts.items():
        if weighted in (name, "both"):
            weights[rows] = 0.3
            scaler.partial_fit(X[rows], sample_weight=weights[rows])
        else:
            scaler.partial_fit(X[rows])
    counted = weights[:, None] * ~np.isnan(X)
    mean = np.nansum(counted * X, axis=0) / counted.sum(axis=0)
    var = np.nansum(counted * (X - mean) ** 2, axis=0) / counted.sum(axis=0)
    np.testing.assert_allclose(
        scaler.n_samples_seen_, counted.sum(axis=0)[: 3 if hole else 1].squeeze()
    )
    np.testing.assert_allclose(scaler.mean_, mean, rtol=1e-12)
    np.testing.assert_allclose(scaler.var_, var, rtol=1e-12)


def test_quantile_restores_its_parameter_after_an_error():
    scaler = QuietQuantileTransformer()
    with pytest.raises(ValueError, match="Reshape your data"):
        scaler.fit([1.0, 2.0])
    assert scaler.n_quantiles == 1000


@pytest.mark.parametrize("name", ["quantile", "piecewise_linear"])
def test_scalers_that_draw_use_the_random_state(name):
    X = np.random.default_rng(0).lognormal(size=(1_200, 1))

    def scaled(random_state):
        scaler = make_scaler(name, random_state=random_state)
        return scaler.set_params(subsample=1_000).fit_transform(X)

    np.testing.assert_array_equal(scaled(0), scaled(0))
    assert (scaled(0)[::50] != scaled(1)[::50]).any()


@pytest.mark.parametrize("name", ["quantile", "piecewise_linear"])
def test_scalers_that_draw_survive_clone(name):
    scaler = clone(make_scaler(name, random_state=3))
    assert scaler.get_params()["random_state"] == 3
    scaler.fit([[1.0], [2.0]])


def test_instances_are_cloned():
    given_scaler = MinMaxScaler(feature_range=(-1, 1)).fit([[0.0], [1.0]])
    scaler = make_scaler(given_scaler)
    assert scaler is not given_scaler
    assert scaler.feature_range == (-1, 1)
    assert not hasattr(scaler, "scale_")
    check_is_fitted(given_scaler)


def test_pipelines_are_instances_too():
    pipe = make_pipeline(SignedLogScaler(), PCA(1))
    scaler = make_scaler(pipe)
    assert scaler is not pipe
    assert scaler.fit_transform(np.eye(3)).shape == (3, 1)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("standart", ValueError, "did you mean 'standard'?"),
        ("robust", ValueError, "scaler='robust' must be one of"),
        ("passthrough", ValueError, "scaler='passthrough' must be one of"),
        (StandardScaler, TypeError, "this is a class: pass StandardScaler()"),
        (KMeans, TypeError, "this is a class: pass KMeans()"),
        (3, TypeError, "this has no fit and no transform and no get_params"),
        (True, TypeError, "scaler=True must be one of"),
        (LogisticRegression(), TypeError, "this has no transform"),
        (["standard"], TypeError, "scaler=['standard'] must be one of"),
    ],
)
def test_errors_list_what_is_allowed(value, error, message):
    with pytest.raises(error, match=re.escape(message)) as info:
        make_scaler(value)
    assert ALLOWED in str(info.value)


@pytest.mark.parametrize(
    "scaler", [make_scaler("quantile"), QuietQuantileTransformer()]
)
def test_quantile_scaler_survives_values_near_the_smallest_float(scaler):
    # as in N-BaIoT's HpHp covariances, where scikit-learn's own returns NaN
    column = np.r_[-182.6, -6.3798e-319, 0.0, -3.5e-83, 1.95e-69, 2388.4]
    scaled = scaler.fit_transform(column[:, None]).ravel()
    assert np.isfinite(scaled).all()
    assert scaled[1] == scaled[2]
    assert scaled[0] < scaled[3] < scaled[1] < scaled[4] < scaled[5]


@pytest.mark.parametrize("name", SCALERS)
@pytest.mark.parametrize(
    "documented", [make_scaler, MiraiDNNClassifier, MiraiDNNRegressor]
)
def test_docstrings_list_every_scaler(documented, name):
    text = " ".join(documented.__doc__.split())
    assert f'- "{name}": {SCALERS[name].summary};' in text
    assert not re.search(r"\{\w+\}", text)


def test_the_search_space_draws_every_scaler():
    assert [*param_distributions()["scaler"], "auto"] == list(SCALERS)


@pytest.mark.parametrize("name", SCALERS)
def test_flags_are_true(name):
    kind = SCALERS[name]
    X = np.random.default_rng(0).normal(size=(200, 1)) * [1, 2]
    far = kind.make().fit(X).transform(np.array([[1e30, 1], [-1e30, 1]]))
    assert (np.abs(far).max() < 10) == kind.bounded
    assert (name in scaler_names(bounded=True)) == kind.bounded
    assert (name in scaler_names(in_parts=True)) == hasattr(kind.cls, "partial_fit")
    assert scaler_value(make_scaler(name)) == name


def test_one_entry_makes_a_scaler(monkeypatch):
    entry = NamedScaler(PowerTransformer, "a power", params={"standardize": False})
    more = {**SCALERS, "power": entry, "ranks": NamedScaler(QuantileTransformer, "r")}
    monkeypatch.setattr(module, "SCALERS", more)
    assert make_scaler("power").standardize is False
    assert make_scaler("ranks", random_state=3).random_state == 3
    assert scaler_value(make_scaler("power")) == "power"
    other = PowerTransformer()  # of the same class, but not what the name stands for
    assert scaler_value(other) is other
    assert "power" in scaler_names()
    with pytest.raises(ValueError, match=r"'power', 'quantile', .*mean 'power'"):
        make_scaler("powr")
