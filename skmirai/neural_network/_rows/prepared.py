"""Rows made ready for a network, and the steps that make them so."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from skmirai.neural_network._columns.kept import KeptColumns
from skmirai.neural_network._columns.scaled import scaled, scaler_beside_codes
from skmirai.neural_network._engine.lazy import LazyArray
from skmirai.neural_network._engine.optimizers import computes_in_float64
from skmirai.neural_network._rows.checked import Rows, check_target_range
from skmirai.preprocessing import make_scaler

#: Largest table of float64 values that is computed in float64 by dtype="auto".
_FLOAT64_VALUES = 1_000_000

_MAX_SEED = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Prepared:
    """Rows as a network takes them, and the fitted steps that made them so.

    Networks of other settings and seeds can be trained on the same ones.

    Attributes
    ----------
    drop : KeptColumns
        What chose the columns, fitted.
    scale : transformer
        What scaled them, fitted.
    rows : Rows
        Rows to train on. Their ``X`` is scaled, in the network's precision.
    validation : Rows or None
        Rows to validate with, likewise.
    learned : dict of str to object, default={}
        Attributes that an estimator has got from the checks of these rows, such as
        the names of their columns, and another one needs who is to be trained on them.
    """

    drop: KeptColumns
    scale: Any
    rows: Rows
    validation: Rows | None
    learned: Mapping[str, Any] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Bytes of the scaled rows; 0 if they are made when they are read."""
        return int(getattr(self.rows.X, "nbytes", 0))

    def with_own_steps(self) -> "Prepared":
        """Return the same rows with copies of the steps, which may then change."""
        drop, scale = copy.deepcopy((self.drop, self.scale))
        return replace(self, drop=drop, scale=scale)


def drawn_seeds(rng: np.random.RandomState) -> tuple[int, int]:
    """Draw the seeds of the scaler and of the network."""
    scaler, network = rng.randint(_MAX_SEED, size=2).tolist()
    return scaler, network


def prepare(
    estimator: Any,
    rows: Rows,
    validation: Rows | None,
    seed: int,
    *,
    continued: bool = False,
    one_epoch: bool = False,
) -> Prepared:
    """Fit columns and scaler to checked rows, and scale these.

    Parameters
    ----------
    estimator : BaseMiraiDNN
        Its parameters say how.
    rows, validation : Rows
        Checked rows to train on, and to validate with or None.
    seed : int
        Seed of the scaler.
    continued : bool, default=False
        Leave the columns of the fitted estimator as they are, and its scaler too.
    one_epoch : bool, default=False
        Let the scaler learn from these rows beside those that it has seen.

    Returns
    -------
    Prepared
        The scaled rows, and the steps.
    """
    if continued:
        drop, scale, step = (part for _, part in estimator.pipeline_.steps)
        kept = drop.numbers(rows.X)
    else:
        drop = kept_columns(estimator)
        drop.fit(rows.X, sample_weight=rows.sample_weight)
        kept = drop.numbers(rows.X, at_fit=True)
        scale = scaler_beside_codes(new_scaler(estimator, seed), drop)
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
    if validation is not None:
        suffix = validation.suffix
        kept = drop.numbers(validation.X, f"X{suffix}")
        check_target_range(validation.y, dtype, f"y{suffix}")
        validation = replace(validation, X=scaled(scale, kept, dtype))
    return Prepared(drop, scale, replace(rows, X=X), validation)


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


def precision(estimator: Any, kept: np.ndarray | LazyArray) -> str:
    """Precision of the network of an estimator for its kept columns."""
    if estimator.dtype != "auto":
        return estimator.dtype
    if kept.dtype != np.float64 or kept.size > _FLOAT64_VALUES:
        return "float32"
    return "float64" if computes_in_float64(estimator.optimizer) else "float32"
