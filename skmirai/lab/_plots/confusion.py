"""Which class is taken for which: confusion matrices side by side."""

from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from skmirai.lab._plots.canvas import canvas, save

_CLASSES = ("benign", "attack")

#: Matrices beside each other; more go into further rows.
_COLUMNS = 4

#: Characters of a line above a matrix.
_TITLE = 22


def confusion_figure(matrices: Mapping[str, Sequence[Sequence[int]]]) -> Any:
    """Draw confusion matrices of some runs on the test rows.

    Parameters
    ----------
    matrices : mapping of str to array-like of int, shape (2, 2)
        ``[[tn, fp], [fn, tp]]`` by the names of the runs: rows are true classes,
        benign first, columns are predicted ones.

    Returns
    -------
    matplotlib.figure.Figure
        One panel for each run. Colours are shares of the true class, from 0 to 1 in
        all panels; cells give number and share. A class without rows stays white.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    n_columns = min(_COLUMNS, len(matrices))
    n_rows = ceil(len(matrices) / n_columns)
    title = "Which class is taken for which?"
    figure, axes = canvas(2.7 * n_rows + 0.4, title, nrows=n_rows, ncols=n_columns)
    for ax in axes.flat[len(matrices) :]:
        ax.set_visible(False)
    for ax, (name, matrix) in zip(axes.flat, matrices.items(), strict=False):
        counts = np.asarray(matrix)
        with np.errstate(invalid="ignore"):
            shares = counts / counts.sum(axis=1, keepdims=True)
        ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (true, predicted), share in np.ndenumerate(shares):
            known = np.isfinite(share)
            text = f"{counts[true, predicted]:,}" + (f"\n{share:.1%}" if known else "")
            colour = "white" if known and share > 0.5 else "black"
            ax.text(predicted, true, text, ha="center", va="center", color=colour)
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
        ax.set_xticks((0, 1), _CLASSES)
        ax.set_yticks((0, 1), _CLASSES, rotation=90, va="center")
        ax.set_xlabel("predicted class")
        ax.set_ylabel("true class")
        ax.set_title(fill(name, _TITLE), fontsize="medium")
    return figure


def plot_confusion(matrices: Mapping[str, Sequence[Sequence[int]]], path: Path) -> None:
    """Write the figure of :func:`confusion_figure` to a file."""
    save(confusion_figure(matrices), path)
