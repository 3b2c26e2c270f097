"""What a table holds where numbers are expected, and what to do about it."""

import datetime
from collections.abc import Sequence
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw
import numpy as np

from skmirai.utils._frames import column_names, column_types, column_values, is_frame

_TIMES = nw.Datetime | nw.Date | nw.Time

#: What is found, and what to do about it; text and other objects have their own ways.
_REMEDIES = {
    "a date": (
        "Turn the column into numbers, such as seconds since the first date or the "
        "hour of the day, or drop it"
    ),
    "a duration": (
        "Turn the column into numbers, such as its seconds (pandas has "
        ".dt.total_seconds()), or drop it"
    ),
    "bytes": (
        "Turn the column into text, in pandas by .str.decode('utf-8'), where they are "
        "categories, or into numbers, or drop it"
    ),
    "a sequence": "Make a column of each of its values, or drop it",
}


class Fault(NamedTuple):
    """A value that is no finite number.

    Attributes
    ----------
    position : int
        Position of its column.
    what : str
        What it is: "text", "a date", "infinity", "a missing value" and so on.
    value : object
        The value.
    """

    position: int
    what: str
    value: Any


def first_time(X: Any) -> Fault | None:
    """Find the first column of a table whose type is that of dates or durations.

    They would become numbers, in whatever unit a library counts time.
    """
    if isinstance(X, np.ndarray):
        types = [X.dtype]
    elif hasattr(X, "iloc"):
        types = list(X.dtypes)
    else:
        types = column_types(X) if is_frame(X) else []
    # asked once for each type: single rows of many columns are read too
    times = {kind: what for kind in {*types} if (what := _kind_of_time(kind))}
    for position, kind in enumerate(types) if times else ():
        if kind in times:
            return Fault(position, times[kind], kind)
    return None


def _kind_of_time(kind: Any) -> str | None:
    """Tell the type of durations or dates from others."""
    letter = getattr(kind, "kind", "")  # NumPy's and pandas' types have one
    if letter == "m" or isinstance(kind, nw.Duration):
        return "a duration"
    return "a date" if letter == "M" or isinstance(kind, _TIMES) else None


def first_fault(X: Any, *, missing: bool) -> Fault | None:
    """Find the first column of a table that holds something else than finite numbers.

    Parameters
    ----------
    X : DataFrame, ndarray or sparse matrix of shape (n_rows, n_columns)
        The table.
    missing : bool
        Whether values may be missing.

    Returns
    -------
    Fault or None
        The first such value of the column; what is missing or infinite is only named
        if all columns hold numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.utils._not_numbers import first_fault
    >>> flows = pd.DataFrame({"size": [60, None], "proto": ["tcp", "udp"]})
    >>> first_fault(flows, missing=False)
    Fault(position=1, what='text', value='tcp')
    """
    if not (hasattr(X, "shape") and len(X.shape) == 2):
        return None
    number = None
    for position in range(X.shape[1]):
        values = column_values(X, position)
        if values.dtype.kind in "biuf":
            values = values[~np.isfinite(values)]
        for value in values.astype(object):  # of Python, where it has such values
            what = _kind(value)
            if what is None or (what == "a missing value" and missing):
                continue
            if what not in ("a missing value", "infinity"):
                return Fault(position, what, value)
            number = number or Fault(position, what, value)
    return number


def _kind(value: Any) -> str | None:
    """Tell what a value is; None is a finite number."""
    import pandas as pd

    if isinstance(value, str):
        return _kind_of_text(value)
    if isinstance(value, bytes):
        return "bytes"
    if isinstance(value, list | tuple | set | dict) or np.ndim(value):
        return "an object" if isinstance(value, dict) else "a sequence"
    if pd.isna(value):
        return "a missing value"
    if isinstance(value, complex | np.complexfloating):
        return "a complex number"
    if isinstance(value, datetime.timedelta | np.timedelta64):
        return "a duration"
    dates = datetime.date | datetime.time | np.datetime64 | pd.Period
    if isinstance(value, dates):
        return "a date"
    try:
        return None if np.isfinite(float(value)) else "infinity"
    except (TypeError, ValueError, OverflowError):
        return "an object"


def _kind_of_text(value: str) -> str | None:
    """Tell text from a number that is written as text, as NumPy does."""
    try:
        number = float(value)
    except ValueError:
        return "text"
    if np.isfinite(number):
        return None
    return "a missing value" if np.isnan(number) else "infinity"


def title_of(
    X: Any, position: int, columns: Sequence[int] | np.ndarray | None = None
) -> str:
    """Return what error messages call a column: by its name, or by its number.

    Parameters
    ----------
    X : DataFrame, ndarray or sparse matrix of shape (n_rows, n_columns)
        The table.
    position : int
        Position of the column.
    columns : sequence or ndarray of int, or None, default=None
        Numbers of the columns where X holds some of a larger table.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.utils._not_numbers import title_of
    >>> title_of(np.zeros((1, 2)), 1, columns=[0, 3])
    'column 3'
    """
    names = column_names(X)
    if names is not None:
        return f"column {names[position]!r}"
    return f"column {position if columns is None else columns[position]}"


def error_about(
    fault: Fault,
    title: str,
    name: str,
    owner: str,
    text_remedy: str,
    error: Exception | None,
) -> Exception:
    """Return the error that says what is wrong and what to do.

    Parameters
    ----------
    fault : Fault
        The value.
    title : str
        What to call its column.
    name : str
        What to call the table.
    owner : str
        Name of the estimator.
    text_remedy : str
        What to do about text.
    error : Exception or None
        What was raised about the value, if something was.

    Returns
    -------
    ValueError or TypeError
        TypeError about objects that can be nothing in a table.
    """
    if fault.what == "a missing value":
        return ValueError(
            f"Input {name} contains NaN in {title}; {owner} takes missing numbers "
            f"with missing='impute' only. Set that, repair the rows, or leave the "
            f"column out."
        )
    if fault.what == "infinity":
        return ValueError(
            f"Input {name} contains infinity or a value too large in {title}, "
            f"{fault.value!r}. Repair the rows, leave the column out, or replace such "
            f"values by NaN, which missing='impute' takes."
        )
    if fault.what == "a complex number":
        return ValueError(
            f"Complex data not supported: {title} of {name} holds {fault.value!r}. "
            f"Give its real and its imaginary part, or its modulus, as columns."
        )
    is_type = isinstance(fault.value, np.dtype)
    found = str(fault.value) if is_type else repr(fault.value)
    found = found if len(found) <= 60 else f"{found[:56]} ..."
    head = f"{name} must hold numbers, but {title} holds"
    if fault.what == "an object":
        kind = type(fault.value).__name__
        why = f" ({error})" if error is not None else ""
        return TypeError(
            f"{head} {found} of type {kind}{why}. Turn the column into numbers or "
            f"text, or drop it."
        )
    remedy = text_remedy if fault.what == "text" else _REMEDIES[fault.what]
    return ValueError(f"{head} {fault.what}, {found}. {remedy}.")
