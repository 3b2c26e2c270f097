"""What the trials of a study came to, in the format of scikit-learn's searches."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from scipy.stats import rankdata

from skmirai.model_selection._search.rungs import last_step
from skmirai.model_selection._search.trials import (
    SAME_AS,
    Trials,
    best_rung,
    counts,
    horizon,
    is_outside,
    rungs_seen,
    with_params,
)

_STATES = optuna.trial.TrialState


def scored_trials(study: "optuna.Study") -> list[Any]:
    """Trials that are over and have scores, in the order of their numbers."""
    return [
        trial
        for trial in study.get_trials(deepcopy=False)
        if counts(trial) and trial.state != _STATES.RUNNING and rungs_seen(trial)
    ]


def is_pruned(trial: Any) -> bool:
    """Tell whether a trial was ended before its last rung or fold."""
    return trial.state == _STATES.PRUNED


def has_failed(trial: Any) -> bool:
    """Tell whether a trial has no score, since a fit or a scoring of it failed."""
    return trial.state == _STATES.FAIL


def tried_folds(trials: Sequence[Any]) -> list[dict[str, Any]]:
    """Scores of the folds that trials have trained on, at all of their rungs."""
    return [
        fold
        for trial in trials
        if SAME_AS not in trial.user_attrs
        for rung in rungs_seen(trial)
        for fold in rung.scores
    ]


def all_params(trials: Trials, trial: Any) -> dict[str, Any]:
    """Parameters behind the scores of a trial, its epochs included."""
    params = trials.params_of(trial)
    if is_outside(trial) and trials.space.names is not None:
        own = trials.estimator.get_params()
        params = {
            name: own[name] for name in trials.space.names if name in own
        } | params
    epochs = best_rung(trial, trials.metric).epochs
    if epochs is None or trials.rungs is None:
        return params
    found = last_step(with_params(trials.estimator, params))
    return {
        **params,
        **horizon(found, trials.rungs),
        f"{found.prefix}epochs": epochs,
    }


def fold_results(trial: Any, metric: str | None, n_splits: int) -> list[dict[str, Any]]:
    """Scores and times of a trial, fold by fold, as scikit-learn's searches hold them.

    Times are those of all rungs up to the best one. Folds that a pruned trial did not
    come to are NaN, and so are scores of training that nobody asked for at the time.
    """
    seen, best = rungs_seen(trial), best_rung(trial, metric)
    behind = [
        rung
        for rung in seen
        if best.epochs is None or (rung.epochs or 0) <= best.epochs
    ]
    results = []
    for number in range(n_splits):
        if number < len(best.scores):
            fold = dict(best.scores[number])
            if fold["train_scores"] is None:
                fold["train_scores"] = _nothing(fold["test_scores"])
            for name in ("fit_time", "score_time"):
                fold[name] = sum(rung.scores[number][name] for rung in behind)
        else:
            fold = {name: _nothing(value) for name, value in best.scores[0].items()} | {
                "fit_error": None
            }
        results.append(fold)
    return results


def _nothing(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict.fromkeys(value, np.nan)
    return np.nan


def like_each_other(folds: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give failed folds scores by the names that the others have.

    A scorer that returns several is known by its first success only.
    """
    names = next(
        (
            fold["test_scores"]
            for fold in folds
            if isinstance(fold["test_scores"], dict)
        ),
        None,
    )
    if names is None:
        return list(folds)
    return [
        {
            key: dict.fromkeys(names, value)
            if key.endswith("_scores") and isinstance(value, float | int)
            else value
            for key, value in fold.items()
        }
        for fold in folds
    ]


def rank_finished(results: dict[str, Any], pruned: np.ndarray) -> None:
    """Rank trials by each mean test score; pruned and failed ones are last."""
    for name in [key for key in results if key.startswith("mean_test_")]:
        values = np.where(pruned | np.isnan(results[name]), -np.inf, results[name])
        ranks = rankdata(-values, method="min")
        results[name.replace("mean_", "rank_")] = ranks.astype(np.int32)
