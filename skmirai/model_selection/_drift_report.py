"""A classifier trained on the past, window by window of what comes after."""

import math
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from skmirai.model_selection._columns import check_names_differ, plain_columns
from skmirai.model_selection._drift_figures import DriftJudge, Said
from skmirai.model_selection._drift_result import DriftReport
from skmirai.model_selection._drift_shift import Shift, shift
from skmirai.model_selection._drift_windows import (
    Timeline,
    earliest_train_size,
    timeline,
)
from skmirai.model_selection._labels import class_labels
from skmirai.model_selection._scores import Answers, answers, joined, part
from skmirai.utils._benign import benign_class
from skmirai.utils._frames import column_names
from skmirai.utils._seconds import in_seconds
from skmirai.utils._sklearn import num_samples, safe_indexing


def drift_report(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    times: Any,
    n_windows: int = 10,
    window: float | None = None,
    train_size: float = 0.3,
    expanding: bool = True,
    purge: float | str = 0,
    benign: Any = None,
    confidence_level: float = 0.95,
    n_resamples: int = 200,
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
) -> DriftReport:
    """Train a classifier on the past and judge it on each later window of time.

    The report says when the detector stops to work, whether false alarms rise, whether
    features or the share of attacks have moved, and whether training anew would help.
    Beside it stands what a split of shuffled rows would have reported.

    Parameters
    ----------
    estimator : classifier
        It is cloned for each fit, and gets X as it is.
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        Rows, in any order. Leave out times, counters and addresses: they always drift.
    y : array-like of shape (n_samples,)
        Class labels.
    times : array-like of shape (n_samples,)
        Seconds or dates of the rows.
    n_windows : int, default=10
        Windows behind the past, of as many rows each. Rows of the same time are in
        the same window, so that there may be fewer.
    window : float, default=None
        Seconds of each window, in place of a number of them. Those without a row are
        left out.
    train_size : float, default=0.3
        Share of the rows that is the past, in (0, 1).
    expanding : bool, default=True
        Whether a second model is trained anew before each window, on all rows before
        it. This takes a fit for each window, and shows what labelling goes on for.
    purge : float or "afterimage", default=0
        Rows less than so many seconds before the tested window are not trained on.
        "afterimage" is the memory of
        :class:`~skmirai.feature_extraction.AfterImageExtractor`, 664 seconds.
    benign : label, default=None
        The class of rows that are no attack, for false alarms and the share of
        attacks. None takes the class called "benign" or "normal", in whatever letters,
        else the first of two. Where there are more, and none has such a name, there
        are neither.
    confidence_level : float, default=0.95
        Of the intervals.
    n_resamples : int, default=200
        Draws of blocks for each interval.
    random_state : int, RandomState instance or None, default=None
        Seeds the shuffled rows, the classifiers of windows and the intervals. The
        estimator has a ``random_state`` of its own.
    n_jobs : int or None, default=None
        Number of fits that run side by side; -1 is one for each processor.

    Returns
    -------
    DriftReport
        Scores, intervals and shifts by window. ``print`` says in words what they mean.

    Raises
    ------
    TypeError
        If ``estimator`` is no classifier, or a setting has the wrong type.
    ValueError
        If the past holds one class (the message names it, and the least ``train_size``
        that has two); if all times are equal, one is missing, or there is not one for
        each row; if two columns have one name; if there are too few rows for the
        windows, or ``purge`` leaves none to train on.

    See Also
    --------
    BlockedStratifiedKFold : Folds of a table whose classes lie in blocks of time.
    skmirai.inspection.DriftReportDisplay : The picture.

    Notes
    -----
    The shuffled figure is that of one model which is trained on as many rows as the
    past has, drawn at random from the whole table with its shares of classes, and
    judged on the other rows of the same windows [1]_.

    How far the features of a window are from those of the past is told by a domain
    classifier: boosted trees that tell the two apart, on blocks of time that they were
    not trained on [2]_, [3]_; .5 is no difference. Rows that resemble their neighbours
    may be told apart without any drift: ``domain_auc_past``, of the two halves of the
    past, says how well. Columns are compared one by one beside it. A change of the
    share of attacks alone moves features, too, and need not harm a detector.

    A model that is trained anew knows the labels of all earlier rows: in practice they
    come late, which ``purge`` can stand for.

    The text calls a window clearly below the first one, or the shuffled figure, if
    their intervals are apart. Each interval is about its window alone: that of a window
    of few attacks is wide, and no other may be clearly below it.

    References
    ----------
    .. [1] F. Pendlebury et al.: TESSERACT: eliminating experimental bias in malware
       classification across space and time. USENIX Security 2019.
    .. [2] S. Rabanser, S. Günnemann, Z. C. Lipton: Failing loudly: an empirical study
       of methods for detecting dataset shift. NeurIPS 2019.
    .. [3] D. Lopez-Paz, M. Oquab: Revisiting classifier two-sample tests. ICLR 2017.

    Examples
    --------
    What tells an attack changes its sign half-way:

    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmirai.model_selection import drift_report
    >>> rng = np.random.default_rng(0)
    >>> y, hours = rng.integers(0, 2, 2000), np.arange(2000) / 100
    >>> X = rng.normal(size=(2000, 3))
    >>> X[:, 0] += np.where(hours < 10, 3, -3) * y
    >>> report = drift_report(
    ...     LogisticRegression(), X, y, times=3600 * hours, n_windows=7, random_state=0
    ... )
    >>> report.to_frame()["balanced_accuracy"].round(1).tolist()
    [0.9, 1.0, 0.4, 0.5, 0.5, 0.4, 0.4]
    """
    if isinstance(estimator, type) or not is_classifier(estimator):
        raise TypeError(
            f"{estimator!r} is no classifier: the report is about class labels. Give "
            f"an unfitted classifier, not its class"
        )
    rng = check_random_state(random_state)
    seed = int(rng.randint(2**31 - 1))
    check_names_differ(X)
    n_rows = num_samples(X)
    y = class_labels(y, n_rows)
    seconds = in_seconds(times, n_rows)
    line = timeline(
        seconds,
        n_windows=n_windows,
        window=window,
        train_size=train_size,
        purge=purge,
    )
    classes, codes = np.unique(y, return_inverse=True)
    benign = benign_class(classes, benign)
    _check_past(line, y[line.order], train_size)
    judge = DriftJudge(y, classes, benign, confidence_level, n_resamples, seed)
    judge.check_settings()

    order, n_past = line.order, line.n_past
    past = order[: line.train_end(0, expanding=False)]
    later = order[n_past:]
    drawn = _draw(codes, len(past), seed)
    jobs = [(past, later), (drawn, later)]
    if expanding:
        jobs += [
            (order[: line.train_end(k, expanding=True)], order[start:end])
            for k, (start, end) in enumerate(line.windows)
        ][1:]
    fitted, shuffled, *anew = Parallel(n_jobs=n_jobs)(
        delayed(_answers)(estimator, X, y, classes, *job) for job in jobs
    )
    windows = [slice(start - n_past, end - n_past) for start, end in line.windows]
    # the first window has the same past for both
    retrained = joined([part(fitted, windows[0]), *anew]) if expanding else None
    said = Said(fitted, retrained, shuffled, ~np.isin(later, drawn))

    columns = plain_columns(X)
    names = column_names(X) or [str(k) for k in range(len(columns))]
    halves = np.array_split(past, 2)
    shifts = Parallel(n_jobs=n_jobs)(
        delayed(shift)(columns, *sides, seed)
        for sides in [halves, *((past, later[own]) for own in windows)]
    )
    stamps = _stamps(times, seconds)
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    return DriftReport(
        estimator=type(last).__name__,
        windows=pd.DataFrame(
            [
                {"start": stamps[later[own][0]], "end": stamps[later[own][-1]]}
                | judge.window(later[own], said.of(own))
                | _shifted(distance, names)
                for own, distance in zip(windows, shifts[1:], strict=True)
            ]
        ).rename_axis("window"),
        overall=judge.overall(later, said),
        retraining=judge.gain(later, said),
        shifts=pd.DataFrame(
            [found.by_column for found in shifts[1:]], columns=names
        ).rename_axis("window"),
        domain_auc_past=shifts[0].domain_auc,
        past={
            "start": stamps[order[0]],
            "end": stamps[order[n_past - 1]],
            "n_rows": n_past,
            "n_trained": len(past),
            "attack_share": judge.attack_share(order[:n_past]),
        },
        benign=benign,
        n_empty=line.n_empty,
        n_back=int((np.diff(seconds) < 0).sum()),
        confidence_level=confidence_level,
    )


def _check_past(line: Timeline, labels: np.ndarray, train_size: float) -> None:
    """Insist on two classes to train on."""
    known = np.unique(labels[: line.train_end(0, expanding=False)])
    if len(known) > 1:
        return
    least, other = earliest_train_size(line, labels), labels[labels != known[0]][:1]
    remedy = (
        f"train_size={least} is the least that has class {other.tolist()[0]!r} as well"
        if least is not None
        else "no past with a row behind it has another; classes that lie in blocks of "
        "time can be split by BlockedStratifiedKFold"
    )
    raise ValueError(
        f"the past (train_size={train_size!r}) holds class {known.tolist()[0]!r} only, "
        f"and a classifier needs two: {remedy}"
    )


def _draw(codes: np.ndarray, n_drawn: int, seed: int) -> np.ndarray:
    """As many rows from the whole table, with its shares of classes."""
    counts = np.bincount(codes)
    # a class of one row cannot be divided, and counts with the largest
    strata = np.where(counts[codes] < 2, counts.argmax(), codes)
    n_strata = len(np.unique(strata))
    if not n_strata <= n_drawn <= len(codes) - n_strata:
        raise ValueError(
            f"{n_drawn} of {len(codes)} rows to train on are too few or too many for "
            f"{len(counts)} classes on both sides of a shuffled split: change "
            f"train_size, or give more rows"
        )
    drawn, _ = train_test_split(
        np.arange(len(codes)), train_size=n_drawn, stratify=strata, random_state=seed
    )
    return drawn


def _answers(
    estimator: Any,
    X: Any,
    y: np.ndarray,
    classes: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
) -> Answers:
    """Fit on some rows, ask about others."""
    fitted = clone(estimator).fit(safe_indexing(X, train), y[train])
    return answers(fitted, safe_indexing(X, test), classes)


def _stamps(times: Any, seconds: np.ndarray) -> Any:
    """Times as they were given: dates, or numbers of seconds."""
    series = pd.Series(times).reset_index(drop=True)
    return series if pd.api.types.is_datetime64_any_dtype(series.dtype) else seconds


def _shifted(found: Shift, names: list[Any]) -> dict[str, Any]:
    """How far a window is, and the columns that moved most."""
    most = np.argsort(-found.by_column, kind="stable")[:3]
    return {
        "domain_auc": found.domain_auc,
        "shifted_columns": ", ".join(
            str(names[k]) for k in most if not math.isclose(found.by_column[k], 0)
        ),
    }
