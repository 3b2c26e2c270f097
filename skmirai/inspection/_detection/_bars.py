"""How detection rates are drawn: a bar for each kind of traffic and model."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from skmirai.inspection._detection._rates import check_few_kinds
from skmirai.inspection._style import (
    COLOURS,
    colours_of,
    legend_outside,
    own_figure,
    plain,
)
from skmirai.utils import import_optional

COLUMNS = (
    *("model", "kind", "is_attack", "n_rows", "alarm_rate"),
    *("low", "high", "abstention_rate"),
)

#: Inches of height: of each bar, around the bars of a kind, and around all.
_BAR, _AROUND, _BESIDES = 0.17, 0.12, 0.9

_HEADINGS = {True: "attacks: detected", False: "benign: false alarms"}


def draw_rates(
    rates: pd.DataFrame,
    thresholds: Mapping[str, float] | None,
    confidence_level: float,
    ax: Any,
) -> tuple[Any, dict[str, Any]]:
    """Draw rates.

    Parameters
    ----------
    rates : DataFrame
        As :class:`DetectionRateDisplay` takes them.
    thresholds : mapping of str to float or None
        For the legend.
    confidence_level : float
        For the legend.
    ax : matplotlib Axes or None
        Panel; None makes a figure.

    Returns
    -------
    ax : matplotlib Axes
        The panel.
    bars : dict of str to matplotlib.container.BarContainer
        Bars of each model, in the order of the rates.
    """
    models = checked_models(rates)
    kinds, places, headings = _places(next(iter(models.values())))
    figure = None
    if ax is None:
        figure, (ax,) = own_figure(1)
        slots = len(places) + len(headings)
        height = _BESIDES + slots * (_AROUND + _BAR * max(len(models), 1.2))
        figure.set_size_inches(7.2, height)
        ax.grid(visible=False, axis="y")
    bars, handles = _bars(models, places, ax)
    for text, place in headings.items():
        ax.annotate(
            text,
            (0, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            weight="bold",
            annotation_clip=False,
        )
    ax.set_yticks(places, kinds)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(max(places) + 0.6, -0.6)
    ax.set_xlim(0, 1)
    ticker = import_optional("matplotlib.ticker", extra="plot", purpose="plots")
    ax.xaxis.set_major_formatter(ticker.PercentFormatter(1))
    ax.set_xlabel(_said_of_rows(thresholds, models))
    _legend(ax, figure, models, thresholds, confidence_level, handles)
    return ax, bars


def checked_models(rates: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rates of each model, if they are complete and of the same kinds."""
    lacking = [name for name in COLUMNS if name not in rates]
    if lacking or not len(rates):
        raise ValueError(
            f"rates has {len(rates)} rows and the columns {[*map(str, rates)]}; "
            f"expected a row for each model and kind, with {', '.join(COLUMNS)}"
        )
    models = dict([*rates.groupby("model", sort=False)])
    first = next(iter(models.values()))
    keys = ["kind", "is_attack", "n_rows"]
    if any(not np.array_equal(first[keys], own[keys]) for own in models.values()):
        raise ValueError("rates must hold the same kinds for each model, in one order")
    check_few_kinds(len(first))
    return {str(name): own for name, own in models.items()}


def _places(rates: pd.DataFrame) -> tuple[list[str], list[int], dict[str, int]]:
    """Names of the kinds, where they stand, and where the headings do."""
    names, places, headings = [], [], {}
    slot, before = 0, None
    for kind, is_attack, n_rows in zip(
        rates["kind"], rates["is_attack"], rates["n_rows"], strict=True
    ):
        if is_attack != before:
            headings[_HEADINGS[bool(is_attack)]] = slot
            slot, before = slot + 1, is_attack
        names.append(f"{plain(kind)} ({n_rows:,})")
        places.append(slot)
        slot += 1
    return names, places, headings


def _bars(
    models: Mapping[str, pd.DataFrame], places: list[int], ax: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw bars, intervals, hatched parts and figures; return bars and handles."""
    bars: dict[str, Any] = {}
    handles: dict[str, Any] = {}
    height = 0.8 / len(models)
    size = 9 if len(models) == 1 else 7.5
    for k, (name, own) in enumerate(models.items()):
        colours = colours_of(max(len(models), 2))
        here = np.array(places) + (k - (len(models) - 1) / 2) * height
        rate, withheld = own["alarm_rate"].to_numpy(), own["abstention_rate"].to_numpy()
        colour = [colours[k]] * len(own)
        if len(models) == 1:
            colour = [
                COLOURS[0] if attack else COLOURS[1] for attack in own["is_attack"]
            ]
        bars[name] = ax.barh(here, rate, 0.9 * height, color=colour, label=name)
        handles[name] = bars[name]
        if (withheld > 0).any():
            hatched = ax.barh(
                *(here, withheld, 0.9 * height),
                left=rate,
                color="none",
                edgecolor=colour,
                hatch="//////",
                linewidth=0,
            )
            handles.setdefault("no answer", hatched)
        ends = own[["low", "high"]].to_numpy(dtype=np.float64)
        whiskers = ax.hlines(here, *ends.T, color="0.15", linewidth=1.1, zorder=3)
        handles.setdefault("interval", whiskers)
        for place, share in zip(here, rate, strict=True):
            ax.annotate(
                share_text(share),
                (1, place),
                xycoords=ax.get_yaxis_transform(),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                size=size,
                annotation_clip=False,
            )
    return bars, handles


def share_text(share: float) -> str:
    """Return a share in percent, whole ones and none marked off from nearly such.

    Examples
    --------
    >>> from skmirai.inspection._detection._bars import share_text
    >>> [share_text(share) for share in (0, 0.0001, 0.5, 0.99999, 1)]
    ['0%', '<0.1%', '50.0%', '>99.9%', '100%']
    """
    if share in (0, 1):
        return f"{share:.0%}"
    if share < 0.0005:
        return "<0.1%"
    return ">99.9%" if share >= 0.9995 else f"{share:.1%}"


def _said_of_rows(
    thresholds: Mapping[str, float] | None, models: Mapping[str, Any]
) -> str:
    what = "share of rows called an attack"
    if not thresholds:
        return what
    limits = {f"{limit:.3g}" for limit in thresholds.values()}
    if len(limits) > 1:
        return f"{what}: score at the threshold or above"
    return f"{what}: score of {limits.pop()} or more"


def _legend(
    ax: Any,
    figure: Any,
    models: Mapping[str, Any],
    thresholds: Mapping[str, float] | None,
    confidence_level: float,
    handles: dict[str, Any],
) -> None:
    """Say what colours, hatches and lines are."""
    patches = import_optional("matplotlib.patches", extra="plot", purpose="plots")
    entries: dict[str, Any] = {}
    if len(models) > 1:
        several = len({*(thresholds or {}).values()}) > 1
        for name in models:
            limit = (
                f", from {thresholds[name]:.3g} on" if several and thresholds else ""
            )
            entries[f"{plain(name)}{limit}"] = handles[name].patches[0]
    if "no answer" in handles:
        entries["no answer"] = patches.Patch(
            facecolor="none", edgecolor="0.4", hatch="//////", linewidth=0
        )
    entries[f"{confidence_level:.0%} interval"] = handles["interval"]
    look = {
        "handles": [*entries.values()],
        "labels": [*entries],
        "frameon": False,
    }
    if figure is None:
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, **look)
    else:
        legend_outside(figure, "outside upper center", look)
