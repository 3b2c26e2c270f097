"""Ensembles go to files and come back; forged ones do not."""

import json
import pickle
import zipfile

import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skmirai
from skmirai import MiraiDNNClassifier, MiraiDNNEnsembleClassifier
from skmirai.neural_network._files import ensembles
from skmirai.utils._archive import read_archive, write_archive
from tests.neural_network.round_trips import plain_params, trip
from tests.neural_network.test_ensembles import MEMBER, ensemble_of, predicted


@pytest.fixture(scope="module", params=["binary", "regression"])
def fitted(request):
    X, y = request.getfixturevalue(request.param)
    return ensemble_of(request.param, bootstrap=True).fit(X, y), X


@pytest.mark.parametrize("way", ["file", "pickle"])
def test_ensembles_come_back(fitted, tmp_path, way):
    ensemble, X = fitted
    if way == "file":
        twin = trip(ensemble, tmp_path)
    else:
        twin = pickle.loads(pickle.dumps(ensemble))
    assert plain_params(twin) == plain_params(ensemble)
    assert vars(twin).keys() == vars(ensemble).keys()
    np.testing.assert_array_equal(predicted(twin, X), predicted(ensemble, X))
    ours, theirs = (
        e.predict_uncertainty(X, n_passes=3, random_state=0).std
        for e in (ensemble, twin)
    )
    np.testing.assert_array_equal(ours, theirs)
    if is_classifier(ensemble):
        np.testing.assert_array_equal(twin.classes_, ensemble.classes_)


def test_in_a_pipeline(binary, tmp_path):
    X, y = binary
    pipe = make_pipeline(StandardScaler(), ensemble_of("binary")).fit(X, y)
    twin = trip(pipe, tmp_path)
    np.testing.assert_array_equal(twin.predict_proba(X), pipe.predict_proba(X))


def test_optimizers_of_members_come_back(binary, tmp_path):
    import keras

    X, y = binary
    member = MEMBER | {"optimizer": keras.optimizers.AdamW(0.01)}
    ensemble = ensemble_of("binary", member=member).fit(X, y)
    twin = trip(ensemble, tmp_path)
    np.testing.assert_array_equal(twin.predict_proba(X), ensemble.predict_proba(X))
    assert [type(m.optimizer) for m in twin.estimators_] == [keras.optimizers.AdamW] * 3


def test_unfitted_ones_are_refused(tmp_path):
    path = tmp_path / "saved"
    with pytest.raises(NotFittedError):
        skmirai.save(MiraiDNNEnsembleClassifier(), path)
    assert not path.exists()


def test_more_members_than_files_hold(fitted, tmp_path, monkeypatch):
    monkeypatch.setattr(ensembles, "MOST_MEMBERS", 2)
    with pytest.raises(TypeError, match="n_estimators is 3; files hold at most 2"):
        trip(fitted[0], tmp_path)


def test_own_attributes_are_refused(binary, tmp_path):
    ensemble = ensemble_of("binary", n_estimators=1).fit(*binary)
    ensemble.note = "mine"
    with pytest.raises(TypeError, match="note is an attribute"):
        trip(ensemble, tmp_path)


# -- forged files ------------------------------------------------------------------


@pytest.fixture
def forged(binary, tmp_path):
    """Write an ensemble whose content is changed, and load it."""
    X, y = binary
    path = tmp_path / "forged"

    def load(change):
        ensemble_of("binary", n_estimators=2).fit(X, y).save(path)
        members = read_archive(path)
        content = json.loads(members.pop("estimator.json"))
        change(content, members)
        write_archive(path, {"estimator.json": json.dumps(content).encode(), **members})
        assert zipfile.is_zipfile(path)
        return skmirai.load(path)

    return load


def without(name):
    return lambda content, _: content.pop(name)


def unfitted_member(content, _):
    member = content["members"]["0"]["$estimator"]
    for part in list(member.keys() - {"class", "params"}):
        del member[part]


def no_members(content, _):
    content["members"] = {}


def ensemble_of_ensembles(content, _):
    content["members"]["0"] = {"$estimator": json.loads(json.dumps(content))}


def regressor_named(content, _):
    content["class"] = "MiraiDNNEnsembleRegressor"


def other_attribute(content, _):
    content["learned"]["predict"] = 1


def many_jobs(content, _):
    content["params"]["n_jobs"] = 10**9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("members"), "an ensemble needs its params, its members"),
        (without("params"), "an ensemble needs its params, its members"),
        (unfitted_member, "no fitted MiraiDNNClassifier"),
        (no_members, "no fitted MiraiDNNClassifier"),
        (ensemble_of_ensembles, "no fitted MiraiDNNClassifier|cannot be loaded"),
        (regressor_named, "no fitted MiraiDNNRegressor"),
        (other_attribute, "unknown fitted attributes"),
        (many_jobs, "jobs"),
    ],
)
def test_forged_ensembles_are_refused(forged, change, message):
    with pytest.raises(ValueError, match=message):
        forged(change)


def test_members_of_other_columns_are_refused(binary, three_classes, tmp_path):
    X, y = binary
    ensemble = ensemble_of("binary", n_estimators=2).fit(X, y)
    for rows, labels in ((X[:, :4], y), (X, y + 1), three_classes):
        ensemble.estimators_[1] = MiraiDNNClassifier(**MEMBER).fit(rows, labels)
        with pytest.raises(ValueError, match="same columns and targets"):
            trip(ensemble, tmp_path)
