"""Loss and accuracy over the epochs of trainings."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skmirai.inspection import TrainingHistoryDisplay
from skmirai.lab._plots.canvas import canvas, legend_below, save, with_margin
from skmirai.utils import import_optional

_UNWEIGHTED = "validation without class weights, as Keras reports it"
_DROPOUT_ON = "validation with dropout on, loss without class weights"
#: Further curves on validation rows: panel, style, and what they are called.
_FURTHER = {
    "val_loss_unweighted": ("loss", ":", _UNWEIGHTED),
    "val_loss_dropout_on": ("loss", "-.", _DROPOUT_ON),
    "val_accuracy_dropout_on": ("accuracy", "-.", _DROPOUT_ON),
}

_LABELS = {
    "accuracy": "accuracy, share of the rows",
    "loss": "cross-entropy, nats",
    "mean_absolute_error": "absolute error, standard deviations",
}
_OF_REGRESSION = "squared error, variances of the target"


def histories_figure(
    histories: Mapping[str, Mapping[str, Any]],
    *,
    title: str = "",
    weighted: Collection[str] = (),
    scale: Iterable[Mapping[str, Any]] = (),
) -> Any:
    """Draw loss and accuracy over the epochs, for one or several trainings.

    Parameters
    ----------
    histories : mapping of str to mapping of str to list of float
        Histories by the names of the runs; a single one needs no name. Besides what
        :class:`skmirai.inspection.TrainingHistoryDisplay` draws, these are drawn
        where they are there: ``val_loss_unweighted``, the validation loss without
        class weights, unless it is ``val_loss`` again; ``val_loss_dropout_on`` and
        ``val_accuracy_dropout_on``, with units dropped and without class weights.
    title : str, default=""
        The question that the figure answers; empty for none.
    weighted : collection of str, default=()
        Names of runs whose losses are weighted by class; the axis says so.
    scale : iterable of mapping, default=()
        Histories of runs that these are compared with: the axes hold theirs, too.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels. Their limits are those of :func:`robust_limits`; a panel says how
        far curves go beyond it.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    figure, axes = canvas(3.3 + (0.4 if title else 0), title, ncols=2)
    panels, runs = axes[0], dict(histories)
    single = len(runs) == 1
    drawn = next(iter(runs.values())) if single else runs
    display = TrainingHistoryDisplay.from_history(drawn, ax=panels, legend=False)
    metric = "accuracy" if "accuracy" in display.lines_[0] else "mean_absolute_error"
    by_name = dict(zip(("loss", metric), panels, strict=True))
    for lines, run in zip(display.lines_, runs.values(), strict=True):
        for key, (panel, style, _) in _FURTHER.items():
            if _tells_more(run, key):
                epochs = np.arange(1, len(run[key]) + 1)
                known = lines["val_loss"]
                (lines[key],) = by_name[panel].plot(
                    epochs,
                    run[key],
                    style,
                    color=known.get_color(),
                    linewidth=known.get_linewidth(),
                )
    compared = [*runs.values(), *scale]
    for key, ax in by_name.items():
        further = [name for name, (panel, *_) in _FURTHER.items() if panel == key]
        names = (key, f"val_{key}", *further)
        low, high = robust_limits(
            [run[name] for run in compared for name in names if name in run]
        )
        ax.set_ylim(max(low, 0), high)
        _say_what_is_cut(ax)
        ax.set_ylabel(_LABELS[key])
    if metric != "accuracy":
        panels[0].set_ylabel(_OF_REGRESSION)
    elif weighted:
        where = "" if set(runs) <= set(weighted) else " where so named"
        panels[0].set_ylabel(f"{_LABELS['loss']},\nclass-weighted{where}")
    legend_below(figure, _entries(display.lines_, runs, weighted))
    return figure


def _tells_more(run: Mapping[str, Any], key: str) -> bool:
    """Whether a further curve is there, and not an ordinary one again."""
    if key not in run:
        return False
    return key != "val_loss_unweighted" or not np.allclose(
        run[key], run["val_loss"], rtol=1e-3
    )


def robust_limits(curves: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Limits of an axis that neither the first epoch nor a few others set.

    Of each curve the first value is left out, and then what lies both among the
    outer 5 % on a side and more than three interquartile ranges beyond the quartile.

    Parameters
    ----------
    curves : sequence of sequence of float
        Values of each epoch; what is not finite is left out. A curve of one value
        counts as it is.

    Returns
    -------
    low, high : float
        The limits, with a margin.

    Examples
    --------
    >>> from skmirai.lab._plots.histories import robust_limits
    >>> low, high = robust_limits([[9.0, 0.5, 0.4, 0.3, 0.3]])
    >>> round(low, 3), round(high, 3)
    (0.288, 0.512)
    """
    seen: list[float] = []
    for curve in curves:
        values = np.asarray(curve, dtype=float)
        values = values[1:] if len(values) > 1 else values
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        first, third = np.quantile(values, [0.25, 0.75])
        far = 3 * (third - first)
        least = np.quantile(values, 0.05, method="lower")
        most = np.quantile(values, 0.95, method="higher")
        seen.append(max(values.min(), min(first - far, least)))
        seen.append(min(values.max(), max(third + far, most)))
    return with_margin(seen)


def _say_what_is_cut(ax: Any) -> None:
    """Write into a panel how far its curves go beyond it."""
    values = np.concatenate([line.get_ydata() for line in ax.lines])
    values = values[np.isfinite(values)]
    low, high = ax.get_ylim()
    if values.max() > high:
        _note(ax, 0.99, "top", f"up to {values.max():.2f} above")
    if values.min() < low:
        _note(ax, 0.01, "bottom", f"down to {values.min():.2f} below")


def _note(ax: Any, height: float, align: str, text: str) -> None:
    ax.text(
        0.99,
        height,
        text,
        transform=ax.transAxes,
        ha="right",
        va=align,
        fontsize="small",
        color="0.35",
    )


def _entries(
    lines: Sequence[Mapping[str, Any]],
    runs: Mapping[str, Mapping[str, Any]],
    weighted: Collection[str],
) -> dict[str, Any]:
    """Lines of a legend by what they say."""
    line2d = import_optional("matplotlib.lines", extra="plot", purpose="plots").Line2D
    single, entries = len(runs) == 1, {}
    if not single:
        some = set(runs) - set(weighted) and weighted
        for name, run in zip(runs, lines, strict=True):
            text = f"{name} (class-weighted)" if some and name in weighted else name
            entries[text] = line2d([], [], color=run["loss"].get_color())
    kinds = [
        ("loss", "-", "training: mean over the epoch"),
        ("val_loss", "--", "validation: after the epoch"),
        *((key, style, text) for key, (_, style, text) in _FURTHER.items()),
    ]
    for key, style, text in kinds:
        drawn = [run[key].get_color() for run in lines if key in run]
        if drawn:
            colour = drawn[0] if single else "0.35"
            entries[text] = line2d([], [], color=colour, linestyle=style)
    return entries


def plot_histories(
    histories: Mapping[str, Mapping[str, Any]], path: Path, **options: Any
) -> None:
    """Write the figure of :func:`histories_figure` to a file."""
    save(histories_figure(histories, **options), path)
