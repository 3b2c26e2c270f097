"""Seeded stratified samples of rows, in the order of time."""

import numpy as np
from sklearn.utils import check_random_state


def stratified_subset(
    y: np.ndarray, subset: str | int, random_state: int | np.random.RandomState | None
) -> np.ndarray | None:
    """Choose rows, of each class the share that it has in `y`.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Classes.
    subset : {"full", "half", "quarter"} or int
        "half" are n_rows // 2 rows and "quarter" n_rows // 4. Of each class the
        nearest whole number of rows is taken, and at least one.
    random_state : int, RandomState instance or None
        Seed of the choice.

    Returns
    -------
    rows : ndarray of intp, or None
        Sorted numbers of the chosen rows; None for all rows.

    Raises
    ------
    ValueError
        If `subset` is larger than the table or smaller than the number of classes.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.datasets._subset import stratified_subset
    >>> y = np.array([0, 0, 1, 1, 1, 1, 1, 1])
    >>> np.bincount(y[stratified_subset(y, "half", 0)])
    array([1, 3])
    """
    if subset == "full":
        return None
    size = {"half": len(y) // 2, "quarter": len(y) // 4}.get(str(subset), subset)
    classes, inverse, counts = np.unique(y, return_inverse=True, return_counts=True)
    if not len(classes) <= int(size) <= len(y):
        raise ValueError(
            f"subset={subset!r} asks for {size} rows, expected at least one of each "
            f"of {len(classes)} classes and at most the {len(y)} rows there are"
        )
    wanted = _share_out(int(size), counts)
    random = check_random_state(random_state)
    chosen = [
        random.choice(np.flatnonzero(inverse == k), n, replace=False)
        for k, n in enumerate(wanted)
    ]
    return np.sort(np.concatenate(chosen))


def _share_out(size: int, counts: np.ndarray) -> np.ndarray:
    """Share `size` rows out in proportion to `counts`, by largest remainders."""
    exact = size * counts / counts.sum()
    shares = np.maximum(np.floor(exact).astype(int), 1)
    while shares.sum() != size:  # as many steps as there are classes, at most
        short = shares.sum() < size
        gap = np.where(shares < counts, exact - shares, -np.inf)
        spare = np.where(shares > 1, shares - exact, -np.inf)
        shares[np.argmax(gap if short else spare)] += 1 if short else -1
    return shares
