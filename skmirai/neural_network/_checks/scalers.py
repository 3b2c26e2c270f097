"""What rows ask of a scaler, and what is said of one that cannot do it."""

from inspect import signature
from typing import Any

import numpy as np
from sklearn.utils import get_tags

from skmirai.preprocessing import scaler_names, scaler_value
from skmirai.utils._docstrings import alternatives


def moderate(weight: np.ndarray) -> np.ndarray:
    """Weights of about 1 if they are far from it, divided by a power of 2.

    A sum of 1e16 would be so many rows that any column looks constant to a scaler.
    """
    exponent = int(np.frexp(weight.mean())[1])
    return weight if abs(exponent) < 32 else np.ldexp(weight, -exponent)


def checked_scale(scaler: Any) -> Any:
    """Refuse a scaler to which the spread of a column was too large for a number.

    It would turn the column into zeros.
    """
    scale = getattr(scaler, "scale_", None)
    if isinstance(scale, np.ndarray) and not np.isfinite(scale).all():
        column = np.flatnonzero(~np.isfinite(scale))[0]
        raise useless_scaler(scaler, "found a spread too large for float64", column)
    return scaler


def useless_scaler(scaler: Any, what: str, column: int) -> ValueError:
    """Error about a scaler that cannot cope with a column."""
    value = scaler_value(scaler)
    others = [name for name in scaler_names(bounded=True) if name != value]
    return ValueError(
        f"scaler={value!r} {what} in its column {column} (of kept numbers, counted "
        f"from 0); choose another scaler, such as {alternatives(others)}, or name the "
        f"column in drop_columns"
    )


def learns_in_parts(scaler: Any, what: str) -> bool:
    """Tell scalers that see the rows in parts from those that need none at all."""
    if hasattr(scaler, "partial_fit"):
        return True
    if not get_tags(scaler).requires_fit:  # the identity of scaler=None
        return False
    raise ValueError(
        f"{what} needs a scaler that learns in parts, but "
        f"scaler={scaler_value(scaler)!r} has no partial_fit; use "
        f"scaler={alternatives(scaler_names(in_parts=True))}, or None on data that is "
        f"scaled already"
    )


def partial_fit_takes_weight(scaler: Any) -> bool:
    """Tell whether a scaler weighs the rows of a part."""
    return "sample_weight" in signature(scaler.partial_fit).parameters
