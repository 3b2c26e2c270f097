"""Fitted estimators go through pickles and copies without losing a bit."""

import copy
import pickle

import joblib
import keras
import numpy as np
import pytest
from sklearn.base import clone

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from tests.neural_network.round_trips import STATEFUL


class Counter(keras.callbacks.Callback):
    n_epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        self.n_epochs += 1


def by_pickle(estimator, folder):
    return pickle.loads(pickle.dumps(estimator))


def by_oldest_protocol(estimator, folder):
    return pickle.loads(pickle.dumps(estimator, protocol=2))


def by_joblib(estimator, folder):
    joblib.dump(estimator, folder / "estimator.joblib")
    return joblib.load(folder / "estimator.joblib")


def by_deepcopy(estimator, folder):
    return copy.deepcopy(estimator)


TRIPS = [by_pickle, by_oldest_protocol, by_joblib, by_deepcopy]

ESTIMATORS = {
    "binary": (MiraiDNNClassifier, "binary", {"class_weight": "balanced"}),
    "multiclass": (MiraiDNNClassifier, "three_classes", {"dtype": "float32"}),
    "regression": (MiraiDNNRegressor, "regression", {"scaler": "quantile"}),
    "instances": (
        MiraiDNNClassifier,
        "binary",
        {
            "optimizer": keras.optimizers.SGD(0.05, momentum=0.9),
            "activation": keras.activations.tanh,
            "callbacks": [Counter()],
            "drop_columns": slice(0, 2),
        },
    ),
}


@pytest.fixture(scope="module", params=ESTIMATORS)
def fitted(request, small):
    kind, table, settings = ESTIMATORS[request.param]
    X, y = request.getfixturevalue(table)
    return kind(**{**small, **STATEFUL, **settings}).fit(X, y), X, y


def outputs(estimator, X):
    """Everything that an estimator says about some rows."""
    uncertainty = estimator.predict_uncertainty(X, n_passes=5, random_state=0)
    if isinstance(estimator, MiraiDNNRegressor):
        return [estimator.predict(X), uncertainty.mean, uncertainty.std]
    return [
        estimator.predict_proba(X),
        estimator.decision_function(X),
        uncertainty.proba,
        uncertainty.std,
        uncertainty.expected_entropy,
    ]


@pytest.mark.slow(after=4)
@pytest.mark.parametrize("trip", TRIPS)
def test_round_trip_keeps_every_bit(fitted, tmp_path, same_state, trip):
    estimator, X, _ = fitted
    before = outputs(estimator, X)
    again = trip(estimator, tmp_path)
    assert again is not estimator
    assert again.get_params().keys() == estimator.get_params().keys()
    assert vars(again).keys() == vars(estimator).keys()
    np.testing.assert_equal(outputs(again, X), before)
    same_state(again, estimator)
    assert again.history_ == estimator.history_
    assert again.n_iter_ == estimator.n_iter_
    np.testing.assert_equal(outputs(estimator, X), before)


@pytest.mark.slow(after=4)
@pytest.mark.parametrize("trip", TRIPS)
def test_training_continues_after_a_round_trip(fitted, tmp_path, same_state, trip):
    estimator, X, y = fitted
    again = trip(estimator, tmp_path)
    plain = copy.deepcopy(estimator)
    again.fit(X, y)
    plain.fit(X, y)
    assert again.n_iter_ == 6
    np.testing.assert_equal(outputs(again, X), outputs(plain, X))
    same_state(again, plain)
    assert (outputs(again, X)[0] != outputs(estimator, X)[0]).any()


@pytest.mark.slow(after=1)
def test_pickling_does_not_change_the_original(fitted, same_state):
    """Nor its training: a momentum that pickling reset would show later."""
    estimator, X, y = fitted
    touched, plain = copy.deepcopy(estimator), copy.deepcopy(estimator)
    learned = {name: vars(touched)[name] for name in vars(touched)}
    bytes_before = pickle.dumps(touched)
    copy.deepcopy(touched)
    joblib.hash(touched)
    clone(touched)
    assert {name: vars(touched)[name] for name in vars(touched)} == learned
    assert len(pickle.dumps(touched)) == len(bytes_before)
    same_state(touched.fit(X, y), plain.fit(X, y))


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("trip", TRIPS)
def test_live_network_goes_through_too(fitted, tmp_path, same_state, trip):
    estimator, X, y = fitted
    live = copy.deepcopy(estimator)
    model = live.model_
    model.set_weights([1.5 * weights for weights in model.get_weights()])
    again = trip(live, tmp_path)
    np.testing.assert_equal(outputs(again, X), outputs(live, X))
    assert again.model_ is not model
    assert live.model_ is model
    same_state(again.fit(X, y), live.fit(X, y))


@pytest.mark.slow(after=1)
def test_copy_and_original_share_nothing(fitted):
    estimator, X, y = fitted
    before = outputs(estimator, X)
    twin = copy.deepcopy(estimator)
    twin.fit(X, y)
    twin.model_.set_weights([0 * weights for weights in twin.model_.get_weights()])
    np.testing.assert_equal(outputs(estimator, X), before)


def test_clone_is_unfitted_and_fits_to_the_same(fitted):
    estimator, X, y = fitted
    fresh = clone(estimator)
    assert not [name for name in vars(fresh) if name.endswith("_")]
    np.testing.assert_equal(outputs(fresh.fit(X, y), X), outputs(estimator, X))


@pytest.mark.slow
def test_unfitted_estimators_go_through_too(small, binary, tmp_path):
    X, y = binary
    clf = MiraiDNNClassifier(**small)
    expected = MiraiDNNClassifier(**small).fit(X, y).predict_proba(X)
    for trip in TRIPS:
        again = trip(clf, tmp_path).fit(X, y)
        np.testing.assert_array_equal(again.predict_proba(X), expected)


LOAD = """
import pickle, sys
import numpy as np

with open(sys.argv[1], "rb") as file:
    estimator, X, y, expected = pickle.load(file)
uncertainty = estimator.predict_uncertainty(X, n_passes=5, random_state=0)
np.testing.assert_array_equal(estimator.predict_proba(X), expected["proba"])
np.testing.assert_array_equal(uncertainty.proba, expected["mean"])
np.testing.assert_array_equal(uncertainty.std, expected["std"])
estimator.fit(X, y)
np.testing.assert_array_equal(estimator.predict_proba(X), expected["continued"])
assert estimator.n_iter_ == 6
print("equal")
"""


@pytest.mark.slow
def test_pickle_is_read_in_a_fresh_process(small, binary, tmp_path, run_python):
    X, y = binary
    clf = MiraiDNNClassifier(**{**small, **STATEFUL}).fit(X, y)
    twin = copy.deepcopy(clf)
    uncertainty = clf.predict_uncertainty(X, n_passes=5, random_state=0)
    expected = {
        "proba": clf.predict_proba(X),
        "mean": uncertainty.proba,
        "std": uncertainty.std,
        "continued": twin.fit(X, y).predict_proba(X),
    }
    file = tmp_path / "estimator.pickle"
    file.write_bytes(pickle.dumps((clf, X, y, expected)))
    assert run_python(LOAD, file) == "equal\n"


def test_pickle_holds_the_numbers_and_little_else(small, binary):
    """A pickle of a small network stays small; the rows are not in it."""
    X, y = binary
    large = np.tile(X, (100, 1))
    clf = MiraiDNNClassifier(**small).fit(large, np.tile(y, 100))
    assert len(pickle.dumps(clf)) < 20_000 < large.nbytes
