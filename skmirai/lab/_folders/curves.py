"""Curves of two runs of the lab over each other, as a picture and as text."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skmirai.lab._folders.read import LabFolder, finite
from skmirai.lab._folders.text import spark
from skmirai.lab._protocol import Run
from skmirai.lab._runs import run_name
from skmirai.lab.parts import RUNS
from skmirai.utils import import_optional
from skmirai.utils._files import replaced

#: What is drawn, and how it is called.
_DRAWN = {
    "val_loss": "validation loss, as trained",
    "val_accuracy": "validation accuracy",
}

#: How A and B are drawn; B is dashed, or it would hide A where they are equal.
_STYLES: tuple[dict[str, Any], ...] = (
    {"color": "#0072B2"},
    {"color": "#D55E00", "linestyle": "--"},
)

#: Curves of A and of B, by the name of what is drawn and by the title of the run.
Curves = Mapping[str, Mapping[str, tuple[list[float], list[float]]]]


def curves_of(a: LabFolder, b: LabFolder) -> dict[str, Any]:
    """Curves of the trainings that both have, those of the first seed.

    Parameters
    ----------
    a, b : LabFolder
        Two runs of the lab.

    Returns
    -------
    dict
        See ``Curves``; runs whose curves are damaged are left out.
    """
    found: dict[str, Any] = {}
    for run in RUNS:
        title = f"{run.name}: {title_of(run, a, b)}"
        for name in _DRAWN:
            pair = tuple(_curve(folder, run_name(run.name), name) for folder in (a, b))
            if all(pair):
                found.setdefault(title, {})[name] = pair
    return found


def title_of(run: Run, a: LabFolder, b: LabFolder) -> str:
    """Title of a run, or both titles where A and B trained different things."""
    first, second = a.title(run), b.title(run)
    return first if first == second else f"{first} (A), {second} (B)"


def _curve(folder: LabFolder, result: str, name: str) -> list[float]:
    history = folder.results.get(result, {}).get("history")
    values = history.get(name) if isinstance(history, dict) else None
    if not isinstance(values, list) or None in map(finite, values):
        return []
    return values


def curves_text(curves: Curves) -> str:
    """Draw the validation losses in lines of blocks, A above B on one scale."""
    return "\n".join(_lines(curves))


def _lines(curves: Curves) -> Iterator[str]:
    yield (
        "Validation loss over the epochs, weighted as in training; first seeds, each "
        "pair on one scale"
    )
    for title, drawn in curves.items():
        if "val_loss" not in drawn:
            continue
        pair = drawn["val_loss"]
        low, high = _limits(pair)
        yield f"{title}, {low:.4f} to {high:.4f}"
        for name, values in zip("AB", pair, strict=True):
            yield f"  {name}  {spark(values, low, high)}  ends at {values[-1]:.4f}"


def _limits(pair: tuple[list[float], list[float]]) -> tuple[float, float]:
    values = [value for side in pair for value in side]
    return min(values), max(values)


def plot_curves(curves: Curves, names: tuple[str, str], path: Path) -> None:
    """Draw a row of two panels for each training, A and B in each.

    Parameters
    ----------
    curves : mapping
        See ``Curves``.
    names : tuple of two str
        What A and B are called.
    path : Path
        Picture; its ending tells the format.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        If there are no curves, or the ending is no format.
    """
    import_optional("matplotlib", extra="plot", purpose="plots")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    if not curves:
        raise ValueError("there is no training with curves in both runs to draw")
    figure = Figure(figsize=(9, 1.9 * len(curves) + 1), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    known = canvas.get_supported_filetypes()
    if path.suffix[1:].lower() not in known:
        raise ValueError(
            f"{path} has no ending that names a picture; take .png, .svg or .pdf"
        )
    panels = figure.subplots(len(curves), 2, squeeze=False)
    for row, (title, drawn) in zip(panels, curves.items(), strict=True):
        for ax, name in zip(row, _DRAWN, strict=True):
            for style, values in zip(_STYLES, drawn.get(name, ()), strict=False):
                epochs = np.arange(1, len(values) + 1)
                ax.plot(
                    epochs, values, marker="o" if len(values) < 3 else None, **style
                )
            ax.set_ylabel(_DRAWN[name])
            ax.grid(color="0.9")
            ax.xaxis.get_major_locator().set_params(integer=True)
        row[0].set_title(title, loc="left", fontsize="medium")
    for ax in panels[-1]:
        ax.set_xlabel("epoch")
    lines = [Line2D([], [], **style) for style in _STYLES]
    labels = [f"{side}: {name}" for side, name in zip("AB", names, strict=True)]
    figure.legend(lines, labels, loc="outside upper left", frameon=False)
    with replaced(path) as file:
        figure.savefig(file, dpi=110, format=path.suffix[1:].lower())
