"""How far accuracies scatter: over folds, and over passes with dropout."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t

from skmirai.lab._plots.canvas import BLUE, GREY, ORANGE, canvas, legend_below, save


def interval_of_mean(
    values: Sequence[float] | np.ndarray, confidence: float = 0.95
) -> tuple[float, float]:
    """Interval of a mean by Student's t, as if the values were independent.

    Parameters
    ----------
    values : sequence of float
        At least two.
    confidence : float, default=0.95
        Share of such intervals that hold the mean of the population.

    Returns
    -------
    low, high : float
        The interval.

    Examples
    --------
    >>> from skmirai.lab._plots.spreads import interval_of_mean
    >>> low, high = interval_of_mean([0.90, 0.91, 0.92])
    >>> round(low, 4), round(high, 4)
    (0.8852, 0.9348)
    """
    found = np.asarray(values, dtype=float)
    error = found.std(ddof=1) / np.sqrt(len(found))
    half = float(t.ppf((1 + confidence) / 2, len(found) - 1) * error)
    return float(found.mean()) - half, float(found.mean()) + half


def folds_figure(accuracies: Mapping[int, float]) -> Any:
    """Draw the accuracy of every fold, with mean and spread.

    Parameters
    ----------
    accuracies : mapping of int to float
        Accuracies on the rows that were held out, by the numbers of the folds.

    Returns
    -------
    matplotlib.figure.Figure
        One panel, a row for each fold. From two folds on: the mean as a line, one
        standard deviation (divided by n) as a band, and the 95 % interval of the
        mean as a bar, which is rather too short, since folds share training rows.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    title = "How far does the accuracy depend on the rows that are learned from?"
    figure, axes = canvas(0.25 * len(accuracies) + 1.4, title)
    ax, values = axes[0, 0], np.array(list(accuracies.values()))
    (dots,) = ax.plot(values, range(len(values)), "o", color=BLUE)
    entries = {"one fold": dots}
    if len(values) > 1:
        mean, deviation = values.mean(), values.std()
        low, high = interval_of_mean(values)
        entries[f"mean, {mean:.4f}"] = ax.axvline(mean, color=ORANGE)
        entries[f"± standard deviation of the folds, {deviation:.4f}"] = ax.axvspan(
            mean - deviation, mean + deviation, color=ORANGE, alpha=0.15, linewidth=0
        )
        entries[f"95 % interval of the mean, {low:.4f} to {high:.4f}"] = ax.errorbar(
            mean,
            len(values),
            xerr=[[mean - low], [high - mean]],
            color=ORANGE,
            capsize=4,
            marker="D",
            markersize=4,
        )
    labels = [str(fold) for fold in accuracies]
    if len(values) > 1:
        labels.append("mean")
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    ax.set_ylabel("fold")
    ax.set_xlabel("accuracy on the fold that was held out, share of the rows")
    legend_below(figure, entries)
    return figure


def plot_folds(accuracies: Mapping[int, float], path: Path) -> None:
    """Write the figure of :func:`folds_figure` to a file."""
    save(folds_figure(accuracies), path)


def passes_figure(passes: Mapping[str, Sequence[float]], without: float) -> Any:
    """Draw accuracies of passes with dropout beside the one without.

    Parameters
    ----------
    passes : mapping of str to sequence of float
        Accuracies of the passes, by how units are drawn.
    without : float
        Accuracy of the same network with dropout off.

    Returns
    -------
    matplotlib.figure.Figure
        One panel, a row for each way to draw units.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    title = "How far does the accuracy depend on the units that are drawn?"
    figure, axes = canvas(0.7 * len(passes) + 1.3, title)
    ax, rng = axes[0, 0], np.random.default_rng(0)  # moves dots apart, nothing else
    line = ax.axvline(without, color=GREY, linestyle=":", linewidth=2)
    entries = {f"dropout off, {without:.4f}": line}
    for place, values in enumerate(passes.values()):
        heights = place + rng.uniform(-0.18, 0.18, size=len(values))
        (dots,) = ax.plot(values, heights, "o", color=BLUE, alpha=0.45, markersize=4)
        (mean,) = ax.plot(
            np.repeat(np.mean(values), 2),
            [place - 0.25, place + 0.25],
            color=ORANGE,
            linewidth=2,
        )
        entries |= {"one pass": dots, "mean of the passes": mean}
    ax.set_yticks(range(len(passes)), list(passes))
    ax.set_ylim(len(passes) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("accuracy of a pass on the test rows, share of the rows")
    legend_below(figure, entries)
    return figure


def plot_passes(
    passes: Mapping[str, Sequence[float]], without: float, path: Path
) -> None:
    """Write the figure of :func:`passes_figure` to a file."""
    save(passes_figure(passes, without), path)
