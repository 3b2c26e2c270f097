"""Colours, markers and legends that displays share."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any, NamedTuple

import numpy as np

from skmirai.utils import import_optional

#: Seven colours that stay apart in all common kinds of colour blindness: those of
#: Okabe and Ito (Color universal design, 2008), without their yellow, which is too
#: pale for lines on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")

#: Longest line of a name in a legend, in characters.
NAME_WIDTH = 50


def colours_of(n_runs: int) -> list[str]:
    """Return one colour for each run; many runs are spread over a colour map."""
    if n_runs <= len(COLOURS):
        return list(COLOURS[:n_runs])
    matplotlib = import_optional("matplotlib", extra="plot", purpose="plots")
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.95, n_runs))
    return [matplotlib.colors.to_hex(colour) for colour in colours]


def isolated_points(values: np.ndarray) -> list[int]:
    """Return the places of finite values between gaps, which no line would show.

    Examples
    --------
    >>> import numpy as np
    >>> isolated_points(np.array([1, np.nan, 2, 3, np.nan, 4]))
    [0, 5]
    """
    finite = np.pad(np.isfinite(values), 1)
    alone = finite[1:-1] & ~finite[:-2] & ~finite[2:]
    return np.flatnonzero(alone).tolist()


class Key(NamedTuple):
    """An entry of a legend."""

    label: str
    colour: str
    validation: bool = False


def line_style(n_epochs: int, *, validation: bool) -> dict[str, Any]:
    """Return how a curve looks, but for its colour; noise asks for thin lines."""
    return {
        "linestyle": "--" if validation else "-",
        "linewidth": 1.6 if n_epochs <= 100 else 1.0,
        "marker": "o",
        "markersize": 4,
        "markerfacecolor": "white" if validation else None,
    }


def own_figure(n_panels: int) -> tuple[Any, np.ndarray]:
    """Return a new figure and its panels, side by side."""
    plt = import_optional("matplotlib.pyplot", extra="plot", purpose="plots")
    figure, panels = plt.subplots(
        1,
        n_panels,
        figsize=(4 * n_panels, 3.2),
        layout="constrained",
        squeeze=False,
    )
    figure.get_layout_engine().set(w_pad=0.08, wspace=0.04)
    for panel in panels[0]:
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(color="0.9", linewidth=0.8)
        panel.set_axisbelow(True)
    return figure, panels[0]


def given_panels(ax: Any, n_panels: int, *, drawn: str, remedy: str) -> np.ndarray:
    """Return the panels that somebody gave, as many as are drawn."""
    panels = np.ravel(np.asarray(ax, dtype=object))
    if len(panels) != n_panels:
        raise ValueError(
            f"ax holds {len(panels)} Axes, but {n_panels} {drawn} are drawn: {remedy}"
        )
    return panels


def add_legends(
    runs: Sequence[Key], kinds: Sequence[Key], panel: Any, figure: Any, *, marked: bool
) -> None:
    """Say which line is which, around a new figure or within a given panel."""
    lines = import_optional("matplotlib.lines", extra="plot", purpose="plots")

    def entries(keys: Sequence[Key]) -> dict[str, Any]:
        styles = [line_style(1, validation=key.validation) for key in keys]
        if not marked:
            styles = [{**style, "marker": None} for style in styles]
        return {
            "handles": [
                lines.Line2D([], [], color=key.colour, **style)
                for key, style in zip(keys, styles, strict=True)
            ],
            "labels": [fill(key.label, NAME_WIDTH) for key in keys],
            "frameon": False,
        }

    if figure is None:
        panel.legend(**entries([*runs, *kinds]))
        return
    if runs and kinds:
        legend_outside(figure, "outside upper center", entries(kinds))
    legend_outside(figure, "outside lower center", entries(runs or kinds))


def legend_outside(figure: Any, place: str, entries: dict[str, Any]) -> None:
    """Add a legend in as many columns as fit; the panels keep their height."""
    for n_columns in range(len(entries["labels"]), 0, -1):
        legend = figure.legend(loc=place, ncols=n_columns, **entries)
        extent = legend.get_window_extent()
        if extent.width <= figure.bbox.width or n_columns == 1:
            break
        legend.remove()
    figure.set_figheight(figure.get_figheight() + extent.height / figure.dpi)


def plain(text: Any, width: int = 40) -> str:
    r"""Return a text of others, such as a name in a file, as one line of a picture.

    A dollar sign would begin a formula.

    Examples
    --------
    >>> from skmirai.inspection._style import plain
    >>> plain("a\nb"), plain("$x^$"), plain("word " * 20, 12)
    ('a b', '\\$x^\\$', 'word word w…')
    """
    line = " ".join(str(text).split())
    line = line if len(line) <= width else f"{line[: width - 1].rstrip()}…"
    return line.replace("$", r"\$")
