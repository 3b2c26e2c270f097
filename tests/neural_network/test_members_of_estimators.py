"""Estimators whose network has members, against each member by hand."""

import copy
import json
import pickle
import zipfile

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, r2_score

import skmirai
from skmirai import MiraiDNNClassifier, MiraiDNNRegressor, build_dnn
from tests.neural_network.networks import as_predicted, member_outputs

K = 3


@pytest.fixture(scope="module")
def fitted(small, binary, three_classes, regression):
    """Estimators of three members without dropout, do not change them."""
    settings = {**small, "n_members": K, "dropout_rate": 0, "activation": "tanh"}
    X, y = regression
    return {
        "binary": MiraiDNNClassifier(**settings).fit(*binary),
        "three": MiraiDNNClassifier(**settings).fit(*three_classes),
        "regression": MiraiDNNRegressor(**settings).fit(X, y),
        "two targets": MiraiDNNRegressor(**settings).fit(X, np.c_[y, y**2]),
    }


@pytest.fixture(scope="module")
def tables(binary, three_classes, regression):
    X, y = regression
    return {
        "binary": binary,
        "three": three_classes,
        "regression": regression,
        "two targets": (X, np.c_[y, y**2]),
    }


TASKS = ["binary", "three", "regression", "two targets"]


def by_hand(estimator, X):
    """Probabilities or predictions of each member, (n_members, n_rows, n_outputs)."""
    scaled = estimator.pipeline_[:-1].transform(X)
    model = copy.deepcopy(estimator).model_
    return as_predicted(
        member_outputs(model, scaled), model.as_built.spec.output_activation
    )


# -- fitting -----------------------------------------------------------------------


@pytest.mark.slow
def test_columns_of_one_origin_are_scaled_alike_at_first():
    X = np.random.default_rng(0).random((60, 3))
    X[:, 1] = X[:, 1] > 0.5
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    frame["d"] = np.where(X[:, 0] > 0.3, "x", "y")
    clf = MiraiDNNClassifier(
        n_members=4, scaler="piecewise_linear", epochs=1, optimizer="sgd"
    )
    clf.set_params(learning_rate=1e-30, random_state=0)
    clf.fit(frame, X[:, 0] > 0.5)
    scales = clf.model_.get_layer("members_in_1").get_weights()[0]
    names = clf.pipeline_[:-1].get_feature_names_out()
    origin = np.array([name.split("_bin")[0] for name in names])
    assert len(names) == scales.shape[1] > 60
    for name in {*origin}:
        assert (np.ptp(scales[:, origin == name], axis=1) == 0).all()
    assert len(np.unique(scales)) == 4 * len({*origin})


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_member_is_the_network_of_before(small, binary, same_state, dtype):
    X, y = binary
    plain, one = (
        MiraiDNNClassifier(**small, dtype=dtype, **given).fit(X, y)
        for given in ({}, {"n_members": np.int64(1)})
    )
    same_state(plain, one)
    assert plain.predict_proba(X).tobytes() == one.predict_proba(X).tobytes()
    assert plain.pipeline_["dnn"].network_.spec == one.pipeline_["dnn"].network_.spec


@pytest.mark.slow
def test_a_fit_goes_on_where_it_stopped(small, binary, same_state):
    X, y = binary
    settings = {**small, "n_members": K, "warm_start": True}
    whole = MiraiDNNClassifier(**settings | {"epochs": 5}).fit(X, y)
    parts = MiraiDNNClassifier(**settings | {"epochs": 2}).fit(X, y)
    same_state(parts.set_params(epochs=3).fit(X, y), whole)


def test_a_fit_goes_on_with_as_many_members_only(fitted, binary, unchanged):
    clf = copy.deepcopy(fitted["binary"]).set_params(warm_start=True, n_members=4)
    with (
        unchanged(clf, binary[0]),
        pytest.raises(ValueError, match=r"n_members=4 does not match .* n_members=3"),
    ):
        clf.fit(*binary)


def test_callbacks_do_not_change_the_result(small, binary, same_state):
    settings = {**small, "n_members": K, "dropout_rate": 0.3}
    plain = MiraiDNNClassifier(**settings).fit(*binary)
    callback = keras.callbacks.TerminateOnNaN()
    watched = MiraiDNNClassifier(**settings, callbacks=[callback]).fit(*binary)
    same_state(plain, watched)


@pytest.mark.parametrize("value", [0, -1, 2.5, "3", None])
def test_errors_name_the_number_of_members(binary, value):
    with pytest.raises(ValueError, match=f"n_members.*{value}"):
        MiraiDNNClassifier(n_members=value).fit(*binary)
    with pytest.raises(
        ValueError, match=r"n_members=.* must be an integer of at least"
    ):
        build_dnn(4, n_members=value)


# -- prediction --------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
def test_prediction_is_the_mean_of_the_members(fitted, tables, task):
    estimator, (X, _) = fitted[task], tables[task]
    mean = by_hand(estimator, X).mean(axis=0)
    if task in ("regression", "two targets"):
        found = estimator.predict(X)
        np.testing.assert_allclose(found, mean.reshape(found.shape), rtol=1e-9)
        return
    np.testing.assert_allclose(estimator.predict_proba(X), mean, rtol=1e-9)
    np.testing.assert_allclose(estimator.predict_log_proba(X), np.log(mean), rtol=1e-9)
    np.testing.assert_array_equal(
        estimator.predict(X), estimator.classes_[mean.argmax(axis=1)]
    )
    logits = estimator.decision_function(X)
    expected = np.log(mean) if task == "three" else np.log(mean[:, 1] / mean[:, 0])
    np.testing.assert_allclose(logits, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("task", TASKS)
def test_evaluate_takes_the_mean_loss_and_the_metric_of_the_mean(fitted, tables, task):
    estimator, (X, y) = fitted[task], tables[task]
    of_members = by_hand(estimator, X)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    found = estimator.evaluate(X, y)
    weighted = estimator.evaluate(X, y, sample_weight=weight)
    mean = of_members.mean(axis=0)
    if task in ("binary", "three"):
        losses = [-np.log(p[np.arange(len(y)), y]) for p in of_members]
        assert found["accuracy"] == pytest.approx(
            accuracy_score(y, estimator.predict(X))
        )
        each = [log_loss(y, proba) for proba in of_members]
        assert log_loss(y, mean) < np.mean(each) - 1e-6, "it is another loss"
    else:
        y = y.reshape(len(y), -1)
        losses = [((y - value) ** 2).mean(axis=1) for value in of_members]
        error = np.abs(y - mean).mean()
        assert found["mean_absolute_error"] == pytest.approx(error, rel=1e-6)
        each = [mean_squared_error(y, value) for value in of_members]
    assert found["loss"] == pytest.approx(np.mean(each), rel=1e-6)
    assert weighted["loss"] == pytest.approx(np.mean(losses * weight), rel=1e-6)


def test_an_output_of_one_member_that_is_not_finite_is_an_error(fitted):
    clf = copy.deepcopy(fitted["binary"])
    kernel, bias = clf.model_.get_layer("output").get_weights()
    bias[1] = np.inf
    clf.model_.get_layer("output").set_weights([kernel, bias])
    with pytest.raises(ValueError, match=r"output for row 0 .* is not finite"):
        clf.predict_proba(np.zeros((2, 6)))


# -- uncertainty -------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
def test_without_dropout_every_member_passes_once(fitted, tables, task):
    estimator, (X, _) = fitted[task], tables[task]
    found = estimator.predict_uncertainty(X, return_samples=True)
    expected = by_hand(estimator, X)
    assert found.n_passes == K
    np.testing.assert_allclose(
        found.samples, expected.reshape(found.samples.shape), rtol=1e-9
    )
    std = expected.std(axis=0).reshape(found.std.shape)
    np.testing.assert_allclose(found.std, std, atol=1e-12)
    assert found.std.max() > 1e-3
    if task in ("binary", "three"):
        np.testing.assert_allclose(found.proba, estimator.predict_proba(X), rtol=1e-9)
    else:
        np.testing.assert_allclose(found.mean, estimator.predict(X), rtol=1e-9)
    fewer = estimator.predict_uncertainty(X, n_passes=2, return_samples=True)
    np.testing.assert_array_equal(fewer.samples, found.samples[:2])


def test_scores_without_dropout_are_those_of_the_members(fitted, tables):
    X, y = tables["three"]
    proba = by_hand(fitted["three"], X)
    np.testing.assert_allclose(
        fitted["three"].mc_score(X, y), [accuracy_score(y, p.argmax(1)) for p in proba]
    )
    X, y = tables["two targets"]
    values = by_hand(fitted["two targets"], X)
    np.testing.assert_allclose(
        fitted["two targets"].mc_score(X, y), [r2_score(y, value) for value in values]
    )


@pytest.fixture(scope="module")
def with_dropout(three_classes):
    return MiraiDNNClassifier(
        2,
        [4, 3],
        n_members=K,
        dropout_rate=[0.4, 0.5],
        activation="tanh",
        batch_norm=True,
        share_batches=True,
        epochs=2,
        random_state=0,
    ).fit(*three_classes)


@pytest.mark.parametrize("masks", ["shared", "per_row"])
def test_passes_do_not_depend_on_batches(with_dropout, three_classes, masks):
    X = np.tile(three_classes[0], (20, 1))
    one, other = (
        with_dropout.predict_uncertainty(
            X,
            n_passes=7,
            masks=masks,
            batch_size=size,
            random_state=0,
            return_samples=True,
        )
        for size in ("auto", 1024)
    )
    np.testing.assert_allclose(one.samples, other.samples, rtol=1e-12)
    assert one.n_passes == 7
    assert one.std.mean() > 0.01
    mean = with_dropout.predict_uncertainty(X[:50], n_passes=K * 400, random_state=0)
    np.testing.assert_allclose(
        mean.proba, with_dropout.predict_proba(X[:50]), atol=0.15
    )


# -- files -------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["file", "pickle"])
@pytest.mark.parametrize("task", TASKS)
def test_files_and_pickles_hold_the_members(
    fitted, tables, tmp_path, same_state, how, task
):
    estimator, (X, _) = fitted[task], tables[task]
    if how == "pickle":
        again = pickle.loads(pickle.dumps(estimator))
    else:
        estimator.save(tmp_path / "members.skmirai")
        again = skmirai.load(tmp_path / "members.skmirai")
    assert again.n_members == K
    assert again.n_parameters_ == estimator.n_parameters_
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))
    same_state(again, estimator)


def test_files_of_one_network_are_those_of_before(fitted_classifier, good_file):
    """Releases that know no members read them."""
    with zipfile.ZipFile(good_file) as archive:
        content = json.loads(archive.read("estimator.json"))
    assert "n_members" not in content["params"]
    assert "n_members" not in content["network"]
    assert skmirai.load(good_file).n_members == "auto"


def test_the_keras_file_predicts_as_the_members_do(fitted, tables, tmp_path):
    estimator, (X, y) = fitted["three"], tables["three"]
    model = copy.deepcopy(estimator).model_
    model.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras")
    scaled = estimator.pipeline_[:-1].transform(X)
    np.testing.assert_allclose(
        np.asarray(again([scaled])).swapaxes(0, 1), by_hand(estimator, X), rtol=1e-9
    )
    figures = again.evaluate(
        tf.data.Dataset.from_tensor_slices((scaled, y)).batch(50), verbose=0
    )
    expected = estimator.evaluate(X, y)
    np.testing.assert_allclose(
        figures, [expected["loss"], expected["accuracy"]], rtol=1e-6
    )


def first_fit(estimator, X, y):
    return estimator.fit(X, y)


def by_two_rows(estimator, X, y):
    for row in range(0, 20, 2):
        estimator.partial_fit(X[row : row + 2], y[row : row + 2], classes=[0, 1])
    return estimator


def then_by_two_rows(estimator, X, y):
    return by_two_rows(estimator.fit(X, y), X, y)


def then_small_batches(estimator, X, y):
    estimator.fit(X, y)
    return estimator.set_params(warm_start=True, batch_size=1).fit(X[:20], y[:20])


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("changes", "how", "shared"),
    [
        ({"batch_size": 1}, first_fit, True),
        ({"shuffle": False}, first_fit, True),
        ({}, by_two_rows, True),
        ({}, then_by_two_rows, False),
        ({}, then_small_batches, False),
    ],
)
def test_no_member_is_left_out(binary, changes, how, shared):
    """Row i of a batch trains member i % 8: two rows would train two members only."""
    settings = {"n_members": 8, "epochs": 1, "optimizer": "sgd", "random_state": 0}
    settings |= {"dropout_rate": 0} | changes
    moved, still = (
        how(MiraiDNNClassifier(1, 4, **settings, learning_rate=rate), *binary)
        for rate in (0.1, 1e-30)
    )
    step = moved.pipeline_[-1]
    assert step.network_.spec.share_batches == shared
    for name in ("members_in_1", "output"):
        one, other = (e.model_.get_layer(name).get_weights()[0] for e in (moved, still))
        apart = np.abs(one - other).reshape(8, -1).max(axis=1)
        assert (apart > 1e-4).all()


def test_rows_that_alternate_are_learned_without_shuffling():
    rng = np.random.default_rng(0)
    y = np.arange(1024) % 2
    X = rng.normal(size=(1024, 3)) + 2 * y[:, None]
    clf = MiraiDNNClassifier(n_members=8, shuffle=False, epochs=5, random_state=0)
    assert clf.fit(X, y).score(X, y) > 0.9  # of members of one class each: 0.5
