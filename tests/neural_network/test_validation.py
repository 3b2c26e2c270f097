"""Validation rows: who they are, who sees them, and early stopping on them."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.metrics import log_loss

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor


class Recorder(TransformerMixin, BaseEstimator):
    """Scaler that notes the row numbers, column 0, of every table it meets."""

    def fit(self, X, y=None):
        self.fitted_on_ = X[:, 0].astype(int)
        self.transformed_ = []
        return self

    def transform(self, X):
        self.transformed_.append(X[:, 0].astype(int))
        return X[:, 1:]


def numbered(X):
    return np.column_stack([np.arange(len(X)), X])


@pytest.fixture(scope="module")
def uneven():
    """120 rows: 60, 40 and 20 of three classes, in a row."""
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], [60, 40, 20])
    return rng.normal(size=(120, 3)) + (y == "b")[:, None] - 2 * (y == "c")[:, None], y


def test_split_is_stratified_and_complete(small, uneven):
    X, y = uneven
    clf = MiraiDNNClassifier(**small, scaler=Recorder(), validation_fraction=0.25)
    clf.fit(numbered(X), y)
    recorder = clf.pipeline_["scale"]
    train, validation = recorder.transformed_
    np.testing.assert_array_equal(recorder.fitted_on_, train)
    assert sorted([*train, *validation]) == list(range(120))
    for rows, expected in ((train, [45, 30, 15]), (validation, [15, 10, 5])):
        assert np.unique(y[rows], return_counts=True)[1].tolist() == expected
    assert not np.array_equal(np.sort(train), train), "drawn at random"


def test_split_of_a_regressor(small, regression):
    X, y = regression
    reg = MiraiDNNRegressor(**small, scaler=Recorder(), validation_fraction=0.3)
    reg.fit(numbered(X), y)
    train, validation = reg.pipeline_["scale"].transformed_
    assert (len(train), len(validation)) == (84, 36)
    assert sorted([*train, *validation]) == list(range(120))


def test_split_is_seeded(small, uneven):
    X, y = uneven
    parts = []
    for seed in (0, 0, 1):
        clf = MiraiDNNClassifier(
            **small | {"random_state": seed, "epochs": 1},
            scaler=Recorder(),
            validation_fraction=0.25,
        )
        clf.fit(numbered(X), y)
        parts.append(clf.pipeline_["scale"].transformed_[1].tolist())
    assert parts[0] == parts[1] != parts[2]


def test_scaler_learns_from_the_training_part_only(small, uneven):
    X, y = uneven
    settings = small | {"validation_fraction": 0.25, "epochs": 1}
    recorder = MiraiDNNClassifier(**settings, scaler=Recorder())
    train = recorder.fit(numbered(X), y).pipeline_["scale"].fitted_on_
    scale = MiraiDNNClassifier(**settings).fit(X, y).pipeline_["scale"]
    assert scale.n_samples_seen_ == 90
    np.testing.assert_allclose(scale.mean_, X[train].mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(scale.var_, X[train].var(axis=0), rtol=1e-12)
    assert not np.allclose(scale.mean_, X.mean(axis=0), rtol=1e-6)


def test_given_validation_rows_are_never_seen_by_scaler_or_weights(small, uneven):
    X, y = uneven
    plain = MiraiDNNClassifier(**small).fit(X, y)
    clf = MiraiDNNClassifier(**small, validation_fraction=0.5)
    clf.fit(X, y, X_val=1e6 + X[:50], y_val=y[-50:])
    assert clf.pipeline_["scale"].n_samples_seen_ == 120
    np.testing.assert_array_equal(clf.pipeline_["scale"].mean_, X.mean(axis=0))
    np.testing.assert_array_equal(clf.predict_proba(X), plain.predict_proba(X))
    assert clf.history_["loss"] == plain.history_["loss"]
    assert set(clf.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}


def test_validation_figures_are_those_of_the_rows(small, uneven):
    X, y = uneven
    table = pd.DataFrame(X, columns=list("pqr"))
    clf = MiraiDNNClassifier(**small)
    clf.fit(table, y, X_val=table[::3], y_val=y[::3])
    proba = clf.predict_proba(table[::3])
    assert clf.history_["val_loss"][-1] == pytest.approx(
        log_loss(y[::3], proba), rel=1e-5
    )
    assert clf.history_["val_accuracy"][-1] == pytest.approx(
        clf.score(table[::3], y[::3]), rel=1e-6
    )


def test_validation_labels_may_lack_a_class(small, uneven):
    X, y = uneven
    clf = MiraiDNNClassifier(**small).fit(X, y, X_val=X[:60], y_val=y[:60])
    assert clf.history_["val_accuracy"][-1] == pytest.approx(
        clf.score(X[:60], y[:60]), rel=1e-6
    )


@pytest.fixture(scope="module")
def overfitted(small):
    """Network that soon learns noise by heart, stopped early."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 8)), rng.integers(2, size=80)
    X_val, y_val = rng.normal(size=(40, 8)), rng.integers(2, size=40)
    settings = small | {"epochs": 60, "n_nodes": 32, "learning_rate": 0.03}
    clf = MiraiDNNClassifier(**settings, early_stopping=True, n_iter_no_change=3, tol=0)
    clf.fit(X, y, X_val=X_val, y_val=y_val)
    return clf, settings, (X, y, X_val, y_val)


def test_early_stopping_stops_after_n_iter_no_change(overfitted):
    clf, _, _ = overfitted
    losses = clf.history_["val_loss"]
    best = int(np.argmin(losses))
    assert clf.n_iter_ == len(losses) == best + 1 + 3
    assert clf.n_iter_ < 60


def test_early_stopping_keeps_the_best_weights(overfitted):
    clf, settings, (X, y, X_val, y_val) = overfitted
    losses = clf.history_["val_loss"]
    assert clf.evaluate(X_val, y_val)["loss"] == pytest.approx(min(losses), rel=1e-6)
    assert losses[-1] > 1.01 * min(losses), "the last weights are others"
    best = settings | {"epochs": int(np.argmin(losses)) + 1}
    np.testing.assert_array_equal(
        MiraiDNNClassifier(**best).fit(X, y).predict_proba(X_val),
        clf.predict_proba(X_val),
    )


@pytest.mark.parametrize("live", [False, True])
def test_lowest_loss_is_kept_however_large_tol_is(overfitted, live):
    _, settings, (X, y, X_val, y_val) = overfitted
    clf = MiraiDNNClassifier(
        **settings | {"learning_rate": 0.01},
        early_stopping=True,
        n_iter_no_change=10,
        tol=1e6,
        callbacks=[keras.callbacks.Callback()] if live else None,
    )
    losses = clf.fit(X, y, X_val=X_val, y_val=y_val).history_["val_loss"]
    assert len(losses) == 11, "the first epoch counts as an improvement, no other does"
    best = int(np.argmin(losses))
    assert 0 < best < 10
    assert clf.evaluate(X_val, y_val)["loss"] == pytest.approx(min(losses), rel=1e-6)
    assert [type(callback) for callback in clf.callbacks_] == (
        [keras.callbacks.Callback] if live else []
    )


def test_tol_is_the_smallest_change_that_counts(small, uneven):
    X, y = uneven
    clf = MiraiDNNClassifier(
        **small | {"epochs": 30},
        validation_fraction=0.25,
        early_stopping=True,
        n_iter_no_change=2,
        tol=1e6,
    )
    # the first epoch always counts, no other does
    assert clf.fit(X, y).n_iter_ == 3


def test_early_stopping_without_validation_rows_watches_the_training_loss(
    small, uneven
):
    X, y = uneven
    clf = MiraiDNNClassifier(
        **small | {"epochs": 30}, early_stopping=True, n_iter_no_change=2, tol=1e6
    )
    clf.fit(X, y)
    assert clf.n_iter_ == 3
    assert "val_loss" not in clf.history_


def test_validation_of_a_regressor(small, regression):
    X, y = regression
    reg = MiraiDNNRegressor(**small).fit(X, y, X_val=X[:30], y_val=y[:30])
    expected = np.mean((reg.predict(X[:30]) - y[:30]) ** 2)
    assert reg.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-5)


# -- parts that are too small ------------------------------------------------------


@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
@pytest.mark.parametrize(("fraction", "n_rows"), [(0.02, 2), (0.04, 4)])
def test_few_validation_rows_are_worth_a_warning(
    small, regression, warns, kind, fraction, n_rows
):
    X, y = regression[0][:100], np.arange(100) % 2
    message = (
        f"validation_fraction={fraction} of 100 rows makes a validation part of "
        f"{n_rows} rows: too few .* take a larger"
    )
    with warns(UserWarning, message):
        kind(**small, validation_fraction=fraction).fit(X, y)


@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
def test_five_validation_rows_are_not(small, regression, kind):
    X, y = regression[0][:100], np.arange(100) % 2
    kind(**small, validation_fraction=0.05).fit(X, y)


@pytest.mark.parametrize(("fraction", "parts"), [(0.005, (119, 1)), (0.99, (1, 119))])
def test_a_part_of_one_row_is_an_error(small, regression, fraction, parts):
    X, y = regression
    message = (
        rf"validation_fraction={fraction} of 120 rows makes a training part of "
        rf"{parts[0]} and a validation part of {parts[1]} rows, but each needs 2"
    )
    with pytest.raises(ValueError, match=message):
        MiraiDNNRegressor(**small, validation_fraction=fraction).fit(X, y)


def test_every_class_is_trained_on(small, regression):
    X, _ = regression
    y = np.r_[0, 0, np.ones(118, dtype=int)]
    message = (
        "validation_fraction=0.9 of 120 rows leaves no row of 1 of the 2 classes for "
        "training; take a smaller"
    )
    with pytest.raises(ValueError, match=message):
        MiraiDNNClassifier(**small, validation_fraction=0.9).fit(X, y)
    clf = MiraiDNNClassifier(**small, validation_fraction=0.1)
    assert clf.fit(X, y).classes_.tolist() == [0, 1]
