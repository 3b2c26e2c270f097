"""What JSON has no word for: numbers of NumPy, numbers that are none, objects."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Return a value as JSON takes it.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    dict, list, str, int, float, bool or None
        None for a number that is not finite; what has no form in JSON becomes text.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.cli._json import plain
    >>> plain({"a": np.float64(0.5), 2: (np.nan, np.array([1]), slice(3))})
    {'a': 0.5, '2': [None, [1], 'slice(None, 3, None)']}
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return str(value)
