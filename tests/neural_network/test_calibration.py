"""Temperatures and reliability curves of scikit-learn, around the estimators."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit, softmax
from sklearn.calibration import CalibratedClassifierCV, CalibrationDisplay
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_score

from skmirai import MiraiDNNClassifier
from skmirai.metrics import expected_calibration_error

NAMES = np.array(["arp", "mirai", "scan"])
TRAIN, CALIBRATE, TEST = slice(100), slice(100, 500), slice(500, 1500)


@pytest.fixture(scope="module", params=[2, 3], ids=["binary", "multiclass"])
def overconfident(request, learning):
    """A network that has learned noise by heart, and its table, labels as text."""
    X, y = make_classification(
        1500,
        10,
        n_informative=5,
        n_classes=request.param,
        flip_y=0.2,
        random_state=0,
    )
    clf = MiraiDNNClassifier(**{**learning, "epochs": 150})
    return clf.fit(X[TRAIN], NAMES[y][TRAIN]), X, NAMES[y]


@pytest.fixture(scope="module")
def calibrated(overconfident):
    clf, X, y = overconfident
    model = CalibratedClassifierCV(FrozenEstimator(clf), method="temperature")
    return model.fit(X[CALIBRATE], y[CALIBRATE])


def test_temperature_is_the_best_one(overconfident, calibrated):
    clf, X, y = overconfident
    values, two = clf.decision_function(X), len(clf.classes_) == 2

    def scaled(inverse):
        if not two:
            return softmax(inverse * values, axis=1)
        second = expit(inverse * values)
        return np.column_stack([1 - second, second])

    best = minimize_scalar(
        lambda logarithm: log_loss(
            y[CALIBRATE], scaled(np.exp(logarithm))[CALIBRATE], labels=clf.classes_
        ),
        bounds=(-6, 3),
        method="bounded",
        options={"xatol": 1e-8},
    )
    found = calibrated.predict_proba(X[TEST])
    np.testing.assert_allclose(found, scaled(np.exp(best.x))[TEST], atol=1e-4)


def test_temperature_helps_and_changes_no_label(overconfident, calibrated):
    clf, X, y = overconfident
    before, after = (
        log_loss(y[TEST], model.predict_proba(X[TEST])) for model in (clf, calibrated)
    )
    assert before > np.log(len(clf.classes_)) > after, "worse, and better, than a coin"
    errors = [
        expected_calibration_error(y[TEST], model.predict_proba(X[TEST]))
        for model in (clf, calibrated)
    ]
    assert errors[1] < errors[0] / 3
    np.testing.assert_array_equal(calibrated.predict(X), clf.predict(X))
    assert set(calibrated.predict(X)) <= set(y)


def test_in_cross_validation(overconfident):
    clf, X, y = overconfident
    model = CalibratedClassifierCV(FrozenEstimator(clf), method="temperature")
    folds = StratifiedKFold(3)
    scores = cross_val_score(
        model, X[TEST], y[TEST], cv=folds, scoring="neg_log_loss", error_score="raise"
    )
    frozen = -log_loss(y[TEST], clf.predict_proba(X[TEST]))
    assert (scores > frozen + 0.5).all()


@pytest.mark.slow
def test_trained_within_cross_validation(overconfident):
    clf, X, y = overconfident
    model = CalibratedClassifierCV(clf, method="temperature", cv=2, ensemble=False)
    rows = slice(0, 300)
    settings = {"cv": StratifiedKFold(2), "scoring": "neg_log_loss"}
    alone = cross_val_score(clf, X[rows], y[rows], error_score="raise", **settings)
    scores = cross_val_score(model, X[rows], y[rows], error_score="raise", **settings)
    assert (scores > alone + 0.3).all()


@pytest.mark.parametrize("overconfident", [2], indirect=True)
def test_reliability_curves_of_scikit_learn(overconfident, calibrated):
    """They serve, for two classes, so that the package has no display of them."""
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    clf, X, y = overconfident
    _, ax = plt.subplots()
    for model, name in ((clf, "before"), (calibrated, "after")):
        display = CalibrationDisplay.from_estimator(
            model,
            X[TEST],
            y[TEST],
            pos_label="mirai",
            n_bins=10,
            strategy="quantile",
            name=name,
            ax=ax,
        )
        proba = model.predict_proba(X[TEST])[:, 1]
        np.testing.assert_array_equal(display.y_prob, proba)
        assert display.pos_label == "mirai"
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels[-2:] == ["before", "after"]
    before, after = (
        np.abs(line.get_xdata() - line.get_ydata()).mean() for line in ax.lines[-2:]
    )
    assert after < before / 2
    plt.close("all")
