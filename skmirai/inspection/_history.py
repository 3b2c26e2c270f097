"""Find the history of training in what users have at hand."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted


def history_of(run: Any) -> Mapping[str, Any]:
    """Return the values per epoch that an estimator, search or Keras object keeps.

    Parameters
    ----------
    run : object
        A mapping; an object with ``history_``, as fitted estimators have it, or with
        ``history``, as Keras returns it; a pipeline; a search.

    Returns
    -------
    mapping of str to sequence of float
        The history, as it stands there.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If it is an estimator that is not fitted.
    TypeError
        If it keeps no history.
    """
    if isinstance(run, Mapping):
        return run
    for name in ("history_", "history"):
        history = getattr(run, name, None)
        if isinstance(history, Mapping):
            return history
    if not isinstance(run, type) and hasattr(run, "fit"):
        check_is_fitted(run)
        if hasattr(run, "best_estimator_"):
            return history_of(run.best_estimator_)
        if hasattr(run, "steps"):
            return history_of(run.steps[-1][1])
    remedy = "; fit the search with refit=True" if hasattr(run, "best_params_") else ""
    raise TypeError(
        f"{run!r} keeps no history of its training: expected a fitted estimator with "
        f"history_, a pipeline that ends in one, a search over one, a Keras History or "
        f"a mapping of names to lists{remedy}"
    )


def named_runs(history: Any) -> Mapping[Any, Any]:
    """Return runs by name; a single one gets the empty name."""
    if isinstance(history, Mapping) and any(
        isinstance(value, Mapping) or hasattr(value, "fit") or hasattr(value, "history")
        for value in history.values()
    ):
        return history
    return {"": history}


def known(history: Mapping[str, np.ndarray], key: str) -> bool:
    """Say whether a quantity has a value in any epoch."""
    return key in history and bool(np.isfinite(history[key]).any())
