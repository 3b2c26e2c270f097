"""Rows prepared once for the members of an ensemble, against fits of each alone."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from skmirai import (
    MiraiDNNClassifier,
    MiraiDNNEnsembleClassifier,
    MiraiDNNEnsembleRegressor,
    MiraiDNNRegressor,
)
from skmirai.neural_network._rows import prepared as preparing
from skmirai.neural_network._rows import ready as making_ready
from tests.neural_network.conftest import SMALL
from tests.neural_network.recorder import Recorder

MEMBER = {name: value for name, value in SMALL.items() if name != "random_state"}


@pytest.fixture
def n_prepared(monkeypatch):
    """List with an item for each time that rows were prepared."""
    calls = []
    prepare = preparing.prepare

    def counted(*rows, **how):
        calls.append(rows)
        return prepare(*rows, **how)

    for module in (preparing, making_ready):
        monkeypatch.setattr(module, "prepare", counted)
    return calls


@pytest.fixture
def check(same_state, n_prepared):
    """Function that fits an ensemble of three, and each of its members alone."""

    def compare(ensemble, *given, n_times, **validation):
        ensemble.set_params(n_estimators=3, random_state=7, n_jobs=2)
        ensemble.fit(*given, **validation)
        assert len(n_prepared) == n_times
        for member in ensemble.estimators_:
            alone = clone(member).fit(*given, **validation)
            same_state(member, alone)
            assert vars(member).keys() == vars(alone).keys()
        return ensemble

    return compare


def given(kind, X, y, tmp_path):
    """Arguments of ``fit``: a table of some kind, targets, weights."""
    weight = np.random.default_rng(0).integers(0, 3, len(y)).astype(float)
    if kind == "sparse":
        return sparse.csr_matrix(X), y, weight
    if kind == "text":
        flag = np.where(X[:, 0] > 0, "S", "R")
        return pd.DataFrame(X).add_prefix("x").assign(flag=flag), y, weight
    if kind == "mapped":
        np.save(tmp_path / "X.npy", X)
        return np.load(tmp_path / "X.npy", mmap_mode="r"), y, weight
    return X, y, weight


@pytest.mark.parametrize("kind", ["array", "sparse", "text", "mapped"])
def test_tables_are_prepared_once(binary, kind, tmp_path, check):
    ensemble = MiraiDNNEnsembleClassifier(
        MiraiDNNClassifier(**MEMBER, class_weight="balanced", novelty_rows=30)
    )
    with config_context(working_memory=0 if kind == "mapped" else 1024):
        check(ensemble, *given(kind, *binary, tmp_path), n_times=1)


@pytest.mark.parametrize("settings", [{}, {"validation_fraction": 0.3}])
def test_validation_rows_are_prepared_once(regression, settings, check):
    X, y = regression
    ensemble = MiraiDNNEnsembleRegressor(MiraiDNNRegressor(**MEMBER, **settings))
    weight = np.linspace(1, 2, 20)
    check(
        ensemble, X, y, n_times=1, X_val=X[:20], y_val=y[:20], sample_weight_val=weight
    )


@pytest.mark.parametrize(
    "scaler", [None, "robust_clip", StandardScaler(with_std=False)]
)
def test_scalers_that_do_not_draw_are_fitted_once(binary, scaler, check):
    member = MiraiDNNClassifier(**MEMBER, scaler=scaler)
    check(MiraiDNNEnsembleClassifier(member), *binary, n_times=1)


@pytest.mark.parametrize(
    "settings",
    [
        {"scaler": "quantile"},
        {"scaler": QuantileTransformer(n_quantiles=9, subsample=50, random_state=0)},
        {"validation_fraction": 0.3},
    ],
)
def test_what_a_member_draws_is_drawn_by_each(binary, settings, check):
    member = MiraiDNNClassifier(**MEMBER, **settings)
    check(MiraiDNNEnsembleClassifier(member), *binary, n_times=3)


def test_scaler_that_draws_inside_another_one(binary, n_prepared):
    scaler = make_pipeline(QuantileTransformer(n_quantiles=9, random_state=0))
    member = MiraiDNNClassifier(**MEMBER, scaler=scaler)
    MiraiDNNEnsembleClassifier(member, 3, random_state=0).fit(*binary)
    assert len(n_prepared) == 3


def test_classes_derived_from_ours_are_fitted_by_their_own_method(binary, check):
    class Doubled(MiraiDNNClassifier):
        def fit(self, X, y, sample_weight=None, **validation):
            return super().fit(2 * X, y, sample_weight, **validation)

    member = Doubled(**MEMBER, scaler=None)
    check(MiraiDNNEnsembleClassifier(member), *binary, n_times=3)


def test_members_share_nothing_that_can_change(binary, check, unchanged):
    X, y = binary
    ensemble = MiraiDNNEnsembleClassifier(MiraiDNNClassifier(**MEMBER))
    first, second, _ = check(ensemble, X, y, n_times=1).estimators_
    for step in ("drop", "scale"):
        assert first.pipeline_[step] is not second.pipeline_[step]
    with unchanged(second, X):
        first.partial_fit(5 * X, y)


def test_callbacks_see_every_member(binary):
    X, y = binary
    recorder = Recorder()
    member = MiraiDNNClassifier(**MEMBER | {"epochs": 1}).set_callbacks(recorder)
    ensemble = MiraiDNNEnsembleClassifier(member, 2, random_state=0).fit(X, y)
    events = [
        "setup",
        "begin fit 0",
        "begin epoch 0",
        "end epoch 0",
        "end fit 0",
        "teardown",
    ]
    assert recorder.events == 2 * events
    assert {id(seen) for seen, *_ in recorder.given} == set(
        map(id, ensemble.estimators_)
    )


def test_randomness_of_numpy_is_not_used_up(binary):
    member = MiraiDNNClassifier(**MEMBER | {"epochs": 1})
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    MiraiDNNEnsembleClassifier(member, 2, random_state=0).fit(*binary)
    after = np.random.get_state()[1]  # noqa: NPY002
    np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize(
    ("name", "value"), [("missing", "never"), ("epochs", 0), ("scaler", "standart")]
)
def test_members_with_wrong_parameters(binary, name, value):
    member = MiraiDNNClassifier(**MEMBER | {name: value})
    with pytest.raises(ValueError, match=f"{name}.*{value}"):
        MiraiDNNEnsembleClassifier(member).fit(*binary)
