"""One training of an estimator: columns, scaler and network, from checked rows."""

from functools import partial
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from skmirai.neural_network._checks.collapse import warn_of_collapse
from skmirai.neural_network._columns.kept import KeptColumns
from skmirai.neural_network._columns.scaled import (
    column_groups,
    scaled,
    scaler_beside_codes,
)
from skmirai.neural_network._engine.lazy import LazyArray
from skmirai.neural_network._engine.optimizers import computes_in_float64
from skmirai.neural_network._fit_task import FitTask
from skmirai.neural_network._keras.novelty import learned_novelty
from skmirai.neural_network._keras_step import KerasStep
from skmirai.neural_network._parameters import (
    embeddings,
    n_epochs,
    n_members,
    share_batches,
)
from skmirai.neural_network._rows import Rows, check_target_range
from skmirai.preprocessing import make_scaler

#: Largest table of float64 values that is computed in float64 by dtype="auto".
_FLOAT64_VALUES = 1_000_000

_MAX_SEED = np.iinfo(np.int32).max


def train(
    estimator: Any,
    rows: Rows,
    validation: Rows | None,
    rng: np.random.RandomState,
    task: FitTask,
    *,
    continued: bool,
    one_epoch: bool = False,
) -> None:
    """Fit columns, scaler and network, and give the estimator what was learned.

    Parameters
    ----------
    estimator : BaseMiraiDNN
        Its parameters say how. With ``continued`` it is fitted, and goes on.
    rows, validation : Rows
        Checked rows to train on, and to validate with or None.
    rng : RandomState
        Draws the seeds of scaler and network.
    task : FitTask
        Tells scikit-learn's callbacks.
    continued : bool
        Train the fitted network on; columns stay as they are, and the scaler too.
    one_epoch : bool, default=False
        Train for one epoch, of whose rows the scaler learns too.
    """
    task.begin()
    scaler_seed, network_seed = (int(s) for s in rng.randint(_MAX_SEED, size=2))
    if continued:
        drop, scale, step = (part for _, part in estimator.pipeline_.steps)
        kept = drop.numbers(rows.X)
    else:
        drop = kept_columns(estimator)
        drop.fit(rows.X, sample_weight=rows.sample_weight)
        kept = drop.numbers(rows.X, at_fit=True)
        scale = scaler_beside_codes(new_scaler(estimator, scaler_seed), drop)
    if one_epoch:
        scale = rows.update_scaler(scale, kept)
    elif not continued:
        scale = rows.fit_scaler(scale, kept)
    if continued and estimator.dtype == "auto":
        dtype = step.dtype
    else:
        dtype = precision(estimator, kept)
    X = scaled(scale, kept, dtype)
    check_target_range(rows.y, dtype)

    weight = estimator._loss_weight(rows, reset=True)
    data: dict[str, Any] = {"sample_weight": weight}
    if validation is not None:
        suffix = validation.suffix
        kept_val = drop.numbers(validation.X, f"X{suffix}")
        check_target_range(validation.y, dtype, f"y{suffix}")
        data["validation_data"] = (
            scaled(scale, kept_val, dtype),
            validation.y,
            estimator._loss_weight(validation, reset=False),
        )
    settings = _training_settings(estimator, validation is not None)
    architecture = _architecture(estimator, drop, rows.y, dtype)
    y, before = rows.y, None
    if continued:
        if not estimator.share_batches:  # as it was decided when training began
            architecture["share_batches"] = step.network_.spec.share_batches
        if step.network_.spec.takes_turns:
            settings["batch_size"] = max(settings["batch_size"], n_members(estimator))
            X, y, data["sample_weight"] = _in_turns(
                n_members(estimator), X, y, data["sample_weight"]
            )
        before = step.network_.read_state()
        step = step.continued(architecture, settings)
    else:
        step = KerasStep(
            architecture=architecture,
            seed=network_seed,
            groups=column_groups(scale, X.shape[1]),
            **settings,
        )

    task.fitted_attributes = partial(fitted_attributes, drop, scale)
    step.fit(
        X,
        y,
        epochs=1 if one_epoch else n_epochs(estimator, len(rows.y)),
        initial_epoch=step.n_epochs,
        task=task if task.is_watched and not one_epoch else None,
        **data,
    )
    set_fitted(estimator, drop, scale, step)
    vars(estimator).pop("novelty_", None)
    try:
        if estimator.novelty_rows is not None and not one_epoch:
            estimator.novelty_ = learned_novelty(
                step.network_, X, int(estimator.novelty_rows), network_seed
            )
        if not one_epoch:
            warn_of_collapse(estimator, step, X, y, data["sample_weight"])
        task.end(lambda: step.with_state(step.network_.read_state(), step.history_))
    except BaseException:
        if before is not None:  # the step of before has the same network
            step.network_.write_state(before)
        raise


def kept_columns(estimator: Any) -> KeptColumns:
    """Return the first step of an estimator, which has learned nothing."""
    drop = KeptColumns(
        estimator.drop_columns,
        owner=type(estimator).__name__,
        categorical_features=estimator.categorical_features,
        missing=estimator.missing,
        many_categories="one_hot" if estimator.embedding_dim is None else "ordinal",
    )
    # pipeline_ passes arrays on, whatever is set globally
    return drop.set_output(transform="default")


def new_scaler(estimator: Any, seed: int | None = None) -> Any:
    """Return the scaler of an estimator, which has learned nothing."""
    scale = make_scaler(estimator.scaler, random_state=seed)
    if estimator.scaler is None or isinstance(estimator.scaler, str):
        scale.set_output(transform="default")
    return scale


def set_fitted(estimator: Any, drop: KeptColumns, scale: Any, step: KerasStep) -> None:
    """Give an estimator the attributes that follow from the fitted steps."""
    for name, value in fitted_attributes(drop, scale, step).items():
        setattr(estimator, name, value)


def precision(estimator: Any, kept: np.ndarray | LazyArray) -> str:
    """Precision of the network of an estimator for its kept columns."""
    if estimator.dtype != "auto":
        return estimator.dtype
    if kept.dtype != np.float64 or kept.size > _FLOAT64_VALUES:
        return "float32"
    return "float64" if computes_in_float64(estimator.optimizer) else "float32"


def _architecture(
    estimator: Any, drop: KeptColumns, y: np.ndarray, dtype: str
) -> dict[str, Any]:
    return {
        "n_layers": estimator.n_layers,
        "n_nodes": estimator.n_nodes,
        "activation": estimator.activation,
        "batch_norm": estimator.batch_norm,
        "dropout_rate": estimator.dropout_rate,
        "n_members": n_members(estimator),
        "share_batches": share_batches(estimator, len(y)),
        "embeddings": embeddings(estimator, drop.n_ordinal_codes_),
        "dtype": dtype,
        **estimator._head(y),
    }


def _in_turns(n_members: int, *parts: Any) -> tuple[Any, ...]:
    """Rows, and what belongs to each, often enough that every member has its turn."""
    n_rows = len(parts[1])
    if n_rows >= n_members:
        return parts
    order = np.arange(n_members) % n_rows
    return tuple(part if part is None else part[order] for part in parts)


def _training_settings(estimator: Any, validated: bool) -> dict[str, Any]:
    stopping = {
        "monitor": "val_loss" if validated else "loss",
        "patience": estimator.n_iter_no_change,
        "min_delta": estimator.tol,
    }
    return {
        "optimizer": estimator.optimizer,
        "learning_rate": estimator.learning_rate,
        "learning_rate_schedule": estimator.learning_rate_schedule,
        "schedule_epochs": estimator.schedule_epochs,
        "batch_size": int(estimator.batch_size),
        "shuffle": estimator.shuffle,
        "callbacks": estimator.callbacks,
        "early_stopping": stopping if estimator.early_stopping else None,
        "verbose": int(estimator.verbose),
    }


def fitted_attributes(drop: KeptColumns, scale: Any, step: KerasStep) -> dict[str, Any]:
    """Public attributes that follow from the fitted steps."""
    return {
        "pipeline_": Pipeline([("drop", drop), ("scale", scale), ("dnn", step)]),
        "callbacks_": step.callbacks_,
        "history_": step.history_,
        "n_iter_": len(step.history_["loss"]),
        "n_parameters_": step.n_parameters,
    }
