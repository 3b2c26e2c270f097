"""Tables of many classes or kinds, as far as people read them."""

from typing import NamedTuple

import numpy as np
import pandas as pd

#: Most lines of a table of classes or kinds; of longer ones half are the largest, and
#: half the worst.
MOST = 40

#: Column of the verdicts that have none of their own.
OTHERS = "all others"


class Shortened(NamedTuple):
    """A table, and what is left out of it.

    Attributes
    ----------
    table : DataFrame
        Some of the lines, in their order.
    note : str
        Which these are; empty if they are all.
    """

    table: pd.DataFrame
    note: str


def shortened(name: str, table: pd.DataFrame) -> Shortened:
    """Leave lines out of a long table.

    Parameters
    ----------
    name : {"confusion", "by_class", "by_kind"} or other str
        Which table it is; any other one is left as it is.
    table : DataFrame
        As :func:`~skmirai.cli._evaluating.tables.confusion` or
        :func:`~skmirai.cli._evaluating.tables.recalls` returns it.

    Returns
    -------
    Shortened
        Of more than `MOST` lines, the ones with the most rows, and as many of the
        others with the least recall. Counts of verdicts that are no classes of these
        lines are added up in a last column.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmirai.cli._evaluating.shortened import shortened
    >>> table = pd.DataFrame({"n_rows": range(1, 101), "recall": 1.0})
    >>> short = shortened("by_class", table)
    >>> len(short.table), short.note[:47]
    (40, '40 of 100 classes: the 20 with the most rows, a')
    """
    if name not in ("confusion", "by_class", "by_kind") or len(table) <= MOST:
        return Shortened(table, "")
    if name == "confusion":
        n_rows = table.sum(axis=1).to_numpy()
        # unknown labels have no column of their own: none of their rows is right
        right = np.diag(table.reindex(columns=table.index, fill_value=0))
        recall = np.divide(right, n_rows, out=np.ones(len(table)), where=n_rows > 0)
    else:
        n_rows, recall = table["n_rows"].to_numpy(), table["recall"].to_numpy()
    kept = largest_and_worst(n_rows, recall)
    what = "kinds" if name == "by_kind" else "classes"
    half = MOST // 2
    note = (
        f"{MOST} of {len(table):,} {what}: the {half} with the most rows, and the "
        f"{half} of the others with the least recall; --json has all"
    )
    short = table.iloc[kept]
    if name == "confusion":
        own = table.columns.isin(short.index) | ~table.columns.isin(table.index)
        short = short.loc[:, own].assign(**{OTHERS: short.loc[:, ~own].sum(axis=1)})
    return Shortened(short, note)


def largest_and_worst(n_rows: np.ndarray, recall: np.ndarray) -> np.ndarray:
    """Choose lines: half of `MOST` by their rows, half of the others by their recall.

    Parameters
    ----------
    n_rows, recall : ndarray of shape (n_lines,)
        Of each line; of more than `MOST`.

    Returns
    -------
    ndarray of shape (MOST,)
        Places of the lines, ascending.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.cli._evaluating.shortened import largest_and_worst
    >>> n_rows, recall = np.arange(100), np.linspace(1, 0, 100)
    >>> recall[50] = 0
    >>> kept = largest_and_worst(n_rows, recall)
    >>> kept[:2].tolist(), kept[-20:].tolist() == list(range(80, 100))
    ([50, 61], True)
    """
    largest = np.argsort(-n_rows, kind="stable")[: MOST // 2]
    # of equal recall the larger one first
    worst = np.lexsort((-n_rows, recall))
    worst = worst[~np.isin(worst, largest)][: MOST - len(largest)]
    return np.sort(np.concatenate([largest, worst]))
