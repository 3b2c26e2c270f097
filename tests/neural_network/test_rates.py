"""Step sizes that change over the epochs."""

import math

import keras
import numpy as np
import pytest
from sklearn.datasets import make_classification

from skmirai import MiraiDNNClassifier
from skmirai.neural_network._engine.rates import RATE_SCHEDULES, rate_at

EPOCHS = 4


@pytest.fixture(scope="module")
def table():
    return make_classification(90, n_features=5, random_state=0)


def classifier(**settings):
    usual = {"n_layers": 1, "n_nodes": 4, "epochs": EPOCHS, "batch_size": 40}
    return MiraiDNNClassifier(**usual | {"random_state": 0} | settings)


def weights(clf):
    return np.concatenate([w.ravel() for w in clf.model_.get_weights()])


@pytest.mark.slow(after=1)
@pytest.mark.parametrize(
    ("schedule", "share"),
    [
        ("constant", lambda epoch: 1.0),
        ("cosine", lambda epoch: 0.5 * (1 + math.cos(math.pi * epoch / EPOCHS))),
        ("linear", lambda epoch: 1 - epoch / EPOCHS),
    ],
)
@pytest.mark.parametrize("optimizer", ["adam", keras.optimizers.SGD(0.05)])
def test_as_a_scheduler_of_keras(table, schedule, share, optimizer):
    base = 0.003 if isinstance(optimizer, str) else 0.05
    by_hand = keras.callbacks.LearningRateScheduler(lambda e, _: base * share(e))
    expected = classifier(optimizer=optimizer, callbacks=by_hand).fit(*table)
    found = classifier(optimizer=optimizer, learning_rate_schedule=schedule)
    np.testing.assert_allclose(weights(found.fit(*table)), weights(expected), rtol=1e-6)
    assert float(found.model_.optimizer.learning_rate) == np.float32(base)


def test_in_the_loop_of_keras(table):
    class Watches(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

    rates = []
    settings = {"learning_rate_schedule": "cosine", "dropout_rate": 0.0}
    watched = classifier(callbacks=Watches(), **settings).fit(*table)
    shares = [RATE_SCHEDULES["cosine"](epoch / EPOCHS) for epoch in range(EPOCHS)]
    np.testing.assert_allclose(rates, np.repeat(shares, 3) * 0.003, rtol=1e-6)
    compiled = classifier(**settings).fit(*table)
    np.testing.assert_allclose(weights(watched), weights(compiled), atol=1e-6)


def test_every_schedule_begins_at_the_rate_and_stays_above_0():
    for schedule in RATE_SCHEDULES:
        rates = [rate_at(schedule, 0.1, epoch, 7) for epoch in range(7)]
        assert rates[0] == 0.1
        assert (np.diff(rates) <= 0).all()
        assert rates[-1] > 0


def test_a_continued_fit_begins_anew(table):
    clf = classifier(learning_rate_schedule="linear", warm_start=True, epochs=2)
    seen = []
    by_hand = keras.callbacks.LearningRateScheduler(
        lambda epoch, _: 0.003 * (1 - epoch % 2 / 2)
    )
    for each in (clf, classifier(warm_start=True, epochs=2, callbacks=by_hand)):
        seen.append(weights(each.fit(*table).fit(*table)))
    np.testing.assert_allclose(*seen, rtol=1e-6)


def test_partial_fit_keeps_the_rate(table):
    X, y = table
    ways = [
        classifier(learning_rate_schedule=schedule).partial_fit(X, y, [0, 1])
        for schedule in ("constant", "cosine")
    ]
    np.testing.assert_array_equal(*map(weights, ways))


def test_an_interrupted_fit_gives_the_rate_back(table):
    class Interrupts(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    clf = classifier(learning_rate_schedule="linear", callbacks=[Interrupts()])
    with pytest.warns(UserWarning, match="2 whole epochs"):
        clf.fit(*table)
    assert float(clf.model_.optimizer.learning_rate) == np.float32(0.003)


@pytest.mark.slow
def test_two_schedules_are_refused(table):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    clf = classifier(optimizer=keras.optimizers.SGD(schedule))
    clf.fit(*table)
    before = weights(clf)
    clf.set_params(learning_rate_schedule="cosine")
    with pytest.raises(ValueError, match="schedule of the optimizer's own"):
        clf.fit(*table)
    np.testing.assert_array_equal(weights(clf), before)
    with pytest.raises(ValueError, match="learning_rate_schedule"):
        clf.set_params(learning_rate_schedule="cosin").fit(*table)


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("schedule", ["cosine", "linear"])
@pytest.mark.parametrize("parts", [(2, 4), (1, 3, 2)])
def test_with_a_horizon_a_parted_fit_is_the_whole_one(table, schedule, parts):
    settings = {"learning_rate_schedule": schedule, "schedule_epochs": 6}
    whole = classifier(**settings, epochs=6).fit(*table)
    parted = classifier(**settings, warm_start=True)
    for epochs in parts:
        parted.set_params(epochs=epochs).fit(*table)
    np.testing.assert_array_equal(weights(parted), weights(whole))
    of_its_own = classifier(learning_rate_schedule=schedule, epochs=6).fit(*table)
    np.testing.assert_array_equal(weights(of_its_own), weights(whole))


def test_epochs_after_the_horizon_keep_its_last_rate(table):
    by_hand = keras.callbacks.LearningRateScheduler(
        lambda epoch, _: rate_at("linear", 0.003, min(epoch, 1), 2)
    )
    expected = classifier(callbacks=by_hand).fit(*table)
    found = classifier(learning_rate_schedule="linear", schedule_epochs=2).fit(*table)
    np.testing.assert_allclose(weights(found), weights(expected), rtol=1e-6)
