"""Values of a column of categories: text or numbers, and one that is missing."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from skmirai.utils._frames import column_values

#: Rows that are enough for a number of its own, where there are many categories.
_ROWS_OF_A_NUMBER = 10

#: What a column of text is taken for one of numbers from: their share, and how many
#: of them differ.
_NEARLY_ALL, _DISTINCT_NUMBERS = 0.9, 20

_NUMBERS = (int, float, np.integer, np.floating, np.bool_)


def category_values(X: Any, position: int, title: str) -> np.ndarray:
    """Return a column as text or as numbers of Python, NaN where one is missing.

    Parameters
    ----------
    X : DataFrame, ndarray or sparse matrix of shape (n_rows, n_columns)
        The table.
    position : int
        Position of the column.
    title : str
        What error messages call the column.

    Returns
    -------
    values : ndarray of object, shape (n_rows,)
        All text, or all numbers, but for NaN.

    Raises
    ------
    ValueError
        If the column holds text and numbers.
    TypeError
        If it holds values of other types.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._categories import category_values
    >>> table = np.array([["tcp", 1], [None, 2]], dtype=object)
    >>> category_values(table, 0, "column 0")
    array(['tcp', nan], dtype=object)
    """
    values = column_values(X, position)
    if values.dtype.kind in "biufU":
        values = values.astype(object)
    if values.dtype != object:
        raise TypeError(
            f"{title} holds values of type {values.dtype}; categories are text or "
            f"numbers: convert the column, for example by astype(str), or drop it"
        )
    import pandas as pd

    missing = pd.isna(values)
    known = values[~missing]
    types = {type(value) for value in known}
    is_text = [issubclass(kind, str) for kind in types]
    others = [kind for kind in types if not issubclass(kind, (str, *_NUMBERS))]
    if others:
        way = "str.decode('utf-8')" if others[0] is bytes else "astype(str)"
        raise TypeError(
            f"{title} holds {_example(known, others[0])} of type "
            f"{others[0].__name__}; categories are text or numbers: convert the "
            f"column, for example by {way}, or drop it"
        )
    if any(is_text) and not all(is_text):
        number = next(kind for kind in types if not issubclass(kind, str))
        raise ValueError(
            f"{title} holds text and numbers, {_example(known, str)} and "
            f"{_example(known, number)}: which of them are the same category? "
            f"Make it one type, for example by astype(str)"
        )
    out = np.empty(len(values), dtype=object)
    plain = types <= {str, int, float, bool}
    out[~missing] = known if plain else [_plain(value) for value in known]
    out[missing] = np.nan
    return out


def _plain(value: Any) -> Any:
    """Turn a number of NumPy, a member of an enumeration and so on into Python's own.

    Files hold these, and a member of an enumeration has another hash than its value.
    """
    if isinstance(value, np.generic):
        return value.item()
    for kind in (str, bool, int, float):
        if isinstance(value, kind):
            # the value itself: str() of a member may be its name
            return (
                value if kind is bool else getattr(kind, f"__{kind.__name__}__")(value)
            )
    return value


def numbers_among_text(values: np.ndarray) -> tuple[float, str] | None:
    """Tell whether a column of text is one of numbers, with some that are none.

    Nearly all of its values, nine in ten, are numbers, and twenty of them differ:
    Zeek's logs, for instance, have a dash where a number is missing.

    Parameters
    ----------
    values : ndarray of object, shape (n_rows,)
        What `category_values` returns.

    Returns
    -------
    share : float
        Share of the numbers among the values that are not missing.
    other : str
        The first value that is no number.
        None in place of both where there is nothing to tell.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._categories import numbers_among_text
    >>> seconds = np.array([*map(str, range(29)), "-"], dtype=object)
    >>> share, other = numbers_among_text(seconds)
    >>> round(share, 2), other
    (0.97, '-')
    """
    counts = Counter(value for value in values if isinstance(value, str))
    if len(counts) <= _DISTINCT_NUMBERS:
        return None
    others = Counter({text: n for text, n in counts.items() if not _is_number(text)})
    n_values, n_others = counts.total(), others.total()
    few = len(counts) - len(others) < _DISTINCT_NUMBERS
    if few or not 0 < n_others <= (1 - _NEARLY_ALL) * n_values:
        return None
    return 1 - n_others / n_values, next(iter(others))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def kind_of_categories(categories: np.ndarray) -> str | None:
    """Tell whether categories are text or numbers; None if all are missing.

    Parameters
    ----------
    categories : ndarray of object, shape (n_categories,)
        What `category_values` returns, or the distinct ones of it.

    Returns
    -------
    {"text", "numbers"} or None
        Their kind.
    """
    for value in categories:
        if isinstance(value, str):
            return "text"
        if value == value:
            return "numbers"
    return None


def enough_rows(n_rows: int) -> int:
    """Return how many rows a category of its own needs, in a table of so many.

    A hundredth of them, at least 2 and at most 50.
    """
    return min(max(n_rows // 100, 2), 50)


def rows_of_a_number(min_frequency: Any, n_rows: int) -> float:
    """Return how many rows a category needs for a number, among many categories.

    Parameters
    ----------
    min_frequency : "auto", int, float or None
        As in `TableEncoder`; "auto" is what `enough_rows` says, at most 10.
    n_rows : int
        Number of rows of the table.

    Examples
    --------
    >>> from skmirai.preprocessing._categories import rows_of_a_number
    >>> [rows_of_a_number(least, 5_000) for least in ("auto", 3, 0.01, None)]
    [10, 3, 50.0, 1]
    """
    if min_frequency is None:
        return 1
    if min_frequency == "auto":
        return min(enough_rows(n_rows), _ROWS_OF_A_NUMBER)
    return min_frequency if min_frequency >= 1 else min_frequency * n_rows


def frequent_categories(values: np.ndarray, least: float) -> np.ndarray:
    """Return the categories of so many rows or more, sorted, the missing one last.

    Parameters
    ----------
    values : ndarray of object, shape (n_rows,)
        What `category_values` returns.
    least : float
        Fewest rows.

    Returns
    -------
    categories : ndarray of object, shape (n_categories,)
        The categories.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._categories import frequent_categories
    >>> values = np.array(["udp", np.nan, "tcp", "tcp", np.nan, "gre"], dtype=object)
    >>> frequent_categories(values, 2)
    array(['tcp', nan], dtype=object)
    """
    found = [value for value, n_rows in Counter(values).items() if n_rows >= least]
    present = sorted(value for value in found if value == value)
    categories = np.empty(len(found), dtype=object)
    categories[: len(present)] = present
    categories[len(present) :] = np.nan
    return categories


def category_numbers(values: np.ndarray, categories: np.ndarray) -> np.ndarray:
    """Return 1 + the place of each value among categories, and 0 for others.

    Parameters
    ----------
    values : ndarray of object, shape (n_rows,)
        What `category_values` returns.
    categories : ndarray of object, shape (n_categories,)
        What `frequent_categories` returns.

    Returns
    -------
    numbers : ndarray of int, shape (n_rows,)
        The numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.preprocessing._categories import category_numbers
    >>> known = np.array(["tcp", np.nan], dtype=object)
    >>> category_numbers(np.array([np.nan, "gre", "tcp"], dtype=object), known)
    array([2, 0, 1])
    """
    # NaN is found as what it is, since it equals nothing
    place = {np.nan if c != c else c: n for n, c in enumerate(categories, start=1)}
    return np.fromiter((place.get(v, 0) for v in values), dtype=int, count=len(values))


def category_table(
    X: Any,
    positions: Sequence[int],
    titles: Sequence[str],
    known: Sequence[np.ndarray] | None = None,
) -> np.ndarray:
    """Return columns of categories as `category_values` does.

    Parameters
    ----------
    X : DataFrame, ndarray or sparse matrix of shape (n_rows, n_columns)
        The table.
    positions : sequence of int
        Positions of the columns.
    titles : sequence of str
        What error messages call them.
    known : sequence of ndarray or None, default=None
        Categories of each column, whose values must be of the same kind.

    Returns
    -------
    ndarray of object, shape (n_rows, n_chosen)
        The values.

    Raises
    ------
    ValueError
        If a column holds text and numbers, or one in place of the other.
    TypeError
        If it holds values of other types.
    """
    table = np.empty((X.shape[0], len(positions)), dtype=object)
    for place, (position, title) in enumerate(zip(positions, titles, strict=True)):
        values = table[:, place] = category_values(X, position, title)
        expected = None if known is None else kind_of_categories(known[place])
        found = kind_of_categories(values)
        if None not in (expected, found) and found != expected:
            raise ValueError(
                f"{title} holds {found}, but held {expected} at fit; convert it, for "
                f"example by astype({'str' if expected == 'text' else 'float'})"
            )
    return table


def _example(values: np.ndarray, kind: type) -> str:
    found = repr(next(value for value in values if isinstance(value, kind)))
    return found if len(found) <= 40 else f"{found[:36]} ..."
