"""Calibrated and abstaining classifiers go to files and come back."""

import json

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skmirai
from skmirai import MiraiDNNClassifier
from skmirai.uncertainty import AbstainingClassifier
from skmirai.utils._archive import read_archive, write_archive
from tests.neural_network.round_trips import plain_params, trip
from tests.neural_network.test_ensembles import ensemble_of


@pytest.fixture(scope="module")
def fitted(small, binary, three_classes):
    """A classifier of two classes and one of three, and the rows of each."""
    return {
        "two": (MiraiDNNClassifier(**small).fit(*binary), *binary),
        "three": (MiraiDNNClassifier(**small).fit(*three_classes), *three_classes),
    }


def assert_same(twin, model, X):
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))


@pytest.mark.parametrize("classes", ["two", "three"])
@pytest.mark.parametrize("method", ["temperature", "sigmoid", "isotonic"])
def test_calibrated_classifiers(fitted, classes, method, tmp_path):
    clf, X, y = fitted[classes]
    model = CalibratedClassifierCV(FrozenEstimator(clf), method=method).fit(X, y)
    assert np.abs(model.predict_proba(X) - clf.predict_proba(X)).max() > 1e-4
    assert_same(trip(model, tmp_path), model, X)


@pytest.mark.slow
def test_calibration_by_folds(small, binary, tmp_path):
    X, y = binary
    model = CalibratedClassifierCV(MiraiDNNClassifier(**small), cv=3).fit(X, y)
    twin = trip(model, tmp_path)
    assert len(twin.calibrated_classifiers_) == 3
    assert_same(twin, model, X)
    assert_same(trip(twin.fit(X, y), tmp_path), model, X)  # its parameters are there


@pytest.mark.parametrize(
    "promise",
    [
        {"coverage": 0.7, "by": "mutual_information"},
        {"coverage": 0.7, "by": "confidence"},
        {"max_risk": 0.4},
        {"max_false_alarm_rate": 0.2},
    ],
    ids=lambda promise: next(iter(promise)),
)
def test_abstaining_classifiers(fitted, promise, tmp_path):
    clf, X, y = fitted["two"]
    labels = np.where(y == 1, "attack", "benign")
    frozen = FrozenEstimator(MiraiDNNClassifier(**clf.get_params()).fit(X, labels))
    model = AbstainingClassifier(frozen, **promise, n_passes=5, random_state=0)
    model.fit(X, labels)
    twin = trip(model, tmp_path)
    assert_same(twin, model, X)
    np.testing.assert_array_equal(twin.predict_abstain(X), model.predict_abstain(X))
    assert twin.threshold_ == model.threshold_
    assert twin.get_params(deep=False).keys() == model.get_params(deep=False).keys()


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_temperature_by_folds_of_classes_of_text(small, request, n_classes, tmp_path):
    """Scikit-learn numbers them before it trains the folds."""
    X, y = request.getfixturevalue("binary" if n_classes == 2 else "three_classes")
    labels = np.array(["benign", "dos", "probe"])[y]
    calibrated = CalibratedClassifierCV(
        MiraiDNNClassifier(**small), method="temperature", cv=2
    )
    model = calibrated.fit(X, labels)
    first = model.calibrated_classifiers_[0].estimator
    assert first.classes_.dtype.kind == "i"
    assert_same(trip(model, tmp_path), model, X)
    found = skmirai.predict_uncertainty(model, X, n_passes=5, random_state=0)
    alone = first.predict_uncertainty(X, n_passes=5, random_state=0)
    np.testing.assert_array_equal(found.label, model.classes_[alone.label])
    np.testing.assert_array_equal(found.mutual_information, alone.mutual_information)


@pytest.mark.slow
@pytest.mark.parametrize("n_classes", [3, 4])
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration_by_folds_of_which_one_lacks_a_class(
    small, binary, method, n_classes, tmp_path
):
    X, _ = binary
    rows = np.arange(len(X))
    y = rows % n_classes
    cv = [(rows[y != 2], rows[y == 2]), (rows[:40], rows[40:])]
    calibrated = CalibratedClassifierCV(
        MiraiDNNClassifier(**small), method=method, cv=cv
    )
    model = calibrated.fit(X, y)
    assert 2 not in model.calibrated_classifiers_[0].estimator.classes_
    assert_same(trip(model, tmp_path), model, X)


def test_around_ensembles_that_they_trained(binary, tmp_path):
    """The one that is their parameter is not fitted."""
    X, y = binary
    member = ensemble_of("binary", n_estimators=2)
    model = AbstainingClassifier(member, coverage=0.6, random_state=0).fit(X, y)
    twin = trip(model, tmp_path)
    assert_same(twin, model, X)
    assert plain_params(twin) == plain_params(model)
    assert_same(twin.fit(X, y), model, X)


def test_wrappers_in_one_another(fitted, tmp_path):
    """A Pipeline around an abstaining around a calibrated Pipeline."""
    _, X, y = fitted["two"]
    member = ensemble_of("binary", n_estimators=2)
    inner = make_pipeline(StandardScaler(), member).fit(X, y)
    calibrated = CalibratedClassifierCV(FrozenEstimator(inner), method="temperature")
    abstaining = AbstainingClassifier(
        FrozenEstimator(calibrated.fit(X, y)), coverage=0.6, random_state=0
    )
    model = make_pipeline("passthrough", abstaining).fit(X, y)
    assert_same(trip(model, tmp_path), model, X)
    network = skmirai.predict_uncertainty(model, X)
    np.testing.assert_allclose(network.proba, inner.predict_proba(X), rtol=1e-12)


def test_around_other_estimators_they_are_refused(binary, tmp_path):
    X, y = binary
    model = CalibratedClassifierCV(LogisticRegression()).fit(X, y)
    with pytest.raises(TypeError, match="CalibratedClassifierCV that ends in Logistic"):
        trip(model, tmp_path)


def test_unfitted_ones_are_refused(tmp_path):
    for model in (
        AbstainingClassifier(MiraiDNNClassifier(), coverage=0.5),
        CalibratedClassifierCV(MiraiDNNClassifier()),
        FrozenEstimator(MiraiDNNClassifier()),
    ):
        with pytest.raises(NotFittedError):
            trip(model, tmp_path)


def test_splitters_are_taken_off(fitted, tmp_path):
    clf, X, y = fitted["two"]
    model = CalibratedClassifierCV(FrozenEstimator(clf), cv=KFold(3)).fit(X, y)
    with pytest.raises(TypeError, match=r"cv is or holds KFold.*set_params\(cv=None\)"):
        trip(model, tmp_path)
    assert_same(trip(model.set_params(cv=None), tmp_path), model, X)


def test_a_measure_without_a_name_is_refused(fitted, tmp_path):
    clf, X, y = fitted["two"]
    model = AbstainingClassifier(
        FrozenEstimator(clf),
        by=lambda estimator, X: X[:, 0],
        coverage=0.5,
        random_state=0,
    ).fit(X, y)
    with pytest.raises(TypeError, match="name one of skmirai"):
        trip(model, tmp_path)


# -- forged files ------------------------------------------------------------------


@pytest.fixture
def forged(fitted, tmp_path):
    """Save a model, change its content, and load it."""

    def load(kind, change):
        clf, X, y = fitted["two"]
        model = {
            "calibrated": CalibratedClassifierCV(
                FrozenEstimator(clf), method="temperature"
            ),
            "isotonic": CalibratedClassifierCV(FrozenEstimator(clf), method="isotonic"),
            "abstaining": AbstainingClassifier(
                FrozenEstimator(clf), coverage=0.5, random_state=0
            ),
        }[kind].fit(X, y)
        path = tmp_path / "saved"
        skmirai.save(model, path)
        members = read_archive(path)
        content = json.loads(members.pop("estimator.json"))
        change(content["state"])
        write_archive(path, {"estimator.json": json.dumps(content).encode(), **members})
        return skmirai.load(path)

    return load


def calibrated_of(state):
    return state["calibrated_classifiers_"][0]["$calibrated"]


def other_method(state):
    calibrated_of(state)[1] = "__class__"


def no_temperature(state):
    calibrated_of(state)[3] = []


def temperature_of_text(state):
    calibrated_of(state)[3] = [["hot"]]


def array_of_temperatures(state):
    calibrated_of(state)[3][0][0] = {"$array": calibrated_of(state)[2]["$array"]}


def nothing_calibrated(state):
    state["calibrated_classifiers_"] = [1]


def other_classes(state):
    calibrated_of(state)[2] = {"$tuple": [0, 2]}


def steps_that_fall(state):
    steps = calibrated_of(state)[3][0]
    steps[0], steps[1] = steps[1], steps[0]


def no_threshold(state):
    state["threshold_"] = "1"


def threshold_of_a_function(state):
    state["by_"] = "__init__"


def label_of_a_class(state):
    state["abstain_label_"] = 1


def passes_of_text(state):
    state["n_passes_"] = "5"


def alarms_of_nobody(state):
    del state["only_alarms_"]


def alarms_without_a_benign_class(state):
    state["only_alarms_"], state["benign_label_"] = True, None


def benign_of_another_class(state):
    state["benign_label_"] = 2


def rows_by_their_alarms(state):
    state["by_"] = "benign_probability"


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("calibrated", other_method),
        ("calibrated", no_temperature),
        ("calibrated", temperature_of_text),
        ("calibrated", array_of_temperatures),
        ("calibrated", nothing_calibrated),
        ("calibrated", other_classes),
        ("isotonic", steps_that_fall),
        ("abstaining", no_threshold),
        ("abstaining", threshold_of_a_function),
        ("abstaining", label_of_a_class),
        ("abstaining", passes_of_text),
        ("abstaining", alarms_of_nobody),
        ("abstaining", alarms_without_a_benign_class),
        ("abstaining", benign_of_another_class),
        ("abstaining", rows_by_their_alarms),
    ],
)
def test_forged_ones_are_refused(forged, kind, change):
    with pytest.raises(ValueError, match="cannot be loaded"):
        forged(kind, change)
