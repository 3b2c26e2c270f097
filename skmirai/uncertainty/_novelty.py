"""How unlike the training rows a row is, as a p-value among some of them."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

from skmirai.uncertainty._moments import read_only

Floats = NDArray[np.float64]

#: Neighbours whose farthest tells the distance of a row.
N_NEIGHBORS = 5

#: How far scores may lie apart, in their unit and in proportion, and count as equal:
#: products of single rows and of many round otherwise.
_TOLERANCE = 1e-3

#: Standard deviation below which a unit counts as constant: others must stay numbers.
_SMALLEST_SCALE = 1e-12


def conformal_p_values(scores: ArrayLike, calibration: ArrayLike) -> Floats:
    """Share of the rows that are at least as novel, the row itself counted.

    Of rows like those of calibration, at most a share of ``alpha`` has a p-value of
    ``alpha`` or less, whatever the scores are [1]_.

    Parameters
    ----------
    scores : array-like of shape (n_samples,)
        Scores, higher where a row is more novel.
    calibration : array-like of shape (n_calibration,)
        Scores of rows that the score was not made from.

    Returns
    -------
    ndarray of shape (n_samples,)
        p-values between ``1 / (n_calibration + 1)`` and 1.

    Raises
    ------
    ValueError
        If there is no score to compare with, or one is NaN.

    References
    ----------
    .. [1] S. Bates, E. Candès, L. Lei, Y. Romano and M. Sesia, "Testing for outliers
       with conformal p-values", The Annals of Statistics 51(1), 2023.

    Examples
    --------
    >>> from skmirai.uncertainty import conformal_p_values
    >>> conformal_p_values([0.5, 2.5, 9.0], [1.0, 2.0, 3.0])
    array([1.  , 0.5 , 0.25])
    """
    known = np.sort(np.ravel(np.asarray(calibration, dtype=np.float64)))
    values = np.asarray(scores, dtype=np.float64)
    if not known.size:
        raise ValueError("calibration is empty: give scores of rows to compare with")
    for name, given in (("scores", values), ("calibration", known)):
        if np.isnan(given).any():
            raise ValueError(f"{name} holds NaN, which is neither novel nor known")
    return _shares(values, known)


def _shares(scores: Floats, known: Floats) -> Floats:
    """p-values of scores among sorted ones."""
    return (1 + len(known) - np.searchsorted(known, scores)) / (1 + len(known))


@dataclass(frozen=True, eq=False)
class NoveltyReference:
    """Rows of the training side, and how novel such rows look beside them.

    A row is novel if its signal lies far from those that are kept, or where its
    verdict is undecided, or both: the p-values of distance and indecision are
    multiplied (Fisher's combination [1]_), and the product becomes a p-value among
    rows that neither of them was learned from, since the two are not independent.

    :meth:`learn` makes one of rows; its arrays are read-only.

    Parameters
    ----------
    signals : ndarray of shape (n_kept, n_units)
        Signals of the rows that are kept, each unit divided by its ``scale``.
    scale : ndarray of shape (n_units,)
        Standard deviation of each unit over these rows; 1 where it is nearly 0.
    scores : ndarray of shape (n_first, n_scores)
        Distance of rows that are not kept from the fifth nearest of those that are;
        where there are two columns, their indecision beside it. Each column is sorted.
    surprise : ndarray of shape (n_second,)
        Sum of minus logarithms of the p-values of further rows, in nats; sorted.

    See Also
    --------
    skmirai.MiraiDNNClassifier.novelty_score : The same for rows of a table.

    References
    ----------
    .. [1] R. A. Fisher, "Statistical Methods for Research Workers", 1925.
    .. [2] Y. Sun, Y. Ming, X. Zhu and Y. Li, "Out-of-distribution detection with deep
       nearest neighbors", ICML 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from skmirai.uncertainty import NoveltyReference
    >>> rng = np.random.default_rng(0)
    >>> reference = NoveltyReference.learn(rng.normal(size=(2000, 3)), random_state=0)
    >>> reference.p_values(np.array([[0.0, 0.0, 0.0], [9.0, 9.0, 9.0]])).round(3)
    array([0.982, 0.004])
    """

    signals: NDArray[np.float32]
    scale: NDArray[np.float32]
    scores: Floats
    surprise: Floats

    def __post_init__(self) -> None:
        shapes = []
        for field in fields(self):
            kind = np.float32 if field.name in ("signals", "scale") else np.float64
            value = getattr(self, field.name)
            if field.name in ("scores", "surprise"):
                value = np.sort(value, axis=0)
            value = read_only(value, kind)
            if not value.size or not np.isfinite(value).all():
                raise ValueError(f"{field.name} must hold finite numbers")
            object.__setattr__(self, field.name, value)
            shapes.append(value.shape)
        if (
            [len(shape) for shape in shapes] != [2, 1, 2, 1]
            or shapes[0][1:] != shapes[1]
            or shapes[2][1] > 2
            or (self.scale <= 0).any()
        ):
            raise ValueError(
                f"signals, scale, scores and surprise of the shapes {shapes} do not "
                f"fit together: NoveltyReference.learn makes them"
            )

    @classmethod
    def learn(
        cls,
        signals: ArrayLike,
        indecision: ArrayLike | None = None,
        *,
        n_kept: int | None = None,
        random_state: int | np.random.Generator | None = None,
    ) -> Self:
        """Keep some rows, and compare the others with them.

        Parameters
        ----------
        signals : array-like of shape (n_samples, n_units)
            What is compared, such as the last hidden layer of a network.
        indecision : array-like of shape (n_samples,), default=None
            Higher where the verdict is less certain.
        n_kept : int, default=None
            Rows that are kept, at most half of them, which None stands for. One half
            of the others tells how distance and indecision are spread, the other half
            how their combination is.
        random_state : int, Generator or None, default=None
            Draws the rows.

        Returns
        -------
        NoveltyReference

        Raises
        ------
        ValueError
            If there are fewer than 4 rows, or a number is not finite.
        """
        values = np.asarray(signals, dtype=np.float32)
        n_rows = len(values)
        if n_rows < 4:
            raise ValueError(
                f"novelty cannot be learned from {n_rows} rows: it takes at least 4, "
                f"some to compare with and some to be compared"
            )
        order = np.random.default_rng(random_state).permutation(n_rows)
        n_kept = min(n_kept or n_rows, n_rows // 2)
        kept, others = np.split(order, [n_kept])
        scale = values[kept].std(axis=0, dtype=np.float64).astype(np.float32)
        scale[scale < _SMALLEST_SCALE] = 1
        near = values[kept] / scale
        undecided = None if indecision is None else np.asarray(indecision)[others]
        scores = _scores(KDTree(near), values[others] / scale, undecided)
        first, second = np.array_split(scores, 2)
        surprise = _surprise(second, np.sort(first, axis=0))
        return cls(near, scale, first, surprise)

    def p_values(
        self, signals: ArrayLike, indecision: ArrayLike | None = None
    ) -> Floats:
        """Share of the rows like those of training that look at least as novel.

        Parameters
        ----------
        signals : array-like of shape (n_samples, n_units)
            Signals of new rows.
        indecision : array-like of shape (n_samples,), default=None
            Their indecision, if it was learned from.

        Returns
        -------
        ndarray of shape (n_samples,)
            p-values between ``1 / (n_second + 1)`` and 1. That of a row does not
            depend on the rows beside it.

        Raises
        ------
        ValueError
            If the signals have another width, or ``indecision`` is missing.
        """
        values = np.asarray(signals, dtype=np.float32)
        if values.ndim != 2 or values.shape[1] != self.scale.size:
            raise ValueError(
                f"signals have the shape {values.shape}; expected (n_samples, "
                f"{self.scale.size}), the width of those that were learned from"
            )
        if (indecision is None) != (self.scores.shape[1] == 1):
            raise ValueError(
                "indecision must be given if it was learned from, and only then"
            )
        scores = _scores(self._tree, values / self.scale, indecision)
        return _shares(_surprise(scores, self.scores), self.surprise)

    @cached_property
    def _tree(self) -> Any:
        return KDTree(self.signals)

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)


def _scores(tree: Any, rows: np.ndarray, indecision: ArrayLike | None) -> Floats:
    """Distance of rows from the last of their neighbours, and indecision beside it."""
    distance = tree.query(rows, [min(N_NEIGHBORS, tree.n)])[0]
    if indecision is None:
        return distance
    return np.column_stack([distance, np.asarray(indecision, dtype=np.float64)])


def _surprise(scores: Floats, known: Floats) -> Floats:
    """Sum of minus logarithms of p-values, each column among the sorted known ones."""
    scores = scores - _TOLERANCE * (1 + np.abs(scores))
    columns = zip(scores.T, known.T, strict=True)
    return -np.log([_shares(*both) for both in columns]).sum(axis=0)
