"""MiraiDNNRegressor: one target or several, squared error."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from skmirai import MiraiDNNRegressor


def test_kind_of_estimator():
    for estimator in (
        MiraiDNNRegressor(),
        make_pipeline(StandardScaler(), MiraiDNNRegressor()),
    ):
        assert is_regressor(estimator)
        assert not is_classifier(estimator)
    assert get_tags(MiraiDNNRegressor()).target_tags.multi_output


def test_it_has_nothing_that_belongs_to_classes(fitted_regressor):
    assert "class_weight" not in fitted_regressor.get_params()
    for name in ("classes_", "class_weight_", "predict_proba", "decision_function"):
        assert not hasattr(fitted_regressor, name)


def test_it_learns(learning, regression):
    X, y = regression
    reg = MiraiDNNRegressor(**learning | {"epochs": 30}).fit(X[::2], y[::2])
    assert reg.score(X[1::2], y[1::2]) > 0.8
    assert reg.score(X, y) == r2_score(y, reg.predict(X))


def test_figures_are_squared_and_absolute_error(fitted_regressor, regression):
    X, y = regression
    predicted = fitted_regressor.predict(X)
    assert predicted.shape == y.shape
    figures = fitted_regressor.evaluate(X, y)
    assert figures == pytest.approx(
        {
            "loss": mean_squared_error(y, predicted),
            "mean_absolute_error": mean_absolute_error(y, predicted),
        },
        rel=1e-6,  # Keras adds metrics up in float32
    )
    assert set(fitted_regressor.history_) == {"loss", "mean_absolute_error"}


def test_several_targets(learning, regression, warns):
    X, y = regression
    Y = np.column_stack([y, -2 * y, np.ones_like(y)])
    reg = MiraiDNNRegressor(**learning | {"epochs": 30}).fit(X, Y)
    predicted = reg.predict(X)
    assert predicted.shape == Y.shape
    assert reg.model_.output_shape == (None, 3)
    assert r2_score(Y[:, :2], predicted[:, :2]) > 0.8
    assert np.abs(predicted[:, 2] - 1).mean() < 0.2
    with warns(UserWarning, "dropout_rate=0 make no dropout"):
        uncertainty = reg.predict_uncertainty(X[:5], n_passes=2)
    assert uncertainty.mean.shape == (5, 3)


@pytest.mark.slow
@pytest.mark.parametrize("columns", [1, 2])
def test_shape_of_prediction_is_that_of_the_target(small, regression, columns, warns):
    X, y = regression
    frame = pd.DataFrame({f"target{i}": y for i in range(columns)})
    if columns == 1:
        with warns(UserWarning, "column-vector y was passed"):
            reg = MiraiDNNRegressor(**small).fit(X, frame)
        assert reg.predict(X).shape == (len(X),)
    else:
        reg = MiraiDNNRegressor(**small).fit(X, frame)
        assert reg.predict(X).shape == (len(X), 2)
        assert reg.score(X, frame) == r2_score(frame, reg.predict(X))


def test_integers_are_a_target_too(small, regression):
    X, y = regression
    whole = np.rint(3 * y).astype(int)
    np.testing.assert_array_equal(
        MiraiDNNRegressor(**small).fit(X, whole).predict(X),
        MiraiDNNRegressor(**small).fit(X, whole.astype(float)).predict(X),
    )


def test_scaled_target_as_the_notes_advise(learning, regression):
    X, y = regression
    large = 1e5 + 1e4 * y
    scaled = TransformedTargetRegressor(
        MiraiDNNRegressor(**learning | {"epochs": 30}), transformer=StandardScaler()
    )
    assert scaled.fit(X, large).score(X, large) > 0.8
    plain = MiraiDNNRegressor(**learning)
    with pytest.warns(ConvergenceWarning, match="Try .*TransformedTargetRegressor"):
        plain.fit(X, large)
    assert plain.score(X, large) < 0


def test_unfitted(regression):
    X, y = regression
    for call in (
        lambda reg: reg.predict(X),
        lambda reg: reg.predict_uncertainty(X),
        lambda reg: reg.mc_score(X, y),
        lambda reg: reg.evaluate(X, y),
        lambda reg: reg.score(X, y),
    ):
        with pytest.raises(NotFittedError, match="MiraiDNNRegressor instance is not"):
            call(MiraiDNNRegressor())
