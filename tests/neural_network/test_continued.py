"""Training that continues: warm_start and partial_fit."""

import copy

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor


@pytest.fixture(scope="module")
def stateful(small):
    """A network with state of every kind: momenta, batch statistics, masks."""
    return {**small, "dropout_rate": 0.3, "batch_norm": True}


# -- warm_start ---------------------------------------------------------------------


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("dtype", "optimizer"), [("float32", "adam"), ("float64", "rmsprop")]
)
def test_two_fits_of_3_epochs_are_one_of_6(
    stateful, three_classes, same_state, dtype, optimizer
):
    X, y = three_classes
    parameters = {**stateful, "dtype": dtype, "optimizer": optimizer}
    twice = MiraiDNNClassifier(**parameters, warm_start=True).fit(X, y)
    assert twice.n_iter_ == 3
    twice.fit(X, y)
    once = MiraiDNNClassifier(**parameters | {"epochs": 6}).fit(X, y)
    assert twice.n_iter_ == once.n_iter_ == 6
    same_state(twice, once)
    np.testing.assert_array_equal(twice.predict_proba(X), once.predict_proba(X))


@pytest.mark.slow
def test_two_fits_are_one_for_a_regressor_with_validation(
    stateful, regression, same_state
):
    X, y = regression
    parameters = stateful | {"validation_fraction": 0.2, "epochs": 2}
    twice = MiraiDNNRegressor(**parameters, warm_start=True).fit(X, y).fit(X, y)
    once = MiraiDNNRegressor(**parameters | {"epochs": 4}).fit(X, y)
    assert len(twice.history_["val_loss"]) == 4
    same_state(twice, once)


@given(cuts=st.lists(st.integers(1, 3), min_size=1, max_size=4))
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_way_to_cut_the_epochs(stateful, binary, same_state, cuts):
    clf = MiraiDNNClassifier(**stateful, warm_start=True)
    for epochs in cuts:
        clf.set_params(epochs=epochs).fit(*binary)
    whole = MiraiDNNClassifier(**stateful | {"epochs": sum(cuts)}).fit(*binary)
    same_state(clf, whole)


def test_without_warm_start_a_fit_starts_anew(stateful, binary, same_state):
    clf = MiraiDNNClassifier(**stateful).fit(*binary)
    first = copy.deepcopy(clf)
    same_state(clf.fit(*binary), first)
    assert clf.n_iter_ == 3


def test_live_network_continues_as_any_other(stateful, binary, same_state):
    live = MiraiDNNClassifier(**stateful, warm_start=True).fit(*binary)
    assert live.model_.count_params() > 0, "asked for between two fits"
    model = live.model_
    plain = MiraiDNNClassifier(**stateful, warm_start=True).fit(*binary)
    same_state(live.fit(*binary), plain.fit(*binary))
    assert live.model_ is model
    scaled = live.pipeline_[:-1].transform(binary[0])
    np.testing.assert_allclose(
        model.predict(scaled, verbose=0)[:, 0],
        live.predict_proba(binary[0])[:, 1],
        rtol=1e-5,
    )


def test_training_goes_on_from_weights_set_by_hand(stateful, binary):
    X, y = binary
    clf = MiraiDNNClassifier(**stateful, warm_start=True).fit(X, y)
    zeros = [0 * weights for weights in clf.model_.get_weights()]
    clf.model_.set_weights(zeros)
    np.testing.assert_array_equal(clf.predict_proba(X), 0.5)
    clf.set_params(epochs=1, learning_rate=1e-6).fit(X, y)
    np.testing.assert_allclose(clf.predict_proba(X), 0.5, atol=1e-4)


@pytest.mark.slow
def test_columns_and_scaler_stay_as_they_are(stateful, binary):
    X, y = binary
    clf = MiraiDNNClassifier(**stateful, warm_start=True, drop_columns=1).fit(X, y)
    drop, scale = clf.pipeline_["drop"], clf.pipeline_["scale"]
    mean = scale.mean_.copy()
    clf.set_params(drop_columns=None, scaler="quantile").fit(X + 100, y)
    assert clf.pipeline_["drop"] is drop
    assert clf.pipeline_["scale"] is scale
    np.testing.assert_array_equal(scale.mean_, mean)


def test_learning_rate_and_batch_size_may_change(small, binary):
    X, y = binary
    parameters = {**small, "optimizer": "sgd", "warm_start": True}
    clf = MiraiDNNClassifier(**parameters).fit(X, y)
    before = clf.predict_proba(X)
    frozen = copy.deepcopy(clf).set_params(learning_rate=1e-30, batch_size=7)
    np.testing.assert_array_equal(frozen.fit(X, y).predict_proba(X), before)
    faster = copy.deepcopy(clf).set_params(learning_rate=0.5).fit(X, y)
    assert np.abs(faster.predict_proba(X) - before).max() > 0.01
    # and back: the rate is that of the parameter at every fit
    frozen.set_params(learning_rate=0.5, batch_size=32)
    frozen_steps = frozen.fit(X, y)
    assert np.abs(frozen_steps.predict_proba(X) - before).max() > 0.01


def test_optimizer_instance_keeps_its_own_rate(small, binary):
    X, y = binary
    mine = keras.optimizers.SGD(0.5)
    clf = MiraiDNNClassifier(**small, optimizer=mine, warm_start=True).fit(X, y)
    other = copy.deepcopy(clf).set_params(learning_rate=0.01).fit(X, y)
    assert float(other.model_.optimizer.learning_rate) == 0.5
    np.testing.assert_array_equal(
        other.predict_proba(X), clf.fit(X, y).predict_proba(X)
    )


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            {"optimizer": keras.optimizers.SGD(0.1, momentum=0.5)},
            {"optimizer": keras.optimizers.SGD(0.1, momentum=0.5, name="mine")},
        ),
        ({"optimizer": "sgd"}, {"optimizer": "SGD"}),
        ({"n_nodes": 8}, {"n_nodes": [8]}),
        ({"dropout_rate": (0.2,)}, {"dropout_rate": np.array([0.2])}),
        ({"n_layers": 0}, {"n_nodes": 99, "dropout_rate": 0.7}),
        ({"dtype": "float32"}, {"dtype": "auto"}),
        ({"dtype": "auto"}, {"dtype": "float64"}),
    ],
    ids=lambda parameters: "-".join(map(str, parameters))[:20],
)
def test_other_words_for_the_same_network(small, binary, same_state, before, after):
    clf = MiraiDNNClassifier(**small | before, warm_start=True).fit(*binary)
    again = copy.deepcopy(clf).set_params(**after).fit(*binary)
    same_state(again, clf.fit(*binary))


def test_history_is_a_table_where_validation_comes_and_goes(small, binary):
    X, y = binary
    clf = MiraiDNNClassifier(**small | {"epochs": 2}, warm_start=True).fit(X, y)
    clf.fit(X, y, X_val=X, y_val=y).partial_fit(X, y)
    history = pd.DataFrame(clf.history_)
    assert len(history) == clf.n_iter_ == 5
    assert history["loss"].notna().all()
    for name in ("val_loss", "val_accuracy"):
        assert history[name].isna().tolist() == [True, True, False, False, True]


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [False, True])
def test_a_warm_start_must_not_lack_a_class(
    stateful, three_classes, unchanged, weighted
):
    X, y = three_classes
    clf = MiraiDNNClassifier(**stateful, warm_start=True).fit(X, y)
    part = {"X": X, "y": y, "sample_weight": 1.0 * (y < 2)}
    if not weighted:
        part = {"X": X[y < 2], "y": y[y < 2]}
    message = r"y lacks the labels \[2\] of the fitted classes \[0, 1, 2\].*partial_fit"
    with unchanged(clf, X), pytest.raises(ValueError, match=message):
        clf.fit(**part)
    clf.partial_fit(**part)
    assert clf.n_iter_ == 4
    assert clf.predict_proba(X).shape == (150, 3)


# -- partial_fit --------------------------------------------------------------------


def test_partial_fit_is_one_epoch(stateful, binary, same_state):
    X, y = binary
    parts = MiraiDNNClassifier(**stateful | {"epochs": 50}, scaler=None)
    for _ in range(4):
        parts.partial_fit(X, y, classes=[0, 1])
    whole = MiraiDNNClassifier(**stateful | {"epochs": 4}, scaler=None).fit(X, y)
    assert parts.n_iter_ == 4
    same_state(parts, whole)


def test_partial_fit_of_a_regressor_is_one_epoch(stateful, regression, same_state):
    X, y = regression
    Y = np.column_stack([y, -y])
    parts = MiraiDNNRegressor(**stateful, scaler=None)
    for _ in range(2):
        parts.partial_fit(X, Y)
    whole = MiraiDNNRegressor(**stateful | {"epochs": 2}, scaler=None).fit(X, Y)
    same_state(parts, whole)
    assert parts.predict(X).shape == (120, 2)


@pytest.mark.slow
@pytest.mark.parametrize("weighted", ["none", "all", "first", "last"])
def test_scaler_learns_from_every_part(small, binary, weighted):
    X, y = binary
    weight = np.random.default_rng(0).uniform(0.1, 0.9, len(y))
    clf = MiraiDNNClassifier(**small, drop_columns=2)
    parts = {"first": slice(0, 2), "middle": slice(2, 53), "last": slice(53, 120)}
    for name, rows in parts.items():
        part = weight[rows] if weighted in ("all", name) else None
        clf.partial_fit(X[rows], y[rows], classes=[0, 1], sample_weight=part)
        if part is None:
            weight[rows] = 1
    scale = clf.pipeline_["scale"]
    mean = np.average(X, axis=0, weights=weight)
    variance = np.average((X - mean) ** 2, axis=0, weights=weight)
    np.testing.assert_allclose(scale.mean_, mean[2:], rtol=1e-10)
    np.testing.assert_allclose(scale.var_, variance[2:], rtol=1e-10)
    assert clf.n_iter_ == 3


def test_users_scaler_is_cloned_and_learns_in_parts(small, binary):
    X, y = binary
    mine = StandardScaler(with_std=False)
    clf = MiraiDNNClassifier(**small, scaler=mine)
    clf.partial_fit(X[:60], y[:60], classes=[0, 1]).partial_fit(X[60:], y[60:])
    assert not hasattr(mine, "mean_")
    np.testing.assert_allclose(clf.pipeline_["scale"].mean_, X.mean(axis=0), rtol=1e-10)


@pytest.mark.slow
def test_first_part_fixes_the_classes(small, three_classes):
    X, y = three_classes
    labels = np.array(["benign", "mirai", "scan"])
    clf = MiraiDNNClassifier(**small)
    only = y == 1
    clf.partial_fit(X[only], labels[y[only]], classes=["scan", "benign", "mirai"])
    assert clf.classes_.tolist() == ["benign", "mirai", "scan"]
    assert clf.predict_proba(X).shape == (150, 3)
    for part in (y != 1, y < 2):
        clf.partial_fit(X[part], labels[y[part]])
    assert set(clf.predict(X)) <= set(labels)


def test_parts_learn(learning, three_classes):
    X, y = three_classes
    order = np.random.default_rng(0).permutation(len(y))
    clf = MiraiDNNClassifier(**learning)
    for _ in range(8):
        for part in np.array_split(order[:100], 2):
            clf.partial_fit(X[part], y[part], classes=[0, 1, 2])
    held_out = order[100:]
    assert clf.score(X[held_out], y[held_out]) > 0.75


def test_partial_fit_continues_a_fit_and_a_fit_starts_anew(small, binary, same_state):
    X, y = binary
    fresh = MiraiDNNClassifier(**small).fit(X, y)
    clf = copy.deepcopy(fresh).partial_fit(X, y)
    assert clf.n_iter_ == 4
    assert clf.history_["loss"][:3] == fresh.history_["loss"]
    assert (clf.predict_proba(X) != fresh.predict_proba(X)).any()
    # a fit by its own means, nothing is left of the parts
    same_state(clf.fit(X, y), fresh)
    # the same rows once more do not move the scaler
    longer = MiraiDNNClassifier(**small | {"epochs": 4}).fit(X, y)
    np.testing.assert_allclose(
        copy.deepcopy(fresh).partial_fit(X, y).predict_proba(X),
        longer.predict_proba(X),
        rtol=1e-9,
    )


def test_weights_of_a_part_are_relative_to_their_mean(small, binary):
    X, y = binary
    outputs = []
    for factor in (1, 8):
        clf = MiraiDNNClassifier(**small, scaler=None)
        weight = factor * np.linspace(0.5, 2, len(y))
        clf.partial_fit(X, y, classes=[0, 1], sample_weight=weight)
        outputs.append(clf.predict_proba(X))
    np.testing.assert_array_equal(*outputs)


def test_class_weight_of_a_part(small, binary):
    X, y = binary
    clf = MiraiDNNClassifier(**small, class_weight={0: 1, 1: 7})
    clf.partial_fit(X[y == 0], y[y == 0], classes=[0, 1])
    np.testing.assert_array_equal(clf.class_weight_, [1, 7])
