"""How probable the most probable class is."""

import numpy as np
from numpy.typing import NDArray

from skmirai.metrics._uncertainty._measure import PassStatistics


def of_statistics(passes: PassStatistics) -> NDArray[np.float64]:
    """Return the largest mean probability."""
    return passes.proba.max(axis=1)
