"""Tables of verdicts: by label, by kind, by budget, by doubt: functions of arrays."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from skmirai.cli._evaluating.intervals import share, share_of
from skmirai.metrics import aurc_score, risk_coverage_curve
from skmirai.utils._budgets import budget_threshold, n_allowed

if TYPE_CHECKING:
    import pandas as pd

    from skmirai.cli._evaluating.verdicts import LabelledVerdicts

#: Budgets of false alarms.
BUDGETS = (0.0001, 0.001, 0.01, 0.05, 0.1)

#: Shares of the rows that get an answer.
COVERAGES = (1.0, 0.99, 0.95, 0.9, 0.8, 0.5)


def recalls(verdicts: "LabelledVerdicts", names: np.ndarray) -> "pd.DataFrame":
    """Share of right verdicts among the rows of each name.

    Parameters
    ----------
    verdicts : LabelledVerdicts
        The rows.
    names : ndarray of shape (n_rows,)
        Of classes or of kinds.

    Returns
    -------
    DataFrame
        By name, in their order: n_rows, recall, its interval low and high, and
        withheld, the share without an answer.
    """
    import pandas as pd

    right, withheld, rows = verdicts.right, ~verdicts.answered, []
    for name in (known := np.unique(names)):
        own = names == name
        value = share_of(right, own, verdicts.groups)
        rows.append((own.sum(), *value, withheld[own].mean()))
    columns = ["n_rows", "recall", "low", "high", "withheld"]
    return pd.DataFrame(rows, index=known, columns=columns)


def confusion(verdicts: "LabelledVerdicts") -> "pd.DataFrame":
    """Count of the rows by label (index) and verdict (columns), all classes first."""
    import pandas as pd

    more = [np.setdiff1d(v, verdicts.classes) for v in (verdicts.truth, verdicts.said)]
    index, columns = ([*verdicts.classes, *names.tolist()] for names in more)
    table = pd.crosstab(verdicts.truth, verdicts.said)
    table = table.reindex(index=index, columns=columns, fill_value=0)
    return table.rename_axis(index="label", columns="verdict")


def budgets(verdicts: "LabelledVerdicts") -> "pd.DataFrame":
    """Attacks that are found at each budget of false alarms.

    Parameters
    ----------
    verdicts : LabelledVerdicts
        With a benign class and probabilities.

    Returns
    -------
    DataFrame
        By budget: threshold (the probability of any attack from which on there is an
        alarm), false_alarm_rate and detection_rate. Thresholds are chosen on these very
        rows. Budgets that are less than one benign row are left out.
    """
    benign = attack_score(verdicts)[verdicts.truth == verdicts.benign]
    thresholds = {
        budget: budget_threshold(benign, budget)
        for budget in BUDGETS
        if 1 <= n_allowed(budget, len(benign)) < len(benign)
    }
    return at_thresholds(verdicts, thresholds)


def at_thresholds(
    verdicts: "LabelledVerdicts", thresholds: Mapping[float, float]
) -> "pd.DataFrame":
    """Attacks that are found, and false alarms, from each threshold on.

    Parameters
    ----------
    verdicts : LabelledVerdicts
        With a benign class and probabilities.
    thresholds : mapping of float to float
        By budget, the probability of any attack from which on there is an alarm.

    Returns
    -------
    DataFrame
        As :func:`budgets` returns it; NaN are shares of no rows.
    """
    import pandas as pd

    score, is_benign = attack_score(verdicts), verdicts.truth == verdicts.benign
    rows = {
        budget: (
            threshold,
            share(is_benign.astype(float), score >= threshold),
            share((~is_benign).astype(float), score >= threshold),
        )
        for budget, threshold in thresholds.items()
    }
    columns = ["threshold", "false_alarm_rate", "detection_rate"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def attack_score(verdicts: "LabelledVerdicts") -> np.ndarray:
    """Probability of any attack."""
    attacks = [name != verdicts.benign for name in verdicts.classes]
    return np.asarray(verdicts.proba, dtype=np.float64)[:, attacks].sum(axis=1)


def risks(verdicts: "LabelledVerdicts") -> "pd.DataFrame":
    """Errors that are left where the rows in most doubt get no answer.

    Parameters
    ----------
    verdicts : LabelledVerdicts
        With probabilities, and measures of doubt.

    Returns
    -------
    DataFrame
        By measure: the risk at each of `COVERAGES`, and the area under the curve.
    """
    import pandas as pd

    wrong, rows = losses_of(verdicts), {}
    for name, doubt in verdicts.doubts.items():
        curve = risk_coverage_curve(wrong, doubt)
        places = np.searchsorted(curve.coverages, COVERAGES, side="right") - 1
        rows[name] = [
            *(curve.risks[k] if k >= 0 else math.nan for k in places),
            aurc_score(wrong, doubt),
        ]
    columns = [*(f"{coverage:.0%}" for coverage in COVERAGES), "area"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def losses_of(verdicts: "LabelledVerdicts") -> np.ndarray:
    """Whether the most probable class of each row is wrong, answered or not."""
    best = np.array(verdicts.classes)[np.asarray(verdicts.proba).argmax(axis=1)]
    return (best != verdicts.truth).astype(float)
