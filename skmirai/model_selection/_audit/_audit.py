"""The audit: every smell looks at the table, and each finding is weighed."""

from collections.abc import Callable, Iterator
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skmirai.model_selection._audit._clocks import clocks
from skmirai.model_selection._audit._counters import counters
from skmirai.model_selection._audit._effects import Effects
from skmirai.model_selection._audit._finding import Finding
from skmirai.model_selection._audit._identifiers import identifiers
from skmirai.model_selection._audit._order import memories, steps
from skmirai.model_selection._audit._report import LeakageAudit
from skmirai.model_selection._audit._rows import duplicates
from skmirai.model_selection._audit._sides import both_sides, captures
from skmirai.model_selection._audit._single_features import single_features
from skmirai.model_selection._audit._single_values import single_values
from skmirai.model_selection._audit._table import AuditedTable
from skmirai.model_selection._audit._together import together
from skmirai.model_selection._audit._twins import twins
from skmirai.model_selection._columns import as_table, check_names_differ, plain_columns
from skmirai.model_selection._labels import labels_like
from skmirai.utils._frames import column_names
from skmirai.utils._sklearn import (
    HasMethods,
    Interval,
    num_samples,
    validate_params,
)

Smell = Callable[[AuditedTable], Iterator[Finding]]

#: What looks at a table, in this order: what the first ones tell of a column, the
#: others need not repeat. A new smell is a file of its own and an entry here.
SMELLS: dict[str, Smell] = {
    "counters": counters,
    "clocks": clocks,
    "identifiers": identifiers,
    "single features": single_features,
    "single values": single_values,
    "twins": twins,
    "duplicates": duplicates,
    "captures": captures,
}

#: What looks at the order of a table that is not split yet.
ORDER: dict[str, Smell] = {"steps": steps, "memories": memories}


@validate_params(
    {
        "estimator": [None, HasMethods(["fit", "predict"])],
        "max_rows": [Interval(Integral, 100, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def audit_leakage(
    X: Any,
    y: Any,
    *,
    estimator: Any = None,
    groups: Any = None,
    times: Any = None,
    X_test: Any = None,
    y_test: Any = None,
    max_rows: int = 10_000,
    random_state: int | np.random.RandomState | None = 0,
) -> LeakageAudit:
    """Look for leaks in a table, and measure what each is worth.

    A score is only as honest as its table and its split. This looks for what gives
    the label away without being traffic: columns that count rows, tell the time or
    name hosts; columns and values that are too good; twins; labels that change in few
    steps; features that remember the rows before; rows that are there twice, or with
    several labels; rows that a test side shares with the training side.

    For each finding the estimator is scored with the leak and without it. Where several
    columns are too good, or more than three smell of the same, one finding more names
    and scores them all; no more than three are scored one by one.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        The table, rows in the order of their file. Columns may hold text, dates and
        missing values.
    y : array-like of shape (n_samples,)
        Class labels.
    estimator : estimator, default=None
        Classifier whose score is measured; it must take such tables. None is a quick
        one: boosted trees, random ones of more than ten classes.
    groups : array-like of shape (n_samples,), default=None
        Captures, devices, or :func:`duplicate_groups`, that your split keeps
        together. What lies within one group is no leak.
    times : array-like of shape (n_samples,), default=None
        Seconds or dates of the rows. None takes their order for it.
    X_test : array-like or DataFrame of shape (n_test, n_features), default=None
        The test side of a split that you made, for which X is the training side.
        Leaks across it are looked for in place of those of a shuffled split.
    y_test : array-like of shape (n_test,), default=None
        Its labels.
    max_rows : int, default=10_000
        Most rows on which effects, single columns and twins are judged; counters,
        dates, duplicates and labels are counted in all rows.
    random_state : int, RandomState instance or None, default=0
        Draws these rows, and the folds.

    Returns
    -------
    LeakageAudit
        The findings, what weighs most first: `to_frame`, a report in text and HTML,
        and :class:`~skmirai.inspection.LeakageAuditDisplay` draws them.

    Raises
    ------
    ValueError
        If y holds no classes, or only one; if lengths differ; if two columns have one
        name; if X_test comes without y_test, without rows or with other columns, or
        y_test with missing labels or with labels of another type.

    See Also
    --------
    baseline_report : The score under a shuffled and an honest split.
    BlockedStratifiedKFold, duplicate_groups : The remedies.

    Notes
    -----
    A table without a finding may leak all the same, and a finding need not be a leak:
    ``certainty`` says how much chance, or honest traffic, could look like that.

    References
    ----------
    D. Arp et al.: Dos and Don'ts of Machine Learning in Computer Security. USENIX
    Security 2022.

    R. Flood, G. Engelen, D. Aspinall, L. Desmet: Bad Design Smells in Benchmark NIDS
    Datasets. EuroS&P 2024.

    M. F. Schilling: Multivariate Two-Sample Tests Based on Nearest Neighbors. JASA
    81, 1986.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skmirai.model_selection import audit_leakage
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 200)
    >>> X = pd.DataFrame({"length": rng.normal(y, 2), "id": np.arange(400)})
    >>> audit = audit_leakage(X, y)
    >>> audit.to_frame()[["smell", "columns", "certainty"]]
         smell columns certainty
    0  counter      id   certain
    1     step           certain
    >>> audit.drop_columns()
    ['id']
    """
    table = AuditedTable(
        X,
        y,
        groups=groups,
        times=times,
        max_rows=max_rows,
        random_state=random_state,
    )
    test = _test_side(table, X_test, y_test)
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    effects = Effects(table, estimator, test, seed)
    found = [finding for smell in SMELLS.values() for finding in smell(table)]
    if test is None:
        found += [finding for smell in ORDER.values() for finding in smell(table)]
    else:
        found += both_sides(table, *test)
    place = {name: column for column, name in enumerate(table.names)}
    measured = [
        effects.measured(finding, [place[name] for name in finding.columns])
        for finding in together(found)
    ]
    return LeakageAudit(
        findings=tuple(sorted(measured, key=_weight)),
        n_rows=table.n_rows,
        n_rows_judged=len(table.sample),
        n_columns=len(table.columns),
        split=effects.split,
        estimator=effects.estimator,
        score=effects.baseline if found else float("nan"),
    )


def _weight(finding: Finding) -> tuple[int, float]:
    sure = ("certain", "likely", "possible").index(finding.certainty)
    return sure, -np.nan_to_num(finding.effect)


def _test_side(
    table: AuditedTable, X_test: Any, y_test: Any
) -> tuple[Any, np.ndarray] | None:
    if X_test is None and y_test is None:
        return None
    if X_test is None or y_test is None:
        lacking = "X_test" if X_test is None else "y_test"
        raise ValueError(f"{lacking} is missing: a test side needs rows and labels")
    check_names_differ(X_test, "X_test")
    X_test = _like(table, as_table(X_test))
    n_test = num_samples(X_test)
    if not n_test:
        raise ValueError("X_test has no rows: give some, or leave X_test out")
    return X_test, labels_like("y_test", y_test, n_test, table.labels)


def _like(table: AuditedTable, X_test: Any) -> Any:
    """Return the test side with the columns of the table, in their order."""
    names = column_names(X_test)
    if names is not None and column_names(table.X) is not None:
        lacking = [name for name in table.names if name not in names]
        if lacking:
            raise ValueError(
                f"X_test has no column {lacking[0]!r}, which X has: give the same ones"
            )
        X_test = X_test[table.names]
    if X_test.shape[1] != len(table.columns):
        raise ValueError(
            f"X_test has {X_test.shape[1]} columns, X has {len(table.columns)}: give "
            f"the same ones"
        )
    for column, values in enumerate(plain_columns(X_test)):
        if (values.dtype.kind in "iufb") != table.is_number(column):
            raise ValueError(
                f"column {table.names[column]!r} holds numbers in one of X and X_test "
                f"and something else in the other: give both one type"
            )
    return X_test
