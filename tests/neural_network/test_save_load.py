"""Files of fitted estimators: every bit comes back."""

import copy
import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import skmirai
from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from tests.neural_network.round_trips import STATEFUL, trip


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
    scope="module",
    params=["binary", "multiclass", "regression", "outputs", "frame", "instances"],
)
def fitted(request, small, binary, three_classes, regression):
    """Estimator with much to remember, not to be changed, and its rows."""
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
for name in sys.argv[2:]:
    estimator = skmirai.load(folder / name)
    uncertainty = estimator.predict_uncertainty(X, n_passes=5, random_state=0)
    found = {"predict": estimator.predict(X), "std": uncertainty.std}
    if name.startswith("classifier"):
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
def test_files_are_read_in_a_fresh_process(small, binary, tmp_path, run_python):
    X, y = binary
    data = {"X": X, "y": y}
    kinds = {"classifier": MiraiDNNClassifier, "regressor": MiraiDNNRegressor}
    cases = {
        f"{kind}-{dtype}": (kinds[kind], dtype)
        for kind in kinds
        for dtype in ("float32", "float64")
    }
    for name, (kind, dtype) in cases.items():
        estimator = kind(**{**small, **STATEFUL, "dtype": dtype}).fit(X, y)
        estimator.save(tmp_path / name)
        said = outputs(estimator, X, y)
        data |= {f"{name} {key}": value for key, value in said.items()}
        data[f"{name} loss"] = said["evaluate"]["loss"]
        del data[f"{name} evaluate"]
        data[f"{name} continued"] = estimator.fit(X, y).predict(X)
        data[f"{name} part"] = estimator.partial_fit(X, y).predict(X)
    np.savez(tmp_path / "data.npz", **data)
    assert run_python(LOAD, tmp_path, *cases) == "equal\n"
