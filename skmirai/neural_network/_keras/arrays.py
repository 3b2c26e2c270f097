"""Arguments of Keras's ``fit`` that are arrays, brought to one form."""

import math
from numbers import Real
from typing import Any

import numpy as np

from skmirai.neural_network._engine.architecture import NetworkSpec
from skmirai.neural_network._engine.embeddings import are_codes

#: Rows, targets and their weights, None if all are 1.
Table = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def _table(x: Any, y: Any, weight: Any = None) -> Table | None:
    """Arrays of numbers of the same length, or None if they are anything else."""
    arrays = [x, y] if weight is None else [x, y, weight]
    for array in arrays:
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
            return None
        if array.ndim == 0 or not 0 < len(array) == len(arrays[0]):
            return None
    return x, y, weight


def training_table(given: dict[str, Any]) -> Table | None:
    return _table(given["x"], given["y"], given["sample_weight"])


def validation_table(given: dict[str, Any]) -> Table | None:
    data = given["validation_data"]
    if not isinstance(data, tuple | list) or len(data) not in (2, 3):
        return None
    return _table(*data)


def split_off(given: dict[str, Any]) -> dict[str, Any]:
    """Cut validation rows off the end, as Keras does."""
    table, share = training_table(given), given["validation_split"]
    if table is None or not share or given["validation_data"] is not None:
        return given
    n_train = math.floor(len(table[0]) * (1.0 - share))
    if not 0 < n_train < len(table[0]):
        return given  # Keras says what is wrong
    x, y, weight = (None if a is None else a[:n_train] for a in table)
    rest = tuple(None if a is None else a[n_train:] for a in table)
    cut = {"x": x, "y": y, "sample_weight": weight, "validation_data": rest}
    return given | cut | {"validation_split": 0.0}


def class_weighted(given: dict[str, Any]) -> dict[str, Any]:
    """Turn weights of classes into weights of rows, as Keras does."""
    table, of_class = training_table(given), given["class_weight"]
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


def is_for(spec: NetworkSpec, table: Table | None) -> bool:
    """Tell whether arrays have the shapes, codes and labels that a network takes."""
    if table is None:
        return False
    x, y, weight = table
    if x.shape != (len(x), spec.n_features) or (weight is not None and weight.ndim > 1):
        return False
    if not are_codes(x, spec.embeddings):
        return False
    is_linear = spec.output_activation == "linear"
    width = spec.n_targets
    if y.shape != (len(y), width) and not (y.ndim == width == 1):
        return False
    last = max(1, spec.n_outputs - 1)
    return is_linear or bool(((y == np.rint(y)) & (y >= 0) & (y <= last)).all())
