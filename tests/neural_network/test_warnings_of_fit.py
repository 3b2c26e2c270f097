"""Warnings are about the user's line, and only those that concern him are there."""

import warnings

import keras
import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import (
    ConvergenceWarning,
    DataConversionWarning,
    UndefinedMetricWarning,
)
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor


class Interrupts(keras.callbacks.Callback):
    """Interrupts the training in its third epoch, as the user would."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


DIVERGES = {"optimizer": "sgd", "learning_rate": 1e38, "dtype": "float32"}
CAUSES = {
    "diverged": (DIVERGES, ConvergenceWarning),
    "diverged in Keras's loop": (
        {
            **DIVERGES,
            "callbacks": keras.callbacks.LambdaCallback(
                on_train_batch_end=lambda batch, logs: None
            ),
        },
        ConvergenceWarning,
    ),
    "interrupted": ({"callbacks": [Interrupts()]}, UserWarning),
    "few validation rows": ({"validation_fraction": 0.02}, UserWarning),
}


def scale(rows):
    return rows / 2


USES = {
    "fit": lambda reg, X, y: reg.fit(X, y),
    "warm start": lambda reg, X, y: reg.set_params(warm_start=True).fit(X, y),
    "partial fit": lambda reg, X, y: reg.partial_fit(X, y),
    "cross_val_score": lambda reg, X, y: cross_val_score(reg, X, y, cv=2),
    "Pipeline": lambda reg, X, y: make_pipeline(StandardScaler(), reg).fit(X, y),
    "search": lambda reg, X, y: GridSearchCV(reg, {"tol": [0.1]}, cv=2).fit(X, y),
    "target": lambda reg, X, y: TransformedTargetRegressor(
        reg, func=scale, inverse_func=scale, check_inverse=False
    ).fit(X, y),
}


@pytest.mark.slow(after=3)
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("cause", CAUSES)
def test_warnings_of_training_are_about_the_line_that_trains(
    small, regression, cause, use
):
    parameters, category = CAUSES[cause]
    if use == "partial fit" and category is UserWarning:
        pytest.skip("one epoch, and no validation part")
    X, y = regression
    reg = MiraiDNNRegressor(**small | parameters)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        USES[use](reg, X, y)
    assert caught
    for warning in caught:
        assert (warning.category, warning.filename) == (category, __file__)


def test_warnings_of_prediction_are_about_the_line_that_predicts(small, regression):
    X, y = regression
    reg = MiraiDNNRegressor(**small | {"dropout_rate": 0}).fit(X, y)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        reg.predict_uncertainty(X, n_passes=2)
        reg.mc_score(X[:1], y[:1], n_passes=2)
    assert [w.category for w in caught] == [
        *([UserWarning] * 2),
        UndefinedMetricWarning,
    ]
    assert {w.filename for w in caught} == {__file__}


@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
def test_warning_of_a_column_is_about_the_line_that_passes_it(small, binary, kind):
    X, y = binary
    with pytest.warns(DataConversionWarning, match="column-vector y was") as caught:
        kind(**small).fit(X, y[:, None])
    assert [w.filename for w in caught] == [__file__]


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("kind", [MiraiDNNClassifier, MiraiDNNRegressor])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"callbacks": [keras.callbacks.Callback()]},
        {"callbacks": [keras.callbacks.TerminateOnNaN()], "batch_norm": True},
        {"optimizer": keras.optimizers.Adam(use_ema=True)},
        {"optimizer": "muon", "activation": "elu"},
        {"scaler": FunctionTransformer(np.tanh)},
        {"early_stopping": True, "validation_fraction": 0.2},
    ],
    ids=["plain", "live", "Keras's", "loop", "odd", "transformer", "stopping"],
)
def test_nothing_warns_that_concerns_nobody(small, binary, kind, parameters):
    X, y = binary
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy's of Keras's tensors among them
        estimator = kind(**small, **parameters).fit(X, y)
        estimator.set_params(warm_start=True, learning_rate=0.1).fit(X, y)
        estimator.predict(X)
        estimator.predict_uncertainty(X, n_passes=2)
        estimator.mc_score(X, y, n_passes=2)
        estimator.evaluate(X, y)
        estimator.partial_fit(X, y)
