"""Check tables, targets and weights, and carry them together as rows."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import has_fit_parameter

from skmirai.neural_network._checks.scalers import (
    checked_scale,
    learns_in_parts,
    moderate,
    partial_fit_takes_weight,
)
from skmirai.neural_network._columns.kept import check_columns
from skmirai.neural_network._columns.scaled import NumberScaler, plain_output
from skmirai.neural_network._columns.tables import RowsOf, is_too_large
from skmirai.neural_network._engine.lazy import LazyArray
from skmirai.utils._finite import quiet
from skmirai.utils._sklearn import check_sample_weight, safe_indexing

#: Limits of the largest weight: sums of weighted losses must be numbers, also in
#: single precision, and weighted means must keep their digits.
_LARGEST_WEIGHTS = 1e-290, 1e30


@contextmanager
def _about(name: str, suffix: str) -> Iterator[None]:
    """Let errors of the block name the argument with the suffix that they are about.

    Without a suffix they are those of scikit-learn, whose words its checks expect.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        if not suffix or name + suffix in str(error):
            raise
        raise type(error)(f"{name}{suffix}: {error}") from error


@dataclass(frozen=True)
class Rows:
    """Rows of a raw table with encoded targets and the weights of the user.

    Attributes
    ----------
    X : DataFrame, ndarray or RowsOf, of shape (n_samples, n_features)
        All columns, values not checked.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Encoded targets.
    sample_weight : ndarray of shape (n_samples,) or None
        Positive weights; None stands for equal ones.
    suffix : str, default=""
        What follows "X" and "y" in error messages: "_val" for validation rows.
    """

    X: Any
    y: np.ndarray
    sample_weight: np.ndarray | None
    suffix: str = ""

    def take(self, indices: np.ndarray) -> "Rows":
        """Rows of these numbers, in their order."""
        weight = self.sample_weight
        return Rows(
            _take(self.X, indices),
            self.y[indices],
            None if weight is None else weight[indices],
            self.suffix,
        )

    @property
    def relative_weight(self) -> np.ndarray | None:
        """Weights with mean 1, so that a weight of 2 is like a row given twice."""
        if self.sample_weight is None:
            return None
        return self.sample_weight / self.sample_weight.mean()

    @property
    def _target(self) -> np.ndarray:
        """Encoded targets, those of one output in one dimension."""
        return self.y[:, 0] if self.y.ndim == 2 and self.y.shape[1] == 1 else self.y

    @quiet
    def fit_scaler(self, scaler: Any, kept: np.ndarray | LazyArray) -> Any:
        """Fit a scaler to the kept columns and targets, weighted if it takes weights.

        Parameters
        ----------
        scaler : transformer
            The scaler.
        kept : ndarray of shape (n_samples, n_kept)
            Columns that were not dropped.

        Returns
        -------
        scaler : transformer
            The same one, fitted.
        """
        if isinstance(scaler, NumberScaler):
            return scaler.fitted_by(self.fit_scaler, kept)
        if isinstance(kept, LazyArray):
            return self._fit_scaler_in_parts(scaler, kept)
        weight = {}
        if self.sample_weight is not None and has_fit_parameter(
            scaler, "sample_weight"
        ):
            weight = {"sample_weight": moderate(self.sample_weight)}
        try:
            with plain_output():
                return checked_scale(scaler.fit(kept, self._target, **weight))
        except ValueError as error:
            if "dataframes" not in str(error):
                raise
            raise ValueError(
                f"scaler={scaler!r} chooses columns by name, but gets the kept "
                f"columns as an array ({error}); choose them by position, or put the "
                f"transformer before the estimator in a Pipeline"
            ) from error

    def update_scaler(self, scaler: Any, kept: np.ndarray | LazyArray) -> Any:
        """Return a copy of the scaler that has seen these rows too."""
        if isinstance(scaler, NumberScaler):
            return scaler.fitted_by(self.update_scaler, kept)
        scaler = copy.deepcopy(scaler)
        if isinstance(kept, LazyArray):
            return self._fit_scaler_in_parts(scaler, kept)
        if learns_in_parts(scaler, "partial_fit"):
            return self._update_part(scaler, kept, slice(None))
        return self.fit_scaler(scaler, kept)

    def _fit_scaler_in_parts(self, scaler: Any, kept: LazyArray) -> Any:
        kind = getattr(kept.rows, "kind", "large")
        if learns_in_parts(scaler, f"a {kind} table of this size"):
            for rows in kept.slices():
                self._update_part(scaler, kept.read(rows), rows)
            return scaler
        rows = next(kept.slices())
        with plain_output():
            return scaler.fit(kept.read(rows), self._target[rows])

    @quiet
    def _update_part(self, scaler: Any, kept: np.ndarray, rows: slice) -> Any:
        weight = {}
        if self.sample_weight is not None and partial_fit_takes_weight(scaler):
            weight = {"sample_weight": self.sample_weight[rows]}
        with plain_output():
            scaler.partial_fit(kept, self._target[rows], **weight)
        return checked_scale(scaler)


@quiet
def check_weight(X: Any, sample_weight: Any) -> np.ndarray | None:
    """Check the users' weights: one for each row, not negative, not all zero."""
    if sample_weight is None:
        return None
    weight = check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )
    least, most = _LARGEST_WEIGHTS
    if not least <= (largest := weight.max()) <= most:
        raise ValueError(
            f"the largest sample_weight is {largest:g}, but sums of weights need it "
            f"between {least:g} and {most:g}; divide all weights by it"
        )
    return weight


def without_zero_weights(
    X: Any, y: np.ndarray, weight: np.ndarray | None
) -> tuple[Any, np.ndarray, np.ndarray | None]:
    """Leave out the rows of weight 0: they must have no effect at all."""
    if weight is None or weight.all():
        return X, y, weight
    kept = np.flatnonzero(weight)
    return _take(X, kept), y[kept], weight[kept]


def _take(X: Any, rows: np.ndarray) -> Any:
    return X.take(rows) if isinstance(X, RowsOf) else safe_indexing(X, rows)


def check_rows(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    *,
    continued: bool,
    suffix: str = "",
) -> tuple[Any, np.ndarray, np.ndarray | None]:
    """Check table, targets and weights against each other.

    Error messages call them X, y and sample_weight, followed by the suffix.

    Returns
    -------
    X : DataFrame, ndarray or RowsOf, of shape (n_samples, n_features)
        The table, its values not checked; RowsOf if it stays on the disk or is
        sparse.
    y : ndarray
        The targets as the user gave them.
    sample_weight : ndarray of shape (n_samples,) or None
        Positive weights; rows of weight 0 are gone from all three.
    """
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, "
            f"but the target y is None."
        )
    on_disk = is_too_large(X)
    with _about("X", suffix):
        X = check_columns(estimator, X, reset=not continued)
    with _about("y", suffix):
        y = estimator._check_target(y, f"y{suffix}")
        check_consistent_length(X, y)
    with _about("sample_weight", suffix):
        weight = check_weight(X, sample_weight)
    if on_disk or sparse.issparse(X):
        X = RowsOf(X, always=on_disk)
    return without_zero_weights(X, y, weight)


def rows_of_fit(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    validation: tuple[Any, Any, Any],
    rng: np.random.RandomState,
    continued: bool = False,
) -> tuple[Rows, Rows | None]:
    """Check what ``fit`` was given, and split a validation part off where it is to be.

    Parameters
    ----------
    estimator : BaseMiraiDNN
        Learns columns and classes, unless it goes on with those that it knows.
    X, y, sample_weight
        Rows, as ``fit`` takes them.
    validation : tuple
        Its ``X_val``, ``y_val`` and ``sample_weight_val``.
    rng : RandomState
        Draws the validation part.
    continued : bool, default=False
        Whether the fitted estimator goes on.

    Returns
    -------
    rows, validation : Rows
        Rows to train on, and to validate with or None.
    """
    X, y, weight = check_rows(estimator, X, y, sample_weight, continued=continued)
    rows = Rows(X, estimator._encode(y, reset=not continued, name="y"), weight)
    if continued:
        estimator._check_continued(rows.y)
    given = _validation_rows(estimator, *validation)
    if given is None and estimator.validation_fraction is not None:
        kept, rest = estimator._split(rows.y, rng)
        return rows.take(kept), rows.take(rest)
    return rows, given


def _validation_rows(estimator: Any, X: Any, y: Any, sample_weight: Any) -> Rows | None:
    given = {"X_val": X, "y_val": y, "sample_weight_val": sample_weight}
    if all(value is None for value in given.values()):
        return None
    for name in ("X_val", "y_val"):
        if given[name] is None:
            raise ValueError(
                f"{name} is missing: validation data needs both X_val and y_val"
            )
    X, y, weight = check_rows(
        estimator, X, y, sample_weight, continued=True, suffix="_val"
    )
    return Rows(X, estimator._encode(y, reset=False, name="y_val"), weight, "_val")


def check_target_range(y: np.ndarray, dtype: str, name: str = "y") -> None:
    """Insist that numeric targets can be told in the network's precision."""
    if y.dtype.kind == "f" and (largest := np.abs(y).max()) > np.finfo(dtype).max:
        raise ValueError(
            f"{name} holds a value of size {largest:g}, too large for {dtype}; scale "
            f"the target, for example with "
            f"TransformedTargetRegressor(transformer=StandardScaler())"
        )
