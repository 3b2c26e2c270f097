"""What a measure of uncertainty is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class PassStatistics(Protocol):
    """What is kept of stochastic passes: all that a measure may look at."""

    @property
    def proba(self) -> NDArray[np.float64]:
        """Mean probabilities, (n_samples, n_classes)."""
        ...

    @property
    def std(self) -> NDArray[np.float64]:
        """Population standard deviation of the probabilities, of their shape."""
        ...

    @property
    def votes(self) -> NDArray[np.int64]:
        """Number of passes whose most probable class is this one, of their shape."""
        ...

    @property
    def predictive_entropy(self) -> NDArray[np.float64]:
        """Entropy of the mean probabilities, (n_samples,), in nats."""
        ...

    @property
    def expected_entropy(self) -> NDArray[np.float64]:
        """Mean entropy of the passes, (n_samples,), in nats."""
        ...

    @property
    def n_passes(self) -> int:
        """Number of passes."""
        ...


@dataclass(frozen=True)
class UncertaintyMeasure:
    """One number for each row that says how uncertain its prediction is.

    Exactly one of the two functions is given.

    Parameters
    ----------
    summary : str
        What it is, in a few words for docstrings.
    of_statistics : callable, default=None
        Function of the statistics that a result keeps of the passes (``proba``,
        ``std``, ``votes``, ``predictive_entropy``, ``expected_entropy`` and
        ``n_passes``), which returns an array of shape (n_samples,).
    of_passes : callable, default=None
        Function of the probabilities of a block of passes, in float64 and of shape
        (n_passes, n_samples, n_classes), which returns one of shape
        (n_passes, n_samples). The measure is its mean over all passes; it is taken
        while they come in, so that no pass need be kept.
    unit : str, default=""
        "nats" for entropies, empty for shares and probabilities.
    high_is_uncertain : bool, default=True
        Whether large values are the uncertain ones.
    min_passes : int, default=1
        With fewer passes the measure is NaN.

    Raises
    ------
    TypeError
        If not exactly one function is given.
    """

    summary: str
    of_statistics: Callable[[PassStatistics], NDArray[np.float64]] | None = None
    of_passes: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None
    unit: str = ""
    high_is_uncertain: bool = True
    min_passes: int = 1

    def __post_init__(self) -> None:
        if (self.of_statistics is None) == (self.of_passes is None):
            raise TypeError(
                f"the measure {self.summary!r} needs exactly one function: "
                "of_statistics, or of_passes for a mean over passes"
            )
