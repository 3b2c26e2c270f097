"""Keras's ``fit``: compiled epochs where they do the same, Keras's loop elsewhere."""

import inspect
import math
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np

from skmirai.neural_network._backend import keras, tf
from skmirai.neural_network._model import DNNModel, layer_settings
from skmirai.neural_network._program import compiled_network
from skmirai.neural_network._streaming import StreamedRows, streamed_rows
from skmirai.neural_network._training import ResidentRows, epoch_order, run_epochs

#: Rows, targets and their weights, None if all are 1.
Table = tuple[np.ndarray, np.ndarray, np.ndarray | None]

_SIGNATURE = inspect.signature(keras.Model.fit)

#: Arguments that compiled epochs know; the others must have their defaults.
_KNOWN = {
    "x",
    "y",
    "batch_size",
    "epochs",
    "verbose",
    "callbacks",
    "validation_data",
    "shuffle",
    "sample_weight",
    "initial_epoch",
}


def fit_model(model: DNNModel, *args: Any, **kwargs: Any) -> keras.callbacks.History:
    """Do what :meth:`keras.Model.fit` does, in compiled epochs if possible.

    Whatever is not exactly what they handle goes to Keras, which handles it or
    raises its own error.
    """
    bound = _SIGNATURE.bind(model, *args, **kwargs)
    bound.apply_defaults()
    given = {k: v for k, v in bound.arguments.items() if k != "self"}
    given = _class_weighted(_split(given))
    reason = next(_reasons_for_keras(model, given), None)
    verbose = 1 if given["verbose"] == "auto" else given["verbose"]
    if reason is None:
        return _compiled_fit(model, given, verbose)
    if isinstance(verbose, Integral) and int(verbose) >= 2:
        print(f"Training with Keras's own loop over batches: {reason}.")
    return model.keras_fit(**_with_seeded_batches(model, given))


def _compiled_fit(
    model: DNNModel, given: dict[str, Any], verbose: int
) -> keras.callbacks.History:
    dtype = model.spec.dtype
    validation = given["validation_data"]
    if validation is not None:
        x, y, weight = keras.utils.unpack_x_y_sample_weight(validation)
        validation = streamed_rows(x, y, weight, dtype)
    return run_epochs(
        compiled_network(model.spec, model.optimizer),
        model,
        ResidentRows.from_arrays(given["x"], given["y"], given["sample_weight"], dtype),
        validation,
        rates=tuple(_live_rates(model)),
        batch_size=given["batch_size"] or 32,
        epochs=given["epochs"],
        initial_epoch=given["initial_epoch"],
        shuffle_seed=model.shuffle_seed if given["shuffle"] else None,
        callbacks=_callbacks(given),
        verbose=verbose,
    )


# -- arrays ----------------------------------------------------------------------


def _table(x: Any, y: Any, weight: Any = None) -> Table | None:
    """Arrays of numbers of the same length, or None if they are anything else."""
    arrays = [x, y] if weight is None else [x, y, weight]
    for array in arrays:
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
            return None
        if array.ndim == 0 or not 0 < len(array) == len(arrays[0]):
            return None
    return x, y, weight


def _training_table(given: dict[str, Any]) -> Table | None:
    return _table(given["x"], given["y"], given["sample_weight"])


def _validation_table(given: dict[str, Any]) -> Table | None:
    data = given["validation_data"]
    if not isinstance(data, tuple | list) or len(data) not in (2, 3):
        return None
    return _table(*data)


def _split(given: dict[str, Any]) -> dict[str, Any]:
    """Cut validation rows off the end, as Keras does."""
    table, share = _training_table(given), given["validation_split"]
    if table is None or not share or given["validation_data"] is not None:
        return given
    n_train = math.floor(len(table[0]) * (1.0 - share))
    if not 0 < n_train < len(table[0]):
        return given  # Keras says what is wrong
    x, y, weight = (None if a is None else a[:n_train] for a in table)
    rest = tuple(None if a is None else a[n_train:] for a in table)
    cut = {"x": x, "y": y, "sample_weight": weight, "validation_data": rest}
    return given | cut | {"validation_split": 0.0}


def _class_weighted(given: dict[str, Any]) -> dict[str, Any]:
    """Turn weights of classes into weights of rows, as Keras does."""
    table, of_class = _training_table(given), given["class_weight"]
    if table is None or not isinstance(of_class, dict):
        return given
    _, y, weight = table
    numbers = all(isinstance(value, Real) for value in of_class.values())
    if weight is not None or not numbers or y.size != len(y) or not _is_finite(y):
        return given
    labels, of_row = np.unique(np.rint(y).astype(int).ravel(), return_inverse=True)
    weights = np.array([float(of_class.get(int(label), 1)) for label in labels])
    return given | {"sample_weight": weights[of_row], "class_weight": None}


def _is_finite(array: np.ndarray) -> bool:
    return bool(np.isfinite(array).all())


def _is_for(spec: Any, table: Table | None) -> bool:
    """Tell whether arrays have the shapes and labels that a network takes."""
    if table is None:
        return False
    x, y, weight = table
    if x.shape != (len(x), spec.n_features) or (weight is not None and weight.ndim > 1):
        return False
    is_linear = spec.output_activation == "linear"
    width = spec.n_outputs if is_linear else 1
    if y.shape != (len(y), width) and not (y.ndim == width == 1):
        return False
    last = max(1, spec.n_outputs - 1)
    return is_linear or bool(((y == np.rint(y)) & (y >= 0) & (y <= last)).all())


# -- the decision ----------------------------------------------------------------


def _reasons_for_keras(model: DNNModel, given: dict[str, Any]) -> Iterator[str]:
    """Yield why compiled epochs cannot do what was asked for."""
    if model.as_built is None:
        yield "loss, metrics or architecture are not those of build_dnn"
        return
    if model.spec.mc_dropout or model.optimizer.use_ema:
        yield "always-on dropout and averaged weights need it"
    if model.run_eagerly or layer_settings(model) != model.as_built.settings:
        yield "the model or its layers were changed"
    if not all(
        isinstance(rate, Real) and 0 <= float(rate) < 1 and bool(rate) == bool(built)
        for rate, built in zip(_live_rates(model), model.spec.rates, strict=True)
    ):
        yield "a dropout layer was switched off"
    if not _is_for(model.spec, _training_table(given)):
        yield "the data are not arrays in memory, as this network takes them"
    validation = given["validation_data"]
    if validation is not None and not _is_for(model.spec, _validation_table(given)):
        yield "the validation data are not arrays in memory, as this network takes them"
    if not _has_plain_options(given):
        yield "options of its own are used"
    yield from reasons_of_callbacks(_callbacks(given))


def reasons_of_callbacks(callbacks: list[Any]) -> Iterator[str]:
    """Yield why compiled epochs do not do for some callbacks."""
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            yield f"{callback!r} is no callback"
        elif watches_batches(callback):
            yield f"{type(callback).__name__} looks at single batches"


def _has_plain_options(given: dict[str, Any]) -> bool:
    for name, value in given.items():
        if name not in _KNOWN and value != _SIGNATURE.parameters[name].default:
            return False
    return (
        _is_batch_size(given["batch_size"])
        and isinstance(given["shuffle"], bool | np.bool_)
        and isinstance(given["epochs"], Integral)
        and isinstance(given["initial_epoch"], Integral)
        and (given["verbose"] == "auto" or isinstance(given["verbose"], Integral))
        and not keras.config.max_epochs()
        and not keras.config.max_steps_per_epoch()
    )


def _is_batch_size(value: Any) -> bool:
    if value is None:
        return True
    is_integer = isinstance(value, Integral) and not isinstance(value, bool)
    return is_integer and int(value) > 0


def _live_rates(model: DNNModel) -> Iterator[Any]:
    """Dropout rates as they are now."""
    for depth, built in enumerate(model.spec.rates, start=1):
        yield model.get_layer(f"dropout_{depth}").rate if built else 0.0


def _callbacks(given: dict[str, Any]) -> list[Any]:
    return keras.tree.flatten(given["callbacks"]) if given["callbacks"] else []


_BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)


def watches_batches(callback: keras.callbacks.Callback) -> bool:
    """Tell whether a callback does something at single batches."""
    if isinstance(callback, keras.callbacks.ModelCheckpoint):
        return callback.save_freq != "epoch"
    if isinstance(callback, keras.callbacks.TensorBoard):
        return callback.update_freq != "epoch" or callback._should_trace
    if type(callback) in (
        keras.callbacks.ProgbarLogger,
        keras.callbacks.TerminateOnNaN,
    ):
        return False
    hooks = (getattr(callback, name) for name in _BATCH_HOOKS)
    return not all(getattr(hook, "_is_default", False) for hook in hooks)


# -- Keras's loop ----------------------------------------------------------------


def _with_seeded_batches(model: DNNModel, given: dict[str, Any]) -> dict[str, Any]:
    """Give Keras's loop the batches of compiled epochs, if they are arrays."""
    table, seed = _training_table(given), model.shuffle_seed
    plain = _has_plain_options(given)
    if table is None or seed is None or not plain or not given["shuffle"]:
        return given
    batch_size = min(given["batch_size"] or 32, len(table[0]))
    arrays = tuple(part for part in table if part is not None)
    seeded = {
        "x": seeded_batches(arrays, batch_size, seed, given["initial_epoch"]),
        "y": None,
        "sample_weight": None,
        "batch_size": None,
        "steps_per_epoch": -(-len(arrays[0]) // batch_size),
        "shuffle": False,  # the batches are shuffled already
        "validation_batch_size": batch_size,
    }
    validation = _validation_table(given)
    if validation is not None:
        # Keras casts arrays to its default precision, but no tensors
        rows = tuple(part for part in validation if part is not None)
        batches = tf.data.Dataset.from_tensor_slices(rows).batch(batch_size)
        seeded["validation_data"] = batches
    return given | seeded


def loop_over_batches(
    model: DNNModel,
    rows: StreamedRows,
    validation: StreamedRows | None,
    *,
    batch_size: int,
    epochs: int,
    initial_epoch: int,
    shuffle_seed: int | None,
    callbacks: list[keras.callbacks.Callback],
) -> None:
    """Train with Keras's loop on rows that are read in parts."""
    extra: dict[str, Any] = {}
    if validation is not None:
        n_steps = -(-len(validation) // batch_size)
        rest = validation.batches(batch_size, None, 0).take(n_steps)
        extra = {"validation_data": rest, "validation_steps": n_steps}
    try:
        model.keras_fit(
            rows.batches(batch_size, shuffle_seed, initial_epoch).prefetch(2),
            steps_per_epoch=-(-len(rows) // batch_size),
            epochs=epochs,
            initial_epoch=initial_epoch,
            callbacks=callbacks,
            shuffle=False,  # the rows are shuffled already
            verbose=0,
            **extra,
        )
    except tf.errors.OpError:
        for part in (rows, validation):
            if part is not None and part.error is not None:
                raise part.error from None
        raise


def seeded_batches(
    arrays: tuple[np.ndarray, ...], batch_size: int, seed: int, first_epoch: int = 0
) -> tf.data.Dataset:
    """Endless batches in the order that compiled epochs take, for Keras's loop.

    Parameters
    ----------
    arrays : tuple of ndarray
        Arrays of the same length, at least one row.
    batch_size : int
        Rows per batch; the last batch of an epoch holds what is left.
    seed : int
        Seed of the order.
    first_epoch : int, default=0
        Number of the first epoch.

    Returns
    -------
    tf.data.Dataset
        Yields tuples of tensors, ``ceil(n_rows / batch_size)`` per epoch.
    """
    tensors = tuple(tf.constant(array) for array in arrays)

    def batches() -> Iterator[np.ndarray]:
        epoch = first_epoch
        while True:
            order = epoch_order(len(arrays[0]), seed, epoch)
            for start in range(0, len(order), batch_size):
                yield order[start : start + batch_size]
            epoch += 1

    rows = tf.data.Dataset.from_generator(
        batches, output_signature=tf.TensorSpec((None,), tf.int32)
    )
    taken = rows.map(lambda index: tuple(tf.gather(part, index) for part in tensors))
    return taken.prefetch(2)
