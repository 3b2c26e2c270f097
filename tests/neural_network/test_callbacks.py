"""Callbacks: the user's, Ctrl-C, a loss that runs away, what is printed."""

import copy
import pickle
import re

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor


class Counter(keras.callbacks.Callback):
    """Counts epochs, over all fits that it is used for."""

    n_epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        self.n_epochs += 1
        self.logs = dict(logs)


class Interrupt(keras.callbacks.Callback):
    """Ctrl-C at one hook, in one epoch counted from 1."""

    def __init__(self, hook, epoch):
        super().__init__()
        self.hook, self.epoch = hook, epoch

    def _at(self, hook, epoch):
        if hook == self.hook and epoch + 1 == self.epoch:
            raise KeyboardInterrupt

    def on_train_begin(self, logs=None):
        self._at("train begin", 0)

    def on_epoch_begin(self, epoch, logs=None):
        self._at("epoch begin", epoch)

    def on_test_end(self, logs=None):
        if self.hook == "validation":
            self.epoch -= 1
            if not self.epoch:
                raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        self._at("epoch end", epoch)


class InterruptBatch(keras.callbacks.Callback):
    """Ctrl-C after a number of batches, in Keras's own loop."""

    def __init__(self, n_batches):
        super().__init__()
        self.n_batches = n_batches

    def on_train_batch_end(self, batch, logs=None):
        self.n_batches -= 1
        if not self.n_batches:
            raise KeyboardInterrupt


class Poison(keras.callbacks.Callback):
    """Makes the weights NaN before an epoch, counted from 1."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch + 1 == self.epoch:
            weights = self.model.get_weights()
            self.model.set_weights([w * np.nan for w in weights])


class SetRate(keras.callbacks.Callback):
    """Sets the learning rate to 0 from the second epoch on."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch:
            self.model.optimizer.learning_rate = 0.0


@pytest.fixture(scope="module")
def dropping(small):
    """A small network that depends on every kind of state."""
    return {**small, "dropout_rate": 0.3, "batch_norm": True, "epochs": 5}


@pytest.fixture(scope="module")
def two_epochs(dropping, binary):
    return MiraiDNNClassifier(**dropping | {"epochs": 2}).fit(*binary)


# -- the user's callbacks ---------------------------------------------------------


@pytest.mark.parametrize("wrap", [lambda c: c, lambda c: [c], lambda c: (c,)])
def test_callbacks_are_copied_for_each_fit(small, binary, wrap):
    mine = Counter()
    clf = MiraiDNNClassifier(**small, callbacks=wrap(mine))
    first = clf.fit(*binary).callbacks_
    second = clf.fit(*binary).callbacks_
    assert mine.n_epochs == 0
    for fitted in (first, second):
        assert [type(callback) for callback in fitted] == [Counter]
        assert fitted[0] is not mine
        assert fitted[0].n_epochs == 3
    assert first[0] is not second[0]


def test_callbacks_see_the_figures_of_the_history(small, binary):
    X, y = binary
    clf = MiraiDNNClassifier(**small, callbacks=[Counter()], validation_fraction=0.2)
    clf.fit(X, y)
    logs = clf.callbacks_[0].logs
    assert (
        logs.keys()
        == clf.history_.keys()
        == {
            *("loss", "accuracy"),
            *("val_loss", "val_accuracy"),
        }
    )
    assert {name: values[-1] for name, values in clf.history_.items()} == logs


def test_kept_callbacks_hold_no_network(small, binary):
    clf = MiraiDNNClassifier(**small, callbacks=[Counter()]).fit(*binary)
    assert clf.callbacks_[0].model is None
    again = pickle.loads(pickle.dumps(clf))
    assert again.callbacks_[0].n_epochs == 3


def test_callbacks_of_keras(small, binary, tmp_path):
    log, weights = tmp_path / "log.csv", tmp_path / "epoch{epoch}.weights.h5"
    clf = MiraiDNNClassifier(
        **small,
        callbacks=[
            keras.callbacks.CSVLogger(log),
            keras.callbacks.ModelCheckpoint(weights, save_weights_only=True),
        ],
    ).fit(*binary)
    logged = pd.read_csv(log)
    assert logged["epoch"].tolist() == [0, 1, 2]
    for name, figures in clf.history_.items():
        np.testing.assert_allclose(logged[name], figures, rtol=1e-6)
    assert sorted(path.name for path in tmp_path.glob("*.h5")) == [
        f"epoch{epoch}.weights.h5" for epoch in (1, 2, 3)
    ]
    twin = copy.deepcopy(clf)
    twin.model_.load_weights(tmp_path / "epoch3.weights.h5")
    np.testing.assert_array_equal(
        twin.predict_proba(binary[0]), clf.predict_proba(binary[0])
    )


def test_log_file_is_closed_after_an_interrupt(small, binary, tmp_path, warns):
    log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    clf = MiraiDNNClassifier(**small, callbacks=[log, Interrupt("epoch end", 3)])
    with warns(UserWarning, "after 2 whole epochs"):
        clf.fit(*binary)
    assert len(pd.read_csv(tmp_path / "log.csv")) == 3, "written before the interrupt"
    again = pickle.loads(pickle.dumps(clf))
    assert again.n_iter_ == 2


def test_callback_that_stops_training(small, binary):
    halt = keras.callbacks.EarlyStopping(monitor="loss", min_delta=1e6, patience=1)
    clf = MiraiDNNClassifier(**small, callbacks=[halt]).fit(*binary)
    assert clf.n_iter_ == 2 < small["epochs"]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_callback_may_change_the_learning_rate(small, binary, dtype):
    settings = {**small, "optimizer": "sgd", "learning_rate": 0.1, "dtype": dtype}
    clf = MiraiDNNClassifier(**settings, callbacks=[SetRate()]).fit(*binary)
    one = MiraiDNNClassifier(**settings | {"epochs": 1}).fit(*binary)
    np.testing.assert_array_equal(
        clf.predict_proba(binary[0]), one.predict_proba(binary[0])
    )
    full = MiraiDNNClassifier(**settings).fit(*binary)
    assert (full.predict_proba(binary[0]) != one.predict_proba(binary[0])).any()


# -- Ctrl-C -----------------------------------------------------------------------


@pytest.mark.parametrize("hook", ["epoch begin", "validation", "epoch end"])
def test_interrupt_keeps_the_last_whole_epoch(
    dropping, binary, two_epochs, same_state, warns, hook
):
    X, y = binary
    clf = MiraiDNNClassifier(**dropping, callbacks=[Interrupt(hook, 3)])
    validation = {"X_val": X, "y_val": y} if hook == "validation" else {}
    with warns(UserWarning, "interrupted; the network after 2 whole epochs is kept"):
        clf.fit(X, y, **validation)
    assert clf.n_iter_ == 2
    assert clf.history_["loss"] == two_epochs.history_["loss"]
    np.testing.assert_array_equal(clf.predict_proba(X), two_epochs.predict_proba(X))
    if not validation:
        same_state(clf, two_epochs)


@pytest.mark.slow
@pytest.mark.parametrize("n_batches", [2 * 4 + 1, 3 * 4])
def test_interrupt_within_an_epoch(dropping, binary, warns, n_batches):
    X, y = binary
    settings = dropping | {"batch_norm": False}
    clf = MiraiDNNClassifier(**settings, callbacks=[InterruptBatch(n_batches)])
    with warns(UserWarning, "the network after 2 whole epochs is kept"):
        clf.fit(X, y)
    assert clf.n_iter_ == 2
    watched = MiraiDNNClassifier(
        **settings | {"epochs": 2}, callbacks=[InterruptBatch(99)]
    ).fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), watched.predict_proba(X))
    assert clf.history_ == watched.history_


def test_interrupted_fit_is_continued_as_if_it_had_not_been(
    dropping, binary, same_state, warns
):
    clf = MiraiDNNClassifier(
        **dropping, warm_start=True, callbacks=[Interrupt("epoch end", 3)]
    )
    with warns(UserWarning, "interrupted"):
        clf.fit(*binary)
    clf.set_params(callbacks=None, epochs=3).fit(*binary)
    whole = MiraiDNNClassifier(**dropping).fit(*binary)
    assert clf.n_iter_ == 5
    same_state(clf, whole)


@pytest.mark.parametrize("hook", ["train begin", "epoch begin", "epoch end"])
def test_interrupt_in_the_first_epoch_propagates(dropping, binary, hook):
    clf = MiraiDNNClassifier(**dropping, callbacks=[Interrupt(hook, 1)], verbose=1)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(*binary)
    assert not [name for name in vars(clf) if name.endswith("_")]


@pytest.mark.parametrize("hook", ["epoch begin", "epoch end"])
@pytest.mark.parametrize("method", ["fit", "warm_start", "partial_fit"])
def test_interrupt_in_the_first_epoch_leaves_what_was_fitted(
    binary, two_epochs, unchanged, method, hook
):
    X, y = binary
    clf = copy.deepcopy(two_epochs).set_params(
        warm_start=method == "warm_start",
        callbacks=[Interrupt(hook, 1 if method == "fit" else 3)],
    )
    train = clf.partial_fit if method == "partial_fit" else clf.fit
    with unchanged(clf, X), pytest.raises(KeyboardInterrupt):
        train(X + 5, y)


# -- a loss that runs away ----------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_loss_that_becomes_nan_at_once(small, regression, warns, dtype):
    X, y = regression
    rate = {"float32": 1e30, "float64": 1e37}[dtype]  # rates are kept in float32
    reg = MiraiDNNRegressor(
        **small | {"epochs": 30},
        optimizer="sgd",
        learning_rate=rate,
        dtype=dtype,
    )
    message = (
        rf"stopped in epoch (\d+): .* with learning_rate={re.escape(f'{rate:g}')}\. "
        r"The network of the epoch before is kept\. Lower learning_rate, or choose .*"
        r"If the target .* TransformedTargetRegressor\(transformer=StandardScaler\(\)\)"
    )
    with warns(ConvergenceWarning, message) as caught:
        reg.fit(X, y)
    assert len(caught) == 1
    epoch = int(re.search(message, str(caught[0].message))[1])
    assert epoch < 30
    assert reg.n_iter_ == len(reg.history_["loss"])
    assert np.isfinite(reg.predict(X)).all()
    assert np.isfinite(reg.predict_uncertainty(X, n_passes=3).mean).all()


@pytest.mark.parametrize("early_stopping", [False, True])
def test_nan_in_the_third_epoch_keeps_the_second(
    dropping, binary, two_epochs, warns, early_stopping
):
    X, y = binary
    clf = MiraiDNNClassifier(
        **dropping, callbacks=[Poison(3)], early_stopping=early_stopping, tol=0
    )
    message = r"stopped in epoch 3: .* learning_rate=0\.003"
    with warns(ConvergenceWarning, message) as caught:
        clf.fit(X, y)
    assert "target" not in str(caught[0].message)
    np.testing.assert_array_equal(clf.predict_proba(X), two_epochs.predict_proba(X))
    losses = clf.history_["loss"]
    assert losses[:2] == two_epochs.history_["loss"]
    assert len(losses) == 3
    assert np.isnan(losses[2])


def test_nan_in_a_continued_fit(binary, two_epochs, warns):
    X, y = binary
    clf = copy.deepcopy(two_epochs).set_params(
        warm_start=True, epochs=3, callbacks=[Poison(3)]
    )
    with warns(ConvergenceWarning, "stopped in epoch 3"):
        clf.fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), two_epochs.predict_proba(X))
    clf.set_params(callbacks=None).fit(X, y)
    assert np.isfinite(clf.predict_proba(X)).all()
    assert (clf.predict_proba(X) != two_epochs.predict_proba(X)).any()


# -- what is printed ------------------------------------------------------------------


def _printed(capsys, binary, small, **settings):
    clf = MiraiDNNClassifier(**small, **settings).fit(*binary)
    return clf, capsys.readouterr()


def test_silent_by_default(capsys, binary, small):
    clf, printed = _printed(capsys, binary, small, validation_fraction=0.2)
    clf.predict_uncertainty(binary[0], n_passes=2)
    clf.evaluate(*binary)
    after = capsys.readouterr()
    assert (printed.out, printed.err, after.out, after.err) == ("", "", "", "")


@pytest.mark.parametrize("verbose", [1, True])
def test_verbose_1_shows_a_bar_over_the_epochs(capsys, binary, small, verbose):
    clf, printed = _printed(capsys, binary, small, verbose=verbose)
    assert printed.out == ""
    last = printed.err.rstrip("\n").split("\r")[-1]
    assert "100%" in last
    assert "3/3" in last
    assert f"loss={clf.history_['loss'][-1]:.4g}" in last
    assert printed.err.endswith("\n"), "the bar is closed"


def test_verbose_2_prints_a_line_for_each_epoch(capsys, binary, small):
    clf, printed = _printed(
        capsys, binary, small, verbose=2, warm_start=True, validation_fraction=0.2
    )
    assert printed.err == ""
    lines = printed.out.splitlines()
    assert len(lines) == 3
    for number, line in enumerate(lines):
        assert line.startswith(f"epoch {number + 1}/3  ")
        figures = dict(part.split("=") for part in line.split()[2:])
        assert figures == {
            name: f"{values[number]:.4g}" for name, values in clf.history_.items()
        }
    clf.fit(*binary)
    again = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in again] == [
        f"epoch {number}/6" for number in (4, 5, 6)
    ]


def test_bar_is_closed_after_an_interrupt(capsys, binary, small, warns):
    clf = MiraiDNNClassifier(
        **small, verbose=1, callbacks=[Interrupt("epoch begin", 3)]
    )
    with warns(UserWarning, "after 2 whole epochs"):
        clf.fit(*binary)
    err = capsys.readouterr().err
    assert "2/3" in err.split("\r")[-1]
    assert err.endswith("\n")
