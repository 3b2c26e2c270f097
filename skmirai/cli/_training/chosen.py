"""The estimator that is trained: the documented choice, or what a search finds."""

import sys
from collections.abc import Iterable
from typing import Any

import numpy as np

from skmirai.cli._output import say
from skmirai.cli._training.parts import TRAIN
from skmirai.cli._training.plan import Plan

#: Most folds of a search.
_FOLDS = 5


def chosen(
    plan: Plan,
    *,
    fixed: Iterable[str],
    n_trials: int | None,
    timeout: float | None,
    quiet: bool,
    **params: Any,
) -> tuple[Any, bool]:
    """Return an estimator, not fitted.

    Parameters
    ----------
    plan : Plan
        Rows; a search sees those to train only.
    fixed : iterable of str
        Parameters, "NAME=VALUE".
    n_trials : int or None
        Trials of a search; None for none.
    timeout : float or None
        Seconds after which no trial begins.
    quiet : bool
        Whether to say nothing.
    **params
        Further parameters.

    Returns
    -------
    estimator : MiraiDNNClassifier or MiraiDNNRegressor
    interrupted : bool
        Whether Ctrl-C has ended the search.

    Raises
    ------
    ValueError
        If a parameter is unknown.
    """
    from skmirai.cli import _searches

    if n_trials is None:
        params = {"scaler": "auto"} | params
    estimator, space = _searches.estimator_and_space(
        plan.rows,
        regress=plan.regress,
        fixed=fixed,
        scalers=[],
        random_state=plan.random_state,
        **params,
    )
    if n_trials is None:
        return estimator, False
    from sklearn.base import clone

    from skmirai.cli._training.rows import TrainingRows
    from skmirai.model_selection import MiraiSearchCV

    X, y = plan.of(TRAIN)
    rows = TrainingRows(X, y, plan.groups_of(TRAIN), plan.rows.params)
    kinds = {
        "blocks of neighbouring rows": _searches.BLOCKED,
        "whole groups": _searches.GROUPED,
    }
    kind = kinds.get(plan.unit, _searches.SHUFFLED)
    regress = plan.regress
    search = MiraiSearchCV(
        estimator,
        space,
        n_trials=n_trials,
        timeout=timeout,
        scoring="neg_root_mean_squared_error" if regress else "balanced_accuracy",
        cv=_searches.folds_of(
            kind, _n_folds(rows, regress), plan.random_state, regress=regress
        ),
        refit=False,
        random_state=plan.random_state,
        verbose=int(not quiet and sys.stderr is not None and sys.stderr.isatty()),
    )
    interrupted = _searches.searched(search, rows)
    if not quiet:
        found = ", ".join(f"{k}={v}" for k, v in search.best_params_.items())
        say(
            f"{search.scoring} {search.best_score_:.5g} in {len(search.trials_)} "
            f"trials: {found}",
            err=True,
        )
    return clone(estimator).set_params(**search.best_params_), interrupted


def _n_folds(rows: Any, regress: bool) -> int:
    """As many folds as the rarest class, or the groups, suffice for."""
    least = (
        len(rows.y) if regress else int(np.unique(rows.y, return_counts=True)[1].min())
    )
    if rows.groups is not None:
        least = min(least, len(np.unique(rows.groups)))
    if least < 2:
        raise ValueError(
            "--tune needs two rows of each class to train on, and two groups where "
            "there are groups: give more, or leave it out"
        )
    return min(_FOLDS, least)
