"""What makes two searches one: a study goes on with the same folds, space and score."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import joblib
import numpy as np
import optuna

from skmirai.model_selection._search.folds import Folds
from skmirai.model_selection._search.trials import Trials
from skmirai.model_selection._search.words import digest, in_words
from skmirai.utils._sklearn import num_samples, safe_indexing

#: User attribute of the study.
_SEARCH = "search"

#: Rows of the table that are looked at.
_ROWS = 1_000


def check_same_search(study: Any, trials: Trials) -> None:
    """Insist that a study belongs to a search, or is new; then it does.

    Raises
    ------
    ValueError
        If it holds trials of other data or metadata, of another space, score or
        estimator, or looks for the lowest score.
    """
    if study.directions != [optuna.study.StudyDirection.MAXIMIZE]:
        raise ValueError(
            f"the study {study.study_name!r} looks for {study.directions}, but greater "
            f"scores are better: create it with direction='maximize'"
        )
    mine = described(trials)
    known = study.user_attrs.get(_SEARCH)
    if known is None:
        waiting = optuna.trial.TrialState.WAITING
        if any(trial.state != waiting for trial in study.get_trials(deepcopy=False)):
            raise ValueError(
                f"the study {study.study_name!r} holds trials that are none of a "
                f"MiraiSearchCV; give another study_name"
            )
        study.set_user_attr(_SEARCH, mine)
        return
    for name, value in mine.items():
        if known.get(name) != value:
            raise ValueError(
                f"the study {study.study_name!r} is a search with another {name}: "
                f"{known.get(name)!s:.300} there, {value!s:.300} here; scores of the "
                f"two cannot be compared, so give another study_name"
            )


def described(trials: Trials) -> dict[str, Any]:
    """Describe a search by words and numbers that JSON holds."""
    folds = trials.folds
    return {
        "estimator": in_words(trials.estimator),
        "value of a parameter": digest(trials.estimator),
        "space": trials.space.description,
        "rungs": None if trials.rungs is None else list(trials.rungs),
        "scoring": in_words(getattr(folds.scorer, "_scorers", folds.scorer)),
        "metric": trials.metric,
        "number of folds": len(folds),
        "data": _digest_of_data(folds),
        "metadata": _digest_of_metadata(folds.fit_params, folds.score_params),
        "folds": _digest([np.asarray(part) for pair in folds.splits for part in pair]),
    }


def _digest_of_data(folds: Folds) -> str:
    n_rows = num_samples(folds.X)
    rows = np.unique(np.linspace(0, n_rows - 1, min(n_rows, _ROWS)).astype(int))
    parts = [np.asarray(folds.X.shape if hasattr(folds.X, "shape") else n_rows)]
    for part in (folds.X, folds.y):
        if part is not None:
            parts.append(joblib.hash(safe_indexing(part, rows)))
    return _digest(parts)


def _digest_of_metadata(*params: Mapping[str, Any]) -> str:
    return _digest(
        [
            f"{name}: {joblib.hash(value) if np.ndim(value) else in_words(value)}"
            for each in params
            for name, value in sorted(each.items())
        ]
    )


def _digest(parts: Any) -> str:
    content = json.dumps(
        [part if isinstance(part, str) else joblib.hash(part) for part in parts]
    )
    return hashlib.sha256(content.encode()).hexdigest()[:16]
