"""The estimator that is trained: the documented choice, or what a search finds."""

import sys
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skmirai.cli import _searches
from skmirai.cli._output import say
from skmirai.cli._training.parts import TRAIN
from skmirai.cli._training.plan import Plan
from skmirai.cli._training.rows import TrainingRows

if TYPE_CHECKING:
    from skmirai.model_selection import MiraiSearchCV

#: Most folds of a search.
_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Choice:
    """What is trained, as far as that is known before a search.

    Attributes
    ----------
    estimator : MiraiDNNClassifier or MiraiDNNRegressor
        It is not fitted.
    search : MiraiSearchCV or None
        A search for its parameters, which has not begun.
    """

    estimator: Any
    search: "MiraiSearchCV | None"

    def made(self, plan: Plan, *, quiet: bool) -> tuple[Any, bool]:
        """Search, if anything is to be searched for.

        Parameters
        ----------
        plan : Plan
            Rows; a search sees those to train only.
        quiet : bool
            Whether to say nothing.

        Returns
        -------
        estimator : MiraiDNNClassifier or MiraiDNNRegressor
            It is not fitted.
        interrupted : bool
            Whether Ctrl-C has ended the search.

        Raises
        ------
        KeyboardInterrupt
            If it is interrupted before a trial has come to its end.
        """
        if (search := self.search) is None:
            return self.estimator, False
        from sklearn.base import clone

        X, y = plan.of(TRAIN)
        rows = TrainingRows(X, y, plan.groups_of(TRAIN), plan.rows.params)
        interrupted = _searches.searched(search, rows)
        if not quiet:
            found = ", ".join(f"{k}={v}" for k, v in search.best_params_.items())
            say(
                f"{search.scoring} {search.best_score_:.5g} in {len(search.trials_)} "
                f"trials: {found}",
                err=True,
            )
        return clone(self.estimator).set_params(**search.best_params_), interrupted


def choice_of(
    plan: Plan,
    *,
    fixed: Collection[str],
    n_trials: int | None,
    timeout: float | None,
    quiet: bool,
    **params: Any,
) -> Choice:
    """Say what is to be trained, and check it.

    Parameters
    ----------
    plan : Plan
        Rows, of whose features nothing is read.
    fixed : collection of str
        Parameters, "NAME=VALUE".
    n_trials : int or None
        Trials of a search; None for none.
    timeout : float or None
        Seconds after which no trial begins.
    quiet : bool
        Whether a search shows no progress.
    **params
        Further parameters.

    Returns
    -------
    Choice

    Raises
    ------
    ValueError
        If a parameter is unknown or out of range, or rows are too few for a search.
    ImportError
        If a search is wanted, and Optuna is not installed.
    """
    regress = plan.regress
    how: dict[str, Any] = {"regress": regress, "random_state": plan.random_state}
    if n_trials is None:
        params = {"scaler": "auto"} | how | params
        estimator = _searches.estimator_of(plan.rows, fixed=fixed, **params)
        estimator._validate_params()
        return Choice(estimator, None)
    from skmirai.model_selection import MiraiSearchCV

    estimator, space = _searches.estimator_and_space(
        plan.rows, fixed=fixed, scalers=[], **how, **params
    )
    estimator._validate_params()
    kinds = {
        "blocks of neighbouring rows": _searches.BLOCKED,
        "whole groups": _searches.GROUPED,
    }
    search = MiraiSearchCV(
        estimator,
        space,
        n_trials=n_trials,
        timeout=timeout,
        scoring="neg_root_mean_squared_error" if regress else "balanced_accuracy",
        cv=_searches.folds_of(
            kinds.get(plan.unit, _searches.SHUFFLED),
            _n_folds(plan.rows.y[plan.parts[TRAIN]], plan.groups_of(TRAIN), regress),
            plan.random_state,
            regress=regress,
        ),
        refit=False,
        random_state=plan.random_state,
        verbose=int(not quiet and sys.stderr is not None and sys.stderr.isatty()),
    )
    return Choice(estimator, search)


def _n_folds(y: np.ndarray, groups: np.ndarray | None, regress: bool) -> int:
    """As many folds as the rarest class, or the groups, suffice for."""
    least = len(y) if regress else int(np.unique(y, return_counts=True)[1].min())
    if groups is not None:
        least = min(least, len(np.unique(groups)))
    if least < 2:
        raise ValueError(
            "--tune needs two rows of each class to train on, and two groups where "
            "there are groups: give more, or leave it out"
        )
    return min(_FOLDS, least)
