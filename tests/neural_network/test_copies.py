"""What clones, pickles and the copies that fits work on must not lose."""

import copy
import pickle

import joblib
import keras
import numpy as np
import optuna
import pytest
from optuna_integration import KerasPruningCallback
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from skmirai import MiraiDNNClassifier
from skmirai.neural_network._engine.exclusions import exclusions


def undecayed():
    """AdamW whose huge decay leaves biases alone."""
    adamw = keras.optimizers.AdamW(0.05, weight_decay=10.0)
    adamw.exclude_from_weight_decay(var_names=["bias"])
    return adamw


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 4))
    return X, (X[:, 0] > 0).astype(int)


@pytest.fixture(scope="module")
def fitted(table):
    clf = MiraiDNNClassifier(
        1, 4, optimizer=undecayed(), epochs=3, dropout_rate=0, random_state=0
    )
    return clf.fit(*table)


def by_joblib(estimator, folder):
    joblib.dump(estimator, folder / "estimator.joblib")
    return joblib.load(folder / "estimator.joblib")


COPIES = {
    "clone": lambda clf, _: clone(clf),
    "deepcopy": lambda clf, _: copy.deepcopy(clf),
    "pickle": lambda clf, _: pickle.loads(pickle.dumps(clf)),
    "joblib": by_joblib,
    "twice": lambda clf, _: pickle.loads(pickle.dumps(clone(clone(clf)))),
}


@pytest.mark.parametrize("how", COPIES)
def test_copies_decay_the_same_weights(fitted, table, tmp_path, how):
    copied = COPIES[how](fitted, tmp_path)
    assert copied.optimizer is not fitted.optimizer
    assert exclusions(copied.optimizer) == exclusions(fitted.optimizer)
    again = copied.set_params(callbacks=None).fit(*table)
    np.testing.assert_array_equal(
        again.predict_proba(table[0]), fitted.predict_proba(table[0])
    )


@pytest.mark.slow
def test_cross_validation_trains_as_fit_does(fitted, table):
    X, y = table
    halves = [(np.arange(60), np.arange(60, 90))]
    scored = cross_val_score(fitted, X, y, cv=halves, scoring="neg_log_loss")
    alone = clone(fitted).fit(X[:60], y[:60])
    expected = -keras.losses.BinaryCrossentropy()(
        y[60:, None].astype("float32"), alone.predict_proba(X[60:])[:, 1:]
    ).numpy()
    np.testing.assert_allclose(scored, expected, rtol=1e-5)
    decayed = clone(fitted)
    decayed.optimizer = keras.optimizers.AdamW(0.05, weight_decay=10.0)
    other = decayed.fit(X[:60], y[:60]).predict_proba(X[60:])
    assert np.abs(other - alone.predict_proba(X[60:])).max() > 1e-3, "it matters"


@pytest.mark.parametrize("how", ["deepcopy", "pickle"])
def test_a_fitted_copy_trains_on_as_the_original(table, tmp_path, how):
    settings = {"dropout_rate": 0, "random_state": 0, "warm_start": True, "epochs": 2}
    clf = MiraiDNNClassifier(1, 4, optimizer=undecayed(), **settings).fit(*table)
    copied = COPIES[how](clf, tmp_path).fit(*table)
    np.testing.assert_array_equal(
        copied.predict_proba(table[0]), clf.fit(*table).predict_proba(table[0])
    )


def test_warm_start_sees_other_exclusions(fitted, table):
    clf = copy.deepcopy(fitted).set_params(warm_start=True)
    clf.optimizer = keras.optimizers.AdamW(0.05, weight_decay=10.0)
    with pytest.raises(ValueError, match=r"AdamW\(not decayed=None\).*='bias'"):
        clf.fit(*table)


def test_excluded_variables_of_another_network_are_refused_in_clones_too(table):
    adamw = keras.optimizers.AdamW(0.05)
    adamw.exclude_from_weight_decay(var_list=[keras.Variable(1.0)])
    clf = clone(MiraiDNNClassifier(1, 4, optimizer=adamw))
    with pytest.raises(ValueError, match="variables of another network"):
        clf.fit(*table)


# -- callbacks -----------------------------------------------------------------------


class FirstStep(optuna.pruners.BasePruner):
    """Prunes every trial at its first report."""

    def prune(self, study, trial):
        return bool(trial.intermediate_values)


@pytest.mark.slow(after=3)
@pytest.mark.parametrize("form", [lambda c: c, lambda c: [c], lambda c: (c,)])
@pytest.mark.parametrize("folds", [False, True])
def test_trials_in_memory_are_pruned(table, form, folds):
    """The trial that a callback holds is the study's own, not a copy of it."""

    def objective(trial):
        pruning = KerasPruningCallback(trial, "loss")
        clf = MiraiDNNClassifier(1, 4, epochs=5, callbacks=form(pruning))
        if folds:
            return cross_val_score(clf, *table, cv=2, error_score="raise").mean()
        return clf.fit(*table).score(*table)

    study = optuna.create_study(pruner=FirstStep())
    study.optimize(objective, n_trials=2)
    assert [trial.state.name for trial in study.trials] == ["PRUNED", "PRUNED"]
    assert all(len(trial.intermediate_values) == 1 for trial in study.trials)


class Holder(keras.callbacks.Callback):
    """Holds a trial in a container, and something of its own."""

    def __init__(self, trial):
        super().__init__()
        self.held = {"trials": [trial], "seen": []}

    def on_epoch_end(self, epoch, logs=None):
        self.held["seen"].append(epoch)


def test_only_trials_and_studies_are_shared(table):
    study = optuna.create_study()
    trial = study.ask()
    mine = Holder(trial)
    clf = MiraiDNNClassifier(1, 4, epochs=2, callbacks=[mine]).fit(*table)
    (seen_by_fit,) = clf.callbacks_
    assert seen_by_fit.held["trials"][0] is trial
    assert seen_by_fit.held["seen"] == [0, 1]
    assert mine.held["seen"] == []


class Reporter:
    """An object of the user's that holds a trial."""

    def __init__(self, trial):
        self.inner = {"trial": trial}
        self.inner["itself"] = self.inner


class Reports(keras.callbacks.Callback):
    """Reports through an object that holds the trial, and itself."""

    def __init__(self, trial):
        super().__init__()
        self.reporter = Reporter(trial)

    def on_epoch_end(self, epoch, logs=None):
        trial = self.reporter.inner["trial"]
        trial.report(logs["loss"], epoch)
        if trial.should_prune():
            raise optuna.TrialPruned


@pytest.mark.slow
def test_trials_are_found_at_any_depth(table):
    def objective(trial):
        clf = MiraiDNNClassifier(1, 4, epochs=5, callbacks=Reports(trial))
        return cross_val_score(clf, *table, cv=2, error_score="raise").mean()

    study = optuna.create_study(pruner=FirstStep())
    study.optimize(objective, n_trials=2)
    assert [trial.state.name for trial in study.trials] == ["PRUNED", "PRUNED"]
