"""What cannot be saved is named, and the file that is there stays."""

import functools
import os

import keras
import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.callback import ScoringMonitor
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skmirai
from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from tests.neural_network.round_trips import trip


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
