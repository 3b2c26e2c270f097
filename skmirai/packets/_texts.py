"""Texts of a column, each different one read once."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd


def each(column: pd.Series, read: Callable[[Any], Any], dtype: Any) -> np.ndarray:
    """A function of the values of a column, called once for each different one.

    Parameters
    ----------
    column : Series of shape (n,)
        The values.
    read : callable
        Function of one of them.
    dtype : dtype
        Of what it returns.

    Returns
    -------
    ndarray of shape (n,)
        What the function returned for each value.
    """
    places, unique = pd.factorize(column, use_na_sentinel=False)
    return np.array([read(value) for value in unique], dtype)[places]


def text_of(value: Any) -> str:
    """The first of the occurrences that tshark parts by commas; '' where missing.

    Parameters
    ----------
    value : object
        A text, a number, or one of pandas's ways to say that there is none.

    Returns
    -------
    str
        Without spaces around it.
    """
    if value is None or value is pd.NA or value != value:
        return ""
    return str(value).partition(",")[0].strip()


def is_filled(column: pd.Series) -> np.ndarray:
    """Where a column holds a text.

    Parameters
    ----------
    column : Series of shape (n,)
        The texts.

    Returns
    -------
    ndarray of bool, shape (n,)
        False where there is none, or an empty one.
    """
    return each(column, lambda value: bool(text_of(value)), bool)
