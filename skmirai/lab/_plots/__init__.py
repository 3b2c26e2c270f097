"""The report's pictures.

Each file draws one kind: a function that returns the figure, and one that writes it.
"""

from skmirai.lab._plots._histories import plot_histories, plot_overview, plot_spread
from skmirai.lab._plots._load import plot_load

__all__ = ["plot_histories", "plot_load", "plot_overview", "plot_spread"]
