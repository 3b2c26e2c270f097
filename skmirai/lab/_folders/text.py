"""Tables and curves as plain text."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

_BARS = "▁▂▃▄▅▆▇█"


def columns(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Set a table in columns, the first flush left; None stands for an empty cell.

    Examples
    --------
    >>> from skmirai.lab._folders.text import columns
    >>> print(columns(["run", "A", "B"], [["2 x 20", "0.9", None], ["4", "0.85", "1"]]))
    run        A  B
    2 x 20   0.9
    4       0.85  1
    """
    lines = [["" if cell is None else str(cell) for cell in row] for row in rows]
    lines.insert(0, list(header))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if k else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def spark(values: Sequence[float], low: float, high: float, width: int = 40) -> str:
    """Draw a curve in one line of blocks.

    Parameters
    ----------
    values : sequence of float
        One finite value for each epoch.
    low, high : float
        What the lowest and the highest block stand for.
    width : int, default=40
        Most blocks; each is the mean of some epochs where there are more.

    Examples
    --------
    >>> from skmirai.lab._folders.text import spark
    >>> spark([4.0, 2.0, 1.0, 0.5], 0.0, 4.0)
    '█▅▃▂'
    """
    parts = np.array_split(np.asarray(values, dtype=float), min(width, len(values)))
    means = np.array([part.mean() for part in parts])
    scale = (high - low) or 1.0
    places = np.clip((means - low) / scale, 0, 1) * (len(_BARS) - 1)
    return "".join(_BARS[round(place)] for place in places)


def short(value: Any) -> str:
    """Write a figure with as many digits as tell it from others of its kind.

    Examples
    --------
    >>> from skmirai.lab._folders.text import short
    >>> short([3.14821899, 84952])
    '3.148219, 84952'
    """
    if isinstance(value, list):
        return ", ".join(map(short, value))
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def for_json(value: Any) -> Any:
    """Return what JSON can hold: lists for tuples, None for what is no finite number.

    Examples
    --------
    >>> from skmirai.lab._folders.text import for_json
    >>> for_json({"values": (1, float("nan"))})
    {'values': [1, None]}
    """
    if isinstance(value, Mapping):
        return {str(name): for_json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [for_json(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
