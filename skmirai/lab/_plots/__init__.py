"""The report's pictures.

Each file draws one kind: a function returns the figure, and one writes it to a file.
"""

from skmirai.lab._plots.confusion import plot_confusion
from skmirai.lab._plots.histories import plot_histories
from skmirai.lab._plots.load import plot_load
from skmirai.lab._plots.overview import plot_overview
from skmirai.lab._plots.spreads import plot_folds, plot_passes

__all__ = [
    "plot_confusion",
    "plot_folds",
    "plot_histories",
    "plot_load",
    "plot_overview",
    "plot_passes",
]
