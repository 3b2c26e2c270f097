"""Find the histories of training in what users have at hand, and check them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

#: What is drawn beside the loss unless ``metrics`` says otherwise: the first that
#: every run has.
PREFERRED = ("accuracy", "mean_absolute_error")


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


def checked_runs(
    histories: Sequence[Mapping[str, Any]], names: Sequence[str] | None
) -> tuple[list[str] | None, list[dict[str, np.ndarray]]]:
    """Return names and histories, the latter as arrays of equal lengths."""
    if not len(histories):
        raise ValueError("there is no history to draw; give at least one run")
    names = None if names is None else [str(name) for name in names]
    if names is None and len(histories) > 1:
        raise ValueError(f"{len(histories)} runs cannot be told apart without names")
    if names is not None and len(names) != len(histories):
        raise ValueError(f"{len(names)} names for {len(histories)} histories")
    labels = names or ["the history"]
    return names, [
        _as_arrays(run, f"run {label!r}" if names else label)
        for label, run in zip(labels, histories, strict=True)
    ]


def checked_metrics(
    metrics: str | Sequence[str] | None, runs: Sequence[Mapping[str, np.ndarray]]
) -> list[str]:
    """Return the names of what is drawn, each of them in every run."""
    common = [
        key
        for key in runs[0]
        if not key.startswith("val_") and all(key in run for run in runs)
    ]
    if metrics is None:
        wanted = [name for name in PREFERRED if name in common] + [
            key for key in common if "loss" not in key and key != "learning_rate"
        ]
        found = [key for key in ("loss",) if key in common] + wanted[:1]
        if not found:
            raise ValueError(
                "the runs have no loss or metric in common; name what to draw by "
                "metrics=[...]"
            )
        return found
    names = [metrics] if isinstance(metrics, str) else [*metrics]
    unknown = [name for name in names if name not in common]
    if unknown or not names:
        raise ValueError(
            f"metrics={metrics!r} must name quantities that every run has: {common}"
        )
    return names


def _as_arrays(history: Mapping[str, Any], where: str) -> dict[str, np.ndarray]:
    """Return the quantities of one run as arrays of one length."""
    try:
        run = {str(key): np.asarray(v, dtype=float) for key, v in history.items()}
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where} must hold one number per epoch ({error})") from error
    lengths = {key: value.shape for key, value in run.items()}
    if any(len(shape) != 1 for shape in lengths.values()):
        raise ValueError(f"{where} must hold one number per epoch; shapes: {lengths}")
    n_epochs = {key: shape[0] for key, shape in lengths.items()}
    if not any(n_epochs.values()):
        raise ValueError(f"{where} is empty: train for at least one epoch")
    if len(set(n_epochs.values())) > 1:
        raise ValueError(
            f"the quantities of {where} differ in length: {n_epochs}; fill epochs "
            f"without a value with NaN"
        )
    return run
