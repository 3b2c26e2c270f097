"""Cross-validation as a source of uncertainty."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv, cross_validate

from skmirai.neural_network import predict_uncertainty
from skmirai.uncertainty import (
    PredictiveUncertainty,
    RegressionAccumulator,
    RegressionUncertainty,
    UncertaintyAccumulator,
)
from skmirai.utils._sklearn import num_samples, safe_indexing
from skmirai.utils._wrapped import has_passes


@dataclass(frozen=True, eq=False, repr=False)
class CrossValUncertainty:
    """What a cross-validation tells about single rows, and its models as an ensemble.

    Attributes
    ----------
    out_of_fold : PredictiveUncertainty or RegressionUncertainty
        Predictions of the rows that were tested, each by models that were not trained
        on it. Its passes are, where folds are repeated, the repeats in their order,
        and within each its dropout passes.
    rows : ndarray of int of shape (n_tested,)
        Numbers of these rows in the table, ascending.
    estimators : list
        The fitted model of each split.
    test_rows : list of ndarray of int
        Rows that each of them was tested on.
    scores : ndarray of shape (n_splits,)
        Score of each on its test rows, as its ``score`` gives it.
    fit_seconds : ndarray of shape (n_splits,)
        Time of each fit.
    """

    out_of_fold: Any
    rows: NDArray[np.int64]
    estimators: list[Any]
    test_rows: list[NDArray[np.int64]]
    scores: NDArray[np.float64]
    fit_seconds: NDArray[np.float64]

    def predict_uncertainty(
        self,
        X: Any,
        *,
        n_passes: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> Any:
        """Ask the models of all splits about new rows, as an ensemble.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows that none of the models was trained on.
        n_passes : int, default=None
            Dropout passes of each model. None is one prediction of each.
        random_state : int, RandomState instance or None, default=None
            Seeds the dropout masks.

        Returns
        -------
        PredictiveUncertainty or RegressionUncertainty
            Its passes are those of the models in their order.
        """
        found = [
            _asked(model, self._classes, X, n_passes, random_state)
            for model in self.estimators
        ]
        return _merged(found)

    @property
    def _classes(self) -> Any:
        return getattr(self.out_of_fold, "classes", None)

    def __repr__(self) -> str:
        return (
            f"CrossValUncertainty(n_splits={len(self.estimators)}, "
            f"mean score {self.scores.mean():.4f} +- {self.scores.std():.4f}, "
            f"out_of_fold={self.out_of_fold!r})"
        )


def cross_val_uncertainty(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    groups: Any = None,
    cv: Any = None,
    n_passes: int | None = None,
    n_jobs: int | None = None,
    params: Mapping[str, Any] | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> CrossValUncertainty:
    """Cross-validate, and keep what the models say of rows that they have not seen.

    A cross-validation trains as many models as it has splits. Their predictions of
    the rows left out are honest probabilities for every row of the table; together
    they are an ensemble for new rows, trained on parts of the table. Monte Carlo
    dropout asks one model many times instead: a ten-fold cross-validation costs ten
    trainings, a hundred passes cost less than a second.

    Parameters
    ----------
    estimator : estimator
        A classifier with ``predict_proba``, or a regressor; a network, an ensemble, or
        a Pipeline that ends in one where ``n_passes`` is given.
    X : array-like of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,)
        Targets.
    groups : array-like of shape (n_samples,), default=None
        Groups for ``cv``.
    cv : int, splitter or iterable, default=None
        As in :func:`sklearn.model_selection.cross_validate`. Every row that is tested
        must be tested equally often.
    n_passes : int, default=None
        Dropout passes of each model. None is one prediction of each.
    n_jobs : int, default=None
        Splits that are trained side by side.
    params : dict, default=None
        Further arguments of ``fit``, such as ``sample_weight``, and of ``cv``.
    random_state : int, RandomState instance or None, default=None
        Seeds the dropout masks, those of each model alike.

    Returns
    -------
    CrossValUncertainty

    Raises
    ------
    ValueError
        If rows are tested differently often, a model has not seen every class, or
        ``n_passes`` is out of range.
    TypeError
        If the estimator has neither passes that are asked for nor probabilities.

    See Also
    --------
    skmirai.MiraiDNNEnsembleClassifier : Members that are trained on all rows.
    BlockedStratifiedKFold : Splits that do not flatter.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmirai.model_selection import cross_val_uncertainty
    >>> X, y = make_classification(300, flip_y=0.2, random_state=0)
    >>> found = cross_val_uncertainty(LogisticRegression(), X, y, cv=5)
    >>> found.out_of_fold
    PredictiveUncertainty(n_samples=300, classes=[0, 1], n_passes=1)
    >>> found.predict_uncertainty(X[:10]).n_passes
    5
    """
    _check(estimator, n_passes)
    n_rows = num_samples(X)
    classes = np.unique(y) if is_classifier(estimator) else None
    if not get_config()["enable_metadata_routing"]:  # else cv is told more than groups
        splitter = check_cv(cv, y, classifier=classes is not None)
        cv = list(splitter.split(X, y, groups))
        _turns([test for _, test in cv], n_rows)
        if classes is not None:
            for train, _ in cv:
                _check_classes(np.unique(np.asarray(y)[train]), classes)
    done = cross_validate(
        estimator,
        X,
        y,
        groups=groups,
        cv=cv,
        n_jobs=n_jobs,
        params=params,
        return_estimator=True,
        return_indices=True,
        error_score="raise",
    )
    models, test_rows = done["estimator"], done["indices"]["test"]
    found = [
        _asked(model, classes, safe_indexing(X, rows), n_passes, random_state)
        for model, rows in zip(models, test_rows, strict=True)
    ]
    rows, turns = _turns(test_rows, n_rows)
    return CrossValUncertainty(
        out_of_fold=_merged([_in_places(found, turn) for turn in turns]),
        rows=rows,
        estimators=models,
        test_rows=test_rows,
        scores=done["test_score"],
        fit_seconds=done["fit_time"],
    )


def _check(estimator: Any, n_passes: int | None) -> None:
    """Refuse before hours of training what would fail after them."""
    if n_passes is not None:
        if not isinstance(n_passes, Integral) or n_passes < 1:
            raise ValueError(f"n_passes={n_passes!r} must be None, or an int from 1 on")
        if not has_passes(estimator):
            raise TypeError(
                f"n_passes={n_passes} needs passes, which {estimator!r} has none of: "
                f"leave it out, or give a network of skmirai or a Pipeline that ends "
                f"in one"
            )
    elif is_classifier(estimator) and not hasattr(estimator, "predict_proba"):
        raise TypeError(
            f"{type(estimator).__name__} has no predict_proba: wrap it in "
            f"sklearn.calibration.CalibratedClassifierCV"
        )


def _check_classes(known: NDArray, classes: NDArray) -> None:
    if not np.array_equal(known, classes):
        raise ValueError(
            f"the model of a split knows the classes {known.tolist()}, the table has "
            f"{classes.tolist()}: choose cv so that the training rows of every split "
            f"have all of them, such as StratifiedKFold"
        )


def _asked(
    model: Any, classes: Any, X: Any, n_passes: int | None, random_state: Any
) -> Any:
    """Predictions of one model with the uncertainty of its passes."""
    if n_passes is not None:
        found = predict_uncertainty(
            model, X, n_passes=n_passes, random_state=random_state
        )
    elif classes is None:
        values = np.asarray(model.predict(X))
        n_outputs = None if values.ndim == 1 else values.shape[1]
        gathered = RegressionAccumulator(len(values), n_outputs)
        gathered.update(slice(0, len(values)), values[np.newaxis])
        return gathered.result()
    else:
        proba = model.predict_proba(X)
        votes = UncertaintyAccumulator(len(proba), model.classes_)
        votes.update(slice(0, len(proba)), proba[np.newaxis])
        found = votes.result()
    if classes is not None:
        _check_classes(found.classes, classes)
    return found


def _turns(
    test_rows: list[NDArray[np.int64]], n_rows: int
) -> tuple[NDArray[np.int64], list[list[tuple[int, NDArray, NDArray]]]]:
    """Tested rows, and for each time that all of them are: whose predictions go where.

    A turn is a list of a split's number, places among its test rows, and places among
    the tested rows.
    """
    times = np.zeros(n_rows, dtype=np.int64)
    turns: list[list[tuple[int, NDArray, NDArray]]] = []
    for split, rows in enumerate(test_rows):
        for turn in np.unique(times[rows]).tolist():
            if turn == len(turns):
                turns.append([])
            own = np.flatnonzero(times[rows] == turn)
            turns[turn].append((split, own, rows[own]))
        times[rows] += 1
    tested = np.flatnonzero(times)
    if len(np.unique(times[tested])) > 1:
        few, many = int(times[tested].min()), int(times.max())
        row = int(tested[times[tested] == few][0])
        raise ValueError(
            f"cv tests row {row} {few} times and others up to {many} times: use one "
            f"that tests each row equally often, such as StratifiedKFold or "
            f"RepeatedStratifiedKFold"
        )
    place = np.cumsum(times > 0) - 1
    return tested, [[(s, own, place[rows]) for s, own, rows in t] for t in turns]


def _in_places(found: list[Any], turn: list[tuple[int, NDArray, NDArray]]) -> Any:
    """One result of the rows of all splits of a turn."""
    parts = [found[split] for split, _, _ in turn]
    order = np.argsort(np.concatenate([place for _, _, place in turn]))

    def joined(values_of: Callable[[Any], NDArray]) -> NDArray:
        values = [
            values_of(part)[own] for part, (_, own, _) in zip(parts, turn, strict=True)
        ]
        return np.concatenate(values)[order]

    first = parts[0]
    if isinstance(first, RegressionUncertainty):
        return RegressionUncertainty(
            mean=joined(attrgetter("mean")),
            std=joined(attrgetter("std")),
            n_passes=first.n_passes,
        )
    return PredictiveUncertainty(
        classes=first.classes,
        proba=joined(attrgetter("proba")),
        std=joined(attrgetter("std")),
        votes=joined(attrgetter("votes")),
        expected_entropy=joined(attrgetter("expected_entropy")),
        n_passes=first.n_passes,
        pass_means={
            name: joined(lambda part: part.pass_means[name])  # noqa: B023
            for name in first.pass_means
        },
    )


def _merged(results: list[Any]) -> Any:
    first, *others = results
    for other in others:
        first = first.merge(other)
    return first
