"""An estimator beside baselines, under a random split and an honest one."""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from skmirai.model_selection._baseline_fits import FoldAnswers, fit_all
from skmirai.model_selection._baseline_result import BaselineReport
from skmirai.model_selection._baseline_scores import Judge, Pooled, pool
from skmirai.model_selection._baseline_splits import Folds, honest_split, random_split
from skmirai.model_selection._baselines import default_baselines
from skmirai.model_selection._columns import check_names_differ
from skmirai.model_selection._labels import class_labels, one_a_row
from skmirai.model_selection._scores import recall_by_kind
from skmirai.utils._benign import benign_class
from skmirai.utils._seconds import in_seconds
from skmirai.utils._sklearn import num_samples
from skmirai.utils._warnings import warn_user


def baseline_report(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    groups: Any = None,
    times: Any = None,
    kinds: Any = None,
    benign: Any = None,
    cv: Any = None,
    baselines: Any = "default",
    confidence_level: float = 0.95,
    n_resamples: int = 200,
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
) -> BaselineReport:
    """Put a classifier beside baselines, under a random split and an honest one.

    A score means something beside what the majority class, one feature or boosted
    trees reach on the same rows, and only on a split that lets no model recognise the
    neighbours of what it was trained on. All models answer for all test rows of both
    splits; what the random split adds to a score is named.

    Parameters
    ----------
    estimator : classifier
        It is cloned for each fold, and gets X as it is.
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        Rows, in the order of the traffic unless there are ``times``. Leave out columns
        that no model may see, such as counters: baselines look at all of them.
    y : array-like of shape (n_samples,)
        Class labels.
    groups : array-like of shape (n_samples,), default=None
        Recording, device, day or group of duplicates of each row. The honest split
        parts none, and intervals are about other groups of the kind.
    times : array-like of shape (n_samples,), default=None
        Seconds or dates. Blocks of the honest split and of the intervals follow them.
    kinds : array-like of shape (n_samples,), default=None
        What the rows are about, such as names of attacks: recall is told for each.
    benign : label, default=None
        The class of rows that are no attack, for false alarms. None takes the class
        called "benign" or "normal", in whatever letters, else the first of two. Where
        there are more, and none has such a name, there are no false alarms.
    cv : int, splitter or iterable of (train, test), default=None
        The honest split, or its number of folds. None is 5 folds: of whole ``groups``
        (:class:`~sklearn.model_selection.StratifiedGroupKFold`), otherwise contiguous
        blocks of each class (:class:`BlockedStratifiedKFold`). Their gap is a tenth of
        a block of the class whose blocks are shortest on the average, in seconds if
        there are ``times``, else in rows. Features that remember more need
        ``cv=BlockedStratifiedKFold(purge=...)``.
    baselines : "default" or dict of str to classifier, default="default"
        Those of :func:`default_baselines`, or others, by the names that they have in
        the report.
    confidence_level : float, default=0.95
        Of the intervals.
    n_resamples : int, default=200
        Draws of blocks or groups for each interval.
    random_state : int, RandomState instance or None, default=None
        Seeds the random split, the baselines and the intervals. The estimator has a
        ``random_state`` of its own.
    n_jobs : int or None, default=None
        Number of fits that run side by side; -1 is one for each processor.

    Returns
    -------
    BaselineReport
        Scores, intervals and gaps. ``print`` says in words what they mean.

    Raises
    ------
    TypeError
        If ``estimator`` or a baseline is no classifier.
    ValueError
        If y holds no labels of two classes or more, something has not one value a row,
        two columns have one name, ``benign`` is no class, or the splits do not fit: a
        class in one group only, for example. All of this is seen before anything is
        fitted.

    Warns
    -----
    UserWarning
        If a baseline fails; its row says why. If the estimator fails, its own error
        comes through.

    See Also
    --------
    BlockedStratifiedKFold : The honest split of rows without groups.
    duplicate_groups : Groups of rows that are the same.
    skmirai.metrics.bootstrap_interval : The intervals.
    skmirai.inspection.BaselineReportDisplay : The picture.

    Notes
    -----
    The random split has as many folds, which train and test on as many rows of each
    class: a gap comes neither of sizes nor of shares of the classes, which differ
    between few groups. There are as many folds of groups as the class with the fewest
    of them has, at most, so that all of them can test every class.

    Accuracy, logarithmic loss, false alarms and detection are of the answers for all
    test rows. The area under the ROC curve is the mean over the folds that have all
    classes, weighted by rows: values of different models cannot be ranked together
    [1]_. The balanced accuracy averages the recall of each class over the folds in the
    same way. That of all answers together falls below one half where groups have other
    shares of the classes, though a model knows nothing: a fold that tests many attacks
    has trained on few.

    One set of draws serves all scores of a model on a split. Its blocks are as long as
    its errors resemble their neighbours, or its probabilities, whichever is longer.
    Differences between models and between splits are drawn in pairs, on the same
    blocks.

    References
    ----------
    .. [1] G. Forman, M. Scholz: Apples-to-apples in cross-validation studies: pitfalls
       in classifier performance measurement. ACM SIGKDD Explorations 12 (2010).
    .. [2] D. Arp et al.: Dos and don'ts of machine learning in computer security.
       USENIX Security 2022.

    Examples
    --------
    Twenty recordings, each of one class, that have levels of their own:

    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skmirai.model_selection import baseline_report
    >>> rng = np.random.default_rng(0)
    >>> recording = np.repeat(np.arange(20), 20)
    >>> X = rng.normal(size=(20, 4))[recording] + 0.1 * rng.normal(size=(400, 4))
    >>> y = (recording % 2).astype(int)
    >>> report = baseline_report(
    ...     KNeighborsClassifier(), X, y, groups=recording, random_state=0
    ... )
    >>> table = report.to_frame()["balanced_accuracy"]
    >>> bool(table["KNeighborsClassifier", "random"] > 0.99)
    True
    >>> bool(table["KNeighborsClassifier", "honest"] < 0.7)
    True
    """
    rng = check_random_state(random_state)
    seed, seed_of_split, seed_of_draws = (
        int(n) for n in rng.randint(2**31 - 1, size=3)
    )
    models = _models(estimator, baselines, seed)
    _check_draws(confidence_level, n_resamples)
    check_names_differ(X)
    n_rows = num_samples(X)
    y = class_labels(y, n_rows)
    classes, codes = np.unique(y, return_inverse=True)
    benign = benign_class(classes, benign)
    groups = None if groups is None else one_a_row("groups", groups, n_rows)
    kinds = None if kinds is None else one_a_row("kinds", kinds, n_rows)
    seconds = None if times is None else in_seconds(times, n_rows)
    honest = honest_split(X, y, groups=groups, times=seconds, cv=cv)
    splits = {"random": random_split(y, honest.folds, seed_of_split), "honest": honest}

    results = fit_all(models, splits, X, y, n_jobs)
    judge = Judge(
        codes, classes, benign, groups, confidence_level, n_resamples, seed_of_draws
    )
    places = np.arange(n_rows) if seconds is None else seconds
    pooled = {
        key: pool(found, splits[key[1]].folds, places, classes)
        for key, found in results.items()
        if not _failure(found)
    }
    scores = _scores(judge, results, pooled, {k: s.folds for k, s in splits.items()})
    name = next(iter(models))
    return BaselineReport(
        estimator=name,
        scores=scores,
        gap=_differences(
            judge,
            pooled,
            scores["block_length"],
            {m: ((m, "random"), (m, "honest")) for m in models},
        ).rename(columns={"score": "gap"}),
        lead=_differences(
            judge,
            pooled,
            scores["block_length"],
            {m: ((name, "honest"), (m, "honest")) for m in [*models][1:]},
        ).rename(columns={"score": "lead"}),
        kinds=None if kinds is None else _by_kind(y, kinds, pooled, benign),
        benign=benign,
        splits={key: splits[key].about for key in ("honest", "random")},
        left_out=_left_out(honest.folds, n_rows),
        features={key: text for key in splits if (text := _feature(results, key))},
        confidence_level=confidence_level,
    )


def _models(estimator: Any, baselines: Any, seed: int) -> dict[str, Any]:
    """Classifiers by their names in the report, the estimator first."""
    if isinstance(baselines, str) and baselines == "default":
        baselines = default_baselines(seed)
    if not isinstance(baselines, Mapping):
        raise TypeError(
            f"baselines={baselines!r} must be 'default' or a dict of classifiers by "
            f"name; {{**default_baselines(), 'mine': ...}} adds to those there are"
        )
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    name = type(last).__name__
    if name in baselines:
        raise ValueError(
            f"a baseline has the name of the estimator, {name!r}: rename it"
        )
    models = {name: estimator} | {str(k): model for k, model in baselines.items()}
    for model in models.values():
        if isinstance(model, type) or not is_classifier(model):
            raise TypeError(
                f"{model!r} is no classifier: give an unfitted one, not its class. The "
                f"report is about class labels; where targets are numbers, put "
                f"cross_validate beside that of DummyRegressor"
            )
    return models


def _check_draws(confidence_level: Any, n_resamples: Any) -> None:
    if not isinstance(confidence_level, Real) or not 0 < float(confidence_level) < 1:
        raise ValueError(f"confidence_level={confidence_level!r} must lie in (0, 1)")
    if not isinstance(n_resamples, Integral) or int(n_resamples) < 2:
        raise ValueError(f"n_resamples={n_resamples!r} must be an integer of 2 or more")


def _failure(results: list[FoldAnswers]) -> str:
    """Why a model has no figures on a split."""
    return next((result.failure for result in results if result.failure), "")


def _scores(
    judge: Judge,
    results: dict[tuple[str, str], list[FoldAnswers]],
    pooled: dict[tuple[str, str], Pooled],
    folds: dict[str, Folds],
) -> pd.DataFrame:
    rows = []
    for key, found in results.items():
        own = folds[key[1]]
        failure = _failure(found)
        if failure:
            warn_user(f"the baseline {key[0]!r} failed: {failure}", UserWarning)
        rows.append(
            ({} if failure else judge.figures(pooled[key]))
            | {
                "fit_seconds": np.mean([result.seconds for result in found]),
                "n_rows": sum(len(test) for _, test in own),
                "failure": failure,
            }
        )
    index = pd.MultiIndex.from_tuples(results, names=["model", "split"])
    return pd.DataFrame(rows, index=index)


def _differences(
    judge: Judge,
    pooled: dict[tuple[str, str], Pooled],
    lengths: pd.Series,
    pairs: dict[str, tuple[tuple[str, str], tuple[str, str]]],
) -> pd.DataFrame:
    """Differences of balanced accuracies, and their intervals by the longer blocks."""
    found = {
        model: judge.difference(
            pooled[pair[0]], pooled[pair[1]], lengths[[*pair]].max()
        )[:3]
        if pooled.keys() >= set(pair)
        else (np.nan,) * 3
        for model, pair in pairs.items()
    }
    return pd.DataFrame.from_dict(
        found, orient="index", columns=["score", "low", "high"], dtype=np.float64
    ).rename_axis("model")


def _by_kind(
    y: np.ndarray,
    kinds: np.ndarray,
    pooled: dict[tuple[str, str], Pooled],
    benign: Any,
) -> pd.DataFrame:
    tables = {
        key: recall_by_kind(y[p.rows], p.found.labels, kinds[p.rows], benign)
        for key, p in pooled.items()
    }
    return pd.concat(tables, names=["model", "split"]).sort_index()


def _left_out(folds: Folds, n_rows: int) -> float:
    """Mean share of the rows outside a test that are not trained on."""
    shares = [1 - len(train) / (n_rows - len(test)) for train, test in folds]
    return float(np.mean(shares))


def _feature(results: dict[tuple[str, str], list[FoldAnswers]], split: str) -> str:
    """Column of "one feature" in most folds, in words."""
    names = pd.Series(
        [
            result.feature
            for (_, own), found in results.items()
            for result in found
            if own == split and result.feature is not None
        ],
        dtype=object,
    ).value_counts()
    if not len(names):
        return ""
    if names.sum() == 1:
        return str(names.index[0])
    return f"{names.index[0]} ({names.iloc[0]} of {names.sum()} folds)"
