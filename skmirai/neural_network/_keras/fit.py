"""Keras's ``fit``: compiled epochs where they do the same, Keras's loop elsewhere."""

from typing import Any

from skmirai.neural_network._backend import keras
from skmirai.neural_network._engine.compiled import check_surroundings
from skmirai.neural_network._engine.epochs import run_epochs
from skmirai.neural_network._engine.kept import programs_for
from skmirai.neural_network._engine.rows import ResidentRows
from skmirai.neural_network._engine.streaming import StreamedRows
from skmirai.neural_network._keras.arrays import class_weighted, split_off
from skmirai.neural_network._keras.choice import (
    SIGNATURE,
    callbacks_of,
    live_rates,
    reasons_for_keras,
    tell,
)
from skmirai.neural_network._keras.loop import with_seeded_batches


def fit_model(model: Any, *args: Any, **kwargs: Any) -> keras.callbacks.History:
    """Do what :meth:`keras.Model.fit` does, in compiled epochs if possible.

    Whatever is not exactly what they handle goes to Keras, which handles it or
    raises its own error.
    """
    check_surroundings("fit")
    bound = SIGNATURE.bind(model, *args, **kwargs)
    bound.apply_defaults()
    given = {k: v for k, v in bound.arguments.items() if k != "self"}
    given = class_weighted(split_off(given))
    reason = next(reasons_for_keras(model, given), None)
    verbose = 1 if given["verbose"] == "auto" else given["verbose"]
    if reason is None:
        return _compiled_fit(model, given, verbose)
    tell(reason, verbose)
    return model.keras_fit(**with_seeded_batches(model, given))


def _compiled_fit(
    model: Any, given: dict[str, Any], verbose: int
) -> keras.callbacks.History:
    dtype = model.spec.dtype
    validation = given["validation_data"]
    if validation is not None:
        x, y, weight = keras.utils.unpack_x_y_sample_weight(validation)
        validation = StreamedRows(x, y, weight, dtype)
    return run_epochs(
        programs_for(model.spec, model.optimizer),
        model,
        ResidentRows.from_arrays(given["x"], given["y"], given["sample_weight"], dtype),
        validation,
        rates=tuple(live_rates(model)),
        batch_size=given["batch_size"] or 32,
        epochs=given["epochs"],
        initial_epoch=given["initial_epoch"],
        shuffle_seed=model.shuffle_seed if given["shuffle"] else None,
        callbacks=callbacks_of(given),
        verbose=verbose,
    )
