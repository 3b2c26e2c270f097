"""Files of fitted estimators: every bit comes back, and nothing else comes in."""

import copy
import functools
import os
import pickle

import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.callback import ScoringMonitor
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
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
from skmirai.preprocessing import (
    PiecewiseLinearEncoder,
    QuantileNormalScaler,
    RobustClipScaler,
    SignedLogScaler,
    scaler_names,
)

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


@pytest.mark.slow
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
    "within": (
        {"scaler": make_pipeline(OwnScaler())},
        "steps: ownscaler .*named",
    ),
    "own function": ({"scaler": FunctionTransformer(abs)}, "scaler: func .*named"),
    "cache": ({"scaler": Pipeline([("a", StandardScaler())], memory="x")}, "memory"),
    "seeded": ({"random_state": np.random.RandomState(0)}, r"random_state .*an int"),
    "Keras": ({"callbacks": keras.callbacks.TerminateOnNaN()}, "callbacks=None"),
    "list": ({"callbacks": [keras.callbacks.TerminateOnNaN()]}, "callbacks=None"),
}


@pytest.mark.slow(after=1)
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
    with pytest.raises(TypeError, match=r"note is an attribute that .* delete"):
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
