"""Callbacks see the epochs, figures and order that Keras's own run gives them."""

import keras
import numpy as np
import pytest

from skmirai import MiraiDNNClassifier, MiraiDNNRegressor, build_dnn

EVENTS = (
    "on_train_begin",
    "on_epoch_begin",
    "on_test_begin",
    "on_test_end",
    "on_epoch_end",
    "on_train_end",
)

N_ROWS, BATCH = 50, 16


class Recorder(keras.callbacks.Callback):
    """Notes every event with its epoch, figures and the weights at that time."""

    def on_train_begin(self, logs=None):
        self.events = []
        self.stopped_by = None
        self.note("on_train_begin", None, logs)

    def on_epoch_begin(self, epoch, logs=None):
        self.note("on_epoch_begin", epoch, logs)

    def on_test_begin(self, logs=None):
        self.note("on_test_begin", None, logs)

    def on_test_end(self, logs=None):
        self.note("on_test_end", None, logs)

    def on_epoch_end(self, epoch, logs=None):
        self.note("on_epoch_end", epoch, logs)

    def on_train_end(self, logs=None):
        self.note("on_train_end", None, logs)

    def note(self, event, epoch, logs):
        weights = np.concatenate([w.ravel() for w in self.model.get_weights()])
        self.events.append((event, epoch, dict(logs or {}), weights, dict(self.params)))


class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 2:
            self.model.stop_training = True


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, 4))
    return X, (X[:, 0] + X[:, 1] > 0).astype(int)


def recorded_by_keras(rows, start, validation, extra):
    """Keras's loop over the same batches, from the same weights."""
    model = build_dnn(4, 1, 8, dropout_rate=0, dtype="float64", random_state=0)
    model.set_weights(start)
    recorder = Recorder()
    model.keras_fit(
        *rows,
        batch_size=BATCH,
        epochs=5,
        shuffle=False,
        validation_data=validation,
        callbacks=[recorder, *extra],
        verbose=0,
    )
    return recorder


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("stops", [False, True])
@pytest.mark.parametrize("validated", [False, True])
def test_events_are_those_of_keras(rows, validated, stops):
    X, y = rows
    extra = [Stop()] if stops else []
    given = {"X_val": X[::2], "y_val": y[::2]} if validated else {}
    clf = MiraiDNNClassifier(
        1,
        8,
        dropout_rate=0,
        scaler=None,
        shuffle=False,
        epochs=5,
        batch_size=BATCH,
        callbacks=[Recorder(), *extra],
        random_state=0,
    ).fit(X, y, **given)
    ours = clf.callbacks_[0]
    n_kernel = 4 * 8
    first = ours.events[0][3]
    ends = np.cumsum([n_kernel, 8, 8, 1])[:-1]
    shapes = [(4, 8), (8,), (8, 1), (1,)]
    parts = zip(np.split(first, ends), shapes, strict=True)
    start = [part.reshape(shape) for part, shape in parts]
    theirs = recorded_by_keras(
        (X, y), start, (X[::2], y[::2]) if validated else None, extra
    )
    assert [e[:2] for e in ours.events] == [e[:2] for e in theirs.events]
    assert {e[0] for e in ours.events} == set(EVENTS[:2] + EVENTS[4:]) | (
        set(EVENTS[2:4]) if validated else set()
    )
    for a, b in zip(ours.events, theirs.events, strict=True):
        assert list(a[2]) == list(b[2]), a[0]
        # Keras sums its figures in single precision
        np.testing.assert_allclose(
            list(a[2].values()), list(b[2].values()), rtol=1e-5, err_msg=a[0]
        )
        np.testing.assert_allclose(a[3], b[3], rtol=1e-5, atol=1e-6)
        assert {k: a[4][k] for k in ("epochs", "steps", "verbose")} == {
            k: b[4][k] for k in ("epochs", "steps", "verbose")
        }
    n_epochs = 3 if stops else 5
    assert sum(e[0] == "on_epoch_end" for e in ours.events) == n_epochs


@pytest.mark.slow
def test_callbacks_are_called_in_their_order(rows):
    seen = []

    def note(name):
        return keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: seen.append((name, epoch))
        )

    model = build_dnn(4, 1, 8, random_state=0)
    model.fit(*rows, epochs=2, verbose=0, callbacks=[note("a"), note("b")])
    assert seen == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]


CALLBACKS = {
    "EarlyStopping": lambda path: keras.callbacks.EarlyStopping(
        "val_loss", min_delta=0.2, patience=1, restore_best_weights=True
    ),
    "ReduceLROnPlateau": lambda path: keras.callbacks.ReduceLROnPlateau(
        "val_loss", min_delta=0.2, factor=0.3, patience=1, min_lr=0
    ),
    "LearningRateScheduler": lambda path: keras.callbacks.LearningRateScheduler(
        lambda epoch, rate: rate * 0.5
    ),
    "ModelCheckpoint": lambda path: keras.callbacks.ModelCheckpoint(
        path / "best.weights.h5",
        "val_loss",
        save_best_only=True,
        save_weights_only=True,
    ),
    "CSVLogger": lambda path: keras.callbacks.CSVLogger(path / "log.csv"),
    "TensorBoard": lambda path: keras.callbacks.TensorBoard(path / "board"),
    "TerminateOnNaN": lambda path: keras.callbacks.TerminateOnNaN(),
    "SwapEMAWeights": lambda path: keras.callbacks.SwapEMAWeights(),
}


def files_of(path):
    """What a callback wrote, as arrays."""
    if (path / "log.csv").exists():
        return {"log": np.loadtxt(path / "log.csv", delimiter=",", skiprows=1)}
    if (path / "board").exists():
        from tensorboard.backend.event_processing import event_accumulator

        found = {}
        for folder in sorted(path.glob("board/*")):
            events = event_accumulator.EventAccumulator(str(folder))
            events.Reload()
            for tag in events.Tags()["tensors"]:
                if tag.startswith("epoch_") or tag.startswith("evaluation_"):
                    values = [
                        (
                            e.step,
                            float(
                                np.frombuffer(e.tensor_proto.tensor_content, "f4")[0]
                            ),
                        )
                        if e.tensor_proto.tensor_content
                        else (e.step, e.tensor_proto.float_val[0])
                        for e in events.Tensors(tag)
                    ]
                    found[f"{folder.name} {tag}"] = np.array(values)
        return found
    if (path / "best.weights.h5").exists():
        model = build_dnn(4, 1, 8, dropout_rate=0, dtype="float64", random_state=0)
        model.load_weights(path / "best.weights.h5")
        return {str(i): w for i, w in enumerate(model.get_weights())}
    return {}


@pytest.mark.slow(after=1)
@pytest.mark.parametrize("name", CALLBACKS)
def test_callback_of_keras_does_what_it_does_in_its_loop(
    batch_watcher, rows, tmp_path, name
):
    X, y = rows
    optimizer = keras.optimizers.Adam(0.05, use_ema=name == "SwapEMAWeights")
    results = []
    for kind, extra in (("compiled", []), ("looped", [batch_watcher])):
        path = tmp_path / kind
        path.mkdir()
        model = build_dnn(
            4,
            1,
            8,
            optimizer=optimizer,
            dropout_rate=0,
            dtype="float64",
            random_state=0,
        )
        history = model.fit(
            X,
            y,
            batch_size=BATCH,
            epochs=8,
            verbose=0,
            validation_data=(X[::2], y[::2]),
            callbacks=[CALLBACKS[name](path), *extra],
        )
        results.append((history.history, model.get_weights(), files_of(path)))
    (ours, our_weights, our_files), (theirs, their_weights, their_files) = results
    assert list(ours) == list(theirs)
    for figure, values in theirs.items():
        np.testing.assert_allclose(ours[figure], values, rtol=1e-5, err_msg=figure)
    for a, b in zip(our_weights, their_weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    assert our_files.keys() == their_files.keys()
    writes = name in ("ModelCheckpoint", "CSVLogger", "TensorBoard")
    assert bool(our_files) == writes
    for key, values in their_files.items():
        np.testing.assert_allclose(our_files[key], values, rtol=1e-5, atol=1e-7)
    n_epochs = len(theirs["loss"])
    assert (n_epochs < 8) == (name == "EarlyStopping"), "the case is a real one"
    if name in ("LearningRateScheduler", "ReduceLROnPlateau"):
        assert theirs["learning_rate"][-1] < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_validation_loss_of_saturated_outputs(batch_watcher, dtype, n_classes):
    """Keras takes the loss from logits; probabilities would end at 16 nats."""
    X = np.array([[60.0, 0], [-60, 0], [30, 1], [1, 1]], dtype=dtype)
    y = np.array([0, 1, 0, 1]) if n_classes == 2 else np.array([1, 0, 2, 1])
    head = (1, "sigmoid") if n_classes == 2 else (3, "softmax")
    losses = []
    for extra in ([], [batch_watcher]):
        model = build_dnn(
            2,
            0,
            1,
            n_outputs=head[0],
            output_activation=head[1],
            learning_rate=1e-9,
            dtype=dtype,
        )
        kernel, bias = model.get_weights()
        kernel[:] = 0
        kernel[0, 0] = 1
        model.set_weights([kernel, bias])
        history = model.fit(
            X, y, batch_size=4, validation_data=(X, y), callbacks=extra, verbose=0
        )
        losses.append((history.history["loss"][0], history.history["val_loss"][0]))
    assert losses[0][0] > 20
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
    assert losses[0][1] == pytest.approx(losses[0][0], rel=1e-5)


@pytest.mark.slow
def test_loss_that_becomes_nan_ends_training(batch_watcher, rows):
    X, _ = rows
    seen = []
    for extra in ([], [batch_watcher]):
        model = build_dnn(
            4,
            1,
            8,
            output_activation="linear",
            optimizer="sgd",
            learning_rate=1e20,
            dropout_rate=0,
        )
        stop = keras.callbacks.TerminateOnNaN()
        callbacks = [stop, *extra]
        history = model.fit(X, X[:, 0], epochs=4, callbacks=callbacks, verbose=0)
        seen.append(len(history.history["loss"]))
    assert seen == [1, 1]
    stop = keras.callbacks.TerminateOnNaN(raise_error=True)
    with pytest.raises(RuntimeError, match="loss"):
        model.fit(X, X[:, 0], epochs=4, callbacks=[stop], verbose=0)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("validated", [False, True])
def test_callbacks_of_keras_compare_losses_beyond_single_precision(
    optimizer, validated, tmp_path
):
    """Squares of targets of 1e20 are beyond float32, where training is in float64."""
    X, y = np.random.default_rng(0).normal(size=(2, 40, 3))
    monitor = "val_loss" if validated else "loss"
    saved = tmp_path / "best.keras"
    reg = MiraiDNNRegressor(
        n_layers=1,
        n_nodes=4,
        optimizer=optimizer,
        learning_rate=1e-9,
        epochs=5,
        validation_fraction=0.2 if validated else None,
        callbacks=[
            keras.callbacks.EarlyStopping(monitor, patience=2, min_delta=1e38),
            keras.callbacks.ReduceLROnPlateau(monitor, patience=1, min_delta=1e38),
            keras.callbacks.ModelCheckpoint(saved, monitor, save_best_only=True),
        ],
        random_state=0,
    )
    reg.fit(X, 1e20 * y[:, 0])
    losses = reg.history_[monitor]
    assert min(losses) > float(np.finfo(np.float32).max)
    assert np.isfinite(losses).all()
    assert saved.exists()
