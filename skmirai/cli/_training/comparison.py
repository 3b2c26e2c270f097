"""What a model is worth on rows that it has not seen, beside simple ones."""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from skmirai.cli._evaluating.figures import (
    class_figures,
    implied_value,
    number_figures,
)
from skmirai.cli._evaluating.verdicts import LabelledVerdicts
from skmirai.cli._training.parts import TRAIN
from skmirai.cli._training.plan import BUDGET, COMPARE, Plan

if TYPE_CHECKING:
    import pandas as pd

#: Most rows that others are trained on: it must not take longer than the network.
_MOST_ROWS = 100_000

#: Boosted trees, and those that keep the budget of the model.
TREES, WITHIN = "boosted trees", "boosted trees within budget"

#: Figures that are compared, and what stands above them.
SHOWN = {
    "balanced_accuracy": "balanced accuracy",
    "roc_auc": "ROC AUC",
    "log_loss": "log loss",
    "false_alarm_rate": "false alarms",
    "detection_rate": "found",
    "answered": "answered",
    "r2": "R2",
    "mean_absolute_error": "mean absolute error",
}


def compared(plan: Plan, model: Any) -> "dict[str, pd.DataFrame]":
    """Measure a model and others on the rows that were kept for it.

    Parameters
    ----------
    plan : Plan
        Rows: others are trained on those that the model was trained on.
    model : estimator
        Fitted.

    Returns
    -------
    dict of str to DataFrame
        Figures with intervals by name of the model, the model first. Where it keeps a
        budget of false alarms, boosted trees stand beside it that keep the same one, by
        a threshold that the same rows decide on: otherwise their alarms are those of
        the more probable class.
    """
    found = {"model": _figures(plan, model)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        others = _fitted(plan)
        if BUDGET in plan.parts:
            X = _kept(plan, plan.of(BUDGET)[0])
            others = {WITHIN: plan.within_budget(others[TREES], X)} | others
        for name, other in others.items():
            found[name] = _figures(plan, other, plain=True)
    return found


def _fitted(plan: Plan) -> dict[str, Any]:
    """Train others on rows of the model, all of them unless they are very many."""
    X, y = plan.of(TRAIN)
    if len(y) > _MOST_ROWS:
        from skmirai.utils._sklearn import safe_indexing

        rng = np.random.default_rng(plan.random_state)
        own = np.sort(rng.choice(len(y), _MOST_ROWS, replace=False))
        X, y = safe_indexing(X, own), y[own]
    X = _kept(plan, X)
    return {name: other.fit(X, y) for name, other in _others(plan).items()}


def _others(plan: Plan) -> dict[str, Any]:
    if not plan.regress:
        from skmirai.model_selection import default_baselines

        known = default_baselines(plan.random_state)
        return {name: known[name] for name in (TREES, "majority")}
    from sklearn.dummy import DummyRegressor
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.pipeline import make_pipeline

    from skmirai.preprocessing import TableEncoder

    trees = HistGradientBoostingRegressor(random_state=plan.random_state)
    return {
        TREES: make_pipeline(TableEncoder(missing="impute"), trees),
        "mean": DummyRegressor(),
    }


def _kept(plan: Plan, X: Any) -> Any:
    """Leave out the columns that the network drops by their numbers."""
    dropped = plan.rows.params.get("drop_columns", [])
    return np.delete(X, dropped, axis=1) if dropped else X


def _figures(plan: Plan, model: Any, *, plain: bool = False) -> "pd.DataFrame":
    from skmirai.utils._benign import benign_class

    X, y = plan.of(COMPARE)
    groups = plan.groups_of(COMPARE)
    if plain:
        X = _kept(plan, X)
    if plan.regress:
        return number_figures(y, model.predict(X), None, groups)
    classes = np.asarray(model.classes_)
    benign = benign_class(classes, plan.benign)
    verdicts = LabelledVerdicts(
        [str(label) for label in classes.tolist()],
        np.array([*map(str, y.tolist())]),
        np.array([*map(str, model.predict(X).tolist())]),
        model.predict_proba(X),
        None if benign is None else str(benign),
        {},
        None,
        groups,
    )
    return class_figures(verdicts)


def comparison_lines(plan: Plan, found: "dict[str, pd.DataFrame]") -> list[str]:
    """Say what `compared` has found: a table, and what it is of."""
    withheld = any("answered" in figures.index for figures in found.values())
    note = " (a row without an answer is not right)" * withheld
    lines = [f"on the {len(plan.parts[COMPARE]):,} rows to compare{note}:"]
    lines += table_of(found).splitlines()
    if WITHIN in found:
        lines.append(
            f"model, {WITHIN}: alarms above thresholds for a budget of "
            f"{plan.budget:g}, both learned on the same {len(plan.parts[BUDGET]):,} "
            "rows; the others say the more probable class"
        )
    return lines


def table_of(found: "dict[str, pd.DataFrame]") -> str:
    """Return the figures as a table of text, the first with its interval."""
    import pandas as pd

    rows = {}
    for name, figures in found.items():
        row: dict[str, str] = {}
        for figure, title in SHOWN.items():
            if any(figure in others.index for others in found.values()):
                row[title] = _told(figures, figure, with_interval=not row)
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").to_string()


def _told(figures: "pd.DataFrame", name: str, *, with_interval: bool) -> str:
    if (implied := implied_value(figures, name)) is not None:
        return f"{implied:.4f}"
    if name not in figures.index:
        return "-"
    value, low, high = figures.loc[name, ["value", "low", "high"]]
    if value != value:
        return "-"
    told = f"{value:.4f}"
    return f"{told} [{low:.4f}, {high:.4f}]" if with_interval and low == low else told
