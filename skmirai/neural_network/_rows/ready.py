"""Rows of a fit, ready for its network, which a search may have kept from before."""

from dataclasses import replace
from typing import Any

import joblib
import numpy as np

from skmirai.neural_network._engine.optimizers import computes_in_float64
from skmirai.neural_network._rows.checked import rows_of_fit
from skmirai.neural_network._rows.prepared import Prepared, drawn_seeds, prepare
from skmirai.utils._memory import is_remembering, remembered

#: Parameters that decide what becomes of the rows.
_PARAMETERS = ("drop_columns", "categorical_features", "missing", "scaler", "dtype")

_GOES_ON = "goes on"


def ready(
    estimator: Any,
    given: tuple[Any, Any, Any],
    validation: tuple[Any, Any, Any],
    rng: np.random.RandomState,
    task: Any,
    *,
    continued: bool,
) -> tuple[Prepared, int]:
    """Check rows and scale them, and begin the task in between.

    Parameters
    ----------
    estimator : BaseMiraiDNN
        Its parameters say how.
    given, validation : tuple
        X, y and weights, to train on and to validate with.
    rng : RandomState
        Draws the validation part, and the seeds of scaler and network.
    task : FitTask
        Tells scikit-learn's callbacks.
    continued : bool
        Whether the fitted estimator goes on.

    Returns
    -------
    prepared : Prepared
        Rows and steps. They may serve other estimators too.
    seed : int
        Seed of the network.
    """
    made = []

    def make() -> Prepared:
        before = set(vars(estimator))
        rows = rows_of_fit(estimator, *given, validation, rng, continued)
        learned = {k: v for k, v in vars(estimator).items() if k not in before}
        task.begin()
        made.append(seeds or drawn_seeds(rng))
        prepared = prepare(estimator, *rows, made[0][0], continued=continued)
        return replace(prepared, learned=learned)

    splits = estimator.validation_fraction is not None
    alone = not splits and all(part is None for part in validation)
    seeds = drawn_seeds(rng) if alone else None
    key = _key(estimator, seeds, continued) if seeds and is_remembering() else None
    if seeds is None or key is None:
        prepared = make()
        return prepared, made[0][1]
    steps = [step for _, step in estimator.pipeline_.steps[:2]] if continued else []
    held = [*given, *steps]
    prepared = remembered((key, *map(id, held)), make, held)
    if not made:
        made.append(seeds)
        task.begin()
        if not continued:
            vars(estimator).update(prepared.learned)
    if not continued:  # a fit that goes on has these steps
        held = [*given, prepared.drop, prepared.scale]
        remembered((_GOES_ON, *map(id, held)), lambda: prepared, held)
    return prepared, made[0][1]


def _key(estimator: Any, seeds: tuple[int, int], continued: bool) -> str | None:
    """Tell apart what makes other rows of the same ones; None if that is not known."""
    if continued:
        return _GOES_ON
    params = {name: getattr(estimator, name) for name in _PARAMETERS}
    codes = estimator.embedding_dim is None
    precise = computes_in_float64(estimator.optimizer)
    try:
        return joblib.hash((type(estimator), params, codes, precise, seeds[0]))
    except Exception:  # a parameter that cannot be pickled
        return None
