"""What a search is made of before its first fit: its folds, its study, its trials."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import optuna
from sklearn import get_config
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state

from skmirai.model_selection._search.defaults import drawn_at, queue_defaults
from skmirai.model_selection._search.folds import Folds
from skmirai.model_selection._search.identity import check_same_search
from skmirai.model_selection._search.numbered import NumberedTPESampler
from skmirai.model_selection._search.pruning import HalvingPruner
from skmirai.model_selection._search.quiet import quiet_optuna
from skmirai.model_selection._search.rungs import LastStep, last_step, rungs_of
from skmirai.model_selection._search.spaces import Space, check_names, space_of
from skmirai.model_selection._search.storage import opened_study
from skmirai.model_selection._search.trials import Trials
from skmirai.model_selection._search.workers import workers_of
from skmirai.model_selection._search_space import search_distributions
from skmirai.neural_network import n_epochs
from skmirai.utils._sklearn import num_samples, safe_indexing

_MAX_SEED = np.iinfo(np.int32).max


def splits_of(
    search: Any, X: Any, y: Any, params: Mapping[str, Any]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Row numbers of the folds, also where the splitter gives masks.

    Raises
    ------
    ValueError
        If there is no fold.
    """
    cv = check_cv(search.cv, y, classifier=is_classifier(search.estimator))
    rows = np.arange(num_samples(X))
    splits = [
        (safe_indexing(rows, train), safe_indexing(rows, test))
        for train, test in cv.split(X, y, **params)
    ]
    if not splits:
        raise ValueError(
            f"No fits were performed: cv={search.cv!r} has no split of these rows"
        )
    return splits


def prepared(search: Any, folds: Folds) -> tuple[optuna.Study, Trials]:
    """Open the study of a search, and check that it belongs to it.

    Parameters
    ----------
    search : MiraiSearchCV
        Its parameters count.
    folds : Folds
        What its trials are trained and scored on.

    Returns
    -------
    study : optuna.Study
        With the estimator's defaults as its first trial, if it is new.
    trials : Trials
        What a trial is.

    Raises
    ------
    ValueError
        If the space has an unknown parameter, or the study belongs to another search.
    """
    found = last_step(search.estimator)
    space = _space(search, found)
    names = space.names
    if names is None:
        _, params = drawn_at(space, search.estimator.get_params())
        names = [*(params or ())]
    check_names(names, search.estimator)
    rungs = _rungs(search, found, names, len(folds.splits[0][0]))
    trials = Trials(
        estimator=search.estimator,
        space=space,
        folds=folds,
        rungs=rungs,
        metric=_metric(search, folds.scorer),
        workers=workers_of(folds, search.n_jobs),
        check=search._check_scores,
        n_trials=search.n_trials,
        config=get_config(),
    )
    with quiet_optuna():
        study = opened_study(
            search.storage,
            search.study_name,
            sampler=_sampler(search, trials.workers.n_trials),
            pruner=_pruner(search, rungs),
            study=search.study,
        )
    check_same_search(study, trials)
    queue_defaults(study, trials)
    return study, trials


def _space(search: Any, found: LastStep) -> Space:
    if search.space is not None:
        return space_of(search.space)
    if not found.goes_on:
        raise ValueError(
            f"space=None is the space of MiraiDNNClassifier and MiraiDNNRegressor, "
            f"alone or at the end of a Pipeline, and not of "
            f"{type(found.step).__name__}; give a dict of parameters by name"
        )
    return space_of(search_distributions(prefix=found.prefix))


def _rungs(
    search: Any, found: LastStep, names: Iterable[str], n_rows: int
) -> tuple[int, ...] | None:
    reason = found.why_not
    if f"{found.prefix}epochs" in names:
        reason = f"the space sets {found.prefix}epochs"
    if search.rungs is None:
        reason = "rungs=None"
    else:
        rungs_of(search.rungs, epochs=1)  # insists on rungs, also where none count
    if not reason:
        return rungs_of(search.rungs, n_epochs(found.step, n_rows))
    if search.verbose >= 1:
        print(f"Fits are whole, and each fold is a report: {reason}.")
    return None


def _metric(search: Any, scorer: Any) -> str | None:
    """Score that decides, if there are several."""
    if isinstance(search.refit, str):
        return search.refit
    return next(iter(getattr(scorer, "_scorers", ())), None)


def _sampler(search: Any, n_jobs: int) -> Any:
    if search.sampler is not None or search.study is not None:
        return clone(search.sampler, safe=False)
    seed = check_random_state(search.random_state).randint(_MAX_SEED)
    return NumberedTPESampler(
        int(seed), constant_liar=n_jobs > 1 or search.storage is not None
    )


def _pruner(search: Any, rungs: tuple[int, ...] | None) -> Any:
    if search.pruner is not None or search.study is not None:
        return clone(search.pruner, safe=False)
    return HalvingPruner() if rungs else optuna.pruners.MedianPruner()
