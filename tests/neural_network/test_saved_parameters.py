"""Files hold parameters, optimizers, labels and scalers of any kind."""

import copy

import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)

from skmirai import ColumnDropper, MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.preprocessing import (
    PiecewiseLinearEncoder,
    QuantileNormalScaler,
    RobustClipScaler,
    SignedLogScaler,
    scaler_names,
)
from tests.neural_network.round_trips import trip

SCHEDULES = keras.optimizers.schedules


PARAMETERS = {
    "n_layers": [np.int64(2), 0],
    "n_nodes": [[4, 5], (4, 5), np.array([4, 5]), np.int32(6)],
    "activation": ["gelu", keras.activations.silu, keras.activations.relu],
    "learning_rate": [np.float32(0.1), 1, np.float64(0.01)],
    "batch_norm": [True, np.True_],
    "dropout_rate": [0, np.float64(0.3), [0.1, 0.0], np.array([0.1, 0.2])],
    "drop_columns": [
        2,
        np.int64(1),
        [0, -1],
        (1, 2),
        np.array([True, False, False, True, False, False]),
        [True, False, False, False, False, False],
        slice(None, 4, 2),
        [],
        pd.Index([1, 2]),
    ],
    "epochs": [np.int64(2)],
    "batch_size": [np.int16(10), 10**6],
    "shuffle": [False],
    "class_weight": [{0: 1, 1: 2.5}, {np.int64(0): np.float32(0.3), 1: 1}, "balanced"],
    "validation_fraction": [0.25],
    "early_stopping": [True],
    "n_iter_no_change": [np.int64(1)],
    "tol": [0.0, 1e-300],
    "callbacks": [[], ()],
    "dtype": ["float32", "float64"],
    "verbose": [False],
    "random_state": [None, 5, np.int64(5)],
}


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in PARAMETERS.items() for value in values],
    ids=lambda value: getattr(value, "__name__", str(value)),  # no addresses
)
def test_parameters_come_back(binary, tmp_path, name, value):
    X, y = binary
    usual = {"n_layers": 2, "n_nodes": 4, "epochs": 1, "batch_size": 60}
    clf = MiraiDNNClassifier(**usual | {name: value}).fit(X, y)
    again = trip(clf, tmp_path)
    before, after = clf.get_params(), again.get_params()
    np.testing.assert_equal(after, before)
    if not isinstance(value, pd.Index):  # it comes back as an array
        assert type(after[name]) is type(value)
        if isinstance(value, np.generic | np.ndarray):
            assert after[name].dtype == value.dtype
    np.testing.assert_array_equal(again.predict_proba(X), clf.predict_proba(X))


def test_columns_by_name(binary, small, tmp_path):
    X, y = binary
    frame = pd.DataFrame(X).rename(columns="f{}".format)
    for columns in ("f1", ["f1", "f4"], slice("f1", "f3"), frame.columns[:2]):
        clf = MiraiDNNClassifier(**small, drop_columns=columns).fit(frame, y)
        again = trip(clf, tmp_path)
        np.testing.assert_array_equal(again.feature_names_in_, frame.columns)
        np.testing.assert_array_equal(again.predict(frame), clf.predict(frame))
        np.testing.assert_array_equal(
            clone(again).fit(frame, y).predict(frame), clf.predict(frame)
        )
        with pytest.raises(ValueError, match="feature names should match"):
            again.predict(frame[frame.columns[::-1]])


SOME = {
    "ema": keras.optimizers.Adam(0.01, use_ema=True),
    "clipped": keras.optimizers.SGD(0.1, clipnorm=1.0, nesterov=True, momentum=0.5),
    "by rows": keras.optimizers.Adafactor(0.01),
    "muon": keras.optimizers.Muon(0.01),
    "exponential": keras.optimizers.Adam(SCHEDULES.ExponentialDecay(0.1, 3, 0.5)),
    "pieces": keras.optimizers.SGD(
        SCHEDULES.PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.1])
    ),
    "cosine": keras.optimizers.Nadam(SCHEDULES.CosineDecay(0.1, 10, warmup_steps=2)),
    "restarts": keras.optimizers.Lion(SCHEDULES.CosineDecayRestarts(0.01, 4)),
    "inverse": keras.optimizers.Ftrl(SCHEDULES.InverseTimeDecay(0.1, 3, 0.5)),
    "polynomial": keras.optimizers.RMSprop(SCHEDULES.PolynomialDecay(0.1, 9)),
}


def _undecayed():
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.3)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", [*SOME.values(), _undecayed()], ids=[*SOME, "w"])
def test_optimizer_instances(binary, small, tmp_path, same_state, optimizer):
    X, y = binary
    clf = MiraiDNNClassifier(**small, optimizer=optimizer, warm_start=True)
    clf.set_params(dtype="float32").fit(X, y)
    first = copy.deepcopy(clf)
    again = trip(clf, tmp_path)
    assert type(again.optimizer) is type(optimizer)
    assert again.optimizer is not optimizer
    assert again.optimizer.get_config() == optimizer.get_config()
    same_state(again.fit(X, y), clf.fit(X, y))
    same_state(clone(again).fit(X, y), first)


@pytest.mark.slow
@pytest.mark.parametrize(
    "labels",
    [
        ["benign", "mirai", "scan"],
        np.array(["benign", "mirai", "scan"], dtype=object),
        [-5, 2, 7],
        np.array([1, 2, 200], dtype=np.uint8),
        [0.0, 1.0, 2.0],
        [False, True],
        ["ünïcode", "名前"],
    ],
    ids=str,
)
def test_labels_of_any_kind(binary, small, tmp_path, labels):
    X, y = binary
    y = np.asarray(labels)[np.arange(len(y)) % len(labels)]
    clf = MiraiDNNClassifier(**small).fit(X, y)
    again = trip(clf, tmp_path)
    assert again.classes_.dtype == clf.classes_.dtype
    np.testing.assert_array_equal(again.classes_, clf.classes_)
    np.testing.assert_array_equal(again.predict(X), clf.predict(X))
    assert [type(label) for label in again.classes_.tolist()] == [
        type(label) for label in clf.classes_.tolist()
    ]


def frozen(transformer):
    X = np.random.default_rng(0).lognormal(size=(50, 6))
    return FrozenEstimator(transformer.fit(X))


SCALERS = {
    "none": None,
    **{name: name for name in scaler_names()},
    "StandardScaler": StandardScaler(with_mean=False),
    "MinMaxScaler": MinMaxScaler((-1, 1), clip=True),
    "MaxAbsScaler": MaxAbsScaler(),
    "RobustScaler": RobustScaler(quantile_range=(10.0, 90.0)),
    "QuantileTransformer": QuantileTransformer(n_quantiles=20, random_state=0),
    "PowerTransformer": PowerTransformer(),
    "Normalizer": Normalizer(),
    "KBinsDiscretizer": KBinsDiscretizer(3, encode="onehot-dense"),
    "PolynomialFeatures": PolynomialFeatures(2),
    "RobustClipScaler": RobustClipScaler(2.0),
    "SignedLogScaler": SignedLogScaler(),
    "PiecewiseLinearEncoder": PiecewiseLinearEncoder(5, with_scaled=False),
    "QuantileNormalScaler": QuantileNormalScaler(20),
    "identity": FunctionTransformer(),
    "ufunc": FunctionTransformer(np.arcsinh, np.sinh, check_inverse=False),
    "pipeline": make_pipeline(FunctionTransformer(np.arctan), StandardScaler()),
    "nested": make_pipeline("passthrough", make_pipeline(RobustScaler())),
    "union": FeatureUnion([("a", StandardScaler()), ("b", SignedLogScaler())]),
    "columns": ColumnTransformer(
        [("a", StandardScaler(), [0, 2]), ("b", ColumnDropper(1), slice(3, 6))],
        remainder="passthrough",
    ),
    "SplineTransformer": SplineTransformer(4),
    "frozen": frozen(StandardScaler()),
    "frozen pipeline": frozen(make_pipeline(SignedLogScaler(), MinMaxScaler())),
    "set_output": StandardScaler().set_output(transform="pandas"),
}


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("scaler", SCALERS.values(), ids=SCALERS)
def test_scalers(binary, small, tmp_path, same_state, scaler):
    X, y = binary
    reg = MiraiDNNRegressor(**small, scaler=scaler).fit(X, y)
    again = trip(reg, tmp_path)
    np.testing.assert_array_equal(again.predict(X), reg.predict(X))
    assert repr(again.scaler) == repr(reg.scaler)
    assert repr(again.pipeline_["scale"]) == repr(reg.pipeline_["scale"])
    # a frozen scaler comes with what it has learned
    np.testing.assert_array_equal(clone(again).fit(X, y).predict(X), reg.predict(X))
    if scaler in (None, "standard", "signed_log"):
        same_state(again.partial_fit(X, y), reg.partial_fit(X, y))


def test_requests_of_metadata_come_back(binary, small, tmp_path):
    with sklearn.config_context(enable_metadata_routing=True):
        clf = MiraiDNNClassifier(**small).set_fit_request(sample_weight="w")
        clf.set_score_request(sample_weight=False).fit(*binary)
        again = trip(clf, tmp_path)
        assert str(again.get_metadata_routing()) == str(clf.get_metadata_routing())
        assert again.get_metadata_routing().fit.requests["sample_weight"] == "w"


def test_history_with_gaps(binary, small, tmp_path):
    X, y = binary
    clf = MiraiDNNClassifier(**small, warm_start=True).fit(X, y)
    clf.fit(X, y, X_val=X, y_val=y)
    assert np.isnan(clf.history_["val_loss"][0])
    np.testing.assert_equal(trip(clf, tmp_path).history_, clf.history_)
