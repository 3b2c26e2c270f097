"""The lab's splits of a table into training, validation and test rows."""

from typing import NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

#: The published training did not seed its shuffled split. This seed is the first
#: with its class counts, 84,952 benign and 449,943 attack rows to train on.
SPLIT_SEED = 309
#: The rest is halved into validation and test rows with this seed.
HALVING_SEED = 1


class Splits(NamedTuple):
    """Row numbers of the three parts of a table.

    Attributes
    ----------
    train, validation, test : ndarray of int
        Row numbers.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def shuffled_split(n_rows: int) -> Splits:
    """70 % of the rows to train on, the rest in two halves, all at random.

    Parameters
    ----------
    n_rows : int
        Rows of the table.

    Returns
    -------
    Splits
        The row numbers. Classes are not stratified, as in the lab.

    Examples
    --------
    >>> from skmirai.lab import shuffled_split
    >>> [len(part) for part in shuffled_split(764_137)]
    [534895, 114621, 114621]
    """
    train, rest = train_test_split(
        np.arange(n_rows), test_size=0.3, random_state=SPLIT_SEED
    )
    validation, test = train_test_split(rest, test_size=0.5, random_state=HALVING_SEED)
    return Splits(train, validation, test)


def ordered_split(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """First 70 % of the rows, and the others.

    Parameters
    ----------
    n_rows : int
        Rows of the table.

    Returns
    -------
    train, rest : ndarray of int
        Row numbers.

    Examples
    --------
    >>> from skmirai.lab import ordered_split
    >>> [len(part) for part in ordered_split(764_137)]
    [534895, 229242]
    """
    train, rest = train_test_split(np.arange(n_rows), test_size=0.3, shuffle=False)
    return train, rest
