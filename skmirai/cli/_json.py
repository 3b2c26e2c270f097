"""What JSON has no word for: numbers of NumPy, numbers that are none, objects."""

import math
from collections.abc import Mapping
from pathlib import Path
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


def check_form(output: Path, *, as_json: bool) -> None:
    """Raise an error if --json and the name of a report ask for two forms.

    Parameters
    ----------
    output : Path
        The report.
    as_json : bool
        Whether JSON is asked for.

    Raises
    ------
    ValueError
        If the name is that of a page or a table.

    Examples
    --------
    >>> from pathlib import Path
    >>> from skmirai.cli._json import check_form
    >>> check_form(Path("report.html"), as_json=True)
    Traceback (most recent call last):
    ValueError: --json and report.html are two forms: leave one out, or name it .json
    """
    if as_json and output.suffix.lower() in (".html", ".htm", ".csv"):
        raise ValueError(
            f"--json and {output} are two forms: leave one out, or name it .json"
        )
