"""Whether compiled epochs or Keras's own loop train: decided here, and only here."""

import inspect
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np

from skmirai.neural_network._backend import keras
from skmirai.neural_network._engine.optimizers import is_functional
from skmirai.neural_network._keras.arrays import (
    is_for,
    training_table,
    validation_table,
)
from skmirai.neural_network._keras.as_built import layer_settings

SIGNATURE = inspect.signature(keras.Model.fit)

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


def tell(reason: str | None, verbose: Any) -> None:
    """Say why Keras's loop trains, if it does and if that much is to be said."""
    if reason is not None and isinstance(verbose, Integral) and int(verbose) >= 2:
        print(f"Training with Keras's own loop over batches: {reason}.")


def reasons_for_keras(model: Any, given: dict[str, Any]) -> Iterator[str]:
    """Yield why compiled epochs cannot do what was asked for."""
    if model.as_built is None:
        yield "loss, metrics or architecture are not those of build_dnn"
        return
    if model.spec.mc_dropout:
        yield "always-on dropout needs it"
    if model.run_eagerly or layer_settings(model) != model.as_built.settings:
        yield "the model or its layers were changed"
    if not all(
        isinstance(rate, Real) and 0 <= float(rate) < 1 and bool(rate) == bool(built)
        for rate, built in zip(live_rates(model), model.spec.rates, strict=True)
    ):
        yield "a dropout layer was switched off"
    embedded = model.spec.embedding_dropout
    if embedded and model.get_layer("embedding_dropout").rate != embedded:
        yield "the dropout of embeddings was changed"
    if not is_for(model.spec, training_table(given)):
        yield "the data are not arrays in memory, as this network takes them"
    validation = given["validation_data"]
    if validation is not None and not is_for(model.spec, validation_table(given)):
        yield "the validation data are not arrays in memory, as this network takes them"
    if not has_plain_options(given):
        yield "options of its own are used"
    yield from reasons_for_loop(model.optimizer, callbacks_of(given))


def reasons_for_loop(optimizer: Any, callbacks: list[Any]) -> Iterator[str]:
    """Yield why compiled epochs do not do for an optimizer and some callbacks."""
    if not is_functional(optimizer):
        yield "the optimizer reads variables that it has just changed"
    if not isinstance(optimizer, str) and optimizer.use_ema:
        yield "averaged weights need it"
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            yield f"{callback!r} is no callback"
        elif watches_batches(callback):
            yield f"{type(callback).__name__} looks at single batches"


def has_plain_options(given: dict[str, Any]) -> bool:
    """Tell whether all arguments of ``fit`` are such that compiled epochs know them."""
    for name, value in given.items():
        if name not in _KNOWN and value != SIGNATURE.parameters[name].default:
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


def live_rates(model: Any) -> Iterator[Any]:
    """Dropout rates as they are now."""
    for depth, built in enumerate(model.spec.rates, start=1):
        yield model.get_layer(f"dropout_{depth}").rate if built else 0.0


def callbacks_of(given: dict[str, Any]) -> list[Any]:
    """Callbacks among the arguments of ``fit``."""
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
