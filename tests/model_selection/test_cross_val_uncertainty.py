"""Cross-validation as a source of uncertainty, against scikit-learn's predictions."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skmirai import MiraiDNNClassifier
from skmirai.model_selection import BlockedStratifiedKFold, cross_val_uncertainty

X, y = make_classification(
    240, n_informative=6, n_classes=3, flip_y=0.1, random_state=0
)
LABELS = np.array(["benign", "mirai", "scan"])[y]
MODEL = LogisticRegression()


def test_out_of_fold_probabilities_are_scikit_learns():
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    found = cross_val_uncertainty(MODEL, X, LABELS, cv=cv)
    expected = cross_val_predict(MODEL, X, LABELS, cv=cv, method="predict_proba")
    np.testing.assert_allclose(found.out_of_fold.proba, expected, rtol=1e-12)
    np.testing.assert_array_equal(found.rows, np.arange(len(X)))
    np.testing.assert_array_equal(
        found.out_of_fold.label, cross_val_predict(MODEL, X, LABELS, cv=cv)
    )
    np.testing.assert_allclose(found.scores, cross_val_score(MODEL, X, LABELS, cv=cv))
    assert len(found.fit_seconds) == len(found.estimators) == 5


def test_repeats_are_passes():
    cv = RepeatedStratifiedKFold(n_splits=4, n_repeats=3, random_state=0)
    found = cross_val_uncertainty(MODEL, X, y, cv=cv).out_of_fold
    splits = list(cv.split(X, y))
    passes = np.array(
        [
            cross_val_predict(MODEL, X, y, cv=splits[n : n + 4], method="predict_proba")
            for n in range(0, 12, 4)
        ]
    )
    assert found.n_passes == 3
    np.testing.assert_allclose(found.proba, passes.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.std, passes.std(axis=0), atol=1e-12)
    votes = (passes.argmax(axis=2)[..., None] == np.arange(3)).sum(axis=0)
    np.testing.assert_array_equal(found.votes, votes)


def test_rows_that_are_not_tested_are_left_out():
    cv = BlockedStratifiedKFold(3, purge=5)
    found = cross_val_uncertainty(MODEL, X, y, cv=cv)
    tested = np.sort(np.concatenate([test for _, test in cv.split(X, y)]))
    np.testing.assert_array_equal(found.rows, tested)
    for (train, test), model in zip(cv.split(X, y), found.estimators, strict=True):
        alone = LogisticRegression().fit(X[train], y[train])
        np.testing.assert_array_equal(model.coef_, alone.coef_)
        places = np.searchsorted(found.rows, test)
        np.testing.assert_allclose(
            found.out_of_fold.proba[places], alone.predict_proba(X[test]), rtol=1e-12
        )


def test_folds_are_an_ensemble_for_new_rows():
    found = cross_val_uncertainty(MODEL, X[:200], y[:200], cv=4)
    result = found.predict_uncertainty(X[200:])
    members = np.array([m.predict_proba(X[200:]) for m in found.estimators])
    assert result.n_passes == 4
    np.testing.assert_allclose(result.proba, members.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(result.std, members.std(axis=0), atol=1e-12)
    assert result.mutual_information.max() > 0


@pytest.mark.parametrize("n_targets", [1, 2])
def test_regressors(n_targets):
    X, y = make_regression(120, n_targets=n_targets, noise=5, random_state=0)
    cv = KFold(4, shuffle=True, random_state=0)
    found = cross_val_uncertainty(LinearRegression(), X, y, cv=cv)
    expected = cross_val_predict(LinearRegression(), X, y, cv=cv)
    np.testing.assert_allclose(found.out_of_fold.mean, expected, rtol=1e-12)
    members = np.array([m.predict(X[:5]) for m in found.estimators])
    result = found.predict_uncertainty(X[:5])
    np.testing.assert_allclose(result.mean, members.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(result.std, members.std(axis=0), rtol=1e-9)


def test_groups_and_weights_reach_split_and_fit():
    groups, weight = np.arange(len(X)) // 20, np.linspace(0.1, 3, len(X))
    found = cross_val_uncertainty(
        MODEL, X, y, groups=groups, cv=GroupKFold(3), params={"sample_weight": weight}
    )
    for test, model in zip(found.test_rows, found.estimators, strict=True):
        train = np.setdiff1d(np.arange(len(X)), test)
        assert not set(groups[test]) & set(groups[train])
        alone = LogisticRegression().fit(X[train], y[train], weight[train])
        np.testing.assert_array_equal(model.coef_, alone.coef_)


@pytest.mark.slow
def test_dropout_passes_of_networks():
    clf = MiraiDNNClassifier(n_layers=1, n_nodes=8, epochs=3, random_state=0)
    pipe = make_pipeline(StandardScaler(), clf)
    cv = StratifiedKFold(3)
    found = cross_val_uncertainty(
        pipe, X, LABELS, cv=cv, n_passes=7, random_state=1, n_jobs=1
    )
    assert found.out_of_fold.n_passes == 7
    for test, model in zip(found.test_rows, found.estimators, strict=True):
        rows = model[:-1].transform(X[test])
        alone = model[-1].predict_uncertainty(rows, n_passes=7, random_state=1)
        for name in ("proba", "std", "votes", "mutual_information"):
            np.testing.assert_allclose(
                getattr(found.out_of_fold, name)[test], getattr(alone, name), atol=1e-12
            )
    assert found.predict_uncertainty(X[:4], n_passes=5).n_passes == 15
    assert found.predict_uncertainty(X[:4]).n_passes == 3


def test_rows_tested_differently_often_are_refused():
    with pytest.raises(ValueError, match=r"tests row \d+ 1 times and others up to"):
        cross_val_uncertainty(MODEL, X, y, cv=ShuffleSplit(8, random_state=0))


def test_a_split_without_a_class_is_refused():
    train, test = np.flatnonzero(y != 2), np.flatnonzero(y == 2)
    with pytest.raises(ValueError, match=r"knows the classes \[0, 1\], the table"):
        cross_val_uncertainty(MODEL, X, y, cv=[(train, test)])


def test_passes_need_a_network():
    calibrated = CalibratedClassifierCV(MiraiDNNClassifier())  # has other probabilities
    for model in (MODEL, make_pipeline(StandardScaler(), MODEL), calibrated):
        with pytest.raises(TypeError, match="n_passes=10 needs passes"):
            cross_val_uncertainty(model, X, y, cv=3, n_passes=10)


def test_what_will_not_do_is_refused_before_training():
    class Untrainable(LogisticRegression):
        def fit(self, X, y):
            raise AssertionError

    def refused(model, error, message, **settings):
        with pytest.raises(error, match=message):
            cross_val_uncertainty(model, X, y, **{"cv": 3} | settings)

    model, network = Untrainable(), make_pipeline(Untrainable(), MiraiDNNClassifier())
    refused(model, ValueError, "tests row", cv=ShuffleSplit(8, random_state=0))
    by_class = {"groups": y, "cv": LeaveOneGroupOut()}
    refused(model, ValueError, r"knows the classes \[1, 2\], the table", **by_class)
    refused(network, ValueError, "n_passes=0 must be None, or an int", n_passes=0)
    refused(network, ValueError, "n_passes=2.5 must be", n_passes=2.5)
    refused(LinearSVC(), TypeError, "LinearSVC has no predict_proba: wrap it in")
