"""Rows of streams that have hardly begun."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

#: Feature that counts the packets of a source, older ones less: half after 100 s.
COLUMN = "MI_dir_L0.01_weight"

#: Verdict on a packet of a source that has sent too few.
UNKNOWN = "not enough history"


class History:
    """How much of its source the features of a packet know.

    AfterImage's features are statistics of streams. Those of a source's first packets
    look like nothing that a model was trained on, and a network is sure all the same.

    Parameters
    ----------
    names : sequence of str or None
        Names of the features of a source.
    least : float
        Packets, older ones counting less, that a source must have sent; 0 takes all.
    """

    def __init__(self, names: Sequence[str] | None, least: float) -> None:
        known = names is not None and COLUMN in names
        self._place = list(names or ()).index(COLUMN) if known else None
        self._least = least

    def mark(
        self, found: "pd.DataFrame", features: "np.ndarray | pd.DataFrame"
    ) -> "pd.DataFrame":
        """Add the column ``history`` to verdicts, and take back those without enough.

        Parameters
        ----------
        found : DataFrame of n_rows rows
            Verdicts.
        features : ndarray or DataFrame of shape (n_rows, n_columns)
            The rows as the source has them.

        Returns
        -------
        DataFrame
            The same verdicts where the source has no such feature.
        """
        if self._place is None or "verdict" not in found:
            return found
        column = (
            features[:, self._place]
            if isinstance(features, np.ndarray)
            else features.iloc[:, self._place]
        )
        history = np.asarray(column, dtype=float)
        verdict = found["verdict"].astype(object)
        verdict[history < self._least] = UNKNOWN
        return found.assign(verdict=verdict, history=history)
