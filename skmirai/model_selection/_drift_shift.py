"""How far the rows of a window lie from those that a model was trained on."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from skmirai.model_selection._blocks import BlockedStratifiedKFold

#: Rows of each side that are looked at, evenly spread over its time.
_MOST_ROWS = 1000

#: With fewer rows on a side a domain classifier learns nothing.
_FEWEST_ROWS = 40

#: Blocks of each side, by turns held out.
_N_BLOCKS = 3


class Shift(NamedTuple):
    """How far two sets of rows are from each other.

    Attributes
    ----------
    domain_auc : float
        Area under the ROC curve of a classifier that tells the two apart, on blocks
        of time that it was not trained on; NaN if there are too few rows.
    by_column : ndarray of shape (n_columns,)
        Largest difference of the distribution functions of numbers
        (Kolmogorov-Smirnov), or half the sum of the differences of the shares of
        categories (total variation): 0 for equal distributions, 1 for disjoint ones.
    """

    domain_auc: float
    by_column: np.ndarray


def shift(
    columns: list[np.ndarray], past: np.ndarray, window: np.ndarray, seed: int
) -> Shift:
    """Measure how far a window is from the past.

    Parameters
    ----------
    columns : list of ndarray of shape (n_rows,)
        Numbers, or objects that are categories.
    past, window : ndarray of int
        Rows of the two sides, in the order of time.
    seed : int
        Seeds the domain classifier.

    Returns
    -------
    Shift
        The distance of the rows, and of each column.

    Notes
    -----
    Folds are contiguous: rows in time resemble their neighbours, and shuffled folds
    would tell any two stretches of time apart.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._drift_shift import shift
    >>> rng = np.random.default_rng(0)
    >>> columns = [rng.normal(size=600), np.repeat(["udp", "tcp"], 300).astype(object)]
    >>> found = shift(columns, np.arange(300), np.arange(300, 600), seed=0)
    >>> found.domain_auc, found.by_column[1].item()
    (1.0, 1.0)
    """
    past, window = _spread(past), _spread(window)
    coded = [_codes(values[past], values[window]) for values in columns]
    distances = [
        _distance(*sides, values) for sides, values in zip(coded, columns, strict=True)
    ]
    table = np.column_stack([np.concatenate(sides) for sides in coded])
    return Shift(_domain_auc(table, len(past), seed), np.array(distances))


def _spread(rows: np.ndarray) -> np.ndarray:
    """At most so many rows, evenly spread."""
    if len(rows) <= _MOST_ROWS:
        return rows
    return rows[np.linspace(0, len(rows) - 1, _MOST_ROWS).round().astype(int)]


def _codes(past: np.ndarray, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sides of a column as numbers: categories by how frequent they are."""
    if past.dtype != object:
        return past.astype(np.float64), window.astype(np.float64)
    both = np.concatenate([past, window])
    codes = pd.factorize(both, use_na_sentinel=False)[0]
    ranks = np.argsort(np.argsort(-np.bincount(codes), kind="stable"))
    numbers = ranks[codes].astype(np.float64)
    return numbers[: len(past)], numbers[len(past) :]


def _distance(past: np.ndarray, window: np.ndarray, values: np.ndarray) -> float:
    """Distance of the two distributions; a missing number is a value of its own."""
    if values.dtype == object:
        length = int(max(past.max(), window.max())) + 1
        shares = [
            np.bincount(side.astype(int), minlength=length) / len(side)
            for side in (past, window)
        ]
        return float(np.abs(shares[0] - shares[1]).sum() / 2)
    sides = [np.where(np.isnan(side), np.inf, side) for side in (past, window)]
    return float(ks_2samp(*sides, method="asymp").statistic)


def _domain_auc(table: np.ndarray, n_past: int, seed: int) -> float:
    side = np.repeat([0, 1], [n_past, len(table) - n_past])
    if min(n_past, len(table) - n_past) < _FEWEST_ROWS or not table.shape[1]:
        return np.nan
    areas = []
    for train, test in BlockedStratifiedKFold(_N_BLOCKS).split(table, side):
        trees = HistGradientBoostingClassifier(
            max_iter=30, early_stopping=False, random_state=seed
        )
        known = table[train]
        known[:, np.isnan(known).all(axis=0)] = 0  # nothing to learn from
        proba = trees.fit(known, side[train]).predict_proba(table[test])
        areas.append(roc_auc_score(side[test], proba[:, 1]))
    return float(np.mean(areas))
