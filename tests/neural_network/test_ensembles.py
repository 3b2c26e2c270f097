"""Ensembles, against their members one by one."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import skmirai
from skmirai import (
    MiraiDNNClassifier,
    MiraiDNNEnsembleClassifier,
    MiraiDNNEnsembleRegressor,
    MiraiDNNRegressor,
)
from skmirai.metrics import expected_entropy, predictive_entropy
from tests.neural_network.conftest import SMALL

MEMBER = {name: value for name, value in SMALL.items() if name != "random_state"}
KINDS = {
    "binary": (MiraiDNNEnsembleClassifier, MiraiDNNClassifier),
    "three_classes": (MiraiDNNEnsembleClassifier, MiraiDNNClassifier),
    "regression": (MiraiDNNEnsembleRegressor, MiraiDNNRegressor),
}


def ensemble_of(table, n_estimators=3, member=MEMBER, **settings):
    kind, inner = KINDS[table]
    return kind(inner(**member), n_estimators, random_state=7, **settings)


@pytest.fixture(scope="module", params=KINDS)
def fitted(request):
    """An ensemble of three, and the table that it was fitted to."""
    X, y = request.getfixturevalue(request.param)
    return ensemble_of(request.param).fit(X, y), X, y


def predicted(estimator, X):
    if is_classifier(estimator):
        return estimator.predict_proba(X)
    return estimator.predict(X)


# -- the mean ----------------------------------------------------------------------


def test_prediction_is_the_mean_of_the_members(fitted):
    ensemble, X, _ = fitted
    members = np.array([predicted(member, X) for member in ensemble.estimators_])
    mean = members.mean(axis=0)
    np.testing.assert_allclose(predicted(ensemble, X), mean, rtol=1e-9, atol=1e-12)
    assert members.std(axis=0).max() > 1e-3
    if is_classifier(ensemble):
        labels = ensemble.classes_[mean.argmax(axis=1)]
        np.testing.assert_array_equal(ensemble.predict(X), labels)
        logarithms = ensemble.predict_log_proba(X)
        np.testing.assert_allclose(logarithms, np.log(mean), rtol=1e-6)


def test_members_are_fits_of_their_seeds(fitted):
    ensemble, X, y = fitted
    seeds = [member.random_state for member in ensemble.estimators_]
    assert len(set(seeds)) == 3
    for member in ensemble.estimators_:
        alone = clone(member).fit(X, y)
        np.testing.assert_array_equal(predicted(alone, X), predicted(member, X))
    assert ensemble.n_features_in_ == X.shape[1]


def test_uncertainty_is_that_over_the_members(fitted):
    ensemble, X, _ = fitted
    found = ensemble.predict_uncertainty(X, return_samples=True)
    members = np.array([predicted(member, X) for member in ensemble.estimators_])
    assert found.n_passes == 3
    np.testing.assert_allclose(found.samples, members, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.std, members.std(axis=0), rtol=1e-6, atol=1e-9)
    if is_classifier(ensemble):
        np.testing.assert_allclose(found.proba, members.mean(axis=0), atol=1e-9)
        total = predictive_entropy(members.mean(axis=0))
        part = expected_entropy(members)
        np.testing.assert_allclose(found.predictive_entropy, total, atol=1e-9)
        np.testing.assert_allclose(found.mutual_information, total - part, atol=1e-9)


def test_samples_of_members_and_passes(fitted):
    """Members come first along the axis, and within each its dropout passes."""
    ensemble, X, _ = fitted
    found = ensemble.predict_uncertainty(
        X, n_passes=5, random_state=0, return_samples=True
    )
    assert found.n_passes == 15
    of_each = found.samples.reshape(3, 5, *found.samples.shape[1:])
    again = ensemble.predict_uncertainty(
        X, n_passes=5, random_state=0, return_samples=True
    )
    np.testing.assert_array_equal(again.samples, found.samples)
    # passes of a member scatter around it
    for member, passes in zip(ensemble.estimators_, of_each, strict=True):
        alone = member.predict_uncertainty(X, n_passes=2000, random_state=1)
        mean = alone.proba if is_classifier(member) else alone.mean
        bound = 6 * alone.std / np.sqrt(5) + 6 * alone.std.max() / np.sqrt(2000)
        assert (np.abs(passes.mean(axis=0) - mean) <= bound).mean() > 0.99
        assert passes.std(axis=0).max() > 1e-3


def test_function_asks_ensembles_for_their_members(fitted):
    ensemble, X, _ = fitted
    pipe = make_pipeline("passthrough", ensemble)
    assert skmirai.predict_uncertainty(pipe, X).n_passes == 3
    assert skmirai.predict_uncertainty(pipe, X, n_passes=4).n_passes == 12


# -- fitting -----------------------------------------------------------------------


@pytest.mark.parametrize("bootstrap", [False, True])
def test_jobs_change_nothing(binary, bootstrap):
    X, y = binary
    one = ensemble_of("binary", bootstrap=bootstrap, n_jobs=1).fit(X, y)
    two = ensemble_of("binary", bootstrap=bootstrap, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_bootstrap_draws_within_classes(three_classes):
    _, y = three_classes
    ensemble = ensemble_of("three_classes", bootstrap=True)
    drawn = [ensemble._drawn(y, np.random.RandomState(seed)) for seed in range(200)]
    for label in np.unique(y):
        assert {counts[y == label].sum() for counts in drawn} == {(y == label).sum()}
    # a share of (1 - 1/n)^n is left out
    n = np.bincount(y)[y]
    left_out = np.mean([counts == 0 for counts in drawn])
    assert abs(left_out - ((1 - 1 / n) ** n).mean()) < 0.01


@pytest.mark.parametrize("table", ["binary", "regression"])
def test_bootstrap_is_a_fit_with_counts_as_weights(table, request):
    X, y = request.getfixturevalue(table)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    ensemble = ensemble_of(table, bootstrap=True).fit(X, y, weight)
    rng = np.random.RandomState(7)
    for member in ensemble.estimators_:
        assert member.random_state == rng.randint(np.iinfo(np.int32).max)
        counts = ensemble._drawn(y, rng)
        alone = clone(member).fit(X, y, weight * counts)
        np.testing.assert_array_equal(predicted(alone, X), predicted(member, X))


def test_validation_rows_reach_the_members(binary):
    X, y = binary
    ensemble = ensemble_of("binary").fit(X, y, X_val=X[:20], y_val=y[:20])
    assert all("val_loss" in member.history_ for member in ensemble.estimators_)


def test_defaults_are_those_of_five_networks():
    for ensemble in (MiraiDNNEnsembleClassifier(), MiraiDNNEnsembleRegressor()):
        assert (ensemble.n_estimators, ensemble.bootstrap) == (5, False)


def test_tables_with_text(binary):
    X, y = binary
    table = pd.DataFrame(X).add_prefix("x").assign(flag=np.where(y, "S", "R"))
    member = MEMBER | {"epochs": 12, "learning_rate": 0.03}
    ensemble = ensemble_of("binary", member=member)
    ensemble.fit(table, np.where(y, "attack", "benign"))
    assert ensemble.score(table, np.where(y, "attack", "benign")) > 0.9
    assert list(ensemble.feature_names_in_) == list(table.columns)
    with pytest.raises(ValueError, match="feature names"):
        ensemble.predict(table[table.columns[::-1]])
    ensemble.fit(X, y)
    assert not hasattr(ensemble, "feature_names_in_")


@pytest.mark.slow
def test_in_searches_and_cross_validation(binary):
    X, y = binary
    ensemble = ensemble_of("binary", n_estimators=2)
    assert cross_val_score(ensemble, X, y, cv=2, scoring="roc_auc").min() > 0.6
    grid = {"estimator__learning_rate": [0.001, 0.03], "n_estimators": [2]}
    search = GridSearchCV(ensemble, grid, cv=2, scoring="neg_log_loss").fit(X, y)
    assert search.best_params_["estimator__learning_rate"] == 0.03
    assert skmirai.predict_uncertainty(search, X).n_passes == 2


@pytest.mark.slow
def test_a_mean_is_no_worse_than_its_members_on_average(three_classes):
    """Jensen: the loss of the mean is at most the mean of the losses."""
    X, y = three_classes
    ensemble = ensemble_of("three_classes", n_estimators=4).fit(X, y)
    losses = [log_loss(y, member.predict_proba(X)) for member in ensemble.estimators_]
    assert log_loss(y, ensemble.predict_proba(X)) < np.mean(losses)


# -- bad input ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        MiraiDNNRegressor(),
        make_pipeline(MiraiDNNClassifier()),
        MiraiDNNEnsembleClassifier(),
        "MiraiDNNClassifier",
    ],
)
def test_members_of_another_class_are_refused(estimator, binary):
    ensemble = MiraiDNNEnsembleClassifier(estimator)
    with pytest.raises((TypeError, ValueError), match="estimator"):
        ensemble.fit(*binary)


def test_a_failed_fit_keeps_what_was_fitted(fitted):
    ensemble, X, y = fitted
    before = predicted(ensemble, X)
    broken = np.array(X)
    broken[3, 2] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        ensemble.fit(broken, y)
    np.testing.assert_array_equal(predicted(ensemble, X), before)


def test_bad_questions(fitted):
    ensemble, X, _ = fitted
    with pytest.raises(ValueError, match="n_passes"):
        ensemble.predict_uncertainty(X, n_passes=0)
    with pytest.raises(ValueError, match="features"):
        ensemble.predict_uncertainty(X[:, :3])
    with pytest.raises(NotFittedError):
        clone(ensemble).predict_uncertainty(X)
    with pytest.raises(ValueError, match="n_estimators"):
        clone(ensemble).set_params(n_estimators=0).fit(X, np.zeros(len(X)))


# -- scikit-learn ------------------------------------------------------------------

EXACT = {"dropout_rate": 0, "batch_size": 100_000, "learning_rate": 0.01, "epochs": 20}


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore:Training failed:sklearn.exceptions.ConvergenceWarning"
)
@parametrize_with_checks(
    [
        MiraiDNNEnsembleClassifier(MiraiDNNClassifier(**EXACT), 2),
        MiraiDNNEnsembleRegressor(MiraiDNNRegressor(**EXACT), 2),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
