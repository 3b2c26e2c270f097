"""Curves and figures of the load while networks were trained."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skmirai.lab._material import number, size
from skmirai.lab._plots import _save
from skmirai.utils import import_optional

#: What is drawn of a load: a title, the name in its series, and a factor.
_CURVES = (
    ("processors busy", "processors", 1.0),
    ("memory, GiB", "memory", 2**-30),
    ("card busy, %", "busy 0", 1.0),
    ("card memory, GiB", "used memory 0", 2**-30),
)


def plot_load(loads: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Draw load over time, one column for each training.

    Parameters
    ----------
    loads : mapping of str to mapping
        Summaries of a :class:`LoadSampler` by name.
    path : Path
        Picture to write.
    """
    import_optional("matplotlib", extra="plot", purpose="plots")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    curves = [
        curve
        for curve in _CURVES
        if any(_told(load["series"].get(curve[1], ())) for load in loads.values())
    ]
    shape = len(curves), len(loads)
    figure = Figure(figsize=(9, 1.35 * shape[0] + 0.7), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(*shape, sharex="col", sharey="row", squeeze=False)
    for column, (name, load) in zip(axes.T, loads.items(), strict=True):
        column[0].set_title(name, fontsize=10)
        column[-1].set_xlabel("seconds")
        column[-1].set_xlim(left=0, right=1.03 * load["series"]["seconds"][-1])
        for ax, (_, key, factor) in zip(column, curves, strict=True):
            values = np.array(load["series"].get(key, [np.nan]), np.float64) * factor
            seconds = load["series"]["seconds"][: len(values)]
            ax.plot(seconds, values, color="#0072B2", marker=".", markersize=3)
            if load["since"]:
                ax.axvline(load["since"], color="0.6", linestyle=":")
            ax.grid(color="0.9")
    for row, (title, key, factor) in zip(axes, curves, strict=True):
        row[0].set_ylabel(title, fontsize=8)
        drawn = [v for load in loads.values() for v in load["series"].get(key, ())]
        top = factor * max(value for value in drawn if value is not None)
        row[0].set_ylim(0, 1.08 * top or 1.0)
    figure.align_ylabels(axes[:, 0])
    _save(figure, path)


def _told(values: Sequence[float | None]) -> bool:
    return any(value is not None for value in values)


def load_row(load: Mapping[str, Any]) -> list[str | None]:
    """Cells of a table: mean and peak of what was seen; None where nothing was."""
    card = load["cards"][0] if load["cards"] else None
    return [
        _pair(load["processors"], lambda x: number(x, 2)),
        _pair(load["machine"], _percent),
        _pair(load["memory"], size),
        _pair(card["busy"], _percent) if card else None,
        _pair(card["used memory"], size) if card else None,
        str(load["n_looks"]),
    ]


#: What stands above :func:`load_row`.
LOAD_HEADER = (
    "processors busy",
    "of all in the machine",
    "memory of the process",
    "graphics card busy",
    "its memory used",
    "looks",
)


def _pair(found: Mapping[str, float | None], written: Any) -> str | None:
    if found["mean"] is None:
        return None
    return f"{written(found['mean'])}, peak {written(found['peak'])}"


def _percent(value: float) -> str:
    return f"{value:.0f} %"


def load_in_words(load: Mapping[str, Any]) -> Iterator[str]:
    """Sentences of what was seen during a training, of each card that told."""
    processors, memory = load["processors"], load["memory"]
    looks = f"{load['n_looks']} looks" if load["n_looks"] > 1 else "one look"
    yield (
        f"{processors['mean']:.2f} processors were busy with the training on average "
        f"({_span(processors, '.2f')} in {looks}), and its process held "
        f"{size(memory['mean'])} of main memory, at most {size(memory['peak'])}."
    )
    for card in load["cards"]:
        busy, used = card["busy"], card["used memory"]
        said = []
        if busy["mean"] is not None:
            said.append(
                f"was busy {_span(busy, '.0f')} % of the time, {busy['mean']:.0f} % on "
                f"average"
            )
        if used["mean"] is not None:
            taken = {name: used[name] / 2**20 for name in used}
            said.append(f"had {_span(taken, ',.0f')} MiB of its memory taken")
        told = ", and ".join(said) or "did not tell how busy or how full it was"
        yield f"The card ({card['name']}) {told}."
    if not load["cards"]:
        yield "No graphics card was seen."


def _span(found: Mapping[str, float], spec: str) -> str:
    low, high = format(found["low"], spec), format(found["peak"], spec)
    return low if low == high else f"{low} to {high}"
