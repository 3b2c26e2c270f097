"""Gaps between blocks that leave rows to train on."""

import math

import numpy as np

from skmirai.model_selection._blocks import widest_gap

#: Folds of an honest split.
N_FOLDS = 3


def fitting(gap: float, codes: np.ndarray, places: np.ndarray, unit: str) -> float:
    """Return a gap, or the largest one with which blocks have all classes.

    Classes of fewer rows than folds, of which there are no blocks, are left out.

    Parameters
    ----------
    gap : float
        Gap that is wanted, in rows or seconds.
    codes : ndarray of int, shape (n_rows,)
        Number of the class of each row.
    places : ndarray of float64, shape (n_rows,)
        Time of each row, or its position.
    unit : str
        "rows" or "seconds".

    Returns
    -------
    float
        The gap; a smaller one in whole rows, or in seconds to three digits.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._audit._gaps import fitting
    >>> codes, places = np.repeat([0, 1], 6), np.arange(12.0)
    >>> fitting(1, codes, places, "rows"), fitting(9, codes, places, "rows")
    (1, 1.0)
    """
    often = np.bincount(codes)[codes] >= N_FOLDS
    if gap == 0 or not often.any():
        return gap
    widest = widest_gap(codes[often], places[often], N_FOLDS)
    if gap < widest:
        return gap
    if widest == 0:
        return 0.0
    step = 1.0 if unit == "rows" else 10.0 ** (math.floor(math.log10(widest)) - 2)
    return float(f"{step * (math.ceil(widest / step) - 1):.9g}")
