"""Weights of rows and classes: in the loss, in the scaler, in the validation."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor
from skmirai.neural_network._rows.checked import Rows

# Full batches without dropout: a row of weight 2 is exactly a row given twice.
EXACT = {
    "n_layers": 2,
    "n_nodes": 8,
    "dropout_rate": 0,
    "batch_size": 100_000,
    "learning_rate": 0.01,
    "epochs": 10,
    "random_state": 0,
    "dtype": "float64",
}
CLASS_WEIGHTS = [None, "balanced", {0: 3.0, 1: 0.5}]


@pytest.fixture(scope="module")
def weights():
    """Weights 0, 1, 2 and 3 for 120 rows."""
    return np.random.default_rng(5).integers(0, 4, size=120)


@pytest.mark.slow
@pytest.mark.parametrize("class_weight", CLASS_WEIGHTS)
def test_weighted_rows_are_repeated_rows(binary, weights, class_weight):
    X, y = binary
    clf = MiraiDNNClassifier(**EXACT, class_weight=class_weight)
    weighted = clf.fit(X, y, sample_weight=weights).predict_proba(X)
    loss, class_weight_ = clf.history_["loss"], clf.class_weight_
    clf.fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    np.testing.assert_allclose(weighted, clf.predict_proba(X), rtol=1e-7)
    np.testing.assert_allclose(class_weight_, clf.class_weight_, rtol=1e-12)
    np.testing.assert_allclose(loss, clf.history_["loss"], rtol=1e-5)


@pytest.mark.slow
def test_weighted_rows_are_repeated_rows_multiclass(three_classes):
    X, y = three_classes
    weights = np.random.default_rng(1).integers(0, 4, size=len(y))
    clf = MiraiDNNClassifier(**EXACT)
    weighted = clf.fit(X, y, sample_weight=weights).predict_proba(X)
    clf.fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    np.testing.assert_allclose(weighted, clf.predict_proba(X), rtol=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("n_targets", [1, 2])
def test_weighted_rows_are_repeated_rows_regressor(regression, weights, n_targets):
    X, y = regression
    y = y if n_targets == 1 else np.column_stack([y, y**2])
    reg = MiraiDNNRegressor(**EXACT)
    weighted = reg.fit(X, y, sample_weight=weights).predict(X)
    reg.fit(np.repeat(X, weights, axis=0), np.repeat(y, weights, axis=0))
    np.testing.assert_allclose(weighted, reg.predict(X), rtol=1e-7, atol=1e-9)


def test_weights_matter(binary, weights):
    X, y = binary
    plain = MiraiDNNClassifier(**EXACT).fit(X, y)
    weighted = MiraiDNNClassifier(**EXACT).fit(X, y, sample_weight=1 + weights)
    assert np.abs(plain.predict_proba(X) - weighted.predict_proba(X)).max() > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("as_frame", [False, True])
def test_rows_of_weight_0_have_no_effect_at_all(
    small, binary, weights, dtype, as_frame
):
    X, y = binary
    weights = weights / 7
    X_dirty = X.copy()
    X_dirty[weights == 0] = 1e5
    y_dirty = np.where(weights == 0, 99, y)  # even a class of their own
    if as_frame:
        X, X_dirty = pd.DataFrame(X), pd.DataFrame(X_dirty)
    settings = {**small, "dropout_rate": 0.3, "batch_norm": True, "dtype": dtype}
    assert small["batch_size"] < len(y) / 2, "several batches"
    with_rows = MiraiDNNClassifier(**settings, validation_fraction=0.2)
    with_rows.fit(X_dirty, y_dirty, sample_weight=weights)
    kept = np.flatnonzero(weights)
    without = MiraiDNNClassifier(**settings, validation_fraction=0.2)
    X_kept = X.iloc[kept] if as_frame else X[kept]
    without.fit(X_kept, y[kept], sample_weight=weights[kept])
    np.testing.assert_array_equal(with_rows.classes_, [0, 1])
    assert with_rows.history_ == without.history_
    np.testing.assert_array_equal(with_rows.predict_proba(X), without.predict_proba(X))


def test_rows_of_weight_0_have_no_effect_regressor(small, regression, weights):
    X, y = regression
    kept = np.flatnonzero(weights)
    reg = MiraiDNNRegressor(**small)
    outliers = np.where(weights == 0, 1e9, y)
    a = reg.fit(X, outliers, sample_weight=weights).predict(X)
    b = reg.fit(X[kept], y[kept], sample_weight=weights[kept]).predict(X)
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("factor", "rtol"), [(4, 0), (1000, 1e-9), (1e-200, 1e-9)])
def test_scale_of_the_weights_does_not_matter(small, binary, weights, factor, rtol):
    X, y = binary
    clf = MiraiDNNClassifier(**small)
    weights = 0.5 + weights
    once = clf.fit(X, y, sample_weight=weights).predict_proba(X)
    scaled = clf.fit(X, y, sample_weight=factor * weights).predict_proba(X)
    np.testing.assert_allclose(scaled, once, rtol=rtol)


def test_equal_weights_are_no_weights(small, binary):
    X, y = binary
    clf = MiraiDNNClassifier(**small)
    none = clf.fit(X, y).predict_proba(X)
    equal = clf.fit(X, y, sample_weight=np.full(len(y), 3)).predict_proba(X)
    np.testing.assert_allclose(equal, none, rtol=1e-9)


# -- weights of classes ---------------------------------------------------------


@pytest.mark.parametrize("class_weight", CLASS_WEIGHTS)
def test_class_weight_is_that_of_sklearn(small, binary, class_weight):
    X, y = binary
    rows = np.r_[np.flatnonzero(y == 0)[:19], np.flatnonzero(y == 1)]
    X, y = X[rows], y[rows]
    clf = MiraiDNNClassifier(**small | {"epochs": 1}, class_weight=class_weight)
    clf.fit(X, y)
    expected = compute_class_weight(class_weight, classes=np.array([0, 1]), y=y)
    np.testing.assert_array_equal(clf.class_weight_, expected)
    if class_weight == "balanced":
        n = len(y)
        np.testing.assert_allclose(
            clf.class_weight_, [n / (2 * 19), n / (2 * (n - 19))]
        )


#: Class counts of the whole Mirai capture, and of the lab's training part of it.
WHOLE, LAB = (121_621, 642_516), (84_952, 449_943)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [(WHOLE, [3.14146817, 0.59464434]), (LAB, [3.14821899, 0.59440307])],
)
def test_balanced_weights_of_the_mirai_capture(counts, expected):
    """The helper alone: no fit to 764,137 rows is needed to know them."""
    clf = MiraiDNNClassifier(class_weight="balanced")
    clf.classes_ = np.array([0, 1])
    y = np.repeat([0, 1], counts)
    weight = clf._loss_weight(Rows(None, y, None), reset=True)
    np.testing.assert_allclose(clf.class_weight_, expected, rtol=0, atol=5e-9)
    np.testing.assert_array_equal(weight, clf.class_weight_[y])
    assert weight.mean() == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(np.bincount(y, weight), len(y) / 2)


@pytest.mark.real_data
def test_class_counts_of_the_official_labels(data_dir):
    labels = np.loadtxt(data_dir / "kitsune" / "mirai_labels.csv.gz", dtype=int)
    np.testing.assert_array_equal(labels, np.repeat([0, 1], WHOLE))


@pytest.fixture(scope="module")
def one_to_three(binary):
    """30 rows of class 0 and 60 of class 1: balanced weights 1.5 and 0.75."""
    X, y = binary
    rows = np.r_[np.flatnonzero(y == 0)[:30], np.flatnonzero(y == 1)[:60]]
    assert np.bincount(y[rows]).tolist() == [30, 60]
    return X[rows], y[rows]


@pytest.mark.parametrize(
    "class_weight", ["balanced", {0: 1.5, 1: 0.75}, {0: 2, 1: 0.5}]
)
def test_class_weights_of_mean_1_are_row_weights(small, one_to_three, class_weight):
    X, y = one_to_three
    # the scaler takes the weights of rows, not those of classes
    clf = MiraiDNNClassifier(**small, scaler=None, class_weight=class_weight)
    by_class = clf.fit(X, y).predict_proba(X)
    row_weight = compute_sample_weight(class_weight, y)
    assert row_weight.mean() == 1
    clf.set_params(class_weight=None)
    by_row = clf.fit(X, y, sample_weight=row_weight).predict_proba(X)
    np.testing.assert_allclose(by_class, by_row, rtol=1e-12)


def test_class_weights_and_row_weights_multiply(small, one_to_three):
    X, y = one_to_three
    row_weight = np.random.default_rng(0).uniform(0.5, 2, size=len(y))
    clf = MiraiDNNClassifier(**small, scaler=None, class_weight="balanced")
    both = clf.fit(X, y, sample_weight=row_weight).predict_proba(X)
    totals = np.bincount(y, row_weight)
    class_weight = row_weight.sum() / (2 * totals)
    np.testing.assert_allclose(clf.class_weight_, class_weight, rtol=1e-12)
    product = class_weight[y] * row_weight
    assert product.sum() == pytest.approx(row_weight.sum()), "so the mean is kept"
    clf.set_params(class_weight=None)
    by_hand = clf.fit(X, y, sample_weight=product).predict_proba(X)
    np.testing.assert_allclose(both, by_hand, rtol=1e-9)


def test_class_weight_does_not_touch_the_scaler(small, one_to_three):
    X, y = one_to_three
    clf = MiraiDNNClassifier(**small | {"epochs": 1}, class_weight="balanced")
    np.testing.assert_array_equal(
        clf.fit(X, y).pipeline_["scale"].mean_, X.mean(axis=0)
    )


def test_row_weights_reach_the_scaler(small, binary, weights):
    X, y = binary
    clf = MiraiDNNClassifier(**small | {"epochs": 1})
    scale = clf.fit(X, y, sample_weight=weights).pipeline_["scale"]
    mean = np.average(X, axis=0, weights=weights)
    np.testing.assert_allclose(scale.mean_, mean, rtol=1e-12)
    variance = np.average((X - mean) ** 2, axis=0, weights=weights)
    np.testing.assert_allclose(scale.var_, variance, rtol=1e-12)


# -- weights in the validation loss -----------------------------------------------


@pytest.mark.parametrize("class_weight", CLASS_WEIGHTS)
@pytest.mark.parametrize("weighted", [False, True])
def test_validation_loss_is_weighted_as_the_training_loss(
    small, binary, weights, class_weight, weighted
):
    X, y = binary
    train, rest = np.arange(0, 80), np.arange(80, 120)
    w = (1.0 + weights) if weighted else None
    clf = MiraiDNNClassifier(**small, class_weight=class_weight)
    clf.fit(
        X[train],
        y[train],
        sample_weight=w[train] if weighted else None,
        X_val=X[rest],
        y_val=y[rest],
        sample_weight_val=w[rest] if weighted else None,
    )
    factor = clf.class_weight_[y[rest]]
    if weighted:
        factor = factor * w[rest] / w[rest].mean()
    # the mean over rows of weight x loss, as Keras reports it
    expected = (
        log_loss(y[rest], clf.predict_proba(X[rest]), sample_weight=factor)
        * factor.mean()
    )
    assert clf.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-6)


def test_validation_rows_of_weight_0_do_not_count(small, binary, weights):
    X, y = binary
    train, rest = np.arange(0, 80), np.arange(80, 120)
    w = weights[rest]
    clf = MiraiDNNClassifier(**small)
    clf.fit(X[train], y[train], X_val=X[rest], y_val=y[rest], sample_weight_val=w)
    with_rows = clf.history_
    kept = rest[w > 0]
    clf.fit(
        X[train], y[train], X_val=X[kept], y_val=y[kept], sample_weight_val=w[w > 0]
    )
    assert clf.history_ == with_rows


def test_evaluate_uses_weights_as_they_are(fitted_classifier, binary, weights):
    X, y = binary
    loss = fitted_classifier.evaluate(X, y, sample_weight=weights)["loss"]
    proba = fitted_classifier.predict_proba(X)
    each = -np.log(proba[np.arange(len(y)), y])
    assert loss == pytest.approx(np.mean(weights * each), rel=1e-6)
