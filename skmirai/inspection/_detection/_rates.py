"""The share of each kind of rows that raises an alarm: functions of arrays."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest

from skmirai.inspection._alarms import check_length, checked_scores, chosen_threshold
from skmirai.metrics import bootstrap_interval
from skmirai.utils._words import NO_KIND

#: More kinds than these make no picture: addresses, perhaps, in place of kinds.
MOST_KINDS = 100

Bools = NDArray[np.bool_]


class Verdicts(NamedTuple):
    """What a model says of rows.

    Attributes
    ----------
    alarm : ndarray of bool of shape (n_samples,)
        Called an attack.
    abstained : ndarray of bool of shape (n_samples,)
        Without an answer.
    """

    alarm: Bools
    abstained: Bools


def named_models(given: Any) -> dict[str, Any]:
    """Models by their names."""
    if not isinstance(given, Mapping):
        known = hasattr(given, "predict")
        return {type(given).__name__ if known else "model": given}
    if not given:
        raise ValueError("there is no model to draw; give at least one")
    return {str(name): of_model for name, of_model in given.items()}


def verdicts_of_labels(labels: NDArray[Any], benign: Any, abstain: Any) -> Verdicts:
    """Take labels as verdicts; None as ``abstain`` means that all rows have one."""
    withheld = (
        np.zeros(len(labels), dtype=bool) if abstain is None else labels == abstain
    )
    return Verdicts((labels != benign) & ~withheld, withheld)


def verdicts_of_scores(
    scores: Mapping[str, Any],
    attack: Bools,
    threshold: float | None,
    max_false_alarm_rate: float | None,
) -> tuple[dict[str, Verdicts], dict[str, float]]:
    """Take scores as verdicts, by the threshold or by that of the budget.

    Returns
    -------
    verdicts : dict of str to Verdicts
        Of each model.
    thresholds : dict of str to float
        Of each model, too.
    """
    verdicts, thresholds = {}, {}
    for name, values in scores.items():
        score = check_length("y_score", checked_scores(values), len(attack))
        limit = chosen_threshold(score, attack, threshold, max_false_alarm_rate)
        if limit is None:
            raise ValueError(
                "scores alone raise no alarm: give a threshold, or a budget by "
                "max_false_alarm_rate"
            )
        verdicts[name] = Verdicts(score >= limit, np.zeros(len(score), dtype=bool))
        thresholds[name] = limit
    return verdicts, thresholds


def detection_rates(
    verdicts: Mapping[str, Verdicts],
    attack: Bools,
    kinds: Any,
    *,
    groups: Any = None,
    confidence_level: float = 0.95,
    random_state: Any = None,
) -> pd.DataFrame:
    """Count alarms among the rows of each kind.

    Parameters
    ----------
    verdicts : mapping of str to Verdicts
        What each model says, by its name.
    attack : ndarray of bool of shape (n_samples,)
        Which rows are attacks.
    kinds : array-like of shape (n_samples,)
        Kind of each row; missing ones are a kind of their own.
    groups : array-like of shape (n_samples,), default=None
        Group of each row, for the intervals.
    confidence_level : float, default=0.95
        Of the intervals.
    random_state : int, RandomState instance or None, default=None
        Seeds draws of groups.

    Returns
    -------
    DataFrame
        For each model attacks, the least detected first, then benign kinds, those
        with the most false alarms first. A kind with both sorts of rows is there
        twice. Columns: ``model``, ``kind``, ``is_attack``, ``n_rows``, ``alarm_rate``,
        ``low``, ``high``, ``abstention_rate``.

    Raises
    ------
    ValueError
        If something has not one value for each row, there are more kinds than a
        picture can show, or ``confidence_level`` is out of range.
    """
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level={confidence_level} must lie in (0, 1)")
    cells, table = _cells(kinds, attack)
    n_cells = len(table)
    check_few_kinds(n_cells)
    rows: dict[int, NDArray[np.intp]] = {}
    if groups is not None:
        groups = _one_each("groups", groups, len(attack))
        order = np.argsort(cells, kind="stable")
        last = np.cumsum(table["n_rows"].to_numpy())[:-1]
        rows = dict(enumerate(np.split(order, last)))
    found = []
    for alarm, abstained in verdicts.values():
        if len(alarm) != len(attack):
            raise ValueError(
                f"there are {len(attack)} true labels, but {len(alarm)} rows were "
                "predicted: give one label for each"
            )
        n_alarms = np.bincount(cells, alarm, n_cells).astype(int)
        if groups is None:
            ends = [
                binomtest(k, n).proportion_ci(confidence_level, "wilson")
                for k, n in zip(n_alarms.tolist(), table["n_rows"], strict=True)
            ]
        else:
            ends = [
                _over_groups(
                    alarm[rows[cell]],
                    groups[rows[cell]],
                    confidence_level,
                    random_state,
                )
                for cell in range(n_cells)
            ]
        low, high = np.array(ends, dtype=np.float64).T
        n_withheld = np.bincount(cells, abstained, n_cells)
        found.append(
            table.assign(
                alarm_rate=n_alarms / table["n_rows"],
                low=low,
                high=high,
                abstention_rate=n_withheld / table["n_rows"],
            )
        )
    worst_first = _order(found[0])
    ordered = [of_model.loc[worst_first] for of_model in found]
    return (
        pd.concat(ordered, keys=[*verdicts], names=["model", None])
        .reset_index(level="model")
        .reset_index(drop=True)
    )


def check_few_kinds(n_kinds: int) -> None:
    """Refuse more kinds than a picture can show."""
    if n_kinds > MOST_KINDS:
        raise ValueError(
            f"kinds holds {n_kinds:,} kinds; a picture shows at most {MOST_KINDS}: "
            "give coarser ones, such as families of attacks"
        )


def _cells(kinds: Any, attack: Bools) -> tuple[NDArray[np.intp], pd.DataFrame]:
    """Number the pairs of kind and sort that occur; return that of each row too."""
    codes, names = pd.factorize(_one_each("kinds", kinds, len(attack)))
    codes = np.where(codes < 0, len(names), codes)
    labels = np.array([*map(str, names), NO_KIND], dtype=object)
    pairs, cells = np.unique(2 * codes + attack, return_inverse=True)
    table = pd.DataFrame({"kind": labels[pairs // 2], "is_attack": pairs % 2 == 1})
    return cells, table.assign(n_rows=np.bincount(cells))


def _one_each(name: str, values: Any, n_rows: int) -> Any:
    """Return values as an array of pandas, in which missing ones stay missing."""
    if np.ndim(values) != 1 or len(values) != n_rows:
        raise ValueError(
            f"{name} has the shape {np.shape(values)}, but there are {n_rows} rows: "
            "give one value for each"
        )
    return pd.Series(values).array


def _over_groups(
    alarm: Bools, groups: Any, confidence_level: float, random_state: Any
) -> tuple[float, float]:
    """Ends of the interval of a share by draws of whole groups."""
    numbers = pd.factorize(groups)[0]
    if numbers.max() < 1:
        return np.nan, np.nan
    found = bootstrap_interval(
        lambda _, drawn: float(drawn.mean()),
        np.zeros(len(alarm)),
        alarm.astype(np.float64),
        groups=numbers,
        confidence_level=confidence_level,
        random_state=random_state,
    )
    return found.low, found.high


def _order(rates: pd.DataFrame) -> pd.Index:
    """Attacks before benign kinds, the worst of each first, then the larger ones."""
    worst = rates["alarm_rate"].where(rates["is_attack"], -rates["alarm_rate"])
    keys = pd.DataFrame(
        {
            "benign": ~rates["is_attack"],
            "worst": worst,
            "fewer": -rates["n_rows"],
            "kind": rates["kind"],
        }
    )
    return keys.sort_values([*keys]).index
