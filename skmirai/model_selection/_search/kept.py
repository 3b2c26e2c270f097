"""Fitted transformers of folds, kept in memory over trials."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

import joblib
import numpy as np
import psutil
from scipy.sparse import issparse
from sklearn.pipeline import Pipeline

#: Share of the free memory that is used at most.
_SHARE = 0.25


class KeptFits:
    """What a Pipeline needs of :class:`joblib.Memory`, in memory and bounded.

    As the ``memory`` of a Pipeline it returns the transformer that was fitted to the
    same rows with the same parameters before, and the same transformed rows. Rows are
    told apart by their identity, so that what is kept holds them. They are read-only,
    as a step behind that writes to its rows would change those of other trials. Fits
    that were not used for the longest time go first.

    Parameters
    ----------
    most_bytes : int, default=None
        Largest size of the rows together, before and after; None is a quarter of the
        memory that is free now.
    """

    def __init__(self, most_bytes: int | None = None) -> None:
        self._most = share_of_memory() if most_bytes is None else most_bytes
        self._size = 0
        self._fits: OrderedDict[Any, tuple[Any, Any, int]] = OrderedDict()
        self._lock = Lock()
        self._at_work: dict[Any, Lock] = {}

    def __deepcopy__(self, memo: Any) -> "KeptFits":
        return self  # clones of a Pipeline share it

    def cache(
        self, function: Callable[..., Any], ignore: Any = None
    ) -> Callable[..., Any]:
        """Return a function that fits a transformer only where that is not kept."""

        def fitted(transformer: Any, X: Any, y: Any, **how: Any) -> Any:
            params = how.get("params")
            try:
                said = joblib.hash((transformer, {**params} if params else None))
            except Exception:  # what cannot be pickled is fitted anew
                return function(transformer, unshared(X), y, **how)

            def fit() -> Any:
                result = function(transformer, unshared(X), y, **how)
                read_only(result[0])
                return result

            return self.of((said, id(X), id(y)), fit, (X, y))

        return fitted

    def transformed(self, pipeline: Pipeline, X: Any) -> Any:
        """Return what fitted transformers make of rows, made once where both are kept.

        Parameters
        ----------
        pipeline : Pipeline
            Transformers alone, fitted.
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        array-like of shape (n_samples, n_transformed)
            They are not to be written to.
        """
        steps = [step for _, step in pipeline.steps]
        key = *map(id, steps), id(X)
        held = X, steps
        return self.of(key, lambda: read_only(pipeline.transform(unshared(X))), held)

    def of(self, key: Any, make: Callable[[], Any], held: Any) -> Any:
        """Return the value of a key, made if it is not kept; see :class:`Memory`."""
        with self._lock:
            working = self._at_work.setdefault(key, Lock())
        with working:
            result = self._look_up(key)
            if result is None:
                result = make()
                self._keep(key, result, held)
        with self._lock:
            self._at_work.pop(key, None)
        return result

    def _look_up(self, key: Any) -> Any:
        with self._lock:
            if key not in self._fits:
                return None
            self._fits.move_to_end(key)
            return self._fits[key][0]

    def _keep(self, key: Any, result: Any, held: Any) -> None:
        rows = result[0] if isinstance(result, tuple) else result
        size = size_of(rows) + size_of(held[0])
        with self._lock:
            if size > self._most or key in self._fits:
                return
            self._fits[key] = result, held, size
            self._size += size
            while self._size > self._most:
                _, (_, _, gone) = self._fits.popitem(last=False)
                self._size -= gone


def share_of_memory() -> int:
    """Bytes that what is kept may take: a quarter of the memory that is free now."""
    return int(_SHARE * psutil.virtual_memory().available)


def read_only(rows: Any) -> Any:
    """Keep a table that several fits share from being written to; return it."""
    held = rows.data if issparse(rows) else rows
    if isinstance(held, np.ndarray):
        held.flags.writeable = False
    return rows


def unshared(rows: Any) -> Any:
    """Copy a table that cannot be kept from being written to, a frame of pandas."""
    return rows.copy() if hasattr(rows, "iloc") else rows


def size_of(rows: Any) -> int:
    """Bytes of a table, about."""
    if issparse(rows):
        return int(rows.data.nbytes * 2)
    if hasattr(rows, "memory_usage"):
        return int(np.sum(rows.memory_usage(deep=False)))
    return int(getattr(rows, "nbytes", 0))
