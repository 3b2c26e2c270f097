"""Files of fitted estimators: every bit comes back, and nothing else comes in."""

import copy
import functools
import hashlib
import io
import json
import os
import pickle
import pickletools
import zipfile

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.callback import ScoringMonitor
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
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

import skmirai
from skmirai import ColumnDropper, MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.preprocessing import RobustClipScaler, SignedLogScaler

STATEFUL = {"dropout_rate": 0.3, "batch_norm": True, "warm_start": True}

SCHEDULES = keras.optimizers.schedules


def outputs(estimator, X, y):
    """Everything that an estimator says about some rows."""
    uncertainty = estimator.predict_uncertainty(X, n_passes=5, random_state=0)
    said = {
        "predict": estimator.predict(X),
        "evaluate": estimator.evaluate(X, y),
        "mc_score": estimator.mc_score(X, y, n_passes=3, random_state=0),
        "std": uncertainty.std,
    }
    if isinstance(estimator, MiraiDNNClassifier):
        said |= {
            "proba": estimator.predict_proba(X),
            "decision": estimator.decision_function(X),
            "mean": uncertainty.proba,
            "mutual information": uncertainty.mutual_information,
        }
    return said


def trip(estimator, folder):
    estimator.save(folder / "saved.skmirai")
    return skmirai.load(folder / "saved.skmirai")


def parameters(estimator):
    """Parameters, with the settings of an optimizer, which equals only itself."""
    params = estimator.get_params()
    if isinstance(params["optimizer"], keras.optimizers.Optimizer):
        params["optimizer"] = (
            type(params["optimizer"]),
            params["optimizer"].get_config(),
        )
    return params


def assert_same(again, estimator, X, y, same_state):
    np.testing.assert_equal(outputs(again, X, y), outputs(estimator, X, y))
    same_state(again, estimator)
    assert type(again) is type(estimator)
    assert vars(again).keys() == vars(estimator).keys()
    assert again.history_ == estimator.history_
    assert again.n_iter_ == estimator.n_iter_
    assert again.n_parameters_ == estimator.n_parameters_
    np.testing.assert_equal(parameters(clone(again)), parameters(estimator))


@pytest.fixture(
    params=["binary", "multiclass", "regression", "outputs", "frame", "instances"]
)
def fitted(request, small, binary, three_classes, regression):
    """Estimator with much to remember, and its rows."""
    X, y = binary
    frame = pd.DataFrame(X).rename(columns="f{}".format)
    estimator, X, y = {
        "binary": (MiraiDNNClassifier(class_weight="balanced"), X, y),
        "multiclass": (
            MiraiDNNClassifier(dtype="float32", scaler="quantile", shuffle=False),
            *three_classes,
        ),
        "regression": (MiraiDNNRegressor(scaler="robust_clip"), *regression),
        "outputs": (
            MiraiDNNRegressor(scaler="signed_log", optimizer="rmsprop"),
            regression[0],
            np.column_stack([regression[1], regression[0][:, 0]]),
        ),
        "frame": (
            MiraiDNNClassifier(drop_columns=["f1"], validation_fraction=0.2),
            frame,
            np.array(["benign", "mirai"])[y],
        ),
        "instances": (
            MiraiDNNClassifier(
                optimizer=keras.optimizers.SGD(0.05, momentum=0.9),
                activation=keras.activations.tanh,
                drop_columns=slice(0, 2),
                early_stopping=True,
            ),
            X,
            y,
        ),
    }[request.param]
    settings = {k: v for k, v in small.items() if k != "n_layers"}
    estimator.set_params(**settings, **STATEFUL, n_layers=2)
    return estimator.fit(X, y), X, y


# -- what comes back -------------------------------------------------------------


@pytest.mark.slow(after=1)
def test_round_trip_keeps_every_bit(fitted, tmp_path, same_state, unchanged):
    estimator, X, y = fitted
    with unchanged(estimator, X):
        again = trip(estimator, tmp_path)
    assert_same(again, estimator, X, y, same_state)
    for (_, one), (_, other) in zip(
        again.pipeline_.steps, estimator.pipeline_.steps, strict=True
    ):
        assert type(one) is type(other)
        missing = vars(other).keys() - vars(one).keys()
        assert missing <= {"_new_rate", "_random_state"}  # None in both
        assert not vars(one).keys() - vars(other).keys()


@pytest.mark.slow(after=1)
def test_file_of_a_loaded_estimator_is_the_same_file(fitted, tmp_path):
    estimator, *_ = fitted
    estimator.save(tmp_path / "one")
    skmirai.load(tmp_path / "one").save(tmp_path / "other")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.slow(after=1)
def test_training_continues(fitted, tmp_path, same_state):
    estimator, X, y = fitted
    again = trip(estimator, tmp_path).fit(X, y)
    plain = copy.deepcopy(estimator).fit(X, y)
    assert again.n_iter_ == plain.n_iter_ > estimator.n_iter_
    assert_same(again, plain, X, y, same_state)
    twice = trip(again, tmp_path)
    assert_same(twice, plain, X, y, same_state)


@pytest.mark.slow(after=1)
def test_loaded_estimator_is_one_like_any_other(fitted, tmp_path, same_state):
    estimator, X, y = fitted
    again = trip(estimator, tmp_path)
    expected = estimator.predict(X)
    for other in pickle.loads(pickle.dumps(again)), copy.deepcopy(again):
        np.testing.assert_array_equal(other.predict(X), expected)
    same_state(clone(again).fit(X, y), estimator)
    again.model_.set_weights([0 * w for w in again.model_.get_weights()])
    np.testing.assert_array_equal(estimator.predict(X), expected)
    np.testing.assert_array_equal(trip(estimator, tmp_path).predict(X), expected)


def test_partial_fit_continues(binary, small, tmp_path, same_state):
    X, y = binary
    clf = MiraiDNNClassifier(**small).partial_fit(X[:50], y[:50], classes=[0, 1, 2])
    again = trip(clf, tmp_path)
    for part in (slice(50, 80), slice(80, 120)):
        again.partial_fit(
            X[part], y[part], sample_weight=np.arange(1.0, len(y[part]) + 1)
        )
        clf.partial_fit(
            X[part], y[part], sample_weight=np.arange(1.0, len(y[part]) + 1)
        )
        assert_same(again, clf, X, y, same_state)


def test_weights_of_the_live_network_count(binary, small, tmp_path):
    clf = MiraiDNNClassifier(**small).fit(*binary)
    model = clf.model_
    model.set_weights([1.5 * weights for weights in model.get_weights()])
    again = trip(clf, tmp_path)
    np.testing.assert_array_equal(
        again.predict_proba(binary[0]), clf.predict_proba(binary[0])
    )


LOAD = """
import json, pathlib, sys
import numpy as np
import skmirai

folder = pathlib.Path(sys.argv[1])
skmirai.load  # the name alone must load no TensorFlow
assert "tensorflow" not in sys.modules
data = dict(np.load(folder / "data.npz"))
X, y = data["X"], data["y"]
for name in "classifier", "regressor":
    estimator = skmirai.load(folder / name)
    uncertainty = estimator.predict_uncertainty(X, n_passes=5, random_state=0)
    found = {"predict": estimator.predict(X), "std": uncertainty.std}
    if name == "classifier":
        found["proba"] = estimator.predict_proba(X)
        found["decision"] = estimator.decision_function(X)
        found["mean"] = uncertainty.proba
    found["loss"] = estimator.evaluate(X, y)["loss"]
    estimator.fit(X, y)
    found["continued"] = estimator.predict(X)
    estimator.partial_fit(X, y)
    found["part"] = estimator.predict(X)
    for key, value in found.items():
        np.testing.assert_array_equal(value, data[f"{name} {key}"], key)
print("equal")
"""


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_file_is_read_in_a_fresh_process(small, binary, tmp_path, run_python, dtype):
    X, y = binary
    data = {"X": X, "y": y}
    for kind in MiraiDNNClassifier, MiraiDNNRegressor:
        name = kind.__name__.removeprefix("MiraiDNN").lower()
        estimator = kind(**{**small, **STATEFUL, "dtype": dtype}).fit(X, y)
        estimator.save(tmp_path / name)
        said = outputs(estimator, X, y)
        data |= {f"{name} {key}": value for key, value in said.items()}
        data[f"{name} loss"] = said["evaluate"]["loss"]
        del data[f"{name} evaluate"]
        data[f"{name} continued"] = estimator.fit(X, y).predict(X)
        data[f"{name} part"] = estimator.partial_fit(X, y).predict(X)
    np.savez(tmp_path / "data.npz", **data)
    assert run_python(LOAD, tmp_path) == "equal\n"


# -- parameters ------------------------------------------------------------------

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


@pytest.mark.slow(after=1)
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


@pytest.mark.slow(after=2)
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
    **{name: name for name in ("standard", "quantile", "robust_clip", "signed_log")},
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
    "identity": FunctionTransformer(),
    "ufunc": FunctionTransformer(np.arcsinh, np.sinh, check_inverse=False),
    "pipeline": make_pipeline(FunctionTransformer(np.arctan), StandardScaler()),
    "nested": make_pipeline("passthrough", make_pipeline(RobustScaler())),
    "union": FeatureUnion([("a", StandardScaler()), ("b", SignedLogScaler())]),
    "columns": ColumnTransformer(
        [("a", StandardScaler(), [0, 2]), ("b", ColumnDropper(1), slice(3, 6))],
        remainder="passthrough",
    ),
    "frozen": frozen(StandardScaler()),
    "frozen pipeline": frozen(make_pipeline(SignedLogScaler(), MinMaxScaler())),
    "set_output": StandardScaler().set_output(transform="pandas"),
}


@pytest.mark.slow(after=6)
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


# -- the two classes -------------------------------------------------------------


def test_class_methods_insist_on_their_class(
    fitted_classifier, fitted_regressor, tmp_path
):
    fitted_classifier.save(tmp_path / "c")
    fitted_regressor.save(str(tmp_path / "r"))
    assert type(MiraiDNNClassifier.load(tmp_path / "c")) is MiraiDNNClassifier
    assert type(MiraiDNNRegressor.load(str(tmp_path / "r"))) is MiraiDNNRegressor
    with pytest.raises(ValueError, match=r"holds a MiraiDNNRegressor; load it with"):
        MiraiDNNClassifier.load(tmp_path / "r")
    with pytest.raises(ValueError, match=r"holds a MiraiDNNClassifier; load it with"):
        MiraiDNNRegressor.load(tmp_path / "c")


def test_unfitted_estimators_have_nothing_to_save(tmp_path):
    with pytest.raises(NotFittedError):
        MiraiDNNClassifier().save(tmp_path / "c")
    assert not [*tmp_path.iterdir()]


class Own(MiraiDNNClassifier):
    pass


def test_subclasses_are_refused(binary, small, tmp_path, fitted_classifier):
    with pytest.raises(TypeError, match="Own cannot be saved"):
        Own(**small).fit(*binary).save(tmp_path / "c")
    fitted_classifier.save(tmp_path / "c")
    with pytest.raises(ValueError, match="holds a MiraiDNNClassifier"):
        Own.load(tmp_path / "c")


# -- what cannot be saved --------------------------------------------------------


class OwnScaler(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X

    def __sklearn_is_fitted__(self):
        return True


class OwnStandardScaler(StandardScaler):
    pass


class OwnOptimizer(keras.optimizers.SGD):
    pass


def first_two(X):
    return [0, 1]


leaky = functools.partial(keras.activations.leaky_relu, negative_slope=0.2)

REFUSED = {
    "lambda": ({"activation": lambda x: keras.ops.tanh(x)}, "activation .*name of a"),
    "partial": ({"activation": leaky}, "activation .*name of a"),
    "own optimizer": ({"optimizer": OwnOptimizer(0.1)}, "optimizer .*Keras's own"),
    "callable": ({"drop_columns": first_two}, "drop_columns .*dropped_indices_"),
    "own scaler": ({"scaler": OwnScaler()}, "scaler .*named scaler"),
    "own subclass": ({"scaler": OwnStandardScaler()}, "scaler .*named scaler"),
    "within": ({"scaler": make_pipeline(OwnScaler())}, "scaler: steps .*named scaler"),
    "splines": ({"scaler": SplineTransformer()}, "scaler.*bsplines_.*named scaler"),
    "own function": ({"scaler": FunctionTransformer(abs)}, "scaler: func .*named"),
    "cache": ({"scaler": Pipeline([("a", StandardScaler())], memory="x")}, "memory"),
    "seeded": ({"random_state": np.random.RandomState(0)}, r"random_state .*an int"),
    "Keras": ({"callbacks": keras.callbacks.TerminateOnNaN()}, "callbacks=None"),
    "list": ({"callbacks": [keras.callbacks.TerminateOnNaN()]}, "callbacks=None"),
}


@pytest.fixture
def good_file(fitted_classifier, tmp_path):
    """File of a fitted classifier."""
    fitted_classifier.save(tmp_path / "good.skmirai")
    return tmp_path / "good.skmirai"


@pytest.mark.parametrize(("parameters", "message"), REFUSED.values(), ids=REFUSED)
def test_refusals_leave_the_file_that_is_there(
    binary, small, good_file, tmp_path, monkeypatch, parameters, message
):
    monkeypatch.chdir(tmp_path)
    before = good_file.read_bytes()
    clf = MiraiDNNClassifier(**small | parameters).fit(*binary)
    with pytest.raises(TypeError, match=f"(?s){message}"):
        clf.save(good_file)
    assert good_file.read_bytes() == before
    with pytest.raises(TypeError):
        clf.save(tmp_path / "new")
    assert {p.name for p in tmp_path.iterdir()} <= {good_file.name, "x"}


def test_remedies_work(binary, small, tmp_path):
    X, y = binary
    clf = MiraiDNNClassifier(
        **small | {"random_state": np.random.RandomState(0)},
        drop_columns=first_two,
        callbacks=keras.callbacks.TerminateOnNaN(),
    )
    clf.set_callbacks(ScoringMonitor(scoring="accuracy")).fit(X, y)
    expected = clf.predict_proba(X)
    with pytest.raises(TypeError, match=r"set_callbacks\(\)"):
        clf.save(tmp_path / "c")
    clf.set_callbacks().set_params(
        random_state=1,
        callbacks=None,
        drop_columns=clf.pipeline_["drop"].dropped_indices_,
    )
    np.testing.assert_array_equal(trip(clf, tmp_path).predict_proba(X), expected)


def test_attributes_of_the_user_are_not_lost_silently(binary, small, tmp_path):
    clf = MiraiDNNClassifier(**small).fit(*binary)
    clf.note = "from Tuesday"
    with pytest.raises(TypeError, match="attribute note cannot be saved"):
        clf.save(tmp_path / "c")
    del clf.note
    clf.save(tmp_path / "c")


class SaveEveryEpoch:
    """A callback of scikit-learn that writes checkpoints."""

    def __init__(self, folder):
        self.folder = folder

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        if context.task_name == "epoch":
            fitted_estimator.set_callbacks().save(self.folder / str(context.task_id))


def test_checkpoints_of_every_epoch(binary, small, tmp_path, same_state):
    X, y = binary
    clf = MiraiDNNClassifier(**small).set_callbacks(SaveEveryEpoch(tmp_path))
    same_state(clf.fit(X, y), MiraiDNNClassifier(**small).fit(X, y))
    for n_epochs in (1, 2, 3):
        shorter = MiraiDNNClassifier(**small | {"epochs": n_epochs}).fit(X, y)
        same_state(skmirai.load(tmp_path / str(n_epochs - 1)), shorter)


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_failed_write_leaves_the_old_file(
    good_file, fitted_multiclass, monkeypatch, failing
):
    before = good_file.read_bytes()

    def fail(*args):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(OSError, match="no space"):
        fitted_multiclass.save(good_file)
    assert good_file.read_bytes() == before
    assert [*good_file.parent.iterdir()] == [good_file]


def test_file_is_replaced_where_a_link_points(good_file, fitted_multiclass, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(good_file)
    good_file.chmod(0o640)
    fitted_multiclass.save(link)
    assert link.is_symlink()
    assert len(skmirai.load(good_file).classes_) == 3
    assert good_file.stat().st_mode & 0o777 == 0o640


def test_folders_are_told_from_files(fitted_classifier, tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder"):
        fitted_classifier.save(tmp_path)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        fitted_classifier.save(tmp_path / "none" / "file")
    with pytest.raises(FileNotFoundError):
        skmirai.load(tmp_path / "none")
    assert not [*tmp_path.iterdir()]


# -- what must not come in -------------------------------------------------------


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forged(path, change, compression=zipfile.ZIP_STORED):
    """Rewrite a file with right checksums after a change of its members."""
    members = members_of(path)
    del members["SHA256SUMS"]
    content = json.loads(members["estimator.json"])
    members["estimator.json"] = None
    change(content, members)
    if members.get("estimator.json", b"") is None:
        members["estimator.json"] = json.dumps(content).encode()
    members["SHA256SUMS"] = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n"
        for name, data in members.items()
    ).encode()
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_forging_nothing_changes_nothing(good_file, fitted_classifier, binary):
    """The tests below would prove nothing if their way of writing failed."""
    again = skmirai.load(forged(good_file, lambda content, members: None))
    np.testing.assert_array_equal(
        again.predict_proba(binary[0]), fitted_classifier.predict_proba(binary[0])
    )


def npy(array, pickled=False):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=pickled)
    return file.getvalue()


def place_of(content, *keys):
    for key in keys:
        content = content[key]
    return content["$array"]


def put(*keys, value):
    """Change that sets a value of the JSON."""

    def change(content, members):
        *path, last = keys
        for key in path:
            content = content[key]
        content[last] = value

    return change


def put_array(*keys, array):
    """Change that replaces an array."""

    def change(content, members):
        members[place_of(content, *keys)] = npy(array)

    return change


def add_member(content, members):
    members["more.npy"] = npy(np.zeros(3))


def drop_array(content, members):
    del members[place_of(content, "network", "floats")]


def drop_content(content, members):
    del members["estimator.json"]


def shrink_header(content, members):
    name = place_of(content, "network", "ints")
    members[name] = members[name][:-8]


def announce_more(content, members):
    name = place_of(content, "network", "floats")
    members[name] = members[name].replace(b"'shape': (", b"'shape': (9999999999999,")


def in_settings(name, value):
    def change(content, members):
        pairs = content["network"]["settings"]["$dict"]
        content["network"]["settings"]["$dict"] = [
            [key, value if key == name else old] for key, old in pairs
        ]

    return change


def scaler_state(name, value):
    return put("scaler", "scaler", "$estimator", "state", name, value=value)


FORGED = {
    "later version": (put("format_version", value=2), "has version 2, .* reads 1"),
    "other format": (put("format", value="x"), "does not say that it is"),
    "other class": (put("class", value="os.system"), "'os.system' is none of"),
    "missing JSON": (drop_content, "'estimator.json' is missing"),
    "missing array": (drop_array, r"arrays/\d+.npy' is missing"),
    "extra member": (add_member, "'more.npy'.* belong to nothing"),
    "short state": (
        put_array("network", "floats", array=np.zeros(300)),
        "has 300 floats and .* need",
    ),
    "tiny state": (
        put_array("network", "floats", array=np.zeros(3)),
        "more weights than its state",
    ),
    "other counters": (
        put_array("network", "ints", array=np.zeros(1, int)),
        "and 1 integers, .* need",
    ),
    "other precision": (
        put_array("network", "floats", array=np.zeros(300, "float32")),
        "no vector of float64",
    ),
    "matrix": (
        put_array("network", "floats", array=np.zeros((3, 100))),
        "no vector of float64",
    ),
    "short header": (shrink_header, "does not have the size that it declares"),
    "long header": (announce_more, "does not have the size that it declares"),
    "huge layer": (put("network", "n_nodes", value=10**12), "more weights than"),
    "many layers": (put("network", "n_layers", value=10**12), "more weights than"),
    "more features": (put("network", "n_features", value=10**9), "more weights than"),
    "other head": (
        put("network", "output_activation", value="linear"),
        "but the target needs",
    ),
    "unknown activation": (put("network", "activation", value="eval"), "is unknown"),
    "unknown optimizer": (put("network", "optimizer", value="evil"), "is unknown"),
    "unknown setting": (in_settings("seed", {"$system": "ls"}), "no known kind"),
    "missing part": (put("network", value={}), "cannot be loaded"),
    "one class": (
        put_array("learned", "classes_", array=np.array([1])),
        "two sorted labels",
    ),
    "unsorted": (
        put_array("learned", "classes_", array=np.array([1, 0])),
        "two sorted labels",
    ),
    "three classes": (
        put_array("learned", "classes_", array=np.array([0, 1, 2])),
        "one number for each class",
    ),
    "class weight": (
        put_array("learned", "class_weight_", array=np.zeros((2, 2))),
        "one number for each class",
    ),
    "columns": (put("learned", "n_features_in_", value=5), "are not 5 together"),
    "very many columns": (
        put("learned", "n_features_in_", value=10**13),
        "are not 10000000000000 together",
    ),
    "no columns": (put("learned", "n_features_in_", value=-6), "is no count"),
    "column 9": (
        put_array("columns", "kept", array=np.array([0, 1, 2, 3, 4, 9])),
        "are not 6 together",
    ),
    "other names": (
        put("learned", "feature_names_in_", value=["a"]),
        "does not hold 6 names",
    ),
    "scaler's columns": (scaler_state("n_features_in_", 4), "takes 4 columns"),
    "scaler's numbers": (scaler_state("mean_", [1.0, 2.0]), "cannot be loaded"),
    "scaler's method": (scaler_state("transform", 1), "is no fitted attribute"),
    "scaler's class": (scaler_state("__class__", 1), "is no fitted attribute"),
    "scaler none": (put("scaler", "scaler", value=5), "is no transformer"),
    "parameter": (put("params", "epochs", value=-3), "'epochs' parameter"),
    "unknown parameter": (put("params", "evil", value=1), "unexpected keyword"),
    "attribute": (put("learned", "predict", value=1), "unknown fitted attributes"),
    "short history": (
        put("network", "history", value={"$dict": [["loss", [1.0]], ["a", []]]}),
        "figures for every epoch",
    ),
    "no version": (put("written_with", value={}), "cannot be loaded"),
    "deep": (
        put("params", "tol", value=functools.reduce(lambda x, _: [x], range(900), 1)),
        "cannot be loaded",
    ),
}


@pytest.mark.parametrize(("change", "message"), FORGED.values(), ids=FORGED)
def test_forged_files_are_refused(good_file, change, message):
    with pytest.raises(ValueError, match=f"(?s)good.skmirai.*{message}.*save"):
        skmirai.load(forged(good_file, change))


class Payload:
    """Creates a file when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def call(module, name, marker):
    """What a configuration of Keras may look like that calls a function."""
    return {
        "module": module,
        "class_name": name,
        "config": {"value": f"touch {marker}"},
        "registered_name": name,
    }


def attacks(marker):
    payload = np.array([Payload(marker)], dtype=object)
    pickled = pickle.dumps(Payload(marker))
    assert "mkdir" in "".join(str(arg) for _, arg, _ in pickletools.genops(pickled))

    def objects(content, members):
        members[place_of(content, "network", "floats")] = npy(payload, pickled=True)

    def plain_pickle(content, members):
        members[place_of(content, "network", "floats")] = pickled

    def estimator(name, state=(), **params):
        encoded = {"class": name, "params": params, "state": dict(state)}
        return put("scaler", "scaler", value={"$estimator": encoded})

    def optimizer(rate):
        packed = {"class": "SGD", "undecayed": None}
        pairs = [["learning_rate", rate]]
        packed["config"] = {"$dict": pairs}
        value = {"$optimizer": {"$dict": [list(pair) for pair in packed.items()]}}
        return put("network", "optimizer", value=value)

    command = f"touch {marker}"
    config = call("os", "system", marker)
    function = {
        "$estimator": {
            "class": "sklearn.preprocessing.FunctionTransformer",
            "params": {"func": {"$ufunc": "os.system"}},
            "state": {},
        }
    }
    return {
        "object array": objects,
        "pickle": plain_pickle,
        "os.system": estimator("os.system", command=command),
        "Popen": estimator("subprocess.Popen", args=["touch", str(marker)]),
        "GridSearchCV": estimator("sklearn.model_selection.GridSearchCV"),
        "class": put("class", value="subprocess.Popen"),
        "ufunc": put("scaler", "scaler", value=function),
        "ufunc of NumPy": put("params", "activation", value={"$ufunc": "load"}),
        "activation": put(
            "network", "activation", value={"$activation": "deserialize"}
        ),
        "Keras": put("params", "optimizer", value={"$optimizer": config}),
        "configuration": put("params", "optimizer", value=config),
        "schedule": optimizer({"$schedule": config}),
        "learning rate": optimizer({"$dict": [list(p) for p in config.items()]}),
        "cache": estimator("sklearn.pipeline.Pipeline", steps=[], memory=str(marker)),
        "cache beside": estimator(
            "sklearn.pipeline.Pipeline", {"memory": str(marker)}, steps=[]
        ),
    }


@pytest.mark.parametrize("name", attacks("marker"))
def test_nothing_is_executed(good_file, tmp_path, name):
    marker = tmp_path / "marker"
    forged(good_file, attacks(marker)[name])
    with pytest.raises(ValueError, match=r"good.skmirai.* cannot be loaded"):
        skmirai.load(good_file)
    assert not marker.exists()


def test_pipelines_come_without_a_cache_of_pickles(binary, small, tmp_path):
    path, cache = tmp_path / "c", str(tmp_path / "cache")
    clf = MiraiDNNClassifier(**small, scaler=make_pipeline(StandardScaler()))
    clf.fit(*binary).save(path)
    whole = path.read_bytes()
    for part, name in (("params", "scaler"), ("scaler", "scaler")):
        for place in ("params", "state"):
            keys = (part, name, "$estimator", place, "memory")
            path.write_bytes(whole)
            with pytest.raises(ValueError, match="memory"):
                skmirai.load(forged(path, put(*keys, value=cache)))


def test_payload_would_work(tmp_path):
    """The test above would pass with a payload that does nothing."""
    pickle.loads(pickle.dumps(Payload(tmp_path / "marker")))
    assert (tmp_path / "marker").exists()


def test_nothing_is_unpickled(good_file, monkeypatch, fitted_classifier, binary):
    def fail(*args, **kwargs):
        raise AssertionError("something was unpickled")

    for module in (pickle, joblib):
        monkeypatch.setattr(module, "load", fail)
    for name in ("loads", "Unpickler", "_Unpickler", "_loads"):
        monkeypatch.setattr(pickle, name, fail)
    monkeypatch.setattr(np, "load", fail)
    again = skmirai.load(good_file)
    np.testing.assert_array_equal(
        again.predict_proba(binary[0]), fitted_classifier.predict_proba(binary[0])
    )


def test_archive_must_be_as_it_was_written(good_file, tmp_path):
    whole = good_file.read_bytes()
    members = members_of(good_file)

    def refused(content, message):
        good_file.write_bytes(content)
        with pytest.raises(ValueError, match=f"good.skmirai.*{message}"):
            skmirai.load(good_file)

    refused(b"", "not a zip file")
    refused(pickle.dumps(members), "not a zip file")
    refused(whole[: len(whole) // 2], "not a zip file, or its end is missing")
    refused(whole[:-1], "not a zip file, or its end is missing")
    changed = whole.replace(b'"epochs": 3', b'"epochs": 4')
    assert changed != whole
    refused(changed, "Bad CRC-32")

    def archive(changes, compression=zipfile.ZIP_STORED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", compression) as file:
            for name, data in changes:
                file.writestr(name, data)
        return buffer.getvalue()

    refused(archive(members.items(), zipfile.ZIP_DEFLATED), "is compressed")
    refused(archive([]), "SHA256SUMS is missing")
    less = {k: v for k, v in members.items() if k != "estimator.json"}
    refused(archive(less.items()), "'estimator.json' is missing")
    more = members | {"more": b""}
    refused(archive(more.items()), "'more' has no checksum")
    json_changed = members["estimator.json"].replace(b'"epochs": 3', b'"epochs": 4')
    other = members | {"estimator.json": json_changed}
    refused(archive(other.items()), "was changed: its checksum differs")
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = archive([*members.items(), *members.items()])
    refused(twice, "the same name")
    bomb = archive([("zeros", bytes(10**7))], zipfile.ZIP_DEFLATED)
    refused(bomb, "is compressed")


@pytest.fixture(scope="module")
def tiny():
    """Classifier whose file is small, the file's bytes, rows and probabilities."""
    X, y = make_classification(60, 4, random_state=0)
    clf = MiraiDNNClassifier(
        1, 3, epochs=1, optimizer="sgd", random_state=0, class_weight={0: 1, 1: 2}
    )
    return clf.fit(X, y), X, clf.predict_proba(X)


def _assert_names(error, path):
    assert str(path) in str(error)
    assert "save the estimator again" in str(error)


def loads_right_or_not_at_all(path, content, X, proba):
    path.write_bytes(content)
    try:
        again = skmirai.load(path)
    except ValueError as error:
        _assert_names(error, path)
    else:
        np.testing.assert_array_equal(again.predict_proba(X), proba)


@pytest.mark.slow
@settings(max_examples=300)
@given(data=st.data())
def test_damaged_bytes(tiny, tmp_path_factory, data):
    clf, X, proba = tiny
    path = tmp_path_factory.getbasetemp() / "damaged"
    clf.save(path)
    content = bytearray(path.read_bytes())
    place = st.integers(0, len(content) - 1)
    # names, sizes and places of the members are at the end
    place |= st.integers(content.index(b"PK\x01\x02"), len(content) - 1)
    for at in data.draw(st.lists(place, min_size=1, max_size=4)):
        content[at] = data.draw(st.integers(0, 255))
    loads_right_or_not_at_all(path, bytes(content), X, proba)


@settings(max_examples=100)
@given(data=st.data())
def test_missing_bytes(tiny, tmp_path_factory, data):
    clf, X, proba = tiny
    path = tmp_path_factory.getbasetemp() / "cut"
    clf.save(path)
    content = path.read_bytes()
    start, stop = sorted(data.draw(st.integers(0, len(content))) for _ in range(2))
    for rest in (content[:stop], content[start:], content[:start] + content[stop:]):
        loads_right_or_not_at_all(path, rest, X, proba)


TAGS = [
    *("$array", "$estimator", "$dict", "$tuple", "$slice", "$float", "$scalar"),
    *("$objects", "$ufunc", "$activation", "$optimizer", "$schedule"),
    *("$metadata_request", "class"),
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(TAGS), inner, max_size=1)
    ),
    max_leaves=8,
)


@pytest.mark.slow
@settings(max_examples=300)
@given(data=st.data())
def test_forged_values_never_lead_to_other_errors(tiny, tmp_path_factory, data):
    """Checksums are right here: it is for the decoder to refuse or to cope."""
    clf, *_ = tiny
    path = tmp_path_factory.getbasetemp() / "forged"
    clf.save(path)
    content = json.loads(members_of(path)["estimator.json"])
    parts = ["params", "learned", "columns", "scaler", "network"]
    inner = [[part, name] for part in parts for name in content[part]]
    keys = data.draw(st.sampled_from([*inner, *([name] for name in content)]))
    try:
        again = skmirai.load(forged(path, put(*keys, value=data.draw(JSON))))
    except ValueError as error:
        _assert_names(error, path)
    else:
        assert isinstance(again, MiraiDNNClassifier)
        assert again.n_iter_ == len(again.history_["loss"])


# -- versions --------------------------------------------------------------------


def test_file_says_what_wrote_it(good_file):
    content = json.loads(members_of(good_file)["estimator.json"])
    assert content["written_with"]["skmirai"] == skmirai.__version__
    assert content["written_with"]["scikit-learn"] == sklearn.__version__
    assert content["written_with"]["keras"] == keras.__version__


def test_error_names_the_versions_that_differ(good_file):
    """A state of another length may be that of another version of Keras."""

    def change(content, members):
        content["written_with"]["keras"] = "3.0.0"
        put_array("network", "ints", array=np.zeros(1, int))(content, members)

    with pytest.raises(ValueError, match=rf"keras 3.0.0, not {keras.__version__}\)"):
        skmirai.load(forged(good_file, change))


def test_other_version_of_scikit_learn_warns(good_file, fitted_classifier, binary):
    forged(good_file, put("written_with", "scikit-learn", value="1.8.0"))
    with pytest.warns(InconsistentVersionWarning, match="1.8.0"):
        again = skmirai.load(good_file)
    np.testing.assert_array_equal(
        again.predict_proba(binary[0]), fitted_classifier.predict_proba(binary[0])
    )


def test_checksums_are_those_of_sha256sum(good_file):
    members = members_of(good_file)
    lines = members.pop("SHA256SUMS").decode().splitlines()
    assert lines == [
        f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in members.items()
    ]
