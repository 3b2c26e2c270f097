"""Folds of contiguous blocks, with a gap between training and test rows."""

from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import type_of_target

from skmirai.model_selection._times import (
    AFTERIMAGE,
    afterimage_memory,
    afterimage_residual,
    check_purge,
    distance_to,
)
from skmirai.utils._seconds import in_seconds
from skmirai.utils._sklearn import num_samples


class BlockedStratifiedKFold(BaseCrossValidator):
    """Folds whose test rows are one contiguous block of each class.

    Features of traffic remember: neighbouring rows share the streams that they were
    computed from, and shuffled folds put one of them on either side. Here the rows of
    every class, in their order or in that of ``times``, are cut into ``n_splits``
    blocks; fold ``k`` tests on the ``k``-th block of each class, and trains on the
    others but for those within ``purge`` of a test row, before it or behind it.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    purge : int, float or "afterimage", default=0
        Training rows this near to a test row are left out: at most so many rows away,
        or so many seconds where ``split`` is given ``times``. "afterimage" derives the
        seconds from the slowest decay of
        :class:`~skmirai.feature_extraction.AfterImageExtractor` and ``residual``.
    residual : float, default=0.01
        Share of the weight of a test packet that a training row may still hold, or the
        other way round, for ``purge="afterimage"``: .01 takes 664 seconds.

    See Also
    --------
    sklearn.model_selection.LeaveOneGroupOut : Whole captures, devices or days left out.
    sklearn.model_selection.TimeSeriesSplit : Tests on what comes after, if every part
        of the time has all classes.

    Notes
    -----
    Every row is tested once. Purged rows are in neither part of that fold.

    Where ``times`` cannot be passed on, as in a search without metadata routing, pass
    the splits themselves: ``cv=[*folds.split(X, y, times=times)]``.

    References
    ----------
    M. Lopez de Prado: Advances in Financial Machine Learning. Wiley 2018, chapter 7
    (purged cross-validation).

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection import BlockedStratifiedKFold
    >>> y = np.repeat([0, 1], 6)
    >>> folds = BlockedStratifiedKFold(3, purge=1)
    >>> for train, test in folds.split(np.zeros((12, 1)), y):
    ...     print(train, test)
    [ 3  4  9 10 11] [0 1 6 7]
    [ 0  5  6 11] [2 3 8 9]
    [0 1 2 7 8] [ 4  5 10 11]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        purge: float | str = 0,
        residual: float = 0.01,
    ) -> None:
        self.n_splits = n_splits
        self.purge = purge
        self.residual = residual

    def get_n_splits(
        self, X: Any = None, y: Any = None, groups: Any = None, times: Any = None
    ) -> int:
        """Number of folds.

        Parameters
        ----------
        X, y, groups, times : object
            Ignored; for scikit-learn's tools.

        Returns
        -------
        int
            ``n_splits``.
        """
        return self.n_splits

    def split(
        self, X: Any, y: Any = None, groups: Any = None, times: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the row numbers of every fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows; only their number matters.
        y : array-like of shape (n_samples,)
            Class labels.
        groups : object, default=None
            Ignored; whole groups are kept together by
            :class:`~sklearn.model_selection.LeaveOneGroupOut` and its relatives.
        times : array-like of shape (n_samples,), default=None
            Seconds or dates of the rows. Without them the rows lie in their order.

        Yields
        ------
        train, test : ndarray of int
            Row numbers, ascending.

        Raises
        ------
        ValueError
            If a class has fewer rows than there are folds, or none that is left to
            train on; if ``purge`` needs times.
        """
        self._check()
        n_rows = num_samples(X)
        codes, classes = _codes(y, n_rows, self.n_splits)
        places = np.arange(n_rows, dtype=np.float64)
        if times is not None:
            places = in_seconds(times, n_rows)
        elif self.purge == AFTERIMAGE:
            raise ValueError(
                "purge='afterimage' is a gap in seconds and needs the times of the "
                "rows: split(X, y, times=...), or metadata routing with "
                "set_split_request(times=True); or give purge a number of rows"
            )
        gap = self.purge
        if isinstance(gap, str):
            gap = afterimage_memory(self.residual)
        folds = []
        for test, distance in _test_blocks(codes, places, self.n_splits):
            train = ~test if gap == 0 else ~test & (distance > gap)
            folds.append((train, test))
        self._check_left(folds, codes, classes, times, places)
        for train, test in folds:
            yield np.flatnonzero(train), np.flatnonzero(test)

    def _check(self) -> None:
        if not isinstance(self.n_splits, Integral) or isinstance(self.n_splits, bool):
            raise TypeError(f"n_splits={self.n_splits!r} must be an integer")
        if self.n_splits < 2:
            raise ValueError(f"n_splits={self.n_splits!r} must be at least 2")
        check_purge(self.purge, self.residual)

    def _check_left(
        self,
        folds: list[Any],
        codes: np.ndarray,
        classes: np.ndarray,
        times: Any,
        places: np.ndarray,
    ) -> None:
        """Insist on rows of every class to train on, in every fold."""
        lacking = [
            (k, classes[code])
            for k, (train, _) in enumerate(folds)
            for code in range(len(classes))
            if not (train & (codes == code)).any()
        ]
        if not lacking:
            return
        widest = widest_gap(codes, places, self.n_splits)
        k, name = lacking[0]
        unit = "rows" if times is None else "seconds"
        remedy = f"purge must be less than {widest:g} {unit}"
        if widest == 0:
            remedy = "only purge=0 leaves some"
        elif self.purge == AFTERIMAGE:
            remedy = f"residual must be above {afterimage_residual(widest):.3g}"
        raise ValueError(
            f"purge={self.purge!r} leaves no row of class {name!r} to train on in fold "
            f"{k} (counted from 0): for these rows and n_splits={self.n_splits} "
            f"{remedy}"
        )


def widest_gap(codes: np.ndarray, places: np.ndarray, n_splits: int) -> float:
    """Distance that a gap must not reach, so that every fold has all classes.

    Parameters
    ----------
    codes : ndarray of int, shape (n_samples,)
        Number of the class of each row; each class has a row for every fold.
    places : ndarray of float64, shape (n_samples,)
        Time of each row, or its position.
    n_splits : int
        Number of folds.

    Returns
    -------
    float
        The least distance, over folds and classes, of the training row that is
        farthest from the test rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.model_selection._blocks import widest_gap
    >>> widest_gap(np.repeat([0, 1], 6), np.arange(12.0), 3)
    2.0
    """
    return min(
        float(distance[~test & (codes == code)].max())
        for test, distance in _test_blocks(codes, places, n_splits)
        for code in np.unique(codes)
    )


def _test_blocks(
    codes: np.ndarray, places: np.ndarray, n_splits: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Mask of the test rows of each fold, and how far every row is from one."""
    order = np.argsort(places, kind="stable")
    block = np.empty(len(codes), np.intp)
    for code in np.unique(codes):
        own = order[codes[order] == code]
        for k, part in enumerate(np.array_split(own, n_splits)):
            block[part] = k
    for k in range(n_splits):
        test = block == k
        yield test, distance_to(places, places[test])


def _codes(y: Any, n_rows: int, n_splits: int) -> tuple[np.ndarray, np.ndarray]:
    """Number of the class of each row, and the classes."""
    kind = type_of_target(y) if y is not None else "missing"
    if kind not in ("binary", "multiclass"):
        raise ValueError(f"y must hold class labels, got a target that is {kind}")
    labels = column_or_1d(y)
    check_consistent_length(np.empty(n_rows), labels)
    classes, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    classes = classes.astype(object)  # numbers and text as messages show them
    if counts.min() < n_splits:
        few = counts.argmin()
        raise ValueError(
            f"class {classes[few]!r} has {counts[few]} rows, which cannot be cut into "
            f"n_splits={n_splits} blocks; take fewer folds"
        )
    return codes, classes
