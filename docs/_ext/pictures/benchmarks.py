"""The charts of ``docs/benchmarks.md``, one function each, drawn from its tables."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from pictures.style import BLUE, GREEN, GREY, ORANGE, drawn

PAGE = Path(__file__).parents[2] / "benchmarks.md"

COLOURS = (BLUE, ORANGE, GREEN, "#b07cc6", GREY)


def table(section):
    """Read the first table of a section: names of columns and rows, and numbers."""
    text = PAGE.read_text(encoding="utf-8")
    part = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]
    lines = re.search(r"(?:^\|.*\|\n)+", part, re.M)[0].splitlines()
    head, _, *rows = ([c.strip() for c in x[1:-1].split("|")] for x in lines)
    numbers = [[float(re.sub(r"[^\d.]", "", c) or "nan") for c in r[1:]] for r in rows]
    words = [column.replace("`", "") for column in head[1:]]
    return words, [row[0] for row in rows], np.array(numbers)


def bars(columns, rows, numbers, *, label, unit=""):
    """Draw groups of bars on a logarithmic axis, each with its number."""
    height = 0.8 / len(columns)
    figure, ax = plt.subplots(
        figsize=(8, 0.8 + 0.21 * numbers.size), layout="constrained"
    )
    place = np.arange(len(rows))
    for k, column in enumerate(columns):
        at = place + (k - (len(columns) - 1) / 2) * height
        drawn_bars = ax.barh(at, numbers[:, k], height * 0.9, color=COLOURS[k])
        drawn_bars.set_label(column)
        said = ["" if np.isnan(v) else f" {v:g}{unit}" for v in numbers[:, k]]
        ax.bar_label(drawn_bars, said, fontsize=8, color=GREY)
    ax.set(xscale="log", yticks=place, yticklabels=rows, xlabel=label)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.invert_yaxis()
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    n_columns = len(columns) if len("".join(columns)) < 60 else 2
    figure.legend(loc="outside upper center", ncols=n_columns)
    return ax


@drawn
def epochs():
    """How many times as long an epoch takes by the peers."""
    columns, rows, numbers = table("Epochs")
    ax = bars(
        columns[1:], rows, numbers[:, 1:], label="times the seconds of skmirai's epoch"
    )
    ax.axvline(1, color=GREY, lw=0.8, ls="--")
    ax.set_xlim(0.9, 60)
    return ax


@drawn
def passes():
    """Seconds of 100 passes of Monte Carlo dropout."""
    columns, rows, numbers = table("Uncertainty")
    ax = bars(columns, rows, numbers, label="seconds of 100 passes", unit=" s")
    ax.set_xlim(0.3, 80)
    return ax
