"""One training of an estimator's network, on rows that are prepared for it."""

from functools import partial
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from skmirai.neural_network._checks.collapse import warn_of_collapse
from skmirai.neural_network._columns.kept import KeptColumns
from skmirai.neural_network._columns.scaled import column_groups
from skmirai.neural_network._fit_task import FitTask
from skmirai.neural_network._keras.novelty import learned_novelty
from skmirai.neural_network._keras_step import KerasStep
from skmirai.neural_network._parameters import (
    embeddings,
    n_epochs,
    n_members,
    share_batches,
)
from skmirai.neural_network._rows.prepared import Prepared


def train(
    estimator: Any,
    prepared: Prepared,
    seed: int,
    task: FitTask,
    *,
    continued: bool = False,
    one_epoch: bool = False,
) -> None:
    """Train a network, and give the estimator what was learned.

    Parameters
    ----------
    estimator : BaseMiraiDNN
        Its parameters say how. With ``continued`` it is fitted, and goes on.
    prepared : Prepared
        Rows to train on, and to validate with if there are any.
    seed : int
        Seed of the network.
    task : FitTask
        Tells scikit-learn's callbacks; it has begun.
    continued : bool, default=False
        Train the fitted network on.
    one_epoch : bool, default=False
        Train for one epoch.
    """
    drop, scale = prepared.drop, prepared.scale
    rows, validation = prepared.rows, prepared.validation
    X, y = rows.X, rows.y
    data: dict[str, Any] = {"sample_weight": estimator._loss_weight(rows, reset=True)}
    if validation is not None:
        weight = estimator._loss_weight(validation, reset=False)
        data["validation_data"] = validation.X, validation.y, weight
    settings = _training_settings(estimator, validation is not None)
    architecture = _architecture(estimator, drop, y, X.dtype.name)
    before = None
    if continued:
        step = estimator.pipeline_["dnn"]
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
            seed=seed,
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
                step.network_, X, int(estimator.novelty_rows), seed
            )
        if not one_epoch:
            warn_of_collapse(estimator, step, X, y, data["sample_weight"])
        task.end(lambda: step.with_state(step.network_.read_state(), step.history_))
    except BaseException:
        if before is not None:  # the step of before has the same network
            step.network_.write_state(before)
        raise


def set_fitted(estimator: Any, drop: KeptColumns, scale: Any, step: KerasStep) -> None:
    """Give an estimator the attributes that follow from the fitted steps."""
    for name, value in fitted_attributes(drop, scale, step).items():
        setattr(estimator, name, value)


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
