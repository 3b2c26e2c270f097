"""What metrics take: rows that fit together, labels, probabilities."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmirai.utils._probabilities import SUM_TOLERANCE, check_probabilities

Floats = NDArray[np.float64]


def check_lengths(**rows: Any) -> None:
    """Insist on as many rows in each array, and on one at least."""
    lengths = {name: len(values) for name, values in rows.items()}
    if 0 in lengths.values():
        name = next(name for name, length in lengths.items() if not length)
        raise ValueError(f"{name} is empty; there must be at least one row")
    if len({*lengths.values()}) > 1:
        raise ValueError(
            f"{' and '.join(lengths)} differ in length: "
            f"{', '.join(map(str, lengths.values()))}; give one value for each row"
        )


def check_numbers(name: str, values: ArrayLike, *, infinite: bool = False) -> Floats:
    """Return one number for each row; ``infinite`` allows infinities, never NaN."""
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} has shape {array.shape} and dtype {array.dtype}; expected one "
            "number for each row, of shape (n_samples,)"
        )
    array = array.astype(np.float64)
    bad = np.isnan(array) if infinite else ~np.isfinite(array)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"{name}[{row}]={array[row]} must be "
            f"{'a number' if infinite else 'finite'}: drop the row, or repair what it "
            "comes from"
        )
    return array


def check_weight(sample_weight: ArrayLike | None, n_rows: int) -> Floats:
    """Return the weight of each row; none given means 1."""
    if sample_weight is None:
        return np.ones(n_rows)
    weight = check_numbers("sample_weight", sample_weight)
    if len(weight) != n_rows:
        raise ValueError(
            f"sample_weight has {len(weight)} values, but there are {n_rows} rows; "
            "give one for each"
        )
    if weight.min() < 0:
        row = int(weight.argmin())
        raise ValueError(f"sample_weight[{row}]={weight[row]} must not be negative")
    if not weight.any():
        raise ValueError("sample_weight is 0 in all rows; at least one must count")
    return weight


def check_labels(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return one label for each row, none of them missing."""
    labels = np.asarray(values)
    if labels.ndim != 1:
        raise ValueError(
            f"{name} has shape {labels.shape}; expected one label for each row, of "
            "shape (n_samples,)"
        )
    if labels.dtype.kind in "fO":
        from pandas import isna

        missing = isna(labels)
        if missing.any():
            row = int(missing.argmax())
            raise ValueError(
                f"{name}[{row}]={labels[row]} is no label: drop the row, or label it"
            )
    return labels


def check_forecasts(
    y_true: ArrayLike, y_proba: ArrayLike, labels: ArrayLike | None
) -> tuple[NDArray[np.intp], Floats]:
    """Return the column of each row's class, and the probabilities of all classes."""
    y, proba = check_labels("y_true", y_true), np.asarray(y_proba)
    if proba.ndim not in (1, 2):
        raise ValueError(
            f"y_proba has shape {proba.shape}; expected (n_samples, n_classes), or "
            "(n_samples,) for the second of two classes"
        )
    check_lengths(y_true=y, y_proba=proba)
    if proba.ndim == 1:
        proba = check_numbers("y_proba", proba)
        outside = (proba < 0) | (proba > 1 + SUM_TOLERANCE)
        if outside.any():
            row = int(outside.argmax())
            raise ValueError(
                f"y_proba[{row}]={proba[row]} must lie in [0, 1]: pass probabilities, "
                "not logits, scores or percentages"
            )
        proba = np.minimum(proba, 1)
        proba = np.column_stack([1 - proba, proba])
    proba = check_probabilities("y_proba", proba, ndim=None).astype(np.float64)
    classes = np.unique(y if labels is None else check_labels("labels", labels))
    if len(classes) != proba.shape[1] or len(classes) < 2:
        raise ValueError(
            f"{'y_true' if labels is None else 'labels'} holds the classes "
            f"{classes.tolist()}, and y_proba has {proba.shape[1]} columns; expected a "
            "column for each of two classes or more: name all classes by labels="
        )
    unknown = ~np.isin(y, classes)
    if unknown.any():
        row = int(unknown.argmax())
        raise ValueError(
            f"y_true[{row}]={y.tolist()[row]!r} is none of the labels "
            f"{classes.tolist()}: name all classes by labels="
        )
    return np.searchsorted(classes, y), proba
