"""Results of stochastic passes in a few small tables, for notebooks."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skmirai.metrics import UNCERTAINTY_MEASURES
from skmirai.utils._html import html_head, html_table, html_title

#: Rows that are shown, classes or outputs that are told apart.
_ROWS, _CLASSES, _OUTPUTS = 5, 12, 6

_QUANTILES = {"least": 0, "5 %": 0.05, "median": 0.5, "95 %": 0.95, "most": 1}


def summary_of_classes(result: Any) -> str:
    """Return a ``PredictiveUncertainty`` as HTML: how many, how sure, where least."""
    n_rows, n_classes = result.proba.shape
    parts = [html_head(_size(result, f"{n_classes:,} classes"))]
    if not n_rows:
        return "".join(parts)
    counts = np.bincount(result.proba.argmax(axis=1), minlength=n_classes)
    order = np.argsort(-counts, kind="stable")[:_CLASSES]
    classes = pd.DataFrame(
        {
            "rows": [f"{counts[k]:,}" for k in order],
            "share": [f"{counts[k] / n_rows:.1%}" for k in order],
            "mean probability": [f"{result.proba[:, k].mean():.3f}" for k in order],
        },
        index=pd.Index(result.classes[order], name="label"),
    )
    more = f"; {n_classes - _CLASSES:,} more" if n_classes > _CLASSES else ""
    parts += [html_title(f"Predicted labels{more}"), html_table(classes)]
    measures = _measures(result)
    quantiles = _quantiles(
        {_with_unit(name): values for name, values in measures.items()}, _measure
    )
    parts += [html_title("Uncertainty, quantiles over the rows"), html_table(quantiles)]
    doubtful = _largest(result.predictive_entropy)
    rows = pd.DataFrame(
        {"label": result.label[doubtful]}
        | {
            name.replace("_", " "): [_measure(value) for value in values[doubtful]]
            for name, values in measures.items()
        },
        index=pd.Index(doubtful, name="row"),
    )
    title = "Most doubtful rows, by predictive entropy (counted from 0)"
    return "".join([*parts, html_title(title), html_table(rows)])


def summary_of_values(result: Any) -> str:
    """Return a ``RegressionUncertainty`` as HTML: the same of its values."""
    n_outputs = result.mean.shape[1] if result.mean.ndim == 2 else 1
    what = f"{n_outputs:,} outputs" if result.mean.ndim == 2 else ""
    parts = [html_head(_size(result, what))]
    if not result.mean.size:
        return "".join(parts)
    columns = {}
    for output in range(min(n_outputs, _OUTPUTS)):
        at = f" {output}" if result.mean.ndim == 2 else ""
        for name in ("mean", "std", "mc_error"):
            values = getattr(result, name).reshape(len(result), n_outputs)[:, output]
            if not np.isnan(values).any():
                columns[f"{name.replace('_', ' ')}{at}"] = values
    more = f"; {n_outputs - _OUTPUTS:,} more outputs" if n_outputs > _OUTPUTS else ""
    title = f"Units of the target, quantiles over the rows{more}"
    parts += [html_title(title), html_table(_quantiles(columns, _value))]
    doubtful = _largest(result.std.reshape(len(result), n_outputs).max(axis=1))
    shown = {k: [_value(v) for v in of[doubtful]] for k, of in columns.items()}
    rows = pd.DataFrame(shown, index=pd.Index(doubtful, name="row"))
    title = "Most doubtful rows, by std (counted from 0)"
    return "".join([*parts, html_title(title), html_table(rows)])


def _size(result: Any, what: str) -> str:
    kept = ", samples kept" if result.samples is not None else ""
    passes = f"{result.n_passes:,} {'pass' if result.n_passes == 1 else 'passes'}"
    parts = [f"{len(result):,} rows", *filter(None, [what]), f"{passes}{kept}"]
    return f"{type(result).__name__}: {', '.join(parts)}"


def _measures(result: Any) -> dict[str, NDArray[np.float64]]:
    """Measures that the passes tell: some need several, or means that were kept."""
    return {
        name: getattr(result, name)
        for name, measure in UNCERTAINTY_MEASURES.items()
        if result.n_passes >= measure.min_passes
        and (
            measure.of_statistics is not None
            or name in (*result.pass_means, "expected_entropy")
        )
    }


def _with_unit(name: str) -> str:
    unit = UNCERTAINTY_MEASURES[name].unit
    return f"{name.replace('_', ' ')}{f', {unit}' if unit else ''}"


def _quantiles(
    columns: Mapping[str, NDArray[np.float64]], text: Callable[[float], str]
) -> pd.DataFrame:
    """A row for each column, as text."""
    shares = [*_QUANTILES.values()]
    found = [
        [text(q) for q in np.quantile(values, shares)] for values in columns.values()
    ]
    return pd.DataFrame(found, index=[*columns], columns=[*_QUANTILES])


def _largest(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Places of the largest values, the largest first, ties in the order of rows."""
    n_shown = min(_ROWS, len(values))
    least = np.partition(values, len(values) - n_shown)[len(values) - n_shown]
    above, equal = np.flatnonzero(values > least), np.flatnonzero(values == least)
    above = above[np.argsort(-values[above], kind="stable")]
    return np.r_[above, equal][:n_shown]


def _measure(value: float) -> str:
    """A measure, its digits below those of others unless it is very small."""
    return f"{value:.4f}" if value == 0 or value >= 0.001 else f"{value:.1e}"


def _value(value: float) -> str:
    """A value in units of the target, which may have any size."""
    return f"{value:.4g}"
