"""Find the trials of a search in what users have at hand, and check them."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted


def check_is_search(search: Any) -> None:
    """Insist that something is a fitted search with trials of Optuna.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If it is an estimator that is not fitted.
    TypeError
        If it has no trials.
    """
    if hasattr(search, "study_") and hasattr(search, "trials_"):
        return
    if not isinstance(search, type) and hasattr(search, "fit"):
        check_is_fitted(search)
    raise TypeError(
        f"{search!r} has no trials_ and study_ of Optuna: expected a fitted "
        f"MiraiSearchCV; SearchDisplay.from_study draws a study, and "
        f"SearchDisplay(numbers, scores) the candidates of any search"
    )


def arrays_of(study: Any, trials: Iterable[Any]) -> dict[str, Any]:
    """Return what a display takes of a study and those of its trials with a value."""
    valued = [trial for trial in trials if trial.value is not None]
    reports = pd.DataFrame([trial.intermediate_values for trial in valued], dtype=float)
    reports = reports.sort_index(axis=1)
    defaults = [trial.number for trial in valued if "defaults" in trial.user_attrs]
    return {
        "numbers": [trial.number for trial in valued],
        "scores": [trial.value for trial in valued],
        "pruned": [trial.state.name == "PRUNED" for trial in valued],
        "rungs": reports.columns.to_numpy(),
        "rung_scores": reports.to_numpy(),
        "defaults": defaults[0] if defaults else None,
        "greater_is_better": study.direction.name == "MAXIMIZE",
    }


def name_of_score(search: Any) -> str:
    """Return what the score that decides is called, as far as ``scoring`` tells."""
    name = search.scoring
    if not isinstance(name, str | None):
        several = name if isinstance(name, Mapping | list | tuple) else ()
        name = (
            search.refit if isinstance(search.refit, str) else next(iter(several), None)
        )
    if not isinstance(name, str):
        return "score"
    words = name.replace("neg_", "negative ").replace("_", " ")
    return words.replace("roc auc", "ROC AUC")


def checked_trials(
    numbers: Any, scores: Any, pruned: Any, rungs: Any, rung_scores: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return scores of trials by number, and those at the rungs; all of one length."""
    numbers = np.asarray(numbers, dtype=np.int64)
    rungs = np.asarray([] if rungs is None else rungs)
    n_trials, n_rungs = len(numbers), len(rungs)
    if not n_trials:
        raise ValueError("there is no trial to draw; give at least one")
    if len(np.unique(numbers)) < n_trials:
        raise ValueError(f"numbers must name each trial once, not {numbers.tolist()}")
    trials = pd.DataFrame(
        {
            "score": _values("scores", scores, (n_trials,), np.nan),
            "pruned": _values("pruned", pruned, (n_trials,), False),
        },
        numbers,
    )
    at_rungs = _values("rung_scores", rung_scores, (n_trials, n_rungs), np.nan)
    return trials.sort_index(), pd.DataFrame(at_rungs, numbers, rungs)


def roles_of(
    trials: pd.DataFrame,
    defaults: int | None,
    best: int | None,
    *,
    greater_is_better: bool,
) -> pd.Series:
    """Return what each trial is: "pruned", "finished", "defaults" or "best"."""
    finished = trials["score"].mask(trials["pruned"])
    if best is None and finished.notna().any():
        ordered = finished.sort_values(ascending=not greater_is_better, kind="stable")
        best = int(ordered.index[0])
    roles: dict[Any, str] = {
        number: "pruned" if pruned else "finished"
        for number, pruned in trials["pruned"].items()
    }
    for role, number in {"defaults": defaults, "best": best}.items():
        if number is None:
            continue
        if number not in roles:
            raise ValueError(f"{role}={number!r} must be one of the numbers of trials")
        roles[number] = role
    return pd.Series(roles)


def kinds_of(kind: str | None, curves: pd.DataFrame) -> list[str]:
    """Return what is drawn, panel by panel."""
    if kind is None:
        kind = "both" if (curves.notna().sum(axis=1) > 1).any() else "scores"
    if kind not in ("scores", "rungs", "both"):
        raise ValueError(f"kind={kind!r} must be 'scores', 'rungs', 'both' or None")
    if kind != "scores" and curves.isna().all(axis=None):
        raise ValueError(
            f"kind={kind!r} needs scores at rungs, and there are none; kind='scores' "
            f"draws the others"
        )
    return ["scores", "rungs"] if kind == "both" else [kind]


def _values(
    name: str, found: Any, shape: tuple[int, ...], missing: bool | float
) -> np.ndarray:
    """Return an array of a shape, full of one value if there is none."""
    if found is None:
        return np.full(shape, missing)
    values = np.asarray(found, dtype=type(missing))
    if values.shape != shape:
        raise ValueError(
            f"{name} has the shape {values.shape}; expected {shape}, for {shape[0]} "
            f"trials" + (f" and {shape[1]} rungs" if shape[1:] else "")
        )
    return values
