"""Fits on the folds of two splits, and the answers for all rows that they test."""

import time
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from skmirai.model_selection._baseline_splits import Split
from skmirai.model_selection._baselines import chosen_feature
from skmirai.model_selection._scores import Answers, answers
from skmirai.utils._sklearn import safe_indexing


class FoldAnswers(NamedTuple):
    """What a model says about the test rows of a fold.

    Attributes
    ----------
    found : Answers or None
        None if it failed.
    seconds : float
        That the fit took.
    feature : str or None
        The column that it looked at, if it is the baseline of one.
    failure : str
        Why there are no answers, else "".
    """

    found: Answers | None
    seconds: float
    feature: str | None
    failure: str


def fit_all(
    models: Mapping[str, Any],
    splits: Mapping[str, Split],
    X: Any,
    y: np.ndarray,
    n_jobs: int | None,
) -> dict[tuple[str, str], list[FoldAnswers]]:
    """Fit every model on every fold.

    Parameters
    ----------
    models : dict of str to classifier
        The first one is the estimator, whose failures are errors.
    splits : dict of str to Split
        Folds by the name of the split.
    X : array-like of shape (n_rows, n_features)
        Rows.
    y : ndarray of shape (n_rows,)
        Labels.
    n_jobs : int or None
        Number of fits side by side.

    Returns
    -------
    dict of (str, str) to list of FoldAnswers
        Answers on the folds, by model and split.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from skmirai.model_selection._baseline_fits import fit_all
    >>> from skmirai.model_selection._baseline_splits import Split
    >>> X, y, rows = np.zeros((4, 1)), np.array([0, 0, 1, 0]), np.arange(4)
    >>> once = Split([(rows[:3], rows[3:])], "the last row")
    >>> found = fit_all({"majority": DummyClassifier()}, {"honest": once}, X, y, None)
    >>> found["majority", "honest"][0].found.labels
    array([0])
    """
    jobs = [
        (name, split, k)
        for name in models
        for split in splits
        for k in range(len(splits[split].folds))
    ]
    own, classes = next(iter(models)), np.unique(y)
    done = Parallel(n_jobs=n_jobs)(
        delayed(_fit)(
            models[name],
            X,
            y,
            classes,
            splits[split].folds[k],
            name,
            f"fold {k} (counted from 0) of the {split} split",
            name == own,
        )
        for name, split, k in jobs
    )
    folds: dict[tuple[str, str], list[FoldAnswers]] = {}
    for (name, split, _), result in zip(jobs, done, strict=True):
        folds.setdefault((name, split), []).append(result)
    return folds


def _fit(
    model: Any,
    X: Any,
    y: np.ndarray,
    classes: np.ndarray,
    fold: tuple[np.ndarray, np.ndarray],
    name: str,
    where: str,
    is_own: bool,
) -> FoldAnswers:
    train, test = fold
    model, start = clone(model), time.perf_counter()
    try:
        with warnings.catch_warnings():
            if not is_own:  # of baselines only failures matter
                warnings.simplefilter("ignore")
            model.fit(safe_indexing(X, train), y[train])
            seconds = time.perf_counter() - start
            found = answers(model, safe_indexing(X, test), classes)
            feature = chosen_feature(model)
    except Exception as error:
        if is_own:
            error.add_note(f"{name} failed in {where}")
            raise
        why = f"{type(error).__name__} in {where}: {error}"
        return FoldAnswers(None, np.nan, None, why)
    return FoldAnswers(found, seconds, feature, "")
